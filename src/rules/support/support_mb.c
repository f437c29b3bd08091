/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of the program being built: operands are held against the rows of
 * ops/mil.def, which say what element types a target takes, what must be
 * constant, and since when the operation exists. The order of checks is the
 * converter's: equal types, then constants, then domains. */
#include <math.h>
#include <string.h>

#include "ops/op.h"
#include "ops/sig.h"
#include "rules/support/support_state.h"

static const struct sig *
row_sig(struct conv *c, const struct op *row)
{
	uint32_t n;
	const struct op *first = op_rows(DIALECT_MIL, &n);
	struct sig *sig;

	if (c->sigs == NULL)
		c->sigs = arena_array(c->a, n, sizeof *c->sigs);
	if (c->sigs[row - first] == NULL) {
		sig = arena_alloc(c->a, sizeof *sig);
		sig_parse(row, sig);
		c->sigs[row - first] = sig;
	}
	return c->sigs[row - first];
}

static const struct sig_arg *
find_arg(const struct sig *sig, const char *name)
{
	size_t n = strlen(name);

	for (uint32_t i = 0; i < sig->nin; i++)
		if (sig->in[i].name_len == n && memcmp(sig->in[i].name, name, n) == 0)
			return &sig->in[i];
	return NULL;
}

static const char *
dt_word(enum dtype t)
{
	static const struct { enum dtype t; const char *word; } words[] = {
		{ DT_F16, "fp16" }, { DT_F32, "fp32" }, { DT_I32, "int32" }, { DT_BOOL, "bool" },
		{ DT_STR, "str" }, { DT_C64, "complex64" }, { DT_I8, "int8" }, { DT_U8, "uint8" },
		{ DT_I16, "int16" }, { DT_U16, "uint16" }
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].t == t)
			return words[i].word;
	return dtype_name(t);
}

/* A value that stands for a tensor; lists of numbers become constants. */
static void
check_kind(struct conv *c, const char *op, const struct mb *a)
{
	if (a->v->kind == MV_LIST)
		cv_fail(c, REASON_CONST, "%s of %s is a list of values that are known at run time "
		    "only", a->name, op);
	if (a->v->kind == MV_TEXT)
		cv_fail(c, REASON_DTYPE, "%s of %s is a text", a->name, op);
	if (a->v->kind == MV_STATE)
		cv_fail(c, REASON_DTYPE, "%s of %s is a state", a->name, op);
	if (a->v->kind == MV_OBJECT)
		cv_fail(c, REASON_DTYPE, "%s of %s is no tensor", a->name, op);
}

static void
check_equal(struct conv *c, const char *op, const struct sig *sig, const struct mb *args)
{
	const struct mb *first[SIG_SETS] = { NULL };
	const struct sig_arg *arg;

	for (const struct mb *a = args; a->name != NULL; a++) {
		arg = find_arg(sig, a->name);
		if (arg == NULL || mv_absent(a->v) || a->v->kind != MV_TENSOR ||
		    a->v->dtype == DT_NONE || arg->variadic || sig->set[arg->set].text_len > 8 ||
		    sig->set[arg->set].text[0] < 'A' || sig->set[arg->set].text[0] > 'Z')
			continue;
		if (first[arg->set] == NULL)
			first[arg->set] = a;
		else if (first[arg->set]->v->dtype != a->v->dtype)
			cv_fail(c,
			    dt_complex(a->v->dtype) || dt_complex(first[arg->set]->v->dtype)
				? REASON_COMPLEX
				: REASON_DTYPE,
			    "%s: %s is %s, but %s is %s; they must be the same", op, a->name,
			    dt_word(a->v->dtype), first[arg->set]->name,
			    dt_word(first[arg->set]->v->dtype));
	}
}

static void
check_domain(struct conv *c, const char *op, const struct sig *sig, const struct sig_arg *arg,
	const struct mb *a)
{
	const struct sig_set *set = &sig->set[arg->set];

	if (a->v->kind != MV_TENSOR || a->v->dtype == DT_NONE || set->any)
		return;
	if ((set->of[FORM_TENSOR] & (UINT64_C(1) << a->v->dtype)) != 0)
		return;
	/* numbers of a shape, given as unsigned, are plain constants */
	if (a->v->dtype == DT_I32 && (set->of[FORM_TENSOR] & (UINT64_C(1) << DT_U32)) != 0)
		return;
	cv_fail(c, dt_complex(a->v->dtype) ? REASON_COMPLEX : REASON_DTYPE,
	    "%s does not take %s for %s", op, dt_word(a->v->dtype), a->name);
}

static const struct op *
find_row(struct conv *c, const char *op)
{
	int ios = c->ios > 18 ? 18 : c->ios;
	const struct op *row = op_find(DIALECT_MIL, "", op, ios), *first;

	if (row != NULL)
		return row;
	first = op_oldest(DIALECT_MIL, "", op);
	if (first == NULL)
		cv_fail(c, REASON_INTERNAL,
		    "the converter uses an operation %s, which does not exist", op);
	cv_fail(c, REASON_TARGET, "%s exists from iOS%d on", op, first->since);
}

