/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of lint share. Findings go through lint_add, which builds
 * the place only when it is needed and stops a flood, or through lint_tally,
 * which makes one finding of many like nodes. Names are known by number:
 * arrays by string id say what is in view and what a list has already had. */
#ifndef RULES_LINT_STATE_H
#define RULES_LINT_STATE_H

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "ir/graph.h"
#include "ir/tensor.h"
#include "ops/op.h"
#include "ops/sig.h"
#include "rules/lint/lint.h"

/* Where a finding is; turned into a path and an offset when it is reported. */
struct place {
	const struct graph *g;      /* NULL: the model itself */
	const struct node *n;       /* of g, or NULL */
	const struct attr *attr;    /* of n, or NULL */
	const char *field;          /* last part of the path, or NULL */
	uint32_t index;             /* of a repeated field, else NO_INDEX */
	const struct loc *loc;      /* NULL: that of attr, n or g */
};
#define NO_INDEX UINT32_MAX

/* Many findings that are one: same id, same things they speak of. */
struct tally {
	enum diag_id id;
	const void *about, *scope;
	struct place at;   /* of the first */
	const char *text;
	uint32_t n;
};

/* A row with its signature, parsed on first use. */
struct row {
	struct sig sig;
	bool documented;
	bool contrib;      /* of a domain whose schemas the official checker lacks */
	uint32_t required; /* bit by index in sig.attr */
	uint16_t need, nneeds; /* first row of needs.def, and how many */
};

/* Form and element type of a value as far as known; 0 0: not at all. */
struct vtype {
	uint8_t form;  /* enum sig_form + 1 */
	uint8_t dtype;
};

/* Types that the variables of a signature stand for at one node. */
struct bindings { struct vtype of[SIG_SETS]; };

struct undo { uint32_t name, graph; };

/* One graph while its nodes are looked at. */
struct scope {
	const struct graph *g;
	const struct scope *up;    /* of the graph around it */
	const struct imports *imports;
	bool typed;                /* the reference infers types in here */
	bool bare;                 /* of a function without imports of its own */
	bool unsupported;          /* a node without a schema has been passed */
	uint32_t captured;
	const struct value *first_captured;
};

struct lint {
	struct ctx *ctx;
	const struct model *m;
	struct arena a;            /* of everything here */
	const char *prefix;        /* of the paths: what stage of a pipeline it is, or "" */
	const struct lint_options *opts;
	bool deep;
	bool blind;                /* the main graph has ops without a schema */
	unsigned char *readers;    /* of an ML Program, by value; NULL until asked for */
	uint32_t unscanned;        /* constants too big to look into without deep */
	uint64_t unscanned_bytes;
	enum diag_id demote;       /* what errors are reported as, or DIAG_COUNT */
	/* by str id: id + 1 of the innermost graph that has the name so far */
	uint32_t *seen;
	uint32_t *mark, stamp;     /* by str id: names already met in one list */
	bool *handed;              /* by str id: attributes of the function at hand, or NULL */
	struct undo *log;          /* what leaving a subgraph restores in seen */
	uint32_t nlog;
	struct vtype *type;        /* by value id */
	uint8_t *read;             /* by value id */
	struct model *model;       /* m, for inference */
	struct infer *infer;       /* types of all values; NULL: not yet, or not this dialect */
	struct inferred **inferred; /* by node id: what inference found */
	uint8_t *loose;            /* by value id: how much less the official inference knows */
	uint32_t nadded;           /* calls of lint_add so far */
	struct row **rows;         /* by index of the row */
	const struct op *first_row;
	struct imports merged;     /* of the model and all its functions */
	struct window win;         /* over a file with constants; unused until cap > 0 */
	uint32_t nwindows;         /* made so far */
	struct tally *tallies;
	uint32_t ntallies;
	uint32_t count[DIAG_COUNT];
};

