/* SPDX-License-Identifier: Apache-2.0 */
/* Normalisations. */
#include <math.h>
#include <string.h>

#include "align/probe/probe.h"
#include "base/str.h"
#include "ops/op.h"

/* The number for channel or place i, or what stands for it when there is none. */
static double
at(const struct array *a, uint64_t i, double other)
{
	return a == NULL ? other : a->v[a->n > 1 ? i : 0];
}

static const char scales[] = "weight gamma scale Scale", shifts[] = "bias beta B";

static void
batch_norm(struct run *r)
{
	const struct array *x = probe_main(r), *mean, *var, *gamma, *beta;
	struct array *to = probe_like(r, x);
	double eps = probe_number(r, "eps epsilon", 1e-5);
	struct lines l;

	mean = probe_need(r, "running_mean mean input_mean");
	var = probe_need(r, "running_var variance var input_var");
	gamma = probe_arg(r, scales);
	beta = probe_arg(r, shifts);
	r->lost |= probe_number(r, "training training_mode train", 0) != 0 && x != NULL &&
	    strstr(r->n->type->s, "no_training") == NULL;
	if (r->lost || to == NULL || x->rank < 2)
		return;
	l = probe_lines(x, 1);
	r->lost |= mean->n != l.n || var->n != l.n || (gamma != NULL && gamma->n != l.n) ||
	    (beta != NULL && beta->n != l.n);
	for (uint64_t i = 0; i < x->n && !r->lost; i++) {
		uint64_t c = i / l.inner % l.n;

		to->v[i] = (x->v[i] - mean->v[c]) / sqrt(var->v[c] + eps) * at(gamma, c, 1) +
		    at(beta, c, 0);
	}
	probe_put(r, 0, to);
}

/* Each stretch of n numbers without its mean and by its deviation; or, square, by the root of
 * the mean of its squares alone. */
static void
normalise(const double *x, double *to, uint64_t n, double eps, bool square)
{
	double mean = 0, squares = 0;

	for (uint64_t i = 0; i < n && !square; i++)
		mean += x[i] / (double)n;
	for (uint64_t i = 0; i < n; i++)
		squares += (x[i] - mean) * (x[i] - mean);
	for (uint64_t i = 0; i < n; i++)
		to[i] = (x[i] - mean) / sqrt(squares / (double)n + eps);
}

/* Of all axes from one on; scale and shift have these axes. */
static void
last_axes(struct run *r, bool square)
{
	const struct array *x = probe_main(r), *gamma = probe_arg(r, scales), *beta;
	struct array *to = probe_like(r, x);
	double eps = probe_number(r, "eps epsilon", square ? 1.1920929e-7 : 1e-5);
	struct setting shape, axes;
	uint32_t first = 0;
	uint64_t n = 1;

	beta = probe_arg(r, shifts);
	if (r->lost || to == NULL)
		return;
	probe_numbers(r, "normalized_shape", &shape);
	probe_numbers(r, "axes axis", &axes);
	if (shape.n > 0)
		first = x->rank - shape.n;
	else if (r->side->given->model->dialect == DIALECT_ONNX)
		first = probe_axis(r, "axis", -1, x->rank);
	else
		first = x->rank - axes.n;
	for (uint32_t i = 0; i < axes.n && r->side->given->model->dialect == DIALECT_MIL; i++) {
		double axis = axes.v[i] + (axes.v[i] < 0 ? x->rank : 0);

		r->lost |= axis < first;
	}
	r->lost |= first >= x->rank;
	for (uint32_t i = first; i < x->rank && !r->lost; i++)
		n *= (uint64_t)x->dims[i];
	r->lost |= (gamma != NULL && gamma->n != n && gamma->n != 1) ||
	    (beta != NULL && beta->n != n && beta->n != 1);
	for (uint64_t i = 0; i < x->n && !r->lost; i += n)
		normalise(x->v + i, to->v + i, n, eps, square);
	for (uint64_t i = 0; i < x->n && !r->lost; i++)
		to->v[i] = to->v[i] * at(gamma, i % n, 1) + at(beta, i % n, 0);
	probe_put(r, 0, to);
}

static void
layer_norm(struct run *r)
{
	last_axes(r, false);
}

static void
rms_norm(struct run *r)
{
	last_axes(r, true);
}

