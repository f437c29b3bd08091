/* SPDX-License-Identifier: Apache-2.0 */
/* node: everything about one node, or about all that share its name. */
#include <inttypes.h>
#include <string.h>

#include "app/session.h"
#include "base/sink.h"
#include "base/source.h"
#include "base/str.h"
#include "cmd/command.h"
#include "ir/frame.h"
#include "ir/tensor.h"
#include "ops/packing.h"
#include "report/contents.h"
#include "report/packing.h"
#include "report/text.h"

struct found { struct node **list; uint32_t n; };

static bool
prepare(struct call *call)
{
	struct found *f = arena_alloc(call->arena, sizeof *f);

	f->list = find_nodes(call, &f->n);
	call->ready = f;
	return f->list != NULL;
}

enum { REF = 40 }; /* columns of another node's name */

/* "#12 Conv name", the way every list refers to a node. */
static void
text_ref(struct sink *out, const struct node *n, unsigned max)
{
	sink_printf(out, "#%" PRIu32 " ", n->id);
	text_op(out, n->domain, n->type);
	if (n->name->len > 0) {
		sink_puts(out, " ");
		sink_safe(out, n->name->s, n->name->len, max);
	}
}

/* As declared; what inference adds is marked. */
static void
text_type(struct call *call, struct sink *out, const struct value *v)
{
	bool inferred;

	type_print(out, session_type(call->s, v, &inferred));
	if (inferred)
		sink_puts(out, " inferred");
}

/* Infer types now if any is asked for: it may leave. */
static void
infer_open(struct call *call, const struct node *n)
{
	bool inferred;

	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL)
			session_type(call->s, n->in[i], &inferred);
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL)
			session_type(call->s, n->out[i], &inferred);
}

static void
text_operand(struct call *call, struct sink *out, const struct node *n, uint32_t i)
{
	const struct value *v = n->in[i];
	bool literal;

	if (i < n->nnamed) {
		text_str(out, n->in_name[i], 40, 0);
		sink_puts(out, ": ");
	}
	if (v == NULL) {
		sink_puts(out, "(left out)\n");
		return;
	}
	literal = v->flags & VALUE_LITERAL && v->name->len > 0; /* named by its content */
	if (v->name->len > 0) {
		sink_safe(out, v->name->s, v->name->len, 60);
		sink_puts(out, "  ");
	}
	text_type(call, out, v);
	if (!literal && constant_is_small(v)) {
		sink_puts(out, " = ");
		text_constant(out, v, &call->s->ctx);
	}
	if (v->producer != NULL) {
		sink_puts(out, "  from ");
		text_ref(out, v->producer, REF);
	} else {
		sink_puts(out, v->flags & VALUE_INITIALIZER ? "  initializer" :
		    v->flags & VALUE_LITERAL ? "  literal" :
		    v->flags & VALUE_INPUT ? "  input" : "  made nowhere");
	}
	sink_puts(out, "\n");
}

/* What operands hold that are no tensors; NULL: the others. */
static const char **
contents_of(struct call *call, const struct node *n)
{
	const char **list = arena_array(call->arena, n->nin, sizeof *list);

	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && n->in[i]->constant != NULL &&
		    n->in[i]->constant->items != NULL)
			list[i] = contents_text(call->arena, n->in[i]->constant);
	return list;
}

static void
text_contents(struct call *call, struct sink *rows, const char *text)
{
	if (text == NULL)
		return;
	text_label(rows, "");
	sink_puts(rows, "  holds ");
	sink_safe(rows, text, strlen(text), 0);
	sink_puts(rows, "\n");
	text_fold(call->out, rows);
}

static void
text_result(struct call *call, struct sink *rows, const struct value *v)
{
	const struct uses *u = session_uses(call->s);

	if (v == NULL) {
		sink_puts(rows, "(left out)\n");
		return;
	}
	sink_safe(rows, v->name->s, v->name->len, 60);
	sink_puts(rows, "  ");
	text_type(call, rows, v);
	sink_puts(rows, v->flags & VALUE_OUTPUT ? "  output of the graph\n" : "\n");
	for (uint32_t i = u->start[v->id]; i < u->start[v->id + 1]; i++) {
		text_label(rows, "");
		sink_puts(rows, "  read by ");
		text_ref(rows, u->list[i].node, REF);
		sink_puts(rows, "\n");
		text_fold(call->out, rows);
	}
}

static void
text_place(struct sink *rows, const struct node *n)
{
	struct textpos pos = source_textpos(n->loc.src, n->loc.off);

	text_label(rows, "in the file");
	if (pos.line != 0)
		sink_printf(rows, "line %" PRIu32, pos.line);
	else
		sink_printf(rows, "%" PRIu64 " byte%s from offset %" PRIu64, n->loc.len,
		    plural(n->loc.len), pos.off);
	if (n->loc.src != NULL && n->loc.src->member != NULL)
		text_of_member(rows, n->loc.src->member);
	sink_puts(rows, "\n");
}

