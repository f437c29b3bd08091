/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's operations whose rule no other has. They stand in a table by name. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

/* Differences along an axis, which may be made longer first. */
static void
diff(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n), *more;
	static const char *const ends[] = { "prepend", "append" };
	const struct dim *d;
	uint32_t at;

	if (!is_shaped(t) || t->rank == 0 || !axis_in(arg_int(f, n, "dim", -1), t->rank, &at)) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	if (arg_int(f, n, "n", 1) == 0) { /* nothing is put before or behind it */
		set_output(f, n, 0, t, NULL);
		return;
	}
	d = dim_addk(f->types, t->dims[at], -arg_int(f, n, "n", 1));
	for (int i = 0; i < 2; i++) {
		if (!arg_given(f, n, ends[i]))
			continue;
		more = arg_type(f, n, ends[i]);
		d = dim_add(f->types, d, is_shaped(more) && more->rank == t->rank ?
		    more->dims[at] : dim_anon(f->types));
	}
	set_output(f, n, 0, with_dim(f, t, at, d), NULL);
}

/* The axis goes away; those of q come in front. */
static void
quantile(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n), *q = arg_type(f, n, "q"), *out;
	int64_t axis = arg_int(f, n, "dim", 0);
	struct reduction r = { .known = true, .keep = arg_int(f, n, "keepdim", 0) != 0 };

	if (arg_given(f, n, "dim")) {
		r.axes = &axis;
		r.n = 1;
	}
	out = !is_tensor(t) ? tensor_no_rank(f, DT_NONE) : is_shaped(t) && t->rank == 0 ? t :
	    calc_reduce(f, n, t, &r, t->dtype);
	if (is_tensor(q) && (!is_shaped(q) || q->rank == 1))
		out = is_shaped(q) ? calc_stacked(f, out, q->dims[0], 0) :
		    tensor_no_rank(f, elem_dtype(t));
	set_output(f, n, 0, out, NULL);
}

/* A tensor an axis. */
static void
gradient(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	uint32_t k = f->exported || n->nout > 1 ? n->nout : is_shaped(t) ? t->rank : 0;
	struct fact *out = arena_array(f->arena, k, sizeof *out);

	for (uint32_t i = 0; i < k; i++)
		out[i].type = is_tensor(t) ? with_dtype(f, t, float_of(t->dtype)) : NULL;
	if (k > 0)
		set_outputs(f, n, out, k);
}

static void
frexp_parts(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);

	set_output(f, n, 0, t, NULL);
	set_output(f, n, 1, is_tensor(t) ? with_dtype(f, t, DT_I32) : NULL, NULL);
}

static void
vander(struct infer *f, const struct node *n)
{
	const struct type *t = arg_has(n, "x") ? arg_type(f, n, "x") : arg_main(f, n);
	const struct dim *len = arg_dim(f, n, "N");

	if (is_shaped(t) && t->rank == 1)
		set_output(f, n, 0, calc_stacked(f, t, len != NULL ? len : t->dims[0], 1), NULL);
	else
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
}

/* Time, batch, channels. */
static void
conv_tbc(struct infer *f, const struct node *n)
{
	const struct type *x = arg_main(f, n), *w = arg_type(f, n, "weight");
	const struct dim *dims[3];

	if (!is_shaped(x) || !is_shaped(w) || x->rank != 3 || w->rank != 3) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
		return;
	}
	dims[0] = dim_addk(f->types, dim_sub(f->types, x->dims[0], w->dims[0]),
	    2 * arg_int(f, n, "pad", 0) + 1);
	dims[1] = x->dims[1];
	dims[2] = w->dims[2];
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, 3), NULL);
}

static void
fft_frequencies(struct infer *f, const struct node *n)
{
	const struct dim *len = arg_dim(f, n, "n");

	if (len == NULL)
		return;
	if (named(n, "fft_rfftfreq"))
		len = dim_addk(f->types, dim_floork(f->types, len, 2), 1);
	set_output(f, n, 0, tensor_of(f, arg_dtype(f, n, "dtype", DT_F32), &len, 1), NULL);
}

