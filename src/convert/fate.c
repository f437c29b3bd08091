/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "convert/fate.h"
#include "convert/inplace.h"
#include "convert/place.h"
#include "convert/run.h"
#include "ir/graph.h"

const char *
fate_word(enum fate f)
{
	static const char *const words[FATE_COUNT] = {
		"mapped", "fused", "folded", "dropped", "absorbed", "unreached"
	};

	return words[f];
}

enum fate
fate_of_pass(const char *pass)
{
	static const char *const fusing[] = {
		"fuse_", "merge_", "compose_", "expand_", "replace_", "detect_", "use_"
	};
	const char *name = strrchr(pass, ':');

	name = name != NULL ? name + 1 : pass;
	if (strstr(name, "const_elimination") != NULL)
		return FATE_FOLDED;
	for (size_t i = 0; i < sizeof fusing / sizeof *fusing; i++)
		if (strncmp(name, fusing[i], strlen(fusing[i])) == 0)
			return FATE_FUSED;
	return strstr(name, "_to_") != NULL ? FATE_FUSED : FATE_DROPPED;
}

/* Fates by the names of source nodes. */
struct known { const char *name; struct run_fate fate; };
struct table { struct known *list; uint32_t n; };

static int
by_name(const void *a, const void *b)
{
	const struct known *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	/* what a pass says of it stands before that it is mapped, as a part of others */
	return d != 0 ? d : (x->fate.pass == NULL) - (y->fate.pass == NULL);
}

static void
add(struct table *t, struct arena *a, const char *name, enum fate fate, const char *pass)
{
	t->list = arena_grow(a, t->list, t->n, sizeof *t->list);
	t->list[t->n++] = (struct known){ name, { .fate = fate, .pass = pass } };
}

/* Nodes that a pass took out. Folded ones stand in their order among them. */
static void
read_pass(struct table *t, struct arena *a, const struct run_pass *p)
{
	uint32_t folded = 0;

	for (uint32_t k = 0; k < p->gone.n; k++) {
		bool known = folded < p->folded.n &&
		    strcmp(p->folded.s[folded], p->gone.s[k]) == 0;

		folded += known;
		add(t, a, p->gone.s[k], known ? FATE_FOLDED : fate_of_pass(p->name), p->name);
	}
}

static struct table
read_run(const struct convert_run *r, struct arena *a)
{
	struct table t = { 0 };

	for (uint32_t i = 0; i < r->npasses; i++)
		read_pass(&t, a, &r->passes[i]);
	for (uint32_t i = 0; i < r->nmap; i++)
		for (uint32_t k = 0; k < r->map[i].sources.n; k++)
			add(&t, a, r->map[i].sources.s[k], FATE_MAPPED, NULL);
	if (t.n > 0)
		qsort(t.list, t.n, sizeof *t.list, by_name);
	return t;
}

