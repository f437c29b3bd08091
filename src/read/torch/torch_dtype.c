/* SPDX-License-Identifier: Apache-2.0 */
/* One table: c10::ScalarType in its order. Source: facts/torchscript-format.md
 * section 3. Quantised types are shown as the integers they hold. */
#include <string.h>

#include "read/torch/torch_dtype.h"

static const struct scalar {
	const char *storage;      /* of the storage class, without "Storage" */
	const char *name, *other; /* in the module torch */
	enum dtype dtype;
} scalars[] = {
	{ "Byte", "uint8", NULL, DT_U8 }, { "Char", "int8", NULL, DT_I8 },
	{ "Short", "int16", "short", DT_I16 }, { "Int", "int32", "int", DT_I32 },
	{ "Long", "int64", "long", DT_I64 }, { "Half", "float16", "half", DT_F16 },
	{ "Float", "float32", "float", DT_F32 }, { "Double", "float64", "double", DT_F64 },
	{ "ComplexHalf", "complex32", "chalf", DT_NONE },
	{ "ComplexFloat", "complex64", "cfloat", DT_C64 },
	{ "ComplexDouble", "complex128", "cdouble", DT_C128 }, { "Bool", "bool", NULL, DT_BOOL },
	{ "QInt8", "qint8", NULL, DT_I8 }, { "QUInt8", "quint8", NULL, DT_U8 },
	{ "QInt32", "qint32", NULL, DT_I32 }, { "BFloat16", "bfloat16", NULL, DT_BF16 },
	{ "QUInt4x2", "quint4x2", NULL, DT_U4 }, { "QUInt2x4", "quint2x4", NULL, DT_U2 },
	{ "Bits1x8", "bits1x8", NULL, DT_NONE }, { "Bits2x4", "bits2x4", NULL, DT_NONE },
	{ "Bits4x2", "bits4x2", NULL, DT_NONE }, { "Bits8", "bits8", NULL, DT_U8 },
	{ "Bits16", "bits16", NULL, DT_U16 }, { "Float8_e5m2", "float8_e5m2", NULL, DT_F8E5M2 },
	{ "Float8_e4m3fn", "float8_e4m3fn", NULL, DT_F8E4M3FN },
	{ "Float8_e5m2fnuz", "float8_e5m2fnuz", NULL, DT_F8E5M2FNUZ },
	{ "Float8_e4m3fnuz", "float8_e4m3fnuz", NULL, DT_F8E4M3FNUZ },
	{ "UInt16", "uint16", NULL, DT_U16 }, { "UInt32", "uint32", NULL, DT_U32 },
	{ "UInt64", "uint64", NULL, DT_U64 }, [44] = { "Float8_e8m0fnu", "float8_e8m0fnu", NULL,
	    DT_F8E8M0 }
};
enum { SCALARS = sizeof scalars / sizeof *scalars };

enum dtype
torch_dtype_number(int64_t n)
{
	return n >= 0 && n < SCALARS ? scalars[n].dtype : DT_NONE;
}

bool
torch_dtype_storage(const char *name, enum dtype *dt, bool *untyped)
{
	size_t n = strlen(name);

	*untyped = strcmp(name, "UntypedStorage") == 0 || strcmp(name, "_UntypedStorage") == 0;
	if (*untyped) {
		*dt = DT_U8;
		return true;
	}
	if (n < 7 || strcmp(name + n - 7, "Storage") != 0)
		return false;
	for (size_t i = 0; i < SCALARS; i++)
		if (scalars[i].storage != NULL && strlen(scalars[i].storage) == n - 7 &&
		    memcmp(scalars[i].storage, name, n - 7) == 0) {
			*dt = scalars[i].dtype;
			return true;
		}
	return false;
}

bool
torch_dtype_name(const char *name, enum dtype *dt)
{
	for (size_t i = 0; i < SCALARS; i++)
		if (scalars[i].name != NULL && (strcmp(scalars[i].name, name) == 0 ||
		    (scalars[i].other != NULL && strcmp(scalars[i].other, name) == 0))) {
			*dt = scalars[i].dtype;
			return true;
		}
	return false;
}
