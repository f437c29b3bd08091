/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the torch.export reader share: one program, read in one
 * pass over its JSON. Never the version decides what is expected, but what is
 * there. Each function reads the value ahead in r->j, whatever it is. Facts:
 * facts/pt2-format.md. */
#ifndef READ_PT2_READ_H
#define READ_PT2_READ_H

#include "base/sink.h"
#include "ir/build.h"
#include "read/json_in.h"

struct pt2_reader {
	struct ctx *ctx;
	struct model *m;
	struct arena scratch;
	const struct source *src;  /* of the program */
	struct json_in j;
	struct decl_table decls;
	struct sink text;          /* where an expression is written */
	int64_t major;             /* of the schema, when it could be seen beforehand; or 0 */
	/* inputs of the main graph, which become values when roles are known */
	struct pt2_input { const struct str *name; struct loc loc; } *inputs;
	/* tensors of the archive by the name the module gives them */
	struct pt2_held {
		const struct str *name;
		struct tensor *t;
		struct value *value; /* of one that no input is for */
	} *held;
	uint32_t ninputs, nheld;
};

/* A value of several kinds, as_int and the like: an object with one member, or
 * "$type" and "$value". True: the value is ahead; then call pt2_union_end. */
struct pt2_union { char name[40]; };
bool pt2_union(struct pt2_reader *, struct pt2_union *);
void pt2_union_end(struct pt2_reader *);

/* A string, interned; "" when it is none. */
const struct str *pt2_str(struct pt2_reader *);
/* The name in TensorArgument and its like, or bare. */
const struct str *pt2_name(struct pt2_reader *);
/* The value as text, at most limits.text bytes. */
const struct str *pt2_raw(struct pt2_reader *);

/* TensorMeta. Sets *permuted when strides say another order than that of the dims. */
const struct type *pt2_tensor_meta(struct pt2_reader *, bool *permuted);
/* SymInt as a dim. */
const struct dim *pt2_dim(struct pt2_reader *);
/* By the number of PyTorch's export schema. */
enum dtype pt2_dtype(const struct pt2_reader *, int64_t);
/* Of an expression's text: past spaces and then this one, when it comes next. */
bool pt2_accept(const char **s, const char *end, const char *text);
const struct str *pt2_expr(struct pt2_reader *, const char *, uint32_t n);
/* The same as a dim: arithmetic where that can say it, else a symbol of the text. */
const struct dim *pt2_expr_dim(struct pt2_reader *, const char *, uint32_t n);

/* An argument of the node under this name: operands, attributes or a region. */
void pt2_argument(struct pt2_reader *, struct node *, const struct str *name);
/* Fill a graph; the inputs of the main graph go to r->inputs. */
void pt2_graph(struct pt2_reader *, struct graph *);
/* Signature: roles of the main graph. */
void pt2_signature(struct pt2_reader *);
/* The whole program; then names are bound. */
void pt2_program(struct pt2_reader *);

/* An empty reader for one program, to be filled into the model. */
void pt2_init(struct pt2_reader *, struct ctx *, struct model *);
void pt2_fini(struct pt2_reader *);
/* Read the program in the source; r->held is filled before. Memory that ends is
 * seen to here. */
void pt2_read_source(struct pt2_reader *, const struct source *);

struct archive;
/* What program NAME of an archive holds, into r->held. */
void pt2_weights(struct pt2_reader *, struct archive *, const char *name);

#endif
