/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the rule engine share: the tree of a condition, how it is
 * read (rule_expr.c), and what it is computed with (rule_eval.c). */
#ifndef RULES_RULE_STATE_H
#define RULES_RULE_STATE_H

#include "base/arena.h"
#include "base/ctx.h"
#include "ops/op.h"
#include "ops/sig.h"
#include "rules/rule.h"

/* Facts of tensors: one row of rule_fact.c. */
struct tensor_fact {
	const char *name;
	enum rule_type type;
	const char *choices;
	const char *help;
	/* NULL: the dims, a list of their own */
	void (*get)(struct rule_env *, const struct value *, struct rule_num *, const char **);
};
extern const struct tensor_fact tensor_facts[];
/* -1 when there is none. */
int tensor_fact_find(const char *name, uint32_t n);
const struct rule_fact *builtin_fact_find(const char *name, uint32_t n);

enum expr_kind {
	EXPR_NUM, EXPR_WORDS, EXPR_FACT, EXPR_PARAM, EXPR_TENSOR, EXPR_HAS, EXPR_INDEX,
	EXPR_NOT, EXPR_AND, EXPR_OR, EXPR_COMPARE, EXPR_IN, EXPR_SUM, EXPR_NEGATE, EXPR_FOLD
};
enum expr_operator {
	OPER_EQ, OPER_NE, OPER_LT, OPER_LE, OPER_GT, OPER_GE,
	OPER_ADD, OPER_SUB, OPER_MUL, OPER_DIV, OPER_MOD,
	OPER_MIN, OPER_MAX, OPER_TOTAL, OPER_PRODUCT, OPER_LEN, OPER_ABS, OPER_POW2
};
/* Which tensors of a node x.rank speaks of. */
enum side { SIDE_IN, SIDE_OUT, SIDE_ANY, SIDE_DATA, SIDE_PARAM };

struct rule_expr {
	enum expr_kind kind;
	enum rule_type type;
	enum expr_operator oper;
	enum side side;
	uint32_t parts;              /* evaluated for it, those of definitions included */
	bool model;                  /* makes sense without a node */
	const char *at;              /* in the text */
	struct rule_expr *child, *next; /* operands, arguments, elements of a set */
	double num;
	const char *const *words;    /* EXPR_WORDS */
	uint32_t nwords;
	const char *name;            /* of a parameter */
	const struct rule_fact *fact;
	const struct tensor_fact *tensor;
};

struct rule_scratch {
	struct rule_num *num;
	const char **word;
	const struct value **value;
	uint32_t nnum, nword, nvalue, cap;
};

/* A definition of a file, `let NAME: EXPR`. */
struct rule_let { const char *name; struct rule_expr *expr; };

/* One file while it is read. */
struct rule_file {
	struct ctx *ctx;
	struct arena *arena;
	const char *name, *text, *end;
	struct ruleset *set;
	const struct rule_domain *domains;
	uint32_t ndomains;
	int dialect;                   /* of the file, or -1 */
	struct rule_let *lets;
	uint32_t nlets;
	struct rule_index let_names;
	/* the last place whose line was asked for, and its line */
	const char *counted;
	uint32_t line;
	/* the condition being read */
	const char *p, *stop;
	const struct rule_target *targets; /* what it is for, NULL: all nodes */
	uint32_t ntargets;
	bool for_model;
	uint32_t depth;
	bool failed;
};

/* The definition of that name, the last when there are several; or NULL. */
const struct rule_let *rule_let_find(const struct rule_file *, const char *, size_t n);
/* A diagnostic about a place of the text; sets failed. Returns NULL. */
void *rule_wrong(struct rule_file *, enum diag_id, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The expression in [text, stop); NULL after a diagnostic. A condition has to be
 * BOOL. */
struct rule_expr *rule_expr_parse(struct rule_file *, const char *text, const char *stop,
	bool condition);
/* Type of a parameter of that name among the operations it may belong to, with
 * the words it may be; false: none has it (*near the most similar, or NULL). */
bool rule_param_type(struct rule_file *, const char *name, enum rule_type *, const char **choices,
	uint32_t *nchoices, const char **near);

void rule_eval(struct rule_env *, const struct rule_expr *, struct rule_list *);
enum rule_truth rule_truth_of(const struct rule_list *);

/* Does the target take the node (NULL: the model)? */
bool rule_target_takes(struct rule_env *, const struct rule_target *, const struct node *);

#endif
