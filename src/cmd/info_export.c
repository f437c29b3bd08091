/* SPDX-License-Identifier: Apache-2.0 */
/* Signature and symbols of exported programs; given types. */
#include <inttypes.h>

#include "app/inputs.h"
#include "app/session.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/info_export.h"
#include "ir/graph.h"
#include "report/json.h"
#include "report/text.h"

static void
json_role(struct json *j, const struct role *role)
{
	json_open(j, '{');
	json_member_str(j, "name", role->name);
	json_member_bool(j, "output", role->output);
	json_member(j, "role", role_name(role->kind));
	json_member_str(j, "target", role->target);
	if (role->value != NULL) {
		json_key(j, "type");
		json_type(j, role->value->type);
	}
	if (role->transient)
		json_member_bool(j, "transient", true);
	json_close(j, '}');
}

static void
json_bound(struct json *j, const char *key, bool has, int64_t v)
{
	json_key(j, key);
	if (has)
		json_i64(j, v);
	else
		json_null(j);
}

void
info_export_json(struct json *j, const struct model *m)
{
	const struct graph *g = m->main;

	if (g != NULL && g->nroles > 0) {
		json_key(j, "signature");
		json_open(j, '[');
		for (uint32_t i = 0; i < g->nroles; i++)
			json_role(j, &g->roles[i]);
		json_close(j, ']');
	}
	if (m->nsymbols == 0)
		return;
	json_key(j, "symbols");
	json_open(j, '[');
	for (uint32_t i = 0; i < m->nsymbols; i++) {
		json_open(j, '{');
		json_member_str(j, "name", m->symbols[i].name);
		json_bound(j, "min", m->symbols[i].has_lo, m->symbols[i].lo);
		json_bound(j, "max", m->symbols[i].has_hi, m->symbols[i].hi);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
text_literals(struct sink *out, const struct graph *g, bool output)
{
	const char *title = output ? "also returns" : "fixed inputs";

	for (uint32_t i = 0; i < g->nroles; i++) {
		const struct role *role = &g->roles[i];

		if (role->kind != ROLE_LITERAL || role->output != output)
			continue;
		text_label(out, title);
		title = "";
		if (role->name->len > 0) {
			text_str(out, role->name, 34, 0);
			sink_puts(out, " = ");
		}
		if (role->target != NULL)
			text_str(out, role->target, 30, 0);
		sink_puts(out, "\n");
	}
}

/* "holds  6 parameters, 3 buffers, 1 of them not saved, 2 constants" */
static void
text_held(struct sink *out, const struct graph *g)
{
	static const char *const names[] = { [ROLE_PARAMETER] = "parameter",
	    [ROLE_BUFFER] = "buffer", [ROLE_CONSTANT] = "constant", [ROLE_OBJECT] = "object" };
	uint32_t count[ROLE_COUNT] = { 0 }, transient = 0;
	bool any = false;

	for (uint32_t i = 0; i < g->nroles; i++) {
		count[g->roles[i].kind]++;
		transient += g->roles[i].transient;
	}
	for (int k = ROLE_PARAMETER; k <= ROLE_OBJECT; k++) {
		if (count[k] == 0)
			continue;
		if (!any)
			text_label(out, "holds");
		sink_printf(out, "%s%" PRIu32 " %s%s", any ? ", " : "", count[k], names[k],
		    plural(count[k]));
		if (k == ROLE_BUFFER && transient > 0)
			sink_printf(out, " (%" PRIu32 " not saved as state)", transient);
		any = true;
	}
	sink_puts(out, any ? "\n" : "");
}

static void
text_symbols(struct sink *out, const struct model *m)
{
	enum { SHOWN = 12 };

	for (uint32_t i = 0; i < m->nsymbols && i < SHOWN; i++) {
		const struct symbol *s = &m->symbols[i];

		text_label(out, i == 0 ? "symbols" : "");
		text_str(out, s->name, 34, 24);
		sink_puts(out, "  ");
		if (s->has_lo)
			sink_i64(out, s->lo);
		sink_puts(out, s->has_lo || s->has_hi ? ".." : "any");
		if (s->has_hi)
			sink_i64(out, s->hi);
		sink_puts(out, "\n");
	}
	if (m->nsymbols > SHOWN) {
		text_label(out, "");
		sink_printf(out, "and %" PRIu32 " more (--format=json has them all)\n",
		    m->nsymbols - SHOWN);
	}
}

void
info_export_text(struct sink *out, const struct model *m)
{
	if (m->main != NULL && m->main->nroles > 0) {
		text_literals(out, m->main, false);
		text_literals(out, m->main, true);
		text_held(out, m->main);
	}
	text_symbols(out, m);
}

void
info_export_output(struct sink *out, const struct value *v)
{
	static const char *const words[ROLE_COUNT] = {
		[ROLE_LOSS] = "the loss", [ROLE_TOKEN] = "a token",
		[ROLE_BUFFER_MUTATION] = "new value of buffer",
		[ROLE_INPUT_MUTATION] = "new value of input",
		[ROLE_PARAMETER_MUTATION] = "new value of parameter",
		[ROLE_PARAMETER_GRADIENT] = "gradient of parameter",
		[ROLE_INPUT_GRADIENT] = "gradient of input" };
	const struct role *role;

	for (uint32_t i = 0; i < v->graph->nroles; i++) {
		role = &v->graph->roles[i];
		if (!role->output || role->name != v->name || words[role->kind] == NULL)
			continue;
		sink_printf(out, "  (%s", words[role->kind]);
		if (role->target != NULL) {
			sink_puts(out, " ");
			text_str(out, role->target, 30, 0);
		}
		sink_puts(out, ")");
	}
}

void
info_given_json(struct json *j, const struct session *s)
{
	if (s->ngiven == 0)
		return;
	json_key(j, "given");
	json_open(j, '[');
	for (uint32_t i = 0; i < s->ngiven; i++) {
		json_open(j, '{');
		json_member_str(j, "name", s->given[i].value->name);
		json_key(j, "type");
		json_type(j, s->given[i].value->type);
		json_key(j, "declared");
		json_type(j, s->given[i].declared);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void
info_given_text(struct sink *out, const struct session *s)
{
	for (uint32_t i = 0; i < s->ngiven; i++) {
		text_label(out, i == 0 ? "given" : "");
		text_str(out, s->given[i].value->name, 34, 24);
		sink_puts(out, "  declared ");
		if (s->given[i].declared != NULL)
			type_print(out, s->given[i].declared);
		else
			sink_puts(out, "without a type");
		sink_puts(out, "\n");
	}
}
