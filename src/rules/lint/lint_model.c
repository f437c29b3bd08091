/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a model: imports and metadata; lint.rules has the rest. */
#include <inttypes.h>
#include <limits.h>

#include "rules/lint/lint_state.h"

static void
check_import(struct lint *l, uint32_t i)
{
	const struct opset *o = &l->m->opsets[i];
	const struct place at = { .field = "opset_import", .index = i, .loc = &o->loc };
	int newest = domain_newest(o->domain->s);

	if (o->version < INT_MIN || o->version > INT_MAX)
		lint_add(l, DIAG_LINT_OPSET_RANGE, &at, "version %" PRId64 " of domain '%.*s' "
		    "is out of range", o->version, DOMAIN(o->domain));
	else if (newest > 0 && o->version > newest)
		lint_add(l, DIAG_LINT_OPSET_NEW, &at, "version %" PRId64 " of domain '%.*s' is "
		    "newer than %d, the newest known here", o->version, DOMAIN(o->domain), newest);
	if (lint_again(l, o->domain))
		lint_add(l, DIAG_LINT_OPSET_TWICE, &at, "domain '%.*s' is imported again, with "
		    "version %" PRId64 "; this one is used", DOMAIN(o->domain), o->version);
}

static void
check_imports(struct lint *l)
{
	const struct model *m = l->m;

	lint_list(l);
	for (uint32_t i = 0; i < m->nopsets; i++)
		check_import(l, i);
}

/* doc_string lies among the metadata of the graph model; its key is not one
 * of the file. */
static void
check_metadata(struct lint *l)
{
	const struct model *m = l->m;
	const struct place at = { .field = "metadata_props", .index = NO_INDEX };
	const struct str *doc = str_find(&m->strs, "doc_string", 10);

	lint_list(l);
	for (uint32_t i = 0; i < m->nmeta; i++)
		if (m->meta[i].key != doc && lint_again(l, m->meta[i].key))
			lint_add(l, DIAG_LINT_META_TWICE, &at, "key '%.*s' stands more than once",
			    NAME(m->meta[i].key));
}

void
lint_header(struct lint *l)
{
	check_imports(l);
	check_metadata(l);
}
