/* SPDX-License-Identifier: Apache-2.0 */
/* Converters of what fits nowhere else: lists and tuples, resizing, recurrent
 * layers, complex numbers, quantised operators. */
#include <math.h>
#include <string.h>

#include "rules/support/support_ops.h"
#include "rules/support/support_run.h"

/* The first argument as it is. */
void
sup_noop(struct conv *c)
{
	if (strcmp(c->kind, "_assert_scalar") == 0 || strncmp(c->kind, "sym_constrain", 13) == 0)
		return;
	cv_out(c, cv_need(c, 0));
}

void
sup_native_dropout(struct conv *c)
{
	if (c->ts)
		cv_fail(c, REASON_ARGUMENT, "dropout of exported programs in TorchScript");
	cv_out(c, mv_list(c, (struct mv *[]){ c->in[0] }, 1));
}

/* copy of exported programs: the source, as large as the target. */
void
sup_copy(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *src = cv_var(c, c->in[1]), *r;
	int64_t dims[MV_DIMS];

	if (c->ts)
		cv_fail(c, REASON_INPLACE, "copy_ into a whole tensor");
	CHECK(c, "identity", { "x", src });
	r = mb_like(c, src, src->dtype);
	r->rank = mb_broadcast(c, x, src, dims);
	memcpy(r->dims, dims, sizeof dims);
	cv_out(c, r);
}

/* Lists and tuples of numbers are constants. */
void
sup_construct(struct conv *c)
{
	double *num = arena_array(c->a, c->nin + 1, sizeof *num);
	int64_t n = c->nin;
	enum dtype t = DT_NONE;
	uint32_t i;

	for (i = 0; i < c->nin; i++) {
		const struct mv *v = c->in[i];

		if (v->kind != MV_TENSOR || !v->konst || v->rank != 0 || v->dtype == DT_STR)
			break;
		num[i] = v->num != NULL ? v->num[0] : NAN;
		t = t == DT_NONE || dt_float(v->dtype) ? v->dtype : t;
	}
	if (i < c->nin || n > MV_NUMBERS) {
		cv_out(c, mv_list(c, c->in, c->nin));
		return;
	}
	cv_out(c, mv_const(c, n > 0 ? t : DT_F32, 1, &n, num));
	for (i = 0; i < c->nin; i++)
		if (isnan(num[i]) && !(c->in[i]->num != NULL && c->in[i]->konst))
			c->out[0]->num = NULL;
}

/* Items that are no values of the program become constants: texts as they are, inner
 * tuples as tables of objects, which nothing takes. */
static struct mv *
unpacked(struct conv *c, struct mv *item)
{
	if (item->kind == MV_NONE)
		cv_fail(c, REASON_CONTROL, "an empty value is unpacked");
	if (item->kind == MV_TEXT)
		return mv_s(c, item->text);
	if (item->kind != MV_LIST)
		return item;
	item = mv_copy(c, item);
	item->kind = MV_OBJECT;
	item->maker = "tuple";
	return item;
}

void
sup_unpack(struct conv *c)
{
	struct mv *v = c->in[0];
	int64_t n;

	if (v->kind == MV_UNKNOWN)
		return;
	if (v->kind == MV_LIST) {
		if (v->nitem != c->nout)
			cv_fail(c, REASON_CONTROL, "%u values are unpacked into %u", v->nitem,
			    c->nout);
		for (uint32_t i = 0; i < c->nout; i++)
			c->out[i] = unpacked(c, v->item[i]);
		c->bound = true;
		return;
	}
	v = cv_var(c, v);
	n = v->maker != NULL && strcmp(v->maker, "shape") == 0 ? c->nout
	    : v->konst && v->rank == 1                         ? v->dims[0]
	    : v->konst && v->rank >= 1                         ? v->dims[0]
							       : 1;
	if (n >= 0 && (uint32_t)n != c->nout)
		cv_fail(
		    c, REASON_CONTROL, "%lld values are unpacked into %u", (long long)n, c->nout);
	for (uint32_t i = 0; i < c->nout; i++)
		c->out[i] = v->rank == 1 && (v->num != NULL || v->maker != NULL) && c->nout > 0 &&
		    (v->konst || strcmp(v->maker, "shape") == 0) ? mb_item(c, v, i) : v;
	c->bound = true;
}

