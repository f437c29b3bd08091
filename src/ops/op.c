/* SPDX-License-Identifier: Apache-2.0 */
/* The rows, found by binary search, and the kinds. */
#include <string.h>

#include "base/str.h"
#include "ops/op.h"
#include "ops/sig.h"

#define D OP_DEPRECATED
#define F OP_FUNCTION
#define I OP_INFERS
#define U OP_UNDOCUMENTED
#define R OP_REMOVED
#define X OP_RUNTIME
#define A OP_ANY_ATTRIBUTE
#define B OP_ONE_OR_ALL
#define K OP_AT_LOAD
#define W OP_WRITES
#define V OP_VIEW
#define OP(domain, name, since, sem, flags, sig) \
	{ domain, name, "", since, SEM_##sem, flags, sig },
#define OV(domain, name, overload, sem, flags, sig) \
	{ domain, name, overload, 0, SEM_##sem, flags, sig },
static const struct op onnx_rows[] = {
#include "ops/onnx.def"
};
static const struct op mil_rows[] = {
#include "ops/mil.def"
};
static const struct op nn_rows[] = {
#include "ops/nn.def"
};
static const struct op aten_rows[] = {
#include "ops/aten.def"
};
#undef OP
#undef OV
#define ROWS(list, unit) { list, sizeof list / sizeof *list, unit }

static const struct {
	const struct op *row;
	uint32_t n;
	const char *unit;
} dialects[DIALECT_COUNT] = {
	[DIALECT_ONNX] = ROWS(onnx_rows, "version"), [DIALECT_MIL] = ROWS(mil_rows, "iOS"),
	[DIALECT_NN] = ROWS(nn_rows, "specification"), [DIALECT_ATEN] = ROWS(aten_rows, ""),
};

static const struct { const char *domain; int newest; } domains[] = {
	{ "", 28 }, { "ai.onnx.ml", 5 }, { "ai.onnx.preview", 1 },
	{ "ai.onnx.preview.training", 1 }, { "com.microsoft", 1 },
};

static const struct { const char *title; enum family family; } kinds[] = {
#define SEM(id, family, title) [SEM_##id] = { title, FAM_##family },
#include "ops/sem.def"
#undef SEM
};

/* TensorProto.DataType */
static const enum dtype onnx_dtypes[] = {
	DT_NONE, DT_F32, DT_U8, DT_I8, DT_U16, DT_I16, DT_I32, DT_I64, DT_STR, DT_BOOL, DT_F16,
	DT_F64, DT_U32, DT_U64, DT_C64, DT_C128, DT_BF16, DT_F8E4M3FN, DT_F8E4M3FNUZ, DT_F8E5M2,
	DT_F8E5M2FNUZ, DT_U4, DT_I4, DT_F4E2M1, DT_F8E8M0, DT_U2, DT_I2, DT_F6E2M3, DT_F6E3M2
};

enum dtype
onnx_dtype(int64_t number)
{
	return number < 0 || number >= (int64_t)(sizeof onnx_dtypes / sizeof *onnx_dtypes) ?
	    DT_NONE : onnx_dtypes[number];
}

enum dtype
dtype_of_word(const char *word)
{
	static const struct { const char *word; enum dtype dtype; } words[] = {
		{ "fp16", DT_F16 }, { "fp32", DT_F32 }, { "bool", DT_BOOL }, { "int8", DT_I8 },
		{ "uint8", DT_U8 }, { "int16", DT_I16 }, { "uint16", DT_U16 }, { "int32", DT_I32 }
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].dtype;
	return DT_NONE;
}

static const char *const families[] = {
	[FAM_OTHER] = "other", [FAM_CONV] = "conv", [FAM_MATMUL] = "matmul",
	[FAM_NORM] = "norm", [FAM_ACT] = "activation", [FAM_ELEMENTWISE] = "elementwise",
	[FAM_REDUCE] = "reduce", [FAM_POOL] = "pool", [FAM_SHAPE] = "shape",
	[FAM_INDEX] = "index", [FAM_CONTROL] = "control", [FAM_RECURRENT] = "recurrent",
	[FAM_QUANT] = "quant", [FAM_CONST] = "const", [FAM_SEQUENCE] = "sequence",
	[FAM_ML] = "ml"
};

static const char *
canonical(const char *domain)
{
	return strcmp(domain, "ai.onnx") == 0 ? "" : domain;
}

static int
compare(const struct op *op, const char *domain, const char *name)
{
	int c = strcmp(op->domain, domain);

	return c != 0 ? c : strcmp(op->name, name);
}

const struct op *
op_oldest(enum dialect dialect, const char *domain, const char *name)
{
	const struct op *rows = dialects[dialect].row;
	uint32_t lo = 0, hi = dialects[dialect].n, mid;

	domain = canonical(domain);
	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (compare(&rows[mid], domain, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == dialects[dialect].n || compare(&rows[lo], domain, name) != 0)
		return NULL;
	return &rows[lo];
}

const struct op *
op_find(enum dialect dialect, const char *domain, const char *name, int64_t version)
{
	const struct op *op = op_oldest(dialect, domain, name), *found = NULL, *end;

	if (op == NULL)
		return NULL;
	end = dialects[dialect].row + dialects[dialect].n;
	for (; op < end && op->since <= version; op++) {
		if (compare(op, canonical(domain), name) != 0)
			break;
		found = op;
	}
	return found;
}

/* Does a value of that type stand where the signature wants a tensor, or another
 * thing? What is not known may. */
static bool
suits(const struct sig_set *want, const struct value *v)
{
	bool tensor = want->text_len == 6 && memcmp(want->text, "tensor", 6) == 0;
	bool any = want->text_len >= 3 && memcmp(want->text, "any", 3) == 0;

	if (any || v == NULL || v->type == NULL || v->type->tag == TY_NONE)
		return true;
	return tensor == (v->type->tag == TY_TENSOR);
}

static bool
takes(const struct op *op, const struct node *n)
{
	uint32_t have = n->nin + n->nattrs;
	struct sig g;

	if (!sig_parse(op, &g) || have < g.min_in || have > g.max_in)
		return false;
	for (uint32_t i = 0; i < n->nin && n->nnamed == 0; i++) {
		const struct sig_arg *arg = sig_arg_at(g.in, g.nin, i);

		if (arg == NULL || !suits(&g.set[arg->set], n->in[i]))
			return false;
	}
	return true;
}

const struct op *
op_overload(const struct node *n)
{
	const struct op *op = op_oldest(DIALECT_ATEN, n->domain->s, n->type->s);
	const struct op *end = aten_rows + sizeof aten_rows / sizeof *aten_rows;

	/* where operands have names, none named is the default overload */
	const char *named = n->overload != NULL ? n->overload->s : n->nnamed > 0 ? "" : NULL;

	for (; op != NULL && op < end && compare(op, n->domain->s, n->type->s) == 0; op++)
		if (named != NULL ? strcmp(op->overload, named) == 0 : takes(op, n))
			return op;
	return NULL;
}

int
domain_newest(const char *domain)
{
	domain = canonical(domain);
	for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
		if (strcmp(domains[i].domain, domain) == 0)
			return domains[i].newest;
	return 0;
}

const struct op *
op_rows(enum dialect dialect, uint32_t *n)
{
	*n = dialects[dialect].n;
	return dialects[dialect].row;
}

const char *
op_since_unit(const struct op *op)
{
	for (int d = 0; d < DIALECT_COUNT; d++)
		if (op >= dialects[d].row && op < dialects[d].row + dialects[d].n)
			return dialects[d].unit;
	return "";
}

uint32_t
op_main(const struct node *n)
{
	static const char *const mains[] = { "x", "data", "input", "state", NULL };

	for (uint32_t i = 0; i < n->nnamed; i++)
		for (const char *const *m = mains; *m != NULL; m++)
			if (strcmp(n->in_name[i]->s, *m) == 0)
				return i;
	return n->nin > 0 ? 0 : UINT32_MAX;
}

bool
op_is_constant(const struct node *n)
{
	return n->op != NULL && (n->op->flags & OP_AT_LOAD || n->op->sem == SEM_CONST);
}

const char *
sem_title(enum sem sem)
{
	return kinds[sem].title;
}

enum family
sem_family(enum sem sem)
{
	return kinds[sem].family;
}

const char *
family_name(enum family f)
{
	return families[f];
}
