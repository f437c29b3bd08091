/* SPDX-License-Identifier: Apache-2.0 */
/* Parts may be shared and are many: a walk ends at a depth, at a number of parts
 * and, of text, where there is no more room. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/sink.h"
#include "base/str.h"
#include "ir/tensor.h"
#include "report/contents.h"
#include "report/json.h"
#include "report/text.h"

enum { DEPTH = 16, PARTS = 4096, WORD = 252, CHANNELS = 8 };

struct walk {
	struct arena *a;
	char *buf;          /* of text; n < cap */
	uint32_t n, cap;
	struct json *j;
	uint32_t depth, parts;
};

static void
put(struct walk *w, const char *s, size_t n)
{
	size_t room = w->cap - 1 - w->n;

	n = n < room ? n : room;
	memcpy(w->buf + w->n, s, n);
	w->n += (uint32_t)n;
}

static void
puts_(struct walk *w, const char *s)
{
	put(w, s, strlen(s));
}

/* A number as sink_double has it. */
static void
put_number(struct walk *w, const struct tensor *t, const void *bytes)
{
	struct sink s;

	sink_init(&s, -1);
	if (dtype_class(t->dtype) == DC_BOOL)
		sink_puts(&s, dtype_get_int(t->dtype, bytes, 0) ? "True" : "False");
	else
		text_element(&s, t->dtype, bytes, 0, false);
	put(w, s.buf, s.n);
	sink_fini(&s);
}

/* The first bytes of a single string; its length is before them. */
static uint32_t
word(struct walk *w, const struct tensor *t, char buf[WORD + 4], bool *whole)
{
	struct tensor_read r;
	uint32_t len;
	long got;

	tensor_open(&r, t);
	got = tensor_fill(&r, w->a, buf, WORD + 4);
	*whole = false;
	if (got < 4)
		return 0;
	len = (uint32_t)(unsigned char)buf[0] | (uint32_t)(unsigned char)buf[1] << 8 |
	    (uint32_t)(unsigned char)buf[2] << 16 | (uint32_t)(unsigned char)buf[3] << 24;
	memmove(buf, buf + 4, (size_t)got - 4);
	*whole = len <= (uint32_t)got - 4;
	return *whole ? len : (uint32_t)got - 4;
}

static void text_part(struct walk *, const struct tensor *);

static void
text_items(struct walk *w, const struct items *x)
{
	static const char ends[][2] = { [ITEMS_LIST] = { '[', ']' }, [ITEMS_TUPLE] = { '(', ')' },
	    [ITEMS_DICT] = { '{', '}' }, [ITEMS_OBJECT] = { '(', ')' } };
	bool pairs = x->form == ITEMS_DICT || x->form == ITEMS_OBJECT;
	char buf[WORD + 4];
	bool whole;

	if (x->name != NULL)
		put(w, x->name->s, x->name->len);
	if (x->name != NULL && x->n == 0 && !x->cut)
		return; /* of an enumeration, say */
	put(w, &ends[x->form][0], 1);
	for (uint32_t i = 0; i < x->n && w->n + 1 < w->cap; i++) {
		if (i > 0 && (!pairs || i % 2 == 0))
			puts_(w, ", ");
		if (x->form == ITEMS_OBJECT && i % 2 == 0)
			put(w, buf, word(w, x->list[i], buf, &whole));
		else
			text_part(w, x->list[i]);
		if (pairs && i % 2 == 0)
			puts_(w, x->form == ITEMS_DICT ? ": " : "=");
	}
	if (x->cut)
		puts_(w, x->n > 0 ? ", ..." : "...");
	put(w, &ends[x->form][1], x->form == ITEMS_TUPLE && x->n == 1 ? 0 : 1);
	if (x->form == ITEMS_TUPLE && x->n == 1)
		puts_(w, ",)");
}

static void
text_shape(struct walk *w, const struct tensor *t)
{
	char number[24];

	puts_(w, dtype_name(t->dtype));
	for (uint32_t i = 0; i < t->rank && i < 16; i++) {
		snprintf(number, sizeof number, "%s%" PRId64, i > 0 ? "," : "[", t->dims[i]);
		puts_(w, number);
	}
	puts_(w, t->rank == 0 ? "[]" : t->rank > 16 ? ",...]" : "]");
}

/* A number of Python's, or a tensor of one: the former have no tensor's name. */
static bool
is_number(const struct tensor *t)
{
	return t->rank == 0 && t->sparse == NULL && t->numel == 1 && dtype_bits(t->dtype) != 0 &&
	    dtype_class(t->dtype) != DC_COMPLEX && (t->name == NULL || t->name->len == 0);
}

static void
text_part(struct walk *w, const struct tensor *t)
{
	char buf[WORD + 4];
	uint32_t n;
	bool whole;

	if (w->depth >= DEPTH || ++w->parts > PARTS) {
		puts_(w, "...");
		return;
	}
	w->depth++;
	if (t->items != NULL) {
		text_items(w, t->items);
	} else if (t->dtype == DT_NONE && t->rank == 0) {
		puts_(w, t->flags & TENSOR_MISSING ? "..." : "None");
	} else if (t->dtype == DT_STR && t->rank == 0) {
		n = word(w, t, buf, &whole);
		puts_(w, "'");
		put(w, buf, n);
		puts_(w, whole ? "'" : "...'");
	} else if (is_number(t) && tensor_first(t, w->a, buf, 1) == 1) {
		put_number(w, t, buf);
	} else {
		text_shape(w, t);
	}
	w->depth--;
}

