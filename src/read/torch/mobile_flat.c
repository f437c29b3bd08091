/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's mobile modules as FlatBuffers: bytecode, of which the tensors are
 * listed with the names that the objects holding them give. Values refer to each
 * other by index, so a walk is bounded in depth and steps. Slots and unions:
 * torch/csrc/jit/serialization/mobile_bytecode.fbs. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/flat.h"
#include "read/formats.h"
#include "read/nograph.h"
#include "read/torch/strided.h"
#include "read/torch/torch_dtype.h"
#include "read/torch/torch_tensor.h"

enum module_slot { M_VERSION = 0, M_METHODS = 2, M_STATE = 3, M_VALUES = 4, M_STORAGES = 6,
	M_TYPES = 7, M_SOURCES = 8, M_OPERATORS = 10 };
enum value_kind { V_TENSOR = 5, V_LIST = 7, V_TUPLE = 8, V_DICT = 9, V_OBJECT = 10 };
enum { DEPTH_MAX = 24, STEPS_MAX = 1000000 };

struct mobile {
	struct ctx *ctx;
	struct model *m;
	struct arena scratch;
	struct flat f;
	struct flat_vector values, storages, types;
	uint32_t steps, depth;
};

static void walk(struct mobile *, uint64_t index, const char *name);

static const char *
below(struct mobile *b, const char *name, const char *key)
{
	return arena_printf(&b->scratch, "%s%s%s", name, *name != '\0' ? "." : "", key);
}

static uint32_t
read_ints(struct mobile *b, const struct flat_table *t, unsigned slot, int64_t **list)
{
	struct flat_vector v;

	*list = NULL;
	if (!flat_list(&b->f, t, slot, 4, &v))
		return 0;
	*list = arena_array(&b->m->arena, v.n, sizeof **list);
	for (uint32_t i = 0; i < v.n; i++)
		(*list)[i] = flat_int_item(&b->f, &v, i, 4);
	return v.n;
}

/* The bytes of a storage; src NULL: there are none. */
static struct loc
storage_of(struct mobile *b, int64_t index)
{
	struct loc at = { NULL, 0, 0 };
	struct flat_table t;
	struct flat_vector v;

	if (index < 0 || index >= (int64_t)b->storages.n ||
	    !flat_enter_item(&b->f, &b->storages, (uint32_t)index, "storage_data", &t))
		return at;
	if (flat_list(&b->f, &t, 0, 1, &v))
		at = (struct loc){ b->m->source, v.at, v.n };
	flat_leave(&b->f);
	return at;
}

static struct tensor *
read_tensor(struct mobile *b, const struct flat_table *t, const char *name);

/* QuantizedSchema: 0 scheme, 1 scale, 2 zero point, 3 scales, 4 zero points, 5 axis. */
static const struct quant *
read_quant(struct mobile *b, const struct flat_table *t, const char *name)
{
	struct quant *q = arena_alloc(&b->m->arena, sizeof *q);
	struct tensor **const parts[] = { &q->scales, &q->zero_points };
	int64_t scheme = flat_int(&b->f, t, 0, 1), bits;
	struct flat_table part;

	if (scheme < 0 || scheme >= TORCH_SCHEME_COUNT || b->depth >= DEPTH_MAX)
		return NULL;
	b->depth++;
	bits = flat_int(&b->f, t, 1, 8);
	q->scheme = TORCH_SCHEMES[scheme];
	memcpy(&q->scale, &bits, sizeof bits);
	q->zero_point = flat_int(&b->f, t, 2, 4);
	q->axis = flat_int(&b->f, t, 5, 4);
	for (unsigned i = 0; i < 2; i++) {
		if (!flat_enter(&b->f, t, 3 + i, i == 0 ? "scales" : "zero_points", &part))
			continue;
		*parts[i] = read_tensor(b, &part, name);
		flat_leave(&b->f);
	}
	b->depth--;
	return q;
}

static struct tensor *
read_tensor(struct mobile *b, const struct flat_table *t, const char *name)
{
	struct tensor *x = arena_alloc(&b->m->arena, sizeof *x);
	struct flat_table quant;
	struct strided view = { .offset = flat_int(&b->f, t, 2, 4) };
	int64_t *dims, *strides;
	uint32_t rank = read_ints(b, t, 3, &dims), n = read_ints(b, t, 4, &strides);

	x->name = str_internz(&b->m->strs, *name != '\0' ? name : "tensor");
	x->dtype = torch_dtype_number(flat_int(&b->f, t, 1, 1));
	x->enc = &TENSOR_NONE;
	x->loc = flat_loc(&b->f, t);
	tensor_set_dims(x, dims, rank);
	view.storage = storage_of(b, flat_int(&b->f, t, 0, 4));
	view.strides = strides;
	if (n != rank || view.storage.src == NULL || !strided_place(x, &b->m->arena, &view)) {
		x->flags |= TENSOR_MISSING;
		if (x->numel > 0)
			flat_diag(&b->f, DIAG_TORCH_STORAGE, x->loc.off, "'%s' reaches beyond its "
			    "storage, or has none; its data is not shown", x->name->s);
	}
	if (flat_enter(&b->f, t, 6, "quantized_schema", &quant)) {
		x->quant = read_quant(b, &quant, name);
		flat_leave(&b->f);
	}
	return x;
}

