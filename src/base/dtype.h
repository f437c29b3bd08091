/* SPDX-License-Identifier: Apache-2.0 */
/* Element types and their number formats. Names are our one notation of
 * types (doc/JSON.md): f32, i64, bf16, f8e4m3fn, u4, bool, str ... */
#ifndef BASE_DTYPE_H
#define BASE_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dtype {
#define DTYPE(id, name, bits, klass) DT_##id,
#include "base/dtype.def"
#undef DTYPE
	DT_COUNT
};

enum dtype_class { DC_NONE, DC_BOOL, DC_INT, DC_UINT, DC_FLOAT, DC_COMPLEX, DC_STRING };

const char *dtype_name(enum dtype);
/* Bits of one element: 32, 4, ...; 0 for strings and unknown. */
unsigned dtype_bits(enum dtype);
enum dtype_class dtype_class(enum dtype);
/* -1 if there is no such name. */
int dtype_parse(const char *, size_t n);

/* Bytes of n elements, packed: ceil(n * bits / 8). false on overflow of 64
 * bits (out is then UINT64_MAX). */
bool dtype_bytes(enum dtype, uint64_t n, uint64_t *out);

/* Element i of little-endian packed data (first element in the low bits for
 * types under 8 bits) as a double; complex gives the real part. */
double dtype_get(enum dtype, const void *, uint64_t i);
/* Integer and bool types exactly; u64 above INT64_MAX wraps (check the type). */
int64_t dtype_get_int(enum dtype, const void *, uint64_t i);

/* The code of the value nearest to v, ties to even, in the low bits: what
 * dtype_get reads back. Integers take whole numbers in their range; floats are
 * f16, bf16, f32 and f64. Other types give 0. */
uint64_t dtype_code(enum dtype, double v);
/* That value: v as the type has it. */
double dtype_rounded(enum dtype, double v);

/* Largest finite magnitude of float16, the Neural Engine's working type; and one beyond which
 * a number stands for one without bounds: converters differ in which, so that it is finite. */
#define F16_MAX 65504.0
#define F16_HUGE 3e4
/* The least one above zero, and what computing in it may make a number be off, in parts of it. */
#define F16_LEAST 6e-8
#define F16_OFF 2e-3
/* Are both one number of which computing in float16 may make two? Infinity is near to itself. */
bool f16_near(double x, double y);
/* Has float16 no other number for x than y, infinite? */
bool f16_overflows(double x, double y);
/* Are both the same number, none, or beyond F16_HUGE on the same side? */
bool f16_alike(double x, double y);

#endif
