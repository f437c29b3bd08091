/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of counterparts: what is meant by one name in PyTorch and another in ONNX or an
 * ML Program, compared between formats. */
#include <math.h>
#include <string.h>

#include "align/setting.h"
#include "base/str.h"
#include "ops/sig.h"

/* What a parameter is, of which nodes, and all its names. An axis may be counted from
 * either end; what is left out may be zero. */
enum param_kind { PARAM_NUMBERS, PARAM_AXIS, PARAM_TANH, PARAM_NOT, PARAM_CORNERS,
	PARAM_ZERO };
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
	{ SEM_HARD_SIGMOID, PARAM_NUMBERS, "alpha" },
	{ SEM_HARD_SIGMOID, PARAM_NUMBERS, "beta" },
	{ SEM_LAYER_NORM, PARAM_NUMBERS, "eps epsilon" },
	{ SEM_BATCH_NORM, PARAM_NUMBERS, "eps epsilon" },
	{ SEM_INSTANCE_NORM, PARAM_NUMBERS, "eps epsilon" },
	{ SEM_GROUP_NORM, PARAM_NUMBERS, "eps epsilon" },
	{ SEM_GROUP_NORM, PARAM_NUMBERS, "num_groups" },
	{ SEM_CONCAT, PARAM_AXIS, "dim axis" },
	{ SEM_CUMULATIVE, PARAM_NUMBERS, "exclusive" },
	{ SEM_CUMULATIVE, PARAM_NUMBERS, "reverse" },
	{ SEM_TOP_K, PARAM_NOT, "largest ascending" },
	{ SEM_PAD, PARAM_ZERO, "value constant_value constant_val" },
	{ SEM_QUANTIZE, PARAM_NUMBERS, "scale y_scale" },
	{ SEM_QUANTIZE, PARAM_NUMBERS, "zero_point y_zero_point" },
	{ SEM_DEQUANTIZE, PARAM_NUMBERS, "scale x_scale" },
	{ SEM_DEQUANTIZE, PARAM_NUMBERS, "zero_point x_zero_point" },
	{ SEM_RESIZE, PARAM_CORNERS, "align_corners coordinate_transformation_mode sampling_mode" },
	{ SEM_GELU, PARAM_TANH, "approximate mode" }
};

/* One number stands for all axes. What cannot be compared is the same. */
static bool
same_numbers(const struct setting *a, const struct setting *b)
{
	uint32_t n = a->n > b->n ? a->n : b->n;

	if (a->n == 0 || b->n == 0 || (a->n != b->n && a->n != 1 && b->n != 1))
		return true;
	for (uint32_t i = 0; i < n; i++) {
		double x = a->v[a->n > 1 ? i : 0], y = b->v[b->n > 1 ? i : 0];

		if (!f16_near(x, y) && !f16_overflows(x, y))
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

/* Do the corners of both images meet? 1, 0, or -1: unknown. */
static int
meets(const struct setting *a)
{
	if (a->n == 1)
		return a->v[0] != 0;
	if (strstr(a->text, "UNALIGN") != NULL || strstr(a->text, "pixel") != NULL ||
	    strcmp(a->text, "asymmetric") == 0)
		return 0;
	return strstr(a->text, "align") != NULL || strstr(a->text, "ALIGN") != NULL ? 1 : -1;
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
	case PARAM_CORNERS:
		return meets(a) < 0 || meets(b) < 0 || meets(a) == meets(b);
	case PARAM_NUMBERS: case PARAM_NOT: case PARAM_ZERO:
		break;
	}
	return same_numbers(a, b);
}

/* What two nodes of PyTorch, of code or exported, have by the same names. */
static bool
own_differ(struct aligner *al, const struct item *x, const struct item *y, const char **what)
{
	/* where and how it is computed, and types that results have */
	static const char *const how = "dtype device layout pin_memory memory_format non_blocking "
	    "copy cudnn_enable cudnn_enabled benchmark deterministic allow_tf32 training train "
	    "implicit inplace momentum";
	bool differ = false;
	struct sig sig;

	if (x->dialect != DIALECT_ATEN || x->n->op == NULL || x->op != y->op ||
	    !sig_parse(x->n->op, &sig))
		return false;
	for (uint32_t i = 0; i < sig.nin; i++) {
		char name[40];
		struct setting a, b;

		if (sig.in[i].name_len >= sizeof name ||
		    setting_is_one_of(how, sig.in[i].name, sig.in[i].name_len))
			continue;
		memcpy(name, sig.in[i].name, sig.in[i].name_len);
		name[sig.in[i].name_len] = '\0';
		if (!setting_of(&a, al, &al->side[0], x->n, name) ||
		    !setting_of(&b, al, &al->side[1], y->n, name) ||
		    (same_numbers(&a, &b) && strcmp(a.text, b.text) == 0))
			continue;
		setting_say(al, what, name, sig.in[i].name_len, &a, &b);
		differ = true;
	}
	return differ;
}

static bool
read_param(struct aligner *al, const struct side *s, const struct item *x,
	const struct param *p, struct setting *a)
{
	if (setting_of(a, al, s, x->n, p->names))
		return true;
	if (!a->absent || p->kind != PARAM_ZERO)
		return false;
	*a = (struct setting){ .n = 1 };
	return true;
}

/* Do both have the parameter, and not as the same? What is so in a program may be what is not
 * in others. */
static bool
is_other(struct aligner *al, const struct param *p, const struct item *x, const struct item *y,
	struct setting *a, struct setting *b)
{
	if (p->kind == PARAM_NOT && (x->dialect == DIALECT_MIL) == (y->dialect == DIALECT_MIL))
		return false;
	if (!read_param(al, &al->side[0], x, p, a) || !read_param(al, &al->side[1], y, p, b))
		return false;
	if (p->kind == PARAM_NOT)
		return a->n == 1 && b->n == 1 && (a->v[0] != 0) == (b->v[0] != 0);
	return !same_setting(p, a, b, y->type);
}

bool
params_differ(struct aligner *al, const struct item *x, const struct item *y,
	const char **what)
{
	bool differ = own_differ(al, x, y, what);

	for (size_t i = 0; i < sizeof params / sizeof *params && x->sem == y->sem; i++) {
		const struct param *p = &params[i];
		struct setting a, b;

		if (p->sem != x->sem || !is_other(al, p, x, y, &a, &b))
			continue;
		setting_say(al, what, p->names, (uint32_t)strcspn(p->names, " "), &a, &b);
		differ = true;
	}
	return differ;
}

bool
params_known(struct aligner *al, const struct item *x, const struct item *y)
{
	for (size_t i = 0; i < sizeof params / sizeof *params; i++) {
		struct setting a, b;

		if (params[i].sem != x->sem)
			continue;
		if ((!read_param(al, &al->side[0], x, &params[i], &a) && !a.absent) ||
		    (!read_param(al, &al->side[1], y, &params[i], &b) && !b.absent))
			return false;
	}
	return true;
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
	return setting_is_one_of(weights, name->s, name->len);
}
