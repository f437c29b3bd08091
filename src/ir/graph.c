/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at the graph model: names of enums, attributes, who uses a value. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ir/graph.h"
#include "ir/held.h"

static const char *const attr_kinds[ATTR_KIND_COUNT] = {
	"none", "int", "float", "string", "tensor", "graph", "type", "sparse_tensor",
	"ints", "floats", "strings", "tensors", "graphs", "types", "sparse_tensors"
};

static const char *const graph_kinds[] = {
	"main", "subgraph", "function", "block", "method", "training"
};

static const char *const role_kinds[ROLE_COUNT] = {
	[ROLE_USER] = "user", [ROLE_TOKEN] = "token", [ROLE_PARAMETER] = "parameter",
	[ROLE_BUFFER] = "buffer", [ROLE_CONSTANT] = "constant", [ROLE_OBJECT] = "object",
	[ROLE_LITERAL] = "literal", [ROLE_LOSS] = "loss",
	[ROLE_BUFFER_MUTATION] = "buffer-mutation",
	[ROLE_INPUT_MUTATION] = "input-mutation",
	[ROLE_PARAMETER_MUTATION] = "parameter-mutation",
	[ROLE_PARAMETER_GRADIENT] = "parameter-gradient",
	[ROLE_INPUT_GRADIENT] = "input-gradient"
};

const char *
role_name(enum role_kind kind)
{
	return role_kinds[kind];
}

const char *
attr_kind_name(enum attr_kind kind)
{
	return attr_kinds[kind];
}

const char *
graph_kind_name(enum graph_kind kind)
{
	return graph_kinds[kind];
}

const char *
node_ref(const struct node *n, char buf[NODE_REF])
{
	if (n->name->len > 0)
		return n->name->s;
	snprintf(buf, NODE_REF, "#%" PRIu32, n->id);
	return buf;
}

const struct attr *
node_attr(const struct node *n, const char *name)
{
	for (uint32_t i = 0; i < n->nattrs; i++)
		if (strcmp(n->attrs[i].name->s, name) == 0)
			return &n->attrs[i];
	return NULL;
}

const struct str *
meta_find(const struct meta *meta, uint32_t n, const char *key)
{
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(meta[i].key->s, key) == 0)
			return meta[i].value;
	return NULL;
}

const struct tensor *
value_tensor(const struct value *v)
{
	const struct attr *a;

	if (v->constant != NULL || v->producer == NULL)
		return v->constant;
	if (strcmp(v->producer->type->s, "Constant") != 0)
		return NULL;
	a = node_attr(v->producer, "value");
	return a != NULL && a->kind == ATTR_TENSOR ? a->v.t : NULL;
}

/* Calls fn for each operand of the model that names a value. */
static void
each_use(const struct model *m, void (*fn)(struct uses *, struct node *, uint32_t, uint32_t),
    struct uses *u)
{
	struct node *n;
	uint32_t i, j, k;

	for (i = 0; i < m->ngraphs; i++) {
		for (j = 0; j < m->graphs[i]->nnodes; j++) {
			n = m->graphs[i]->nodes[j];
			for (k = 0; k < n->nin; k++)
				if (n->in[k] != NULL)
					fn(u, n, k, n->in[k]->id);
		}
	}
}

static void
count_use(struct uses *u, struct node *n, uint32_t slot, uint32_t id)
{
	(void)n;
	(void)slot;
	u->start[id + 1]++;
}

static void
place_use(struct uses *u, struct node *n, uint32_t slot, uint32_t id)
{
	u->list[u->start[id]++] = (struct use){ n, slot };
}

static void
count_held(struct uses *u, struct arena *a, const struct value *v)
{
	uint32_t n = u->start[v->id + 1] - u->start[v->id];
	const struct tensor *t;

	if (v->constant == NULL || v->constant->items == NULL || n == 0)
		return;
	u->cut |= tensor_held_cut(v->constant);
	for (uint32_t i = 0; (t = tensor_held(v->constant, i)) != NULL; i++)
		*held_count(u->through, a, t) += n;
}

uint64_t
uses_count(const struct uses *u, const struct value *v)
{
	uint64_t n = u->start[v->id + 1] - u->start[v->id];

	return v->constant != NULL ? n + held_counted(u->through, v->constant) : n;
}

bool
uses_unsure(const struct uses *u, const struct value *v)
{
	return u->cut && v->flags & VALUE_PART;
}

void
uses_build(struct uses *u, struct arena *a, const struct model *m)
{
	uint32_t i;

	u->start = arena_array(a, (size_t)m->nvalues + 2, sizeof *u->start);
	each_use(m, count_use, u);
	for (i = 1; i <= m->nvalues; i++)
		u->start[i] += u->start[i - 1];
	u->list = arena_array(a, u->start[m->nvalues] + 1, sizeof *u->list);
	each_use(m, place_use, u);
	/* placing moved each start to its end: shift back */
	memmove(u->start + 1, u->start, m->nvalues * sizeof *u->start);
	u->start[0] = 0;
	u->through = arena_alloc(a, sizeof *u->through);
	u->cut = false;
	for (i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->ninitializers; k++)
			count_held(u, a, m->graphs[i]->initializers[k]);
}
