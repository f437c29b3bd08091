/* SPDX-License-Identifier: Apache-2.0 */
/* Syntax of the code in TorchScript archives, a subset of Python: what
 * ts_parse makes of the text of one file. Everything lies in the arena given,
 * names are interned in the model. Source: facts/torchscript-format.md section 5. */
#ifndef READ_TS_AST_H
#define READ_TS_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strmap.h"

struct arena;
struct ctx;
struct source;
struct str;
struct strtab;

enum ts_expr_kind {
	E_NAME, E_INT, E_FLOAT, E_COMPLEX, E_STR, E_NONE, E_TRUE, E_FALSE, E_ELLIPSIS,
	E_ATTR,      /* list[0] . name */
	E_SUBSCRIPT, /* list[0] [ list[1], ... ] */
	E_SLICE,     /* start, end, step; each may be NULL */
	E_CALL,      /* list[0] ( list[1], ... ): the last nkw arguments have names */
	E_TUPLE, E_LIST,
	E_DICT,      /* keys and values in turn */
	E_UNARY, E_BINARY, E_AND, E_OR, E_NOT,
	E_COND,      /* condition, then, else */
	E_STAR,      /* list[0] in arguments */
	E_LIST_COMP, /* element, target, iterated */
	E_DICT_COMP  /* key, value, target, iterated */
};

struct ts_expr {
	enum ts_expr_kind kind;
	uint32_t off, end;         /* bytes of the file's text */
	uint32_t n, nkw;
	const struct str *name;    /* of names, attributes and strings */
	struct ts_expr **list;
	union {                    /* by kind: there are hundreds of thousands */
		const char *op;         /* of unary and binary: function of the operator */
		const struct str **kw;  /* nkw names, of calls */
		union { int64_t i; double f; } v;
	};
};

enum ts_stmt_kind {
	S_ASSIGN,  /* targets = value; type may be stated */
	S_UNPACK,  /* a, b, = value */
	S_AUGMENT, /* targets[0] op= value */
	S_EXPR, S_IF, S_WHILE, S_FOR, S_WITH, S_DEF, S_RETURN, S_PASS, S_BREAK, S_CONTINUE,
	S_RAISE, S_ASSERT, S_DEL
};

struct ts_stmt {
	enum ts_stmt_kind kind;
	uint32_t off, end;
	struct ts_expr **targets;  /* of with: the objects; of assert: the message */
	uint32_t ntargets;
	struct ts_expr *type;
	struct ts_expr *value;     /* or condition, iterated, or NULL */
	const char *op;            /* S_AUGMENT: function of the operator */
	struct ts_stmt *body, *orelse;
	struct ts_def *def;
	struct ts_stmt *next;
};

struct ts_param {
	const struct str *name;
	struct ts_expr *type, *value; /* or NULL */
	bool keyword;                 /* behind a star: by name alone */
};

struct ts_def {
	const struct str *name;
	struct ts_param *params;
	uint32_t nparams;
	struct ts_expr *result;    /* type, or NULL */
	struct ts_stmt *body;
	uint32_t off;
	struct ts_def *next;
};

enum ts_base { BASE_PLAIN, BASE_MODULE, BASE_NAMEDTUPLE, BASE_ENUM, BASE_INTERFACE };

struct ts_member {
	const struct str *name;
	struct ts_expr *type, *value; /* value: of constants, enum members, defaults */
	struct ts_member *next;
};

struct ts_class {
	const struct str *name;
	enum ts_base base;
	struct ts_member *members;     /* file order */
	struct ts_def *defs;
	struct ts_expr *parameters, *buffers; /* lists of names, or NULL */
	uint32_t off;
	struct ts_class *next;
};

struct ts_file {
	const struct source *src;  /* the text, for places */
	const char *text;
	uint32_t size;
	struct ts_class *classes;
	struct ts_def *defs;
	struct strmap class_of, def_of; /* by name (ts_unit.c) */
	int64_t op_version;        /* op_version_set, or 0 */
};

/* Parse text, which must live as long as the file: syntax errors are findings
 * in ctx, and what cannot be read is left out statement by statement. True:
 * there were none. */
bool ts_parse(struct ctx *, struct strtab *, struct arena *, struct ts_file *);

/* Line (from 1) of a place in the text. */
uint32_t ts_line(const struct ts_file *, uint32_t off);

#endif
