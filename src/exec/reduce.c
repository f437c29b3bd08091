/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions, running sums and softmax. */
#include <math.h>
#include <string.h>

#include "exec/kernel.h"
#include "base/str.h"
#include "ops/op.h"

/* Over all numbers of one result: what is summed, from where, and what becomes of n. */
enum how { SUM, MEAN, LARGEST, SMALLEST, PRODUCT, L1, L2, SQUARES, LOG_SUM, LOG_SUM_EXP, ANY,
	ALL, VARIANCE, DEVIATION, WHERE_LARGEST, WHERE_SMALLEST, NORM, HOWS };

static const struct { const char *names, *dialects; enum how how; } kinds[] = {
	{ "sum reducesum", "aom", SUM }, { "mean reducemean", "aom", MEAN },
	{ "amax max reducemax", "aom", LARGEST }, { "amin min reducemin", "aom", SMALLEST },
	{ "prod reduceprod", "aom", PRODUCT }, { "reducel1 reducel1norm", "om", L1 },
	{ "reducel2 reducel2norm", "om", L2 }, { "reducesumsquare", "om", SQUARES },
	{ "reducelogsum", "om", LOG_SUM }, { "logsumexp reducelogsumexp", "aom", LOG_SUM_EXP },
	{ "any", "a", ANY }, { "all", "a", ALL }, { "var", "a", VARIANCE },
	{ "std", "a", DEVIATION }, { "argmax reduceargmax", "aom", WHERE_LARGEST },
	{ "argmin reduceargmin", "aom", WHERE_SMALLEST }, { "frobeniusnorm", "a", L2 },
	{ "norm linalgvectornorm", "a", NORM }
};

static enum how
how_of(const struct exec *e)
{
	size_t len = strlen(e->name);

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (setting_is_one_of(kinds[i].names, e->name, len) &&
		    strstr(kinds[i].dialects, kernel_dialect(e->in.model->dialect)) != NULL)
			return kinds[i].how;
	return HOWS;
}

/* The numbers that one result is made of, one behind the other. */
static double
one_of(const double *x, uint64_t n, enum how how, double p)
{
	double sum = 0, most = -INFINITY, least = INFINITY, product = 1, one = 0, two = 0;
	double powers = 0, logs = 0, nonzero = 0, squares = 0;
	double nearest = INFINITY; /* to zero */
	uint64_t at = 0, low = 0;

	for (uint64_t i = 0; i < n; i++) {
		at = x[i] > most || (p != 0 && x[i] == most) ? i : at;
		low = x[i] < least || (p != 0 && x[i] == least) ? i : low;
		nearest = fmin(nearest, fabs(x[i]));
		most = fmax(most, x[i]);
		least = fmin(least, x[i]);
		sum += x[i];
		product *= x[i];
		one += fabs(x[i]);
		two += x[i] * x[i];
		nonzero += x[i] != 0;
	}
	for (uint64_t i = 0; i < n && (how == VARIANCE || how == DEVIATION); i++)
		squares += (x[i] - sum / (double)n) * (x[i] - sum / (double)n);
	for (uint64_t i = 0; i < n && how == LOG_SUM_EXP; i++)
		logs += exp(x[i] - most);
	for (uint64_t i = 0; i < n && how == NORM; i++)
		powers += pow(fabs(x[i]), p);
	switch (how) {
	case SUM: return sum;
	case MEAN: return sum / (double)n;
	case LARGEST: return most;
	case SMALLEST: return least;
	case PRODUCT: return product;
	case L1: return one;
	case L2: return sqrt(two);
	case SQUARES: return two;
	case LOG_SUM: return log(sum);
	case LOG_SUM_EXP: return most + log(logs);
	case ANY: return nonzero > 0;
	case ALL: return nonzero == (double)n;
	case VARIANCE: return squares / ((double)n - p);
	case DEVIATION: return sqrt(squares / ((double)n - p));
	case WHERE_LARGEST: return (double)at;
	case WHERE_SMALLEST: return (double)low;
	case NORM:
		if (isinf(p))
			return p > 0 ? fmax(most, -least) : nearest;
		return p == 0 ? nonzero : pow(powers, 1 / p);
	case HOWS: break;
	}
	return NAN;
}

/* Which axes are gone; of none all. */
static void
axes_of(struct exec *e, const struct array *x, bool gone[EXEC_RANK])
{
	struct setting axes;

	memset(gone, 0, EXEC_RANK * sizeof *gone);
	exec_numbers(e, "dim dims axis axes", &axes);
	for (uint32_t i = 0; i < axes.n; i++) {
		uint32_t axis = exec_axis_at(e, axes.v[i], x->rank);

		if (!e->lost)
			gone[axis] = true;
	}
	for (uint32_t i = 0; i < x->rank && axes.n == 0; i++)
		gone[i] = true;
}

/* What a variance takes from the number, which power a norm is of, or whether of equal numbers
 * the last is meant. */
static double
order_of(struct exec *e, enum how how)
{
	if (how == NORM)
		return exec_number(e, "ord p", 2);
	if (how == WHERE_LARGEST || how == WHERE_SMALLEST)
		return exec_number(e, "select_last_index", 0);
	if (how != VARIANCE && how != DEVIATION)
		return 0;
	return exec_number(e, "unbiased", 1) == 0 ? 0 : exec_number(e, "correction", 1);
}

/* The axes that go come last, as often as the others have places. */
struct gathered { double *v; uint64_t outer, n; int64_t dims[EXEC_RANK]; uint32_t rank; };

static bool
gather_axes(struct exec *e, const struct array *x, const bool gone[EXEC_RANK],
	struct gathered *g)
{
	struct array *a = exec_like(e, x);
	int64_t at[EXEC_RANK] = { 0 };

