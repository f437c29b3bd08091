/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's linear algebra on matrices with batch axes in front. */
#include <string.h>

#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

/* Outputs as letters behind the batch axes: m rows and n columns of the operand, k
 * the smaller of them. In front of them ^ complex, ~ real, # i32, % i64. */
static const struct { const char *name, *out[4]; } rows[] = {
	{ "det", { "" } }, { "linalg_det", { "" } }, { "logdet", { "" } },
	{ "slogdet", { "", "~" } }, { "linalg_slogdet", { "", "~" } },
	{ "inverse", { "mn" } }, { "linalg_inv", { "mn" } }, { "linalg_inv_ex", { "mn", "#" } },
	{ "linalg_pinv", { "nm" } }, { "pinverse", { "nm" } },
	{ "matrix_exp", { "mn" } }, { "linalg_matrix_exp", { "mn" } },
	{ "matrix_power", { "mn" } }, { "linalg_matrix_power", { "mn" } },
	{ "cholesky", { "mn" } }, { "linalg_cholesky", { "mn" } },
	{ "linalg_cholesky_ex", { "mn", "#" } }, { "cholesky_inverse", { "mn" } },
	{ "cholesky_solve", { "mn" } }, { "lu_solve", { "mn" } },
	{ "linalg_householder_product", { "mn" } },
	{ "linalg_cond", { "~" } }, { "linalg_matrix_rank", { "%" } },
	{ "linalg_eig", { "^n", "^mn" } }, { "linalg_eigvals", { "^n" } },
	{ "_linalg_eigvals", { "^n" } },
	{ "linalg_eigh", { "~n", "mn" } }, { "linalg_eigvalsh", { "~n" } },
	{ "linalg_ldl_factor", { "mn", "#n" } }, { "linalg_lu", { "mm", "mk", "kn" } },
	{ "linalg_lu_factor", { "mn", "#k" } }, { "geqrf", { "mn", "k" } },
	{ "linalg_qr", { "mk", "kn" } }, { "qr", { "mk", "kn" } },
	{ "linalg_svd", { "mk", "~k", "kn" } }, { "svd", { "mk", "~k", "nk" } },
	{ "linalg_svdvals", { "~k" } }, { "orgqr", { "mn" } },
	{ "linalg_lu_factor_ex", { "mn", "#k", "#" } }, { "_lu_with_info", { "mn", "#k", "#" } },
	{ "linalg_ldl_factor_ex", { "mn", "#n", "#" } }, { "lu_unpack", { "mm", "mk", "kn" } },
	{ "_linalg_svd", { "mk", "~k", "kn" } }, { "_linalg_eigh", { "~n", "mn" } },
	{ "_linalg_det", { "", "mn", "#n" } }, { "_linalg_slogdet", { "", "~", "mn", "#n" } },
	/* operands that say the sizes on their own */
	{ "triangular_solve", { "mn" } },
};

static enum dtype
dtype_in(char mark, enum dtype dt)
{
	switch (mark) {
	case '^': return dt == DT_F64 || dt == DT_C128 ? DT_C128 : DT_C64;
	case '~': return dt == DT_C64 ? DT_F32 : dt == DT_C128 ? DT_F64 : dt;
	case '#': return DT_I32;
	case '%': return DT_I64;
	default: return dt;
	}
}

static const struct type *
output(struct infer *f, const struct type *t, const char *what)
{
	const struct dim *dims[RANK_MAX], *m = t->dims[t->rank - 2], *n = t->dims[t->rank - 1];
	uint32_t rank = t->rank - 2;
	enum dtype dt = dtype_in(*what, t->dtype);

	for (uint32_t i = 0; i < rank; i++)
		dims[i] = t->dims[i];
	for (what += strcspn(what, "mnk"); *what != '\0'; what++)
		dims[rank++] = *what == 'm' ? m : *what == 'n' ? n : m == n ? m :
		    dim_min(f->types, m, n);
	return tensor_of(f, dt, dims, rank);
}

/* What qr and svd give when the whole square matrices are asked for. */
static const char *
completed(struct infer *f, const struct node *n, uint32_t i, const char *what)
{
	static const char *const qr[] = { "mm", "mn" }, *const svd[] = { "mm", "~k", "nn" };

	if (named(n, "linalg_qr") && strcmp(arg_word(f, n, "mode", "reduced"), "complete") == 0)
		return qr[i];
	if (named(n, "qr") && arg_int(f, n, "some", 1) == 0)
		return qr[i];
	if ((arg_has(n, "full_matrices") && arg_int(f, n, "full_matrices", 1)) ||
	    (named(n, "svd") && arg_int(f, n, "some", 1) == 0))
		return svd[i];
	return what;
}