const char *
contents_text(struct arena *a, const struct tensor *t)
{
	struct walk w = { .a = a, .cap = CONTENTS_TEXT + 1 };

	w.buf = arena_alloc(a, CONTENTS_TEXT + 1);
	text_part(&w, t);
	if (w.n == CONTENTS_TEXT)
		memcpy(w.buf + CONTENTS_TEXT - 3, "...", 3);
	return w.buf;
}

static void json_part(struct walk *, const struct tensor *);

static void
json_items(struct walk *w, const struct items *x)
{
	bool dict = x->form == ITEMS_DICT, object = x->form == ITEMS_OBJECT, whole;
	char buf[WORD + 4];

	if (dict || object) {
		json_open(w->j, '{');
		if (object)
			json_member_str(w->j, "object", x->name);
		json_key(w->j, object ? "fields" : "dict");
	}
	json_open(w->j, object ? '{' : '[');
	for (uint32_t i = 0; i + (dict || object) < x->n && w->parts < PARTS; i++) {
		if (dict)
			json_open(w->j, '[');
		if (object) {
			buf[word(w, x->list[i++], buf, &whole)] = '\0';
			json_key(w->j, buf);
		} else if (dict) {
			json_part(w, x->list[i++]);
		}
		json_part(w, x->list[i]);
		if (dict)
			json_close(w->j, ']');
	}
	json_close(w->j, object ? '}' : ']');
	if (dict || object)
		json_close(w->j, '}');
}

static void
json_number(struct walk *w, const struct tensor *t, const void *bytes)
{
	enum dtype_class c = dtype_class(t->dtype);

	if (c == DC_BOOL)
		json_bool(w->j, dtype_get_int(t->dtype, bytes, 0) != 0);
	else if (t->dtype == DT_U64)
		json_u64(w->j, (uint64_t)dtype_get_int(t->dtype, bytes, 0));
	else if (c == DC_INT || c == DC_UINT)
		json_i64(w->j, dtype_get_int(t->dtype, bytes, 0));
	else
		json_double(w->j, dtype_get(t->dtype, bytes, 0), t->dtype != DT_F64);
}

static void
json_part(struct walk *w, const struct tensor *t)
{
	char buf[WORD + 4];
	bool whole;

	if (w->depth >= DEPTH || ++w->parts > PARTS) {
		json_string(w->j, "...");
		return;
	}
	w->depth++;
	if (t->items != NULL) {
		json_items(w, t->items);
	} else if (t->dtype == DT_NONE && t->rank == 0) {
		if (t->flags & TENSOR_MISSING)
			json_string(w->j, "...");
		else
			json_null(w->j);
	} else if (t->dtype == DT_STR && t->rank == 0) {
		json_text(w->j, buf, word(w, t, buf, &whole));
	} else if (is_number(t) && tensor_first(t, w->a, buf, 1) == 1) {
		json_number(w, t, buf);
	} else {
		json_open(w->j, '{');
		json_tensor(w->j, t);
		json_close(w->j, '}');
	}
	w->depth--;
}

void
json_contents(struct json *j, struct arena *a, const struct tensor *t)
{
	struct walk w = { .a = a, .j = j };

	json_part(&w, t);
}

/* The numbers of the first channels. */
static uint64_t
channels(struct arena *a, const struct tensor *t, double v[CHANNELS])
{
	unsigned char bytes[CHANNELS * 16];
	uint64_t n = t != NULL && dtype_bits(t->dtype) != 0 ?
	    tensor_first(t, a, bytes, CHANNELS) : 0;

	for (uint64_t i = 0; i < n; i++)
		v[i] = dtype_get(t->dtype, bytes, i);
	return n;
}

static void
text_channels(struct sink *out, struct arena *a, const char *label, const struct tensor *t)
{
	double v[CHANNELS];
	uint64_t n = channels(a, t, v);

	if (t == NULL)
		return;
	text_label(out, label);
	for (uint64_t i = 0; i < n; i++) {
		sink_puts(out, i > 0 ? ", " : "");
		sink_printf(out, "%.6g", v[i]);
	}
	sink_printf(out, n < t->numel ? "%s... %" PRIu64 " in all\n" : "\n",
	    n > 0 ? ", " : "", t->numel);
}

void
text_quant(struct sink *out, struct arena *a, const struct tensor *t)
{
	const struct quant *q = t->quant;

	if (q == NULL)
		return;
	text_label(out, "quantised");
	sink_puts(out, q->scheme);
	if (q->scales == NULL) {
		sink_puts(out, ", scale ");
		sink_double(out, q->scale, false, false);
		sink_printf(out, ", zero point %" PRId64 "\n", q->zero_point);
		return;
	}
	sink_printf(out, " along axis %" PRId64 "\n", q->axis);
	text_channels(out, a, "scales", q->scales);
	text_channels(out, a, "zero points", q->zero_points);
}

static void
json_channels(struct json *j, struct arena *a, const char *key, const struct tensor *t)
{
	double v[CHANNELS];
	uint64_t n = channels(a, t, v);

	json_key(j, key);
	json_open(j, '[');
	for (uint64_t i = 0; i < n; i++)
		json_double(j, v[i], false);
	json_close(j, ']');
}

void
json_quant(struct json *j, struct arena *a, const struct tensor *t)
{
	const struct quant *q = t->quant;

	if (q == NULL)
		return;
	json_key(j, "quantization");
	json_open(j, '{');
	json_member(j, "scheme", q->scheme);
	if (q->scales == NULL) {
		json_key(j, "scale");
		json_double(j, q->scale, false);
		json_member_i64(j, "zero_point", q->zero_point);
	} else {
		json_member_i64(j, "axis", q->axis);
		json_channels(j, a, "scales", q->scales);
		json_channels(j, a, "zero_points", q->zero_points);
	}
	json_close(j, '}');
}