void
mb_check(struct conv *c, const char *op, const struct mb *args)
{
	const struct sig *sig = row_sig(c, find_row(c, op));
	const struct sig_arg *arg;
	struct mb *kept;
	uint32_t n = 0;

	for (const struct mb *a = args; a->name != NULL; a++, n++)
		if (!mv_absent(a->v))
			check_kind(c, op, a);
	check_equal(c, op, sig, args);
	for (const struct mb *a = args; a->name != NULL; a++) {
		arg = find_arg(sig, a->name);
		if (arg == NULL || mv_absent(a->v))
			continue;
		if (arg->constant && !a->v->konst && a->v->kind == MV_TENSOR)
			cv_fail(c, REASON_CONST, "%s of %s must be a constant", a->name, op);
		check_domain(c, op, sig, arg, a);
	}
	kept = arena_array(c->a, n + 1, sizeof *kept);
	memcpy(kept, args, n * sizeof *kept);
	c->last = kept;
	c->last_op = op;
}

/* Operands of the newest operation; constants when they all are. */
static void
link_operands(struct conv *c, struct mv *v)
{
	uint32_t n = 0;

	v->maker = c->last_op;
	if (c->last == NULL) {
		v->maker = "const";
		return;
	}
	v->konst = true;
	for (const struct mb *a = c->last; a->name != NULL; a++)
		n += !mv_absent(a->v);
	v->from = arena_array(c->a, n + 1, sizeof *v->from);
	for (const struct mb *a = c->last; a->name != NULL; a++) {
		if (mv_absent(a->v))
			continue;
		v->from[v->nfrom++] = a->v;
		v->konst &= a->v->konst;
	}
	v->konst &= n > 0;
}

struct mv *
mb_out(struct conv *c, enum dtype dtype, int rank, const int64_t *dims)
{
	struct mv *v = mv_tensor(c, dtype, rank, dims);

	link_operands(c, v);
	v->node = c->n;
	c->made = arena_grow(c->a, c->made, c->nmade, sizeof *c->made);
	c->made[c->nmade++] = v;
	if (rank > 5) {
		c->all = arena_grow(c->a, c->all, c->nall, sizeof *c->all);
		c->all[c->nall++] = v;
	}
	return v;
}

struct mv *
mb_like(struct conv *c, const struct mv *x, enum dtype dtype)
{
	return mb_out(c, dtype, x->rank, x->dims);
}

/* Numbers that come of numbers, when both are followed. */
static double
compute(const char *op, double x, double y)
{
	if (strcmp(op, "add") == 0)
		return x + y;
	if (strcmp(op, "sub") == 0)
		return x - y;
	if (strcmp(op, "mul") == 0)
		return x * y;
	if (strcmp(op, "floor_div") == 0)
		return y != 0 ? floor(x / y) : NAN;
	if (strcmp(op, "mod") == 0)
		return y != 0 ? x - floor(x / y) * y : NAN;
	if (strcmp(op, "real_div") == 0)
		return x / y;
	if (strcmp(op, "maximum") == 0)
		return x > y ? x : y;
	if (strcmp(op, "minimum") == 0)
		return x < y ? x : y;
	if (strcmp(op, "pow") == 0)
		return pow(x, y);
	if (strcmp(op, "floor") == 0)
		return floor(x);
	if (strcmp(op, "ceil") == 0)
		return ceil(x);
	if (strcmp(op, "round") == 0)
		return nearbyint(x);
	if (strcmp(op, "abs") == 0)
		return fabs(x);
	if (strcmp(op, "sqrt") == 0)
		return sqrt(x);
	if (strcmp(op, "less") == 0)
		return x < y;
	if (strcmp(op, "greater") == 0)
		return x > y;
	if (strcmp(op, "less_equal") == 0)
		return x <= y;
	if (strcmp(op, "greater_equal") == 0)
		return x >= y;
	if (strcmp(op, "equal") == 0)
		return x == y;
	if (strcmp(op, "not_equal") == 0)
		return x != y;
	return NAN;
}

static bool
computed(const char *op)
{
	static const char *const ops[] = { "add", "sub", "mul", "floor_div", "mod", "real_div",
	    "maximum", "minimum", "pow", "floor", "ceil", "round", "abs", "sqrt", "less", "greater",
	    "less_equal", "greater_equal", "equal", "not_equal" };

	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		if (strcmp(ops[i], op) == 0)
			return true;
	return false;
}

/* Sizes known at run time only: NAN stays NAN. */
static void
fold(struct conv *c, struct mv *r, const char *op, const struct mv *x, const struct mv *y)
{
	uint32_t n = x->nnum > y->nnum ? x->nnum : y->nnum;
	double a, b;

	if (x->num == NULL || y->num == NULL || !computed(op) ||
	    (x->nnum != n && x->nnum != 1) || (y->nnum != n && y->nnum != 1))
		return;
	r->num = arena_array(c->a, n > 0 ? n : 1, sizeof *r->num);
	r->nnum = n;
	for (uint32_t i = 0; i < n; i++) {
		a = x->num[x->nnum == 1 ? 0 : i];
		b = y->num[y->nnum == 1 ? 0 : i];
		r->num[i] = isnan(a) || isnan(b) ? NAN : compute(op, a, b);
	}
}

