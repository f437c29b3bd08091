/* SPDX-License-Identifier: Apache-2.0 */
/* Between formats: which of the functions of its kind does a node compute? A kind is many
 * functions: the mean and the sum are both reductions, and sine and cosine trigonometric. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "align/setting.h"
#include "base/str.h"

/* What float16 makes of a scale. */
#define CLOSE 2e-3

/* Functions of one group that could be taken for one another, and operations that compute
 * them: in small letters, without what is no letter or digit. */
static const struct {
	const char *group, *function, *names;
} functions[] = {
	{ "reduction", "mean", "mean reducemean globalaveragepool avgpool avgpool1d avgpool2d "
	    "avgpool3d averagepool adaptiveavgpool1d adaptiveavgpool2d adaptiveavgpool3d" },
	{ "reduction", "max", "amax max reducemax globalmaxpool maxpool maxpool1d maxpool2d "
	    "maxpool3d adaptivemaxpool1d adaptivemaxpool2d adaptivemaxpool3d" },
	{ "reduction", "min", "amin min reducemin" },
	{ "reduction", "sum", "sum reducesum" },
	{ "reduction", "product", "prod reduceprod" },
	{ "reduction", "L1 norm", "reducel1 reducel1norm" },
	{ "reduction", "L2 norm", "reducel2 reducel2norm" },
	{ "reduction", "sum of squares", "reducesumsquare" },
	{ "reduction", "logsumexp", "logsumexp reducelogsumexp" },
	{ "division", "quotient", "realdiv truedivide" },
	{ "division", "floor", "floordiv floordivide" },
	{ "extreme", "largest", "argmax reduceargmax" },
	{ "extreme", "smallest", "argmin reduceargmin" },
	{ "running", "sum", "cumsum" },
	{ "running", "product", "cumprod" },
	{ "trigonometry", "sin", "sin" }, { "trigonometry", "cos", "cos" },
	{ "trigonometry", "tan", "tan" }, { "trigonometry", "asin", "asin arcsin" },
	{ "trigonometry", "acos", "acos arccos" }, { "trigonometry", "atan", "atan arctan" },
	{ "trigonometry", "sinh", "sinh" }, { "trigonometry", "cosh", "cosh" },
	{ "trigonometry", "asinh", "asinh arcsinh" }, { "trigonometry", "acosh", "acosh arccosh" },
	{ "trigonometry", "atanh", "atanh arctanh" },
	{ "comparison", "greater", "gt greater" },
	{ "comparison", "less", "lt less" },
	{ "comparison", "greater or equal", "ge greaterequal greaterorequal" },
	{ "comparison", "less or equal", "le lessequal lessorequal" },
	{ "comparison", "equal", "eq equal" },
	{ "comparison", "not equal", "ne notequal" },
	{ "logic", "and", "and logicaland bitwiseand" },
	{ "logic", "or", "or logicalor bitwiseor" },
	{ "logic", "xor", "xor logicalxor bitwisexor" },
	{ "logic", "not", "not logicalnot bitwisenot" },
	{ "rounding", "floor", "floor" }, { "rounding", "ceil", "ceil" },
	{ "rounding", "round", "round" },
	{ "root", "square root", "sqrt" }, { "root", "inverse root", "rsqrt" },
	{ "exponential", "exp", "exp" }, { "exponential", "exp2", "exp2" },
	{ "exponential", "expm1", "expm1" },
	{ "logarithm", "log2", "log2" },
	{ "logarithm", "log1p", "log1p" }, { "logarithm", "log10", "log10" },
	{ "test", "nan", "isnan" }, { "test", "inf", "isinf" },
	{ "padding", "constant", "constantpadnd" },
	{ "padding", "reflect", "reflectionpad1d reflectionpad2d reflectionpad3d" },
	{ "padding", "replicate", "replicationpad1d replicationpad2d replicationpad3d" },
	{ "sampling", "nearest", "upsamplenearest1d upsamplenearest2d upsamplenearest3d "
	    "upsamplenearestneighbor resizenearestneighbor" },
	{ "sampling", "linear", "upsamplelinear1d upsamplebilinear2d upsampletrilinear3d "
	    "upsamplebilinear resizebilinear" },
	{ "sampling", "cubic", "upsamplebicubic2d" },
	{ "sampling", "linear, antialiased", "upsamplebilinear2daa" },
	{ "sampling", "cubic, antialiased", "upsamplebicubic2daa" },
	{ "random", "normal", "randn randnlike randomnormal randomnormallike normal" },
	{ "random", "uniform", "rand randlike randomuniform randomuniformlike uniform" },
	{ "recurrence", "tanh", "rnntanh" }, { "recurrence", "relu", "rnnrelu" }
};

