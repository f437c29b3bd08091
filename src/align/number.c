/* SPDX-License-Identifier: Apache-2.0 */
/* Between formats: do elementwise operations work with the same numbers? A difference is the
 * sum with what is negated, a quotient the product with the inverse, a square a power; and
 * what is chosen, compared or looked up by constants is so by the same ones. */
#include <math.h>
#include <string.h>

#include "align/setting.h"
#include "base/ctx.h"
#include "base/str.h"
#include "ir/tensor.h"

enum { NUMBERS = 4096, LARGEST = 1 << 24 };

/* f(x) = x + c, c - x, x * c, c / x, x ^ c; or of two results. */
struct form {
	enum form_kind { FORM_NONE, FORM_SUM, FORM_PRODUCT, FORM_POWER } kind;
	uint32_t results;        /* operands that are no constants */
	bool number, reversed;   /* there is one number, known; it comes first where that matters */
	double c;
};

/* Constant, or following from constants and sizes. */
static bool
is_fixed(const struct side *s, const struct value *v)
{
	uint32_t p = v != NULL && v->producer != NULL ? s->of[v->producer->id] : ALIGN_NONE;

	return v == NULL || wire_is_weight(v) || v->flags & VALUE_INITIALIZER ||
	    (p != ALIGN_NONE && s->items[p].fixed);
}

/* The one number that the constant is. */
static bool
number_of(struct aligner *al, const struct value *v, double *number)
{
	const struct tensor *t = wire_constant(v);
	unsigned bits = t != NULL ? dtype_bits(t->dtype) : 0;
	unsigned char buf[8];
	struct arena scratch;
	bool found;

	if (t == NULL || t->numel != 1 || bits % 8 != 0 || bits == 0 || bits > 64)
		return false;
	arena_init(&scratch, al->ctx);
	found = tensor_first(t, &scratch, buf, 1) == 1;
	if (found)
		*number = dtype_get(t->dtype, buf, 0);
	arena_free(&scratch);
	return found;
}

static bool
is_operand(const struct node *n, uint32_t i)
{
	return i >= n->nnamed || setting_is_one_of("x y self other exponent", n->in_name[i]->s,
	    n->in_name[i]->len);
}

/* The two operands in their order, and the number among them. */
static void
read_operands(struct aligner *al, const struct side *s, const struct item *x, struct form *f)
{
	uint32_t first = 0, seen;
	struct setting a = { .n = 0 };

	for (uint32_t i = 0; i < x->n->nnamed; i++)
		first = setting_is_one_of("x self", x->n->in_name[i]->s, x->n->in_name[i]->len) ?
		    i : first;
	seen = 0;
	for (uint32_t i = 0; i < x->n->nin && seen < 2; i++) {
		if (!is_operand(x->n, i))
			continue;
		seen++;
		if (!is_fixed(s, x->n->in[i])) {
			f->results++;
			continue;
		}
		f->number = number_of(al, x->n->in[i], &f->c);
		f->reversed = i == first;
	}
	/* of an exported program numbers are attributes */
	if (seen == 1 && f->results == 1 && x->dialect == DIALECT_ATEN)
		f->number = setting_of(&a, al, s, x->n, "other exponent") && a.n == 1;
	if (f->number && a.n == 1)
		f->c = a.v[0];
}

static struct form
form_of(struct aligner *al, const struct side *s, const struct item *x)
{
	struct form f = { .kind = FORM_NONE };
	double alpha;

	if (strcmp(x->n->type->s, "square") == 0)
		return (struct form){ FORM_POWER, 1, true, false, 2 };
	if (x->sem != SEM_ADD && x->sem != SEM_SUB && x->sem != SEM_MUL && x->sem != SEM_DIV &&
	    x->sem != SEM_POW)
		return f;
	read_operands(al, s, x, &f);
	f.kind = x->sem == SEM_POW ? FORM_POWER : x->sem == SEM_ADD || x->sem == SEM_SUB ?
	    FORM_SUM : FORM_PRODUCT;
	if (x->sem == SEM_ADD || x->sem == SEM_MUL)
		f.reversed = false;
	if (strcmp(x->n->type->s, "rsub") == 0)
		f.reversed = !f.reversed;
	if (f.kind == FORM_SUM && x->dialect == DIALECT_ATEN) {
		if (!setting_number(&alpha, al, s, x->n, "alpha", 1) || alpha != 1)
			f.number = false, f.results = 0;
	}
	if (x->sem == SEM_SUB && !f.reversed)
		f.c = -f.c;
	if (x->sem == SEM_DIV && !f.reversed)
		f.c = 1 / f.c;
	return f;
}

bool
number_of_step(struct aligner *al, const struct side *s, const struct item *x, bool sum,
	double *number)
{
	struct form f = form_of(al, s, x);

	*number = f.c;
	return f.kind == (sum ? FORM_SUM : FORM_PRODUCT) && f.number && !f.reversed &&
	    f.results == 1;
}

