/* SPDX-License-Identifier: Apache-2.0 */
/* Rules are data: text files of stanzas, each with a condition in a small typed
 * language (mlinspect-rules(7)). A condition is held against a node, or the
 * model as a whole, and is true, false or unknown: a fact that is not known
 * makes a rule unknown, never false. Numbers are intervals for that (a dim of
 * 1..8 is above 16384 for sure not), and facts that have several values, such
 * as in.dtype, hold when one of them does. */
#ifndef RULES_RULE_H
#define RULES_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "ir/graph.h"

struct infer;
struct rule_env;
struct rule_expr;
struct sink;

/* ---- values ---- */
enum rule_type { RULE_BOOL, RULE_NUM, RULE_WORD };
/* Known when lo == hi. Truth: 0, 1, or 0..1 for unknown. */
struct rule_num { double lo, hi; };
/* What a fact is: none (absent: every comparison with it is false), one or
 * several values. more: there may be others beside these, none known. */
struct rule_list {
	enum rule_type type;
	bool more;
	uint32_t n;
	const struct rule_num *num;   /* RULE_NUM, RULE_BOOL */
	const char *const *word;      /* RULE_WORD; NULL entry: not known */
};

enum rule_truth { RULE_FALSE, RULE_UNKNOWN, RULE_TRUE };

/* ---- facts ---- */
/* A name that conditions may use. C code brings its own beside the built-in
 * ones (rule_facts). With args it is called: fed_by(topk, argsort). */
struct rule_fact {
	const char *name;
	enum rule_type type;
	const char *args;     /* "" or a letter each: b n w, the last repeats with "+" */
	const char *choices;  /* of words: "a b c"; NULL: any */
	const char *help;
	/* args: as many lists as were written */
	void (*get)(struct rule_env *, const struct rule_list *args, uint32_t nargs,
	    struct rule_list *out);
	bool model;           /* makes sense in rules for the model as well */
};
/* The built-in ones, n of them. */
const struct rule_fact *rule_facts(uint32_t *n);
/* Fact number i of a tensor (x.rank, in.dtype), with help; NULL past the last. */
const char *rule_tensor_fact(uint32_t i, const char **help);

/* What rules may give as their verdict, and who reads them. */
struct rule_domain {
	const char *name;            /* "ane": a file that says `set: ane` */
	const char *const *verdicts; /* NULL-terminated */
	const struct rule_fact *facts; /* beside the built-in ones */
	uint32_t nfacts;
	int dialect;                 /* enum dialect whose names rules use; -1: any */
	/* number of a check that is written in C, by the name that `check:` gives, or
	 * -1; NULL: the set has none */
	int (*check)(const char *name);
	bool lines;                  /* `fix NAME:` and `converts NAME:` are its rules too */
};

/* ---- rules ---- */
enum rule_confidence { /* the strongest first */
	CONF_CERTAIN, CONF_DOCUMENTED, CONF_SEVERAL, CONF_VENDOR, CONF_ONCE, CONF_REVERSED,
	CONF_FOLKLORE, CONF_COUNT
};
const char *rule_confidence_name(enum rule_confidence);

/* What a rule is for. */
struct rule_target {
	enum { FOR_MODEL, FOR_ALL, FOR_OP, FOR_KIND, FOR_FAMILY } by;
	const char *name;     /* of FOR_OP */
	int number;           /* enum sem, enum family */
};

struct rule {
	const char *id;
	const char *says;     /* reason; {EXPR} stands for a value: rule_says */
	const char *source, *advice, *state; /* "" when not given */
	struct rule_expr *when; /* NULL: always */
	const struct rule_part { const char *text; uint32_t n; struct rule_expr *expr; } *parts;
	uint32_t nparts;
	const struct rule_target *targets;
	uint32_t ntargets;
	int verdict;          /* index in domain->verdicts */
	int check;            /* what C code finds is this rule's; -1: it has a condition */
	const char *at;       /* path of what it finds, or "" */
	enum rule_confidence confidence;
	const struct ruleset *set;
	uint32_t line;
	const char *when_text; uint32_t when_len;
	bool replaced;        /* a later file has a rule of this id: never asked */
};

/* Names and the number each was last given. */
struct rule_index {
	struct rule_name { const char *s; size_t n; uint64_t hash; uint32_t number; } *slots;
	uint64_t key;
	uint32_t n, mask;
};
/* The name must outlive the index. */
void rule_index_put(struct rule_index *, struct arena *, const char *, uint32_t number);
/* UINT32_MAX: there is no such name. */
uint32_t rule_index_find(const struct rule_index *, const char *, size_t n);

struct ruleset {
	const char *name;     /* file */
	const struct rule_domain *domain;
	struct rule *rules;   /* file order */
	uint32_t n;
	struct rule_index ids;
	uint32_t wrong;       /* stanzas left out, each with a diagnostic */
	bool alone;           /* `alone: yes`: it stands in place of the built-in set */
	/* `verdict ID: WORD`: rules of earlier files with another verdict */
	const struct rule_change {
		const char *id; int verdict; uint32_t line, column;
	} *changes;
	uint32_t nchanges;
};