/* What one name stands for where the operation's parameter says the function. */
static const struct {
	enum sem sem;
	const char *group, *names;
	struct { const char *word, *function; } words[6];
} modes[] = {
	{ SEM_PAD, "padding", "mode", { { "constant", "constant" }, { "reflect", "reflect" },
	    { "edge", "replicate" }, { "replicate", "replicate" }, { "wrap", "wrap" },
	    { "circular", "wrap" } } },
	{ SEM_RESIZE, "sampling", "mode", { { "nearest", "nearest" }, { "linear", "linear" },
	    { "bilinear", "linear" }, { "trilinear", "linear" }, { "cubic", "cubic" },
	    { "bicubic", "cubic" } } },
	{ SEM_DIV, "division", "rounding_mode", { { "floor", "floor" },
	    { "trunc", "truncated" } } },
	{ SEM_RNN, "recurrence", "activation activations", { { "tanh", "tanh" },
	    { "relu", "relu" }, { "Tanh", "tanh" }, { "Relu", "relu" } } }
};

/* Kinds of several functions. */
static const enum sem kinds[] = { SEM_REDUCE, SEM_DIV, SEM_ARG_REDUCE, SEM_CUMULATIVE, SEM_TRIG,
	SEM_COMPARE, SEM_LOGIC, SEM_ROUND, SEM_SQRT, SEM_EXP, SEM_LOG, SEM_CLASSIFY, SEM_PAD,
	SEM_RESIZE, SEM_TRI, SEM_GLOBAL_POOL, SEM_RANDOM };

struct meaning { const char *group, *name; };

static size_t
plain(const struct node *n, char *buf, size_t room)
{
	size_t len = 0;

	for (uint32_t i = 0; i < n->type->len && len < room; i++)
		if (isalnum((unsigned char)n->type->s[i]))
			buf[len++] = (char)tolower((unsigned char)n->type->s[i]);
	return len;
}

/* Whole numbers are divided in other ways than the name says. */
static bool
is_quotient(struct aligner *al, const struct side *s, const struct item *x)
{
	const struct value *v = x->n->nout > 0 ? x->n->out[0] : NULL;
	const struct type *t = v != NULL ? item_type(s, v) : NULL;
	struct setting mode;

	return x->sem == SEM_DIV && t != NULL && dtype_class(t->dtype) == DC_FLOAT &&
	    !setting_of(&mode, al, s, x->n, "rounding_mode") && mode.absent;
}

/* Logarithms of other bases are the natural one, scaled; that of what is one more has it as what
 * is added. NULL: not known. */
static const char *
logarithm_of(struct aligner *al, const struct side *s, const struct item *x)
{
	static const struct { double base; const char *name; } bases[] = {
		{ 2, "log2" }, { 10, "log10" }
	};
	uint32_t r = item_reader(s, x);
	double more = 0, scale;

	if (x->dialect == DIALECT_MIL && !setting_number(&more, al, s, x->n, "epsilon", 0))
		return NULL;
	if (more == 1)
		return "log1p";
	if (r == ALIGN_NONE || !number_of_step(al, s, &s->items[r], false, &scale))
		return "log";
	for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
		if (fabs(scale * log(bases[i].base) - 1) < CLOSE)
			return bases[i].name;
	return "log";
}

/* Is one taken from the exponential? */
static bool
is_expm1(struct aligner *al, const struct side *s, const struct item *x)
{
	uint32_t r = item_reader(s, x);
	double more;

	return r != ALIGN_NONE && s->items[r].chief == x->chief &&
	    number_of_step(al, s, &s->items[r], true, &more) && more == -1;
}

/* Is the square root there to divide by it? */
static bool
is_inverted(const struct side *s, const struct item *x)
{
	uint32_t r = item_reader(s, x);
	const struct item *y = r != ALIGN_NONE ? &s->items[r] : NULL;

	return y != NULL && y->chief == x->chief && (y->sem == SEM_RECIPROCAL ||
	    (y->sem == SEM_DIV && item_source(s, y) != s->of[x->n->id]));
}

