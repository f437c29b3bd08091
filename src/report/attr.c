/* SPDX-License-Identifier: Apache-2.0 */
/* Attribute values and op rows, as text and as JSON. */
#include <inttypes.h>

#include "base/sink.h"
#include "base/str.h"
#include "ir/graph.h"
#include "ir/tensor.h"
#include "ops/op.h"
#include "report/json.h"
#include "report/text.h"

enum { SHOWN = 8 }; /* dims of a tensor */

static void
print_tensor(struct sink *out, const struct tensor *t)
{
	sink_puts(out, dtype_name(t->dtype));
	sink_puts(out, "[");
	for (uint32_t i = 0; i < t->rank && i < SHOWN; i++) {
		sink_puts(out, i ? "," : "");
		sink_i64(out, t->dims[i]);
	}
	sink_puts(out, t->rank > SHOWN ? ",...]" : "]");
}

/* One element of a list, or the only value. */
static void
print_one(struct sink *out, const struct attr *a, uint64_t i, unsigned max)
{
	switch (a->kind) {
	case ATTR_INT:
		sink_i64(out, a->v.i);
		break;
	case ATTR_INTS:
		sink_i64(out, a->v.ints[i]);
		break;
	case ATTR_FLOAT:
		sink_double(out, a->v.f, true, false);
		break;
	case ATTR_FLOATS:
		sink_double(out, a->v.floats[i], true, false);
		break;
	case ATTR_STRING:
		sink_safe(out, a->v.s->s, a->v.s->len, max);
		break;
	case ATTR_STRINGS:
		sink_safe(out, a->v.strings[i]->s, a->v.strings[i]->len, max);
		break;
	case ATTR_TENSOR:
	case ATTR_SPARSE:
		print_tensor(out, a->v.t);
		break;
	case ATTR_TENSORS:
	case ATTR_SPARSES:
		print_tensor(out, a->v.tensors[i]);
		break;
	case ATTR_GRAPH:
		sink_printf(out, "graph of %" PRIu32 " node%s", a->v.g->nnodes,
		    plural(a->v.g->nnodes));
		break;
	case ATTR_GRAPHS:
		sink_printf(out, "graph of %" PRIu32 " node%s", a->v.graphs[i]->nnodes,
		    plural(a->v.graphs[i]->nnodes));
		break;
	case ATTR_TYPE:
		type_print(out, a->v.type);
		break;
	case ATTR_TYPES:
		type_print(out, a->v.types[i]);
		break;
	case ATTR_NONE:
	case ATTR_KIND_COUNT:
		sink_puts(out, "(none)");
	}
}

void
text_attr(struct sink *out, const struct attr *a, unsigned max, uint64_t list)
{
	uint64_t shown = a->n < list ? a->n : list;

	if (a->ref != NULL) {
		sink_puts(out, "@");
		sink_safe(out, a->ref->s, a->ref->len, max);
		return;
	}
	if (a->kind < ATTR_INTS || a->kind == ATTR_KIND_COUNT) {
		print_one(out, a, 0, max);
		return;
	}
	sink_puts(out, "[");
	if (a->list != NULL)
		sink_printf(out, "%" PRIu64 " number%s", a->n, plural(a->n));
	for (uint64_t i = 0; i < shown && a->list == NULL; i++) {
		sink_puts(out, i ? "," : "");
		print_one(out, a, i, max);
	}
	if (shown < a->n && a->list == NULL)
		sink_printf(out, ",... %" PRIu64 " in all", a->n);
	sink_puts(out, "]");
}

void
json_tensor(struct json *j, const struct tensor *t)
{
	json_member(j, "dtype", dtype_name(t->dtype));
	json_key(j, "dims");
	json_open(j, '[');
	for (uint32_t i = 0; i < t->rank; i++)
		json_i64(j, t->dims[i]);
	json_close(j, ']');
	json_member_u64(j, "bytes", t->dtype == DT_NONE ? t->stored : tensor_bytes(t));
}

static void
json_tensor_object(struct json *j, const struct tensor *t)
{
	json_open(j, '{');
	json_tensor(j, t);
	json_close(j, '}');
}

static void
json_graph(struct json *j, const struct graph *g)
{
	json_open(j, '{');
	json_member_u64(j, "graph", g->id);
	json_member_str(j, "name", g->name);
	json_close(j, '}');
}

void
json_type(struct json *j, const struct type *t)
{
	struct sink text;

	sink_init(&text, -1);
	type_print(&text, t);
	json_text(j, text.buf, text.n);
	sink_fini(&text);
}

static void
json_one(struct json *j, const struct attr *a, uint64_t i)
{
	switch (a->kind) {
	case ATTR_INT:
		json_i64(j, a->v.i);
		break;
	case ATTR_INTS:
		json_i64(j, a->v.ints[i]);
		break;
	case ATTR_FLOAT:
		json_double(j, a->v.f, true);
		break;
	case ATTR_FLOATS:
		json_double(j, a->v.floats[i], true);
		break;
	case ATTR_STRING:
		json_str(j, a->v.s);
		break;
	case ATTR_STRINGS:
		json_str(j, a->v.strings[i]);
		break;
	case ATTR_TENSOR:
	case ATTR_SPARSE:
		json_tensor_object(j, a->v.t);
		break;
	case ATTR_TENSORS:
	case ATTR_SPARSES:
		json_tensor_object(j, a->v.tensors[i]);
		break;
	case ATTR_GRAPH:
		json_graph(j, a->v.g);
		break;
	case ATTR_GRAPHS:
		json_graph(j, a->v.graphs[i]);
		break;
	case ATTR_TYPE:
		json_type(j, a->v.type);
		break;
	case ATTR_TYPES:
		json_type(j, a->v.types[i]);
		break;
	case ATTR_NONE:
	case ATTR_KIND_COUNT:
		json_null(j);
	}
}

void
json_attr(struct json *j, const struct attr *a)
{
	if (a->ref != NULL) {
		json_open(j, '{');
		json_member_str(j, "ref", a->ref);
		json_close(j, '}');
		return;
	}
	if (a->kind < ATTR_INTS || a->kind == ATTR_KIND_COUNT) {
		json_one(j, a, 0);
		return;
	}
	if (a->list != NULL) {
		json_tensor_object(j, a->list);
		return;
	}
	json_open(j, '[');
	for (uint64_t i = 0; i < a->n; i++)
		json_one(j, a, i);
	json_close(j, ']');
}

void
json_op(struct json *j, const struct node *n)
{
	struct sink text;

	json_key(j, "op");
	if (n->domain->len == 0) {
		json_str(j, n->type);
		return;
	}
	sink_init(&text, -1);
	text_op_whole(&text, n->domain, n->type);
	json_text(j, text.buf, text.n);
	sink_fini(&text);
}

void
text_op_row(struct sink *out, const struct node *n)
{
	if (n->op == NULL) {
		sink_puts(out, n->callee != NULL ? "a function of this model" : "not known");
		return;
	}
	sink_puts(out, sem_title(n->op->sem));
	if (n->op->since > 0)
		sink_printf(out, ", in its form since %s %d%s", op_since_unit(n->op), n->op->since,
		    n->op->flags & OP_DEPRECATED ? ", deprecated" : "");
}

void
json_since(struct json *j, const struct node *n)
{
	json_key(j, "since");
	if (n->op != NULL && n->op->since > 0)
		json_i64(j, n->op->since);
	else
		json_null(j);
}
