/* SPDX-License-Identifier: Apache-2.0 */
/* What the interpreter computes against what a reference gave. On stdin are lines
 *	model NAME TOLERANCE PATH
 *	in TYPE NUMBER ...     of the inputs that are no weights, the last ones
 *	out TYPE NUMBER ...    of the results, in their order; bits of doubles in hex
 *	end
 * A line a result comes out: "same", "wrong" or "lost" (not computed), a tab, NAME. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/exec.h"
#include "base/ctx.h"
#include "base/str.h"
#include "infer/infer.h"
#include "ir/build.h"
#include "ir/dim.h"
#include "ops/op.h"
#include "read/reader.h"

enum { MOST = 64 };

/* A tensor of the table. */
struct given { const struct type *type; double *v; uint64_t n; };

struct test {
	struct ctx ctx;
	struct arena a;
	struct model *m;
	char name[256];
	double tolerance;
	struct given in[MOST], out[MOST];
	uint32_t nin, nout;
	unsigned counts[3];
};

static void
read_given(struct test *t, struct given *to, char *line)
{
	char *at = strchr(line, ' ');
	size_t len = at != NULL ? (size_t)(at - line) : strlen(line);
	uint32_t column;
	uint64_t bits;

	to->type = type_parse(&t->m->types, &t->m->strs, line, (uint32_t)len, &column);
	to->n = 0;
	to->v = arena_array(&t->a, strlen(line) / 2 + 1, sizeof *to->v);
	while (at != NULL && *at == ' ' && at[1] != '\0') {
		bits = strtoull(at + 1, &at, 16);
		memcpy(&to->v[to->n++], &bits, sizeof bits);
	}
}

static bool
open_model(struct test *t, const char *line)
{
	static const struct read_options options;
	char path[4096];

	ctx_init(&t->ctx);
	arena_init(&t->a, &t->ctx);
	t->nin = t->nout = 0;
	if (sscanf(line, "%255s %lf %4095[^\n]", t->name, &t->tolerance, path) != 3)
		return false;
	if ((t->m = model_read(&t->ctx, path, &options)) == NULL)
		return false;
	ops_bind(t->m);
	return t->m->main != NULL;
}

/* Input i of those that the table gives; they are the last ones. */
static const struct value *
input_at(const struct test *t, uint32_t i)
{
	const struct graph *g = t->m->main;
	const struct value *list[MOST];
	uint32_t n = 0;

	for (uint32_t k = 0; k < g->ninputs && n < MOST; k++)
		if (!(g->inputs[k]->flags & VALUE_INITIALIZER))
			list[n++] = g->inputs[k];
	return n >= t->nin ? list[n - t->nin + i] : NULL;
}

static struct infer *
infer(struct test *t)
{
	struct binding *bindings = arena_array(&t->a, MOST, sizeof *bindings);
	struct infer_options *options = arena_alloc(&t->a, sizeof *options);

	options->bindings = bindings;
	options->sized = true;
	for (uint32_t i = 0; i < t->nin; i++) {
		const struct value *v = input_at(t, i);

		if (v != NULL && t->in[i].type != NULL)
			bindings[options->nbindings++] = (struct binding){ v->name, t->in[i].type };
	}
	return infer_model(&t->ctx, &t->a, t->m, options);
}

static void
put_inputs(struct test *t, struct exec *e)
{
	for (uint32_t i = 0; i < t->nin; i++) {
		const struct type *type = t->in[i].type;
		const struct value *v = input_at(t, i);
		int64_t dims[EXEC_RANK];
		struct array *a;

		if (v == NULL || type == NULL || type->rank > EXEC_RANK)
			continue;
		for (uint32_t d = 0; d < type->rank; d++)
			if (!dim_number(type->dims[d], &dims[d]))
				return;
		a = exec_make(e, type->rank, dims);
		if (a == NULL || a->n != t->in[i].n)
			continue;
		memcpy(a->v, t->in[i].v, a->n * sizeof *a->v);
		a->whole = dtype_class(type->dtype) != DC_FLOAT;
		e->of[v->id] = a;
	}
}

static bool
near(double x, double y, double tolerance, double most)
{
	return x == y || (isnan(x) && isnan(y)) ||
	    fabs(x - y) <= tolerance * (fabs(y) + most / 100);
}