static void
add_tensor(struct mobile *b, const struct flat_table *t, const char *name)
{
	struct tensor *x = read_tensor(b, t, name);

	nograph_add(b->m, x->name, x);
}

/* Attributes have the names of the object's type. */
static void
walk_object(struct mobile *b, const struct flat_table *t, const char *name)
{
	struct flat_vector attrs, names = { 0, 0 };
	int64_t type = flat_int(&b->f, t, 0, 4);
	struct flat_table ty;
	const char *key;

	if (!flat_list(&b->f, t, 2, 4, &attrs))
		return;
	if (type < 0 || type >= (int64_t)b->types.n ||
	    !flat_enter_item(&b->f, &b->types, (uint32_t)type, "object_types", &ty))
		return;
	flat_list(&b->f, &ty, 2, 4, &names);
	for (uint32_t i = 0; i < attrs.n; i++) {
		key = i < names.n ? flat_str_item(&b->f, &names, i, &b->m->strs)->s :
		    arena_printf(&b->scratch, "%" PRIu32, i);
		walk(b, (uint32_t)flat_int_item(&b->f, &attrs, i, 4), below(b, name, key));
	}
	flat_leave(&b->f);
}

static void
walk_items(struct mobile *b, const struct flat_table *t, unsigned slot, const char *name)
{
	struct flat_vector v;

	if (!flat_list(&b->f, t, slot, 4, &v))
		return;
	for (uint32_t i = 0; i < v.n; i++)
		walk(b, (uint32_t)flat_int_item(&b->f, &v, i, 4),
		    below(b, name, arena_printf(&b->scratch, "%" PRIu32, i)));
}

static void
walk_value(struct mobile *b, const struct flat_table *t, int64_t kind, const char *name)
{
	if (kind == V_TENSOR)
		add_tensor(b, t, name);
	else if (kind == V_OBJECT)
		walk_object(b, t, name);
	else if (kind == V_LIST || kind == V_TUPLE)
		walk_items(b, t, 0, name);
	else if (kind == V_DICT)
		walk_items(b, t, 1, name);
}

static void
walk(struct mobile *b, uint64_t index, const char *name)
{
	struct flat_table value, t;
	int64_t kind;

	if (index >= b->values.n || b->depth >= DEPTH_MAX || ++b->steps >= STEPS_MAX ||
	    !flat_enter_item(&b->f, &b->values, (uint32_t)index, "ivalues", &value))
		return;
	b->depth++;
	kind = flat_int(&b->f, &value, 0, 1); /* of the others some are no tables */
	if ((kind == V_TENSOR || (kind >= V_LIST && kind <= V_OBJECT)) &&
	    flat_enter(&b->f, &value, 1, "val", &t)) {
		walk_value(b, &t, kind, name);
		flat_leave(&b->f);
	}
	b->depth--;
	flat_leave(&b->f);
}

static void
add_number(struct mobile *b, const char *key, int64_t n)
{
	model_add_meta(b->m, str_internz(&b->m->strs, key),
	    str_internz(&b->m->strs, arena_printf(&b->scratch, "%" PRId64, n)));
}

static void
read_module(void *arg)
{
	struct mobile *b = arg;
	struct flat_table root;
	struct flat_vector v;

	nograph_begin(b->m, "mobile module", "FlatBuffer");
	b->m->producer = str_internz(&b->m->strs, "torch");
	if (flat_root(&b->f, b->ctx, &b->scratch, b->m->source, &root)) {
		flat_list(&b->f, &root, M_VALUES, 4, &b->values);
		flat_list(&b->f, &root, M_STORAGES, 4, &b->storages);
		flat_list(&b->f, &root, M_TYPES, 4, &b->types);
		walk(b, (uint32_t)flat_int(&b->f, &root, M_STATE, 4), "");
		add_number(b, "bytecode_version", flat_int(&b->f, &root, M_VERSION, 4));
		add_number(b, "operator_version", flat_int(&b->f, &root, M_OPERATORS, 4));
		if (flat_list(&b->f, &root, M_METHODS, 4, &v))
			add_number(b, "methods", v.n);
		if (flat_list(&b->f, &root, M_SOURCES, 4, &v))
			add_number(b, "source_files", v.n);
	} else {
		b->m->partial = true;
	}
	b->m->partial |= b->f.damaged;
	nograph_end(b->ctx, b->m, "a module for PyTorch mobile, bytecode for its interpreter",
	    "save the module that it was made from with torch.jit.save() or torch.export.save()");
}

void
mobile_flat_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	struct mobile b = { .ctx = ctx, .m = m };

	(void)opts;
	arena_init(&b.scratch, ctx);
	if (ctx_protect(ctx, read_module, &b) != 0) {
		m->partial = true;
		model_drop_graphs(m);
	}
	arena_free(&b.scratch);
}
