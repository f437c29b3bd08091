/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of counterparts in words: what is meant by one name in PyTorch and another in
 * ONNX or an ML Program, compared between formats, and said of two versions. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "align/state.h"
#include "base/ctx.h"
#include "base/str.h"
#include "infer/infer.h"
#include "ir/dim.h"
#include "ir/tensor.h"
#include "ops/sig.h"

enum { VALUES = 8, TEXT = 96 };
/* What float16 makes of a parameter. */
#define OFF 2e-3
#define OFF_LEAST 1.2e-7

/* What a parameter is, of which nodes, and all its names. An axis may be counted from
 * either end. */
enum param_kind { PARAM_NUMBERS, PARAM_AXIS, PARAM_TANH };
static const struct param {
	enum sem sem;
	enum param_kind kind;
	const char *names;
} params[] = {
	{ SEM_CONV, PARAM_NUMBERS, "stride strides" },
	{ SEM_CONV, PARAM_NUMBERS, "dilation dilations" },
	{ SEM_CONV, PARAM_NUMBERS, "groups group" },
	{ SEM_CONV_TRANSPOSE, PARAM_NUMBERS, "stride strides" },
	{ SEM_CONV_TRANSPOSE, PARAM_NUMBERS, "dilation dilations" },
	{ SEM_CONV_TRANSPOSE, PARAM_NUMBERS, "groups group" },
	{ SEM_MAX_POOL, PARAM_NUMBERS, "kernel_size kernel_sizes kernel_shape" },
	{ SEM_MAX_POOL, PARAM_NUMBERS, "stride strides" },
	{ SEM_AVG_POOL, PARAM_NUMBERS, "kernel_size kernel_sizes kernel_shape" },
	{ SEM_AVG_POOL, PARAM_NUMBERS, "stride strides" },
	{ SEM_LEAKY_RELU, PARAM_NUMBERS, "negative_slope alpha" },
	{ SEM_ELU, PARAM_NUMBERS, "alpha" },
	{ SEM_CLIP, PARAM_NUMBERS, "min alpha" },
	{ SEM_CLIP, PARAM_NUMBERS, "max beta" },
	{ SEM_LAYER_NORM, PARAM_NUMBERS, "eps epsilon" },
	{ SEM_BATCH_NORM, PARAM_NUMBERS, "eps epsilon" },
	{ SEM_INSTANCE_NORM, PARAM_NUMBERS, "eps epsilon" },
	{ SEM_GROUP_NORM, PARAM_NUMBERS, "eps epsilon" },
	{ SEM_GROUP_NORM, PARAM_NUMBERS, "num_groups" },
	{ SEM_SOFTMAX, PARAM_AXIS, "dim axis" },
	{ SEM_LOG_SOFTMAX, PARAM_AXIS, "dim axis" },
	{ SEM_CONCAT, PARAM_AXIS, "dim axis" },
	{ SEM_GELU, PARAM_TANH, "approximate mode" }
};

/* A parameter's numbers, or its text. */
struct setting {
	double v[VALUES];
	uint32_t n;
	char text[24];
};

static bool
is_one_of(const char *names, const char *s, size_t len)
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
	unsigned char buf[VALUES * 8];
	struct arena scratch;
	uint64_t n = 0;

	if (t == NULL || t->numel > VALUES)
		return false;
	arena_init(&scratch, ctx);
	if (bits == 0)
		n = tensor_word(t, &scratch, to->text, sizeof to->text);
	else if (bits % 8 == 0 && bits <= 64)
		n = tensor_first(t, &scratch, buf, VALUES);
	for (uint64_t i = 0; i < n && bits > 0; i++)
		to->v[to->n++] = dtype_get(t->dtype, buf, i);
	arena_free(&scratch);
	return n > 0;
}

