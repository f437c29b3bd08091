/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of one number and of two, by the names that dialects have for them. */
#include <math.h>
#include <string.h>

#include "exec/scalar.h"
#include "infer/setting.h"

#define LN2 0.69314718055994530942
#define PI 3.14159265358979323846
#define LN10 2.30258509299404568402

static double
f_same(double x)
{
	return x;
}

static double
f_neg(double x)
{
	return -x;
}

static double
f_not(double x)
{
	return x == 0;
}

static double
f_relu(double x)
{
	return x > 0 ? x : x == x ? 0 : x;
}

static double
f_relu6(double x)
{
	return fmin(fmax(x, 0), 6);
}

double
scalar_sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

static double
f_square(double x)
{
	return x * x;
}

static double
f_sign(double x)
{
	return (x > 0) - (x < 0);
}

static double
f_silu(double x)
{
	return x / (1 + exp(-x));
}

double
scalar_softplus(double x)
{
	return x > 30 ? x : log1p(exp(x));
}

static double
f_mish(double x)
{
	return x * tanh(scalar_softplus(x));
}

static double
f_hard(double x)
{
	return fmin(fmax(x / 6 + 0.5, 0), 1);
}

static double
f_hard_swish(double x)
{
	return x * f_hard(x);
}

static double
f_softsign(double x)
{
	return x / (1 + fabs(x));
}

static double
f_log_sigmoid(double x)
{
	return -scalar_softplus(-x);
}

static double
f_frac(double x)
{
	return x - trunc(x);
}

static double
f_log2(double x)
{
	return log(x) / LN2;
}

static double
f_log10(double x)
{
	return log(x) / LN10;
}

static double
f_exp2(double x)
{
	return pow(2, x);
}

static double
f_is_nan(double x)
{
	return isnan(x);
}

static double
f_is_finite(double x)
{
	return isfinite(x);
}

static double
f_radians(double x)
{
	return x * (PI / 180);
}

static double
f_degrees(double x)
{
	return x * (180 / PI);
}

static double
f_tanh_shrink(double x)
{
	return x - tanh(x);
}


/* Of one operand. */
static const struct { const char *names; scalar_fn *f; } plain[] = {
	{ "identity clone contiguous detach alias dropout featuredropout alphadropout "
	    "liftfreshcopy liftfresh lift tocopy to cast typeas float double half int long bool "
	    "positive nativedropout castlike tensor scalarimplicit implicittensortonum "
	    "scalartensor resolveconj resolveneg noop", f_same },
	{ "neg negative", f_neg }, { "not logicalnot", f_not }, { "relu", f_relu },
	{ "relu6", f_relu6 }, { "sigmoid", scalar_sigmoid }, { "square", f_square },
	{ "sign sgn", f_sign }, { "silu", f_silu }, { "mish", f_mish },
	{ "hardswish", f_hard_swish }, { "softsign", f_softsign },
	{ "logsigmoid", f_log_sigmoid }, { "frac", f_frac }, { "log2", f_log2 },
	{ "log10", f_log10 }, { "log1p", log1p }, { "expm1", expm1 }, { "exp2", f_exp2 },
	{ "exp", exp }, { "sqrt", sqrt }, { "abs absolute", fabs }, { "ceil", ceil },
	{ "floor", floor }, { "trunc fix", trunc }, { "sin", sin }, { "cos", cos },
	{ "tan", tan }, { "asin arcsin", asin }, { "acos arccos", acos },
	{ "atan arctan", atan }, { "sinh", sinh }, { "cosh", cosh }, { "tanh", tanh },
	{ "asinh arcsinh", asinh }, { "acosh arccosh", acosh }, { "atanh arctanh", atanh },
	{ "erf", erf }, { "erfc", erfc }, { "isnan", f_is_nan }, { "isfinite", f_is_finite },
	{ "deg2rad", f_radians }, { "rad2deg", f_degrees },
	{ "tanhshrink", f_tanh_shrink }
};

static double
g_round(double x, const double *p)
{
	double ten = pow(10, p[0]);

	return rint(x * ten) / ten;
}

static double
g_clip(double x, const double *p)
{
	return fmin(fmax(x, p[0]), p[1]);
}

static double
g_leaky(double x, const double *p)
{
	return x > 0 ? x : x * p[0];
}

static double
g_elu(double x, const double *p)
{
	return p[1] * (x > 0 ? x : p[0] * expm1(x * p[2]));
}

static double
g_celu(double x, const double *p)
{
	return x > 0 ? x : p[0] * expm1(x / p[0]);
}

static double
g_hard(double x, const double *p)
{
	return fmin(fmax(p[0] * x + p[1], 0), 1);
}

static double
g_softplus(double x, const double *p)
{
	return x * p[0] > p[1] ? x : scalar_softplus(x * p[0]) / p[0];
}

