/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the Core ML reader share. A specification is a tree of
 * models (pipelines hold models), read in one pass over one file: each model
 * is a part with tables of its own. Field numbers: facts/coreml-format.md. */
#ifndef READ_COREML_READ_H
#define READ_COREML_READ_H

#include "ir/build.h"
#include "read/wire.h"

struct read_options;
struct sink;

/* A MIL type, with the shape as tensors want it. */
struct mil_type {
	const struct type *type;
	const int64_t *dims; /* -1 for what is unknown */
	uint32_t rank;
};

/* One model of the tree and what is needed until its names are bound. */
struct coreml_part {
	struct model *m;
	struct decl_table decls;
	struct tensor **blobs;    /* tensors in weight files */
	uint32_t nblobs;
	const struct str *seen, *location; /* last weight file named, and what it means */
	struct strtab type_keys;  /* MIL types met so far, by their bytes */
	struct mil_type **types;  /* by id in type_keys */
	uint32_t ntypes;
	struct mil_type *last;    /* of them, and its bytes */
	const struct str *last_key;
	struct coreml_part *next;
};

struct coreml_reader {
	struct ctx *ctx;
	const struct read_options *opts;
	struct arena scratch;
	struct wire w;
	struct coreml_part *parts; /* newest first */
	struct coreml_part *part;  /* being read */
	struct model *m;           /* of part */
	unsigned char *text;       /* room for one string */
	bool no_texts;             /* author and the like are known from elsewhere */
};

/* Each of these reads the message that has just been entered. */
void coreml_feature(struct coreml_reader *, enum feature_role,
    const struct str *function);
void coreml_program(struct coreml_reader *);
/* Layers become nodes of the graph, all other fields its attributes. */
void coreml_network(struct coreml_reader *, struct graph *);

/* A ModelDescription at its place in a file: the interface, with texts (author
 * and the like) when asked. */
void coreml_description(struct ctx *, struct model *, const struct loc *, bool texts);
/* The type whose notation the sink holds, which is finished then; NULL: it says nothing. */
const struct type *coreml_type(struct model *, struct sink *);
/* Operands and outputs of a pipeline's node for a stage: the stage's interface. */
void coreml_stage_names(struct model *, struct node *, const struct model *stage);
/* The main graph's inputs, and its outputs among the declarations, from the
 * interface; then names are bound. When memory ends the graphs are dropped. */
void coreml_interface(struct model *, struct arena *scratch, struct decl_table *);
void coreml_bind(struct ctx *, struct model *, struct arena *scratch,
    const struct decl_table *);

const struct str *coreml_str(struct coreml_reader *, const struct wire_field *);
/* Name of the value in the field's enum; its number when it has none. */
const struct str *coreml_enum(struct coreml_reader *, const struct wire_field *);
double coreml_real(const struct wire_field *);

/* The element type of MIL's number; DT_NONE when there is none such. */
enum dtype mil_dtype(int32_t);
/* The type at the field, which has not been entered. */
const struct mil_type *mil_type(struct coreml_reader *, const struct wire_field *);
/* What a function's attribute says of the shapes of its inputs. */
void mil_flexible(struct coreml_reader *, struct graph *);
/* A Value; never NULL. */
struct tensor *mil_value(struct coreml_reader *, const struct mil_type **);
/* A Value as an attribute: numbers and strings as such, the rest as tensors. */
void mil_attr(struct coreml_reader *, struct attr *);
/* A single string; NULL when the tensor is something else. */
const struct str *mil_text(struct coreml_reader *, const struct tensor *);
/* The function that runs when none is named becomes the main graph. */
void coreml_choose_main(struct coreml_reader *);
/* The string in a Value; "" when it holds none. It is likely what the caller
 * guesses (NULL: no guess). */
const struct str *mil_string(struct coreml_reader *, const struct str *likely);

#endif