/* The user's own frames, the innermost first; others when there are no more. */
static void
text_frames(struct sink *out, struct sink *rows, const struct frame *list, uint32_t count)
{
	enum { SHOWN = 4 };
	const struct frame *first = frame_pick(list, count);
	uint32_t shown = 0;

	for (uint32_t i = 0; i < count && shown < SHOWN; i++) {
		if (&list[i] != first && !frame_is_user(&list[i]))
			continue;
		text_label(rows, shown++ == 0 ? "in Python" : "");
		sink_safe(rows, list[i].file, strlen(list[i].file), 50);
		sink_printf(rows, ":%" PRIu32, list[i].line);
		if (list[i].function != NULL)
			sink_puts(rows, " in "), sink_safe(rows, list[i].function,
			    strlen(list[i].function), 40);
		if (list[i].text != NULL)
			sink_puts(rows, ": "), sink_safe(rows, list[i].text,
			    strlen(list[i].text), 100);
		sink_puts(rows, "\n");
		text_fold(out, rows);
	}
}

static void
text_head(struct sink *rows, const struct node *n)
{
	text_ref(rows, n, 0);
	sink_puts(rows, "\n");
	text_label(rows, "graph");
	sink_printf(rows, "%s ", graph_kind_name(n->graph->kind));
	text_str(rows, n->graph->name, 50, 0);
	sink_printf(rows, ", node %" PRIu32 " of %" PRIu32 "\n", n->index, n->graph->nnodes);
	if (n->scope != NULL) {
		text_label(rows, "module");
		text_str(rows, n->scope, 60, 0);
		sink_puts(rows, "\n");
	}
	for (const struct inlined *c = n->call; c != NULL; c = c->up) {
		text_label(rows, c == n->call ? "called as" : "");
		text_str(rows, c->function, 60, 0);
		sink_puts(rows, "\n");
	}
	text_label(rows, "op");
	text_op_row(rows, n);
	sink_puts(rows, "\n");
}

static void
text_attrs(struct sink *out, struct sink *rows, const struct node *n)
{
	enum { COLUMNS = 400, ELEMENTS = 32 };
	bool first = true;
	uint32_t i;

	for (i = 0; i < n->nattrs; i++) {
		text_label(rows, i == 0 ? "attributes" : "");
		text_str(rows, n->attrs[i].name, 40, 0);
		sink_printf(rows, ": %s = ", attr_kind_name(n->attrs[i].kind));
		text_attr(rows, &n->attrs[i], COLUMNS, ELEMENTS);
		sink_puts(rows, "\n");
		text_fold(out, rows);
	}
	for (i = 0; i < n->nmeta; i++) {
		if (strcmp(n->meta[i].key->s, "stack_trace") == 0)
			continue; /* shown as what it says: text_frames */
		text_label(rows, first ? "metadata" : "");
		first = false;
		text_str(rows, n->meta[i].key, 40, 0);
		sink_puts(rows, " = ");
		text_str(rows, n->meta[i].value, COLUMNS, 0);
		sink_puts(rows, "\n");
		text_fold(out, rows);
	}
}

static void
text_weights(struct sink *rows, const struct packing *p)
{
	uint64_t bytes;

	text_label(rows, "weights");
	text_packing(rows, p);
	sink_puts(rows, "\n");
	text_label(rows, "");
	text_bytes(rows, p->stored);
	dtype_bytes(p->to, p->numel, &bytes);
	sink_puts(rows, " stored, ");
	text_bytes(rows, bytes);
	sink_puts(rows, p->missing ? " unpacked; a part is missing\n" : " unpacked\n");
}

static void
text_node(struct call *call, const struct node *n)
{
	struct packing p;
	struct sink rows;
	uint32_t i;

	/* now: nothing may leave while rows are kept */
	bool packed = packing_read(&p, n, call->arena);
	const char **held = contents_of(call, n);
	struct frame *frames;
	uint32_t nframes = node_frames(call->s->model, n, call->arena, &frames);

	session_uses(call->s);
	infer_open(call, n);
	sink_init(&rows, -1);
	text_head(&rows, n);
	for (i = 0; i < n->nin; i++) {
		text_label(&rows, i == 0 ? "inputs" : "");
		text_operand(call, &rows, n, i);
		text_fold(call->out, &rows);
		text_contents(call, &rows, held[i]);
	}
	for (i = 0; i < n->nout; i++) {
		text_label(&rows, i == 0 ? "outputs" : "");
		text_result(call, &rows, n->out[i]);
	}
	if (packed)
		text_weights(&rows, &p);
	text_fold(call->out, &rows);
	text_attrs(call->out, &rows, n);
	text_frames(call->out, &rows, frames, nframes);
	text_place(&rows, n);
	text_fold(call->out, &rows);
	sink_fini(&rows);
}

static void
json_ref(struct json *j, const struct node *n)
{
	json_open(j, '{');
	json_member_u64(j, "id", n->id);
	json_member_str(j, "name", n->name);
	json_close(j, '}');
}

