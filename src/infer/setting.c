/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of nodes from attributes, operands and defaults. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "infer/setting.h"

#include "base/arena.h"
#include "base/ctx.h"
#include "base/str.h"
#include "infer/infer.h"
#include "ir/dim.h"
#include "ir/tensor.h"
#include "ops/op.h"
#include "ops/sig.h"

const struct type *
settings_type(const struct settings *in, const struct value *v)
{
	const struct type *t = in->types != NULL ? infer_type(in->types, v) : NULL;

	return t != NULL ? t : v->type;
}

bool
setting_is_one_of(const char *names, const char *s, size_t len)
{
	for (const char *at = names; *at != '\0'; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n == len && memcmp(at, s, n) == 0)
			return true;
		at += n;
	}
	return false;
}

static bool
from_text(struct setting *to, const char *s, size_t len)
{
	len = len < sizeof to->text - 1 ? len : sizeof to->text - 1;
	memcpy(to->text, s, len);
	to->text[len] = '\0';
	return true;
}

static bool
from_tensor(struct setting *to, const struct tensor *t, struct ctx *ctx)
{
	unsigned bits = t != NULL ? dtype_bits(t->dtype) : 0;
	unsigned char buf[SETTINGS * 8];
	struct arena scratch;
	uint64_t n = 0;

	if (t == NULL || t->numel > SETTINGS)
		return false;
	arena_init(&scratch, ctx);
	if (bits == 0)
		n = tensor_word(t, &scratch, to->text, sizeof to->text);
	else if (bits % 8 == 0 && bits <= 64)
		n = tensor_first(t, &scratch, buf, SETTINGS);
	for (uint64_t i = 0; i < n && bits > 0; i++)
		to->v[to->n++] = dtype_get(t->dtype, buf, i);
	arena_free(&scratch);
	return n > 0;
}

bool
setting_of_attr(struct setting *to, struct ctx *ctx, const struct attr *a)
{
	bool ints = a->kind == ATTR_INTS && a->v.ints != NULL;
	bool floats = a->kind == ATTR_FLOATS && a->v.floats != NULL;

	if (a->kind == ATTR_STRING && a->v.s != NULL)
		return from_text(to, a->v.s->s, a->v.s->len);
	if (a->kind == ATTR_STRINGS && a->n > 0 && a->v.strings != NULL)
		return from_text(to, a->v.strings[0]->s, a->v.strings[0]->len);
	if (a->kind == ATTR_TENSOR)
		return from_tensor(to, a->v.t, ctx);
	if (a->kind == ATTR_INT || a->kind == ATTR_FLOAT) {
		to->v[to->n++] = a->kind == ATTR_INT ? (double)a->v.i : a->v.f;
		return true;
	}
	if ((a->kind == ATTR_INTS || a->kind == ATTR_FLOATS) && a->n == 0)
		return true;
	if ((!ints && !floats) || a->n > SETTINGS)
		return false;
	for (uint64_t i = 0; i < a->n; i++)
		to->v[to->n++] = ints ? (double)a->v.ints[i] : (double)a->v.floats[i];
	return true;
}

/* An attribute without a value is None of Python. */
static bool
from_given(struct setting *to, const struct attr *a, struct ctx *ctx)
{
	to->absent = a->kind == ATTR_NONE;
	return !to->absent && setting_of_attr(to, ctx, a);
}

/* None of Python. */
static bool
is_none(const struct tensor *t)
{
	return t != NULL && t->dtype == DT_NONE && t->items == NULL &&
	    !(t->flags & TENSOR_MISSING);
}

/* A list that code makes of constants: numbers with fractions, or nothing. */
static bool
from_list(struct setting *to, const struct node *n, struct ctx *ctx)
{
	struct setting one;

	if (n == NULL || strcmp(n->type->s, "ListConstruct") != 0 || n->nin > SETTINGS)
		return false;
	for (uint32_t i = 0; i < n->nin; i++) {
		const struct tensor *t = n->in[i] != NULL ? value_tensor(n->in[i]) : NULL;

		one.n = 0;
		if (t == NULL || !from_tensor(&one, t, ctx) || one.n != 1)
			return false;
		to->v[i] = one.v[0];
	}
	to->n = n->nin;
	return true;
}

