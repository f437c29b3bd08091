/* SPDX-License-Identifier: Apache-2.0 */
/* Classes by union-find, from the marks in the signatures of operators. What is
 * not known to be fresh is from outside. */
#include <string.h>

#include "base/ctx.h"
#include "ops/op.h"
#include "ops/sig.h"
#include "read/torch/ts_alias.h"
#include "read/torch/ts_unit.h"

struct ts_class_of *
ts_alias_of(const struct ts_aliases *a, struct ts_val *v)
{
	struct ts_class_of *c, *root;

	v = ts_now(v);
	if (v->class_round != a->round) {
		v->class_round = a->round;
		v->class = arena_alloc(a->u->a, sizeof *v->class);
		v->class->outside = v->k == NULL && v->node == NULL;
	}
	for (root = v->class; root->up != NULL; root = root->up)
		continue;
	while ((c = v->class) != root) {
		v->class = c->up;
		c->up = root;
	}
	return root;
}

static void
share(const struct ts_aliases *a, struct ts_val *x, struct ts_val *y)
{
	struct ts_class_of *p = ts_alias_of(a, x), *q = ts_alias_of(a, y);

	if (p == q || ts_now(x)->k != NULL || ts_now(y)->k != NULL)
		return;
	q->up = p;
	p->written |= q->written;
	p->outside |= q->outside;
}

int
ts_written(const struct ts_node *n)
{
	struct sig g;

	if (n->kind == N_SETATTR)
		return 0;
	if (n->kind != N_OP)
		return -1;
	if (n->op == NULL) {
		uint32_t len = n->type->len;

		return len > 1 && n->nin > 0 && n->type->s[len - 1] == '_' &&
		    n->type->s[len - 2] != '_' ? 0 : -1;
	}
	if (!(n->op->flags & OP_WRITES) || !sig_parse(n->op, &g))
		return -1;
	for (uint32_t i = 0; i < n->nin && i < g.nin; i++)
		if (g.in[i].written)
			return (int)i;
	return -1;
}

/* Results that are views of an operand, and operands kept in another. */
static void
share_by_signature(const struct ts_aliases *a, struct ts_node *n)
{
	struct sig g;
	uint32_t i, k;

	if (!sig_parse(n->op, &g))
		return;
	for (i = 0; i < n->nout && g.nout > 0; i++) {
		const struct sig_arg *out = sig_arg_at(g.out, g.nout, i);

		if (out == NULL || out->alias == '\0')
			continue;
		for (k = 0; k < n->nin && k < g.nin; k++) {
			bool held = out->alias == '_';

			if (held ? a->contents : g.in[k].alias == out->alias)
				share(a, n->out[i], n->in[k]);
		}
	}
	for (k = 1; a->contents && n->op->flags & OP_WRITES && k < n->nin && k < g.nin; k++)
		if (g.in[k].alias != '\0')
			share(a, n->in[0], n->in[k]);
}

static void
share_all(const struct ts_aliases *a, struct ts_node *n, bool outside)
{
	for (uint32_t i = 0; i < n->nout; i++)
		for (uint32_t k = 0; k < n->nin; k++)
			share(a, n->out[i], n->in[k]);
	for (uint32_t k = 0; outside && k < n->nin; k++)
		ts_alias_of(a, n->in[k])->outside = true;
	for (uint32_t i = 0; outside && i < n->nout; i++)
		ts_alias_of(a, n->out[i])->outside = true;
}

static void
share_loop(const struct ts_aliases *a, struct ts_node *n)
{
	struct ts_block *b = n->blocks[0];

	for (uint32_t i = 0; i < n->nout; i++) {
		if (i + 2 >= n->nin || i + 1 >= b->nparam || i + 1 >= b->nout)
			return;
		/* a parameter of the body is no stranger */
		ts_alias_of(a, b->param[i + 1])->outside = false;
		share(a, n->out[i], n->in[i + 2]);
		share(a, n->out[i], b->param[i + 1]);
		share(a, n->out[i], b->out[i + 1]);
	}
}

static void look(struct ts_aliases *a, struct ts_block *b);

static void
look_node(struct ts_aliases *a, struct ts_node *n)
{
	int written = ts_written(n);
	uint32_t i, k;

	if (n->kind == N_LOOP)
		share_loop(a, n);
	for (i = 0; i < n->nblocks; i++)
		look(a, n->blocks[i]);
	switch (n->kind) {
	case N_IF:
		for (i = 0; i < n->nblocks; i++)
			for (k = 0; k < n->nout; k++)
				share(a, n->out[k], n->blocks[i]->out[k]);
		break;
	case N_OP:
		if (n->op != NULL)
			share_by_signature(a, n);
		break;
	case N_TUPLE: case N_LIST: case N_DICT: case N_TUPLE_UNPACK: case N_TUPLE_INDEX:
	case N_LIST_UNPACK: case N_SETATTR:
		if (a->contents)
			share_all(a, n, false);
		break;
	case N_CAST:
		share_all(a, n, false);
		break;
	case N_CALL: case N_METHOD: case N_FORK: case N_ENTER: case N_EXIT:
		share_all(a, n, true);
		break;
	case N_GETATTR:
		share_all(a, n, false);
		break;
	case N_LOOP: case N_CREATE: case N_UNINIT: case N_ISINSTANCE: case N_PRINT: case N_RAISE:
		break;
	}
	if (written >= 0 && (uint32_t)written < n->nin) {
		ts_alias_of(a, n->in[written])->written = true;
		a->any = true;
	}
}

static void
look(struct ts_aliases *a, struct ts_block *b)
{
	for (struct ts_node *n = b->first; n != NULL; n = n->next)
		look_node(a, n);
}

void
ts_alias(struct ts_aliases *a, struct ts_unit *u, struct ts_block *b, bool contents)
{
	*a = (struct ts_aliases){ .u = u, .contents = contents, .round = ++u->rounds };
	look(a, b);
}
