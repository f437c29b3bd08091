/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's losses: summed, averaged, or one by one. */
#include <string.h>

#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

static const char *
loss_operand(const struct node *n)
{
	static const char *const names[] = { "self", "input", "input1", "log_probs", "anchor" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (arg_has(n, names[i]))
			return names[i];
	return "self";
}

/* Losses of a row of scores each: as many as there are rows. */
static const struct type *
loss_rows(struct infer *f, const struct node *n, const struct type *x, enum dtype dt)
{
	const struct type *target = arg_type(f, n, "target");
	const struct dim *dims[RANK_MAX];
	uint32_t rank = 0;
	bool spread = named(n, "cross_entropy_loss");

	if (strncmp(n->type->s, "nll", 3) == 0 || (spread && is_tensor(target) &&
	    dtype_class(elem_dtype(target)) != DC_FLOAT))
		return is_tensor(target) ? with_dtype(f, target, dt) : tensor_no_rank(f, dt);
	if (!is_shaped(x))
		return tensor_no_rank(f, dt);
	for (uint32_t i = 0; i < x->rank; i++)
		if (i != (x->rank > 1 ? 1u : 0u))
			dims[rank++] = x->dims[i];
	return tensor_of(f, dt, dims, rank);
}

/* Distances of triplets and cosines: the last axis goes away. */
static const struct type *
loss_last(struct infer *f, const struct node *n, const struct type *const *t, uint32_t k,
	enum dtype dt)
{
	const struct type *all = calc_broadcast(f, n, t, k, dt);
	struct reduction r = { .axes = &(int64_t){ -1 }, .n = 1, .known = true };

	return is_shaped(all) && all->rank > 0 ? calc_reduce(f, n, all, &r, dt) : all;
}

/* What a loss is when nothing is summed. */
static const struct type *
loss_each(struct infer *f, const struct node *n, const struct type *x, enum dtype dt)
{
	const struct type *t[3] = { x, arg_type(f, n, "target"), NULL };

	if (strncmp(n->type->s, "nll", 3) == 0 || named(n, "cross_entropy_loss") ||
	    named(n, "multi_margin_loss") || named(n, "multilabel_margin_loss"))
		return loss_rows(f, n, x, dt);
	if (named(n, "triplet_margin_loss")) {
		t[1] = arg_type(f, n, "positive");
		t[2] = arg_type(f, n, "negative");
		return loss_last(f, n, t, 3, dt);
	}
	t[2] = arg_has(n, "input2") ? arg_type(f, n, "input2") : NULL;
	if (named(n, "cosine_embedding_loss")) {
		const struct type *xy[2] = { t[0], t[2] };

		return loss_last(f, n, xy, 2, dt);
	}
	if (strstr(n->type->s, "ctc_loss") != NULL)
		return is_shaped(x) && x->rank == 3 ? tensor_of(f, dt, &x->dims[1], 1) :
		    tensor_no_rank(f, dt);
	return calc_broadcast(f, n, t, t[2] != NULL ? 3 : 2, dt);
}

static enum dtype
loss_dtype(struct infer *f, const struct node *n, const struct type *x)
{
	static const char *const others[] = { "input2", "target", "positive", "negative" };
	struct fact of[4] = { { x, NULL } };
	bool mixed = named(n, "margin_ranking_loss") || named(n, "triplet_margin_loss") ||
	    named(n, "cosine_embedding_loss") || named(n, "hinge_embedding_loss") ||
	    named(n, "poisson_nll_loss") || named(n, "mse_loss") || named(n, "l1_loss") ||
	    named(n, "kl_div") || named(n, "smooth_l1_loss") || named(n, "huber_loss") ||
	    named(n, "soft_margin_loss");
	uint32_t k = 1;
	enum dtype dt;

	for (size_t i = 0; mixed && i < sizeof others / sizeof *others && k < 4; i++)
		if (arg_has(n, others[i]))
			of[k++].type = arg_type(f, n, others[i]);
	dt = mixed ? promote(of, k) : elem_dtype(x);
	if (named(n, "l1_loss") || named(n, "triplet_margin_loss"))
		dt = dt == DT_C64 ? DT_F32 : dt == DT_C128 ? DT_F64 : dt;
	/* a margin is a float */
	return strstr(n->type->s, "margin") != NULL || strstr(n->type->s, "embedding") != NULL ||
	    named(n, "poisson_nll_loss") ? float_of(dt) : dt;
}

void
aten_loss(struct infer *f, const struct node *n)
{
	const struct type *x = arg_type(f, n, loss_operand(n));
	enum dtype dt = loss_dtype(f, n, x);
	int64_t how = 1;

	if (!arg_has(n, "reduction"))
		how = 0;
	/* a mean is of floats */
	if (!arg_number(f, n, "reduction", &how))
		set_output(f, n, 0, tensor_no_rank(f, dt), NULL);
	else if (how != 0)
		set_output(f, n, 0, tensor_of(f, how == 1 ? float_of(dt) : dt, NULL, 0), NULL);
	else
		set_output(f, n, 0, loss_each(f, n, x, dt), NULL);
}
