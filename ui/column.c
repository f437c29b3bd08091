/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "app/notes.h"
#include "app/place.h"
#include "base/dtype.h"
#include "base/sink.h"
#include "infer/cost.h"
#include "infer/infer.h"
#include "ir/tensor.h"
#include "ops/op.h"
#include "report/text.h"
#include "rules/support/support.h"
#include "ui/column.h"
#include "ui/doc.h"
#include "ui/engine.h"
#include "ui/pair.h"
#include "ui/state.h"
#include "ui/supported.h"

const struct column_row column_rows[COL_COUNT] = {
#define COLUMN(id, name, title, width, shown, help) { name, title, width, shown, help },
#include "ui/column.def"
#undef COLUMN
};

enum style
op_style(const struct node *n)
{
	static const uint8_t of[FAM_COUNT] = {
		[FAM_OTHER] = ST_PLAIN, [FAM_CONV] = ST_COMPUTE, [FAM_MATMUL] = ST_COMPUTE,
		[FAM_NORM] = ST_NORM, [FAM_ACT] = ST_ACT, [FAM_ELEMENTWISE] = ST_PLAIN,
		[FAM_REDUCE] = ST_PLAIN, [FAM_POOL] = ST_COMPUTE, [FAM_SHAPE] = ST_SHAPE,
		[FAM_INDEX] = ST_SHAPE, [FAM_CONTROL] = ST_CONTROL, [FAM_RECURRENT] = ST_COMPUTE,
		[FAM_QUANT] = ST_NORM, [FAM_CONST] = ST_DIM, [FAM_SEQUENCE] = ST_SHAPE,
		[FAM_ML] = ST_COMPUTE
	};

	if (n->callee != NULL)
		return ST_MODULE;
	return n->op != NULL ? (enum style)of[sem_family(n->op->sem)] : ST_UNKNOWN;
}

const struct type *
doc_type(const struct doc *d, const struct value *v)
{
	const struct type *t = d->analysed && d->s->infer != NULL ?
	    infer_type(d->s->infer, v) : NULL;

	return t != NULL ? t : v->type;
}

void
short_name(const struct str *name, const char **s, size_t *n)
{
	const char *end = name->s + name->len, *at = end;

	while (at > name->s && at[-1] != '/')
		at--;
	*s = at;
	*n = (size_t)(end - at);
}

/* Frames are read into the model's own memory: not while a job has it. */
bool
python_place(const struct doc *d, const struct node *n, struct python_place *out)
{
	return d->state == DOC_READY && place_of_node(d->s, n, out);
}

void
put_count(struct sink *out, uint64_t n)
{
	static const char units[] = "kMGTPE";
	double v = (double)n;
	int i = -1;

	while (v >= 1000 && i < 5)
		v /= 1000, i++;
	if (i < 0)
		sink_u64(out, n);
	else
		sink_printf(out, v < 10 ? "%.2f%c" : v < 100 ? "%.1f%c" : "%.0f%c", v, units[i]);
}

static void
put_operands(const struct node *n, struct sink *out, unsigned max)
{
	struct sink all;

	sink_init(&all, -1);
	for (uint32_t i = 0; i < n->nin; i++) {
		const char *s;
		size_t len;

		sink_puts(&all, i > 0 ? ", " : "");
		if (n->in[i] == NULL) {
			sink_puts(&all, "-");
			continue;
		}
		short_name(n->in[i]->name, &s, &len);
		sink_write(&all, s, len);
	}
	sink_safe(out, all.n > 0 ? all.buf : "", all.n, max);
	sink_fini(&all);
}

/* 12.3M: four columns and a letter. */
static void
put_bytes(struct sink *out, uint64_t n)
{
	struct sink text;

	if (n == 0)
		return;
	sink_init(&text, -1);
	text_bytes(&text, n);
	sink_write(out, text.buf, text.n);
	sink_fini(&text);
}

