/* SPDX-License-Identifier: Apache-2.0 */
/* ops: how many nodes of each op, in all and by graph. Counting is by pairs of
 * (domain, type) of interned strings; names are made when they are printed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/session.h"
#include "base/hash.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/command.h"
#include "report/text.h"

struct entry { const struct str *domain, *type; uint64_t count; };

/* Open addressing, at most half full. */
struct counts { struct entry *slots; uint32_t mask, n; };

static const char *
domain_of(const struct entry *e)
{
	return strcmp(e->domain->s, "ai.onnx") == 0 ? "" : e->domain->s;
}

static void
counts_init(struct counts *c, struct arena *a, uint32_t room)
{
	for (c->mask = 15; c->mask < room * 2; c->mask = c->mask * 2 + 1)
		;
	c->slots = arena_array(a, (size_t)c->mask + 1, sizeof *c->slots);
	c->n = 0;
}

static void
count(struct counts *c, const struct node *n)
{
	uint32_t i = (uint32_t)hash_pair(n->domain->id, n->type->id) & c->mask;
	struct entry *e;

	for (; (e = &c->slots[i])->count > 0; i = (i + 1) & c->mask)
		if (e->type == n->type && e->domain == n->domain)
			break;
	c->n += e->count == 0;
	*e = (struct entry){ n->domain, n->type, e->count + 1 };
}

/* By domain and type as they are written: the bare ones by their type. */
static int
by_name(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	const char *da = domain_of(a), *db = domain_of(b);
	int c = strcmp(*da ? da : a->type->s, *db ? db : b->type->s);

	return c != 0 ? c : strcmp(a->type->s, b->type->s);
}

/* Move the entries to the front, sorted; "ai.onnx" and "" become one. */
static void
finish(struct counts *c)
{
	uint32_t i, n = 0;

	for (i = 0; i <= c->mask; i++)
		if (c->slots[i].count > 0)
			c->slots[n++] = c->slots[i];
	qsort(c->slots, n, sizeof *c->slots, by_name);
	for (c->n = 0, i = 0; i < n; i++) {
		if (c->n > 0 && by_name(&c->slots[c->n - 1], &c->slots[i]) == 0)
			c->slots[c->n - 1].count += c->slots[i].count;
		else
			c->slots[c->n++] = c->slots[i];
	}
}

static void
count_graph(struct counts *c, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++)
		count(c, g->nodes[i]);
}

/* Is g the main graph or nested in it? */
static bool
in_total(const struct model *m, const struct graph *g)
{
	while (g->parent != NULL)
		g = g->parent->graph;
	return g == m->main;
}

static void
write_json(struct json *j, const struct counts *c)
{
	struct sink name;

	sink_init(&name, -1);
	json_open(j, '{');
	for (uint32_t i = 0; i < c->n; i++) {
		name.n = 0;
		if (*domain_of(&c->slots[i]) != '\0') {
			sink_write(&name, c->slots[i].domain->s, c->slots[i].domain->len);
			sink_puts(&name, "::");
		}
		sink_write(&name, c->slots[i].type->s, c->slots[i].type->len);
		json_raw(j);
		sink_json(j->out, name.buf, name.n);
		sink_puts(j->out, ":");
		sink_u64(j->out, c->slots[i].count);
	}
	json_close(j, '}');
	sink_fini(&name);
}

static int
by_count(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	return a->count != b->count ? (a->count < b->count ? 1 : -1) : by_name(pa, pb);
}

static void
write_text(struct sink *out, struct counts *c)
{
	qsort(c->slots, c->n, sizeof *c->slots, by_count);
	for (uint32_t i = 0; i < c->n; i++) {
		sink_printf(out, "%9" PRIu64 "  ", c->slots[i].count);
		text_op(out, c->slots[i].domain, c->slots[i].type);
		sink_puts(out, "\n");
	}
}

static void
graph_json(struct call *call, const struct graph *g)
{
	struct json *j = call->json;
	struct counts c;

	counts_init(&c, call->arena, g->nnodes < 4096 ? g->nnodes : 4096);
	count_graph(&c, g);
	finish(&c);
	json_open(j, '{');
	json_key(j, "name");
	json_str(j, g->name);
	json_key(j, "kind");
	json_string(j, graph_kind_name(g->kind));
	json_key(j, "ops");
	write_json(j, &c);
	json_close(j, '}');
}

static enum exit_status
run(struct call *call)
{
	const struct model *m = call->s->model;
	struct counts c;
	uint32_t i;

	/* as many kinds as there are strings at the most */
	counts_init(&c, call->arena, m->strs.n);
	for (i = 0; i < m->ngraphs; i++)
		if (in_total(m, m->graphs[i]))
			count_graph(&c, m->graphs[i]);
	finish(&c);
	if (call->json == NULL) {
		write_text(call->out, &c);
		return EXIT_CLEAN;
	}
	json_open(call->json, '{');
	json_key(call->json, "total");
	write_json(call->json, &c);
	json_key(call->json, "graphs");
	json_open(call->json, '[');
	for (i = 0; i < m->ngraphs; i++)
		graph_json(call, m->graphs[i]);
	json_close(call->json, ']');
	json_close(call->json, '}');
	return EXIT_CLEAN;
}

const struct command CMD_OPS = {
	.name = "ops", .args = "", .help = "count the nodes of each op",
	.text = "Counts nodes by op over the main graph and everything nested in it; bodies of "
	    "functions are counted beside it in JSON. Ops outside the default domain are written "
	    "domain::Op.",
	.run = run
};
