/* SPDX-License-Identifier: Apache-2.0 */
/* Normalisations. */
#include <math.h>
#include <string.h>

#include "exec/kernel.h"
#include "base/str.h"

/* The number for channel or place i, or what stands for it when there is none. */
static double
at(const struct array *a, uint64_t i, double other)
{
	return a == NULL ? other : a->v[a->n > 1 ? i : 0];
}

static const char scales[] = "weight gamma scale Scale", shifts[] = "bias beta B";

static void
batch_norm(struct exec *e)
{
	const struct array *x = exec_main(e), *mean, *var, *gamma, *beta;
	struct array *to = exec_like(e, x);
	double eps = exec_number(e, "eps epsilon", 1e-5);
	struct lines l;

	mean = exec_need(e, "running_mean mean input_mean");
	var = exec_need(e, "running_var variance var input_var");
	gamma = exec_arg(e, scales);
	beta = exec_arg(e, shifts);
	e->lost |= exec_number(e, "training training_mode train", 0) != 0 && x != NULL &&
	    strstr(e->n->type->s, "no_training") == NULL;
	if (e->lost || to == NULL || x->rank < 2)
		return;
	l = exec_lines(x, 1);
	e->lost |= mean->n != l.n || var->n != l.n || (gamma != NULL && gamma->n != l.n) ||
	    (beta != NULL && beta->n != l.n);
	for (uint64_t i = 0; i < x->n && !e->lost; i++) {
		uint64_t c = i / l.inner % l.n;

		to->v[i] = (x->v[i] - mean->v[c]) / sqrt(var->v[c] + eps) * at(gamma, c, 1) +
		    at(beta, c, 0);
	}
	exec_put(e, 0, to);
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
last_axes(struct exec *e, bool square)
{
	const struct array *x = exec_main(e), *gamma = exec_arg(e, scales), *beta;
	struct array *to = exec_like(e, x);
	double eps = exec_number(e, "eps epsilon", square ? 1.1920929e-7 : 1e-5);
	struct setting shape, axes;
	uint32_t first = 0;
	uint64_t n = 1;

	beta = exec_arg(e, shifts);
	if (e->lost || to == NULL)
		return;
	exec_numbers(e, "normalized_shape", &shape);
	exec_numbers(e, "axes axis", &axes);
	if (shape.n > 0)
		first = x->rank - shape.n;
	else if (e->in.model->dialect == DIALECT_ONNX)
		first = exec_axis(e, "axis", -1, x->rank);
	else
		first = x->rank - axes.n;
	for (uint32_t i = 0; i < axes.n && e->in.model->dialect == DIALECT_MIL; i++) {
		double axis = axes.v[i] + (axes.v[i] < 0 ? x->rank : 0);

		e->lost |= axis < first;
	}
	e->lost |= first >= x->rank;
	for (uint32_t i = first; i < x->rank && !e->lost; i++)
		n *= (uint64_t)x->dims[i];
	e->lost |= (gamma != NULL && gamma->n != n && gamma->n != 1) ||
	    (beta != NULL && beta->n != n && beta->n != 1);
	for (uint64_t i = 0; i < x->n && !e->lost; i += n)
		normalise(x->v + i, to->v + i, n, eps, square);
	for (uint64_t i = 0; i < x->n && !e->lost; i++)
		to->v[i] = to->v[i] * at(gamma, i % n, 1) + at(beta, i % n, 0);
	exec_put(e, 0, to);
}

static void
layer_norm(struct exec *e)
{
	last_axes(e, false);
}

static void
rms_norm(struct exec *e)
{
	last_axes(e, true);
}

/* Channels in groups, each of all that is behind them; 0: each channel alone. */
static void
in_groups(struct exec *e, double groups)
{
	const struct array *x = exec_main(e), *gamma = exec_arg(e, scales), *beta;
	struct array *to = exec_like(e, x);
	double eps = exec_number(e, "eps epsilon", 1e-5);
	uint64_t n, each;
	struct lines l;

	beta = exec_arg(e, shifts);
	e->lost |= groups != 0 && !(groups >= 1 && groups <= UINT32_MAX);
	if (e->lost || to == NULL || x->rank < 2 || x->dims[1] < 1)
		return;
	l = exec_lines(x, 1);
	groups = groups > 0 ? groups : (double)l.n;
	e->lost |= x->n == 0 || groups > (double)l.n;
	if (e->lost)
		return;
	each = l.n / (uint64_t)groups;
	e->lost |= each * (uint64_t)groups != l.n;
	n = each * l.inner;
	for (uint64_t i = 0; i < x->n && !e->lost; i += n)
		normalise(x->v + i, to->v + i, n, eps, false);
	for (uint64_t i = 0; i < x->n && !e->lost; i++) {
		uint64_t c = i / l.inner % l.n, g = gamma != NULL && gamma->n == l.n ? c : c / each;

		e->lost |= (gamma != NULL && g >= gamma->n) || (beta != NULL && g >= beta->n);
		if (!e->lost)
			to->v[i] = to->v[i] * at(gamma, g, 1) + at(beta, g, 0);
	}
	exec_put(e, 0, to);
}

static void
group_norm(struct exec *e)
{
	in_groups(e, exec_number(e, "num_groups group", NAN));
}

static void
instance_norm(struct exec *e)
{
	e->lost |= exec_number(e, "use_input_stats", 1) == 0;
	in_groups(e, 0);
}

/* By the length of the last three axes. */
static void
l2_norm(struct exec *e)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_like(e, x);
	double eps = exec_number(e, "epsilon", 1e-6);
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
	exec_put(e, 0, to);
}

/* By the norm of each line. */
static void
lp_norm(struct exec *e)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_like(e, x);
	double p = exec_number(e, "p", 2);
	struct lines l;

	if (to == NULL || x->rank == 0)
		return;
	l = exec_lines(x, exec_axis(e, "axis", -1, x->rank));
	for (uint64_t o = 0; o < l.outer * l.inner && !e->lost; o++) {
		uint64_t from = o / l.inner * l.n * l.inner + o % l.inner;
		double sum = 0;

		for (uint64_t i = 0; i < l.n; i++)
			sum += pow(fabs(x->v[from + i * l.inner]), p);
		for (uint64_t i = 0; i < l.n; i++)
			to->v[from + i * l.inner] = sum == 0 ? 0 :
			    x->v[from + i * l.inner] / pow(sum, 1 / p);
	}
	exec_put(e, 0, to);
}

/* By the squares of the channels round each. */
static void
local_norm(struct exec *e)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_like(e, x);
	double size = exec_number(e, "size", NAN), alpha = exec_number(e, "alpha", 1e-4);
	double beta = exec_number(e, "beta", 0.75), k = exec_number(e, "k bias", 1);
	struct lines l;

	if (to == NULL || x->rank < 2 || !(size >= 1) ||
	    !exec_spend(e, (double)x->n * fmin(size, (double)x->dims[1])))
		return;
	l = exec_lines(x, 1);
	for (uint64_t i = 0; i < x->n && !e->lost; i++) {
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
	exec_put(e, 0, to);
}

kernel_fn *
kernel_norm(const struct exec *e)
{
	static const struct kernel_op ops[] = {
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

	return kernel_find(ops, sizeof ops / sizeof *ops, e);
}