/* A quotient of floats that is rounded down behind it; or one of their sizes, which then gets
 * its sign back. */
static const char *
quotient_of(const struct side *s, const struct item *x)
{
	uint32_t r = item_reader(s, x);
	const struct item *y = r != ALIGN_NONE ? &s->items[r] : NULL;
	char name[8];

	if (y == NULL || y->chief != x->chief)
		return "quotient";
	if (y->sem == SEM_ABS)
		return "truncated";
	return y->sem == SEM_ROUND && plain(y->n, name, sizeof name) == 5 &&
	    memcmp(name, "floor", 5) == 0 ? "floor" : "quotient";
}

/* NULL where it is not known. */
static struct meaning
function_of(struct aligner *al, const struct side *s, const struct item *x)
{
	struct meaning f = { NULL, NULL };
	struct setting mode;
	char name[40];
	size_t len = plain(x->n, name, sizeof name);
	double diagonal;
	bool upper;

	if (x->sem == SEM_TRI && triangle_of(al, s, x, &upper, &diagonal))
		return (struct meaning){ "triangle", upper ? "upper" : "lower" };
	if (x->sem == SEM_LOG && len == 3)
		return (struct meaning){ "logarithm", logarithm_of(al, s, x) };
	if (x->sem == SEM_EXP && len == 3 && is_expm1(al, s, x))
		return (struct meaning){ "exponential", "expm1" };
	if (x->sem == SEM_SQRT && len == 4 && is_inverted(s, x))
		return (struct meaning){ "root", "inverse root" };

	for (size_t i = 0; i < sizeof functions / sizeof *functions && len > 0; i++)
		if (setting_is_one_of(functions[i].names, name, len))
			return (struct meaning){ functions[i].group, functions[i].function };
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		if (modes[i].sem != x->sem || !setting_of(&mode, al, s, x->n, modes[i].names))
			continue;
		for (size_t k = 0; k < 6 && modes[i].words[k].word != NULL; k++)
			if (strcmp(modes[i].words[k].word, mode.text) == 0)
				f = (struct meaning){ modes[i].group, modes[i].words[k].function };
	}
	if (f.name == NULL && is_quotient(al, s, x))
		f = (struct meaning){ "division", quotient_of(s, x) };
	return f;
}

/* Of a and b each is the other with its operands exchanged. */
static const char *
exchanged(const char *function)
{
	static const char *const pairs[][2] = { { "greater", "less" },
		{ "greater or equal", "less or equal" } };

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		for (int k = 0; k < 2; k++)
			if (strcmp(function, pairs[i][k]) == 0)
				return pairs[i][1 - k];
	return function;
}

bool
function_exchanged(struct aligner *al, const struct item *x, const struct item *y)
{
	struct meaning a = function_of(al, &al->side[0], x);
	struct meaning b = function_of(al, &al->side[1], y);

	return a.name != NULL && b.name != NULL && strcmp(a.group, b.group) == 0 &&
	    strcmp(a.name, b.name) != 0 && strcmp(exchanged(a.name), b.name) == 0;
}

bool
function_differs(struct aligner *al, const struct item *x, const struct item *y,
	const char **what)
{
	struct meaning a = function_of(al, &al->side[0], x);
	struct meaning b = function_of(al, &al->side[1], y);

	if (a.name == NULL || b.name == NULL || strcmp(a.group, b.group) != 0 ||
	    strcmp(a.name, b.name) == 0 || strcmp(exchanged(a.name), b.name) == 0)
		return false;
	setting_say_words(al, what, a.group, a.name, b.name);
	return true;
}

bool
function_known(struct aligner *al, const struct item *x, const struct item *y)
{
	struct meaning a = function_of(al, &al->side[0], x);
	struct meaning b = function_of(al, &al->side[1], y);
	char p[48], q[48];
	size_t n = plain(x->n, p, sizeof p);
	bool many = false;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		many = many || kinds[i] == x->sem;
	return !many || (a.name != NULL && b.name != NULL) ||
	    (n == plain(y->n, q, sizeof q) && memcmp(p, q, n) == 0);
}