	g->outer = g->n = 1;
	g->rank = 0;
	for (uint32_t i = 0; i < x->rank; i++) {
		*(gone[i] ? &g->n : &g->outer) *= (uint64_t)x->dims[i];
		if (!gone[i])
			g->dims[g->rank++] = x->dims[i];
	}
	for (uint64_t i = 0; a != NULL && i < x->n; i++) {
		uint64_t kept = 0, along = 0;

		for (uint32_t d = 0; d < x->rank; d++)
			*(gone[d] ? &along : &kept) = *(gone[d] ? &along : &kept) *
			    (uint64_t)x->dims[d] + (uint64_t)at[d];
		a->v[kept * g->n + along] = x->v[i];
		for (uint32_t d = x->rank; d-- > 0 && ++at[d] == x->dims[d];)
			at[d] = 0;
	}
	g->v = a != NULL ? a->v : NULL;
	return a != NULL && g->n > 0;
}

static void
reduce(struct exec *e)
{
	const struct array *x = exec_main(e);
	enum how how = how_of(e);
	struct array *to, *places = NULL;
	bool gone[EXEC_RANK];
	struct gathered g;
	double p;

	if (x == NULL)
		return;
	axes_of(e, x, gone);
	/* of an index that names no axis ONNX takes the first, an ML Program the last */
	if ((how == WHERE_LARGEST || how == WHERE_SMALLEST) &&
	    e->in.model->dialect != DIALECT_ATEN && x->rank > 0) {
		memset(gone, 0, sizeof gone);
		gone[exec_axis(e, "axis", e->in.model->dialect == DIALECT_ONNX ?
		    0 : -1, x->rank)] = true;
	}
	e->lost |= exec_number(e, "noop_with_empty_axes", 0) != 0 || !exec_is_typed(e, 0);
	p = order_of(e, how);
	if (e->lost || !gather_axes(e, x, gone, &g))
		return;
	to = exec_make(e, g.rank, g.dims);
	if (e->n->nout > 1)
		places = exec_make(e, g.rank, g.dims);
	for (uint64_t i = 0; to != NULL && i < g.outer; i++) {
		to->v[i] = one_of(g.v + i * g.n, g.n, how, p);
		if (places != NULL)
			places->v[i] = one_of(g.v + i * g.n, g.n, how == LARGEST ?
			    WHERE_LARGEST : WHERE_SMALLEST, 0);
	}
	exec_put(e, 0, to);
	exec_put(e, 1, places);
}

/* Sums or products of all up to each; or before it, or from the other end. */
static void
running(struct exec *e)
{
	bool product = strcmp(e->name, "cumprod") == 0;
	bool without = exec_number(e, "exclusive", 0) != 0;
	bool back = exec_number(e, "reverse", 0) != 0;
	const struct array *x = exec_main(e);
	struct array *to = exec_like(e, x);
	struct lines l;

	if (to == NULL || x->rank == 0)
		return;
	l = exec_lines(x, exec_axis(e, "dim axis", 0, x->rank));
	for (uint64_t o = 0; o < l.outer * l.inner && !e->lost; o++) {
		double all = product ? 1 : 0;

		for (uint64_t i = 0; i < l.n; i++) {
			uint64_t at = (o / l.inner * l.n + (back ? l.n - 1 - i : i)) * l.inner +
			    o % l.inner;

			if (without)
				to->v[at] = all;
			all = product ? all * x->v[at] : all + x->v[at];
			if (!without)
				to->v[at] = all;
		}
	}
	exec_put(e, 0, to);
}

static void
softmax(struct exec *e)
{
	bool log_of = strncmp(e->name, "log", 3) == 0;
	bool least = strcmp(e->name, "softmin") == 0;
	bool flat = e->in.model->dialect == DIALECT_ONNX && e->n->op->since < 13;
	const struct array *x = exec_main(e);
	struct array *to = exec_like(e, x);
	struct lines l;
	uint32_t axis;

	if (to == NULL || x->rank == 0)
		return;
	axis = exec_axis(e, "dim axis", flat ? 1 : -1, x->rank);
	l = exec_lines(x, axis);
	if (flat) { /* all axes from it on are one */
		l.n *= l.inner;
		l.inner = 1;
	}
	for (uint64_t o = 0; o < l.outer * l.inner && !e->lost; o++) {
		uint64_t from = o / l.inner * l.n * l.inner + o % l.inner;
		double most = -INFINITY, sum = 0, sign = least ? -1 : 1;

		for (uint64_t i = 0; i < l.n; i++)
			most = fmax(most, sign * x->v[from + i * l.inner]);
		for (uint64_t i = 0; i < l.n; i++)
			sum += exp(sign * x->v[from + i * l.inner] - most);
		for (uint64_t i = 0; i < l.n; i++) {
			double d = sign * x->v[from + i * l.inner] - most;

			to->v[from + i * l.inner] = log_of ? d - log(sum) : exp(d) / sum;
		}
	}
	exec_put(e, 0, to);
}

kernel_fn *
kernel_reduce(const struct exec *e)
{
	static const struct kernel_op ops[] = {
		{ "cumsum", "aom", running }, { "cumprod", "ao", running },
		{ "softmax logsoftmax", "aom", softmax }, { "softmin", "a", softmax },
		{ "safesoftmax", "a", softmax }
	};
	kernel_fn *f = kernel_find(ops, sizeof ops / sizeof *ops, e);

	return f != NULL ? f : how_of(e) != HOWS && (e->n->op->sem == SEM_REDUCE ||
	    e->n->op->sem == SEM_ARG_REDUCE) ? reduce : NULL;
}
