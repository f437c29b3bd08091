/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a model: IR version, imports, metadata, size, depth. */
#include <inttypes.h>
#include <limits.h>

#include "base/source.h"
#include "rules/lint_state.h"

enum {
	IR_NEWEST = 14,   /* of facts/onnx-format.md section 3 */
	IR_IMPORTS = 3,   /* first with opset_import */
	PROTO_DEPTH = 100 /* messages in messages that protobuf libraries open */
};
/* Bytes of one protobuf message. */
#define PROTO_MAX UINT64_C(2147483647)

/* Old IR versions mean ai.onnx 1 without saying so; the type inference of the
 * reference library does not know that and gives up at the first node. */
static void
check_ir(struct lint *l)
{
	const struct model *m = l->m;
	const struct place at = { .field = "ir_version", .index = NO_INDEX };

	if (m->format_version == 0)
		lint_add(l, DIAG_LINT_IR_MISSING, &at, "ir_version is missing or 0");
	else if (m->format_version > IR_NEWEST)
		lint_add(l, DIAG_LINT_IR_NEW, &at, "ir_version is %" PRId64
		    ", the newest known one is %d", m->format_version, IR_NEWEST);
	else if (m->format_version < IR_IMPORTS && m->nopsets == 0 && m->main != NULL &&
	    m->main->nnodes > 0)
		lint_add(l, DIAG_LINT_IR_OLD, &at, "ir_version %" PRId64 " has no operator "
		    "sets: ai.onnx 1 is meant, but inference and runtimes do not know",
		    m->format_version);
}

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
	const struct place at = { .field = "opset_import", .index = NO_INDEX };

	if (m->format_version >= IR_IMPORTS && m->nopsets == 0)
		lint_add(l, DIAG_LINT_OPSET_MISSING, &at,
		    "no operator set is imported: the meaning of the ops is not known");
	if (m->format_version != 0 && m->format_version < IR_IMPORTS && m->nopsets > 0)
		lint_add(l, DIAG_LINT_OPSET_EARLY, &at, "opset_import stands in a model of "
		    "IR version %" PRId64 ", which does not have it", m->format_version);
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

/* A region costs three messages: node, attribute, graph. */
static void
check_limits(struct lint *l)
{
	const struct model *m = l->m;
	uint32_t level = 0;

	for (uint32_t i = 0; i < m->ngraphs; i++)
		if (m->graphs[i]->level > level)
			level = m->graphs[i]->level;
	if (3 * (uint64_t)level + 2 > PROTO_DEPTH)
		lint_add(l, DIAG_LINT_TOO_DEEP, NULL, "graphs are nested %" PRIu32
		    " deep: protobuf libraries stop at %d messages", level, PROTO_DEPTH);
	if (m->source != NULL && m->source->fd >= 0 && m->source->size > PROTO_MAX)
		lint_add(l, DIAG_LINT_TOO_BIG, NULL, "the file has %" PRIu64 " bytes: protobuf "
		    "libraries stop at 2 GiB", m->source->size);
}

void
lint_header(struct lint *l)
{
	check_ir(l);
	check_imports(l);
	check_metadata(l);
	check_limits(l);
}