void
sup_getitem(struct conv *c)
{
	struct mv *v = c->in[0], *at = cv_var(c, c->in[1]);
	int64_t i;

	if (at->kind == MV_TENSOR && !at->konst)
		cv_fail(c, REASON_CONTROL, "an index that is known at run time only");
	if (v->kind == MV_UNKNOWN || !mv_int(at, &i)) {
		cv_out(c, mv_new(c, MV_UNKNOWN));
		return;
	}
	if (v->kind != MV_LIST) {
		if (i != 0 || v->kind != MV_TENSOR)
			cv_fail(c, REASON_ARGUMENT, "an item of what is no list");
		cv_out(c, v);
		return;
	}
	i += i < 0 ? v->nitem : 0;
	if (i < 0 || i >= v->nitem)
		cv_fail(c, c->ts ? REASON_CONTROL : REASON_MISSING, "item %lld of %u", (long long)i,
		    v->nitem);
	if (mv_absent(v->item[i]))
		cv_fail(
		    c, REASON_MISSING, "output %lld is not made by the converter", (long long)i);
	cv_out(c, v->item[i]);
}

void
sup_tupleindex(struct conv *c)
{
	sup_getitem(c);
}

void
sup_append(struct conv *c)
{
	struct mv *list = c->in[0], **items;

	if (list->kind == MV_UNKNOWN)
		return;
	if (list->kind == MV_LISTVAR) {
		cv_out(c, list);
		return;
	}
	if (list->kind != MV_LIST)
		cv_fail(c, REASON_CONTROL, "append to what has become a tensor");
	items = arena_array(c->a, list->nitem + 1, sizeof *items);
	if (list->nitem > 0)
		memcpy(items, list->item, list->nitem * sizeof *items);
	items[list->nitem] = c->in[1];
	cv_out(c, mv_list(c, items, list->nitem + 1));
}

void
sup_constant(struct conv *c)
{
	(void)c; /* bound before: support_ts.c */
}

/* The places that affine_grid_generator remembers are known to grid_sampler alone. */
void
sup_affine_grid(struct conv *c)
{
	struct mv *theta = cv_var(c, c->in[0]), *size = c->in[1];

	if (!c->ts) { /* bound under names that no exported program uses */
		c->bound = true;
		return;
	}
	if (size->kind == MV_LIST)
		cv_fail(c, REASON_CONTROL, "the size must be constant");
	c->out[0] = mv_new(c, MV_OBJECT);
	c->out[0]->item = arena_array(c->a, 3, sizeof *c->out[0]->item);
	c->out[0]->item[0] = theta;
	c->out[0]->item[1] = size;
	c->out[0]->item[2] = c->in[2];
	c->out[0]->nitem = 3;
	c->out[0]->text = "grid";
	c->bound = true;
}

void
sup_grid_sampler(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *grid = c->in[1], *r;
	int64_t mode = cv_int(c, cv_var(c, c->in[2]), 0), edge = cv_int(c, cv_var(c, c->in[3]), 0);

	if (!c->ts && grid->kind == MV_TEXT)
		cv_fail(c, REASON_MISSING, "the grid of affine_grid_generator is not bound");
	if (grid->kind == MV_OBJECT && grid->text != NULL && grid->item[0]->is_input) {
		c->advice = "compute theta from the input (theta * 1), or make it a constant";
		cv_fail(c, REASON_MISSING, "theta of affine_grid is an input, which is looked for "
		    "by another name");
	}
	if (mode > 1) {
		c->advice = "sample with mode bilinear or nearest";
		cv_fail(c, REASON_DTYPE, "bicubic sampling");
	}
	if (grid->kind == MV_OBJECT && grid->text != NULL) {
		if (mode != 0 || edge != 0)
			cv_fail(c, REASON_ARGUMENT,
			    "only bilinear sampling with zeros behind the edge "
			    "goes with affine_grid");
		if (cv_bool(c, grid->item[2], false) != cv_bool(c, cv_var(c, c->in[4]), false))
			cv_fail(c, REASON_ARGUMENT,
			    "affine_grid and grid_sample differ in align_corners");
		CHECK(c, "affine", { "x", x }, { "transform_matrix", grid->item[0] });
		r = mb_like(c, x, x->dtype);
		for (int i = 2; i < 4 && x->rank == 4 && grid->item[1]->num != NULL; i++)
			r->dims[i] = (int64_t)grid->item[1]->num[i];
		cv_out(c, r);
		return;
	}
	grid = cv_var(c, grid);
	CHECK(c, "resample", { "x", x }, { "coordinates", grid });
	if (x->rank >= 0 && x->rank != 4)
		cv_fail(c, REASON_RANK, "a tensor of rank %d; four dims are taken", x->rank);
	r = mb_like(c, x, x->dtype);
	for (int i = 2; i < r->rank; i++)
		r->dims[i] = mv_dim(grid, i - 1);
	cv_out(c, r);
}

