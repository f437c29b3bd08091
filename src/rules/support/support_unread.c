/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments that converters take and never look at: the conversion goes on, and computes as
 * if they had another value. Keywords of exported programs above all, where TorchScript has
 * a place that is looked at. Source: the arguments of each registered operator's schemas in
 * torch 2.13 held against what its converter reads (ops.py). */
#include <math.h>
#include <string.h>

#include "rules/support/support_run.h"

enum { NONE = -1 }; /* no place: of TorchScript it is read, of exports it is a keyword */

/* What the converter computes as, where the argument is another: text when there is one,
 * else a number; NAN: as without it. */
static const struct unread {
	const char *op, *name;
	int ts, ep; /* places among the arguments */
	double number;
	const char *text, *advice;
} list[] = {
	{ "add", "alpha", NONE, NONE, 1, NULL, "write the product in the model: x + 2 * y" },
	{ "sub", "alpha", NONE, NONE, 1, NULL, "write the product in the model: x - 2 * y" },
	{ "rsub", "alpha", NONE, NONE, 1, NULL, "write the product in the model: y - 2 * x" },
	{ "elu", "scale", 2, 2, 1, NULL, "multiply the result in the model" },
	{ "elu", "input_scale", 3, 3, 1, NULL, "write it with torch.where and torch.exp" },
	{ "gelu", "approximate", NONE, NONE, NAN, "none",
	    "trace the model instead of torch.export, or write 0.5 * x * (1 + torch.tanh(...))" },
	{ "instance_norm", "use_input_stats", 5, 5, 1, NULL,
	    "without track_running_stats, or as batch_norm: that reads running statistics" },
	{ "dropout", "train", 2, 2, 0, NULL, support_training },
	{ "feature_dropout", "train", 2, 2, 0, NULL, support_training },
	{ "native_dropout", "train", 2, 2, 0, NULL, support_training },
	{ "searchsorted", "sorter", 5, NONE, NAN, NULL,
	    "sort the sequence first: torch.gather(sequence, -1, sorter)" },
};

static const char *
number_text(struct conv *c, const struct mv *v)
{
	double x;

	if (cv_word(v) != NULL)
		return arena_printf(c->a, "=%s", cv_word(v));
	return mv_number(v, &x) ? arena_printf(c->a, "=%g", x) : "";
}

static struct mv *
argument(struct conv *c, const char *name, int ts, int ep)
{
	int at = c->ts ? ts : ep;

	return at >= 0 ? cv_arg(c, (uint32_t)at) : c->ts ? NULL : cv_kw(c, name, NULL);
}

static void
say(struct conv *c, const char *advice, const char *what, const char *value, const char *computed)
{
	c->advice = advice;
	support_silent_node((struct run *)c, c->n, REASON_ARGUMENT, /* its first member */
	    "%s%s is not read: it is computed %s", what, value, computed);
}

static void
check_row(struct conv *c, const struct unread *u)
{
	struct mv *v = argument(c, u->name, u->ts, u->ep);
	const char *computed = "without it";

	if (mv_absent(v) || v->kind == MV_UNKNOWN)
		return;
	if (u->text != NULL && cv_word(v) != NULL && strcmp(cv_word(v), u->text) == 0)
		return;
	if (u->text == NULL && !isnan(u->number) && mv_is(v, u->number))
		return;
	if (u->text != NULL)
		computed = arena_printf(c->a, "as with %s", u->text);
	else if (!isnan(u->number))
		computed = arena_printf(c->a, "as with %g", u->number);
	say(c, u->advice, u->name, number_text(c, v), computed);
}

/* Variance and deviation: None is 1 to PyTorch and 0 to the converter. TorchScript has
 * correction where unbiased stands, and any number but 0 is true. */
static void
check_correction(struct conv *c)
{
	bool named = strstr(c->kind, "correction") != NULL;
	struct mv *v = named ? cv_kw(c, "correction", cv_arg(c, 2)) : cv_arg(c, 2);
	const char *advice = "give correction=1 as a number, or unbiased=True";
	double x;

	if (named ? mv_absent(v) : c->ts && c->nin == 4 && mv_absent(v)) {
		c->advice = advice;
		support_silent_node((struct run *)c, c->n, REASON_ARGUMENT,
		    "no correction is given: PyTorch takes 1 then, the converter 0");
	} else if (!named && c->ts && c->nin == 4 && v->dtype != DT_BOOL && mv_number(v, &x) &&
		   (x < 0 || x > 0) && (x < 1 || x > 1)) {
		say(c, "multiply the variance by (n - 1) / (n - correction) in the model",
		    "correction", number_text(c, v), "as with 1");
	}
}

static enum dtype
asked_dtype(struct conv *c, int ts)
{
	int64_t number;

	return mv_int(argument(c, "dtype", ts, NONE), &number) ? dt_number(number) : DT_NONE;
}

