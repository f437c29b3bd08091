/* SPDX-License-Identifier: Apache-2.0 */
/* Element types. Small floats are described by their widths and by what their
 * top codes mean, and decoded by putting a double's bits together: exact, as
 * every one of them is a double. Data may lie at any address, in little-endian
 * order on any machine. */
#include <math.h>
#include <string.h>

#include "base/dtype.h"

static const struct {
	char name[12];
	uint8_t len, bits, klass;
} rows[] = {
#define DTYPE(id, name, bits, klass) { name, sizeof name - 1, bits, klass },
#include "base/dtype.def"
#undef DTYPE
};

const char *
dtype_name(enum dtype t)
{
	return rows[t].name;
}

unsigned
dtype_bits(enum dtype t)
{
	return rows[t].bits;
}

enum dtype_class
dtype_class(enum dtype t)
{
	return rows[t].klass;
}

int
dtype_parse(const char *s, size_t n)
{
	int t;

	for (t = DT_NONE + 1; t < DT_COUNT; t++)
		if (rows[t].len == n && memcmp(rows[t].name, s, n) == 0)
			return t;
	return -1;
}

bool
dtype_bytes(enum dtype t, uint64_t n, uint64_t *out)
{
	uint64_t bits = rows[t].bits, part = (n % 8 * bits + 7) / 8;

	/* 8 elements of b bits are b bytes */
	if (__builtin_mul_overflow(n / 8, bits, out) ||
	    __builtin_add_overflow(*out, part, out)) {
		*out = UINT64_MAX;
		return false;
	}
	return true;
}

static uint32_t
load32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* A little-endian number of 1, 2, 4 or 8 bytes. */
static uint64_t
load(const unsigned char *p, unsigned bytes)
{
	if (bytes == 8)
		return load32(p) | (uint64_t)load32(p + 4) << 32;
	return bytes == 4 ? load32(p) : bytes == 2 ? p[0] | (uint32_t)p[1] << 8 : p[0];
}

/* The bits of element i; types under 8 bits may straddle two bytes. */
static uint64_t
element(const unsigned char *p, uint64_t i, unsigned bits)
{
	unsigned shift, v;

	if (bits >= 8)
		return load(p + i * (bits / 8), bits > 64 ? 8 : bits / 8);
	p += i / 8 * bits + i % 8 * bits / 8;
	shift = (unsigned)(i % 8 * bits % 8);
	v = *p >> shift;
	if (shift + bits > 8)
		v |= (unsigned)p[1] << (8 - shift);
	return v & ((1u << bits) - 1);
}

static int64_t
sign_extend(uint64_t v, unsigned bits)
{
	uint64_t sign = UINT64_C(1) << (bits - 1);

	v = (v ^ sign) - sign;
	return v <= INT64_MAX ? (int64_t)v : -(int64_t)~v - 1;
}

/* The codes that are no plain numbers. */
enum special {
	IEEE,   /* top exponent: infinity and NaN */
	TOP_NAN, /* all ones: NaN */
	NEG_NAN, /* the code of -0: NaN */
	FINITE  /* none */
};

/* Rows by dtype; ml_dtypes and the OCP documents agree on these. */
static const struct minifloat {
	uint8_t exp, mant, bias, special;
} minifloats[DT_COUNT] = {
	[DT_F4E2M1] = { 2, 1, 1, FINITE },
	[DT_F6E2M3] = { 2, 3, 1, FINITE },
	[DT_F6E3M2] = { 3, 2, 3, FINITE },
	[DT_F8E4M3FN] = { 4, 3, 7, TOP_NAN },
	[DT_F8E4M3FNUZ] = { 4, 3, 8, NEG_NAN },
	[DT_F8E5M2] = { 5, 2, 15, IEEE },
	[DT_F8E5M2FNUZ] = { 5, 2, 16, NEG_NAN },
	[DT_F16] = { 5, 10, 15, IEEE },
	[DT_BF16] = { 8, 7, 127, IEEE },
};

static double
double_of(uint64_t bits)
{
	double d;

	memcpy(&d, &bits, sizeof d);
	return d;
}

static double
minifloat_get(const struct minifloat *f, unsigned c)
{
	unsigned mant = c & ((1u << f->mant) - 1), top = (1u << f->exp) - 1;
	unsigned exp = c >> f->mant & top, neg = c >> (f->mant + f->exp);
	uint64_t sign = (uint64_t)neg << 63;

	if (f->special == NEG_NAN && neg && exp == 0 && mant == 0)
		return NAN;
	if (f->special == TOP_NAN && exp == top && mant + 1 == 1u << f->mant)
		return NAN;
	if (f->special == IEEE && exp == top)
		return mant != 0 ? NAN : neg ? -INFINITY : INFINITY;
	if (exp == 0) /* mant times the smallest subnormal */
		return (neg ? -1.0 : 1.0) * mant *
		    double_of((uint64_t)(1023 + 1 - f->bias - f->mant) << 52);
	return double_of(sign | (uint64_t)(exp + 1023 - f->bias) << 52 |
	    (uint64_t)mant << (52 - f->mant));
}

