/* SPDX-License-Identifier: Apache-2.0 */
/* Text of a drawing. Names come from the file and may hold anything; here they
 * are made safe for people and for the three readers behind them: the DOT
 * parser (cgraph quotes), record labels and escape strings. Special characters
 * become numeric entities, which all three hand through; a backslash made by
 * sink_safe is two of them, for the last reader. Labels are never HTML. */
#include <string.h>

#include "base/ctx.h"
#include "infer/infer.h"
#include "ir/tensor.h"
#include "report/dot_draw.h"
#include "report/text.h"

enum { NAME_COLUMNS = 40, WEIGHT_COLUMNS = 24, MAX_ROWS = 6, MAX_DIMS = 8, TOP_OPS = 3 };

/* Replacement by byte; NULL: as it is. A space is kept by the record reader
 * only when it stands alone. */
static const char *const entities[128] = {
	[' '] = "&#32;", ['"'] = "&#34;", ['&'] = "&amp;", ['<'] = "&#60;", ['>'] = "&#62;",
	['\\'] = "&#92;&#92;", ['{'] = "&#123;", ['|'] = "&#124;", ['}'] = "&#125;"
};

/* Bytes at the start that stand for themselves everywhere. */
static size_t
plain(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c <= ' ' || c >= 0x7f || entities[c] != NULL)
			break;
	}
	return i;
}

static void
escape(struct sink *out, const char *s, size_t n)
{
	size_t run = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 128 || entities[c] == NULL)
			continue;
		sink_write(out, s + run, i - run);
		sink_puts(out, entities[c]);
		run = i + 1;
	}
	sink_write(out, s + run, n - run);
}

void
label_name(struct drawing *d, const char *s, size_t n, unsigned max)
{
	if (d->plain)
		max = 0;
	if ((max == 0 || n <= max) && plain(s, n) == n) {
		sink_write(&d->text, s, n);
		return;
	}
	d->part.n = 0;
	sink_safe(&d->part, s, n, max);
	escape(&d->text, d->part.buf, d->part.n);
}

void
label_text(struct drawing *d, const char *s)
{
	sink_puts(&d->text, s);
}

void
label_number(struct drawing *d, uint64_t n)
{
	sink_u64(&d->text, n);
}

char *
label_end(struct drawing *d)
{
	sink_write(&d->text, "", 1);
	d->text.n = 0;
	if (d->text.err != 0)
		ctx_out_of_memory(d->ctx, d->text.cap);
	return d->text.buf;
}

char *
label_tooltip(struct drawing *d, const char *s, size_t n)
{
	if (d->plain || (n <= NAME_COLUMNS && plain(s, n) == n))
		return NULL;
	label_name(d, s, n, 4096);
	return label_end(d);
}

/* ---- types ---- */

static void
tensor_type(struct drawing *d, const struct tensor *t)
{
	label_text(d, dtype_name(t->dtype));
	label_text(d, "[");
	for (uint32_t i = 0; i < t->rank && i < MAX_DIMS; i++) {
		label_text(d, i > 0 ? "," : "");
		sink_i64(&d->text, t->dims[i]);
	}
	label_text(d, t->rank > MAX_DIMS ? ",...]" : "]");
}

const struct type *
label_type_of(const struct drawing *d, const struct value *v)
{
	const struct type *known = d->o->types != NULL && v->constant == NULL ?
	    infer_type(d->o->types, v) : NULL;

	return known != NULL && (known->tag != TY_TENSOR || known->has_rank) ? known : v->type;
}

void
label_type(struct drawing *d, const struct value *v)
{
	const struct tensor *t = value_tensor(v);
	const struct type *type = label_type_of(d, v);
	char *copy;
	size_t n;

	if (type == NULL && t != NULL) {
		tensor_type(d, t);
		return;
	}
	if (type == NULL)
		return;
	d->part.n = 0;
	type_print(&d->part, type);
	n = d->part.n;
	copy = arena_strdup(&d->a, d->part.buf, n);
	label_name(d, copy, n, 60);
}

/* ---- nodes ---- */

/* Constants, and tensors filled with one value of a stated shape: without
 * them a drawing shows what is computed. */