static const struct run_fate *
find(const struct table *t, const char *name)
{
	uint32_t lo = 0, hi = t->n;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (strcmp(t->list[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < t->n && strcmp(t->list[lo].name, name) == 0 ? &t->list[lo].fate : NULL;
}

static const char *
source_name(const struct run_node *n)
{
	return n->origin != NULL ? n->origin : n->name;
}

static int
by_source(const void *a, const void *b)
{
	const struct run_node *const *x = a, *const *y = b;
	int d = strcmp(source_name(*x), source_name(*y));

	return d != 0 ? d : (*x > *y) - (*x < *y);
}

/* Nodes that were converted, each once: bodies of loops are converted twice. */
static bool *
mark_first(const struct convert_run *r, struct arena *a)
{
	const struct run_node **order = arena_array(a, r->nnodes, sizeof *order);
	bool *first = arena_array(a, r->nnodes, sizeof *first);

	for (uint32_t i = 0; i < r->nnodes; i++)
		order[i] = &r->nodes[i];
	if (r->nnodes > 0)
		qsort(order, r->nnodes, sizeof *order, by_source);
	for (uint32_t i = 0; i < r->nnodes; i++)
		first[order[i] - r->nodes] = i == 0 ||
		    strcmp(source_name(order[i]), source_name(order[i - 1])) != 0;
	return first;
}

struct run_fate *
fate_list(const struct convert_run *r, const struct model *m, struct arena *a, uint32_t *n)
{
	uint32_t total = r->nnodes + r->nunreached;
	struct run_fate *list = arena_array(a, total, sizeof *list);
	struct run_node *all = arena_array(a, total, sizeof *all);
	const struct node **nodes = NULL;
	const bool *first = mark_first(r, a);
	struct table t = read_run(r, a);

	for (uint32_t i = 0; i < total; i++)
		all[i] = i < r->nnodes ? r->nodes[i] : r->unreached[i - r->nnodes];
	if (m != NULL)
		nodes = place_all(m, all, total, a);
	*n = 0;
	for (uint32_t i = 0; i < total; i++) {
		const struct run_fate *f = find(&t, source_name(&all[i]));

		if (i < r->nnodes && !first[i])
			continue;
		list[*n] = f != NULL ? *f : (struct run_fate){ .fate = i < r->nnodes ?
		    FATE_ABSORBED : FATE_UNREACHED };
		list[*n].source = &all[i];
		list[*n].node = nodes != NULL ? nodes[i] : NULL;
		++*n;
	}
	return list;
}

/* Is v a part of base by a way that does not lead through the node? Its result is what
 * the converter goes on with. */
static bool
beside(const struct value *v, const struct node *n, const struct value *base, uint32_t most)
{
	for (; v != base; v = v->producer->in[0])
		if (v->producer == NULL || v->producer == n || most-- == 0 ||
		    v->producer->nin == 0 || v->producer->in[0] == NULL ||
		    !inplace_is_view(v->producer))
			return false;
	return true;
}

/* Who reads, behind the node, what is a part of base. */
static const char *
reader(const struct graph *g, const struct node *n, const struct value *base, uint32_t most,
    struct arena *a)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *x = g->nodes[i];

		for (uint32_t k = 0; x->id > n->id && !inplace_is_view(x) && k < x->nin; k++)
			if (x->in[k] != NULL && beside(x->in[k], n, base, most))
				return arena_printf(a, "what it writes is read by #%u %s", x->id,
				    x->type->s);
	}
	for (uint32_t i = 0; i < g->noutputs; i++)
		if (g->outputs[i] != NULL && beside(g->outputs[i], n, base, most))
			return "what it writes is returned";
	return NULL;
}

/* Writes that coremltools leads on to their readers: of them only what nobody needed is
 * lost, not what was computed. */
static bool
led_on(const struct run_fate *f)
{
	static const char *const kinds[] = { "copy_", "fill_", "index_put_" };
	bool known = false;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		known |= strstr(f->node->type->s, kinds[i]) != NULL;
	return known && f->fate != FATE_UNREACHED &&
	    strstr(f->pass, "dead_code_elimination") == NULL;
}

const char *
fate_lost(const struct run_fate *f, const struct model *m, struct arena *a, bool *buffer)
{
	const struct node *n = f->node;
	const struct value *base;
	const char *who = NULL;

	*buffer = false;
	if (n == NULL || (f->fate != FATE_DROPPED && f->fate != FATE_FOLDED &&
	    f->fate != FATE_UNREACHED) || !inplace_writes(n) || led_on(f))
		return NULL;
	base = inplace_base(n->in[0], m->nnodes);
	for (uint32_t g = 0; g < m->ngraphs && who == NULL; g++)
		who = reader(m->graphs[g], n, base, m->nnodes, a);
	*buffer = who == NULL && base->producer == NULL;
	return *buffer ? arena_printf(a, "it writes into %s", base->name->s) : who;
}
