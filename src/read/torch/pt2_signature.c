/* SPDX-License-Identifier: Apache-2.0 */
/* The signature of a program: what each input and output is for, in the
 * spelling of schema 2 and later, or in the maps of schema 1. Source:
 * facts/pt2-format.md sections 2 to 4. */
#include <string.h>

#include "base/ctx.h"
#include "read/torch/pt2_read.h"

static const struct str *
literal_text(struct pt2_reader *r, const struct json_in_text *key)
{
	bool none = key->n == 7 && memcmp(key->s, "as_none", 7) == 0, b = false;
	enum json_in_kind kind = json_in_kind(&r->j);

	if (kind == JSON_IN_STRING)
		return pt2_str(r);
	if (kind != JSON_IN_BOOL && !none)
		return pt2_raw(r);
	if (none || !json_in_bool(&r->j, &b)) {
		json_in_skip(&r->j);
		return str_internz(&r->m->strs, "None");
	}
	return str_internz(&r->m->strs, b ? "True" : "False");
}

/* An argument in a specification: a value's name at some depth, or a literal. */
static void
read_arg(struct pt2_reader *r, struct role *role)
{
	struct json_in_text key;
	char first;

	if (json_in_kind(&r->j) == JSON_IN_STRING) {
		role->name = pt2_str(r);
		return;
	}
	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while (json_in_key(&r->j, &key)) {
		first = key.n > 0 ? *key.s : '\0';
		if ((key.n == 4 && memcmp(key.s, "name", 4) == 0) ||
		    (key.n == 7 && memcmp(key.s, "as_name", 7) == 0)) {
			role->name = pt2_str(r);
		} else if (json_in_kind(&r->j) == JSON_IN_NULL || (first != '$' && first != 'a') ||
		    (key.n == 5 && memcmp(key.s, "$type", 5) == 0)) {
			json_in_skip(&r->j);
		} else if (json_in_kind(&r->j) == JSON_IN_OBJECT) {
			read_arg(r, role);
		} else {
			role->kind = ROLE_LITERAL;
			role->target = literal_text(r, &key);
		}
	}
}

static void
read_spec(struct pt2_reader *r, struct role *role)
{
	static const char *const names[] = { "arg", "name", "value", "persistent",
	    "parameter_name", "buffer_name", "tensor_constant_name", "custom_obj_name",
	    "user_input_name", NULL };
	enum { ARG, NAME, VALUE, PERSISTENT };
	const struct str *name = NULL;
	bool persistent;
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == ARG || i == VALUE)
			read_arg(r, role);
		else if (i == NAME)
			name = pt2_str(r);
		else if (i != PERSISTENT)
			role->target = pt2_str(r);
		else if (json_in_bool(&r->j, &persistent))
			role->transient = !persistent;
	}
	if (name != NULL)
		role->name = name;
}

static const struct kind { const char *name; enum role_kind kind; } kinds[] = {
	{ "user_input", ROLE_USER }, { "parameter", ROLE_PARAMETER },
	{ "buffer", ROLE_BUFFER }, { "tensor_constant", ROLE_CONSTANT },
	{ "custom_obj", ROLE_OBJECT }, { "token", ROLE_TOKEN },
	{ "constant_input", ROLE_LITERAL }, { "user_output", ROLE_USER },
	{ "loss_output", ROLE_LOSS }, { "buffer_mutation", ROLE_BUFFER_MUTATION },
	{ "gradient_to_parameter", ROLE_PARAMETER_GRADIENT },
	{ "gradient_to_user_input", ROLE_INPUT_GRADIENT },
	{ "user_input_mutation", ROLE_INPUT_MUTATION },
	{ "parameter_mutation", ROLE_PARAMETER_MUTATION }
};

static void
read_specs(struct pt2_reader *r, bool output)
{
	struct pt2_union u;
	struct role role;

	if (!json_in_open(&r->j, JSON_IN_ARRAY))
		return;
	while (json_in_item(&r->j)) {
		if (!pt2_union(r, &u))
			continue;
		role = (struct role){ .kind = ROLE_USER, .output = output, .name = r->m->empty };
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
			if (strcmp(kinds[i].name, u.name) == 0)
				role.kind = kinds[i].kind;
		read_spec(r, &role);
		pt2_union_end(r);
		graph_add_role(r->m, r->m->main, role);
	}
}

/* Schema 1: {name in the graph: name in the module}. */
static void
read_map(struct pt2_reader *r, enum role_kind kind, bool output)
{
	struct role role = { .kind = kind, .output = output };
	struct json_in_text key;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while (json_in_key(&r->j, &key)) {
		role.name = str_intern(&r->m->strs, key.s, key.n);
		role.target = pt2_str(r);
		graph_add_role(r->m, r->m->main, role);
	}
}

static void
read_list(struct pt2_reader *r, bool output)
{
	struct role role = { .kind = ROLE_USER, .output = output };

	if (!json_in_open(&r->j, JSON_IN_ARRAY))
		return;
	while (json_in_item(&r->j)) {
		role.name = r->m->empty;
		read_arg(r, &role);
		graph_add_role(r->m, r->m->main, role);
	}
}

static void
read_backward(struct pt2_reader *r)
{
	static const char *const names[] = { "gradients_to_parameters",
	    "gradients_to_user_inputs", "loss_output", NULL };
	struct role loss = { .kind = ROLE_LOSS, .output = true };
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i < 2) {
			read_map(r, i == 0 ? ROLE_PARAMETER_GRADIENT : ROLE_INPUT_GRADIENT, true);
		} else {
			loss.name = pt2_str(r);
			graph_add_role(r->m, r->m->main, loss);
		}
	}
}

void
pt2_signature(struct pt2_reader *r)
{
	static const char *const names[] = { "input_specs", "output_specs",
	    "inputs_to_parameters", "inputs_to_buffers", "buffers_to_mutate", "user_inputs",
	    "user_outputs", "backward_signature", "in_spec", "out_spec", NULL };
	enum { INPUTS, OUTPUTS, PARAMETERS, BUFFERS, MUTATE, USER_INPUTS, USER_OUTPUTS, BACKWARD };
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == INPUTS || i == OUTPUTS)
			read_specs(r, i == OUTPUTS);
		else if (i == PARAMETERS || i == BUFFERS)
			read_map(r, i == PARAMETERS ? ROLE_PARAMETER : ROLE_BUFFER, false);
		else if (i == MUTATE)
			read_map(r, ROLE_BUFFER_MUTATION, true);
		else if (i == USER_INPUTS || i == USER_OUTPUTS)
			read_list(r, i == USER_OUTPUTS);
		else if (i == BACKWARD)
			read_backward(r);
		else
			json_in_skip(&r->j);
	}
}
