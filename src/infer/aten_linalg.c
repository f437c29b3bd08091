/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's linear algebra on matrices with batch axes in front. */
#include <string.h>

#include "base/str.h"
#include "infer/aten_kinds.h"
#include "infer/calc.h"

/* Outputs as letters behind the batch axes: m rows and n columns of the operand, k
 * the smaller of them. In front of them ^ complex, ~ real, # i32, % i64. */
static const struct { const char *name, *out[3]; } rows[] = {
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
	{ "linalg_eigh", { "~n", "mn" } }, { "linalg_eigvalsh", { "~n" } },
	{ "linalg_ldl_factor", { "mn", "#n" } }, { "linalg_lu", { "mm", "mk", "kn" } },
	{ "linalg_lu_factor", { "mn", "#k" } }, { "geqrf", { "mn", "k" } },
	{ "linalg_qr", { "mk", "kn" } }, { "qr", { "mk", "kn" } },
	{ "linalg_svd", { "mk", "~k", "kn" } }, { "svd", { "mk", "~k", "nk" } },
	{ "linalg_svdvals", { "~k" } },
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
	if ((named(n, "linalg_svd") && arg_int(f, n, "full_matrices", 1)) ||
	    (named(n, "svd") && arg_int(f, n, "some", 1) == 0))
		return svd[i];
	return what;
}

/* Results that have the shape of another operand, or the axes in another order. */
static bool
by_operand(struct infer *f, const struct node *n, const struct type *t)
{
	static const struct { const char *op, *operand; } likes[] = {
		{ "linalg_solve", "B" }, { "linalg_solve_ex", "B" }, { "linalg_lu_solve", "B" },
		{ "linalg_solve_triangular", "B" }, { "ormqr", "input3" },
	};
	const struct dim *dims[RANK_MAX];
	int64_t ind = arg_int(f, n, "ind", 2);

	for (size_t i = 0; i < sizeof likes / sizeof *likes; i++)
		if (named(n, likes[i].op)) {
			set_output(f, n, 0, arg_type(f, n, likes[i].operand), NULL);
			return true;
		}
	if (named(n, "linalg_tensorinv") && is_shaped(t) && ind >= 0 && ind <= t->rank) {
		for (uint32_t i = 0; i < t->rank; i++)
			dims[i] = t->dims[(i + (uint32_t)ind) % t->rank];
		set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
		return true;
	}
	if (named(n, "linalg_vander") && is_shaped(t) && t->rank > 0) {
		const struct dim *len = arg_dim(f, n, "N");

		set_output(f, n, 0, calc_stacked(f, t, len != NULL ? len : t->dims[t->rank - 1],
		    t->rank), NULL);
		return true;
	}
	return false;
}

void
aten_linalg(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);

	if (by_operand(f, n, t))
		return;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!named(n, rows[i].name))
			continue;
		for (uint32_t k = 0; k < 3 && rows[i].out[k] != NULL; k++)
			set_output(f, n, k, !is_shaped(t) || t->rank < 2 ?
			    tensor_no_rank(f, dtype_in(rows[i].out[k][0], elem_dtype(t))) :
			    output(f, t, completed(f, n, k, rows[i].out[k])), NULL);
		if (named(n, "triangular_solve"))
			set_output(f, n, 1, arg_type(f, n, "A"), NULL);
		return;
	}
	set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
}