static void
json_value(struct call *call, const struct value *v, bool readers, const struct str *parameter)
{
	const struct uses *u = session_uses(call->s);
	const struct type *type;
	struct json *j = call->json;
	bool inferred;

	if (v == NULL) {
		json_null(j);
		return;
	}
	json_open(j, '{');
	if (parameter != NULL)
		json_member_str(j, "parameter", parameter);
	json_member_str(j, "name", v->name);
	json_key(j, "type");
	json_type(j, v->type);
	type = session_type(call->s, v, &inferred);
	if (inferred)
		json_key(j, "inferred"), json_type(j, type);
	if (v->constant != NULL && v->constant->items != NULL && !readers)
		json_key(j, "contents"), json_contents(j, call->arena, v->constant);
	if (v->producer != NULL && !readers) {
		json_key(j, "producer");
		json_ref(j, v->producer);
	}
	if (!readers && constant_is_small(v)) {
		json_key(j, "value");
		json_constant(j, v, &call->s->ctx);
	}
	if (readers) {
		json_key(j, "consumers");
		json_open(j, '[');
		for (uint32_t i = u->start[v->id]; i < u->start[v->id + 1]; i++)
			json_ref(j, u->list[i].node);
		json_close(j, ']');
	}
	json_close(j, '}');
}

static void
json_attrs(struct json *j, const struct node *n)
{
	json_key(j, "attributes");
	json_open(j, '[');
	for (uint32_t i = 0; i < n->nattrs; i++) {
		json_open(j, '{');
		json_member_str(j, "name", n->attrs[i].name);
		json_member(j, "kind", attr_kind_name(n->attrs[i].kind));
		json_key(j, "value");
		json_attr(j, &n->attrs[i]);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_key(j, "metadata");
	json_open(j, '{');
	for (uint32_t i = 0; i < n->nmeta; i++) {
		json_key_str(j, n->meta[i].key);
		json_str(j, n->meta[i].value);
	}
	json_close(j, '}');
}

static void
json_head(struct json *j, const struct node *n)
{
	json_member_u64(j, "id", n->id);
	json_member_u64(j, "graph", n->graph->id);
	json_member_str(j, "name", n->name);
	json_member_str(j, "type", n->type);
	json_member_str(j, "domain", n->domain);
	json_member_str(j, "overload", n->overload);
	json_member_str(j, "scope", n->scope);
	json_since(j, n);
	json_member_str(j, "callee", n->callee != NULL ? n->callee->name : NULL);
}

static void
json_frames(struct call *call, const struct node *n)
{
	struct json *j = call->json;
	struct frame *list;
	uint32_t count = node_frames(call->s->model, n, call->arena, &list);

	if (count == 0)
		return;
	json_key(j, "frames");
	json_open(j, '[');
	for (uint32_t i = 0; i < count; i++) {
		json_open(j, '{');
		json_member(j, "file", list[i].file);
		json_member_u64(j, "line", list[i].line);
		json_member(j, "function", list[i].function);
		json_member(j, "text", list[i].text);
		json_member_bool(j, "user", frame_is_user(&list[i]));
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* Calls that the node's code was put in the place of. */
static void
json_calls(struct json *j, const struct node *n)
{
	if (n->call == NULL)
		return;
	json_key(j, "calls");
	json_open(j, '[');
	for (const struct inlined *c = n->call; c != NULL; c = c->up) {
		json_open(j, '{');
		json_member_str(j, "function", c->function);
		json_member_str(j, "scope", c->scope);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_node(struct call *call, const struct node *n)
{
	struct json *j = call->json;
	struct packing p;
	uint32_t i;

	infer_open(call, n);
	json_open(j, '{');
	json_head(j, n);
	json_key(j, "inputs");
	json_open(j, '[');
	for (i = 0; i < n->nin; i++)
		json_value(call, n->in[i], false, i < n->nnamed ? n->in_name[i] : NULL);
	json_close(j, ']');
	json_key(j, "outputs");
	json_open(j, '[');
	for (i = 0; i < n->nout; i++)
		json_value(call, n->out[i], true, NULL);
	json_close(j, ']');
	json_attrs(j, n);
	json_calls(j, n);
	json_frames(call, n);
	if (packing_read(&p, n, call->arena))
		json_key(j, "packing"), json_packing(j, &p);
	if (n->loc.src != NULL && n->loc.src->member != NULL)
		json_member(j, "member", n->loc.src->member);
	json_member_u64(j, "offset", source_textpos(n->loc.src, n->loc.off).off);
	json_member_u64(j, "bytes", n->loc.len);
	json_close(j, '}');
}

static enum exit_status
run(struct call *call)
{
	const struct found *f = call->ready;

	if (call->json != NULL)
		json_open(call->json, '[');
	for (uint32_t i = 0; i < f->n; i++) {
		if (call->json != NULL)
			json_node(call, f->list[i]);
		else
			text_node(call, f->list[i]);
	}
	if (call->json != NULL)
		json_close(call->json, ']');
	return EXIT_CLEAN;
}

const struct command CMD_NODE = {
	.name = "node", .args = "NAME|#ID", .help = "everything about one node",
	.text = "Operands with types and producers, results with readers, attributes, "
	    "metadata, and where it stands in the file. Names need not be unique: all nodes of "
	    "that name are shown.",
	.prepare = prepare, .run = run
};