static bool
same_dims(const struct array *a, const struct type *t)
{
	int64_t size;

	for (uint32_t i = 0; i < t->rank && a->rank == t->rank; i++)
		if (dim_number(t->dims[i], &size) && size != a->dims[i])
			return false;
	return a->rank == t->rank;
}

static bool
same(const struct test *t, const struct array *a, const struct given *g)
{
	double most = 0;

	if (a->n != g->n || g->type == NULL || !same_dims(a, g->type))
		return false;
	for (uint64_t i = 0; i < a->n; i++)
		most = isfinite(g->v[i]) ? fmax(most, fabs(g->v[i])) : most;
	for (uint64_t i = 0; i < a->n; i++)
		if (!near(a->v[i], g->v[i], t->tolerance, most))
			return false;
	return true;
}

static void
show(const struct array *a, const struct given *g)
{
	printf("#");
	for (uint32_t d = 0; d < a->rank; d++)
		printf(" %" PRId64, a->dims[d]);
	printf(":");
	for (uint64_t i = 0; i < a->n && i < 8; i++)
		printf(" %.6g", a->v[i]);
	printf(" instead of");
	for (uint64_t i = 0; i < g->n && i < 8; i++)
		printf(" %.6g", g->v[i]);
	printf("\n");
}

static void
compare(struct test *t, struct exec *e, const struct value *v, uint32_t i)
{
	static const char *const verdicts[] = { "same", "wrong", "lost" };
	const struct node *p = v->producer;
	const struct array *a;
	unsigned verdict = 2;

	if (p != NULL && strcmp(p->type->s, "TupleConstruct") == 0) {
		for (uint32_t k = 0; k < p->nin; k++)
			compare(t, e, p->in[k], i + k);
		return;
	}
	if (i >= t->nout)
		return;
	a = exec_value(e, v);
	if (a != NULL && !e->stopped && a->list == NULL)
		verdict = !same(t, a, &t->out[i]);
	else if (a != NULL && a->list != NULL && a->nlist + i <= t->nout)
		for (uint32_t k = verdict = 0; k < a->nlist; k++)
			verdict |= a->list[k] == NULL || !same(t, a->list[k], &t->out[i + k]);
	t->counts[verdict]++;
	printf("%s\t%s\n", verdicts[verdict], t->name);
	if (verdict == 1 && a->list == NULL)
		show(a, &t->out[i]);
}

static void
compute(struct test *t)
{
	enum { STEPS = 1 << 28, ROOM = 1 << 26 };
	struct infer *types = infer(t);
	struct settings in = { &t->ctx, t->m, types };
	struct uses uses;
	struct exec e;

	uses_build(&uses, &t->a, t->m);
	exec_init(&e, &in, &uses, &t->a, STEPS, ROOM);
	put_inputs(t, &e);
	for (uint32_t i = 0; i < t->m->main->nnodes; i++)
		exec_node(&e, t->m->main->nodes[i]);
	for (uint32_t i = 0; i < t->m->main->noutputs; i++)
		compare(t, &e, t->m->main->outputs[i], i);
}

int
main(void)
{
	static struct test t;
	jmp_buf escape;
	char *line = NULL;
	size_t cap = 0;
	bool open = false;

	while (getline(&line, &cap, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "model ", 6) == 0)
			open = open_model(&t, line + 6);
		else if (open && strncmp(line, "in ", 3) == 0 && t.nin < MOST)
			read_given(&t, &t.in[t.nin++], line + 3);
		else if (open && strncmp(line, "out ", 4) == 0 && t.nout < MOST)
			read_given(&t, &t.out[t.nout++], line + 4);
		if (strcmp(line, "end") != 0)
			continue;
		t.ctx.escape = &escape;
		if (open && setjmp(escape) == 0)
			compute(&t);
		t.ctx.escape = NULL;
		model_free(t.m);
		t.m = NULL;
		arena_free(&t.a);
		ctx_fini(&t.ctx);
		open = false;
	}
	free(line);
	printf("# %u same, %u wrong, %u lost\n", t.counts[0], t.counts[1], t.counts[2]);
	return t.counts[1] > 0;
}