bool
label_hides(const struct drawing *d, const struct node *n)
{
	if (d->o->initializers || n == d->o->focus || n->op == NULL || n->nout != 1 ||
	    n->out[0] == NULL || (n->out[0]->flags & VALUE_OUTPUT) != 0)
		return false;
	if (n->op->sem == SEM_CONST)
		return n->nin == 0;
	if (constant_is_small(n->out[0])) /* a list of them */
		return true;
	return n->op->sem == SEM_FILL && n->nin == 1 && n->in[0] != NULL &&
	    (n->in[0]->flags & VALUE_INITIALIZER) != 0;
}

bool
label_inlines(const struct drawing *d, const struct value *v)
{
	if (d->o->initializers)
		return false;
	if (v->producer != NULL)
		return label_hides(d, v->producer);
	return (v->flags & (VALUE_INITIALIZER | VALUE_LITERAL)) != 0;
}

/* After the last separator of modules. */
static struct str_view { const char *s; size_t n; }
last_part(const char *s, size_t n)
{
	size_t i;

	for (i = n; i > 0 && s[i - 1] != '/'; i--)
		continue;
	if (i == 0)
		for (i = n; i > 0 && s[i - 1] != '.'; i--)
			continue;
	return i == n ? (struct str_view){ s, n } : (struct str_view){ s + i, n - i };
}

static void
constant_row(struct drawing *d, const struct value *v)
{
	char *copy;
	size_t n;

	d->part.n = 0;
	text_constant(&d->part, v, d->ctx);
	n = d->part.n;
	copy = arena_strdup(&d->a, d->part.buf, n);
	label_name(d, copy, n, WEIGHT_COLUMNS);
}

/* By the operand when it has a name: a constant written in its place has none. */
static void
weight_row(struct drawing *d, const struct node *n, uint32_t i)
{
	const struct value *v = n->in[i];
	struct str_view name = last_part(v->name->s, v->name->len);
	bool literal = v->flags & VALUE_LITERAL && v->name->len > 0; /* its name says it */

	if (i < n->nnamed)
		name = (struct str_view){ n->in_name[i]->s, n->in_name[i]->len };
	label_name(d, name.s, name.n, WEIGHT_COLUMNS);
	if (literal && i >= n->nnamed) {
		label_text(d, "\\l");
		return;
	}
	label_text(d, " ");
	if (literal)
		label_name(d, v->name->s, v->name->len, WEIGHT_COLUMNS);
	else if (constant_is_small(v))
		constant_row(d, v);
	else
		label_type(d, v);
	label_text(d, "\\l");
}

/* Constants of a node, one a line; the first ones when there are many. */
static uint32_t
weight_rows(struct drawing *d, const struct node *n)
{
	uint32_t rows = 0;

	for (uint32_t i = 0; i < n->nin; i++) {
		if (n->in[i] == NULL || !label_inlines(d, n->in[i]))
			continue;
		if (rows == 0)
			label_text(d, "|");
		if (rows++ < MAX_ROWS)
			weight_row(d, n, i);
	}
	if (rows > MAX_ROWS) {
		label_text(d, "and ");
		label_number(d, rows - MAX_ROWS);
		label_text(d, " more\\l");
	}
	return rows;
}

static bool
has_weights(const struct drawing *d, const struct node *n)
{
	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && label_inlines(d, n->in[i]))
			return true;
	return false;
}

/* Regions of a node that are not drawn. */
static void
hidden_regions(struct drawing *d, const struct node *n)
{
	for (uint32_t i = 0; i < n->nregions; i++) {
		const struct graph *g = n->regions[i];

		if (d->views[g->id].shown)
			continue;
		label_text(d, "|");
		if (g->role != NULL)
			label_name(d, g->role->s, g->role->len, WEIGHT_COLUMNS);
		label_text(d, ": ");
		label_number(d, g->nnodes);
		label_text(d, " nodes\\l");
	}
}

/* The scope that text is relative to: synthetic ones are no part of names. */
static const struct scope *
naming(const struct scope *c)
{
	while (c->synthetic)
		c = c->parent;
	return c;
}