/* Blocks on the diagonal of one matrix. */
static void
block_diag(struct infer *f, const struct node *n)
{
	uint32_t k;
	const struct fact *x = arg_items(f, n, "tensors", &k);
	const struct dim *dims[2] = { dk(f, 0), dk(f, 0) };
	const struct type *t;

	for (uint32_t i = 0; x != NULL && i < k; i++) {
		t = x[i].type;
		for (uint32_t a = 0; a < 2; a++)
			dims[a] = dim_add(f->types, dims[a], !is_shaped(t) || t->rank > 2 ?
			    dim_anon(f->types) : t->rank + a >= 2 ? t->dims[t->rank + a - 2] :
			    dk(f, 1));
	}
	if (x != NULL)
		set_output(f, n, 0, tensor_of(f, promote(x, k), dims, 2), NULL);
}

static void
diagflat(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	int64_t offset = arg_int(f, n, "offset", 0);
	const struct dim *dims[2];

	if (!is_shaped(t)) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	dims[0] = dim_addk(f->types, dims_product(f, t->dims, 0, t->rank),
	    offset < 0 ? -offset : offset);
	dims[1] = dims[0];
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, 2), NULL);
}

static void
float_power(struct infer *f, const struct node *n)
{
	struct fact x[2] = { arg(f, n, "self"), arg(f, n, "exponent") };
	const struct type *t[2] = { x[0].type, x[1].type };
	bool complex = dtype_class(elem_dtype(t[0])) == DC_COMPLEX ||
	    dtype_class(elem_dtype(t[1])) == DC_COMPLEX;
	uint32_t k = is_tensor(t[0]) && is_tensor(t[1]) ? 2 : 1;

	set_output(f, n, 0, calc_broadcast(f, n, is_tensor(t[0]) ? t : t + 1, k,
	    complex ? DT_C128 : DT_F64), NULL);
}

static void
ravel(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *len;

	len = is_shaped(t) ? dims_product(f, t->dims, 0, t->rank) : dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, elem_dtype(t), &len, 1), NULL);
}

static void
sparse(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	struct type s;

	if (!is_tensor(t))
		return;
	s = *t;
	s.tag = strstr(n->type->s, "to_sparse") != NULL ? TY_SPARSE : TY_TENSOR;
	set_output(f, n, 0, type_intern(f->types, &s), NULL);
}

/* Whether one number is meant: x in a list of a range's steps. */
static void
range_number(struct infer *f, const struct node *n)
{
	const struct dim *a, *b, *step, *r;

	if (named(n, "__derive_index")) { /* start + index * step */
		a = arg_dim(f, n, "index");
		b = arg_dim(f, n, "start");
		step = arg_dim(f, n, "step");
		r = a && b && step ? dim_add(f->types, b, dim_mul(f->types, a, step)) : NULL;
	} else {
		a = arg_dim(f, n, "lo");
		b = arg_dim(f, n, "hi");
		step = arg_dim(f, n, "step");
		r = a && b && step ? dim_ceil(f->types, dim_sub(f->types, b, a), step) : NULL;
	}
	set_output(f, n, 0, scalar_type(f, DT_I64), r != NULL && !dim_has_anon(r) ?
	    val_int(f, r) : NULL);
}

/* Splits by axis: the second of two or more, or the first of all */
static void
hsplit(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *const *cuts;
	int64_t parts, all;
	uint32_t at, k;
	struct fact *out;

	if (!is_shaped(t) || t->rank == 0)
		return;
	at = named(n, "vsplit") ? 0 : named(n, "dsplit") ? 2 : t->rank > 1;
	if (at < t->rank && arg_has(n, "indices") &&
	    (cuts = arg_dims(f, n, "indices", &k)) != NULL) {
		out = arena_array(f->arena, (size_t)k + 1, sizeof *out);
		for (uint32_t i = 0; i <= k; i++)
			out[i].type = with_dim(f, t, at, calc_slice(f, t->dims[at],
			    i > 0 ? cuts[i - 1] : NULL, i < k ? cuts[i] : NULL, 1));
		set_outputs(f, n, out, k + 1);
		return;
	}
	if (at >= t->rank || !arg_has(n, "sections") ||
	    !arg_number(f, n, "sections", &parts) || parts < 1 || parts > VAL_MAX ||
	    !dim_number(t->dims[at], &all))
		return;
	out = arena_array(f->arena, (size_t)parts, sizeof *out);
	for (int64_t i = 0; i < parts; i++)
		out[i].type = with_dim(f, t, at, dk(f, all / parts));
	set_outputs(f, n, out, (uint32_t)parts);
}