/* Scale of dim i (from the first spatial one), or NAN. */
static double
scale_at(const struct mv *scales, uint32_t i)
{
	if (mv_absent(scales))
		return NAN;
	if (scales->kind == MV_LIST)
		return i < scales->nitem && scales->item[i]->num != NULL ?
		    scales->item[i]->num[0] : NAN;
	return scales->num != NULL && i < scales->nnum ? scales->num[i] : NAN;
}

static bool
fraction(double x)
{
	return x - floor(x) > 1e-3;
}

struct resize { struct mv *size, *scale[2]; double by[2]; int n; bool bilinear, corners; };

/* Where the converter finds sizes and scales. */
static void
resize_args(struct conv *c, struct resize *z)
{
	uint32_t first = z->bilinear ? 3 : 2;
	bool vec = c->ts ? c->nin == first + 1 && z->n == 2 : strstr(c->kind, ".vec") != NULL;
	struct mv *list;

	z->size = c->in[1];
	if (z->bilinear)
		z->corners = cv_bool(c, cv_var(c, c->in[2]), false);
	list = cv_arg(c, first);
	for (int i = 0; i < z->n; i++) {
		z->scale[i] = vec ? list : cv_arg(c, first + (uint32_t)i);
		z->by[i] = scale_at(z->scale[i], vec ? (uint32_t)i : 0);
	}
	/* one-dimensional layers in TorchScript give their scales as a list too */
	if (mv_absent(z->scale[0]) || mv_absent(z->scale[z->n - 1]))
		z->by[0] = z->by[1] = NAN;
}

static struct mv *
resize_out(struct conv *c, struct mv *x, const struct resize *z)
{
	struct mv *r = mb_like(c, x, x->dtype);
	int at;

	for (int i = 0; i < z->n; i++) {
		at = x->rank - z->n + i;
		if (at < 0)
			continue;
		if (!isnan(z->by[i]))
			r->dims[at] = x->dims[at] >= 0 ?
			    (int64_t)floor((double)x->dims[at] * z->by[i] + 1e-9) : x->dims[at];
		else
			r->dims[at] = z->size->kind == MV_TENSOR && z->size->num != NULL &&
			    i < (int)z->size->nnum ? (int64_t)z->size->num[i] : DIM_SYMBOLIC;
	}
	return r;
}

static void
check_fraction(struct conv *c, struct mv *x, const struct resize *z)
{
	for (int i = 0; i < z->n && z->bilinear && !z->corners; i++) {
		int64_t in = mv_dim(x, x->rank - z->n + i);

		if (!isnan(z->by[i]) && fraction(in >= 0 ? (double)in * z->by[i] : z->by[i]))
			cv_fail(c, REASON_ARGUMENT,
			    "a fractional output size with align_corners=False "
			    "and recompute_scale_factor=False");
	}
}

/* The operand of the operation of that name that makes it. */
static const struct mv *
through(const struct mv *v, const char *maker)
{
	return v != NULL && v->maker != NULL && strcmp(v->maker, maker) == 0 && v->nfrom > 0 ?
	    v->from[0] : NULL;
}

static bool
by_constant(const struct mv *v)
{
	return through(v, "mul") != NULL && v->nfrom > 1 && v->from[1]->konst;
}

/* A size that is computed as the converter's pass finds it: a multiple, as a floating point
 * number that is cut or not (first pattern), or of a size of the input that is cast.
 * Source: torch_upsample_to_core_upsample. */
static bool
is_factor(const struct mv *v, const struct mv *x, int pattern)
{
	const struct mv *in = through(v, "cast");

	if (pattern == 1)
		return mv_is(v, 1) || by_constant(v) ||
		    by_constant(through(through(in, "floor"), "cast"));
	return by_constant(in) && through(through(in->from[0], "gather"), "shape") == x;
}