/* What is added or multiplied is cast first, in PyTorch. */
static void
check_cast(struct conv *c, int ts)
{
	enum dtype asked = asked_dtype(c, ts), have = c->in[0]->dtype;

	if (have == DT_NONE || asked == DT_NONE || dt_float(asked) || !(dt_float(have) ||
	    (asked == DT_BOOL && have != DT_BOOL)))
		return;
	say(c, "cast first: x.to(torch.int32).sum()", "dtype=", dtype_name(asked),
	    arena_printf(c->a, "in %s", dtype_name(have)));
}

static void
check_mean(struct conv *c)
{
	const struct mv *x = c->in[0];

	if (!dt_int(x->dtype))
		return;
	c->advice = "cast first: x.to(torch.float32).mean()";
	support_silent_node((struct run *)c, c->n, REASON_ARGUMENT,
	    "dtype is not read: the mean of whole numbers (%s) is a whole number",
	    dtype_name(x->dtype));
}

static bool
is_whole(double x)
{
	return x == floor(x); /* exact on purpose */
}

/* A tensor of whole numbers whose value is none. */
static void
check_fill(struct conv *c, uint32_t value, int ts)
{
	enum dtype t = asked_dtype(c, ts);
	double x;

	t = t == DT_NONE ? c->in[0]->dtype : t;
	if (value < c->nin && dt_int(t) && mv_number(c->in[value], &x) && !is_whole(x))
		say(c, "give the number that it becomes", "dtype=", dtype_name(t),
		    arena_printf(c->a, "with %g", x));
}

static void
check_linspace(struct conv *c)
{
	double from, to, n;

	if (!dt_int(asked_dtype(c, 3)) || !mv_number(c->in[0], &from) ||
	    !mv_number(c->in[1], &to) || !mv_number(c->in[2], &n) || n < 2 ||
	    is_whole((to - from) / (n - 1)))
		return;
	say(c, "round in the model: torch.linspace(...).to(torch.int32)", "dtype", "",
	    "with fractions");
}

/* Above the threshold PyTorch takes the identity: felt where that is low. */
static void
check_softplus(struct conv *c)
{
	enum { FELT = 7 }; /* log(1 + exp(-7)) is a thousandth */
	struct mv *v = cv_arg(c, 2);
	double x;

	if (mv_number(v, &x) && x < FELT)
		say(c, "write torch.where(x * beta > threshold, x, softplus(x))", "threshold",
		    number_text(c, v), "as with 20");
}

/* Core ML has no int64: numbers beyond 32 bits become the largest or smallest. */
static void
check_width(struct conv *c)
{
	static const char *const kinds[] = { "add", "sub", "rsub", "mul", "remainder",
	    "floor_divide", "bitwise_and", "bitwise_or", "bitwise_xor" };
	size_t n = strcspn(c->kind, "."), k = 0;
	int64_t x;

	while (k < sizeof kinds / sizeof *kinds && (strlen(kinds[k]) != n ||
	    memcmp(kinds[k], c->kind, n) != 0))
		k++;
	if (k == sizeof kinds / sizeof *kinds || c->nin < 2 || !dt_int(c->in[0]->dtype) ||
	    !mv_int(c->in[1], &x) || (x >= INT32_MIN && x <= INT32_MAX))
		return;
	c->advice = "keep to 32 bits, or do this outside of the model";
	support_silent_node((struct run *)c, c->n, REASON_ARGUMENT, "%.3g does not fit the 32 "
	    "bits that whole numbers have in Core ML: it becomes %d", (double)x, /* as kept */
	    x < 0 ? INT32_MIN : INT32_MAX);
}

void
support_unread(struct run *r)
{
	struct conv *c = &r->c;
	const char *kind = c->kind;

	if (r->complete || c->nin == 0 || c->in[0] == NULL)
		return;
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (strcmp(list[i].op, kind) == 0)
			check_row(c, &list[i]);
	check_width(c);
	if (strncmp(kind, "std", 3) == 0 || strncmp(kind, "var", 3) == 0)
		check_correction(c);
	else if (strcmp(kind, "mean") == 0 || strcmp(kind, "mean.dim") == 0)
		check_mean(c);
	else if (strcmp(kind, "sum") == 0 || strcmp(kind, "sum.dim_intlist") == 0)
		check_cast(c, 3);
	else if (strcmp(kind, "cumprod") == 0)
		check_cast(c, 2);
	else if (strcmp(kind, "full_like") == 0)
		check_fill(c, 1, 2);
	else if (strcmp(kind, "new_full") == 0)
		check_fill(c, 2, 3);
	else if (strcmp(kind, "linspace") == 0 && c->nin > 2)
		check_linspace(c);
	else if (strcmp(kind, "softplus") == 0)
		check_softplus(c);
}
