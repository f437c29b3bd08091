/* SPDX-License-Identifier: Apache-2.0 */
/* What a user types for nodes: #ID or a name, which several may share; a filter. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/filter.h"
#include "app/notes.h"
#include "app/place.h"
#include "app/session.h"
#include "base/near.h"
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/options.h"

/* Number behind '#', or UINT64_MAX. */
static uint64_t
id_of(const char *s)
{
	char *end;
	unsigned long long v;

	if (s[0] != '#' || s[1] < '0' || s[1] > '9')
		return UINT64_MAX;
	v = strtoull(s + 1, &end, 10);
	return *end == '\0' ? v : UINT64_MAX;
}

static void
not_found(struct call *call)
{
	const struct model *m = call->s->model;
	const char *near = NULL;

	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes && m->nnodes < 20000; k++)
			near = nearest(call->arg, near, m->graphs[i]->nodes[k]->name->s);
	diag_add(&call->s->ctx, DIAG_USAGE, NULL, near != NULL ?
	    "no node '%s'. Did you mean '%s'?" : "no node '%s': give a name or #ID, as the "
	    "command nodes lists them", call->arg, near);
}

struct node **
find_nodes(struct call *call, uint32_t *n)
{
	const struct model *m = call->s->model;
	const struct str *name = str_find(&m->strs, call->arg, (uint32_t)strlen(call->arg));
	uint64_t id = id_of(call->arg);
	struct node **list = NULL, *node;

	*n = 0;
	if (*call->arg == '\0') {
		diag_add(&call->s->ctx, DIAG_USAGE, NULL, "which node? Give a name or #ID");
		return NULL;
	}
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++) {
			node = m->graphs[i]->nodes[k];
			if (node->id != id && (name == NULL || node->name != name))
				continue;
			list = arena_grow(call->arena, list, *n, sizeof *list);
			list[(*n)++] = node;
		}
	}
	if (*n == 0)
		not_found(call);
	return list;
}

/* Findings are asked for here; to be reported is another command's affair. */
static const struct notes *
notes_for(struct call *call, unsigned needs)
{
	struct session *s = call->s;
	uint32_t before = s->ctx.diags.n;
	struct conversion c;

	if (needs & NOTES_PROBLEMS) {
		session_lint(s, false);
		needs |= s->model->dialect == DIALECT_ATEN ? NOTES_SUPPORT : 0;
	}
	if (needs & NOTES_SUPPORT) {
		options_conversion(call->opts, &c);
		session_notes_support(s, session_support(s, &c));
	}
	session_notes(s, needs);
	if (needs & NOTES_PROBLEMS)
		diags_cut(&s->ctx.diags, before);
	return session_notes(s, 0);
}

static bool
line_of(void *arg, const struct node *n, char *buf, size_t size)
{
	struct python_place at;

	if (!place_of_node(arg, n, &at))
		return false;
	place_line(&at, buf, size);
	return true;
}

bool
find_matching(struct call *call)
{
	enum { NOTES = NOTES_ANE | NOTES_SUPPORT | NOTES_COST | NOTES_PROBLEMS };
	struct session *s = call->s;
	const struct model *m = s->model;
	bool *matches = arena_array(call->arena, m->nnodes, sizeof *matches);
	struct filter_error err;
	struct filter *filter = filter_parse(call->arena, call->arg, &err);
	struct filter_facts facts = { .line = line_of, .arg = s };
	unsigned needs;

	if (filter == NULL) {
		diag_add(&s->ctx, DIAG_USAGE, NULL, "filter, column %" PRIu32 ": %s: %s",
		    err.column + 1, err.message, call->arg);
		return false;
	}
	needs = filter_needs(filter);
	if (needs & FILTER_PAIR) {
		diag_add(&s->ctx, DIAG_USAGE, NULL,
		    "filter: pair is for two models on the screen; diff compares them: %s",
		    call->arg);
		filter_free(filter);
		return false;
	}
	if (needs & FILTER_TYPES)
		facts.types = session_infer(s);
	if (needs & NOTES)
		facts.notes = notes_for(call, needs & NOTES);
	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++)
			matches[m->graphs[i]->nodes[k]->id] =
			    filter_match(filter, m->graphs[i]->nodes[k], &facts);
	filter_free(filter);
	call->ready = matches;
	return true;
}
