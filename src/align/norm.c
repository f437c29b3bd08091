/* SPDX-License-Identifier: Apache-2.0 */
/* Between formats: normalisations, each one node or written with means and roots. How many means
 * are taken tells over what, and what is added below the root is compared. */
#include <math.h>

#include "align/setting.h"
#include "ir/dim.h"

/* Of one side of a group; below 0: not known. */
struct norm {
	double means, epsilon;
	bool whole;              /* one node does it */
};

/* The product of dims [from, to), or -1. */
static double
product(const struct type *t, uint32_t from, uint32_t to)
{
	double n = 1;
	int64_t size;

	if (t == NULL || t->tag != TY_TENSOR || !t->has_rank || to > t->rank)
		return -1;
	for (uint32_t i = from; i < to; i++) {
		if (!dim_number(t->dims[i], &size))
			return -1;
		n *= (double)size;
	}
	return n;
}

/* Of a layer: what is normalised is given by how many axes, the first of them, or all. */
static double
means_of_layer(struct aligner *al, const struct side *s, const struct item *x,
	const struct type *t)
{
	struct setting a;
	double n = product(t, 0, t->rank), size;

	if (x->dialect == DIALECT_ATEN)
		return setting_of(&a, al, s, x->n, "normalized_shape") && a.n <= t->rank ?
		    product(t, 0, t->rank - a.n) : -1;
	if (!setting_of(&a, al, s, x->n, "axes axis") || n < 0)
		return -1;
	if (x->dialect == DIALECT_ONNX)
		return a.n == 1 ? product(t, 0, (uint32_t)(a.v[0] < 0 ? a.v[0] + t->rank :
		    a.v[0])) : -1;
	for (uint32_t i = 0; i < a.n; i++) {
		double at = a.v[i] < 0 ? a.v[i] + t->rank : a.v[i];

		size = at >= 0 && at < t->rank ? product(t, (uint32_t)at, (uint32_t)at + 1) : -1;
		if (size <= 0)
			return -1;
		n /= size;
	}
	return n;
}

static double
means_of(struct aligner *al, const struct side *s, const struct item *x)
{
	uint32_t on = item_main(x);
	const struct type *t = on != ALIGN_NONE && x->n->in[on] != NULL ?
	    item_type(s, x->n->in[on]) : NULL;
	double groups = -1;

	if (t == NULL || t->tag != TY_TENSOR || !t->has_rank || t->rank < 2)
		return -1;
	if (x->sem == SEM_INSTANCE_NORM)
		return product(t, 0, 2);
	if (x->sem == SEM_LAYER_NORM)
		return means_of_layer(al, s, x, t);
	if (x->sem == SEM_GROUP_NORM && setting_number(&groups, al, s, x->n, "num_groups", -1) &&
	    groups > 0 && product(t, 0, 1) > 0)
		return groups * product(t, 0, 1);
	return -1;
}

/* The one that is added to what a root is taken of. */
static double
added_below(struct aligner *al, const struct side *s, const struct item *x)
{
	uint32_t r = item_reader(s, x);
	double number;

	if (r == ALIGN_NONE || (s->items[r].sem != SEM_SQRT && s->items[r].sem != SEM_POW) ||
	    !number_of_step(al, s, x, true, &number))
		return -1;
	return number;
}

static void
look_at(struct aligner *al, const struct side *s, const struct item *x, struct norm *n)
{
	double number = -1;

	if (sem_family(x->sem) == FAM_NORM && x->sem != SEM_BATCH_NORM && x->sem != SEM_LP_NORM) {
		n->whole = true;
		n->means = means_of(al, s, x);
		if (setting_number(&number, al, s, x->n, "eps epsilon", -1))
			n->epsilon = number;
	} else if (x->sem == SEM_REDUCE && !n->whole && x->type != NULL) {
		n->means = product(x->type, 0, x->type->has_rank ? x->type->rank : 0);
	} else if (x->sem == SEM_ADD && !n->whole) {
		number = added_below(al, s, x);
		n->epsilon = number >= 0 ? number : n->epsilon;
	}
}

static bool
is_other(double a, double b)
{
	return a >= 0 && b >= 0 && !f16_near(a, b);
}

bool
norm_differs(struct aligner *al, const struct align_group *g, const char **what)
{
	struct norm n[2] = { { -1, -1, false }, { -1, -1, false } };
	bool differ = false;

	for (unsigned k = 0; k < 2; k++)
		for (uint32_t i = 0; i < (k == 0 ? g->na : g->nb); i++) {
			const struct item *x = side_item(&al->side[k], (k == 0 ? g->a : g->b)[i]);

			if (!x->twin && !(n[k].whole && sem_family(x->sem) == FAM_NORM))
				look_at(al, &al->side[k], x, &n[k]);
		}
	if (!n[0].whole && !n[1].whole)
		return false;
	if (n[0].means >= 1 && n[1].means >= 1 && is_other(n[0].means, n[1].means))
		differ = setting_say_numbers(al, what, "means taken", n[0].means, n[1].means);
	/* where both are one node parameters are compared */
	if (n[0].whole != n[1].whole && is_other(n[0].epsilon, n[1].epsilon))
		differ = setting_say_numbers(al, what, "epsilon", n[0].epsilon, n[1].epsilon);
	return differ;
}
