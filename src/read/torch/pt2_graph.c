/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs and nodes. A subgraph has names of its own and gets all it needs as
 * inputs. Types of values stand behind the nodes in the file, by name. Of the
 * metadata, where a node came from in earlier passes (from_node) is left in
 * the file. Source: facts/pt2-format.md sections 3 and 4. */
#include <string.h>

#include "base/ctx.h"
#include "read/torch/pt2_read.h"

/* Does the union hold values by name? Then each goes to fn. */
typedef void named_fn(struct pt2_reader *, void *, const struct str *);

static void
each_item(struct pt2_reader *r, const char *kind, named_fn *fn, void *arg)
{
	struct pt2_union u;

	if (strcmp(kind, "as_tensors") == 0) {
		fn(r, arg, pt2_name(r));
	} else if (pt2_union(r, &u)) {
		if (strcmp(u.name, "as_tensor") == 0 || strcmp(u.name, "as_name") == 0)
			fn(r, arg, pt2_name(r));
		else
			json_in_skip(&r->j);
		pt2_union_end(r);
	}
}

static void
each_name(struct pt2_reader *r, named_fn *fn, void *arg)
{
	struct pt2_union u;

	if (!pt2_union(r, &u))
		return;
	if (json_in_kind(&r->j) == JSON_IN_ARRAY) {
		if (json_in_open(&r->j, JSON_IN_ARRAY))
			while (json_in_item(&r->j))
				each_item(r, u.name, fn, arg);
	} else if (strcmp(u.name, "as_tensor") == 0 || strcmp(u.name, "as_custom_obj") == 0 ||
	    strcmp(u.name, "as_token") == 0) {
		fn(r, arg, pt2_name(r));
	} else if (strncmp(u.name, "as_sym_", 7) == 0 ||
	    strcmp(u.name, "as_optional_tensor") == 0) {
		each_item(r, u.name, fn, arg);
	} else {
		json_in_skip(&r->j);
	}
	pt2_union_end(r);
}

static struct loc
here(struct pt2_reader *r)
{
	return (struct loc){ r->j.win.src, json_in_at(&r->j), 0 };
}

static void
add_input(struct pt2_reader *r, void *arg, const struct str *name)
{
	struct graph *g = arg;

	if (g == r->m->main) {
		r->inputs = arena_grow(&r->scratch, r->inputs, r->ninputs, sizeof *r->inputs);
		r->inputs[r->ninputs++] = (struct pt2_input){ name, here(r) };
		return;
	}
	graph_add_value(r->m, g, name, VALUE_INPUT)->loc = here(r);
}

static void
add_output(struct pt2_reader *r, void *arg, const struct str *name)
{
	decl_add(&r->scratch, &r->decls, arg, (struct decl){ .name = name, .loc = here(r),
	    .output = true });
}

static void
add_result(struct pt2_reader *r, void *arg, const struct str *name)
{
	node_add_output(r->m, arg, name);
}

static void
each_of_array(struct pt2_reader *r, named_fn *fn, void *arg)
{
	if (!json_in_open(&r->j, JSON_IN_ARRAY))
		return;
	while (json_in_item(&r->j))
		each_name(r, fn, arg);
}

/* torch.ops.aten.add.Tensor is aten, add, Tensor; math.trunc is math, trunc.
 * The overload named default is the one without a name. */
static void
set_target(struct pt2_reader *r, struct node *n)
{
	static const char ops[] = "torch.ops.";
	struct json_in_text t;
	const char *dot, *second = NULL, *end;

	if (!json_in_string(&r->j, &t))
		return;
	end = t.s + t.n;
	if (t.n > sizeof ops - 1 && memcmp(t.s, ops, sizeof ops - 1) == 0) {
		t.s += sizeof ops - 1;
		dot = memchr(t.s, '.', (size_t)(end - t.s));
		if (dot != NULL)
			second = memchr(dot + 1, '.', (size_t)(end - dot - 1));
	} else {
		for (dot = end; dot > t.s && dot[-1] != '.'; dot--)
			continue;
		dot = dot > t.s ? dot - 1 : NULL;
	}
	if (second != NULL && (end - second != 8 || memcmp(second, ".default", 8) != 0))
		n->overload = str_intern(&r->m->strs, second + 1, (uint32_t)(end - second - 1));
	end = second != NULL ? second : end;
	if (dot != NULL)
		n->domain = str_intern(&r->m->strs, t.s, (uint32_t)(dot - t.s));
	dot = dot != NULL ? dot + 1 : t.s;
	n->type = str_intern(&r->m->strs, dot, (uint32_t)(end - dot));
}

/* The next comma outside brackets, or the end. */
static const char *
comma(const char *s, const char *end)
{
	int open = 0;

	for (; s < end && (open > 0 || *s != ','); s++)
		open += (*s == '[' || *s == '(') - (*s == ']' || *s == ')');
	return s;
}

/* key,path,type;key,path,type;...: the innermost path. In torch 2.6 it may be
 * source text, L['self'].conv. */
static const struct str *
scope_of(struct pt2_reader *r, const struct json_in_text *t)
{
	static const char none[] = "_empty_nn_module_stack";
	const char *s = t->s, *end = t->s + t->n, *semi, *bracket;

	while ((semi = memchr(s, ';', (size_t)(end - s))) != NULL)
		s = semi + 1;
	s = comma(s, end);
	s += s < end;
	end = comma(s, end);
	if (end - s > 2 && memcmp(s, "L[", 2) == 0 &&
	    (bracket = memchr(s, ']', (size_t)(end - s))) != NULL)
		s = bracket + 1;
	s += s < end && *s == '.';
	if (s == end || ((size_t)(end - s) >= sizeof none - 1 &&
	    memcmp(s, none, sizeof none - 1) == 0))
		return NULL;
	return str_intern(&r->m->strs, s, (uint32_t)(end - s));
}

