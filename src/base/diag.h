/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics: appended to a list, never printed here. The catalogue is
 * diag.def; ids are stable and part of the JSON contract (doc/JSON.md). */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdbool.h>
#include <stdint.h>

struct ctx;
struct source;

/* Ordered by severity; --fail-on compares them. */
enum diag_level {
	LEVEL_NOTE,
	LEVEL_WARN,
	LEVEL_ERROR,  /* input was wrong and something was left out */
	LEVEL_UNSUPP, /* valid input that we do not read */
	LEVEL_FATAL,  /* nothing of the model could be shown */
	LEVEL_BUG,
	LEVEL_COUNT
};

enum diag_id {
#define DIAG(id, level, name, title, advice) DIAG_##id,
#include "base/diag.def"
#undef DIAG
	DIAG_COUNT
};

/* A range of bytes of a file; src NULL = no place known. */
struct loc {
	const struct source *src;
	uint64_t off;
	uint64_t len;
};

struct diag {
	enum diag_id id;
	enum diag_level level;
	char *message;       /* strings are owned by the list */
	char *path;          /* field path such as graph.node[3].input[0], or NULL */
	char *node;          /* node the finding is about, or NULL */
	char *file;          /* file name, or NULL */
	char *member;        /* of the archive that the file is, where the place is; or NULL */
	uint64_t off;        /* byte offset, or DIAG_NO_OFFSET */
	uint32_t line;       /* 1-based line in a text format; 0 = none */
	char *python;        /* line of the user's program, "model.py:12", or NULL */
	char *rule, *advice; /* of the rule that says it, or NULL */
	uint64_t print;      /* by which it is known again (report/finding.h); 0: none yet */
	bool known;          /* it stands in the baseline */
};
#define DIAG_NO_OFFSET UINT64_MAX

struct diags {
	struct diag *list;
	uint32_t n, cap;
	uint32_t dropped;              /* beyond limits.diags */
	uint32_t count[LEVEL_COUNT];   /* dropped ones included */
};

/* Where a finding is; any member may be 0. */
struct where {
	struct loc loc;
	const char *path;
	const char *node;
	uint32_t line;
	const char *python; /* as in struct diag */
	/* findings of rule files: id, advice and level of the rule stand in place
	 * of the catalogue's */
	const char *rule, *advice;
	enum diag_level level; /* with rule */
};

/* What rules of a user make of a row of the catalogue (ctx.changes). */
struct diag_change {
	bool set;
	enum diag_level level;     /* LEVEL_COUNT: it is not reported */
	const char *rule, *advice; /* or NULL */
};

/* Append a diagnostic; strings are copied. printf-like message: what was
 * found, and what was done instead. Never fails: when memory is gone the
 * finding is only counted. */
void diag_add(struct ctx *, enum diag_id, const struct where *, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Free the strings of one entry. */
void diag_clear(struct diag *);
/* Forget all from number n on: they were one step's own affair. */
void diags_cut(struct diags *, uint32_t n);
/* Forget all of one kind. */
void diags_remove(struct diags *, enum diag_id);

/* Catalogue, borrowed: stable name, level, one-line title, advice ("" if none). */
const char *diag_name(enum diag_id);
enum diag_level diag_level(enum diag_id);
const char *diag_title(enum diag_id);
const char *diag_advice(enum diag_id);
/* Row of that name, or DIAG_COUNT. */
enum diag_id diag_find(const char *name);
/* The advice that goes with a finding: its rule's, or the catalogue's. */
const char *diag_says(const struct diag *);
/* "note" "warn" "error" "unsupp" "fatal" "bug". */
const char *level_name(enum diag_level);
/* Level of that name, or -1. */
int level_parse(const char *);
/* The end of a word that is counted: "" for one, "s" for any other number. */
static inline const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}
/* Highest level seen, or -1 when there is none. */
int diags_worst(const struct diags *);

#endif