static bool
is_resize(const struct mv *sizes, const struct mv *x)
{
	for (int pattern = 1; pattern <= 2; pattern++) {
		uint32_t n = 0;

		while (n < sizes->nitem && is_factor(sizes->item[n], x, pattern))
			n++;
		if (n == sizes->nitem)
			return true;
	}
	return false;
}

void
sup_upsample(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);
	struct resize z = { .n = strstr(c->kind, "1d") != NULL ? 1 : 2,
	    .bilinear = strstr(c->kind, "nearest") == NULL };
	const char *op = z.bilinear ? "upsample_bilinear" : "upsample_nearest_neighbor";
	bool sized, dynamic = false;

	resize_args(c, &z);
	sized = !isnan(z.by[0]);
	check_fraction(c, x, &z);
	if (!sized && (mv_absent(z.size) || (z.size->kind == MV_TENSOR && !z.size->konst)))
		cv_fail(c, REASON_ARGUMENT, "neither sizes nor scales are known");
	if (!sized && z.size->kind == MV_TENSOR)
		for (int i = 0; i < z.n; i++)
			if (mv_dim(x, x->rank - z.n + i) == DIM_SYMBOLIC)
				cv_fail(c, REASON_DYNAMIC, "the size of the input must be known");
	if (!sized && z.size->kind == MV_LIST)
		dynamic = !is_resize(z.size, x);
	if (z.bilinear && x->dtype != DT_NONE && !dt_float(x->dtype) && z.n == 2)
		x = mb_cast(c, x, DT_F32);
	CHECK(c, op, { "x", x });
	cv_out(c, resize_out(c, x, &z));
	if (dynamic)
		c->out[0]->maker = "torch_upsample";
	if (strstr(c->kind, "_aa") != NULL) {
		c->advice = "make images smaller before the model, or by avg_pool2d first";
		support_silent_node((struct run *)c, c->n, REASON_ARGUMENT,
		    "antialias is dropped: sizes become smaller as without it");
	}
}

static uint32_t
list_length(const struct mv *v)
{
	return v->kind == MV_LIST ? v->nitem : 0;
}

static void
check_weights(struct conv *c, const struct mv *list, int64_t each, int64_t layers)
{
	if (list->kind == MV_LIST && list->nitem != (uint64_t)(each * layers))
		cv_fail(c, REASON_SHAPE, "%u weights, %lld are expected (projections are not "
		    "converted)", list->nitem, (long long)(each * layers));
}

static struct mv *
recurrent_out(struct conv *c, struct mv *x, struct mv *h, bool both)
{
	struct mv *r = mb_like(c, x, x->dtype);

	r->konst = false;
	if (r->rank > 0)
		r->dims[r->rank - 1] =
		    mv_dim(h, -1) >= 0 ? mv_dim(h, -1) * (both ? 2 : 1) : DIM_ANY;
	return r;
}

/* gru, rnn_tanh and rnn_relu. */
void
sup_rnn(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *h = c->in[1], *list = c->in[2], *r;
	bool gru = strcmp(c->kind, "gru") == 0, bias, both;
	int64_t layers;

	bias = cv_bool(c, cv_var(c, c->in[3]), true);
	layers = cv_int(c, cv_var(c, c->in[4]), 1);
	both = cv_bool(c, cv_var(c, c->in[7]), false);
	if (!gru && both)
		cv_fail(c, REASON_ARGUMENT, "two directions");
	check_weights(c, list, 2 * (1 + bias) * (1 + both), layers);
	cv_var(c, h);
	if (x->rank >= 0 && x->rank != 3)
		cv_fail(c, REASON_RANK, "a tensor of rank %d; three dims are taken", x->rank);
	if (list_length(list) > 0 && !gru)
		CHECK(c, "rnn", { "x", x }, { "initial_h", h }, { "weight_ih", list->item[0] });
	else
		CHECK(c, "transpose", { "x", x });
	r = recurrent_out(c, x, h, both);
	cv_pair(c, r, mb_like(c, h, h->dtype));
	c->out[1]->konst = false;
}

