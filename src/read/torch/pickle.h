/* SPDX-License-Identifier: Apache-2.0 */
/* Python pickles, protocols 0 to 5, as inert data: nothing is imported, called
 * or built. What a program would do stays a record of what it names: a call of
 * a global with arguments, a state, what was appended. The values are a graph
 * that shares, and may hold itself: walk it with a bound. Opcodes: Python's
 * pickletools; what PyTorch writes: facts/torchscript-format.md section 3. */
#ifndef READ_PICKLE_H
#define READ_PICKLE_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct ctx;
struct source;

enum pickle_kind {
	PK_NONE, PK_BOOL, PK_INT, PK_FLOAT,
	PK_BIG,        /* an integer of more than 64 bits: text has its bytes, lowest first */
	PK_STR, PK_BYTES,
	PK_TUPLE, PK_LIST, PK_DICT, PK_SET,
	PK_GLOBAL,     /* a name of a module, or the number of an extension */
	PK_CALL,       /* something called or made: see struct pickle_call */
	PK_PERSISTENT, /* what the file keeps outside of the pickle, by this value */
	PK_BUFFER      /* data outside of the pickle, of protocol 5 */
};

enum pickle_flag {
	PICKLE_CALLED = 1,    /* a global that something calls or makes an object of */
	PICKLE_BUILT = 2,     /* an object of it, or itself, gets a state */
	PICKLE_EXTENSION = 4, /* a global by its number: v.i */
	PICKLE_COMPUTED = 8   /* a global whose names were no plain strings at that place */
};

struct pickle_value;

/* callee(*args, **kwargs); then state is set and items are appended. */
struct pickle_call {
	struct pickle_value *callee, *args, *kwargs, *state; /* NULL: none */
	struct pickle_value **list, **dict;                  /* appended; keys and values in turn */
	uint32_t nlist, ndict;
	bool made;            /* an object made of a class, without calling it */
};

struct pickle_value {
	enum pickle_kind kind;
	uint32_t flags;
	uint64_t n;           /* items (of a dictionary keys and values), bytes of a text */
	uint64_t off;         /* of the opcode that made it, in the source */
	union {
		int64_t i;    /* also of PK_BOOL */
		double f;
		struct { const char *s; uint64_t at; } text; /* NUL behind it; NULL: too long to
		                                              * keep. at: where its bytes lie */
		struct pickle_value **items;
		struct { const char *module, *name; } global;
		struct pickle_call *call;
		struct pickle_value *id; /* of PK_PERSISTENT */
	} v;
	void *made;           /* what a reader has made of it; NULL before */
};

struct pickle_list { struct pickle_value **list; uint32_t n; };

struct pickle {
	struct pickle_value *root;  /* NULL: it broke before there was any */
	uint64_t start, end;        /* of what was decoded; end is behind STOP */
	unsigned protocol;          /* the highest it states; 0: none */
	bool stopped;               /* STOP was reached */
	const char *problem;        /* the first one, or NULL; static text */
	uint64_t problem_at;
	struct pickle_list globals; /* in file order, one each time it is named */
	struct pickle_list strange; /* calls of what is no global */
	struct pickle_list nested;  /* texts that begin like a pickle */
	struct pickle_list persistent; /* all PK_PERSISTENT */
};

/* Decode the pickle at off. Values live in a; scratch is free for others
 * afterwards. Reading goes on behind what makes no sense as long as opcodes can
 * be told apart; out says what was wrong. May leave through ctx->escape. */
void pickle_read(struct ctx *, struct arena *a, struct arena *scratch, const struct source *,
	uint64_t off, struct pickle *out);
/* A diagnostic for out->problem, if there is one. */
void pickle_report(struct ctx *, const struct source *, const struct pickle *);

/* Is v that name? In the spelling of Python 3; NULL is no value. */
bool pickle_is_global(const struct pickle_value *v, const char *module, const char *name);
/* Is v a call of that name with at least n positional arguments? */
bool pickle_is_call(const struct pickle_value *v, const char *module, const char *name,
	uint32_t n);
/* Argument i of a call, or item i of a tuple or list; NULL: there is none. */
struct pickle_value *pickle_item(const struct pickle_value *v, uint64_t i);
/* Its integer; false: v is none. */
bool pickle_int(const struct pickle_value *v, int64_t *i);
/* Its text, or NULL: v is no string. */
const char *pickle_str(const struct pickle_value *v);
/* Keys and values in turn of a dictionary, or of a call that gets some, such as
 * OrderedDict; NULL: none. */
struct pickle_value **pickle_pairs(const struct pickle_value *v, uint64_t *n);
/* The value of a string key in those, the last of several; NULL: none. */
struct pickle_value *pickle_get(const struct pickle_value *v, const char *key);

/* Values that other files describe in their own way, as a pickle would have them:
 * of this arena; off is the place to name. */
struct pickle_value *pickle_new(struct arena *, enum pickle_kind, uint64_t off);
struct pickle_value *pickle_new_int(struct arena *, int64_t, uint64_t off);
/* A call of that name without arguments: push them to its args. */
struct pickle_value *pickle_new_call(struct arena *, const char *module, const char *name,
	uint64_t off);
/* Append to a tuple, list or dictionary that was made so. */
void pickle_push(struct arena *, struct pickle_value *list, struct pickle_value *item);

#endif