static bool
same_number(double x, double y)
{
	return f16_near(x, y) || f16_alike(x, y);
}

/* Sums, products and powers. */
static bool
forms_differ(struct aligner *al, const struct item *x, const struct item *y, const char **what)
{
	static const char *const names[] = { "", "addend", "factor", "exponent" };
	struct form a = form_of(al, &al->side[0], x), b = form_of(al, &al->side[1], y);

	if (a.kind == FORM_NONE || b.kind == FORM_NONE || a.results == 0 ||
	    a.results != b.results)
		return false;
	if (a.results == 2) /* of two results a sum is no difference */
		return a.kind != b.kind || (x->sem != y->sem && x->sem != SEM_NONE);
	if (a.kind == FORM_POWER && b.kind == FORM_PRODUCT)
		return false; /* x * x has two, and an inverse is both */
	if (!a.number || !b.number)
		return false;
	if (a.kind != b.kind || a.reversed != b.reversed) {
		setting_say_words(al, what, "with a number", a.reversed ? "number first" :
		    names[a.kind], b.reversed ? "number first" : names[b.kind]);
		return true;
	}
	return !same_number(a.c, b.c) && setting_say_numbers(al, what, names[a.kind], a.c, b.c);
}

/* The only number among the operands of x, of floats; false: there is none, or several. */
static bool
only_number(struct aligner *al, const struct side *s, const struct item *x, double *number)
{
	struct setting a;
	uint32_t n = 0;

	for (uint32_t i = 0; i < x->n->nin; i++) {
		const struct type *t = x->n->in[i] != NULL && is_fixed(s, x->n->in[i]) ?
		    item_type(s, x->n->in[i]) : NULL;

		if (t == NULL || dtype_class(t->dtype) == DC_BOOL ||
		    dtype_class(t->dtype) == DC_STRING)
			continue;
		if (!number_of(al, x->n->in[i], number))
			return false;
		n++;
	}
	if (n == 0 && x->dialect == DIALECT_ATEN)
		n = setting_of(&a, al, s, x->n, "other value") && a.n == 1 &&
		    (*number = a.v[0], true);
	return n == 1;
}