static bool
is_key(const struct json_in_text *key, const char *name)
{
	return strlen(name) == key->n && memcmp(key->s, name, key->n) == 0;
}

static void
read_metadata(struct pt2_reader *r, struct node *n)
{
	struct json_in_text key, t;
	const struct str *name;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while (json_in_key(&r->j, &key)) {
		if (is_key(&key, "from_node") || json_in_kind(&r->j) != JSON_IN_STRING) {
			json_in_skip(&r->j);
			continue;
		}
		name = str_intern(&r->m->strs, key.s, key.n);
		if (!json_in_string(&r->j, &t))
			continue;
		if (strcmp(name->s, "nn_module_stack") == 0)
			n->scope = scope_of(r, &t);
		meta_add(r->m, &n->meta, &n->nmeta, name, str_intern(&r->m->strs, t.s, t.n));
	}
}

static void
read_argument(struct pt2_reader *r, struct node *n)
{
	static const char *const names[] = { "name", "arg", "kind", NULL };
	const struct str *name = r->m->empty;
	char *number;
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == 0) {
			name = pt2_str(r);
		} else if (i == 1) {
			/* those of higher-order operators have none */
			if (name->len == 0 && n->domain->len > 0) {
				number = arena_printf(&r->scratch, "arg%u", n->nin + n->nattrs +
				    n->nregions);
				name = str_internz(&r->m->strs, number);
			}
			pt2_argument(r, n, name);
		} else {
			json_in_skip(&r->j);
		}
	}
}

static void
read_node(struct pt2_reader *r, struct graph *g)
{
	static const char *const names[] = { "target", "inputs", "outputs", "metadata",
	    "is_hop_single_tensor_return", "name", NULL };
	enum { TARGET, INPUTS, OUTPUTS, METADATA, SINGLE, NAME };
	struct loc loc = here(r);
	struct node *n;
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	n = graph_add_node(r->m, g);
	n->loc = loc;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == TARGET)
			set_target(r, n);
		else if (i == INPUTS && json_in_open(&r->j, JSON_IN_ARRAY))
			while (json_in_item(&r->j))
				read_argument(r, n);
		else if (i == OUTPUTS)
			each_of_array(r, add_result, n);
		else if (i == METADATA)
			read_metadata(r, n);
		else if (i == NAME)
			n->name = pt2_str(r);
		else if (i == SINGLE)
			json_in_skip(&r->j);
	}
	n->loc.len = json_in_at(&r->j) - loc.off;
	if (n->name->len == 0 && n->nout > 0 && n->out[0] != NULL)
		n->name = n->out[0]->name;
}

/* A class, its module apart. */
static const struct type *
object_type(struct pt2_reader *r)
{
	static const char *const names[] = { "name", "class_fqn", NULL };
	struct type t = { .tag = TY_OPAQUE, .domain = r->m->empty, .name = r->m->empty };
	struct json_in_text text;
	uint32_t dot = 0;
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return NULL;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == 0) {
			json_in_skip(&r->j);
			continue;
		}
		if (!json_in_string(&r->j, &text))
			continue;
		for (dot = text.n; dot > 0 && text.s[dot - 1] != '.'; dot--)
			continue;
		t.domain = str_intern(&r->m->strs, text.s, dot > 0 ? dot - 1 : 0);
		t.name = str_intern(&r->m->strs, text.s + dot, text.n - dot);
	}
	return type_intern(&r->m->types, &t);
}

/* The types of values, by name: of tensors, numbers (dtype) or objects. */
static void
read_types(struct pt2_reader *r, struct graph *g, enum dtype number, bool objects)
{
	const struct type scalar = { .tag = TY_SCALAR, .dtype = number };
	struct json_in_text key;
	struct decl d = { .output = false };

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while (json_in_key(&r->j, &key)) {
		d.name = str_intern(&r->m->strs, key.s, key.n);
		d.loc = here(r);
		if (objects) {
			d.type = object_type(r);
		} else if (number == DT_NONE) {
			d.permuted = false;
			d.type = pt2_tensor_meta(r, &d.permuted);
		} else {
			d.type = type_intern(&r->m->types, &scalar);
			json_in_skip(&r->j);
		}
		decl_add(&r->scratch, &r->decls, g, d);
	}
}

void
pt2_graph(struct pt2_reader *r, struct graph *g)
{
	static const char *const names[] = { "inputs", "outputs", "nodes", "tensor_values",
	    "sym_int_values", "sym_bool_values", "sym_float_values", "custom_obj_values",
	    "is_single_tensor_return", "constants", NULL };
	enum { INPUTS, OUTPUTS, NODES, TENSORS, INTS, BOOLS, FLOATS, OBJECTS };
	int i;

	g->loc = here(r);
	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == INPUTS)
			each_of_array(r, add_input, g);
		else if (i == OUTPUTS)
			each_of_array(r, add_output, g);
		else if (i == NODES && json_in_open(&r->j, JSON_IN_ARRAY))
			while (json_in_item(&r->j))
				read_node(r, g);
		else if (i >= TENSORS && i <= OBJECTS)
			read_types(r, g, i == INTS ? DT_I64 : i == BOOLS ? DT_BOOL :
			    i == FLOATS ? DT_F64 : DT_NONE, i == OBJECTS);
		else if (i > OBJECTS)
			json_in_skip(&r->j);
	}
	g->loc.len = json_in_at(&r->j) - g->loc.off;
}
