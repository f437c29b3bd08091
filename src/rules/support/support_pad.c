/* SPDX-License-Identifier: Apache-2.0 */
/* Converters of operators that pad, turn and mask. */
#include <math.h>
#include <string.h>

#include "rules/support/support_ops.h"

void
sup_flip(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);

	CHECK(c, "reverse", { "x", x }, { "axes", cv_arg(c, 1) });
	cv_out(c, mb_like(c, x, x->dtype));
}

void
sup_roll(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *shift = cv_var(c, c->in[1]);
	struct mv *dims = cv_var(c, c->in[2]);

	if (shift->rank == 0 || dims->rank == 0)
		cv_fail(c, REASON_ARGUMENT, "shifts and dims must be lists");
	mb_shape(c, x);
	CHECK(c, "gather", { "x", x });
	cv_out(c, mb_like(c, x, x->dtype));
}

void
sup_pixel(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *r;
	bool up = strcmp(c->kind, "pixel_shuffle") == 0;
	int64_t f = cv_int(c, cv_var(c, c->in[1]), 1);

	CHECK(c, c->kind, { "x", x });
	r = mb_like(c, x, x->dtype);
	if (x->rank >= 0 && x->rank != 4)
		cv_fail(c, REASON_RANK, "a tensor of rank %d; four dims are taken", x->rank);
	if (x->rank == 4 && f > 0)
		for (int i = 1; i < 4; i++)
			if (r->dims[i] > 0)
				r->dims[i] = (i == 1) == up ? r->dims[i] / (i == 1 ? f * f : f) :
				    r->dims[i] * (i == 1 ? f * f : f);
	cv_out(c, r);
}

static int64_t
padded(int64_t dim, double before, double after)
{
	return dim < 0 || isnan(before) || isnan(after) ? DIM_SYMBOLIC :
	    dim + (int64_t)before + (int64_t)after;
}

/* The pads of torch count from the last dim. */
static struct mv *
pad_out(struct conv *c, struct mv *x, struct mv *pad)
{
	struct mv *r = mb_like(c, x, x->dtype);

	for (uint32_t i = 0; pad->num != NULL && 2 * i + 1 < pad->nnum; i++)
		if (x->rank > (int)i)
			r->dims[x->rank - 1 - (int)i] = padded(r->dims[x->rank - 1 - (int)i],
			    pad->num[2 * i], pad->num[2 * i + 1]);
	return r;
}

static void
check_pads(struct conv *c, const struct mv *x, const struct mv *pad)
{
	for (uint32_t i = 0; pad->num != NULL && i < pad->nnum; i++)
		if (pad->num[i] < 0)
			cv_fail(c, REASON_ARGUMENT, "a pad of %d; pads may not be negative",
			    (int)pad->num[i]);
	if (x->rank >= 0 && pad->num != NULL && (int)pad->nnum / 2 > x->rank)
		cv_fail(c, REASON_ARGUMENT, "more pads than dims");
}

void
sup_pad(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *pad = c->in[1], *mode = NULL, *value, *v[2];
	bool plain = strcmp(c->kind, "pad") == 0;
	const char *word;

	if (plain)
		mode = cv_arg(c, 2);
	value = cv_arg(c, plain ? 3 : 2);
	mode = cv_kw(c, "mode", mode);
	value = cv_kw(c, "value", value);
	if (pad->kind == MV_LIST && (pad->nitem != 2 || (x->rank >= 0 && x->rank != 1)))
		cv_fail(c, REASON_DYNAMIC, "%u pads that are known at run time only; two of a "
		    "tensor of rank 1 are taken", pad->nitem);
	if (!mv_absent(mode) && mode->kind == MV_TEXT && c->ts)
		cv_fail_text(c, REASON_DTYPE, "the mode");
	word = mv_absent(mode) ? "constant" : cv_word(mode);
	if (word != NULL && strcmp(word, "constant") != 0 && strcmp(word, "reflect") != 0 &&
	    strcmp(word, "replicate") != 0) {
		c->advice = "write torch.cat((x[..., -p:], x, x[..., :p]), -1), for each axis";
		cv_fail(c, REASON_ARGUMENT, "mode=%s", word);
	}
	if (pad->kind == MV_TEXT && c->ts)
		cv_fail_text(c, REASON_INTERNAL, "the list of pads");
	v[0] = x;
	v[1] = mv_f(c, 0);
	if (!mv_absent(value)) {
		value = cv_var(c, value);
		if (value->kind == MV_TENSOR && !value->konst)
			cv_fail(c, REASON_CONST, "the value must be a constant");
	}
	if (pad->kind == MV_LIST)
		pad = mb_concat(c, pad->item, pad->nitem, mv_i(c, 0));
	if (dt_complex(x->dtype)) {
		cv_out(c, mv_tensor(c, DT_C64, x->rank, pad_out(c, x, pad)->dims));
		return;
	}
	mb_promote(c, v, 2);
	check_pads(c, x, pad);
	CHECK(c, "pad", { "x", v[0] }, { "constant_val", v[1] });
	cv_out(c, pad_out(c, v[0], pad));
}

/* reflection_pad and replication_pad. */
void
sup_pad_edges(struct conv *c)
{
	struct mv *x = cv_var(c, cv_arg(c, 0)), *pad = cv_var(c, cv_need(c, 1));

	if (pad->kind == MV_TENSOR && !pad->konst)
		cv_fail(c, REASON_CONST, "the pads must be constant");
	check_pads(c, x, pad);
	CHECK(c, "pad", { "x", x }, { "constant_val", mv_f(c, 0) });
	cv_out(c, pad_out(c, x, pad));
}

void
sup_diagonal(struct conv *c)
{
	/* arguments that come as values of the graph are never equal to a number */
	if (c->nin > 1 || c->nkw > 0)
		cv_fail(c, REASON_ARGUMENT, "offset, dim1 and dim2 may not be given");
	CHECK(c, "band_part", { "x", c->in[0] });
	cv_out(c, mb_like(c, c->in[0], c->in[0]->dtype));
}

/* triu and tril. */
void
sup_band(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *y = x;
	bool upper = strcmp(c->kind, "triu") == 0;
	int64_t d = mv_absent(cv_arg(c, 1)) ? 0 : cv_int(c, cv_arg(c, 1), 0);

	CHECK(c, "band_part", { "x", x });
	if (upper ? d > 0 : d < 0) {
		if (x->dtype == DT_BOOL)
			y = mb_cast(c, x, DT_I32);
		y = mb_binary(c, "sub", y, y);
		y = x->dtype == DT_BOOL ? mb_cast(c, y, DT_BOOL) : y;
	} else {
		y = mb_like(c, x, x->dtype);
	}
	cv_out(c, y);
}