static bool
from_attr(struct setting *to, const struct attr *a, struct ctx *ctx)
{
	bool ints = a->kind == ATTR_INTS && a->v.ints != NULL;
	bool floats = a->kind == ATTR_FLOATS && a->v.floats != NULL;

	if (a->kind == ATTR_STRING && a->v.s != NULL)
		return from_text(to, a->v.s->s, a->v.s->len);
	if (a->kind == ATTR_TENSOR)
		return from_tensor(to, a->v.t, ctx);
	if (a->kind == ATTR_INT || a->kind == ATTR_FLOAT) {
		to->v[to->n++] = a->kind == ATTR_INT ? (double)a->v.i : a->v.f;
		return true;
	}
	if ((!ints && !floats) || a->n > VALUES)
		return false;
	for (uint64_t i = 0; i < a->n; i++)
		to->v[to->n++] = ints ? (double)a->v.ints[i] : (double)a->v.floats[i];
	return true;
}

static bool
from_value(struct setting *to, const struct side *s, const struct value *v, struct ctx *ctx)
{
	const struct dim *const *dims;
	uint32_t n;
	int64_t size;

	if (v == NULL)
		return false;
	if (wire_constant(v) != NULL && from_tensor(to, wire_constant(v), ctx))
		return true;
	if (s->given->types == NULL ||
	    (dims = infer_ints(s->given->types, v, &n)) == NULL || n > VALUES)
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
	if (isalpha((unsigned char)buf[0]))
		return from_text(to, buf, len);
	at += *at == '[';
	for (; to->n < VALUES; at = end + (*end == ',')) {
		double d = strtod(at, &end);

		if (end == at)
			break;
		to->v[to->n++] = d;
	}
	return to->n > 0;
}

/* As it is given, or what the operation takes when it is not. */
static bool
setting_of(struct setting *to, struct aligner *al, const struct side *s, const struct node *n,
	const char *names)
{
	struct sig sig;

	to->n = 0;
	to->text[0] = '\0';
	for (uint32_t i = 0; i < n->nattrs; i++)
		if (is_one_of(names, n->attrs[i].name->s, n->attrs[i].name->len))
			return from_attr(to, &n->attrs[i], al->ctx);
	for (uint32_t i = 0; i < n->nnamed; i++)
		if (is_one_of(names, n->in_name[i]->s, n->in_name[i]->len))
			return from_value(to, s, n->in[i], al->ctx);
	if (n->op == NULL || !sig_parse(n->op, &sig))
		return false;
	for (uint32_t i = 0; i < sig.nin; i++)
		if (is_one_of(names, sig.in[i].name, sig.in[i].name_len))
			return n->nnamed == 0 && i < n->nin && n->in[i] != NULL ?
			    from_value(to, s, n->in[i], al->ctx) :
			    from_default(to, sig.in[i].text_default, sig.in[i].default_len);
	for (uint32_t i = 0; i < sig.nattr; i++)
		if (is_one_of(names, sig.attr[i].name, sig.attr[i].name_len))
			return from_default(to, sig.attr[i].text_default, sig.attr[i].default_len);
	return false;
}

/* One number stands for all axes. What cannot be compared is the same. */
static bool
same_numbers(const struct setting *a, const struct setting *b)
{
	uint32_t n = a->n > b->n ? a->n : b->n;

	if (a->n == 0 || b->n == 0 || (a->n != b->n && a->n != 1 && b->n != 1))
		return true;
	for (uint32_t i = 0; i < n; i++) {
		double x = a->v[a->n > 1 ? i : 0], y = b->v[b->n > 1 ? i : 0];

		if (fabs(x - y) > OFF * fabs(x) + OFF_LEAST && !(fabs(x) > 65504 && isinf(y)))
			return false;
	}
	return true;
}

static bool
same_axis(const struct setting *a, const struct setting *b, const struct type *t)
{
	double rank = t != NULL && t->has_rank ? (double)t->rank : 0;

	if (a->n != 1 || b->n != 1 || rank == 0)
		return true;
	return (a->v[0] < 0 ? a->v[0] + rank : a->v[0]) ==
	    (b->v[0] < 0 ? b->v[0] + rank : b->v[0]);
}