struct mv *
mb_unary(struct conv *c, const char *op, struct mv *x)
{
	struct mv *r;

	CHECK(c, op, { "x", x });
	r = mb_like(c, x, x->dtype);
	fold(c, r, op, x, x);
	return r;
}

static int64_t
broadcast_dim(struct conv *c, int64_t a, int64_t b)
{
	if (a == 1)
		return b;
	if (b == 1 || a == b)
		return a;
	if (a == DIM_ANY || b == DIM_ANY)
		return a > 1 ? a : b > 1 ? b : DIM_ANY;
	if (b != DIM_SYMBOLIC && a != DIM_SYMBOLIC)
		cv_fail(c, REASON_SHAPE, "sizes %lld and %lld do not go together", (long long)a,
		    (long long)b);
	return a > 1 ? a : b > 1 ? b : DIM_SYMBOLIC;
}

int
mb_broadcast(struct conv *c, const struct mv *x, const struct mv *y, int64_t *dims)
{
	int rank = x->rank > y->rank ? x->rank : y->rank;

	if (x->rank < 0 || y->rank < 0)
		return -1;
	for (int i = 0; i < rank; i++)
		dims[i] = broadcast_dim(c, i - (rank - x->rank) < 0 ? 1 :
		    x->dims[i - (rank - x->rank)], i - (rank - y->rank) < 0 ? 1 :
		    y->dims[i - (rank - y->rank)]);
	return rank;
}

struct mv *
mb_binary(struct conv *c, const char *op, struct mv *x, struct mv *y)
{
	int64_t dims[MV_DIMS];
	bool compares = strstr("equal not_equal less greater less_equal greater_equal", op) != NULL;
	enum dtype t = x->dtype != DT_NONE ? x->dtype : y->dtype;
	struct mv *r;
	int rank;

	CHECK(c, op, { "x", x }, { "y", y });
	rank = mb_broadcast(c, x, y, dims);
	r = mb_out(c, compares ? DT_BOOL : t, rank, dims);
	fold(c, r, op, x, y);
	return r;
}

struct mv *
mb_cast(struct conv *c, struct mv *x, enum dtype t)
{
	struct mv *r;

	CHECK(c, "cast", { "x", x });
	if (t != DT_F16 && t != DT_F32 && t != DT_I32 && t != DT_BOOL && t != DT_NONE &&
	    (c->ios < 17 || !dt_int(t)))
		cv_fail(c, dt_complex(t) ? REASON_COMPLEX : REASON_DTYPE, "cast does not give %s",
		    dt_word(t));
	r = mb_like(c, x, t);
	if (x->num == NULL)
		return r;
	r->num = arena_array(c->a, x->nnum > 0 ? x->nnum : 1, sizeof *r->num);
	r->nnum = x->nnum;
	for (uint32_t i = 0; i < x->nnum; i++)
		r->num[i] = dt_int(t) ? trunc(x->num[i]) : t == DT_BOOL && !isnan(x->num[i]) ?
		    x->num[i] != 0 : x->num[i];
	return r;
}

/* The smallest type that takes both: bool, int32, fp16, fp32. */
static enum dtype
wider(enum dtype a, enum dtype b)
{
	static const enum dtype order[] = { DT_BOOL, DT_U8, DT_I8, DT_I16, DT_U16, DT_I32, DT_F16,
	    DT_F32, DT_C64 };
	int ia = -1, ib = -1;

	for (int i = 0; i < (int)(sizeof order / sizeof *order); i++) {
		ia = order[i] == a ? i : ia;
		ib = order[i] == b ? i : ib;
	}
	if (ia < 0 || ib < 0)
		return DT_NONE;
	return order[ia > ib ? ia : ib];
}

void
mb_promote(struct conv *c, struct mv **v, uint32_t n)
{
	enum dtype t = DT_NONE;
	bool some = false;

	for (uint32_t i = 0; i < n; i++) {
		if (v[i]->kind == MV_NONE)
			cv_fail(c, REASON_MISSING, "an operand is None");
		if (v[i]->kind == MV_LIST)
			cv_fail(c, REASON_CONTROL, "an operand is a list");
		if (v[i]->kind == MV_TEXT)
			cv_fail(c, REASON_DTYPE, "an operand is a text");
		if (v[i]->kind != MV_TENSOR || v[i]->dtype == DT_NONE)
			return;
		t = some ? wider(t, v[i]->dtype) : v[i]->dtype;
		some = true;
	}
	for (uint32_t i = 0; i < n; i++)
		if (t != DT_NONE && v[i]->dtype != t)
			v[i] = mb_cast(c, v[i], t);
}

struct mv *
mb_identity(struct conv *c, struct mv *x)
{
	struct mv *r;

	CHECK(c, "identity", { "x", x });
	r = mb_like(c, x, x->dtype);
	r->num = x->num;
	r->nnum = x->nnum;
	r->text = x->text;
	return r;
}
