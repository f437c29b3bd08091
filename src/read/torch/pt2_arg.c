/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of nodes: values are operands, named as in the op's schema; what
 * is written out is an attribute; a graph is a region. Kinds that are not
 * known are kept as text. Source: facts/pt2-format.md section 3. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ctx.h"
#include "read/torch/pt2_read.h"

/* Where an argument goes. */
struct place { struct node *n; const struct str *name; };

static struct attr *
add_attr(struct pt2_reader *r, const struct place *at, enum attr_kind kind)
{
	struct attr *a = node_add_attr(r->m, at->n);

	a->name = at->name;
	a->kind = kind;
	a->nset = kind != ATTR_NONE;
	a->loc = (struct loc){ r->j.win.src, json_in_at(&r->j), 0 };
	return a;
}

static void
add_text(struct pt2_reader *r, const struct place *at, const struct str *s)
{
	struct attr *a = add_attr(r, at, ATTR_STRING);

	a->v.s = s;
	a->n = s->len;
}

/* "" is an operand left out. */
static void
add_operand(struct pt2_reader *r, const struct place *at, const struct str *name)
{
	node_add_operand_name(r->m, at->n, name);
	node_name_operand(r->m, at->n, at->name);
}

static void
arg_value(struct pt2_reader *r, const struct place *at)
{
	add_operand(r, at, pt2_name(r));
}

static void
arg_values(struct pt2_reader *r, const struct place *at)
{
	if (!json_in_open(&r->j, JSON_IN_ARRAY))
		return;
	while (json_in_item(&r->j)) {
		if (json_in_kind(&r->j) == JSON_IN_ARRAY)
			arg_values(r, at); /* nested tensors */
		else
			arg_value(r, at);
	}
}

static void
arg_optional(struct pt2_reader *r, const struct place *at)
{
	const struct str *name = r->m->empty;
	struct pt2_union u;

	if (json_in_kind(&r->j) == JSON_IN_STRING) {
		name = pt2_str(r);
	} else if (pt2_union(r, &u)) {
		if (strcmp(u.name, "as_tensor") == 0)
			name = pt2_name(r);
		else
			json_in_skip(&r->j);
		pt2_union_end(r);
	}
	add_operand(r, at, name);
}

static void
arg_optionals(struct pt2_reader *r, const struct place *at)
{
	if (!json_in_open(&r->j, JSON_IN_ARRAY))
		return;
	while (json_in_item(&r->j))
		arg_optional(r, at);
}

static void
arg_none(struct pt2_reader *r, const struct place *at)
{
	json_in_skip(&r->j);
	add_attr(r, at, ATTR_NONE);
}

static void
arg_int(struct pt2_reader *r, const struct place *at)
{
	int64_t v;

	if (json_in_int(&r->j, &v))
		add_attr(r, at, ATTR_INT)->v.i = v;
}

static void
arg_bool(struct pt2_reader *r, const struct place *at)
{
	bool v;

	if (json_in_bool(&r->j, &v))
		add_attr(r, at, ATTR_INT)->v.i = v;
}

static void
arg_float(struct pt2_reader *r, const struct place *at)
{
	double v;

	if (json_in_double(&r->j, &v))
		add_attr(r, at, ATTR_FLOAT)->v.f = v;
}

static void
arg_string(struct pt2_reader *r, const struct place *at)
{
	add_text(r, at, pt2_str(r));
}

static void
arg_other(struct pt2_reader *r, const struct place *at)
{
	add_text(r, at, pt2_raw(r));
}

static void
arg_dtype(struct pt2_reader *r, const struct place *at)
{
	int64_t n;
	enum dtype dt;

	if (!json_in_int(&r->j, &n))
		return;
	dt = pt2_dtype(r, n);
	if (dt != DT_NONE)
		add_text(r, at, str_internz(&r->m->strs, dtype_name(dt)));
	else
		add_attr(r, at, ATTR_INT)->v.i = n;
}

/* One of the names, or the number itself when it has none. */
static void
arg_enum(struct pt2_reader *r, const struct place *at, const char *const *names, int64_t count)
{
	int64_t n;

	if (!json_in_int(&r->j, &n))
		return;
	if (n >= 0 && n < count)
		add_text(r, at, str_internz(&r->m->strs, names[n]));
	else
		add_attr(r, at, ATTR_INT)->v.i = n;
}

static void
arg_layout(struct pt2_reader *r, const struct place *at)
{
	static const char *const names[] = { "unknown", "sparse_coo", "sparse_csr", "sparse_csc",
	    "sparse_bsr", "sparse_bsc", "_mkldnn", "strided" };

	arg_enum(r, at, names, sizeof names / sizeof *names);
}

static void
arg_memory_format(struct pt2_reader *r, const struct place *at)
{
	static const char *const names[] = { "unknown", "contiguous_format", "channels_last",
	    "channels_last_3d", "preserve_format" };

	arg_enum(r, at, names, sizeof names / sizeof *names);
}

