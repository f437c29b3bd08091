/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors: are type, dims and value fields of one mind, is external data to be
 * had, are sparse indices in order. Payload is read in pieces, above
 * LINT_SCAN_MAX bytes only when asked for (deep). */
#include <inttypes.h>
#include <string.h>

#include "rules/lint/lint_state.h"

enum {
	/* field numbers of TensorProto */
	F_DATA_TYPE = 2, F_FLOAT = 4, F_INT32, F_STRING, F_INT64, F_RAW = 9, F_DOUBLE, F_UINT64
};

static const char *
field_name(unsigned field)
{
	static const char *const names[] = {
		[F_FLOAT] = "float_data", [F_INT32] = "int32_data", [F_STRING] = "string_data",
		[F_INT64] = "int64_data", [F_RAW] = "raw_data", [F_DOUBLE] = "double_data",
		[F_UINT64] = "uint64_data"
	};

	return names[field];
}

/* The field that holds values of a type when raw_data does not. */
static unsigned
typed_field(enum dtype d)
{
	if (d == DT_F32 || d == DT_C64)
		return F_FLOAT;
	if (d == DT_F64 || d == DT_C128)
		return F_DOUBLE;
	if (d == DT_I64)
		return F_INT64;
	if (d == DT_U32 || d == DT_U64)
		return F_UINT64;
	return d == DT_STR ? F_STRING : F_INT32;
}

/* Fields with values, as bits. A field that is there but empty counts as
 * absent, as far as that can be told. */
static uint32_t
value_fields(const struct tensor *t)
{
	static const unsigned all[] = {
		F_FLOAT, F_INT32, F_STRING, F_INT64, F_RAW, F_DOUBLE, F_UINT64
	};
	uint32_t set = 0;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		set |= (uint32_t)(t->fields >> all[i] & 1) << all[i];
	/* an empty packed field is no value; an empty string is one */
	return t->stored == 0 && !(t->flags & TENSOR_EXTERNAL) ? set & 1u << F_STRING : set;
}

static unsigned
first_field(uint32_t set)
{
	return (unsigned)__builtin_ctz(set);
}

/* Does the standard's canonical form of a location leave the folder? Written
 * components only: "." and empty ones vanish, ".." takes one away. */
static bool
goes_up(const char *p)
{
	uint32_t depth = 0;

	while (*p != '\0') {
		size_t n = strcspn(p, "/");

		if (n == 2 && memcmp(p, "..", 2) == 0) {
			if (depth == 0)
				return true;
			depth--;
		} else if (n > 0 && !(n == 1 && *p == '.')) {
			depth++;
			for (size_t i = 0; i + 1 < n; i++)
				if (p[i] == '.' && p[i + 1] == '.')
					return true; /* "a..b": the checker looks no closer */
		}
		p += n + (p[n] == '/');
	}
	return false;
}

/* External data that was looked for and not found fit. A location that goes
 * down and up again ("a/../w.bin") stays inside: careful readers alone refuse
 * it, as they do one with odd characters. */
static void
check_file(struct lint *l, const struct tensor *t, const struct place *at)
{
	const struct external *x = t->ext;
	enum diag_id id = DIAG_LINT_EXT_REFUSED;

	if (x->status == EXT_OK || x->status == EXT_UNCHECKED)
		return;
	if (x->status == EXT_ABSENT)
		id = DIAG_LINT_EXT_ABSENT;
	else if (x->status == EXT_SHORT || x->bad_number)
		id = DIAG_LINT_EXT_RANGE;
	else if (x->odd || (!x->found && strstr(x->location->s, "..") != NULL))
		id = DIAG_LINT_EXT_ODD;
	lint_add(l, id, at, "data of tensor '%.*s' in '%.*s' cannot be used: %s", NAME(t->name),
	    NAME(x->location), x->why);
}

static void
check_external(struct lint *l, const struct tensor *t, const struct place *at)
{
	const struct external *x = t->ext;

	if (value_fields(t) != 0)
		lint_add(l, DIAG_LINT_EXT_INLINE, at, "tensor '%.*s' is external and has values "
		    "in %s as well", NAME(t->name), field_name(first_field(value_fields(t))));
	if (x->location->len == 0)
		lint_add(l, DIAG_LINT_EXT_LOCATION, at, "external tensor '%.*s' has no location",
		    NAME(t->name));
	else if (x->location->s[0] == '/')
		lint_add(l, DIAG_LINT_EXT_LOCATION, at, "the location of tensor '%.*s' is "
		    "absolute: '%.*s'", NAME(t->name), NAME(x->location));
	else if (goes_up(x->location->s))
		lint_add(l, DIAG_LINT_EXT_LOCATION, at, "the location of tensor '%.*s' leads "
		    "out of the model's folder: '%.*s'", NAME(t->name), NAME(x->location));
	else
		check_file(l, t, at);
}

