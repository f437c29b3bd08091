/* SPDX-License-Identifier: Apache-2.0 */
/* Operators whose meaning changed: in archives of older versions a call stands
 * for code that has the old meaning, and libtorch puts that code in its place when
 * it loads. Division once rounded integers, full once took its type from the
 * fill value, linspace and logspace had a default number of steps. Source:
 * facts/torchscript-format.md section 2, and the upgraders of torch 2.13. */
#include <string.h>

#include "base/source.h"
#include "ops/op.h"
#include "read/torch/ts_unit.h"

#define ROUNDED_DIVISION(name, op, other, known, cast) \
	"def " name "(self: Tensor, other: " other ") -> Tensor:\n" \
	"  if torch.is_floating_point(self):\n" \
	"    whole = True\n" \
	"  else:\n" \
	"    whole = " known "\n" \
	"  if whole:\n" \
	"    r = torch." op "(self, other)\n" \
	"  else:\n" \
	"    r = torch." op "(self, " cast ", rounding_mode=\"trunc\")\n" \
	"  return r\n"
#define TENSOR_DIVISION(name, op) ROUNDED_DIVISION(name, op, "Tensor", \
	"torch.is_floating_point(other)", "other")
#define NUMBER_DIVISION(name, op) ROUNDED_DIVISION(name, op, "number", \
	"isinstance(other, float)", "unchecked_cast(Union[int, complex], other)")
#define OPTIONS "dtype: Optional[int]=None, layout: Optional[int]=None, " \
	"device: Optional[Device]=None, pin_memory: Optional[bool]=None"
#define GIVEN "dtype=dtype, layout=layout, device=device, pin_memory=pin_memory"

static const char code[] =
    TENSOR_DIVISION("div_Tensor", "div")
    TENSOR_DIVISION("div__Tensor", "div_")
    NUMBER_DIVISION("div_Scalar", "div")
    NUMBER_DIVISION("div__Scalar", "div_")
    "def full(size: List[int], fill_value: number, *, " OPTIONS ") -> Tensor:\n"
    "  if torch.__is__(dtype, None):\n"
    "    fill = float(fill_value)\n"
    "  else:\n"
    "    fill = fill_value\n"
    "  return torch.full(size, fill, " GIVEN ")\n"
    "def linspace(start: number, end: number, steps: Optional[int]=None, *, " OPTIONS
    ") -> Tensor:\n"
    "  if torch.__is__(steps, None):\n"
    "    r = torch.linspace(start, end, 100, " GIVEN ")\n"
    "  else:\n"
    "    r = torch.linspace(start, end, unchecked_cast(int, steps), " GIVEN ")\n"
    "  return r\n"
    "def logspace(start: number, end: number, steps: Optional[int]=None, base: float=10.,"
    " *, " OPTIONS ") -> Tensor:\n"
    "  if torch.__is__(steps, None):\n"
    "    r = torch.logspace(start, end, 100, base, " GIVEN ")\n"
    "  else:\n"
    "    r = torch.logspace(start, end, unchecked_cast(int, steps), base, " GIVEN ")\n"
    "  return r\n";

/* overload NULL: any. */
static const struct upgrade { const char *op, *overload, *fn; int64_t version; } upgrades[] = {
	{ "div", "Tensor", "div_Tensor", 4 }, { "div", "Scalar", "div_Scalar", 4 },
	{ "div_", "Tensor", "div__Tensor", 4 }, { "div_", "Scalar", "div__Scalar", 4 },
	{ "full", "", "full", 5 }, { "linspace", NULL, "linspace", 8 },
	{ "logspace", NULL, "logspace", 9 }
};

static struct ts_fn *
find(struct ts_unit *u, const char *name)
{
	struct ts_def *d;
	struct ts_fn *fn;

	if (u->upgraders == NULL) {
		u->upgraders = arena_alloc(u->a, sizeof *u->upgraders);
		u->upgraders->src = source_memory(&u->m->arena, "older operators", code,
		    sizeof code - 1);
		u->upgraders->text = code;
		u->upgraders->size = sizeof code - 1;
		ts_parse(u->ctx, &u->m->strs, u->a, u->upgraders);
	}
	for (fn = u->upgrades; fn != NULL; fn = fn->next)
		if (strcmp(fn->name->s, name) == 0)
			return fn;
	for (d = u->upgraders->defs; d != NULL && strcmp(d->name->s, name) != 0; d = d->next)
		continue;
	if (d == NULL)
		return NULL;
	fn = ts_fn_new(u, d->name, d, u->upgraders, NULL);
	fn->next = u->upgrades;
	return u->upgrades = fn;
}

struct ts_fn *
ts_upgrade(struct ts_unit *u, const struct ts_file *from, const struct str *domain,
    const struct str *name, const struct op *op)
{
	if (u->version == 0 || u->version >= 9 || from == u->upgraders ||
	    strcmp(domain->s, "aten") != 0)
		return NULL;
	for (size_t i = 0; i < sizeof upgrades / sizeof *upgrades; i++) {
		const struct upgrade *up = &upgrades[i];

		if (u->version < up->version && strcmp(up->op, name->s) == 0 &&
		    (up->overload == NULL || (op != NULL &&
		    strcmp(op->overload, up->overload) == 0)))
			return find(u, up->fn);
	}
	return NULL;
}

/* Nodes from first up to end stand where the call is written. */
static void
move_place(struct ts_node *first, const struct ts_node *end, const struct ts_node *call)
{
	for (struct ts_node *n = first; n != end; n = n->next) {
		n->home = call->home;
		n->off = call->off;
		n->end = call->end;
		for (uint32_t i = 0; i < n->nblocks; i++)
			move_place(n->blocks[i]->first, NULL, call);
	}
}

void
ts_expand(struct ts_unit *u, struct ts_block *b)
{
	struct ts_node *next, *before;
	struct ts_val *result;
	struct ts_graph *g;

	for (struct ts_node *n = b->first; n != NULL; n = next) {
		next = n->next;
		for (uint32_t i = 0; i < n->nblocks; i++)
			ts_expand(u, n->blocks[i]);
		if (n->kind != N_CALL || n->fn == NULL || n->fn->file != u->upgraders)
			continue;
		g = ts_compile(u, n->fn);
		if (g->block->nparam > n->nin)
			continue;
		for (uint32_t i = 0; i < n->nin; i++)
			ts_in(n, i);
		before = n->prev;
		ts_copy(u, g->block, n->block, n, n->in, NULL, &result);
		move_place(before != NULL ? before->next : b->first, n, n);
		ts_replace(n->out[0], result);
		ts_unlink(n);
	}
}