void
sup_lstm(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *state = c->in[1], *list = c->in[2], *r;
	bool packed = state->kind != MV_LIST, bias, both;
	uint32_t k = packed ? 1 : 0;
	int64_t layers;

	if (state->kind == MV_UNKNOWN)
		return;
	if (packed) {
		state = c->in[2];
		list = c->in[3];
	}
	bias = cv_bool(c, cv_var(c, c->in[3 + k]), true);
	layers = cv_int(c, cv_var(c, c->in[4 + k]), 1);
	both = cv_bool(c, cv_var(c, c->in[7 + k]), false);
	if (list_length(state) != 2) {
		if (state->kind == MV_LIST)
			cv_fail(c, REASON_CONTROL, "%u states", state->nitem);
		return;
	}
	check_weights(c, list, 2 * (1 + bias) * (1 + both), layers);
	if (x->rank >= 0 && x->rank != 3)
		cv_fail(c, REASON_RANK, "a tensor of rank %d; three dims are taken", x->rank);
	if (list_length(list) > 1)
		CHECK(c, "lstm", { "x", x }, { "initial_h", state->item[0] },
		    { "initial_c", state->item[1] }, { "weight_ih", list->item[0] },
		    { "weight_hh", list->item[1] });
	else
		CHECK(c, "transpose", { "x", x });
	r = recurrent_out(c, x, state->item[0], both);
	for (uint32_t i = 0; i < c->nout && i < 3; i++)
		c->out[i] = i == 0 ? r : mv_tensor(c, state->item[i - 1]->dtype,
		    state->item[i - 1]->rank, state->item[i - 1]->dims);
	c->bound = true;
}

void
sup_pack(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *n = cv_var(c, c->in[1]);

	cv_bool(c, cv_var(c, c->in[2]), true);
	cv_pair(c, mb_identity(c, x), mb_identity(c, n));
}

void
sup_unpack_sequence(struct conv *c)
{
	struct mv *x = cv_var(c, cv_need(c, 0)), *n = cv_var(c, cv_need(c, 1));

	if (mv_symbolic(x))
		cv_fail(c, REASON_DYNAMIC, "the sizes must be known");
	if (x->rank >= 0 && x->rank != 3)
		cv_fail(c, REASON_RANK, "a tensor of rank %d", x->rank);
	if (mv_dim(x, 0) >= 0 && mv_dim(n, 0) >= 0 && mv_dim(x, 0) != mv_dim(n, 0))
		cv_fail(c, REASON_SHAPE, "%lld lengths for %lld sequences", (long long)mv_dim(n, 0),
		    (long long)mv_dim(x, 0));
	cv_out(c, mv_tensor(c, x->dtype, x->rank, x->dims));
}

void
sup_complex(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *y = cv_var(c, c->in[1]);
	int64_t dims[MV_DIMS];
	int rank = mb_broadcast(c, x, y, dims);

	if ((x->dtype != DT_NONE && x->dtype != DT_F32) || (y->dtype != DT_NONE &&
	    y->dtype != DT_F32))
		cv_fail(c, REASON_DTYPE, "parts of a type other than fp32");
	cv_out(c, mv_tensor(c, DT_C64, rank, dims));
}

/* real, imag and view_as_real. */
void
sup_part(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *r;

	if (x->kind == MV_TENSOR && x->dtype != DT_NONE && !dt_complex(x->dtype)) {
		if (strcmp(c->kind, "real") != 0)
			cv_fail(c, REASON_COMPLEX, "a real value; complex ones alone are taken");
		cv_out(c, x);
		return;
	}
	r = mv_tensor(c, DT_F32, x->rank, x->dims);
	if (strcmp(c->kind, "view_as_real") == 0 && r->rank >= 0 && r->rank < MV_DIMS)
		r->dims[r->rank++] = 2;
	cv_out(c, r);
}

void
sup_fft(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *r;
	bool back = strstr(c->kind, "irfft") != NULL, real = strstr(c->kind, "_rfft") != NULL;

	if (real && dt_complex(x->dtype))
		cv_fail(c, REASON_COMPLEX, "complex values; real ones alone are taken");
	if (strstr(c->kind, "_i") != NULL && x->dtype != DT_NONE && !dt_complex(x->dtype))
		cv_fail(c, REASON_COMPLEX, "real values; complex ones alone are taken");
	if (!dt_complex(x->dtype) && x->dtype != DT_NONE && x->dtype != DT_F32)
		cv_fail(c, REASON_DTYPE, "%s values; fp32 is taken", dtype_name(x->dtype));
	r = mv_tensor(c, back ? DT_F32 : DT_C64, x->rank, x->dims);
	if (r->rank > 0 && (back || real))
		r->dims[r->rank - 1] = r->dims[r->rank - 1] < 0 ? DIM_ANY : real ?
		    r->dims[r->rank - 1] / 2 + 1 : (r->dims[r->rank - 1] - 1) * 2;
	if (mv_symbolic(x))
		cv_fail(c, REASON_DYNAMIC, "the sizes must be known");
	cv_out(c, r);
}