/* What a name says beyond the path of the cluster it stands in. */
static struct str_view
relative(const char *s, size_t n, const struct scope *within)
{
	const struct scope *c = naming(within);

	while (n > 1 && *s == '/') {
		s++;
		n--;
	}
	if (c->npath > 0 && n > c->npath + 1 && memcmp(s, c->path, c->npath) == 0 &&
	    (s[c->npath] == '/' || s[c->npath] == '.'))
		return (struct str_view){ s + c->npath + 1, n - c->npath - 1 };
	return (struct str_view){ s, n };
}

static void
op_name(struct drawing *d, const struct node *n)
{
	if (n->domain->len > 0 && strcmp(n->domain->s, "ai.onnx") != 0) {
		label_name(d, n->domain->s, n->domain->len, WEIGHT_COLUMNS);
		label_text(d, "::");
	}
	label_name(d, n->type->s, n->type->len, NAME_COLUMNS);
	if (n->type->len == 0)
		label_text(d, "(no type)");
}

char *
label_node(struct drawing *d, const struct node *n, const struct scope *within)
{
	struct str_view name = relative(n->name->s, n->name->len, within);
	bool record = has_weights(d, n) || n->nregions > 0;

	label_text(d, record ? "{" : "");
	op_name(d, n);
	if (name.n > 0 && (name.n != n->type->len || memcmp(name.s, n->type->s, name.n) != 0)) {
		label_text(d, "\\n");
		label_name(d, name.s, name.n, NAME_COLUMNS);
	}
	if (record) {
		weight_rows(d, n);
		hidden_regions(d, n);
		label_text(d, "}");
	}
	return label_end(d);
}

/* ---- scopes ---- */

/* A block of ours goes from one node to another. */
static void
block_name(struct drawing *d, const struct view *v, const struct scope *c,
    const struct scope *within)
{
	const struct str *last = v->s.order[c->lo + c->ntotal - 1]->name;
	struct str_view name = relative(c->path, c->npath, within);

	if (v->s.order[c->lo]->name->len == 0 || last->len == 0) {
		label_text(d, "block");
		return;
	}
	label_name(d, name.s, name.n, WEIGHT_COLUMNS);
	name = relative(last->s, last->len, within);
	label_text(d, " .. ");
	label_name(d, name.s, name.n, WEIGHT_COLUMNS);
}

static void
scope_name(struct drawing *d, const struct view *v, const struct scope *c,
    const struct scope *within)
{
	struct str_view name = relative(c->path, c->npath, within);

	if (c->synthetic)
		block_name(d, v, c, within);
	else
		label_name(d, name.s, name.n, NAME_COLUMNS);
	if (c->repeat > 1) {
		label_text(d, "  x");
		label_number(d, c->repeat);
	}
}

char *
label_cluster(struct drawing *d, const struct view *v, const struct scope *c,
    const struct scope *within)
{
	scope_name(d, v, c, within);
	return label_end(d);
}

struct top { const struct node *n; uint32_t times; };

/* The most frequent ops of a scope, ties by first place. Ops are few: those
 * beyond the room of the list are not counted. */
static uint32_t
top_ops(const struct view *v, const struct scope *c, struct top *list, uint32_t room)
{
	uint32_t n = 0, k;

	for (uint32_t i = 0; i < c->ntotal; i++) {
		const struct node *x = v->s.order[c->lo + i];

		for (k = 0; k < n; k++)
			if (list[k].n->type == x->type && list[k].n->domain == x->domain)
				break;
		if (k == room)
			continue;
		if (k == n)
			list[n++] = (struct top){ x, 0 };
		list[k].times++;
	}
	return n;
}

char *
label_box(struct drawing *d, const struct view *v, const struct scope *c,
    const struct scope *within)
{
	struct top list[64];
	uint32_t n = top_ops(v, c, list, 64), best;

	scope_name(d, v, c, within);
	label_text(d, "\\n");
	label_number(d, c->ntotal);
	label_text(d, c->repeat > 1 ? " nodes each" : " nodes");
	for (uint32_t i = 0; i < TOP_OPS && i < n; i++) {
		best = 0;
		for (uint32_t k = 1; k < n; k++)
			if (list[k].times > list[best].times)
				best = k;
		label_text(d, "\\n");
		op_name(d, list[best].n);
		label_text(d, " ");
		label_number(d, list[best].times);
		list[best].times = 0;
	}
	return label_end(d);
}