/* What an attribute of a constant says that has no tensor. */
static bool
from_constant(struct setting *to, const struct node *n, struct ctx *ctx)
{
	static const char names[] = "value_float value_floats value_int value_ints";

	if (n == NULL || !op_is_constant(n))
		return false;
	for (uint32_t i = 0; i < n->nattrs; i++)
		if (setting_is_one_of(names, n->attrs[i].name->s, n->attrs[i].name->len))
			return setting_of_attr(to, ctx, &n->attrs[i]);
	return false;
}

bool
setting_of_value(struct setting *to, const struct settings *in, const struct value *v)
{
	const struct tensor *t = v != NULL ? value_tensor(v) : NULL;
	const struct dim *const *dims;
	uint32_t n;
	int64_t size;

	to->absent = v == NULL || is_none(t);
	if (to->absent)
		return false;
	if ((t != NULL && from_tensor(to, t, in->ctx)) || from_list(to, v->producer, in->ctx) ||
	    from_constant(to, v->producer, in->ctx))
		return true;
	if (in->types == NULL || (dims = infer_ints(in->types, v, &n)) == NULL || n > SETTINGS)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (!dim_number(dims[i], &size))
			return false;
		to->v[to->n++] = (double)size;
	}
	return true;
}

/* "0.01", "[1,1]", "none". */
static bool
from_default(struct setting *to, const char *s, uint32_t len)
{
	char buf[32], *at = buf, *end;

	if (s == NULL || len >= sizeof buf)
		return false;
	memcpy(buf, s, len);
	buf[len] = '\0';
	if (strcmp(buf, "true") == 0 || strcmp(buf, "false") == 0) {
		to->v[to->n++] = buf[0] == 't';
		return true;
	}
	if (isalpha((unsigned char)buf[0]))
		return from_text(to, buf, len);
	at += *at == '[';
	for (; to->n < SETTINGS; at = end + (*end == ',')) {
		double d = strtod(at, &end);

		if (end == at)
			break;
		to->v[to->n++] = d;
	}
	return to->n > 0;
}

bool
setting_find(struct setting *to, const struct settings *in, const struct node *n,
	const char *names)
{
	struct sig sig;

	*to = (struct setting){ .n = 0 };
	for (uint32_t i = 0; i < n->nattrs; i++)
		if (setting_is_one_of(names, n->attrs[i].name->s, n->attrs[i].name->len))
			return from_given(to, &n->attrs[i], in->ctx);
	for (uint32_t i = 0; i < n->nnamed; i++)
		if (setting_is_one_of(names, n->in_name[i]->s, n->in_name[i]->len))
			return setting_of_value(to, in, n->in[i]);
	to->absent = true;
	if (n->op == NULL || !sig_parse(n->op, &sig))
		return false;
	for (uint32_t i = 0; i < sig.nin; i++)
		if (setting_is_one_of(names, sig.in[i].name, sig.in[i].name_len))
			return n->nnamed == 0 && i < n->nin && n->in[i] != NULL ?
			    setting_of_value(to, in, n->in[i]) :
			    from_default(to, sig.in[i].text_default, sig.in[i].default_len);
	for (uint32_t i = 0; i < sig.nattr; i++)
		if (setting_is_one_of(names, sig.attr[i].name, sig.attr[i].name_len))
			return from_default(to, sig.attr[i].text_default, sig.attr[i].default_len);
	return false;
}

bool
setting_find_number(double *to, const struct settings *in, const struct node *n,
	const char *names, double other)
{
	struct setting a;
	bool known = setting_find(&a, in, n, names);

	*to = known && a.n == 1 ? a.v[0] : other;
	return known ? a.n == 1 : a.absent;
}