static double
float_get(enum dtype t, uint64_t v)
{
	uint32_t word = (uint32_t)v;
	float f;

	if (t == DT_F8E8M0) /* a power of two; all ones is NaN */
		return v == 0xff ? NAN : double_of((v + 1023 - 127) << 52);
	if (minifloats[t].exp != 0)
		return minifloat_get(&minifloats[t], word);
	if (t == DT_F64 || t == DT_C128)
		return double_of(v);
	memcpy(&f, &word, sizeof f); /* f32 and c64 */
	return (double)f;
}

double
dtype_get(enum dtype t, const void *p, uint64_t i)
{
	unsigned bits = rows[t].bits;
	uint64_t v;

	if (bits == 0)
		return NAN;
	v = element(p, i, bits);
	switch ((enum dtype_class)rows[t].klass) {
	case DC_BOOL:
		return v != 0;
	case DC_INT:
		return (double)sign_extend(v, bits);
	case DC_UINT:
		return (double)v;
	case DC_FLOAT:
	case DC_COMPLEX:
		return float_get(t, v);
	case DC_NONE:
	case DC_STRING:
		break;
	}
	return NAN;
}

int64_t
dtype_get_int(enum dtype t, const void *p, uint64_t i)
{
	unsigned bits = rows[t].bits;
	uint64_t v;

	if (rows[t].klass != DC_BOOL && rows[t].klass != DC_INT &&
	    rows[t].klass != DC_UINT)
		return 0;
	v = element(p, i, bits);
	if (rows[t].klass == DC_BOOL)
		return v != 0;
	return rows[t].klass == DC_INT ? sign_extend(v, bits) : sign_extend(v, 64);
}

/* A float of 16 bits. */
static uint64_t
half_code(const struct minifloat *f, double v)
{
	enum { MANT = 52, BIAS = 1023 };
	uint64_t bits, sign, top = ((UINT64_C(1) << f->exp) - 1) << f->mant, whole;
	int e, drop = MANT - f->mant;

	memcpy(&bits, &v, sizeof bits);
	sign = bits >> 63 << 15;
	e = (int)(bits >> MANT & 0x7ff) - BIAS;
	if (isnan(v))
		return sign | top | UINT64_C(1) << (f->mant - 1);
	if (e > f->bias)
		return sign | top;
	if (e < 1 - f->bias) { /* what rounds up to the first normal has its code */
		drop += 1 - f->bias - e;
		e = 1 - f->bias;
	}
	if (drop > MANT + 1) /* less than half of the smallest, or none */
		return sign;
	whole = (bits & ((UINT64_C(1) << MANT) - 1)) | UINT64_C(1) << MANT;
	/* to the nearest, of two the even one */
	whole = (whole + (UINT64_C(1) << (drop - 1)) - 1 + (whole >> drop & 1)) >> drop;
	/* a mantissa that rounds up to 2 carries into the exponent, and the
	 * greatest exponent into infinity */
	return sign | (((uint64_t)(e + f->bias - 1) << f->mant) + whole);
}

uint64_t
dtype_code(enum dtype t, double v)
{
	unsigned bits = rows[t].bits;
	float f = (float)v;
	uint64_t code = 0;
	uint32_t word;

	if (t == DT_F64) {
		memcpy(&code, &v, sizeof code);
		return code;
	}
	if (t == DT_F32) {
		memcpy(&word, &f, sizeof word);
		return word;
	}
	if (t == DT_F16 || t == DT_BF16)
		return half_code(&minifloats[t], v);
	if (!(v > -0x1p63 && v < 0x1p64) || rows[t].klass == DC_FLOAT)
		return 0;
	code = v < 0 ? (uint64_t)(int64_t)v : (uint64_t)v;
	return bits < 64 ? code & ((UINT64_C(1) << bits) - 1) : code;
}

double
dtype_rounded(enum dtype t, double v)
{
	uint64_t code = dtype_code(t, v);

	return dtype_get(t, &code, 0);
}

bool
f16_near(double x, double y)
{
	return x == y || (!isinf(x) && !isinf(y) &&
	    fabs(x - y) <= F16_OFF * fmax(fabs(x), fabs(y)) + 2 * F16_LEAST);
}

bool
f16_overflows(double x, double y)
{
	return isinf(y) && fabs(x) > F16_MAX && signbit(x) == signbit(y);
}

bool
f16_alike(double x, double y)
{
	return x == y || (isnan(x) && isnan(y)) || (fabs(x) > F16_HUGE && fabs(y) > F16_HUGE &&
	    signbit(x) == signbit(y));
}