/* Gaussian units: exact, or by the hyperbolic tangent. */
static bool
is_tanh(const struct setting *a)
{
	return strstr(a->text, "tanh") != NULL || strstr(a->text, "TANH") != NULL;
}

static bool
same_setting(const struct param *p, const struct setting *a, const struct setting *b,
	const struct type *t)
{
	switch (p->kind) {
	case PARAM_AXIS:
		return same_axis(a, b, t);
	case PARAM_TANH:
		return a->text[0] == '\0' || b->text[0] == '\0' || is_tanh(a) == is_tanh(b);
	case PARAM_NUMBERS:
		break;
	}
	return same_numbers(a, b);
}

static void
put_setting(char *buf, size_t size, const struct setting *a)
{
	size_t n = 0;

	if (a->n == 0) {
		snprintf(buf, size, "%s", a->text[0] != '\0' ? a->text : "?");
		return;
	}
	for (uint32_t i = 0; i < a->n && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%.7g", i > 0 ? "," : "", a->v[i]);
}

/* "epsilon 1e-05 -> 0.01" behind what is there already. */
static void
say(struct aligner *al, const char **what, const char *name, uint32_t len,
	const struct setting *a, const struct setting *b)
{
	char x[TEXT / 2], y[TEXT / 2], *text = arena_alloc(al->result, 3 * TEXT);

	put_setting(x, sizeof x, a);
	put_setting(y, sizeof y, b);
	snprintf(text, 3 * TEXT, "%.*s%s%.*s %s -> %s", TEXT, *what != NULL ? *what : "",
	    *what != NULL ? ", " : "", (int)(len < 24 ? len : 24), name, x, y);
	*what = text;
}

bool
params_differ(struct aligner *al, const struct item *x, const struct item *y,
	const char **what)
{
	bool differ = false;

	for (size_t i = 0; i < sizeof params / sizeof *params && x->sem == y->sem; i++) {
		const struct param *p = &params[i];
		struct setting a, b;

		if (p->sem != x->sem || !setting_of(&a, al, &al->side[0], x->n, p->names) ||
		    !setting_of(&b, al, &al->side[1], y->n, p->names) ||
		    same_setting(p, &a, &b, y->type))
			continue;
		say(al, what, p->names, (uint32_t)strcspn(p->names, " "), &a, &b);
		differ = true;
	}
	return differ;
}

void
params_say_attr(struct aligner *al, const char **what, const struct attr *a,
	const struct attr *b)
{
	struct setting s = { .n = 0 }, t = { .n = 0 };

	if (*what != NULL && strlen(*what) > TEXT)
		return;
	from_attr(&s, a, al->ctx);
	if (b != NULL)
		from_attr(&t, b, al->ctx);
	say(al, what, a->name->s, a->name->len, &s, &t);
}

void
params_say_value(struct aligner *al, const char **what, const struct str *name,
	const struct value *v, const struct value *w)
{
	struct setting s = { .n = 0 }, t = { .n = 0 };

	if (*what != NULL && strlen(*what) > TEXT)
		return;
	from_value(&s, &al->side[0], v, al->ctx);
	from_value(&t, &al->side[1], w, al->ctx);
	if (s.n + t.n > 0 || s.text[0] != '\0' || t.text[0] != '\0')
		say(al, what, name->s, name->len, &s, &t);
}

bool
params_is_weight(const struct item *x, uint32_t i)
{
	static const char *const weights = "x y data a b values value indices input cond mean "
	    "variance gamma beta params updates k q v key query table lut";
	const struct str *name = i < x->n->nnamed ? x->n->in_name[i] : NULL;

	if (name == NULL || strstr(name->s, "weight") != NULL || strstr(name->s, "bias") != NULL)
		return true;
	if (strcmp(name->s, "beta") == 0 && x->sem == SEM_CLIP)
		return false;
	return is_one_of(weights, name->s, name->len);
}
