/* SPDX-License-Identifier: Apache-2.0 */
/* cost: parameters, arithmetic, bytes moved and memory. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/session.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/command.h"
#include "infer/cost.h"
#include "infer/infer.h"
#include "ir/dim.h"
#include "report/text.h"

enum { TOP = 10, NAME = 30 };

/* --- JSON ---------------------------------------------------------------- */

/* A number, arithmetic as text, or null. */
static void
json_dim(struct json *j, const char *key, const struct dim *d)
{
	struct sink text;
	int64_t v;

	json_key(j, key);
	if (dim_number(d, &v)) {
		json_i64(j, v);
	} else if (dim_has_anon(d)) {
		json_null(j);
	} else {
		sink_init(&text, -1);
		dim_print(&text, d);
		json_text(j, text.buf, text.n);
		sink_fini(&text);
	}
}

static void
json_cost(struct json *j, const struct cost *c)
{
	json_dim(j, "parameters", c->params);
	json_dim(j, "buffers", c->buffers);
	json_dim(j, "macs", c->macs);
	json_dim(j, "flops", c->flops);
	json_dim(j, "bytes_read", c->read);
	json_dim(j, "bytes_written", c->written);
}

static void
json_counts(struct json *j, const struct cost *c)
{
	json_member_u64(j, "nodes", c->nodes);
	json_member_u64(j, "unknown", c->unknown);
	json_member_u64(j, "too_large", c->large);
	json_cost(j, c);
}

static void
json_groups(struct json *j, const char *key, const char *name, const struct cost_group *g,
    uint32_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < n; i++) {
		json_open(j, '{');
		json_member_str(j, name, g[i].name);
		json_counts(j, &g[i].cost);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_peak(struct json *j, const struct cost_peak *p)
{
	json_key(j, "peak");
	json_open(j, '{');
	json_dim(j, "bytes", p->bytes);
	json_member_u64(j, "sample", p->sample);
	json_key(j, "node");
	if (p->node != NULL)
		json_u64(j, p->node->id);
	else
		json_null(j);
	json_member_bool(j, "partial", p->partial);
	json_close(j, '}');
}

static void
json_nodes(struct call *call, const struct costs *c)
{
	const struct model *m = call->s->model;
	const bool *matches = call->ready;
	struct json *j = call->json;

	json_key(j, "nodes");
	json_open(j, '[');
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++) {
			const struct node *n = m->graphs[i]->nodes[k];

			if (!matches[n->id] || c->node[n->id].nodes == 0)
				continue;
			json_open(j, '{');
			json_member_u64(j, "id", n->id);
			json_member_str(j, "node", n->name);
			json_op(j, n);
			json_member_str(j, "scope", n->scope);
			json_cost(j, &c->node[n->id]);
			json_close(j, '}');
		}
	}
	json_close(j, ']');
}

static void
write_json(struct call *call, const struct costs *c)
{
	struct json *j = call->json;

	json_open(j, '{');
	json_key(j, "total");
	json_open(j, '{');
	json_counts(j, &c->total);
	json_dim(j, "constant_bytes", c->weights);
	json_close(j, '}');
	json_peak(j, &c->peak);
	json_groups(j, "ops", "op", c->ops, c->nops);
	json_groups(j, "scopes", "scope", c->scopes, c->nscopes);
	json_nodes(call, c);
	json_close(j, '}');
}

/* --- text ---------------------------------------------------------------- */

/* 4.09 G; powers of 1000. */
static void
put_count(struct sink *out, uint64_t v)
{
	static const char units[] = " KMGTPE";
	double d = (double)v;
	int u = 0;

	for (; d >= 999.5 && units[u + 1] != '\0'; u++)
		d /= 1000;
	if (v == UINT64_MAX)
		sink_puts(out, "?");
	else if (u == 0)
		sink_u64(out, v);
	else
		sink_printf(out, d < 9.995 ? "%.2f %c" : d < 99.95 ? "%.1f %c" : "%.0f %c", d,
		    units[u]);
}