static void
arg_device(struct pt2_reader *r, const struct place *at)
{
	static const char *const names[] = { "type", "index", NULL };
	const struct str *type = r->m->empty;
	int64_t index = -1;
	char *text;
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == 0)
			type = pt2_str(r);
		else
			json_in_int(&r->j, &index);
	}
	if (index >= 0) {
		text = arena_printf(&r->scratch, "%s:%" PRId64, type->s, index);
		type = str_internz(&r->m->strs, text);
	}
	add_text(r, at, type);
}

/* Lists grow in the scratch arena and are copied when their length is known. */
static void *
copy(struct pt2_reader *r, const void *list, uint32_t n, size_t size)
{
	return n == 0 ? NULL : memcpy(arena_array(&r->m->arena, n, size), list, n * size);
}

static bool
read_whole(struct pt2_reader *r, int64_t *v)
{
	bool b;

	if (json_in_kind(&r->j) != JSON_IN_BOOL)
		return json_in_int(&r->j, v);
	if (!json_in_bool(&r->j, &b))
		return false;
	*v = b;
	return true;
}

static void
arg_ints(struct pt2_reader *r, const struct place *at)
{
	int64_t *list = NULL, v;
	uint32_t n = 0;
	struct attr *a;

	if (!json_in_open(&r->j, JSON_IN_ARRAY))
		return;
	while (json_in_item(&r->j)) {
		if (!read_whole(r, &v))
			continue;
		list = arena_grow(&r->scratch, list, n, sizeof *list);
		list[n++] = v;
	}
	a = add_attr(r, at, ATTR_INTS);
	a->v.ints = copy(r, list, n, sizeof *list);
	a->n = n;
}

static void
arg_floats(struct pt2_reader *r, const struct place *at)
{
	float *list = NULL;
	uint32_t n = 0;
	struct attr *a;
	double v;

	if (!json_in_open(&r->j, JSON_IN_ARRAY))
		return;
	while (json_in_item(&r->j)) {
		if (!json_in_double(&r->j, &v))
			continue;
		list = arena_grow(&r->scratch, list, n, sizeof *list);
		list[n++] = (float)v;
	}
	a = add_attr(r, at, ATTR_FLOATS);
	a->v.floats = copy(r, list, n, sizeof *list);
	a->n = n;
}

static void
arg_strings(struct pt2_reader *r, const struct place *at)
{
	const struct str **list = NULL;
	uint32_t n = 0;
	struct attr *a;

	if (!json_in_open(&r->j, JSON_IN_ARRAY))
		return;
	while (json_in_item(&r->j)) {
		list = arena_grow(&r->scratch, list, n, sizeof *list);
		list[n++] = pt2_str(r);
	}
	a = add_attr(r, at, ATTR_STRINGS);
	a->v.strings = copy(r, list, n, sizeof *list);
	a->n = n;
}

static void
arg_complex(struct pt2_reader *r, const struct place *at)
{
	static const char *const names[] = { "real", "imag", NULL };
	double v[2] = { 0, 0 };
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&r->j, names)) >= 0)
		json_in_double(&r->j, &v[i]);
	r->text.n = 0;
	sink_double(&r->text, v[0], false, false);
	sink_puts(&r->text, v[1] < 0 ? "" : "+");
	sink_double(&r->text, v[1], false, false);
	sink_puts(&r->text, "j");
	add_text(r, at, str_intern(&r->m->strs, r->text.buf, (uint32_t)r->text.n));
}

/* A symbolic number: a value's name, or the number. */
static void
arg_symbolic(struct pt2_reader *r, const struct place *at)
{
	struct pt2_union u;

	if (!pt2_union(r, &u))
		return;
	if (strcmp(u.name, "as_name") == 0)
		add_operand(r, at, pt2_str(r));
	else if (strcmp(u.name, "as_int") == 0)
		arg_int(r, at);
	else if (strcmp(u.name, "as_bool") == 0)
		arg_bool(r, at);
	else if (strcmp(u.name, "as_float") == 0)
		arg_float(r, at);
	else
		arg_other(r, at);
	pt2_union_end(r);
}

struct sym_item { const struct str *name; int64_t v; };

/* A number among values: an operand as well, so that their order stands. */
static void
add_literal(struct pt2_reader *r, const struct place *at, int64_t v)
{
	const struct type t = { .tag = TY_SCALAR, .dtype = DT_I64 };
	struct tensor *lit = arena_alloc(&r->m->arena, sizeof *lit);
	unsigned char *bytes = arena_alloc(&r->m->arena, 8);
	struct value *value;

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)((uint64_t)v >> (8 * i));
	lit->name = r->m->empty;
	lit->dtype = DT_I64;
	lit->numel = 1;
	lit->enc = &TENSOR_RAW;
	lit->place = (struct loc){ source_memory(&r->m->arena, "literal", bytes, 8), 0, 8 };
	value = node_add_literal(r->m, at->n);
	r->text.n = 0;
	sink_i64(&r->text, v);
	value->name = str_intern(&r->m->strs, r->text.buf, (uint32_t)r->text.n);
	value->type = type_intern(&r->m->types, &t);
	value->constant = lit;
	node_name_operand(r->m, at->n, at->name);
}

