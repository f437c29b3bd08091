/* SPDX-License-Identifier: Apache-2.0 */
/* Code that nothing needs: marked from the results and from what has effects,
 * the rest is dropped, as libtorch does when it loads. Outputs of branches and
 * loops go when nobody reads them. */
#include "base/ctx.h"
#include "read/torch/ts_alias.h"
#include "read/torch/ts_unit.h"

struct marker {
	struct ts_unit *u;
	struct ts_aliases aliases;
	uint32_t round;
	bool changed;
};

static bool
has_writes(const struct ts_block *b)
{
	for (const struct ts_node *n = b->first; n != NULL; n = n->next) {
		if (ts_written(n) >= 0)
			return true;
		for (uint32_t i = 0; i < n->nblocks; i++)
			if (has_writes(n->blocks[i]))
				return true;
	}
	return false;
}

/* Of an output: what was replaced is no longer read by its name. */
static bool
is_live(const struct marker *m, const struct ts_val *v)
{
	return v->to == NULL && v->mark == m->round;
}

static void
live(struct marker *m, struct ts_val *v)
{
	v = ts_now(v);
	if (v->mark == m->round)
		return;
	v->mark = m->round;
	m->changed = true;
	if (m->aliases.any)
		ts_alias_of(&m->aliases, v)->live = true;
}

/* The node and those it lies in. */
static void
need(struct marker *m, struct ts_node *n)
{
	for (; n != NULL && n->mark != m->round; n = n->block->owner) {
		n->mark = m->round;
		m->changed = true;
		for (uint32_t i = 0; i < n->nin; i++)
			live(m, n->in[i]);
	}
}

static bool
writes_to_live(struct marker *m, const struct ts_node *n)
{
	struct ts_class_of *c;
	int w;

	if (!m->aliases.any || (w = ts_written(n)) < 0 || (uint32_t)w >= n->nin)
		return false;
	c = ts_alias_of(&m->aliases, n->in[w]);
	return c->outside || c->live;
}

static void mark_block(struct marker *m, struct ts_block *b);

static void
mark_results(struct marker *m, struct ts_block *b)
{
	struct ts_node *n = b->owner;
	uint32_t i;

	if (n == NULL || (n->kind != N_IF && n->kind != N_LOOP)) {
		for (i = 0; i < b->nout && (n == NULL || n->mark == m->round); i++)
			live(m, b->out[i]);
		return;
	}
	if (n->kind == N_LOOP && b->nout > 0)
		live(m, b->out[0]);
	for (i = 0; i < n->nout; i++) {
		bool inner = n->kind == N_LOOP && i + 1 < b->nparam && is_live(m, b->param[i + 1]);
		uint32_t at = i + (n->kind == N_LOOP);

		if (at < b->nout && (inner || is_live(m, n->out[i])))
			live(m, b->out[at]);
	}
}

static void
mark_node(struct marker *m, struct ts_node *n)
{
	for (uint32_t i = 0; i < n->nout; i++)
		if (is_live(m, n->out[i]))
			need(m, n);
	for (uint32_t i = 0; i < n->nblocks; i++)
		mark_block(m, n->blocks[i]);
	if (ts_has_effect(m->u, n) || writes_to_live(m, n))
		need(m, n);
	for (uint32_t i = 0; i < n->nout; i++)
		if (is_live(m, n->out[i]))
			need(m, n);
}

static void
mark_block(struct marker *m, struct ts_block *b)
{
	mark_results(m, b);
	for (struct ts_node *n = b->last; n != NULL; n = n->prev)
		mark_node(m, n);
}

static void
unuse(struct ts_val *v)
{
	v = ts_now(v);
	if (v->uses > 0)
		v->uses--;
}

static void
unuse_node(struct ts_node *n)
{
	for (uint32_t i = 0; i < n->nin; i++)
		unuse(n->in[i]);
	for (uint32_t i = 0; i < n->nblocks; i++) {
		for (struct ts_node *k = n->blocks[i]->first; k != NULL; k = k->next)
			unuse_node(k);
		for (uint32_t k = 0; k < n->blocks[i]->nout; k++)
			unuse(n->blocks[i]->out[k]);
	}
}

static void
drop_results(struct ts_node *n)
{
	struct ts_block *b = n->nblocks > 0 ? n->blocks[0] : NULL;

	for (uint32_t i = n->nout; i-- > 0; ) {
		if (n->out[i]->uses > 0)
			continue;
		if (n->kind == N_IF) {
			for (uint32_t k = 0; k < n->nblocks; k++) {
				unuse(n->blocks[k]->out[i]);
				ts_drop_block_out(n->blocks[k], i);
			}
			ts_drop_out(n, i);
		} else if (n->kind == N_LOOP && b->param[i + 1]->uses == 0) {
			unuse(b->out[i + 1]);
			unuse(n->in[i + 2]);
			ts_drop_block_out(b, i + 1);
			ts_drop_param(b, i + 1);
			ts_drop_in(n, i + 2);
			ts_drop_out(n, i);
		}
	}
}

static void
sweep(struct marker *m, struct ts_block *b)
{
	struct ts_node *prev;
	uint32_t used;

	for (struct ts_node *n = b->last; n != NULL; n = prev) {
		prev = n->prev;
		if (n->kind == N_IF || n->kind == N_LOOP)
			drop_results(n);
		for (uint32_t i = 0; i < n->nblocks; i++)
			sweep(m, n->blocks[i]);
		used = 0;
		for (uint32_t i = 0; i < n->nout; i++)
			used += n->out[i]->uses;
		if (n->mark == m->round || used > 0)
			continue;
		unuse_node(n);
		ts_unlink(n);
	}
}

void
ts_dead(struct ts_unit *u, struct ts_block *b)
{
	struct marker m = { .u = u };

	ts_count_uses(b);
	if (has_writes(b))
		ts_alias(&m.aliases, u, b, true);
	m.round = ++u->rounds;
	/* again for what one round of a loop needs of the one before */
	do {
		m.changed = false;
		mark_block(&m, b);
	} while (m.changed);
	sweep(&m, b);
}