/* Right-aligned; ~ where symbols stand for what cost_peak says. */
static void
put_cell(struct sink *out, const struct dim *d, int width)
{
	struct sink cell;
	int64_t v;

	sink_init(&cell, -1);
	if (dim_has_anon(d)) {
		sink_puts(&cell, "?");
	} else {
		sink_puts(&cell, dim_number(d, &v) ? "" : "~");
		put_count(&cell, cost_sample(d));
	}
	sink_pad(out, width - (int)cell.n);
	sink_write(out, cell.buf, cell.n);
	sink_fini(&cell);
}

/* A number and, where it has symbols, all of the arithmetic. */
static void
put_total(struct sink *out, const char *title, const struct dim *d, bool bytes)
{
	struct sink text;
	int64_t v;

	sink_printf(out, "%-14s", title);
	if (dim_number(d, &v) && bytes) {
		text_bytes(out, (uint64_t)v);
	} else if (dim_number(d, &v)) {
		put_count(out, (uint64_t)v);
		if (v >= 1000)
			sink_printf(out, " (%" PRId64 ")", v);
	} else if (dim_has_anon(d)) {
		sink_puts(out, "too large to say");
	} else {
		sink_init(&text, -1);
		dim_print(&text, d);
		sink_write(&text, "", 1);
		text_wrap(out, text.buf, 14);
		sink_fini(&text);
		return;
	}
	sink_puts(out, "\n");
}

static void
put_head(struct sink *out, const char *title)
{
	sink_printf(out, "\n%-*s%7s%10s%10s%11s%11s\n", NAME, title, "nodes", "MACs", "params",
	    "read B", "written B");
}

static void
put_row(struct sink *out, const struct cost *c, bool count)
{
	if (count)
		sink_printf(out, "%7" PRIu32, c->nodes);
	else
		sink_pad(out, 7);
	put_cell(out, c->macs, 10);
	put_cell(out, c->params, 10);
	put_cell(out, c->read, 11);
	put_cell(out, c->written, 11);
	sink_puts(out, "\n");
}

static void
put_groups(struct sink *out, const char *title, const struct cost_group *g, uint32_t n)
{
	if (n == 0)
		return;
	put_head(out, title);
	for (uint32_t i = 0; i < n && i < TOP; i++) {
		text_str(out, g[i].name, NAME - 1, NAME);
		put_row(out, &g[i].cost, true);
	}
	if (n > TOP)
		sink_printf(out, "... and %" PRIu32 " more\n", n - TOP);
}

struct ranked { const struct node *n; const struct cost *c; uint64_t macs, moved; };

static int
by_cost(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	if (a->macs != b->macs)
		return a->macs < b->macs ? 1 : -1;
	if (a->moved != b->moved)
		return a->moved < b->moved ? 1 : -1;
	return a->n->id < b->n->id ? -1 : a->n->id > b->n->id;
}

/* Sorted; those that match. */
static struct ranked *
ranked_nodes(struct call *call, const struct costs *c, uint32_t *count)
{
	const struct model *m = call->s->model;
	struct ranked *list = arena_array(call->arena, m->nnodes, sizeof *list);
	const bool *matches = call->ready;

	*count = 0;
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++) {
			const struct node *n = m->graphs[i]->nodes[k];
			const struct cost *x = &c->node[n->id];

			if (matches[n->id] && x->nodes > 0)
				list[(*count)++] = (struct ranked){ n, x, cost_sample(x->macs),
				    cost_sample(x->read) + cost_sample(x->written) };
		}
	}
	qsort(list, *count, sizeof *list, by_cost);
	return list;
}

