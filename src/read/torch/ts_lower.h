/* SPDX-License-Identifier: Apache-2.0 */
/* From the compiler's graphs and the archive's objects to the model. */
#ifndef READ_TS_LOWER_H
#define READ_TS_LOWER_H

#include "read/torch/ts_object.h"

/* A small file can refer to a long text many times over: beyond so many bytes parts
 * are left out. */
enum { TS_CHARS = 64 << 20 };

struct ts_lowering {
	struct ts_unit *u;
	struct ts_objects objects;
	struct ts_obj *root;
	struct pickle_value *constants; /* of constants.pkl, or NULL */
	struct torch_store *constant_store;
	struct decl_table decls;
	struct arena *a;           /* scratch */
	uint32_t *taken;           /* by str id: how often a name was wanted */
	uint32_t ntaken;
	bool *changed;             /* by str id: attributes that something sets */
	uint32_t nchanged;
	bool frozen;               /* attributes are constants (ts_freeze.c) */
	bool *passed;              /* by str id: paths of what the graph gets as objects */
	uint32_t npassed;
	struct ts_literal *literals; /* tensors of literals, by their text */
	uint32_t nliterals, literal_mask;
	uint32_t nparts, nheld;    /* of what attributes hold, so far: listed, looked at */
	uint64_t nchars;           /* bytes of names and texts made for these */
	struct row_names *rows;    /* by row: names of its parameters */
	struct graph *main, *here; /* here: the method being lowered, or main */
	struct ts_val *self;       /* of the graph being lowered; NULL: unknown objects */
};

/* Tensors of the root module as initializers of the main graph, with roles. */
void ts_hold(struct ts_lowering *);
/* The object is an operand: what hangs below it, or below that attribute of it, may be
 * read where it goes. */
void ts_pass(struct ts_lowering *, const struct ts_obj *, const struct str *attr);
/* When all is lowered: mark the initializers that are read so. */
void ts_hold_passed(struct ts_lowering *);
/* The initializer for an object, in main or here: a tensor of its own, or contents
 * and the type given. */
struct value *ts_held(struct ts_lowering *, struct ts_obj *, const struct type *);
/* The object that v is, when the archive holds it; NULL: it is made at run time, or
 * noted as an attribute that the block sets. */
struct ts_obj *ts_object_of(struct ts_lowering *, struct ts_val *v);
void ts_note_changes(struct ts_lowering *, struct ts_block *);
/* Change the inlined graph to what torch.jit.freeze makes of it. */
void ts_freeze(struct ts_lowering *, struct ts_graph *);
/* Fill g, which is empty, from the graph. Operands are names until
 * model_bind. */
void ts_lower(struct ts_lowering *, struct ts_graph *, struct graph *g);
/* A name for a value that nothing else has. */
const struct str *ts_label(struct ts_lowering *, const struct str *wanted);
/* A literal of that type: its tensor and text. */
struct tensor *ts_literal(struct ts_lowering *, const struct ts_const *, const struct str **text);
/* Lists, tuples, dictionaries and objects as items; path names the tensors in
 * them. */
struct tensor *ts_contents(struct ts_lowering *, struct torch_store *, struct pickle_value *,
	const struct str *path);
/* The constant that the pickled value is, if it is a number, a text or None. */
bool ts_const_of(struct ts_unit *, const struct pickle_value *, struct ts_const *);
/* Type of a tensor that is there. */
const struct type *ts_tensor_type(struct ts_lowering *, const struct tensor *);

#endif
