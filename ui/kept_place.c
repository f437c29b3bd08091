/* SPDX-License-Identifier: Apache-2.0 */
/* Places in words, and what they are in another reading of the file. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ui/kept.h"
#include "ui/state.h"

char *
kept_copy(const char *s, size_t n)
{
	char *to = malloc(n + 1);

	if (to != NULL) {
		memcpy(to, s, n);
		to[n] = '\0';
	}
	return to;
}

void
kept_place_take(struct kept_place *k, const struct graph *g, const struct place *at)
{
	memset(k, 0, sizeof *k);
	k->graph = kept_copy(g->name->s, g->name->len);
	k->graph_id = g->id;
	if (at->node != NULL) {
		k->node = kept_copy(at->node->name->s, at->node->name->len);
		k->op = kept_copy(at->node->type->s, at->node->type->len);
		k->id = at->node->index;
	} else if (at->scope != NULL) {
		k->scope = kept_copy(at->scope->path, at->scope->npath);
	} else if (at->value != NULL) {
		k->value = kept_copy(at->value->name->s, at->value->name->len);
		k->output = (at->value->flags & VALUE_OUTPUT) != 0;
	}
}

void
kept_place_free(struct kept_place *k)
{
	free(k->graph);
	free(k->node);
	free(k->op);
	free(k->scope);
	free(k->value);
	memset(k, 0, sizeof *k);
}

const struct graph *
kept_graph(const struct kept_place *k, const struct model *m)
{
	if (k->graph == NULL)
		return NULL;
	if (k->graph_id < m->ngraphs && strcmp(m->graphs[k->graph_id]->name->s, k->graph) == 0)
		return m->graphs[k->graph_id];
	for (uint32_t i = 0; i < m->ngraphs; i++)
		if (strcmp(m->graphs[i]->name->s, k->graph) == 0)
			return m->graphs[i];
	return NULL;
}

/* By name, of several the one nearest to where it stood; without one by its place. */
static const struct node *
find_node(const struct kept_place *k, const struct model *m, const struct graph *g)
{
	const struct str *name = str_find(&m->strs, k->node, (uint32_t)strlen(k->node));
	const struct str *op = str_find(&m->strs, k->op, (uint32_t)strlen(k->op));
	const struct node *found = NULL;
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < g->nnodes && name != NULL; i++) {
		const struct node *n = g->nodes[i];
		uint32_t far = i > k->id ? i - k->id : k->id - i;

		if (n->name == name && n->type == op && far < best &&
		    (*k->node != '\0' || far == 0)) {
			best = far;
			found = n;
		}
	}
	return found;
}

static struct scope *
find_scope(const struct kept_place *k, const struct tree *t)
{
	for (uint32_t i = 0; i < t->s.n; i++)
		if (strlen(k->scope) == t->s.list[i]->npath &&
		    memcmp(k->scope, t->s.list[i]->path, t->s.list[i]->npath) == 0)
			return t->s.list[i];
	return NULL;
}

static const struct value *
find_value(const struct kept_place *k, const struct graph *g)
{
	struct value *const *list = k->output ? g->outputs : g->inputs;
	uint32_t n = k->output ? g->noutputs : g->ninputs;

	for (uint32_t i = 0; i < n; i++)
		if (list[i] != NULL && strcmp(list[i]->name->s, k->value) == 0)
			return list[i];
	return NULL;
}

bool
kept_place_find(struct ui *ui, const struct kept_place *k, struct doc *d, const struct graph *g,
    struct place *at)
{
	*at = (struct place){ NULL, NULL, NULL };
	if (k->node != NULL && k->op != NULL)
		at->node = find_node(k, d->s->model, g);
	else if (k->scope != NULL)
		at->scope = find_scope(k, doc_tree(ui, d, g));
	else if (k->value != NULL)
		at->value = find_value(k, g);
	return at->node != NULL || at->scope != NULL || at->value != NULL;
}