static void
put_nodes(struct call *call, const struct costs *c)
{
	uint32_t n, most;
	struct ranked *list = ranked_nodes(call, c, &n);
	char ref[NODE_REF];
	const char *name;

	if (n == 0)
		return;
	most = *call->arg != '\0' ? n : n < TOP ? n : TOP;
	put_head(call->out, "by node");
	for (uint32_t i = 0; i < most; i++) {
		unsigned used;

		text_op(call->out, list[i].n->domain, list[i].n->type);
		used = (unsigned)(list[i].n->type->len + (list[i].n->domain->len > 0 ?
		    list[i].n->domain->len + 2 : 0));
		name = node_ref(list[i].n, ref);
		sink_puts(call->out, " ");
		if (used + 6 < NAME)
			used += sink_safe(call->out, name, strlen(name), NAME - used - 2);
		if (used + 1 < NAME)
			sink_pad(call->out, NAME - (int)used - 1);
		put_row(call->out, list[i].c, false);
	}
	if (n > most)
		sink_printf(call->out, "... and %" PRIu32 " more: give a filter, such as "
		    "op=Conv, to see all it matches\n", n - most);
}

static void
put_peak(struct sink *out, const struct cost_peak *p)
{
	char ref[NODE_REF];
	const char *name;
	int64_t v;

	if (p->node == NULL)
		return;
	put_total(out, "peak memory", p->bytes, true);
	if (!dim_number(p->bytes, &v)) {
		sink_pad(out, 14);
		sink_puts(out, "~");
		text_bytes(out, p->sample);
		sink_puts(out, "\n");
	}
	name = node_ref(p->node, ref);
	sink_pad(out, 14);
	sink_puts(out, "of values, while ");
	text_op(out, p->node->domain, p->node->type);
	sink_puts(out, " ");
	sink_safe(out, name, strlen(name), 30);
	sink_puts(out, p->partial ? " runs;\n              not all sizes are known\n" :
	    " runs\n");
}

static bool
has_symbols(const struct costs *c)
{
	int64_t v;

	return !dim_number(c->total.read, &v) || !dim_number(c->total.macs, &v);
}

static void
write_text(struct call *call, const struct costs *c)
{
	struct sink *out = call->out;

	put_total(out, "parameters", c->total.params, false);
	if (!dim_is(c->total.buffers, 0))
		put_total(out, "buffers read", c->total.buffers, false);
	put_total(out, "constants", c->weights, true);
	put_total(out, "MACs", c->total.macs, false);
	put_total(out, "FLOPs", c->total.flops, false);
	put_total(out, "read", c->total.read, true);
	put_total(out, "written", c->total.written, true);
	put_peak(out, &c->peak);
	if (c->total.unknown > 0)
		sink_printf(out, "not known     something of %" PRIu32 " of %" PRIu32
		    " nodes, which is left out: the sums are\n"
		    "              lower bounds; --input gives inputs sizes\n", c->total.unknown,
		    c->total.nodes);
	if (c->total.large > 0)
		sink_printf(out, "too large     numbers of %" PRIu32 " of these: above 2^63\n",
		    c->total.large);
	if (has_symbols(c))
		sink_puts(out, "symbols       are 16, or the nearest they may be, where ~ "
		    "stands\n");
	put_groups(out, "by operation", c->ops, c->nops);
	put_groups(out, "by module", c->scopes, c->nscopes);
	put_nodes(call, c);
}

static enum exit_status
run(struct call *call)
{
	struct session *s = call->s;
	const struct costs *c = cost_model(&s->ctx, call->arena, s->model, session_infer(s));

	if (call->json != NULL)
		write_json(call, c);
	else
		write_text(call, c);
	return EXIT_CLEAN;
}

const struct command CMD_COST = {
	.name = "cost", .args = "[FILTER]", .help = "parameters, arithmetic, bytes moved, memory",
	.text = "Says what the model takes: parameters (and buffers, which PyTorch does not "
	    "train), multiplications and additions (MACs, of which each is two FLOPs), bytes "
	    "that nodes read and write, and the most memory that values need at once; in all, "
	    "by operation, by module and by node, dearest first. "
	    "Numbers are arithmetic over symbols where sizes are: give inputs sizes with --input. "
	    "Bodies of loops count for one turn, of branches the dearer one. A filter chooses "
	    "nodes, of which all are listed; see NODE FILTERS.",
	.prepare = find_matching, .run = run
};