/* All numbers: an attribute. Else operands. */
static void
add_symbolic(struct pt2_reader *r, const struct place *at, const struct sym_item *list,
    uint32_t n, bool named)
{
	struct attr *a;
	int64_t *ints;

	for (uint32_t i = 0; named && i < n; i++) {
		if (list[i].name != NULL)
			add_operand(r, at, list[i].name);
		else
			add_literal(r, at, list[i].v);
	}
	if (named)
		return;
	ints = arena_array(&r->m->arena, n, sizeof *ints);
	for (uint32_t i = 0; i < n; i++)
		ints[i] = list[i].v;
	a = add_attr(r, at, ATTR_INTS);
	a->v.ints = ints;
	a->n = n;
}

static bool
read_symbolic(struct pt2_reader *r, struct sym_item *item)
{
	struct pt2_union u;
	bool got = true;

	item->name = NULL;
	if (!pt2_union(r, &u))
		return false;
	if (strcmp(u.name, "as_name") == 0)
		item->name = pt2_str(r);
	else if (strcmp(u.name, "as_int") == 0 || strcmp(u.name, "as_bool") == 0)
		got = read_whole(r, &item->v);
	else
		item->name = pt2_raw(r);
	pt2_union_end(r);
	return got;
}

static void
arg_symbolics(struct pt2_reader *r, const struct place *at)
{
	struct sym_item *list = NULL, item;
	uint32_t n = 0;
	bool named = false;

	if (!json_in_open(&r->j, JSON_IN_ARRAY))
		return;
	while (json_in_item(&r->j)) {
		if (!read_symbolic(r, &item))
			continue;
		named |= item.name != NULL;
		list = arena_grow(&r->scratch, list, n, sizeof *list);
		list[n++] = item;
	}
	add_symbolic(r, at, list, n, named);
}

/* What the newest region of an op is for; its own name otherwise. */
static const struct str *
region_role(struct pt2_reader *r, const struct node *n, const struct str *name)
{
	static const struct { const char *op, *role[2]; } rows[] = {
		{ "cond", { "true", "false" } }, { "while_loop", { "condition", "body" } },
		{ "map_impl", { "body", NULL } }, { "map", { "body", NULL } },
		{ "scan", { "combine", NULL } }, { "associative_scan", { "combine", NULL } }
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].op, n->type->s) == 0 && n->nregions <= 2 &&
		    rows[i].role[n->nregions - 1] != NULL)
			return str_internz(&r->m->strs, rows[i].role[n->nregions - 1]);
	return name;
}

static void
arg_graph(struct pt2_reader *r, const struct place *at)
{
	static const char *const names[] = { "name", "graph", NULL };
	struct graph *g = NULL;
	const struct str *name = r->m->empty;
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == 0) {
			name = pt2_str(r);
		} else {
			g = graph_new(r->m, GRAPH_SUBGRAPH, at->n, NULL);
			pt2_graph(r, g);
		}
	}
	if (g == NULL)
		return;
	g->name = name;
	g->role = region_role(r, at->n, name);
}

static void
arg_map(struct pt2_reader *r, const struct place *at)
{
	struct json_in_text key;
	char *name;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while (json_in_key(&r->j, &key)) {
		name = arena_printf(&r->scratch, "%s.%.*s", at->name->s, (int)key.n, key.s);
		pt2_argument(r, at->n, str_internz(&r->m->strs, name));
	}
}

static const struct arm {
	const char *kind;
	void (*read)(struct pt2_reader *, const struct place *);
} arms[] = {
	{ "as_tensor", arg_value }, { "as_int", arg_int }, { "as_ints", arg_ints },
	{ "as_float", arg_float }, { "as_bool", arg_bool }, { "as_none", arg_none },
	{ "as_device", arg_device }, { "as_scalar_type", arg_dtype },
	{ "as_tensors", arg_values }, { "as_string", arg_string }, { "as_layout", arg_layout },
	{ "as_memory_format", arg_memory_format }, { "as_sym_int", arg_symbolic },
	{ "as_sym_float", arg_symbolic }, { "as_sym_bool", arg_symbolic },
	{ "as_sym_ints", arg_symbolics }, { "as_sym_bools", arg_symbolics },
	{ "as_optional_tensor", arg_optional }, { "as_optional_tensors", arg_optionals },
	{ "as_nested_tensors", arg_values }, { "as_floats", arg_floats },
	{ "as_bools", arg_ints }, { "as_strings", arg_strings }, { "as_graph", arg_graph },
	{ "as_custom_obj", arg_value }, { "as_operator", arg_string },
	{ "as_complex", arg_complex }, { "as_string_to_argument", arg_map },
};

void
pt2_argument(struct pt2_reader *r, struct node *n, const struct str *name)
{
	const struct place at = { n, name };
	struct pt2_union u;
	size_t i;

	if (!pt2_union(r, &u))
		return;
	for (i = 0; i < sizeof arms / sizeof *arms && strcmp(arms[i].kind, u.name) != 0; i++)
		continue;
	if (i < sizeof arms / sizeof *arms)
		arms[i].read(r, &at);
	else
		arg_other(r, &at);
	pt2_union_end(r);
}
