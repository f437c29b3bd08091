/* SPDX-License-Identifier: Apache-2.0 */
/* ops: how many nodes of each op, in all and by graph. */
#include <inttypes.h>

#include "app/count.h"
#include "app/session.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/command.h"
#include "report/text.h"

static void
write_json(struct json *j, const struct op_counts *c)
{
	struct sink name;

	sink_init(&name, -1);
	json_open(j, '{');
	for (uint32_t i = 0; i < c->n; i++) {
		name.n = 0;
		if (*count_domain(&c->list[i]) != '\0') {
			sink_write(&name, c->list[i].domain->s, c->list[i].domain->len);
			sink_puts(&name, "::");
		}
		sink_write(&name, c->list[i].type->s, c->list[i].type->len);
		json_raw(j);
		sink_json(j->out, name.buf, name.n);
		sink_puts(j->out, ":");
		sink_u64(j->out, c->list[i].count);
	}
	json_close(j, '}');
	sink_fini(&name);
}

static void
write_text(struct sink *out, struct op_counts *c)
{
	count_sort(c);
	for (uint32_t i = 0; i < c->n; i++) {
		sink_printf(out, "%9" PRIu64 "  ", c->list[i].count);
		text_op(out, c->list[i].domain, c->list[i].type);
		sink_puts(out, "\n");
	}
}

/* stage: where it lies, "0/inner/", or "". */
static void
graph_json(struct call *call, const char *stage, const struct graph *g)
{
	struct json *j = call->json;
	struct op_counts c;
	struct sink name;

	count_graph(&c, call->arena, g);
	sink_init(&name, -1);
	sink_puts(&name, stage);
	sink_write(&name, g->name->s, g->name->len);
	name.n -= g->name->len == 0 && name.n > 0;
	json_open(j, '{');
	json_key(j, "name");
	json_text(j, name.buf, name.n);
	sink_fini(&name);
	json_member(j, "kind", graph_kind_name(g->kind));
	json_key(j, "ops");
	write_json(j, &c);
	json_close(j, '}');
}

/* Of a pipeline, those of its stages. */
static void
graphs_json(struct call *call, const char *stage, const struct model *m)
{
	const struct node *n;
	const char *inner;
	uint32_t i;

	for (i = 0; m->nstages == 0 && i < m->ngraphs; i++)
		graph_json(call, stage, m->graphs[i]);
	for (i = 0; i < m->nstages; i++) {
		n = m->main != NULL && i < m->main->nnodes ? m->main->nodes[i] : NULL;
		inner = n != NULL && n->name->len > 0 ?
		    arena_printf(call->arena, "%s%s/", stage, n->name->s) :
		    arena_printf(call->arena, "%s%" PRIu32 "/", stage, i);
		graphs_json(call, inner, m->stages[i]);
	}
}

static enum exit_status
run(struct call *call)
{
	const struct model *m = call->s->model;
	struct op_counts c;

	count_total(&c, call->arena, m);
	if (call->json == NULL) {
		write_text(call->out, &c);
		return EXIT_CLEAN;
	}
	json_open(call->json, '{');
	json_key(call->json, "total");
	write_json(call->json, &c);
	json_key(call->json, "graphs");
	json_open(call->json, '[');
	graphs_json(call, "", m);
	json_close(call->json, ']');
	json_close(call->json, '}');
	return EXIT_CLEAN;
}

const struct command CMD_OPS = {
	.name = "ops", .args = "", .help = "count the nodes of each op",
	.text = "Counts nodes by op over the main graph and everything nested in it; bodies of "
	    "functions are counted beside it in JSON. A pipeline counts as what its "
	    "stages hold. Ops outside the default domain are written "
	    "domain::Op.",
	.run = run
};
