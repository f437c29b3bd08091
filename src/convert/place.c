/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "convert/place.h"
#include "convert/run.h"
#include "ir/graph.h"

/* The part of an operator's name that both sides have: no namespace, overload,
 * underscores around it, capitals. */
static size_t
bare(const char *s, const char **start)
{
	const char *colons = strstr(s, "::");
	size_t n;

	s = colons != NULL ? colons + 2 : s;
	s += strspn(s, "_");
	n = strcspn(s, ".");
	while (n > 0 && s[n - 1] == '_')
		n--;
	*start = s;
	return n;
}

static bool
same_kind(const char *a, const char *b)
{
	const char *x, *y;
	size_t n = bare(a, &x), m = bare(b, &y);

	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (tolower((unsigned char)x[i]) != tolower((unsigned char)y[i]))
			return false;
	return true;
}

/* Are the parts of path few among those of many, in order, with the last the
 * same? coremltools leaves out containers that are not called themselves. */
static bool
within(const char *few, const char *many)
{
	size_t n, m;

	while (*few != '\0') {
		n = strcspn(few, ".");
		for (;; many += m + (many[m] == '.')) {
			if (*many == '\0')
				return false;
			m = strcspn(many, ".");
			if (m == n && strncmp(few, many, n) == 0)
				break;
		}
		few += n + (few[n] == '.');
		many += m + (many[m] == '.');
	}
	return *many == '\0';
}

static bool
named(const struct node *n, const char *name)
{
	if (strcmp(n->name->s, name) == 0)
		return true;
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL && strcmp(n->out[i]->name->s, name) == 0)
			return true;
	return false;
}

static bool
alike(const struct node *n, const struct run_node *want)
{
	return same_kind(n->type->s, want->kind) &&
	    within(want->scope, n->scope != NULL ? n->scope->s : "");
}

const struct node *
place_find(const struct model *m, const struct run_node *want, uint32_t twins)
{
	const struct node *only = NULL, *nth = NULL;
	uint32_t seen = 0, names = 0;

	if (m == NULL || want->name == NULL)
		return NULL;
	for (uint32_t g = 0; g < m->ngraphs; g++) {
		for (uint32_t i = 0; i < m->graphs[g]->nnodes; i++) {
			const struct node *n = m->graphs[g]->nodes[i];

			if (named(n, want->name)) {
				only = n;
				names++;
			}
			if (alike(n, want) && seen++ == twins)
				nth = n;
		}
	}
	if (names == 1 && (nth == NULL || same_kind(only->type->s, want->kind)))
		return only;
	return nth;
}
