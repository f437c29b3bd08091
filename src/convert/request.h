/* SPDX-License-Identifier: Apache-2.0 */
/* What a conversion is asked for: options of ct.convert and of the driver, judged
 * before anything starts; and the same as a request, a command line, a script. */
#ifndef CONVERT_REQUEST_H
#define CONVERT_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct model;
struct sink;
struct wanted;

/* As the user gives them; NULL: not given, then ct.convert has its default. */
struct convert_options {
	const char **inputs;     /* each as spec.h has it */
	uint32_t ninputs;
	const char *outputs;     /* lists of those, with commas */
	const char *states;
	const char *target;      /* "iOS17" */
	const char *convert_to;  /* "mlprogram" */
	const char *precision;   /* "f16", "f32"; "f16!OP,OP": all but these */
	const char *compute_units; /* "ALL" */
	const char *passes;      /* pipeline: "DEFAULT", "CLEANUP", "EMPTY" */
	const char *without;     /* passes left out, with commas */
	const char *labels;      /* of a classifier, with commas */
	const char *no_cure;     /* "" none at all, else the names of those left out */
	const char *cure;        /* names of those that are not used by themselves */
	const char *out;         /* package or .mlmodel to write */
	bool force;              /* over one that is there */
};

enum convert_format { CONVERT_TORCHSCRIPT, CONVERT_PT2, CONVERT_ONNX, CONVERT_OTHER };

/* Something that is done to a model before it is converted. */
struct cure {
	const char *name;
	enum convert_format format; /* of models it is for */
	bool asked;                 /* used only when asked for */
	const char *brief;          /* what it does */
	const char *what;           /* the same, and why */
	const char *python;         /* as a statement on `model` */
};
/* All of them; ends in one without a name. */
extern const struct cure cures[];

struct request {
	const struct convert_options *o;
	const char *model;       /* path */
	enum convert_format format;
	struct wanted *inputs, *outputs, *states;
	uint32_t ninputs, noutputs, nstates;
	const uint32_t *groups;  /* prefill_groups; NULL: inputs stand alone */
	uint32_t ngroups;
	uint32_t spec_target;    /* specification version of the target; 0: none given */
	bool network_format;     /* a neural network will be written, no ML Program */
	const char *f32_ops;     /* behind "f16!", or NULL */
	const char *beside;      /* where the driver writes */
	const char *scratch;     /* folder for what it needs on the way; NULL: anywhere */
	int64_t first;           /* passes of the main pipeline to run; -1: all */
	const char *left_out;    /* one more pass that is not run, or NULL */
	bool trial;              /* the result is not kept */
};

/* What is wrong with options: one sentence, its class, and which option. */
struct objection {
	const char *option;      /* "--target" */
	const char *text;
	int reason;              /* enum reason */
	uint32_t which;          /* of the inputs; UINT32_MAX: no single one */
};
/* which of an objection to what stands behind f16! */
#define OBJECTION_EXACT (UINT32_MAX - 1)

/* Read the options into the request and judge them as ct.convert does; model is
 * NULL when it could not be read. Returns how many objections there are, in the
 * arena; the request is to be sent only when there is none. */
uint32_t request_make(struct request *, struct arena *, const struct convert_options *,
    const char *path, enum convert_format, const struct model *, struct objection **);
/* What is wrong with a list of cures, in the arena, or NULL. */
const char *cure_unknown(struct arena *, const char *list);
/* Is the cure of that name used, for models that it is for? */
bool cure_used(const struct convert_options *, const char *name);
/* The same for the request's model. */
bool request_cures(const struct request *, const struct cure *);
/* One line of JSON. */
void request_json(struct sink *, const struct request *);
/* The same run as a line for the shell, and as a program in Python. */
void request_command(struct sink *, const struct request *);
void request_script(struct sink *, const struct request *);

#endif
