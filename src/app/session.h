/* SPDX-License-Identifier: Apache-2.0 */
/* A session: one open model and what has been computed about it, each thing
 * once and on demand. Both front ends work on this. */
#ifndef APP_SESSION_H
#define APP_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ctx.h"
#include "ir/graph.h"
#include "rules/setting.h"

/* Arguments of ct.convert as written; NULL: not given. */
struct conversion {
	const char *const *inputs; /* "none": the argument is not passed */
	uint32_t ninputs;
	const char *states, *outputs; /* with commas */
	const char *target, *frontend, *convert_to, *precision;
	const char *source, *pipeline, *classifier, *package_dir, *load;
	bool decompose; /* run_decompositions({}) is called on an exported program */
	bool defaults;  /* and what the exporter left out of calls is filled in */
	bool freeze;    /* scripted modules are frozen, unless that leads nowhere */
	bool as_handed; /* judged as convert hands the model over: cures have been spoken of */
};

struct session_options {
	bool follow_links; /* allow links on the way to external data */
	bool methods;      /* of TorchScript, as they are written, beside the main graph */
	bool frozen;       /* TorchScript as torch.jit.freeze would make it */
	const volatile sig_atomic_t *cancel; /* as that of struct ctx, while reading */
	struct progress *progress;           /* the same */
	const char **inputs; /* types of inputs, as app/inputs.h has them */
	uint32_t ninputs;
	const char **rules;  /* files of rules beside the built-in ones */
	uint32_t nrules;
	const char **plans;  /* files of measured plans */
	uint32_t nplans;
	struct setting setting; /* where the model is to run */
	const char *stage;   /* look at this stage of a pipeline, see session_stage; or NULL */
};

struct binding;
struct costs;
struct given;
struct measurements;
struct notebook;
struct rulebook;
struct ruleset;
struct verdicts;

struct session {
	struct ctx ctx;
	const char *path;
	struct model *root;     /* of the file; NULL: could not be read */
	struct model *model;    /* looked at: the root or a stage of it */
	struct arena arena;     /* of what is computed, and of commands */
	struct arena *judged;   /* of what depends on the setting; NULL: arena */
	struct uses *uses;      /* NULL until session_uses */
	struct infer *infer;    /* NULL until session_infer */
	struct infer *infer_quiet; /* the same without findings, for session_type; NULL: none */
	struct infer *infer_default; /* NULL until session_infer_default */
	struct costs *costs;    /* NULL until session_costs */
	struct rulebook *rules; /* NULL until session_rules */
	struct ruleset **builtin; /* parsed so far; NULL: none */
	struct verdicts *verdicts; /* NULL until session_ane */
	struct setting *setting; /* NULL until session_setting */
	struct measurements *measured; /* NULL until session_measured */
	struct notebook *notes;  /* NULL until session_notes */
	const struct session_options *options;
	struct given *given;    /* for inputs of the model, in the order of the options */
	uint32_t ngiven;
	char skip[400];         /* why there is no model, but a placeholder; "" none */
	bool damaged;           /* reading had a finding at error level or above */
};

/* Read, bind ops, verify structure, give inputs their types; the options must
 * outlive the session. Always returns; model may be NULL, then
 * ctx.diags says why. */
void session_open(struct session *, const char *path, const struct session_options *);
void session_close(struct session *);
/* The model of a stage: a path of names or indices from the root, "0/inner".
 * NULL after a diagnostic when there is none. */
struct model *session_stage(struct session *, const char *path);
/* May leave through ctx.escape. */
const struct uses *session_uses(struct session *);
/* Types of all values. May leave through ctx.escape. */
struct infer *session_infer(struct session *);
/* The same with flexible inputs of Core ML at their default sizes, unless the user gave
 * others: the only ones that the Neural Engine is sure to be prepared for. */
struct infer *session_infer_default(struct session *);
/* With types for n inputs, which are kept; anew with each call. */
struct infer *session_infer_bound(struct session *, const struct binding *, uint32_t n);
/* The type of a value: as declared or, where that leaves something open, what inference
 * knows; then *inferred is set, else cleared. Makes no findings. May leave through ctx.escape. */
const struct type *session_type(struct session *, const struct value *, bool *inferred);
/* What it all takes. May leave through ctx.escape. */
const struct costs *session_costs(struct session *);
/* What ct.convert would do with the model. May leave through ctx.escape. */
struct support *session_support(struct session *, const struct conversion *);
/* Append lint's findings and those of policies to ctx.diags; deep: constants above 1 MB as well. */
void session_lint(struct session *, bool deep);
/* Is path, by whatever name, the model's file or one that it keeps data in? Then nothing
 * may be written there. */
bool session_holds(const struct session *, const char *path);
/* "ok", "partial" or "error": how much of the model is there. */
const char *session_status(const struct session *);

/* The arena of what depends on the setting. */
static inline struct arena *
session_judged(struct session *s)
{
	return s->judged != NULL ? s->judged : &s->arena;
}

#endif