void
sup_stft(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);
	int64_t dims[3] = { mv_dim(x, 0), DIM_ANY, DIM_ANY };

	if (x->rank >= 0 && x->rank != 1 && x->rank != 2)
		cv_fail(c, REASON_RANK, "a tensor of rank %d", x->rank);
	cv_out(c,
	    mv_tensor(c, DT_C64, x->rank < 0 ? -1 : x->rank + 1, x->rank == 1 ? dims + 1 : dims));
}

void
sup_nll_loss(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *t = cv_var(c, c->in[1]), *r;
	int64_t how = cv_int(c, cv_var(c, c->in[3]), 1);

	if (!mv_absent(c->in[2]))
		cv_fail(c, REASON_ARGUMENT, "class weights");
	if (cv_int(c, cv_var(c, c->in[4]), -100) != -100)
		cv_fail(c, REASON_ARGUMENT, "ignore_index");
	mb_cast(c, t, DT_I32);
	if (how == 1 && mv_dim(x, 0) == DIM_SYMBOLIC)
		cv_fail(c, REASON_DYNAMIC, "the batch size must be known for a mean");
	if (mv_dim(x, 1) == DIM_SYMBOLIC)
		cv_fail(c, REASON_DYNAMIC, "the number of classes must be known");
	r = mb_reduce(c, "reduce_sum", mb_cast(c, x, DT_F32), mv_ints(c, 1, (int64_t []){ 1 }),
	    false);
	cv_out(c, how == 0 ? r : mb_reduce(c, "reduce_sum", r, mv_ints(c, 1, (int64_t []){ 0 }),
	    false));
}

void
sup_nms(struct conv *c)
{
	struct mv *v[2] = { cv_var(c, c->in[0]), cv_var(c, c->in[1]) };
	int64_t n = DIM_SYMBOLIC;

	mb_promote(c, v, 2);
	CHECK(c, "non_maximum_suppression", { "boxes", v[0] }, { "scores", v[1] });
	cv_out(c, mb_out(c, DT_I32, 1, &n));
}

void
sup_linalg_inv(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);

	if (x->kind == MV_TENSOR && !x->konst)
		cv_fail(c, REASON_CONST, "only constants are inverted");
	cv_out(c, mb_identity(c, x));
}

/* Does no letter of an operand come in another one, or in what comes out? Its axes are
 * summed up, and an empty list of axes has no element type. */
static bool
is_summed_up(const char *equation, uint32_t operand)
{
	const char *own = equation, *end;

	for (; operand > 0; operand--) {
		own += strcspn(own, ",");
		if (*own == '\0')
			return false;
		own++;
	}
	end = own + strcspn(own, ",-");
	for (const char *s = own; s < end; s++)
		for (const char *o = equation; *o != '\0' && *s != ' '; o++)
			if ((o < own || o >= end) && *o == *s)
				return false;
	return true;
}