static double
g_inverse(double x, const double *p)
{
	return 1 / (x + p[0]);
}

static double
g_rsqrt(double x, const double *p)
{
	return 1 / sqrt(x + p[0]);
}

static double
g_log(double x, const double *p)
{
	return log(x + p[0]);
}

static double
g_is_inf(double x, const double *p)
{
	return isinf(x) && p[x > 0] != 0;
}

static double
g_threshold(double x, const double *p)
{
	return x > p[0] ? x : p[1];
}

static double
g_largest(double x, const double *p)
{
	return fmax(x, p[0]);
}

static double
g_scaled_tanh(double x, const double *p)
{
	return p[0] * tanh(p[1] * x);
}

static double
g_linear(double x, const double *p)
{
	return p[0] * x + p[1];
}

static double
g_hard_shrink(double x, const double *p)
{
	return fabs(x) > p[0] ? x : 0;
}

static double
g_shrink(double x, const double *p)
{
	return x < -p[0] ? x + p[1] : x > p[0] ? x - p[1] : 0;
}

static double
g_soft_shrink(double x, const double *p)
{
	return g_shrink(x, (const double[2]){ p[0], p[0] });
}

static double
g_swish(double x, const double *p)
{
	return x / (1 + exp(-p[0] * x));
}

static double
g_clamped(double x, const double *p)
{
	return fmin(x >= 0 ? x : x * p[0], p[1]);
}

/* Of one operand and numbers; what these are where they are left out and the signature does
 * not say. */
static const struct scalar_ruled ruled[] = {
	{ "round", "aom", g_round, { { "decimals", 0 } } },
	{ "isinf", "aom", g_is_inf, { { "detect_negative", 1 }, { "detect_positive", 1 } } },
	{ "clip clamp", "ao", g_clip, { { "min", -INFINITY }, { "max", INFINITY } } },
	{ "clip", "m", g_clip, { { "alpha", -INFINITY }, { "beta", INFINITY } } },
	{ "hardtanh", "a", g_clip, { { "min_val", -1 }, { "max_val", 1 } } },
	{ "leakyrelu", "aom", g_leaky, { { "negative_slope alpha", 0.01 } } },
	{ "selu", "a", g_elu, { { "-", 1.6732632423543772848 }, { "-", 1.0507009873554804934 },
	    { "-", 1 } } },
	{ "elu", "a", g_elu, { { "alpha", 1 }, { "scale", 1 }, { "input_scale", 1 } } },
	{ "elu", "om", g_elu, { { "alpha", 1 }, { "-", 1 }, { "-", 1 } } },
	{ "selu", "o", g_elu, { { "alpha", 1.67326319217681884765625 },
	    { "gamma", 1.05070102214813232421875 }, { "-", 1 } } },
	{ "celu", "ao", g_celu, { { "alpha", 1 } } },
	{ "hardsigmoid", "a", g_hard, { { "-", 1. / 6 }, { "-", 0.5 } } },
	{ "hardsigmoid", "o", g_hard, { { "alpha", 0.2 }, { "beta", 0.5 } } },
	{ "sigmoidhard", "m", g_hard, { { "alpha", 0.2 }, { "beta", 0.5 } } },
	{ "softplus", "a", g_softplus, { { "beta", 1 }, { "threshold", 20 } } },
	{ "softplus", "om", g_softplus, { { "-", 1 }, { "-", 30 } } },
	{ "reciprocal", "ao", g_inverse, { { "-", 0 } } },
	{ "inverse", "m", g_inverse, { { "epsilon", 1e-4 } } },
	{ "rsqrt", "aom", g_rsqrt, { { "epsilon", 0 } } },
	{ "log", "aom", g_log, { { "epsilon", 0 } } },
	{ "threshold", "a", g_threshold, { { "threshold", 0 }, { "value", 0 } } },
	{ "threshold", "m", g_largest, { { "alpha", 0 } } },
	{ "thresholdedrelu", "om", g_threshold, { { "alpha", 1 }, { "-", 0 } } },
	{ "scaledtanh", "m", g_scaled_tanh, { { "alpha", 1 }, { "beta", 1 } } },
	{ "linearactivation", "m", g_linear, { { "alpha", 1 }, { "beta", 0 } } },
	{ "hardshrink", "a", g_hard_shrink, { { "lambd", 0.5 } } },
	{ "softshrink", "a", g_soft_shrink, { { "lambd", 0.5 } } },
	{ "shrink", "o", g_shrink, { { "lambd", 0.5 }, { "bias", 0 } } },
	{ "swish", "o", g_swish, { { "alpha", 1 } } },
	{ "clampedrelu", "m", g_clamped, { { "alpha", 0 }, { "beta", 6 } } }
};

