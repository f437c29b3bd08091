/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "app/place.h"
#include "app/session.h"
#include "base/arena.h"
#include "base/sink.h"
#include "cmd/command.h"
#include "cmd/convert_fate.h"
#include "convert/fate.h"
#include "convert/place.h"
#include "convert/run.h"
#include "report/text.h"

enum { SHOWN = 6 }; /* nodes of one pass, kinds of operators */

const char *
convert_scope(const struct run_node *n, const struct node *found)
{
	return found != NULL && found->scope != NULL ? found->scope->s : n->scope;
}

const char *
convert_describe(struct call *call, const struct run_node *n, const struct node *found)
{
	struct arena *a = call->arena;
	const char *line = n->line;
	const char *scope = convert_scope(n, found);
	struct python_place at;
	char own[256];
	bool other = found != NULL && strcmp(found->name->s, n->name) != 0 && (found->nout == 0 ||
	    found->out[0] == NULL || strcmp(found->out[0]->name->s, n->name) != 0);

	if (found != NULL && place_of_node(call->s, found, &at)) {
		place_line(&at, own, sizeof own);
		line = own;
	}
	return arena_printf(a, "%s%s '%s'%s%s%s%s%s%s%s%s",
	    found != NULL ? arena_printf(a, "#%" PRIu32 " ", found->id) : "", n->kind,
	    other ? found->name->s : n->name, *scope != '\0' ? " in " : "", scope,
	    line != NULL || other ? " (" : "", line != NULL ? line : "",
	    line != NULL && other ? "; " : "", other ? n->name : "",
	    other ? " to coremltools" : "", line != NULL || other ? ")" : "");
}

static bool
is_of(const struct run_fate *f, const char *pass, enum fate fate)
{
	return f->fate == fate && f->pass != NULL && strcmp(f->pass, pass) == 0;
}

/* "#3 dropout '125' in layer1, ... and 4 more, by common::noop_elimination" */
static void
put_pass(struct call *call, const char *title, const struct run_fate *list, uint32_t n,
    const char *pass, enum fate fate)
{
	struct sink s;
	uint32_t shown = 0, more = 0;

	sink_init(&s, -1);
	for (uint32_t i = 0; i < n; i++) {
		if (!is_of(&list[i], pass, fate))
			continue;
		if (shown == SHOWN) {
			more++;
			continue;
		}
		sink_printf(&s, "%s%s", shown++ > 0 ? ", " : "",
		    convert_describe(call, list[i].source, list[i].node));
	}
	if (more > 0)
		sink_printf(&s, " and %" PRIu32 " more", more);
	sink_printf(&s, ", by %s", pass);
	text_label(call->out, title);
	text_wrap(call->out, arena_strdup(call->arena, s.buf, s.n), 14);
	sink_fini(&s);
}

/* "14 nodes that ...: constant 10, size 2" */
static void
put_kinds(struct call *call, const char *title, const char *what, const struct run_fate *list,
    uint32_t n, enum fate fate)
{
	struct arena *a = call->arena;
	struct kind { const char *name; uint32_t n; } *kinds = arena_array(a, n, sizeof *kinds);
	uint32_t nkinds = 0, all = 0, k;
	struct sink s;

	for (uint32_t i = 0; i < n; i++) {
		if (list[i].fate != fate)
			continue;
		all++;
		for (k = 0; k < nkinds && strcmp(kinds[k].name, list[i].source->kind) != 0; k++)
			continue;
		kinds[k].name = list[i].source->kind;
		kinds[k].n++;
		nkinds += k == nkinds;
	}
	if (all == 0)
		return;
	sink_init(&s, -1);
	sink_printf(&s, "%" PRIu32 " node%s %s: ", all, plural(all), what);
	for (k = 0; k < nkinds && k < 2 * SHOWN; k++)
		sink_printf(&s, "%s%s %" PRIu32, k > 0 ? ", " : "", kinds[k].name, kinds[k].n);
	sink_puts(&s, nkinds > 2 * SHOWN ? ", ..." : "");
	text_label(call->out, title);
	text_wrap(call->out, arena_strdup(a, s.buf, s.n), 14);
	sink_fini(&s);
}

static bool
any_of(const struct run_fate *list, uint32_t n, const char *pass, enum fate f)
{
	for (uint32_t i = 0; i < n; i++)
		if (is_of(&list[i], pass, f))
			return true;
	return false;
}

void
convert_fates_text(struct call *call, const struct convert_run *r)
{
	static const char *const titles[FATE_COUNT] = {
		[FATE_FUSED] = "Fused:", [FATE_FOLDED] = "Folded:", [FATE_DROPPED] = "Dropped:"
	};
	uint32_t n;
	const struct run_fate *list = fate_list(r, call->s->model, call->arena, &n);

	for (uint32_t p = 0; p < r->npasses; p++) {
		const char *pass = r->passes[p].name;
		bool told = false;

		for (uint32_t k = 0; k < p; k++)
			told |= strcmp(r->passes[k].name, pass) == 0;
		for (enum fate f = 0; f < FATE_COUNT && !told; f++)
			if (titles[f] != NULL && any_of(list, n, pass, f))
				put_pass(call, titles[f], list, n, pass, f);
	}
	put_kinds(call, "Absorbed:", "became constants or arguments in the front end", list, n,
	    FATE_ABSORBED);
	put_kinds(call, "Unreached:", "that no output needs", list, n, FATE_UNREACHED);
}

void
convert_fates_json(struct call *call, const struct convert_run *r)
{
	struct json *j = call->json;
	uint32_t n;
	const struct run_fate *list = fate_list(r, call->s->model, call->arena, &n);

	json_key(j, "nodes");
	json_open(j, '[');
	for (uint32_t i = 0; i < n; i++) {
		const struct run_node *x = list[i].source;
		bool buffer;
		const struct { const char *key, *value; } members[] = {
			{ "kind", x->kind }, { "name", x->name },
			{ "scope", convert_scope(x, list[i].node) },
			{ "line", x->line }, { "origin", x->origin },
			{ "fate", fate_word(list[i].fate) },
			{ "pass", list[i].pass },
			{ "lost", fate_lost(&list[i], call->s->model, call->arena, &buffer) }
		};

		json_open(j, '{');
		json_key(j, "id");
		if (list[i].node != NULL)
			json_u64(j, list[i].node->id);
		else
			json_null(j);
		for (size_t k = 0; k < sizeof members / sizeof *members; k++)
			json_member(j, members[k].key, members[k].value);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void
convert_lost(struct call *call, const struct convert_run *r)
{
	uint32_t n;
	const struct run_fate *list = fate_list(r, call->s->model, call->arena, &n);

	for (uint32_t i = 0; i < n; i++) {
		bool buffer;
		const char *why = fate_lost(&list[i], call->s->model, call->arena, &buffer);

		if (why != NULL)
			diag_add(&call->s->ctx, buffer ? DIAG_CONVERT_UNKEPT : DIAG_CONVERT_LOST,
			    &(struct where){
			    .node = list[i].node->name->s }, "%s has no operation in the result: "
			    "%s", convert_describe(call, list[i].source, list[i].node), why);
	}
}