/* Bytes of payload that come when all is read; less when it ends early. */
static uint64_t
count_bytes(struct lint *l, const struct tensor *t)
{
	unsigned char buf[4096];
	struct arena scratch;
	struct tensor_read r;
	uint64_t n = 0;
	long got;

	arena_init(&scratch, l->ctx);
	tensor_open(&r, t);
	while ((got = tensor_next(&r, &scratch, buf, sizeof buf)) > 0)
		n += t->dtype == DT_STR ? 1 : (uint64_t)got;
	arena_free(&scratch);
	return n;
}

/* Bytes that the official checker asks a typed field for: narrow types may
 * come eight or sixteen to an entry, of which readers take the low byte. */
static uint64_t
least_bytes(const struct tensor *t)
{
	unsigned bits = dtype_bits(t->dtype);

	if (t->dtype == DT_STR)
		return t->numel;
	if (bits < 8 && 8 % bits == 0)
		return (t->numel + 32 / bits - 1) / (32 / bits);
	return tensor_bytes(t);
}

static void
check_amount(struct lint *l, const struct tensor *t, const struct place *at)
{
	uint64_t need = t->dtype == DT_STR ? t->numel : tensor_bytes(t), have = t->stored;
	bool raw = (t->fields >> F_RAW & 1) != 0;
	const char *unit = t->dtype == DT_STR ? "string" : "byte";

	if (!raw && (t->stored <= LINT_SCAN_MAX || l->deep))
		have = count_bytes(l, t);
	if (have < (raw ? need : least_bytes(t)))
		lint_add(l, DIAG_LINT_TENSOR_SHORT, at, "tensor '%.*s' has %" PRIu64 " %s%s of "
		    "values, its dims ask for %" PRIu64, NAME(t->name), have, unit,
		    plural(have), need);
	else if (!raw && have < need)
		lint_add(l, DIAG_LINT_TENSOR_PART, at, "tensor '%.*s' has %" PRIu64 " byte%s of "
		    "packed values, its dims ask for %" PRIu64, NAME(t->name), have,
		    plural(have), need);
	else if (raw && have > need)
		lint_add(l, DIAG_LINT_TENSOR_LONG, at, "tensor '%.*s' has %" PRIu64 " byte%s of "
		    "values, its dims ask for %" PRIu64, NAME(t->name), have, plural(have),
		    need);
}

static void
check_values(struct lint *l, const struct tensor *t, const struct place *at)
{
	uint32_t set = value_fields(t);
	unsigned want = typed_field(t->dtype), have;

	if (t->numel == 0 && set != 0) {
		lint_add(l, DIAG_LINT_TENSOR_VALUES, at, "tensor '%.*s' has no elements but "
		    "values in %s", NAME(t->name), field_name(first_field(set)));
		return;
	}
	if (t->numel != 0 && (set == 0 || (set & (set - 1)) != 0)) {
		lint_add(l, DIAG_LINT_TENSOR_VALUES, at, "tensor '%.*s' of %" PRIu64 " element%s "
		    "has %s", NAME(t->name), t->numel, plural(t->numel), set == 0 ? "no values" :
		    "values in several fields");
		return;
	}
	if (t->numel == 0 || t->dtype == DT_NONE)
		return;
	have = first_field(set);
	if (have == F_RAW ? t->dtype == DT_STR : have != want)
		lint_add(l, DIAG_LINT_TENSOR_FIELD, at, "values of tensor '%.*s' of type %s "
		    "stand in %s, their place is %s", NAME(t->name), dtype_name(t->dtype),
		    field_name(have), field_name(want));
	else
		check_amount(l, t, at);
}

static bool
check_dims(struct lint *l, const struct tensor *t, const struct place *at)
{
	bool bad = (t->flags & TENSOR_BAD_DIMS) != 0 || t->numel > INT64_MAX;

	for (uint32_t i = 0; i < t->rank; i++) {
		if (t->dims[i] >= 0)
			continue;
		lint_add(l, DIAG_LINT_TENSOR_DIMS, at, "dim %" PRIu32 " of tensor '%.*s' is %"
		    PRId64, i, NAME(t->name), t->dims[i]);
		return false;
	}
	if (bad)
		lint_add(l, DIAG_LINT_TENSOR_DIMS, at, "tensor '%.*s' has more elements than can "
		    "be counted", NAME(t->name));
	return !bad;
}