/* Integers that something is looked up by, of which both sides have as many. */
static const struct tensor *
indices_of(const struct item *x)
{
	const struct tensor *found = NULL;

	for (uint32_t i = 0; i < x->n->nin; i++) {
		const struct tensor *t = wire_constant(x->n->in[i]);

		if (t == NULL || t->numel < 2 || t->numel > NUMBERS || t->items != NULL ||
		    (dtype_class(t->dtype) != DC_INT && dtype_class(t->dtype) != DC_UINT) ||
		    dtype_bits(t->dtype) % 8 != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = t;
	}
	return found;
}

static bool
indices_differ(struct aligner *al, const struct item *x, const struct item *y)
{
	const struct tensor *t = indices_of(x), *u = indices_of(y);
	struct arena scratch;
	unsigned char *p, *q;
	bool differ = false;

	if (t == NULL || u == NULL || t->numel != u->numel)
		return false;
	arena_init(&scratch, al->ctx);
	p = arena_array(&scratch, t->numel, 8);
	q = arena_array(&scratch, t->numel, 8);
	if (tensor_first(t, &scratch, p, t->numel) == t->numel &&
	    tensor_first(u, &scratch, q, u->numel) == u->numel)
		for (uint64_t i = 0; i < t->numel; i++) {
			double a = dtype_get(t->dtype, p, i), b = dtype_get(u->dtype, q, i);

			/* negative ones count from the end */
			differ = differ || (a != b && (a < 0) == (b < 0));
		}
	arena_free(&scratch);
	return differ;
}

/* A choice between a result and infinity by constants is made a sum with that, or 0; select is
 * of side k. */
static bool
fills_differ(struct aligner *al, unsigned k, const struct item *select, const struct item *sum)
{
	struct tensor_stats st;
	const struct tensor *t = NULL;
	double fill;

	for (uint32_t i = 0; i < sum->n->nin && t == NULL; i++)
		t = wire_constant(sum->n->in[i]);
	if (t == NULL || !only_number(al, &al->side[k], select, &fill))
		return true;
	if (t->numel > LARGEST) {
		al->rough = true;
		return false;
	}
	tensor_stats(t, al->ctx, false, &st);
	return fabs(fill) < F16_HUGE || (st.complete && (st.nan > 0 || st.inf == 0 ||
	    st.min != 0 || st.max != 0 || st.minus_inf != (fill < 0 ? st.inf : 0)));
}

/* Between which bounds numbers are kept; infinite ones are none. false: not known. */
static bool
bounds_of(struct aligner *al, const struct side *s, const struct item *x, double to[2])
{
	static const char *const names[2] = {
		"min min_val minimum alpha", "max max_val maximum beta"
	};
	const char *op = x->n->type->s;
	double slope;

	to[0] = 0;
	to[1] = x->sem == SEM_RELU ? INFINITY : 6;
	if (x->sem == SEM_RELU || strstr(op, "relu6") != NULL)
		return true;
	if (x->sem != SEM_CLIP || x->dialect == DIALECT_NN)
		return false;
	if (strcmp(op, "clamped_relu") == 0)
		return setting_number(&slope, al, s, x->n, "alpha", NAN) && slope == 0 &&
		    setting_number(&to[1], al, s, x->n, "beta", NAN);
	for (unsigned i = 0; i < 2; i++) {
		if (!setting_number(&to[i], al, s, x->n, names[i], i == 0 ? -INFINITY : INFINITY))
			return false;
		if (fabs(to[i]) > F16_HUGE)
			to[i] = copysign(INFINITY, to[i]);
	}
	return true;
}

static bool
bounds_differ(struct aligner *al, const struct item *x, const struct item *y, const char **what)
{
	double a[2], b[2];

	if (!bounds_of(al, &al->side[0], x, a) || !bounds_of(al, &al->side[1], y, b) ||
	    (same_number(a[0], b[0]) && same_number(a[1], b[1])))
		return false;
	setting_say(al, what, "bounds", 6, &(struct setting){ .v = { a[0], a[1] }, .n = 2 },
	    &(struct setting){ .v = { b[0], b[1] }, .n = 2 });
	return true;
}

bool
number_bounds_known(struct aligner *al, const struct item *x, const struct item *y)
{
	double to[2];

	return bounds_of(al, &al->side[0], x, to) && bounds_of(al, &al->side[1], y, to);
}

bool
number_differs(struct aligner *al, const struct item *x, const struct item *y,
	const char **what)
{
	static const enum sem sems[] = { SEM_COMPARE, SEM_MIN, SEM_MAX, SEM_MOD, SEM_SELECT };
	double a, b;

	if (x->sem == SEM_GATHER && y->sem == SEM_GATHER) {
		if (indices_differ(al, x, y)) {
			setting_say_words(al, what, "indices", "some", "others");
			return true;
		}
		if (setting_number(&a, al, &al->side[0], x->n, "indices index", NAN) &&
		    setting_number(&b, al, &al->side[1], y->n, "indices index", NAN) &&
		    a != b && (a < 0) == (b < 0) && !isnan(a) && !isnan(b))
			return setting_say_numbers(al, what, "index", a, b);
	}
	if (bounds_differ(al, x, y, what))
		return true;
	for (size_t i = 0; i < sizeof sems / sizeof *sems; i++)
		if (x->sem == sems[i] && y->sem == sems[i] &&
		    only_number(al, &al->side[0], x, &a) &&
		    only_number(al, &al->side[1], y, &b) && !same_number(a, b))
			return setting_say_numbers(al, what, "number", a, b);
	if ((x->sem == SEM_SELECT && y->sem == SEM_ADD && fills_differ(al, 0, x, y)) ||
	    (x->sem == SEM_ADD && y->sem == SEM_SELECT && fills_differ(al, 1, y, x))) {
		setting_say_words(al, what, "filled with", "one number", "another");
		return true;
	}
	return forms_differ(al, x, y, what);
}

/* The number that all elements of a constant are. */
static bool
uniform_of(struct aligner *al, const struct value *v, double *number)
{
	const struct tensor *t = wire_constant(v);
	struct tensor_stats st;

	if (t == NULL || t->numel > NUMBERS || dtype_class(t->dtype) != DC_FLOAT)
		return false;
	tensor_stats(t, al->ctx, false, &st);
	*number = st.min;
	return st.complete && st.min == st.max && st.nan == 0 && st.inf == 0;
}

/* A sum with zeros or a product with ones, of the operand's dims. */
static bool
is_neutral(struct aligner *al, const struct side *s, const struct item *x)
{
	double number = 0;
	uint32_t on = item_main(x);

	if (x->n->nin != 2 || on > 1 || (x->sem != SEM_ADD && x->sem != SEM_MUL))
		return false;
	return x->n->in[on] != NULL && x->n->in[1 - on] != NULL && x->type != NULL &&
	    item_type(s, x->n->in[on]) == x->type && uniform_of(al, x->n->in[1 - on], &number) &&
	    number == (x->sem == SEM_ADD ? 0 : 1);
}

bool
number_is_idle(struct aligner *al, const struct side *s, const struct item *x)
{
	struct form f = form_of(al, s, x);

	if (is_neutral(al, s, x))
		return true;
	return strstr(x->n->type->s, "floor") == NULL && f.number &&
	    f.results == 1 && !f.reversed && f.c == (f.kind == FORM_SUM ? 0 : 1);
}