void
sup_einsum(struct conv *c)
{
	struct mv *eq = c->in[0], *list = c->in[1], *r;
	const char *word = cv_word(eq), *arrow = word != NULL ? strstr(word, "->") : NULL;
	int64_t dims[MV_DIMS], size[128];
	struct mv **v;
	int n = 0;

	if (list->kind != MV_LIST) {
		cv_out(c, mv_new(c, MV_UNKNOWN));
		return;
	}
	if (word != NULL && arrow == NULL) {
		c->advice = "write what comes out, \"ij,jk->ik\"";
		cv_fail(c, REASON_ARGUMENT, "an equation without ->");
	}
	if (list->nitem == 1 && word != NULL && strchr(word, '.') != NULL)
		cv_fail(c, REASON_RANK, "\"...\" is read as three dims of one name");
	v = arena_array(c->a, list->nitem + 1, sizeof *v);
	for (uint32_t i = 0; i < list->nitem; i++)
		v[i] = cv_var(c, list->item[i]);
	if (c->ts)
		mb_promote(c, v, list->nitem);
	for (int i = 0; i < 128; i++)
		size[i] = DIM_ANY;
	for (uint32_t i = 0; word != NULL && i < list->nitem; i++) {
		int k = 0;

		for (; *word != '\0' && *word != ',' && *word != '-'; word++) {
			if (*word == ' ')
				continue;
			if ((unsigned char)*word < 128 && size[(int)*word] == DIM_ANY)
				size[(int)*word] = mv_dim(v[i], k);
			k++;
		}
		if (v[i]->rank >= 0 && k != v[i]->rank)
			cv_fail(c, REASON_RANK, "an operand of rank %d for %d letters",
			    v[i]->rank, k);
		word += *word == ',';
	}
	for (const char *s = arrow != NULL ? arrow + 2 : ""; *s != '\0' && n < MV_DIMS; s++)
		if (*s != ' ')
			dims[n++] = (unsigned char)*s < 128 ? size[(int)*s] : DIM_ANY;
	if (list->nitem == 0)
		cv_fail(c, REASON_SHAPE, "no operands");
	for (uint32_t i = 0; i < list->nitem; i++)
		CHECK(c, "matmul", { "x", v[i] }, { "y", v[0] });
	for (uint32_t i = 0; cv_word(eq) != NULL && i < list->nitem; i++)
		if (is_summed_up(cv_word(eq), i)) {
			c->advice = "sum this operand by itself, x.sum()";
			cv_fail(c, REASON_DTYPE, "no axis of operand %u is left to be moved", i);
		}
	r = mb_out(c, v[0]->dtype, arrow != NULL ? n : -1, dims);
	cv_out(c, r);
}

/* quantize_per_tensor, quantize_per_channel. */
void
sup_quantize(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *dtype = cv_var(c, c->in[c->nin - 1]), *r;
	int64_t n = -1;
	bool eight;

	for (uint32_t i = 1; i < c->nin; i++)
		if (c->in[i]->kind == MV_TENSOR && !c->in[i]->konst)
			cv_fail(c, REASON_CONST, "scale and zero point must be constant");
	if (mv_int(dtype, &n)) {
		eight = c->ts ? n == 12 || n == 13 : n == 0 || n == 1;
		if (!eight)
			cv_fail(c, REASON_DTYPE, "eight bits alone are taken");
	}
	CHECK(c, "quantize", { "input", x });
	r = mb_like(c, x, c->ts && n == 12 ? DT_I8 : n == 1 && !c->ts ? DT_I8 : DT_U8);
	r->konst = false;
	r->text = c->ts ? "quantized" : NULL;
	cv_out(c, r);
}

void
sup_dequantize(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *r;

	if (!c->ts && c->nin > 7)
		cv_fail(c, REASON_INPUT_COUNT, "%u arguments; six or seven are taken", c->nin);
	if (dt_float(x->dtype)) {
		cv_out(c, x);
		return;
	}
	if (!x->konst)
		CHECK(c, "dequantize", { "input", x });
	r = mv_tensor(c, DT_F32, x->rank, x->dims);
	r->konst = x->konst;
	cv_out(c, r);
}

void
sup_never(struct conv *c)
{
	cv_fail(c, REASON_ARGUMENT, "its converter refuses every call");
}

void
sup_pack_int4(struct conv *c)
{
	for (uint32_t i = 0; i < c->nin; i++)
		if (c->in[i]->kind == MV_TENSOR && !c->in[i]->konst)
			cv_fail(c, REASON_CONST, "all arguments must be constant");
	cv_out(c, mv_const(c, DT_NONE, -1, NULL, NULL));
}

void
sup_no_torchao(struct conv *c)
{
	cv_fail(c, REASON_ARGUMENT, "torchao must be installed beside coremltools");
}

/* quantized:: operators take packed weights; what they make is dequantised. */
void
sup_quantized(struct conv *c)
{
	struct mv *x;

	if (c->ios < 16)
		cv_fail(c, REASON_TARGET, "compressed weights exist from iOS16 on");
	if (c->ios < 17)
		cv_fail(c, REASON_TARGET, "quantize exists from iOS17 on");
	if (strcmp(c->kind, "quantized::matmul") == 0)
		cv_fail(c, REASON_INTERNAL, "its converter refuses every call");
	x = mv_tensor(c, DT_U8, -1, NULL);
	x->text = "quantized";
	cv_out(c, x);
}

void
sup_if(struct conv *c)
{
	(void)c;
}

void
sup_loop(struct conv *c)
{
	(void)c;
}
