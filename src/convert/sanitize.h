/* SPDX-License-Identifier: Apache-2.0 */
/* An ONNX model written again without what is of no use: the same function of the
 * same inputs, with the same names outside. Weights are copied from the file as
 * they are. Names that tools take stay, although the specification wants identifiers:
 * by "/layer1/conv/Conv_output_0" a value is found again in the model it came from. */
#ifndef CONVERT_SANITIZE_H
#define CONVERT_SANITIZE_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct ctx;
struct infer;
struct model;
struct node;
struct rope;
struct sink;
struct str;

enum sanitize_step {
#define STEP(id, word, what) STEP_##id,
#include "convert/sanitize.def"
	STEP_COUNT
};

struct sanitize_change {
	enum sanitize_step step;
	const char *what;        /* node or value it is about */
	const char *how;         /* what was done, a clause */
};

/* A known scalar (rank 0) or list of int64. */
struct sanitize_constant { uint32_t rank, n; const int64_t *v; };

/* The state of one run: what is to be left out, renamed, put in place. Tables
 * are by the dense ids of the model. */
struct sanitize {
	struct ctx *ctx;
	struct arena *a;
	struct model *m;
	unsigned steps;          /* bit per step that is to be done */
	bool *gone;              /* node */
	bool *unused;            /* initializer value that is left out */
	const struct value **alias; /* value that stands for this one, or NULL */
	const char **node_name;  /* new name, or NULL */
	const char **value_name; /* the same */
	const struct sanitize_constant **folded; /* what a value becomes, or NULL */
	const struct node ***order; /* graph: its nodes as they are to be written, or NULL */
	const struct rope *outside; /* inputs and outputs of the main graph in place of its
				     * own, of a part of it (extract.h); or NULL */
	struct sanitize_change *changes;
	uint32_t nchanges;
	uint32_t count[STEP_COUNT];
	const char *refused;     /* why the step shapes was not done, or NULL */
};

/* "names", ...; and what the step does. */
const char *sanitize_word(enum sanitize_step);
const char *sanitize_what(enum sanitize_step);
/* Bits of a list with commas. false: *bad is a word that is no step. */
bool sanitize_steps(const char *list, unsigned *steps, const char **bad);

/* Find out what is to be changed. The model must be ONNX and whole; infer knows its
 * types from inputs and constants alone. */
void sanitize_plan(struct sanitize *, struct ctx *, struct arena *, struct model *,
    struct infer *, unsigned steps);
/* Write the result. false: it could not be read or written. */
bool sanitize_write(struct sanitize *, struct sink *);

/* For the files of this module. */
void sanitize_note(struct sanitize *, enum sanitize_step, const char *what, const char *how);
const struct value *sanitize_resolve(const struct sanitize *, const struct value *);
void sanitize_fold(struct sanitize *, struct infer *);
void sanitize_twins(struct sanitize *);
/* Constants that were made and are needed: one for those with the same contents. */
void sanitize_folded_twins(struct sanitize *, const bool *live);
void sanitize_order(struct sanitize *);

#endif