/* Load a text of n bytes; it must outlive the set. What is wrong is a
 * diagnostic with line and column, and that rule is left out. The domain is
 * the one of `domains` (n of them) that the file names, or the first. Never
 * NULL. May leave through ctx.escape. */
struct ruleset *rules_load(struct ctx *, struct arena *, const char *name, const char *text,
	size_t n, const struct rule_domain *domains, uint32_t ndomains);
/* The same from a file; NULL after a diagnostic when it cannot be read. */
struct ruleset *rules_load_file(struct ctx *, struct arena *, const char *path,
	const struct rule_domain *domains, uint32_t ndomains);
const struct rule *rules_find(const struct ruleset *, const char *id);
/* What the set changes and no set before it has: a diagnostic each; how many. */
uint32_t rules_unknown(struct ctx *, struct ruleset *const *before, uint32_t n,
	const struct ruleset *);
/* Replace rules of sets before it, or give them another verdict. */
void rules_overrule(struct ctx *, struct ruleset *const *before, uint32_t n, struct ruleset *);

/* ---- evaluation ---- */
/* How a node looks to the rules: by default as it is. A front that judges what
 * a node will become gives another name, kind and parameters. */
struct rule_view {
	const char *(*op)(struct rule_env *);
	/* the own name of parameter `name`, "#2" for an operand by place; NULL:
	 * unknown, unless *text is set to a value that stands for it */
	const char *(*param)(struct rule_env *, const char *name, const char **text);
	enum dtype (*dtype)(struct rule_env *, const struct value *, enum dtype);
	/* NULL: what inference says */
	const struct type *(*type)(struct rule_env *, const struct value *);
};

struct rule_env {
	const struct model *m;
	struct infer *types;          /* NULL: declared types alone */
	struct infer *any_size;       /* the same where flexible sizes stay open, or NULL */
	const struct uses *uses;      /* NULL: facts of consumers are unknown */
	const struct rule_view *view; /* NULL: as it is */
	const struct setting *setting; /* chip and system (rules/setting.h), or NULL */
	void *user;                   /* for the domain's own facts */
	unsigned char *fixed;         /* by value: is it a constant? Kept by rule_is_const */
	bool cut;                     /* rule_is_const came to the end of its steps */
	struct arena *arena;
	/* set by rules_begin, per node */
	const struct node *n;         /* NULL: the model itself */
	struct rule_scratch *scratch;
};

/* Prepare env, whose first members are set; the arena keeps the scratch. */
void rules_begin(struct rule_env *);
/* Does the rule hold for node n (NULL: the model)? */
enum rule_truth rule_holds(struct rule_env *, const struct rule *, const struct node *);
/* Call fn for every rule that is for the node (NULL: the model), file order,
 * and does not fail there. fn returns false to stop. */
void rules_each(struct rule_env *, const struct ruleset *, const struct node *,
	bool (*fn)(void *, const struct rule *, enum rule_truth), void *arg);
/* The reason in words, values filled in, for the node that env is at. */
void rule_says(struct rule_env *, const struct rule *, const struct node *, struct sink *);

/* ---- for facts ---- */
/* Room for n numbers or words until the rule is decided; fewer than asked when
 * the scratch is full (*n is changed). */
struct rule_num *rule_nums(struct rule_env *, uint32_t *n);
const char **rule_words(struct rule_env *, uint32_t *n);
void rule_give_num(struct rule_env *, struct rule_list *, double);
void rule_give_bool(struct rule_env *, struct rule_list *, enum rule_truth);
void rule_give_word(struct rule_env *, struct rule_list *, const char *); /* NULL: unknown */
void rule_give_unknown(struct rule_list *);
/* The parts of an operand that a parameter name stands for. */
struct rule_param {
	const struct value *const *values; uint32_t nvalues; /* operands; in scratch */
	const struct attr *attr;      /* or an attribute */
	const char *text; uint32_t len; /* or a default, or what a view gives */
	bool unknown;                 /* a view cannot say what stands for it */
};
/* false: the node has no such parameter. */
bool rule_param(struct rule_env *, const char *name, struct rule_param *);
/* Values of a parameter, when they are constants or followed by inference. */
void rule_param_list(struct rule_env *, const struct rule_param *, enum rule_type,
	struct rule_list *);
/* Type of a value as the rules see it, or NULL. */
const struct type *rule_type_of(struct rule_env *, const struct value *);
struct rule_num rule_dim(struct rule_env *, const struct dim *);
/* Is it known before the model runs? */
bool rule_is_const(struct rule_env *, const struct value *);
/* The same, or integers that inference has followed to numbers. */
bool rule_is_known(struct rule_env *, const struct value *);
/* Does a node or a caller read the value? True when that is not known. */
bool rule_is_read(const struct rule_env *, const struct value *);
/* Name of the op as the rules see it; of another node as it is. */
const char *rule_op(struct rule_env *);

#endif