/* Channels in groups, each of all that is behind them; 0: each channel alone. */
static void
in_groups(struct run *r, double groups)
{
	const struct array *x = probe_main(r), *gamma = probe_arg(r, scales), *beta;
	struct array *to = probe_like(r, x);
	double eps = probe_number(r, "eps epsilon", 1e-5);
	uint64_t n, each;
	struct lines l;

	beta = probe_arg(r, shifts);
	r->lost |= groups != 0 && !(groups >= 1 && groups <= UINT32_MAX);
	if (r->lost || to == NULL || x->rank < 2 || x->dims[1] < 1)
		return;
	l = probe_lines(x, 1);
	groups = groups > 0 ? groups : (double)l.n;
	r->lost |= x->n == 0 || groups > (double)l.n;
	if (r->lost)
		return;
	each = l.n / (uint64_t)groups;
	r->lost |= each * (uint64_t)groups != l.n;
	n = each * l.inner;
	for (uint64_t i = 0; i < x->n && !r->lost; i += n)
		normalise(x->v + i, to->v + i, n, eps, false);
	for (uint64_t i = 0; i < x->n && !r->lost; i++) {
		uint64_t c = i / l.inner % l.n, g = gamma != NULL && gamma->n == l.n ? c : c / each;

		r->lost |= (gamma != NULL && g >= gamma->n) || (beta != NULL && g >= beta->n);
		if (!r->lost)
			to->v[i] = to->v[i] * at(gamma, g, 1) + at(beta, g, 0);
	}
	probe_put(r, 0, to);
}

static void
group_norm(struct run *r)
{
	in_groups(r, probe_number(r, "num_groups group", NAN));
}

static void
instance_norm(struct run *r)
{
	r->lost |= probe_number(r, "use_input_stats", 1) == 0;
	in_groups(r, 0);
}

/* By the length of the last three axes. */
static void
l2_norm(struct run *r)
{
	const struct array *x = probe_main(r);
	struct array *to = probe_like(r, x);
	double eps = probe_number(r, "epsilon", 1e-6);
	uint64_t n = 1;

	for (uint32_t i = 0; to != NULL && i < 3 && i < x->rank; i++)
		n *= (uint64_t)x->dims[x->rank - 1 - i];
	for (uint64_t i = 0; to != NULL && i < x->n; i += n) {
		double squares = 0;

		for (uint64_t k = 0; k < n; k++)
			squares += x->v[i + k] * x->v[i + k];
		for (uint64_t k = 0; k < n; k++)
			to->v[i + k] = x->v[i + k] / sqrt(squares + eps);
	}
	probe_put(r, 0, to);
}

/* By the norm of each line. */
static void
lp_norm(struct run *r)
{
	const struct array *x = probe_main(r);
	struct array *to = probe_like(r, x);
	double p = probe_number(r, "p", 2);
	struct lines l;

	if (to == NULL || x->rank == 0)
		return;
	l = probe_lines(x, probe_axis(r, "axis", -1, x->rank));
	for (uint64_t o = 0; o < l.outer * l.inner && !r->lost; o++) {
		uint64_t from = o / l.inner * l.n * l.inner + o % l.inner;
		double sum = 0;

		for (uint64_t i = 0; i < l.n; i++)
			sum += pow(fabs(x->v[from + i * l.inner]), p);
		for (uint64_t i = 0; i < l.n; i++)
			to->v[from + i * l.inner] = sum == 0 ? 0 :
			    x->v[from + i * l.inner] / pow(sum, 1 / p);
	}
	probe_put(r, 0, to);
}

/* By the squares of the channels round each. */
static void
local_norm(struct run *r)
{
	const struct array *x = probe_main(r);
	struct array *to = probe_like(r, x);
	double size = probe_number(r, "size", NAN), alpha = probe_number(r, "alpha", 1e-4);
	double beta = probe_number(r, "beta", 0.75), k = probe_number(r, "k bias", 1);
	struct lines l;

	if (to == NULL || x->rank < 2 || !(size >= 1) ||
	    !probe_spend(r, (double)x->n * fmin(size, (double)x->dims[1])))
		return;
	l = probe_lines(x, 1);
	for (uint64_t i = 0; i < x->n && !r->lost; i++) {
		int64_t c = (int64_t)(i / l.inner % l.n);
		int64_t first = (int64_t)fmax(0, (double)c - floor((size - 1) / 2));
		int64_t last = (int64_t)fmin((double)l.n - 1, (double)c + floor(size / 2));
		double squares = 0;

		for (int64_t d = first; d <= last; d++) {
			double v = x->v[(int64_t)i + (d - c) * (int64_t)l.inner];

			squares += v * v;
		}
		to->v[i] = x->v[i] / pow(k + alpha / size * squares, beta);
	}
	probe_put(r, 0, to);
}

probe_fn *
probe_norm(const struct item *x)
{
	static const struct probe_op ops[] = {
		{ "batchnorm nativebatchnormlegitnotraining cudnnbatchnorm", "am", batch_norm },
		{ "batchnormalization", "o", batch_norm },
		{ "layernorm nativelayernorm", "am", layer_norm },
		{ "layernormalization", "o", layer_norm }, { "rmsnorm", "a", rms_norm },
		{ "rmsnormalization", "o", rms_norm }, { "groupnorm", "a", group_norm },
		{ "groupnormalization", "o", group_norm }, { "instancenorm", "am", instance_norm },
		{ "instancenormalization", "o", instance_norm }, { "l2norm", "m", l2_norm },
		{ "lpnormalization", "o", lp_norm }, { "localresponsenorm", "m", local_norm },
		{ "lrn", "o", local_norm }
	};

	return probe_find(ops, sizeof ops / sizeof *ops, x);
}