static void
isin(struct infer *f, const struct node *n)
{
	const struct type *t = arg_has(n, "elements") ? arg_type(f, n, "elements") :
	    arg_type(f, n, "element");

	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, DT_BOOL) :
	    tensor_of(f, DT_BOOL, NULL, 0), NULL);
}

static void
angle(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	enum dtype dt = elem_dtype(t);

	dt = dt == DT_C64 ? DT_F32 : dt == DT_C128 ? DT_F64 : float_of(dt);
	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, dt) : NULL, NULL);
}

static void
polar(struct infer *f, const struct node *n)
{
	const struct type *xy[2] = { arg_type(f, n, "abs"), arg_type(f, n, "angle") };
	enum dtype dt = elem_dtype(xy[0]) == DT_F64 ? DT_C128 : DT_C64;

	set_output(f, n, 0, calc_broadcast(f, n, xy, 2, dt), NULL);
}

/* What coordinates of a sparse tensor there are is known only when it runs. */
static void
same_type(struct infer *f, const struct node *n)
{
	set_output(f, n, 0, arg_main(f, n), NULL);
}

static void
scalar_bool(struct infer *f, const struct node *n)
{
	set_output(f, n, 0, scalar_type(f, DT_BOOL), NULL);
}

/* Operations on two operands under names of their own; floats: they give floats. */
static void
two_operands(struct infer *f, const struct node *n, bool floats)
{
	static const char *const names[] = { "self", "x", "other", "values", "n" };
	const struct type *t[2];
	struct fact x[2];
	uint32_t k = 0, shaped = 0;
	enum dtype dt;

	for (size_t i = 0; i < sizeof names / sizeof *names && k < 2; i++)
		if (arg_has(n, names[i]))
			x[k++] = arg(f, n, names[i]);
	for (uint32_t i = 0; i < k; i++)
		if (!is_scalar(x[i].type))
			t[shaped++] = x[i].type;
	dt = promote(x, k);
	if (n->op->flags & OP_WRITES && k > 0)
		set_output(f, n, 0, x[0].type, NULL);
	else
		set_output(f, n, 0, calc_broadcast(f, n, t, shaped, floats ? float_of(dt) : dt),
		    NULL);
}

static void
two_alike(struct infer *f, const struct node *n)
{
	two_operands(f, n, false);
}

static void
two_floats(struct infer *f, const struct node *n)
{
	two_operands(f, n, true);
}

/* A quarter turn swaps two axes, a half turn none. */
static void
rotated(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	int64_t axes[RANK_MAX], turns = 1;
	const struct dim *dims[RANK_MAX];
	uint32_t k, a, b;

	if (!is_shaped(t) || !arg_number(f, n, "k", &turns) ||
	    !arg_ints(f, n, "dims", axes, &k) || k != 2 || !axis_in(axes[0], t->rank, &a) ||
	    !axis_in(axes[1], t->rank, &b)) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = t->dims[turns % 2 == 0 ? i : i == a ? b : i == b ? a : i];
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
}

static void
masked_scatter(struct infer *f, const struct node *n)
{
	const struct type *t[2] = { arg_main(f, n), arg_type(f, n, "mask") };

	set_output(f, n, 0, calc_broadcast(f, n, t, 2, elem_dtype(t[0])), NULL);
}

/* An output of its own size; where the largest stand. */
static void
fractional_pool(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *dims[RANK_MAX], *const *size;
	uint32_t k;

	size = arg_dims(f, n, "output_size", &k);
	if (is_shaped(t) && size != NULL && k <= t->rank) {
		for (uint32_t i = 0; i < t->rank; i++)
			dims[i] = i + k < t->rank ? t->dims[i] : size[i + k - t->rank];
		t = tensor_of(f, t->dtype, dims, t->rank);
	} else {
		t = tensor_no_rank(f, elem_dtype(t));
	}
	set_output(f, n, 0, t, NULL);
	set_output(f, n, 1, with_dtype(f, t, DT_I64), NULL);
}