double
scalar_add(double x, double y)
{
	return x + y;
}

double
scalar_sub(double x, double y)
{
	return x - y;
}

double
scalar_mul(double x, double y)
{
	return x * y;
}

double
scalar_div(double x, double y)
{
	return x / y;
}

double
scalar_div_floor(double x, double y)
{
	return floor(x / y);
}

double
scalar_div_trunc(double x, double y)
{
	return trunc(x / y);
}

double
scalar_mod_floor(double x, double y)
{
	return x - y * floor(x / y);
}

static double
h_max(double x, double y)
{
	return isnan(x) ? x : isnan(y) ? y : fmax(x, y);
}

static double
h_min(double x, double y)
{
	return isnan(x) ? x : isnan(y) ? y : fmin(x, y);
}

static double
h_gt(double x, double y)
{
	return x > y;
}

static double
h_lt(double x, double y)
{
	return x < y;
}

static double
h_ge(double x, double y)
{
	return x >= y;
}

static double
h_le(double x, double y)
{
	return x <= y;
}

static double
h_eq(double x, double y)
{
	return x == y;
}

static double
h_ne(double x, double y)
{
	return x != y;
}

static double
h_and(double x, double y)
{
	return x != 0 && y != 0;
}

static double
h_or(double x, double y)
{
	return x != 0 || y != 0;
}

static double
h_xor(double x, double y)
{
	return (x != 0) != (y != 0);
}

static double
h_bit_and(double x, double y)
{
	return (double)((int64_t)x & (int64_t)y);
}

static double
h_bit_or(double x, double y)
{
	return (double)((int64_t)x | (int64_t)y);
}

static double
h_bit_xor(double x, double y)
{
	return (double)((int64_t)x ^ (int64_t)y);
}

static double
h_log_add(double x, double y)
{
	double most = fmax(x, y);

	return isinf(most) ? most : most + log1p(exp(-fabs(x - y)));
}

static double
h_xlogy(double x, double y)
{
	return x == 0 && !isnan(y) ? 0 : x * log(y);
}

static const struct { const char *names, *dialects; scalar_two_fn *f; } two[] = {
	{ "add sum", "aom", scalar_add }, { "sub subtract", "aom", scalar_sub },
	{ "rsub", "a", scalar_sub },
	{ "mul multiply", "aom", scalar_mul },
	{ "div divide realdiv truedivide", "aom", scalar_div },
	{ "floordiv floordivide", "am", scalar_div_floor },
	{ "mod remainder", "am", scalar_mod_floor }, { "fmod", "a", fmod },
	{ "mod", "o", scalar_mod_floor },
	{ "pow", "aom", pow }, { "atan2 arctan2", "a", atan2 },
	{ "maximum max", "aom", h_max }, { "minimum min", "aom", h_min },
	{ "fmax", "a", fmax }, { "fmin", "a", fmin }, { "hypot", "a", hypot },
	{ "copysign", "a", copysign }, { "logaddexp", "a", h_log_add }, { "xlogy", "a", h_xlogy },
	{ "clampmin", "a", h_max }, { "clampmax", "a", h_min },
	{ "gt greater", "aom", h_gt }, { "lt less", "aom", h_lt },
	{ "ge greaterequal greaterorequal", "aom", h_ge },
	{ "le lessequal lessorequal", "aom", h_le }, { "eq equal", "aom", h_eq },
	{ "ne notequal", "aom", h_ne }, { "and logicaland", "om", h_and },
	{ "or logicalor", "om", h_or }, { "xor logicalxor", "om", h_xor },
	{ "logicaland", "a", h_and }, { "logicalor", "a", h_or }, { "logicalxor", "a", h_xor },
	{ "bitwiseand and", "ao", h_bit_and }, { "bitwiseor or", "ao", h_bit_or },
	{ "bitwisexor xor", "ao", h_bit_xor }
};

scalar_fn *
scalar_plain(const char *name)
{
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (setting_is_one_of(plain[i].names, name, strlen(name)))
			return plain[i].f;
	return NULL;
}

const struct scalar_ruled *
scalar_ruled(const char *name, const char *dialect)
{
	for (size_t i = 0; i < sizeof ruled / sizeof *ruled; i++)
		if (setting_is_one_of(ruled[i].names, name, strlen(name)) &&
		    strstr(ruled[i].dialects, dialect) != NULL)
			return &ruled[i];
	return NULL;
}

scalar_two_fn *
scalar_two(const char *name, const char *dialect)
{
	for (size_t i = 0; i < sizeof two / sizeof *two; i++)
		if (setting_is_one_of(two[i].names, name, strlen(name)) &&
		    strstr(two[i].dialects, dialect) != NULL)
			return two[i].f;
	return NULL;
}
