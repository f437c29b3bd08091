/* SPDX-License-Identifier: Apache-2.0 */
/* diff: what two models have in common, node by node, and in what they differ.
 * The other model is named in the argument or is the second on the command line;
 * it is open while the command runs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "align/align.h"
#include "app/compare.h"
#include "app/session.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "report/text.h"

struct diff {
	struct call *call;
	struct session other;
	const struct align *al;
	bool all;                /* list counterparts without a difference too */
};

enum { LINE = 80, NAME_LEAST = 12, ONE_SIDE = 11 };

/* What the gutter says, of each verdict that is listed. */
static const char *const legend[ALIGN_VERDICTS] = {
	[ALIGN_SAME] = "the same in A (<) and B (>)",
	[ALIGN_MODIFIED] = "counterparts that differ: < in A, > in B",
	[ALIGN_ADDED] = "only in B",
	[ALIGN_REMOVED] = "only in A",
	[ALIGN_LAYOUT] = "only on one side: moves, casts, measures data, or has no effect",
	[ALIGN_UNKNOWN] = "perhaps the same: the evidence is thin, or not all could be compared"
};

static const char gutter[ALIGN_VERDICTS] = { '=', '~', '+', '-', 'l', '?' };

bool
command_other(struct call *call, const char *file, struct session *other)
{
	session_open(other, file, &call->opts->session);
	if (other->model != NULL)
		return true;
	diag_add(&call->s->ctx, DIAG_USAGE, NULL, "%s cannot be compared with: %s", file,
	    other->ctx.diags.n > 0 ? other->ctx.diags.list[0].message : "it is no model");
	session_close(other);
	return false;
}

/* What reading the other model found, beside what it found in the first. */
static void
tell_findings(struct call *call, const struct session *other)
{
	const struct diags *found = &other->ctx.diags;

	for (uint32_t i = 0; i < found->n; i++) {
		const struct diag *f = &found->list[i];

		if (f->level >= LEVEL_WARN)
			diag_add(&call->s->ctx, f->id, &(struct where){ .path = f->path,
			    .node = f->node, .line = f->line }, "B %s: %s", other->path,
			    f->message);
	}
}

static bool
prepare(struct call *call)
{
	const struct options *o = call->opts;
	struct diff *d = arena_alloc(call->arena, sizeof *d);
	const char *file = call->arg;

	d->call = call;
	if (strncmp(file, "all", 3) == 0 && (file[3] == '\0' || file[3] == ' ')) {
		d->all = true;
		file += 3 + strspn(file + 3, " ");
	}
	if (*file == '\0')
		file = o->other;
	if (file == NULL) {
		diag_add(&call->s->ctx, DIAG_USAGE, NULL,
		    "diff wants two models: name the other one, diff FILE");
		return false;
	}
	call->ready = d;
	if (!command_other(call, file, &d->other))
		return false;
	tell_findings(call, &d->other);
	call->partial = d->other.model->partial;
	return true;
}

static bool
shown(const struct diff *d, const struct align_group *g)
{
	return d->all || g->verdict != ALIGN_SAME;
}

static const struct str *
first_result(const struct node *n)
{
	return n->nout > 0 && n->out[0] != NULL ? n->out[0]->name : NULL;
}