static enum style
put_type(const struct doc *d, const struct node *n, struct sink *out, unsigned max, bool whole)
{
	const struct value *v = n->nout > 0 ? n->out[0] : NULL;
	const struct type *t = v != NULL ? doc_type(d, v) : NULL;

	if (t == NULL)
		return ST_DIM;
	if (!whole) {
		sink_puts(out, t->dtype != DT_NONE ? dtype_name(t->dtype) : "");
		return ST_TYPE;
	}
	put_value_type(d, v, out, max);
	return v->type != NULL ? ST_TYPE : ST_DIM;
}

static enum style
finding_style(const struct finding *f)
{
	return f->level >= LEVEL_ERROR ? ST_ERROR : f->level == LEVEL_WARN ? ST_WARN : ST_NOTE;
}

/* Prose is cut at its end. */
static void
put_words(struct sink *out, const char *s, unsigned max)
{
	struct sink text;
	size_t n = 0, fits = 0;

	sink_init(&text, -1);
	sink_safe(&text, s, strlen(s), 0);
	if (text.n > 0 && (unsigned)text_columns(text.buf, text.n) > max && max > 3) {
		for (; n < text.n && (unsigned)text_columns(text.buf, n) <= max - 3; n++)
			if ((text.buf[n] & 0xc0) != 0x80)
				fits = n;
		sink_write(out, text.buf, fits);
		sink_puts(out, "...");
	} else if (text.n > 0) {
		sink_write(out, text.buf, text.n);
	}
	sink_fini(&text);
}

/* What does not fit goes from the front of a shape: f32[..,64,64]. */
static void
put_short_type(const struct sink *text, struct sink *out, unsigned max)
{
	const char *open = memchr(text->buf, '[', text->n), *end = text->buf + text->n, *rest;
	size_t head = open != NULL ? (size_t)(open - text->buf) + 1 : 0;

	if (head == 0 || end[-1] != ']' || head + 5 > max) {
		put_words(out, text->buf, max);
		return;
	}
	sink_write(out, text->buf, head);
	sink_puts(out, "..");
	for (rest = open + 1; rest < end - 1; rest++)
		if (*rest == ',' && head + 2 + (size_t)(end - rest) <= max)
			break;
	sink_write(out, rest, (size_t)(end - rest));
}

void
put_value_type(const struct doc *d, const struct value *v, struct sink *out, unsigned max)
{
	struct sink text, safe;

	sink_init(&text, -1);
	sink_init(&safe, -1);
	type_print(&text, doc_type(d, v));
	/* already safe: a backslash at most changes */
	sink_safe(&safe, text.n > 0 ? text.buf : "", text.n, 0);
	if (max > 0 && safe.n > 0 && (unsigned)text_columns(safe.buf, safe.n) > max) {
		sink_write(&safe, "", 1);
		safe.n--;
		put_short_type(&safe, out, max);
	} else if (safe.n > 0) {
		sink_write(out, safe.buf, safe.n);
	}
	sink_fini(&text);
	sink_fini(&safe);
}

static enum style
put_finding(const struct finding *f, struct sink *out, unsigned max)
{
	enum { WORDS = 10 };
	size_t n = strlen(f->name);

	sink_puts(out, f->level >= LEVEL_ERROR ? "E" : f->level == LEVEL_WARN ? "W" : "n");
	if (max > 9) { /* less would not say anything */
		sink_puts(out, " ");
		put_words(out, f->name, max - 2);
	}
	if (max > n + 4 + WORDS) {
		sink_puts(out, "  ");
		put_words(out, f->message, max - 4 - (unsigned)n);
	}
	return finding_style(f);
}

/* Why it does not run on the Neural Engine, in the words of the rule; what they would
 * say of the node itself is in its details. */
static enum style
put_engine_reason(const struct doc *d, const struct node *n, struct sink *out, unsigned max)
{
	struct sink text;

	if (max < 20 || d->notes == NULL || d->notes->list[n->id].ane != ANE_NO)
		return ST_TEXT;
	sink_init(&text, -1);
	engine_brief(d, n, &text);
	sink_write(&text, "", 1);
	put_words(out, text.buf, max);
	sink_fini(&text);
	return ST_DIM;
}

