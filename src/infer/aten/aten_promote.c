/* SPDX-License-Identifier: Apache-2.0 */
/* How element types combine. Source: c10/core/ScalarType.h and
 * aten/src/ATen/native/TypeProperties.cpp of torch 2.13, as behaviour. */
#include "infer/aten/aten_kinds.h"

static bool
is_float(enum dtype dt)
{
	return dtype_class(dt) == DC_FLOAT;
}

static bool
is_complex(enum dtype dt)
{
	return dtype_class(dt) == DC_COMPLEX;
}

static enum dtype
promote_floats(enum dtype a, enum dtype b)
{
	if (dtype_bits(a) == dtype_bits(b))
		return dtype_bits(a) < 32 ? DT_F32 : a; /* f16 and bf16 */
	return dtype_bits(a) > dtype_bits(b) ? a : b;
}

static enum dtype
promote_wholes(enum dtype a, enum dtype b)
{
	bool ua = dtype_class(a) == DC_UINT, ub = dtype_class(b) == DC_UINT;
	enum dtype u = ua ? a : b, s = ua ? b : a;

	if (ua == ub)
		return dtype_bits(a) > dtype_bits(b) ? a : b;
	if (u != DT_U8)
		return DT_NONE; /* refused by torch */
	return dtype_bits(s) > 8 ? s : DT_I16;
}

enum dtype
promote_dtypes(enum dtype a, enum dtype b)
{
	if (a == b || b == DT_BOOL || a == DT_BOOL)
		return a == DT_BOOL ? b : a;
	if (a == DT_NONE || b == DT_NONE)
		return DT_NONE;
	if (is_complex(a) || is_complex(b))
		return a == DT_C128 || b == DT_C128 || a == DT_F64 || b == DT_F64 ? DT_C128 :
		    DT_C64;
	if (is_float(a) && is_float(b))
		return promote_floats(a, b);
	if (is_float(a) || is_float(b))
		return is_float(a) ? a : b;
	return promote_wholes(a, b);
}

/* The first goes before the second unless that is of a higher kind. */
static enum dtype
combine(enum dtype high, enum dtype low)
{
	if (high == DT_NONE || low == DT_NONE)
		return high == DT_NONE ? low : high;
	if (is_complex(high))
		return high;
	if (is_float(high))
		return !is_complex(low) ? high : high == DT_F64 ? DT_C128 : DT_C64;
	if (high == DT_BOOL || is_float(low) || is_complex(low))
		return promote_dtypes(high, low);
	return high;
}

static enum dtype
number_dtype(enum dtype dt)
{
	return dt == DT_F64 ? DT_F32 : dt == DT_C128 ? DT_C64 : dt;
}

enum dtype
promote(const struct fact *x, uint32_t n)
{
	enum { DIMS, ZERO, NUMBER };
	enum dtype of[3] = { DT_NONE, DT_NONE, DT_NONE }, dt;
	bool got[3] = { false, false, false };

	for (uint32_t i = 0; i < n; i++) {
		int at = is_scalar(x[i].type) ? NUMBER :
		    is_tensor(x[i].type) && x[i].type->has_rank && x[i].type->rank == 0 ? ZERO :
		    DIMS;

		if (x[i].val != NULL && x[i].val->kind == VAL_NONE)
			continue;
		if ((dt = elem_dtype(x[i].type)) == DT_NONE)
			return DT_NONE;
		dt = at == NUMBER ? number_dtype(dt) : dt;
		of[at] = got[at] ? promote_dtypes(of[at], dt) : dt;
		got[at] = true;
	}
	return combine(of[DIMS], combine(of[ZERO], of[NUMBER]));
}

enum dtype
float_of(enum dtype dt)
{
	return dt == DT_NONE || is_float(dt) || is_complex(dt) ? dt : DT_F32;
}