static void
json_nodes(struct json *j, const char *key, const struct node *const *list, uint32_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < n; i++) {
		json_open(j, '{');
		json_member_u64(j, "id", list[i]->id);
		json_member_str(j, "name", list[i]->name);
		json_op(j, list[i]);
		json_member_str(j, "output", first_result(list[i]));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_bits(struct json *j, const char *key, unsigned bits, unsigned n,
	const char *(*name)(unsigned))
{
	json_key(j, key);
	json_open(j, '[');
	for (unsigned i = 0; i < n; i++)
		if (bits & 1u << i)
			json_string(j, name(i));
	json_close(j, ']');
}

static void
json_group(struct json *j, const struct align_group *g)
{
	json_open(j, '{');
	json_member(j, "verdict", align_verdict_name(g->verdict));
	json_member_u64(j, "confidence", g->confidence);
	json_bits(j, "evidence", g->evidence, ALIGN_EVIDENCES, align_evidence_name);
	json_bits(j, "changes", g->changes, ALIGN_CHANGES, align_change_name);
	json_member(j, "what", g->what);
	json_nodes(j, "a", g->a, g->na);
	json_nodes(j, "b", g->b, g->nb);
	json_close(j, '}');
}

static void
write_json(struct json *j, const struct diff *d)
{
	json_open(j, '{');
	json_member(j, "other", d->other.path);
	json_member(j, "other_format", d->other.model->format);
	json_member_bool(j, "exact", d->al->given);
	json_member_u64(j, "sampled", d->al->sampled);
	json_member_u64(j, "rough", d->al->rough);
	json_member_u64(j, "compressed", d->al->compressed);
	json_key(j, "lost");
	json_double(j, d->al->lost, false);
	json_key(j, "unread");
	json_open(j, '{');
	for (int k = 0; k < 2; k++) {
		json_key(j, k == 0 ? "a" : "b");
		json_u64(j, d->al->unread[k]);
	}
	json_close(j, '}');
	json_member_bool(j, "differs", d->al->differs);
	json_key(j, "counts");
	json_open(j, '{');
	for (int i = 0; i < ALIGN_VERDICTS; i++) {
		json_key(j, align_verdict_name((enum align_verdict)i));
		json_u64(j, d->al->counts[i]);
	}
	json_close(j, '}');
	json_key(j, "groups");
	json_open(j, '[');
	for (uint32_t i = 0; i < d->al->ngroups; i++)
		if (shown(d, &d->al->groups[i]))
			json_group(j, &d->al->groups[i]);
	json_close(j, ']');
	json_close(j, '}');
}

/* The node in what is left of a line behind used columns. */
static void
text_node(struct sink *out, const struct node *n, const struct model *m, unsigned used)
{
	const struct str *result = first_result(n);
	const struct str *name = result == NULL || (n->name->len > 0 &&
	    m->dialect != DIALECT_MIL) ? n->name : result;
	char id[16];

	used += (unsigned)snprintf(id, sizeof id, "#%" PRIu32 " ", n->id);
	sink_puts(out, id);
	text_op(out, n->domain, n->type);
	used += text_width(n->domain->s, n->domain->len) + text_width(n->type->s, n->type->len) + 3;
	sink_puts(out, " ");
	text_str(out, name, used + NAME_LEAST < LINE ? LINE - used : NAME_LEAST, 0);
}

/* The nodes of one side, main one first, each in a line of its own. */
static void
text_side(struct sink *out, char mark, const struct node *const *list, uint32_t n,
	const struct model *m)
{
	for (uint32_t i = 0; i < n; i++) {
		sink_printf(out, i == 0 ? "  %c " : "    %c ", mark);
		text_node(out, list[i], m, i == 0 ? 4 : 6);
		sink_puts(out, "\n");
	}
}

static void
text_bits(struct sink *out, unsigned bits, unsigned n, const char *(*name)(unsigned))
{
	const char *comma = "";

	for (unsigned i = 0; i < n; i++) {
		if (!(bits & 1u << i))
			continue;
		sink_printf(out, "%s%s", comma, name(i));
		comma = ", ";
	}
}

static void
text_group(struct sink *out, const struct diff *d, const struct align_group *g)
{
	sink_printf(out, "%c ", gutter[g->verdict]);
	if (g->na == 0 || g->nb == 0) {
		text_node(out, g->na > 0 ? g->a[0] : g->b[0],
		    g->na > 0 ? d->call->s->model : d->other.model, 2 + ONE_SIDE);
		if (g->verdict == ALIGN_LAYOUT)
			sink_puts(out, g->na > 0 ? "  only in A" : "  only in B");
		sink_puts(out, "\n");
		return;
	}
	if (g->changes != 0)
		text_bits(out, g->changes, ALIGN_CHANGES, align_change_name);
	else
		sink_puts(out, "counterparts");
	sink_printf(out, "  (%u %%: ", g->confidence);
	text_bits(out, g->evidence, ALIGN_EVIDENCES, align_evidence_name);
	sink_puts(out, ")\n");
	if (g->what != NULL) {
		sink_puts(out, "  ");
		text_wrap(out, g->what, 2);
	}
	text_side(out, '<', g->a, g->na, d->call->s->model);
	text_side(out, '>', g->b, g->nb, d->other.model);
}

static void
text_groups(struct sink *out, const struct diff *d)
{
	const struct align *al = d->al;

	for (int i = 0; i < ALIGN_VERDICTS; i++)
		if (al->counts[i] > 0 && (d->all || i != ALIGN_SAME))
			sink_printf(out, "  %c  %s\n", gutter[i], legend[i]);
	sink_puts(out, "\n");
	for (uint32_t i = 0; i < al->ngroups; i++)
		if (shown(d, &al->groups[i]))
			text_group(out, d, &al->groups[i]);
	sink_puts(out, "\n");
}

static void
write_text(struct sink *out, const struct diff *d)
{
	const struct align *al = d->al;

	sink_puts(out, "A ");
	sink_safe(out, d->call->s->path, strlen(d->call->s->path), 0);
	sink_printf(out, "  %s, %" PRIu32 " nodes\nB ", d->call->s->model->format, al->nodes[0]);
	sink_safe(out, d->other.path, strlen(d->other.path), 0);
	sink_printf(out, "  %s, %" PRIu32 " nodes\n", d->other.model->format, al->nodes[1]);
	if (al->given)
		sink_puts(out, "Counterparts are those of the converter's own map.\n");
	if (al->sampled > 0)
		sink_printf(out, "Of %" PRIu32 " weights the first 64 kB alone were compared: "
		    "--deep compares all.\n", al->sampled);
	if (al->rough > 0)
		sink_printf(out, "Counterparts with weights that were compared by mean, deviation "
		    "and\nbounds at most: %" PRIu32 ".\n", al->rough);
	if (al->compressed > 0)
		sink_printf(out, "Counterparts with weights in fewer bits, at most %.2g %% of "
		    "their\ndeviation lost: %" PRIu32 ".\n", al->lost * 100, al->compressed);
	for (int k = 0; k < 2; k++)
		if (al->unread[k] > 0)
			sink_printf(out, "Nodes of %c with weights that cannot be read, and were "
			    "not compared: %" PRIu32 ".\n", "AB"[k], al->unread[k]);
	if (d->all || al->counts[ALIGN_SAME] < al->ngroups)
		text_groups(out, d);
	for (int i = 0; i < ALIGN_VERDICTS; i++)
		sink_printf(out, "%s%c %" PRIu32 " %s", i > 0 ? "  " : "", gutter[i], al->counts[i],
		    align_verdict_name((enum align_verdict)i));
	sink_puts(out, "\n");
}

static void
compare(void *arg)
{
	struct diff *d = arg;
	struct call *call = d->call;

	d->al = compare_sessions(call->s, &d->other, call->arena,
	    &(struct compare_options){ call->opts->deep, call->opts->map });
	if (call->json != NULL)
		write_json(call->json, d);
	else
		write_text(call->out, d);
}

static enum exit_status
run(struct call *call)
{
	struct diff *d = call->ready;
	enum exit_status status = EXIT_TOOL;

	if (ctx_protect(&call->s->ctx, compare, d) == 0)
		status = d->other.damaged ? EXIT_BAD_INPUT :
		    d->al->differs ? EXIT_FINDINGS : EXIT_CLEAN;
	session_close(&d->other);
	return status;
}

const struct command CMD_DIFF = {
	.name = "diff", .args = "[all] [FILE]",
	.help = "counterparts in another model, and what differs",
	.text = "Pairs the nodes of two models of any formats, the second one being FILE or the "
	    "second on the command line, and lists those that differ: ~ counterparts that are "
	    "not the same, < in the first and > in the second model, - only in the first, + only "
	    "in the second, l only on one side and without effect on numbers, ? counterparts for "
	    "thin reasons, with weights that cannot be read, or, of two formats, neither "
	    "computed nor compared in all they do. Behind each pair stands in what "
	    "it differs, how sure it is and why. Of two formats, element types, order and one "
	    "node written as several are no difference; weights are compared as far as casts "
	    "and what is folded into them allow, those in fewer bits (\"compressed\", no "
	    "difference) as far as these go, parameters where both formats have them; and "
	    "both models are computed on the same made-up numbers where that is little work "
	    "(--deep: 64 times as much): \"results\" are those that differ though what was read "
	    "is the same. With all, also those that are the same. "
	    "What convert wrote beside a package (PACKAGE.map, --map=FILE) is used in place of a "
	    "search when it is of these two. Beyond 512 MB weights are compared by their "
	    "beginning unless --deep is given: the "
	    "result says of how many. Exit status 1 when something differs.",
	.prepare = prepare, .run = run, .of_two = true
};