static const struct type *
nothing(struct infer *f, enum dtype dt)
{
	const struct dim *zero = dk(f, 0);

	return tensor_of(f, dt, &zero, 1);
}

/* Is output i not asked for? Then it has no elements. */
static bool
left_out(struct infer *f, const struct node *n, uint32_t i)
{
	static const struct { const char *op, *arg; uint32_t mask; } asked[] = {
		{ "lu_unpack", "unpack_pivots", 1 }, { "lu_unpack", "unpack_data", 6 },
		{ "linalg_lu", "pivot", 1 }, { "_linalg_svd", "compute_uv", 5 },
		{ "svd", "compute_uv", 0 }, { "_linalg_eigh", "compute_v", 2 },
	};

	for (size_t k = 0; k < sizeof asked / sizeof *asked; k++)
		if (named(n, asked[k].op) && asked[k].mask >> i & 1 &&
		    arg_int(f, n, asked[k].arg, 1) == 0)
			return true;
	return named(n, "linalg_qr") && i == 0 && strcmp(arg_word(f, n, "mode", ""), "r") == 0;
}

/* Least squares: by default with gelsy, which gives neither residuals nor singular
 * values; gels gives no rank. */
static void
least_squares(struct infer *f, const struct node *n, const struct type *t)
{
	const struct type *b = arg_type(f, n, "b");
	const char *driver = arg_word(f, n, "driver", "gelsy");
	const struct dim *dims[RANK_MAX], *m, *k;
	uint32_t lead;
	int64_t high, wide;
	bool vector;

	if (!is_shaped(t) || !is_shaped(b) || t->rank < 2 || b->rank + 1 < t->rank) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	lead = t->rank - 2;
	vector = b->rank + 1 == t->rank;
	for (uint32_t i = 0; i < lead; i++)
		dims[i] = t->dims[i];
	m = t->dims[lead];
	dims[lead] = t->dims[lead + 1];
	dims[lead + 1] = k = vector ? NULL : b->dims[b->rank - 1];
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank - vector), NULL);
	set_output(f, n, 2, strcmp(driver, "gels") == 0 ? nothing(f, DT_I64) :
	    tensor_of(f, DT_I64, dims, lead), NULL);
	dims[lead] = dim_min(f->types, m, t->dims[lead + 1]);
	set_output(f, n, 3, strcmp(driver, "gelsd") == 0 || strcmp(driver, "gelss") == 0 ?
	    tensor_of(f, dtype_in('~', t->dtype), dims, lead + 1) :
	    nothing(f, dtype_in('~', t->dtype)), NULL);
	if (strcmp(driver, "gelsy") == 0 || (dim_number(m, &high) &&
	    dim_number(t->dims[lead + 1], &wide) && high <= wide))
		set_output(f, n, 1, nothing(f, dtype_in('~', t->dtype)), NULL);
	dims[lead] = k;
	if (strcmp(driver, "gels") == 0 && dim_number(m, &high) &&
	    dim_number(t->dims[lead + 1], &wide) && high > wide)
		set_output(f, n, 1, tensor_of(f, dtype_in('~', t->dtype), dims, lead + !vector),
		    NULL);
}

/* A solution has the shape of b, with the batch axes of both; b is a vector for each
 * matrix when it has one axis, or the matrices' but the last. */
static const struct type *
solved(struct infer *f, const struct node *n, const struct type *t, const struct type *b)
{
	const struct type *xy[2], *lead;
	const struct dim *dims[RANK_MAX];

	if (!is_shaped(t) || !is_shaped(b) || b->rank < 2 || t->rank < 2 || named(n, "ormqr") ||
	    (b->rank + 1 == t->rank && memcmp(b->dims, t->dims, b->rank * sizeof *b->dims) == 0))
		return b;
	xy[0] = tensor_of(f, b->dtype, t->dims, t->rank - 2);
	xy[1] = tensor_of(f, b->dtype, b->dims, b->rank - 2);
	lead = calc_broadcast(f, n, xy, 2, b->dtype);
	if (!is_shaped(lead) || lead->rank + 2 > RANK_MAX)
		return tensor_no_rank(f, b->dtype);
	for (uint32_t i = 0; i < lead->rank; i++)
		dims[i] = lead->dims[i];
	dims[lead->rank] = b->dims[b->rank - 2];
	dims[lead->rank + 1] = b->dims[b->rank - 1];
	return tensor_of(f, b->dtype, dims, lead->rank + 2);
}

