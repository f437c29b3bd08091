/* SPDX-License-Identifier: Apache-2.0 */
/* Types and symbolic dims, hash-consed per model: equality is pointer
 * equality. One notation everywhere (doc/JSON.md): f32[1,N,?], f32[1..8],
 * 1.. (no upper limit), i64[{1,2}], f32[] scalar, f32* no shape, seq(T),
 * opt(T), map(K,V), sparse(T), opaque(domain,name); ? no type, bad a type that
 * cannot be, dtype99[2] an element type we do not know by the file's number.
 * Core ML adds: int64 double string (Python: boolean complex), single values;
 * tuple(T,T), list(T,n),
 * dict(K) or dict(K,V), state(T), image(RGB,WxH), seq(T){lo..hi}, and behind a
 * default shape what else it may be: f32[1,4]{range 1..8,4..4},
 * f32[1,4]{enum [1,4]|[2,4]}, image(RGB,8x8){range w 8..32 h 8..},
 * image(RGB,8x8){enum 8x8|16x16}. Results of inference have arithmetic in
 * dims: 2*N+1, N/2 (rounded down), min(N,4), max(N,4), broadcast(N,M); read
 * back such a text is one symbol, or none when it has parentheses.
 *
 * Symbols and opaque names stand as they are when that is safe and says the
 * same: printable text without , [ ] { } ( ) ' " or backslash, no space at
 * either end, not a number, a range or ?. Others are quoted, 'a,b', with
 * \xNN and \u{NN} as in sink_safe and \x27 for the quote itself. */
#ifndef IR_TYPE_H
#define IR_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"

struct arena;
struct sink;
struct str;
struct strtab;

enum dim_kind {
	DIM_UNKNOWN, /* neither number nor name; never equal to another in meaning */
	DIM_CONST,   /* lo; negative ones are kept as the file has them */
	DIM_SYM,     /* sym, scoped to the model; lo..hi when hi is not 0 */
	DIM_RANGE,   /* lo..hi; hi -1 = no limit */
	DIM_CHOICE,  /* list of n constants */
	/* Arithmetic over symbols, in normal form; made by ir/dim.h alone. */
	DIM_ANON,    /* some number, the lo-th of those without a name */
	DIM_SUM,     /* lo + the sum of list[i] * op[i] */
	DIM_PRODUCT, /* op[0] * ... * op[n-1] */
	DIM_FLOOR,   /* op[0] / op[1], rounded down */
	DIM_MIN, DIM_MAX,  /* of op[0] and op[1] */
	DIM_BROADCAST      /* of op[0] and op[1]: they are equal or one of them is 1 */
};

struct dim {
	enum dim_kind kind;
	uint32_t hash;
	uint32_t serial; /* order of creation in the table */
	uint32_t parts;  /* dims in it, itself included: at most DIM_PARTS */
	uint32_t n;      /* of list and op */
	int64_t lo, hi;
	const struct str *sym;
	const int64_t *list;
	const struct dim *const *op;
};

enum type_tag {
	TY_NONE,   /* no value: None, or a type that says nothing */
	TY_TENSOR,
	TY_SPARSE, /* sparse tensor of dtype and shape */
	TY_SEQ, TY_OPT, /* of elem */
	TY_MAP,    /* key dtype, elem */
	TY_OPAQUE, /* domain, name */
	TY_SCALAR, /* one value of dtype i64, f64 or str: a feature that is no array */
	TY_TUPLE,  /* of items */
	TY_LIST,   /* of elem; dims[0] how many */
	TY_DICT,   /* items: key and, when it is stated, value */
	TY_STATE,  /* memory between calls that holds an elem */
	TY_IMAGE,  /* colour space in name; dims width, height */
	TY_RANGE,  /* elem is the default shape; dims what each of its dims may be */
	TY_ENUM,   /* elem is the default shape; items all shapes allowed */
	TY_BAD     /* written in the file in a form that says no type */
};

struct type {
	enum type_tag tag;
	enum dtype dtype;        /* element type; of TY_MAP the key */
	int32_t dtype_raw;       /* the file's own number when dtype is DT_NONE; else 0 */
	bool has_rank;
	uint32_t rank;
	const struct dim *const *dims;
	const struct type *elem; /* of what has one: never NULL once interned */
	const struct type *const *items;
	uint32_t nitems;
	const struct str *domain, *name;
	uint32_t hash;
	uint32_t parts;          /* itself and all in it, each as often as it is met */
};

/* Few bytes of a file can nest tuples so that to walk one takes for ever. What has more parts
 * is interned as TY_NONE; the widest caches of language models have some hundred. */
enum { TYPE_PARTS = 4096 };

/* The interning tables of one model. */
struct types {
	struct arena *arena;
	const struct dim **dims;
	const struct type **types;
	uint32_t ndims, dim_mask, ntypes, type_mask;
	int64_t nanon;             /* dims without a name so far */
	const struct dim *unknown;
	bool overflowed;           /* arithmetic on dims left 63 bits since this was cleared */
};

void types_init(struct types *, struct arena *);
const struct dim *dim_const(struct types *, int64_t);
const struct dim *dim_sym(struct types *, const struct str *);
/* The symbol stands for lo..hi wherever it does; hi INT64_MAX: no limit. */
void dim_bound_sym(struct types *, const struct str *, int64_t lo, int64_t hi);
const struct dim *dim_range(struct types *, int64_t lo, int64_t hi);
const struct dim *dim_choice(struct types *, const int64_t *, uint32_t n);
const struct dim *dim_unknown(const struct types *);
/* Any dim from a filled template, lists copied; hash, serial and parts are
 * ignored. An expression of more than DIM_PARTS becomes an anonymous dim. */
enum { DIM_PARTS = 64 };
const struct dim *dim_intern(struct types *, const struct dim *);

/* dims may be NULL when has_rank is false or rank is 0; it is copied. */
const struct type *type_tensor(struct types *, enum dtype, bool has_rank,
    uint32_t rank, const struct dim *const *dims);
/* Any type from a filled template (dims and items copied, hash ignored; a
 * missing elem becomes TY_NONE). A sequence may have one dim: its length. */
const struct type *type_intern(struct types *, const struct type *);

/* In the notation above; NULL is written "?". */
void type_print(struct sink *, const struct type *);
void dim_print(struct sink *, const struct dim *);
/* Parse the notation, symbols interned in strs. Takes all that type_print
 * writes, and spaces around dims and names. NULL and *at = column (0-based) of
 * the first wrong character on error; nesting is bounded by limits.depth. */
const struct type *type_parse(struct types *, struct strtab *, const char *,
    uint32_t n, uint32_t *at);

#endif