static void
check_dtype(struct lint *l, const struct tensor *t, const struct place *at)
{
	if (t->dtype != DT_NONE)
		return;
	if (t->dtype_raw == 0)
		lint_add(l, DIAG_LINT_TENSOR_TYPE, at, "tensor '%.*s' does not state its element "
		    "type", NAME(t->name));
	else
		lint_add(l, DIAG_LINT_TENSOR_TYPE, at, "the element type of tensor '%.*s' is %"
		    PRId32 ", which there is not", NAME(t->name), t->dtype_raw);
}

void
lint_tensor(struct lint *l, const struct tensor *t, const struct place *at)
{
	if (t == NULL)
		return;
	check_dtype(l, t, at);
	if (t->flags & TENSOR_SEGMENT)
		lint_add(l, DIAG_LINT_TENSOR_SEGMENT, at, "tensor '%.*s' is stored in segments",
		    NAME(t->name));
	if (t->flags & TENSOR_EXTERNAL)
		check_external(l, t, at);
	else if (check_dims(l, t, at))
		check_values(l, t, at);
	lint_scan(l, t, at);
}

/* The indices of a sparse tensor while they are read. */
struct indices {
	const struct tensor *sparse;
	uint32_t width;  /* numbers for an element: 1, linear, or the rank */
	uint64_t nnz, size;
	uint64_t done;   /* numbers taken */
	int64_t at, last; /* linear index being put together; the one before */
};

/* Takes the next number; what is wrong with it, or NULL. */
static const char *
take_index(struct indices *x, int64_t v)
{
	uint64_t k = x->done++ % x->width;
	uint64_t dim = x->width == 1 && x->sparse->rank != 1 ? x->size :
	    (uint64_t)x->sparse->dims[k];

	if (v < 0 || (uint64_t)v >= dim)
		return "out of range";
	x->at = x->width == 1 ? v : (int64_t)((uint64_t)x->at * dim + (uint64_t)v);
	if (k + 1 < x->width)
		return NULL;
	if (x->at <= x->last)
		return "not in ascending order";
	x->last = x->at;
	x->at = 0;
	return NULL;
}

static void
check_indices(struct lint *l, struct indices *x, const struct place *at)
{
	const struct tensor *t = x->sparse->sparse->indices;
	unsigned char buf[4096];
	struct arena scratch;
	struct tensor_read r;
	const char *wrong = NULL;
	long got;

	arena_init(&scratch, l->ctx);
	tensor_open(&r, t);
	while (wrong == NULL && (got = tensor_fill(&r, &scratch, buf, sizeof buf)) > 0)
		for (long i = 0; i + 8 <= got && wrong == NULL; i += 8)
			wrong = take_index(x, dtype_get_int(DT_I64, buf + i, 0));
	arena_free(&scratch);
	if (wrong != NULL)
		lint_add(l, DIAG_LINT_SPARSE, at, "index %" PRIu64 " of the sparse tensor is %s",
		    (x->done - 1) / x->width, wrong);
}

/* What rules out looking at the indices one by one, or NULL. */
static const char *
sparse_fault(const struct tensor *t)
{
	const struct tensor *values = t->sparse->values, *indices = t->sparse->indices;

	if (values == NULL)
		return "has no values";
	if (values->rank != 1)
		return "has values of a rank other than 1";
	if (t->rank == 0)
		return "has no dims";
	for (uint32_t i = 0; i < t->rank; i++)
		if (t->dims[i] <= 0)
			return "has a dim that is not positive";
	if (indices == NULL)
		return values->dims[0] != 0 ? "has no indices" : NULL;
	if (indices->dtype != DT_I64)
		return "has indices of a type other than i64";
	if (indices->rank != 1 && indices->rank != 2)
		return "has indices of a rank other than 1 or 2";
	if (indices->dims[0] != values->dims[0])
		return "has another number of indices than of values";
	if (indices->rank == 2 && indices->dims[1] != (int64_t)t->rank)
		return "has indices of another rank than its dims";
	return NULL;
}

void
lint_sparse(struct lint *l, const struct tensor *t, const struct place *at)
{
	const char *fault;
	struct indices x;

	if (t == NULL)
		return;
	if (t->sparse->values != NULL)
		lint_tensor(l, t->sparse->values, at);
	if (t->sparse->indices != NULL)
		lint_tensor(l, t->sparse->indices, at);
	fault = sparse_fault(t);
	if (fault != NULL) {
		lint_add(l, DIAG_LINT_SPARSE, at, "the sparse tensor '%.*s' %s", NAME(t->name),
		    fault);
		return;
	}
	if (t->sparse->indices == NULL || (t->sparse->indices->stored > LINT_SCAN_MAX && !l->deep))
		return;
	x = (struct indices){ .sparse = t, .last = -1, .size = t->numel,
	    .nnz = (uint64_t)t->sparse->values->dims[0],
	    .width = t->sparse->indices->rank == 2 ? t->rank : 1 };
	check_indices(l, &x, at);
}