/* _cast_Float and its like */
static void
cast_by_name(struct infer *f, const struct node *n)
{
	static const struct { const char *name; enum dtype dtype; } to[] = {
		{ "Byte", DT_U8 }, { "Char", DT_I8 }, { "Double", DT_F64 }, { "Float", DT_F32 },
		{ "Half", DT_F16 }, { "Int", DT_I32 }, { "Long", DT_I64 }, { "Short", DT_I16 },
	};
	const struct type *t = arg_main(f, n);

	for (size_t i = 0; i < sizeof to / sizeof *to && is_tensor(t); i++)
		if (strcmp(n->type->s + strlen("_cast_"), to[i].name) == 0)
			set_output(f, n, 0, with_dtype(f, t, to[i].dtype), NULL);
}

/* Numbers from start to end, which counts. */
static void
range_closed(struct infer *f, const struct node *n)
{
	int64_t a, b, span, step = 1;
	bool known = arg_number(f, n, "start", &a) && arg_number(f, n, "end", &b) &&
	    (!arg_has(n, "step") || arg_number(f, n, "step", &step)) && step != 0 &&
	    !__builtin_sub_overflow(b, a, &span) && span > -INT64_MAX;
	const struct dim *len = known && span / step >= 0 ?
	    dim_addk(f->types, dk(f, span / step), 1) : dim_anon(f->types);

	set_output(f, n, 0, tensor_of(f, arg_dtype(f, n, "dtype", DT_F32), &len, 1), NULL);
}

static void
resize_as(struct infer *f, const struct node *n)
{
	const struct type *t = arg_type(f, n, "the_template");

	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, elem_dtype(arg_main(f, n))) : NULL,
	    NULL);
}

/* squeeze_ and its like: the operand has another shape from here on; in a branch or
 * loop perhaps. */
static void
reshaped_in_place(struct infer *f, const struct node *n)
{
	const struct value *v = operand(n, 0);
	const struct fact *out;

	infer_aten[n->op->sem](f, n);
	if (f->exported || n->nout == 0 || n->out[0] == NULL) /* results are named anew */
		return;
	out = fact_of(f, n->out[0]);
	for (int turn = 0; turn < 64 && v != NULL; turn++) {
		f->entries[v->id].fact = v->graph == n->graph ? *out :
		    (struct fact){ type_join(f, fact_of(f, v)->type, out->type), NULL };
		/* what was written in place is the same tensor */
		v = v->producer != NULL && v->producer->op != NULL &&
		    v->producer->op->flags & OP_WRITES ? operand(v->producer, 0) : NULL;
	}
}