/* tensorsolve: what a has behind the axes of b, when those in dims are moved to its end. */
static const struct type *
tensor_solution(struct infer *f, const struct node *n, const struct type *t)
{
	const struct type *b = arg_type(f, n, "other");
	int64_t axes[RANK_MAX];
	const struct dim *dims[RANK_MAX];
	uint32_t k = 0, at, rank = 0;
	uint64_t mask = 0;

	if (!is_shaped(b) || b->rank > t->rank ||
	    (arg_given(f, n, "dims") && !arg_ints(f, n, "dims", axes, &k)))
		return tensor_no_rank(f, t->dtype);
	for (uint32_t i = 0; i < k; i++)
		if (axis_in(axes[i], t->rank, &at))
			mask |= (uint64_t)1 << at;
	for (uint32_t i = 0; i < t->rank; i++)
		if (!(mask >> i & 1))
			dims[rank++] = t->dims[i];
	for (uint32_t i = 0; i < k && rank < t->rank; i++)
		if (axis_in(axes[i], t->rank, &at))
			dims[rank++] = t->dims[at];
	return tensor_of(f, t->dtype, dims + b->rank, rank - b->rank);
}

/* Results that have the shape of another operand, or the axes in another order. */
static bool
by_operand(struct infer *f, const struct node *n, const struct type *t)
{
	static const struct { const char *op, *operand; } likes[] = {
		{ "linalg_solve", "B" }, { "linalg_solve_ex", "B" }, { "linalg_lu_solve", "B" },
		{ "linalg_solve_triangular", "B" }, { "ormqr", "input3" },
		{ "linalg_ldl_solve", "B" }, { "_linalg_solve_ex", "B" },
	};
	static const char *const ex[] = { "", "mn", "#n", "#" }; /* factors, pivots, info */
	const struct dim *dims[RANK_MAX];
	int64_t ind = arg_int(f, n, "ind", 2);

	for (size_t i = 0; i < sizeof likes / sizeof *likes; i++)
		if (named(n, likes[i].op)) {
			set_output(f, n, 0, solved(f, n, t, arg_type(f, n, likes[i].operand)),
			    NULL);
			if (named(n, "linalg_solve_ex") && is_shaped(t) && t->rank >= 2)
				set_output(f, n, 1, output(f, t, "#"), NULL);
			for (uint32_t k = 1; k < 4 && named(n, "_linalg_solve_ex") &&
			    is_shaped(t) && t->rank >= 2; k++)
				set_output(f, n, k, output(f, t, ex[k]), NULL);
			return true;
		}
	if (named(n, "linalg_tensorinv") && is_shaped(t) && ind >= 0 && ind <= t->rank) {
		for (uint32_t i = 0; i < t->rank; i++)
			dims[i] = t->dims[(i + (uint32_t)ind) % t->rank];
		set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
		return true;
	}
	if (named(n, "linalg_tensorsolve") && is_shaped(t)) {
		set_output(f, n, 0, tensor_solution(f, n, t), NULL);
		return true;
	}
	if (named(n, "linalg_vander") && is_shaped(t)) {
		const struct dim *len = arg_dim(f, n, "N");

		if (t->rank == 0)
			t = tensor_of(f, t->dtype, (const struct dim *[]){ dk(f, 1) }, 1);

		t = calc_stacked(f, t, len != NULL ? len : t->dims[t->rank - 1], t->rank);
		/* products of whole numbers count in i64 */
		set_output(f, n, 0, dtype_class(elem_dtype(t)) == DC_FLOAT ||
		    dtype_class(elem_dtype(t)) == DC_COMPLEX ? t : with_dtype(f, t, DT_I64), NULL);
		return true;
	}
	return false;
}

void
aten_linalg(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);

	if (named(n, "linalg_lstsq")) {
		least_squares(f, n, t);
		return;
	}
	if (by_operand(f, n, t))
		return;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!named(n, rows[i].name))
			continue;
		for (uint32_t k = 0; k < 4 && rows[i].out[k] != NULL; k++)
			set_output(f, n, k, left_out(f, n, k) ? nothing(f, elem_dtype(t)) :
			    !is_shaped(t) || t->rank < 2 ?
			    tensor_no_rank(f, dtype_in(rows[i].out[k][0], elem_dtype(t))) :
			    output(f, t, completed(f, n, k, rows[i].out[k])), NULL);
		if (named(n, "triangular_solve"))
			set_output(f, n, 1, arg_type(f, n, "A"), NULL);
		return;
	}
	set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
}
