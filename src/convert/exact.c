/* SPDX-License-Identifier: Apache-2.0 */
/* The converter calls operations as it likes: conv_0, op_37, or as the source calls the
 * value. So a number in it makes a word a name, which only a conversion can tell. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/near.h"
#include "convert/exact.h"
#include "ir/graph.h"
#include "ops/op.h"

static bool
numbered(const char *word)
{
	while (*word != '\0' && !isdigit((unsigned char)*word))
		word++;
	return *word != '\0';
}

/* As it is written in a program: no other signs than _. */
static bool
same_name(const char *name, const char *word)
{
	for (; *name != '\0' && *word != '\0'; name++, word++)
		if (*name != *word && (*word != '_' || isalnum((unsigned char)*name)))
			return false;
	return *name == *word;
}

static bool
is_value(const struct model *m, const char *word)
{
	for (uint32_t i = 0; m != NULL && i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++) {
			const struct node *n = m->graphs[i]->nodes[k];

			if (same_name(n->name->s, word))
				return true;
			for (uint32_t o = 0; o < n->nout; o++)
				if (n->out[o] != NULL && same_name(n->out[o]->name->s, word))
					return true;
		}
	return false;
}

static const char *
near_kind(const char *word)
{
	const struct op *rows;
	const char *near = NULL;
	uint32_t n;

	rows = op_rows(DIALECT_MIL, &n);
	for (uint32_t i = 0; i < n; i++)
		near = nearest(word, near, rows[i].name);
	return near;
}

const char *
exact_unknown(struct arena *a, const struct model *m, const char *list)
{
	const char *near, *word;
	size_t n;

	for (; list != NULL && *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		word = arena_strdup(a, list, n);
		if (op_oldest(DIALECT_MIL, "", word) != NULL || numbered(word) ||
		    is_value(m, word))
			continue;
		near = near_kind(word);
		return arena_printf(a, "'%s' is no operation of ML Programs, and nothing in the "
		    "model has that name%s%s", word, near != NULL ? ": it may be " : "",
		    near != NULL ? near : "");
	}
	return NULL;
}
