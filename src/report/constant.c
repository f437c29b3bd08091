/* SPDX-License-Identifier: Apache-2.0 */
/* Contents of small constants: strides, axes, names of modes. */
#include <string.h>

#include "base/ctx.h"
#include "base/dtype.h"
#include "base/sink.h"
#include "base/str.h"
#include "ir/graph.h"
#include "ir/tensor.h"
#include "report/json.h"
#include "report/text.h"

enum { SHOWN = 8, WORD = 60 };

/* Written as text, or, with j, as JSON to the same sink. */
struct writer { struct sink *out; struct json *j; struct ctx *ctx; };

void
text_element(struct sink *out, enum dtype dtype, const void *buf, uint64_t i, bool json)
{
	enum dtype_class class = dtype_class(dtype);

	if (dtype == DT_U64)
		sink_u64(out, (uint64_t)dtype_get_int(dtype, buf, i));
	else if (class == DC_INT || class == DC_UINT || class == DC_BOOL)
		sink_i64(out, dtype_get_int(dtype, buf, i));
	else
		sink_double(out, dtype_get(dtype, buf, i), dtype != DT_F64, json);
}

static void
put_word(struct writer *w, const char *s, size_t n)
{
	if (w->j != NULL) {
		json_text(w->j, s, n);
		return;
	}
	sink_puts(w->out, "\"");
	sink_safe(w->out, s, n, WORD);
	sink_puts(w->out, "\"");
}

static void
put_element(struct writer *w, enum dtype dtype, const void *buf, uint64_t i)
{
	if (w->j != NULL)
		json_raw(w->j);
	if (dtype_class(dtype) == DC_BOOL)
		sink_puts(w->out, dtype_get_int(dtype, buf, i) ? "true" : "false");
	else
		text_element(w->out, dtype, buf, i, w->j != NULL);
}

static void
bracket(struct writer *w, char c)
{
	if (w->j == NULL)
		sink_write(w->out, &c, 1);
	else if (c == '[')
		json_open(w->j, c);
	else
		json_close(w->j, c);
}

static void
comma(struct writer *w, uint64_t i)
{
	if (w->j == NULL && i > 0)
		sink_puts(w->out, ",");
}

static void
put_unread(struct writer *w)
{
	if (w->j != NULL)
		json_null(w->j);
	else
		sink_puts(w->out, "?");
}

/* What a small tensor holds: a word, or n elements. */
struct held {
	const struct tensor *t;
	struct arena *scratch;
	char word[256];
	unsigned char bytes[SHOWN * 16];
	uint64_t n;
	bool is_word;
};

static void
hold(void *arg)
{
	struct held *h = arg;

	h->is_word = tensor_word(h->t, h->scratch, h->word, sizeof h->word);
	if (!h->is_word && h->t->dtype != DT_STR)
		h->n = tensor_first(h->t, h->scratch, h->bytes, h->t->numel);
}

/* Callers keep lines in memory: when that ends, it ends here. */
static void
put_tensor(struct writer *w, const struct tensor *t)
{
	struct arena scratch;
	struct held h = { .t = t, .scratch = &scratch };

	arena_init(&scratch, w->ctx);
	if (ctx_protect(w->ctx, hold, &h) != 0)
		h.n = 0;
	arena_free(&scratch);
	if (h.is_word) {
		put_word(w, h.word, strlen(h.word));
		return;
	}
	if (t->dtype == DT_STR || h.n != t->numel) {
		put_unread(w);
		return;
	}
	if (t->rank > 0)
		bracket(w, '[');
	for (uint64_t i = 0; i < h.n; i++) {
		comma(w, i);
		put_element(w, t->dtype, h.bytes, i);
	}
	if (t->rank > 0)
		bracket(w, ']');
}

/* Numbers in a row with a fraction are weights: these go by their names. What holds
 * parts is for contents.h. */
static bool
is_small(const struct tensor *t)
{
	enum dtype_class class = dtype_class(t->dtype);

	if (t->items != NULL || t->flags & (TENSOR_MISSING | TENSOR_BAD_DIMS) || t->rank > 1)
		return false;
	if (class == DC_STRING)
		return t->numel == 1;
	return t->numel <= SHOWN && dtype_bits(t->dtype) > 0 &&
	    (t->rank == 0 || class == DC_INT || class == DC_UINT || class == DC_BOOL);
}

static void
put_list(struct writer *w, struct tensor *const *list, uint32_t n)
{
	bracket(w, '[');
	for (uint32_t i = 0; i < n; i++) {
		comma(w, i);
		put_tensor(w, list[i]);
	}
	bracket(w, ']');
}

/* A list that a node makes of small constants alone; an empty one is there to grow. */
static const struct node *
list_of(const struct value *v)
{
	const struct node *p = v->producer;

	if (p == NULL || p->nin == 0 || p->nin > SHOWN || strcmp(p->domain->s, "prim") != 0 ||
	    strcmp(p->type->s, "ListConstruct") != 0)
		return NULL;
	for (uint32_t i = 0; i < p->nin; i++)
		if (p->in[i] == NULL || p->in[i]->constant == NULL ||
		    !is_small(p->in[i]->constant))
			return NULL;
	return p;
}

bool
constant_is_small(const struct value *v)
{
	if (v->constant == NULL)
		return list_of(v) != NULL;
	return !(v->flags & VALUE_INPUT) && is_small(v->constant);
}

static void
put_value(struct writer *w, const struct value *v)
{
	struct tensor *items[SHOWN];
	const struct node *list = v->constant == NULL ? list_of(v) : NULL;

	for (uint32_t i = 0; list != NULL && i < list->nin; i++)
		items[i] = list->in[i]->constant;
	if (list != NULL)
		put_list(w, items, list->nin);
	else
		put_tensor(w, v->constant);
}

void
text_constant(struct sink *out, const struct value *v, struct ctx *ctx)
{
	put_value(&(struct writer){ .out = out, .ctx = ctx }, v);
}

void
json_constant(struct json *j, const struct value *v, struct ctx *ctx)
{
	put_value(&(struct writer){ .out = j->out, .j = j, .ctx = ctx }, v);
}