/* What has a column of its own is not said twice. */
static enum style
put_problem(const struct ui *ui, const struct doc *d, const struct node *n, struct sink *out,
    unsigned max)
{
	uint32_t i = doc_finding(d, n, 0);

	while (max > 2 && ui->columns[COL_SUPPORT] && i != UINT32_MAX &&
	    d->findings[i].source != FROM_LINT)
		i = doc_finding(d, n, i + 1);
	return i != UINT32_MAX ? put_finding(&d->findings[i], out, max) :
	    put_engine_reason(d, n, out, max);
}

static enum style
put_support(const struct doc *d, const struct node *n, struct sink *out, unsigned max)
{
	if (d->support == NULL)
		return ST_DIM;
	for (uint32_t i = 0; (i = doc_finding(d, n, i)) != UINT32_MAX; i++)
		if (d->findings[i].source != FROM_LINT)
			return put_finding(&d->findings[i], out, max);
	return supported_word(d, n, out);
}

static enum style
put_line(const struct doc *d, const struct node *n, struct sink *out, unsigned max)
{
	struct python_place at;
	char text[sizeof at.file + 12];

	if (!python_place(d, n, &at))
		return ST_DIM;
	place_line(&at, text, sizeof text);
	sink_safe(out, text, strlen(text), max);
	return ST_DIM;
}

static enum style
put_cost(const struct doc *d, const struct node *n, struct sink *out)
{
	uint64_t macs = d->costs != NULL ? cost_sample(d->costs->node[n->id].macs) : 0;

	if (macs == UINT64_MAX)
		sink_puts(out, "?");
	else if (macs > 0)
		put_count(out, macs);
	return ST_TEXT;
}

static enum style
put_device(enum device at, struct sink *out)
{
	if (at == DEVICE_UNKNOWN)
		return ST_DIM;
	sink_puts(out, at == DEVICE_ANE ? "ANE" : device_name(at));
	return at == DEVICE_ANE ? ST_GOOD : ST_WARN;
}

static enum style
put_measured(const struct doc *d, const struct node *n, struct sink *out)
{
	const struct note *note = d->notes != NULL ? &d->notes->list[n->id] : NULL;
	enum style st = put_device(note != NULL ? note->measured : DEVICE_UNKNOWN, out);

	if (note == NULL || !note_disagrees(note))
		return st;
	sink_puts(out, "!");
	return ST_ERROR;
}

enum style
column_text(const struct ui *ui, const struct doc *d, const struct node *n, enum column c,
    struct sink *out, unsigned max)
{
	const char *s;
	size_t len;

	switch (c) {
	case COL_ID:
		sink_printf(out, "#%u", (unsigned)n->id);
		return ST_DIM;
	case COL_NAME:
		short_name(n->name, &s, &len);
		sink_safe(out, s, len, max);
		return ST_TEXT;
	case COL_TYPE:
		return put_type(d, n, out, max, true);
	case COL_OPERANDS:
		put_operands(n, out, max);
		return ST_DIM;
	case COL_DTYPE:
		return put_type(d, n, out, max, false);
	case COL_WEIGHTS:
		put_bytes(out, node_constant_bytes(n));
		return ST_TEXT;
	case COL_LINE:
		return put_line(d, n, out, max);
	case COL_COST:
		return put_cost(d, n, out);
	case COL_SUPPORT:
		return put_support(d, n, out, max);
	case COL_ENGINE:
		return put_device(doc_placed(d, n), out);
	case COL_MEASURED:
		return put_measured(d, n, out);
	case COL_PAIR:
		pair_text(ui, d, n, out, max);
		return pair_differs(ui, d, n) ? ST_WARN : ST_DIM;
	case COL_PROBLEM:
		return put_problem(ui, d, n, out, max);
	case COL_COUNT:
		break;
	}
	return ST_TEXT;
}

uint64_t
column_amount(const struct doc *d, const struct node *n, enum column c)
{
	uint64_t macs;

	switch ((int)c) {
	case COL_WEIGHTS:
		return node_constant_bytes(n);
	case COL_COST:
		macs = d->costs != NULL ? cost_sample(d->costs->node[n->id].macs) : 0;
		return macs == UINT64_MAX ? 0 : macs;
	case COL_PROBLEM:
		return d->worst != NULL ? d->worst[n->id] : 0;
	default:
		return 0;
	}
}