/* lint.c */
void lint_add(struct lint *, enum diag_id, const struct place *, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Counts one more of (id, about, scope). true: it is the first, give it a
 * text with lint_tally_text. */
struct tally *lint_tally(struct lint *, enum diag_id, const void *about, const void *scope,
	const struct place *);
const struct row *lint_row(struct lint *, const struct op *);
/* Start a new list of names; then lint_again says whether name was in it. */
void lint_list(struct lint *);
bool lint_again(struct lint *, const struct str *name);
/* A domain as people write it. */
#define DOMAIN(text) ((text)->len > 0 ? (int)((text)->len < 100 ? (text)->len : 100) : 7), \
	((text)->len > 0 ? (text)->s : "ai.onnx")
/* The longest part of a name that goes into a message, for "%.*s". */
#define NAME(text) (int)((text)->len < 100 ? (text)->len : 100), (text)->s

/* lint_rules.c: what rules say of the model as a whole, and the levels in force; then
 * what rules of users find. */
void lint_rules_before(struct lint *);
void lint_rules_after(struct lint *);
/* lint_model.c */
void lint_header(struct lint *);
/* lint_function.c */
void lint_functions(struct lint *);
/* Is a node of a function body the same op under the model's imports? */
void lint_function_node(struct lint *, const struct scope *, const struct node *);
/* lint_graph.c */
void lint_graph(struct lint *, const struct graph *, const struct scope *up,
	const struct imports *);
/* lint_node.c */
void lint_node(struct lint *, struct scope *, const struct node *);
void lint_schema(struct lint *, struct scope *, const struct node *, const struct row *);
/* Are there as many inputs and outputs as the signature has? */
void lint_counts(struct lint *, const struct place *, const struct sig *);
/* lint_type.c */
void lint_decl(struct lint *, const struct graph *, const struct value *, const char *field,
	uint32_t index);
void lint_types_enter(struct lint *, const struct scope *);
void lint_types_node(struct lint *, const struct scope *, const struct node *,
	const struct row *);
/* Operand at->index of at->n against its place in the signature; what fits
 * binds the variable. Then the declared types of the outputs. */
void lint_types_operand(struct lint *, const struct scope *, const struct place *,
	const struct sig *, const struct sig_arg *, struct bindings *);
void lint_types_results(struct lint *, const struct scope *, const struct node *,
	const struct sig *, const struct bindings *);
/* What a finding about types is reported as where the official checker may not
 * see it; by_schema: it needs only the node's own schema. */
enum diag_id lint_type_level(const struct scope *, enum diag_id, bool by_schema);
/* lint_infer.c */
/* How much less than here the official inference knows of values: of some the dims, of
 * some nothing. */
enum { LOOSE_DIMS = 1, LOOSE_ALL };
/* Infer the types of the whole model; then report what was found about a node. */
void lint_infer(struct lint *);
void lint_inferred(struct lint *, const struct scope *, const struct node *, const struct row *);
/* The same of an operation of a program. */
void lint_inferred_mil(struct lint *, const struct graph *, const struct node *);
/* lint_needs.c */
/* Which rows of needs.def an op has; then what a node has that they do not allow. */
void lint_needs_find(struct row *, const struct op *);
void lint_needs(struct lint *, const struct scope *, const struct node *, const struct row *);
/* lint_tensor.c */
void lint_tensor(struct lint *, const struct tensor *, const struct place *);
void lint_sparse(struct lint *, const struct tensor *, const struct place *);
/* lint_scan.c */
void lint_scan(struct lint *, const struct tensor *, const struct place *);
/* Bytes of a constant that is looked into without being asked to. */
#define LINT_SCAN_MAX (1 << 20)
/* lint_use.c */
void lint_use(struct lint *);
/* lint_coreml.c */
void lint_coreml(struct lint *);
/* The interface's type of a value: the default of one that may vary; NULL. */
const struct type *lint_default_type(const struct type *);
/* Do they differ in what both state? Text that says how, or NULL. */
const char *lint_type_conflict(struct lint *, const struct type *, const struct type *);
/* lint_spec.c */
void lint_spec(struct lint *);
/* lint_mil.c */
void lint_program(struct lint *);
/* lint_nn.c */
void lint_network(struct lint *);
/* lint_weights.c */
/* Of a model and all its stages: files. Of one program: compressed weights. */
void lint_weights(struct lint *);
void lint_packings(struct lint *);

#endif