/* Sorted by name. */
static const struct { const char *name; infer_fn *fn; } rare[] = {
	{ "__derive_index", range_number },
	{ "__range_length", range_number },
	{ "_cast_Byte", cast_by_name },
	{ "_cast_Char", cast_by_name },
	{ "_cast_Double", cast_by_name },
	{ "_cast_Float", cast_by_name },
	{ "_cast_Half", cast_by_name },
	{ "_cast_Int", cast_by_name },
	{ "_cast_Long", cast_by_name },
	{ "_cast_Short", cast_by_name },
	{ "_fake_quantize_learnable_per_channel_affine", same_type },
	{ "_fake_quantize_learnable_per_tensor_affine", same_type },
	{ "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams", aten_with_mask },
	{ "_grad_sum_to_size", aten_sum_to_size },
	{ "_grouped_mm", aten_grouped },
	{ "_is_all_true", aten_truth },
	{ "_is_any_true", aten_truth },
	{ "_pdist_forward", aten_pdist },
	{ "_sparse_log_softmax", same_type },
	{ "_sparse_softmax", same_type },
	{ "_sparse_sum", aten_sparse_sum },
	{ "_to_dense", sparse },
	{ "_to_sparse", sparse },
	{ "_trilinear", aten_trilinear },
	{ "angle", angle },
	{ "arctan2", two_floats },
	{ "arctan2_", two_floats },
	{ "as_strided_", reshaped_in_place },
	{ "atan2", two_floats },
	{ "atan2_", two_floats },
	{ "block_diag", block_diag },
	{ "cartesian_prod", aten_cartesian },
	{ "coalesce", same_type },
	{ "combinations", aten_combinations },
	{ "conv_tbc", conv_tbc },
	{ "copysign", two_floats },
	{ "copysign_", two_floats },
	{ "corrcoef", aten_covariance },
	{ "cov", aten_covariance },
	{ "cumulative_trapezoid", aten_trapezoid },
	{ "diagflat", diagflat },
	{ "diff", diff },
	{ "dsplit", hsplit },
	{ "fake_quantize_per_channel_affine", same_type },
	{ "fake_quantize_per_channel_affine_cachemask", aten_with_mask },
	{ "fake_quantize_per_tensor_affine", same_type },
	{ "fake_quantize_per_tensor_affine_cachemask", aten_with_mask },
	{ "fft_fftfreq", fft_frequencies },
	{ "fft_rfftfreq", fft_frequencies },
	{ "float_power", float_power },
	{ "float_power_", same_type },
	{ "fractional_max_pool2d", fractional_pool },
	{ "fractional_max_pool3d", fractional_pool },
	{ "frexp", frexp_parts },
	{ "gradient", gradient },
	{ "heaviside", two_alike },
	{ "heaviside_", two_alike },
	{ "histogram", aten_histogram },
	{ "hsplit", hsplit },
	{ "is_complex", scalar_bool },
	{ "is_grad_enabled", scalar_bool },
	{ "is_nonzero", scalar_bool },
	{ "is_signed", scalar_bool },
	{ "isin", isin },
	{ "ldexp", two_floats },
	{ "ldexp_", two_floats },
	{ "linalg_diagonal", aten_diagonal },
	{ "log_sigmoid_forward", aten_with_mask },
	{ "masked_scatter", masked_scatter },
	{ "masked_scatter_", same_type },
	{ "msort", same_type },
	{ "multilabel_margin_loss_forward", aten_loss_parts },
	{ "nanquantile", quantile },
	{ "nextafter", two_alike },
	{ "nextafter_", two_alike },
	{ "nll_loss2d_forward", aten_loss_parts },
	{ "nll_loss_forward", aten_loss_parts },
	{ "nonzero_static", aten_nonzero_static },
	{ "pad_sequence", aten_pad_sequence },
	{ "pdist", aten_pdist },
	{ "polar", polar },
	{ "quantile", quantile },
	{ "range", range_closed },
	{ "ravel", ravel },
	{ "resize_", reshaped_in_place },
	{ "resize_as", resize_as },
	{ "resize_as_", resize_as },
	{ "rot90", rotated },
	{ "segment_reduce", aten_segments },
	{ "special_airy_ai", two_floats },
	{ "special_chebyshev_polynomial_t", two_floats },
	{ "special_chebyshev_polynomial_u", two_floats },
	{ "special_chebyshev_polynomial_v", two_floats },
	{ "special_chebyshev_polynomial_w", two_floats },
	{ "special_hermite_polynomial_h", two_floats },
	{ "special_hermite_polynomial_he", two_floats },
	{ "special_laguerre_polynomial_l", two_floats },
	{ "special_legendre_polynomial_p", two_floats },
	{ "special_scaled_modified_bessel_k0", two_floats },
	{ "special_scaled_modified_bessel_k1", two_floats },
	{ "special_shifted_chebyshev_polynomial_t", two_floats },
	{ "special_shifted_chebyshev_polynomial_u", two_floats },
	{ "special_shifted_chebyshev_polynomial_v", two_floats },
	{ "special_shifted_chebyshev_polynomial_w", two_floats },
	{ "special_spherical_bessel_j0", two_floats },
	{ "squeeze_", reshaped_in_place },
	{ "sum_to_size", aten_sum_to_size },
	{ "swapaxes_", reshaped_in_place },
	{ "swapdims_", reshaped_in_place },
	{ "t_", reshaped_in_place },
	{ "to_dense", sparse },
	{ "to_sparse", sparse },
	{ "transpose_", reshaped_in_place },
	{ "trapezoid", aten_trapezoid },
	{ "trapz", aten_trapezoid },
	{ "unsqueeze_", reshaped_in_place },
	{ "vander", vander },
	{ "vsplit", hsplit },
};

infer_fn *
aten_rare(const struct node *n)
{
	uint32_t lo = 0, hi = sizeof rare / sizeof *rare;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		int c = strcmp(rare[mid].name, n->type->s);

		if (c == 0)
			return rare[mid].fn;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}
