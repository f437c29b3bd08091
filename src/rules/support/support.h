/* SPDX-License-Identifier: Apache-2.0 */
/* What ct.convert of coremltools 9.0 would do with a model: every blocker at
 * once. The converter's own steps are followed on types, shapes and small
 * contents: options, loading, one operator after the other, passes, checks.
 * What stops it is derived from what it checks; source: its registry, front
 * ends and operation definitions (facts/conversion-pipeline.md). */
#ifndef RULES_SUPPORT_H
#define RULES_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/reason.h"

struct arena;
struct ctx;
struct model;
struct node;
struct rule_env;
struct ruleset;
struct str;

/* Verdicts of the set "support"; the check of a name, enum reason, or -1. */
extern const char *const support_verdicts[];
int support_check(const char *name);
extern const char support_rules_text[];
extern const unsigned support_rules_len;

enum support_outcome { SUPPORT_CONVERTS, SUPPORT_FAILS, SUPPORT_UNKNOWN };

/* Arguments of ct.convert as a user writes them; NULL: not given. */
struct support_options {
	const char *target;      /* iOS13 ... iOS26, macOS15, ... */
	const char *frontend;    /* torchscript, export: the one that is meant; the file decides */
	const char *convert_to, *precision, *source, *pipeline, *package_dir, *load;
	const char *outputs;     /* "name:f16,other" */
	const char *classifier;  /* labels */
	bool no_inputs;          /* the inputs argument is not passed */
	bool decompose;          /* run_decompositions({}) is called on an exported program */
	bool defaults;           /* arguments that the exporter left out are filled in */
	bool frozen;             /* TorchScript was read as torch.jit.freeze makes it */
	const char *const *inputs; /* in the notation of --input, states too */
	uint32_t ninputs;
	/* Sets of rules in force, the built-in one first, and what conditions of users
	 * are asked of: begun. */
	const struct ruleset *const *sets;
	uint32_t nsets;
	struct rule_env *env;
};

struct blocker {
	enum reason reason;
	const char *stage;       /* load, input-validation, frontend, pass:NAME, check, ... */
	const char *op;          /* "aten::add.Tensor"; "" when no node is to blame */
	const struct node *node; /* the first one, or NULL */
	const char *name;        /* of that node, or "" */
	const char *scope;       /* module path; "" for the root */
	const char *line;        /* "model.py:12", or "" */
	const char *message, *fix;
	uint32_t count;
	const struct node **others; /* beside the first one that it is said of */
	uint32_t nothers;
	bool unreached;          /* behind the point where the conversion is complete */
	bool silent;             /* stops nothing: what is converted computes something else */
	/* the first that says the same of the same operator, the next one of these, and of
	 * the first: the last one */
	uint32_t kind, next, last;
};
#define BLOCKER_NONE UINT32_MAX /* of next: there is no more */

/* What it is as a finding: an error stops the conversion, a warning changes the model. */
enum diag_level blocker_level(const struct blocker *);

/* Members of ct.target: the iOS version that has the same specification, 0 for another
 * name or NULL; all names, a blank before each. */
int support_target(const char *name);
extern const char support_targets[];

struct support_feature { const char *name, *type; };

/* The same with a cure that mlinspect's convert applies by itself. */
struct support_cure {
	const char *name;              /* freeze, decompose */
	enum support_outcome outcome;
	const struct blocker *stops_at; /* without nodes; NULL: none */
};

struct support {
	enum support_outcome outcome;
	const char *target, *frontend; /* in force; frontend is "none" for formats without one */
	const char *convert_to;   /* in force; NULL: nothing is converted */
	bool target_given, to_given;
	const struct blocker *stops_at; /* NULL: it converts, or nobody knows */
	struct blocker *blockers;
	uint32_t nblockers;
	const struct support_cure *cure; /* NULL: none is applied, or it was asked for */
	const char *cures;        /* what is judged was changed by, with commas; NULL: nothing */
	const char *note;         /* what to say before all else, or NULL */
	bool already;             /* it is a Core ML model: the target alone is judged */
	int spec_version;         /* of the result; 0: not known */
	struct support_feature *inputs, *outputs;
	uint32_t ninputs, noutputs;
};

/* What to say behind the outcome when some are silent; "" when none is. */
const char *support_lost_words(const struct support *);

/* How the registry of the converter knows an operator, by its lookup name: in the arena,
 * NULL when it has no converter; ts, ep: numbers of arguments either front end takes, as
 * support_ops.def has them. */
const char *support_registered(struct arena *, const char *op, const char **ts, const char **ep);
/* Such numbers in words, in the arena: "4 or 5". */
const char *support_counts(struct arena *, const char *spec);
const char *support_lookup_name(struct arena *, const char *op);

/* The operator that a PyTorch model has in the place of a node of ONNX: "aten::relu"; "-":
 * none is needed; NULL: there is none. */
const char *support_counterpart(const struct node *);

/* The result lies in the arena. Models of all formats; only those of PyTorch have
 * all steps. May leave through ctx->escape. */
struct support *support_model(struct ctx *, struct arena *, const struct model *,
	const struct support_options *);

#endif
