/* SPDX-License-Identifier: Apache-2.0 */
/* What a TorchScript archive holds beside its code: modules and other objects
 * with their attributes, out of the pickles, as inert data. The same object
 * under two names is one. Source: facts/torchscript-format.md section 3. */
#ifndef READ_TS_OBJECT_H
#define READ_TS_OBJECT_H

#include "read/torch/pickle.h"
#include "read/torch/torch_tensor.h"
#include "read/torch/ts_unit.h"

struct ts_obj {
	struct pickle_value *v;    /* unwrapped: no type tags */
	struct ts_cls *cls;        /* NULL: no class of the code */
	const struct str *path;    /* attribute path of its first name */
	struct pickle_value **attrs; /* by slot of cls, NULL where there is none */
	struct value *made;        /* in the main graph, or NULL */
	struct value *made_here;   /* in a method: here */
	struct graph *here;
	bool walked, entry;        /* entry: of constants.pkl */
};

struct ts_objects {
	struct ts_unit *u;
	struct arena *a;           /* scratch */
	struct torch_store *store; /* of data.pkl */
	struct ts_obj **slots;     /* by identity of the value */
	uint32_t n, mask;
	uint32_t steps;            /* of __setstate__ run so far */
	uint64_t nattrs;           /* of all objects */
};

/* What is behind restore_type_tag and the like. */
struct pickle_value *ts_unwrap(struct pickle_value *);
/* The object of a value; path names it when it is new. NULL for NULL. */
struct ts_obj *ts_object(struct ts_objects *, struct pickle_value *, const struct str *path);
/* Attributes of an object whose class has __setstate__. */
void ts_setstate(struct ts_objects *, struct ts_obj *, const struct ts_def *);
/* Value of an attribute, or NULL. */
struct pickle_value *ts_object_attr(struct ts_objects *, struct ts_obj *, const struct str *);
/* Full name of the class of an object, or NULL. */
const struct str *ts_class_name(struct ts_unit *, const struct pickle_value *);
/* Parts of weights packed for kernels and their names, or 0: v is something else.
 * A part may be NULL. */
enum { TS_PACKED_MAX = 8 };
uint32_t ts_packed(const struct pickle_value *v, struct pickle_value *parts[TS_PACKED_MAX],
	const char *const **names);
extern const char *const TS_STATE_NAME[]; /* "state" */
/* The state of an object: of what was made, or called with, its contents. */
struct pickle_value *ts_state(const struct pickle_value *);

#endif
