/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/compare.h"
#include "base/str.h"
#include "report/text.h"
#include "ui/job.h"
#include "ui/pair.h"
#include "ui/state.h"

/* ---- the comparison ---- */

static void
compare(void *arg)
{
	struct pairing *p = arg;

	p->align = compare_sessions(p->docs[0]->s, p->docs[1]->s, &p->a,
	    &(struct compare_options){ .deep = false });
}

static void
run_compare(struct job *j)
{
	struct pairing *p = j->arg;
	struct ctx *ctx = &p->docs[0]->s->ctx, *other = &p->docs[1]->s->ctx;

	job_enter(j, ctx);
	job_enter(j, other);
	if (ctx_protect(ctx, compare, p) != 0) {
		p->align = NULL;
		other->escape = NULL; /* it was lent that of the first */
	}
	job_leave(ctx);
	job_leave(other);
}

static void
compare_done(struct ui *ui, struct job *j)
{
	struct pairing *p = j->arg;
	struct doc *docs[2] = { p->docs[0], p->docs[1] };
	bool stays = true;

	p->running = false;
	p->job = NULL;
	for (int i = 0; i < 2; i++)
		stays = stays && !docs[i]->closing && !docs[i]->again;
	if (p->align == NULL && stays)
		ui_say(ui, ST_WARN, j->cancel ? "not compared: it was stopped" :
		    "not compared: out of memory");
	if (p->align == NULL || !stays)
		pair_drop(ui);
	else
		ui->columns[COL_PAIR] = true;
	if (ui->pair != NULL && ui->npanes > 1 && ui->sync)
		folds_together(ui);
	ui_stale(ui);
	for (int i = 0; i < 2; i++)
		doc_idle(ui, docs[i]);
}

struct job *
pair_job(const struct ui *ui, const struct doc *d)
{
	const struct pairing *p = ui->pair;

	return p != NULL && (p->docs[0] == d || p->docs[1] == d) ? p->job : NULL;
}

void
pair_start(struct ui *ui)
{
	struct pairing *p;
	struct job *j;

	if (ui->npanes < 2 || ui->pair != NULL || ui->panes[0].doc == NULL ||
	    ui->panes[1].doc == NULL || ui->panes[0].doc->state != DOC_READY ||
	    ui->panes[1].doc->state != DOC_READY || (p = calloc(1, sizeof *p)) == NULL)
		return;
	p->docs[0] = ui->panes[0].doc;
	p->docs[1] = ui->panes[1].doc;
	p->running = true;
	p->docs[0]->state = p->docs[1]->state = DOC_OPEN;
	arena_init(&p->a, &p->docs[0]->s->ctx);
	arena_init(&p->lines_arena, &ui->ctx);
	ui->pair = p;
	j = job_start(ui, "compare the two models", run_compare, compare_done, p);
	if (j != NULL && j->state == JOB_RUNNING)
		p->job = j;
}

/* While its job runs the models stay: doc_close waits for the job, which then
 * comes back here. */
void
pair_drop(struct ui *ui)
{
	struct pairing *p = ui->pair;

	if (p == NULL || p->running)
		return;
	arena_free(&p->lines_arena);
	arena_free(&p->a);
	free(p);
	ui->pair = NULL;
	ui->columns[COL_PAIR] = false;
}

/* ---- questions ---- */

static int
side_of(const struct pairing *p, const struct doc *d)
{
	return d == p->docs[1];
}

const struct align_group *
pair_group(const struct ui *ui, const struct doc *d, const struct node *n)
{
	const struct pairing *p = ui->pair;
	uint32_t i;

	if (p == NULL || p->running || p->align == NULL || (d != p->docs[0] && d != p->docs[1]))
		return NULL;
	i = p->align->of[side_of(p, d)][n->id];
	return i != ALIGN_NONE ? &p->align->groups[i] : NULL;
}

const struct node *const *
pair_others(const struct ui *ui, const struct doc *d, const struct align_group *g, uint32_t *n)
{
	bool first = side_of(ui->pair, d) == 0;

	*n = first ? g->nb : g->na;
	return first ? g->b : g->a;
}

char
pair_letter(const struct align_group *g)
{
	static const char letters[ALIGN_VERDICTS] = {
		[ALIGN_SAME] = '=', [ALIGN_MODIFIED] = '~', [ALIGN_ADDED] = '+',
		[ALIGN_REMOVED] = '-', [ALIGN_LAYOUT] = 'L', [ALIGN_UNKNOWN] = '?'
	};

	return letters[g->verdict];
}

bool
pair_differs(const struct ui *ui, const struct doc *d, const struct node *n)
{
	const struct align_group *g = pair_group(ui, d, n);

	return g != NULL && g->verdict != ALIGN_SAME && g->verdict != ALIGN_LAYOUT;
}

bool
pair_stops(const struct ui *ui, const struct doc *d, const struct node *n)
{
	const struct align_group *g = pair_group(ui, d, n);

	return pair_differs(ui, d, n) && (side_of(ui->pair, d) == 0 ? g->a[0] : g->b[0]) == n;
}

void
pair_text(const struct ui *ui, const struct doc *d, const struct node *n, struct sink *out,
    unsigned max)
{
	const struct align_group *g = pair_group(ui, d, n);
	const struct node *const *others;
	char more[16] = "";
	struct sink text;
	unsigned room;
	uint32_t k;

	if (g == NULL)
		return;
	others = pair_others(ui, d, g, &k);
	if (k > 1 && max > 14)
		snprintf(more, sizeof more, " +%u", (unsigned)k - 1);
	room = max > strlen(more) + 6 ? max - (unsigned)strlen(more) - 2 : 4;
	sink_printf(out, "%c ", pair_letter(g));
	if (k == 0) {
		sink_printf(out, "%.*s", (int)room, align_verdict_name(g->verdict));
		return;
	}
	sink_init(&text, -1);
	text_op(&text, others[0]->domain, others[0]->type);
	if (text.n > room)
		sink_safe(out, others[0]->type->s, others[0]->type->len, room);
	else
		sink_write(out, text.buf, text.n);
	sink_fini(&text);
	sink_puts(out, more);
}

/* ---- lines ---- */

struct merge {
	struct ui *ui;
	struct pairing *p;
	const struct tree *t[2];
	const struct pane *pane[2];
	uint32_t *partner;          /* of left rows: row on the right */
	uint32_t *keep;             /* left rows of the longest chain without crossings */
	uint32_t nkeep;
};

/* A node that stands for the row. */
static const struct node *
row_node(const struct tree *t, const struct row *r)
{
	if (r->kind == ROW_NODE)
		return r->of.node;
	return r->kind == ROW_FOLD || r->kind == ROW_HEAD ? t->s.order[r->of.scope->lo] : NULL;
}

/* The heading on the right for one on the left: of the same path. */
static uint32_t
partner_head(const struct merge *m, const struct scope *c, uint32_t at)
{
	const struct rows *r = &m->t[1]->rows;

	for (; at > 0 && r->list[at - 1].kind == ROW_HEAD; at--) {
		const struct scope *d = r->list[at - 1].of.scope;

		if (d->nname == c->nname && memcmp(d->name, c->name, c->nname) == 0)
			return at - 1;
	}
	return ROW_NOWHERE;
}

static uint32_t
partner_of(const struct merge *m, const struct row *r, uint32_t inputs[2])
{
	const struct node *n = row_node(m->t[0], r), *const *others;
	const struct align_group *g;
	uint32_t k, at;

	if (r->kind == ROW_INPUT || r->kind == ROW_OUTPUT) {
		/* inputs and outputs by their order */
		k = inputs[r->kind == ROW_OUTPUT]++;
		for (at = 0; at < m->t[1]->rows.n; at++)
			if (m->t[1]->rows.list[at].kind == r->kind && k-- == 0)
				return at;
		return ROW_NOWHERE;
	}
	g = pair_group(m->ui, m->pane[0]->doc, n);
	if (g == NULL || (r->kind == ROW_NODE && *(g->a != NULL &&
	    side_of(m->p, m->pane[0]->doc) == 0 ? g->a : g->b) != n))
		return ROW_NOWHERE;
	others = pair_others(m->ui, m->pane[0]->doc, g, &k);
	if (k == 0 || others[0]->graph != m->t[1]->s.graph)
		return ROW_NOWHERE;
	at = m->t[1]->rows.of_node[others[0]->index];
	return r->kind == ROW_HEAD && at != ROW_NOWHERE ? partner_head(m, r->of.scope, at) : at;
}

/* The longest chain of pairs that do not cross, O(n log n): patience sorting. */
static void
choose(struct merge *m)
{
	uint32_t n = m->t[0]->rows.n, *tail, *before, len = 0, inputs[2] = { 0, 0 };
	struct arena *a = &m->p->lines_arena;

	m->partner = arena_array(a, n, sizeof *m->partner);
	m->keep = arena_array(a, n, sizeof *m->keep);
	before = arena_array(a, n, sizeof *before);
	tail = arena_array(a, (size_t)n + 1, sizeof *tail);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t lo = 0, hi = len, mid;

		m->partner[i] = partner_of(m, &m->t[0]->rows.list[i], inputs);
		if (m->partner[i] == ROW_NOWHERE)
			continue;
		while (lo < hi) {
			mid = lo + (hi - lo) / 2;
			if (m->partner[tail[mid]] < m->partner[i])
				lo = mid + 1;
			else
				hi = mid;
		}
		before[i] = lo > 0 ? tail[lo - 1] : ROW_NOWHERE;
		tail[lo] = i;
		len += lo == len;
	}
	m->nkeep = len;
	for (uint32_t i = len > 0 ? tail[len - 1] : 0, k = len; k > 0; i = before[i])
		m->keep[--k] = i;
}

static const struct align_group *
group_of(const struct merge *m, int side, uint32_t row)
{
	const struct node *n = row_node(m->t[side], &m->t[side]->rows.list[row]);

	return n != NULL ? pair_group(m->ui, m->pane[side]->doc, n) : NULL;
}

/* The letter of a row: of a folded module the worst that lies in it. */
static char
letter_of(const struct merge *m, int side, uint32_t row)
{
	const struct row *r = &m->t[side]->rows.list[row];
	const struct align_group *g = group_of(m, side, row);
	const struct scope *c = r->of.scope;

	if (r->kind == ROW_NODE)
		return g != NULL ? pair_letter(g) : ' ';
	for (uint32_t i = 0; r->kind == ROW_FOLD && i < c->ntotal; i++)
		if (pair_differs(m->ui, m->pane[side]->doc, m->t[side]->s.order[c->lo + i]))
			return '~';
	return r->kind == ROW_FOLD ? '=' : ' ';
}

/* Of a row without one beside it: one more of those that are not the same as their
 * counterpart? */
static bool
is_further(const struct merge *m, int side, uint32_t row)
{
	const struct align_group *g = group_of(m, side, row);
	const struct row *r = &m->t[side]->rows.list[row];

	return r->kind == ROW_NODE && g != NULL && g->verdict != ALIGN_SAME && g->na > 0 &&
	    g->nb > 0 && (side == 0 ? g->a[0] : g->b[0]) != r->of.node;
}

static void
add_line(struct merge *m, uint32_t left, uint32_t right)
{
	struct pairing *p = m->p;
	struct pair_line *l = &p->lines[p->nlines];
	int alone = right == ROW_NOWHERE ? 0 : left == ROW_NOWHERE ? 1 : -1;

	l->row[0] = left;
	l->row[1] = right;
	l->letter = left != ROW_NOWHERE ? letter_of(m, 0, left) : letter_of(m, 1, right);
	if (alone >= 0 && is_further(m, alone, alone == 0 ? left : right))
		l->letter = alone == 0 ? '>' : '<';
	if (left != ROW_NOWHERE)
		p->of_row[0][left] = p->nlines;
	if (right != ROW_NOWHERE)
		p->of_row[1][right] = p->nlines;
	p->nlines++;
}

/* Rows between two pairs: what is of one group side by side, else left first. */
static void
add_gap(struct merge *m, uint32_t left, uint32_t lend, uint32_t right, uint32_t rend)
{
	while (left < lend || right < rend) {
		if (left < lend && right < rend) {
			const struct align_group *g = group_of(m, 0, left);

			if (g != NULL && g == group_of(m, 1, right)) {
				add_line(m, left++, right++);
				continue;
			}
		}
		if (left < lend)
			add_line(m, left++, ROW_NOWHERE);
		else
			add_line(m, ROW_NOWHERE, right++);
	}
}

static void
merge(struct merge *m)
{
	uint32_t left = 0, right = 0, n[2] = { m->t[0]->rows.n, m->t[1]->rows.n };

	choose(m);
	for (uint32_t k = 0; k < m->nkeep; k++) {
		add_gap(m, left, m->keep[k], right, m->partner[m->keep[k]]);
		left = m->keep[k];
		right = m->partner[left];
		add_line(m, left++, right++);
	}
	add_gap(m, left, n[0], right, n[1]);
}

/* Flat lists, sorted or filtered: the rows of one side in their order, counterparts
 * beside them; behind them what has none. */
static void
merge_flat(struct merge *m, int lead)
{
	const struct rows *r = &m->t[lead]->rows, *o = &m->t[1 - lead]->rows;
	bool *used = arena_array(&m->p->lines_arena, o->n, sizeof *used);

	for (uint32_t i = 0; i < r->n; i++) {
		const struct align_group *g = group_of(m, lead, i);
		const struct node *const *others = NULL;
		uint32_t k = 0, at = i;

		if (g != NULL)
			others = pair_others(m->ui, m->pane[lead]->doc, g, &k);
		for (uint32_t j = 0; j < k; j++) {
			uint32_t row = others[j]->graph == m->t[1 - lead]->s.graph ?
			    o->of_node[others[j]->index] : ROW_NOWHERE;

			if (row == ROW_NOWHERE || used[row])
				continue;
			used[row] = true;
			add_line(m, lead == 0 ? at : row, lead == 0 ? row : at);
			at = ROW_NOWHERE;
		}
		if (at != ROW_NOWHERE)
			add_line(m, lead == 0 ? at : ROW_NOWHERE, lead == 0 ? ROW_NOWHERE : at);
	}
	for (uint32_t i = 0; i < o->n; i++)
		if (!used[i])
			add_line(m, lead == 0 ? ROW_NOWHERE : i, lead == 0 ? i : ROW_NOWHERE);
}

static void
make_lines(struct merge *m, bool flat)
{
	struct pairing *p = m->p;
	uint32_t n[2] = { m->t[0]->rows.n, m->t[1]->rows.n };

	p->lines = arena_array(&p->lines_arena, (size_t)n[0] + n[1], sizeof *p->lines);
	p->nlines = 0;
	for (int i = 0; i < 2; i++) /* without rows the cursor is on row 0, too */
		p->of_row[i] = arena_array(&p->lines_arena, n[i] + 1, sizeof *p->of_row[i]);
	if (flat)
		merge_flat(m, (int)m->ui->focus);
	else
		merge(m);
}

bool
pair_lines(struct ui *ui)
{
	struct pairing *p = ui->pair;
	struct merge m = { .ui = ui, .p = p };
	bool fresh = true, flat[2];

	if (p == NULL || p->running || p->align == NULL || ui->npanes < 2)
		return false;
	for (int i = 0; i < 2; i++) {
		m.pane[i] = &ui->panes[i];
		if (ui->panes[i].graph == NULL)
			return false;
		m.t[i] = pane_tree(ui, &ui->panes[i]);
		flat[i] = m.t[i]->shown != NULL;
		fresh &= p->trees[i] == m.t[i] && p->made[i] == m.t[i]->version;
	}
	if (flat[0] != flat[1])
		return false;
	if (fresh)
		return true;
	arena_free(&p->lines_arena);
	arena_init(&p->lines_arena, &ui->ctx);
	p->trees[0] = NULL; /* if memory ends, they are made again */
	make_lines(&m, flat[0]);
	for (int i = 0; i < 2; i++) {
		p->trees[i] = m.t[i];
		p->made[i] = m.t[i]->version;
	}
	return true;
}

/* ---- motion ---- */

/* The input or output of that name in the other model, or the one in the same place. */
static const struct value *
other_value(const struct graph *from, const struct value *v, const struct graph *to)
{
	bool out = (v->flags & VALUE_OUTPUT) != 0;
	struct value *const *own = out ? from->outputs : from->inputs;
	struct value *const *list = out ? to->outputs : to->inputs;
	uint32_t nown = out ? from->noutputs : from->ninputs;
	uint32_t n = out ? to->noutputs : to->ninputs;

	for (uint32_t i = 0; i < n; i++)
		if (list[i] != NULL && strcmp(list[i]->name->s, v->name->s) == 0)
			return list[i];
	for (uint32_t i = 0; i < nown && n == nown; i++)
		if (own[i] == v)
			return list[i];
	return NULL;
}

/* false: the cursor is on no input or output, or the other model has none for it. */
static bool
jump_to_value(struct ui *ui)
{
	struct pane *p = ui_pane(ui), *q = &ui->panes[1 - ui->focus];
	const struct value *v = NULL;

	if (ui->npanes > 1 && p->graph != NULL && q->graph != NULL && p->at.value != NULL)
		v = other_value(p->graph, p->at.value, q->graph);
	if (v == NULL)
		return false;
	ui_remember(ui, q);
	ui->focus = 1 - ui->focus;
	q->at = (struct place){ NULL, NULL, v };
	pane_settle(ui, q);
	return true;
}

void
pair_jump(struct ui *ui)
{
	struct pane *p = ui_pane(ui);
	const struct node *n = p->graph != NULL ? pane_node(ui, p) : NULL;
	const struct align_group *g = n != NULL ? pair_group(ui, p->doc, n) : NULL;
	const struct node *const *others = NULL;
	uint32_t k = 0;

	if (g != NULL)
		others = pair_others(ui, p->doc, g, &k);
	if (k == 0 && jump_to_value(ui))
		return;
	if (k == 0) {
		ui_say(ui, ST_DIM, ui->npanes < 2 ? "one model is open; :vs FILE opens another" :
		    ui->pair == NULL || ui->pair->running ? "not compared yet" :
		    "it has no counterpart");
		return;
	}
	ui->focus = 1 - ui->focus;
	p = ui_pane(ui);
	for (uint32_t i = 0; i < k; i++) {
		if (others[i] == p->at.node) { /* there already: the next one */
			pane_to_node(ui, p, others[(i + 1) % k], true);
			return;
		}
	}
	pane_to_node(ui, p, others[0], true);
	if (k > 1)
		ui_say(ui, ST_DIM, "one of %u", (unsigned)k);
}

/* The row that stands nearest to the line on the other side, above or below. */
static uint32_t
nearest_row(const struct pairing *r, uint32_t line, uint32_t side)
{
	for (uint32_t far = 1; far < r->nlines; far++) {
		if (far <= line && r->lines[line - far].row[side] != ROW_NOWHERE)
			return r->lines[line - far].row[side];
		if (far < r->nlines - line && r->lines[line + far].row[side] != ROW_NOWHERE)
			return r->lines[line + far].row[side];
	}
	return ROW_NOWHERE;
}

void
pair_follow(struct ui *ui)
{
	struct pane *p = ui_pane(ui), *q = &ui->panes[1 - ui->focus];
	const struct align_group *g;
	const struct node *const *others;
	uint32_t k, row, line;

	if (!ui->sync || ui->npanes < 2 || p->graph == NULL || q->graph == NULL)
		return;
	if (pair_lines(ui) && p->row < pane_tree(ui, p)->rows.n) {
		line = ui->pair->of_row[ui->focus][p->row];
		row = ui->pair->lines[line].row[1 - ui->focus];
		if (row == ROW_NOWHERE && p->at.node != NULL &&
		    pair_group(ui, p->doc, p->at.node) == NULL)
			row = nearest_row(ui->pair, line, 1 - ui->focus);
		if (row != ROW_NOWHERE) {
			pane_to_row(ui, q, row);
			return;
		}
	}
	g = p->at.node != NULL ? pair_group(ui, p->doc, p->at.node) : NULL;
	if (g == NULL)
		return;
	others = pair_others(ui, p->doc, g, &k);
	if (k > 0 && others[0]->graph == q->graph &&
	    (row = pane_tree(ui, q)->rows.of_node[others[0]->index]) != ROW_NOWHERE)
		pane_to_row(ui, q, row);
}

/* ---- in words ---- */

bool
pair_says(const struct ui *ui, const struct doc *d, const struct node *n, struct sink *out)
{
	const struct align_group *g = pair_group(ui, d, n);
	const char *sep = ": ";

	if (g == NULL || g->verdict == ALIGN_SAME)
		return false;
	sink_printf(out, "%c %s", pair_letter(g), align_verdict_name(g->verdict));
	for (unsigned i = 0; i < ALIGN_CHANGES; i++) {
		if ((g->changes & 1u << i) == 0)
			continue;
		sink_printf(out, "%s%s", sep, align_change_name(i));
		sep = ", ";
	}
	if (g->what != NULL) {
		sink_puts(out, ": ");
		sink_safe(out, g->what, strlen(g->what), 0);
	}
	return true;
}

static void
put_bits(struct page *p, const char *title, unsigned bits, unsigned n,
    const char *(*name)(unsigned))
{
	const char *sep = title;

	for (unsigned i = 0; i < n; i++) {
		if ((bits & 1u << i) == 0)
			continue;
		page_puts(p, ST_DIM, sep);
		page_puts(p, ST_TEXT, name(i));
		sep = ", ";
	}
}

void
pair_detail(struct ui *ui, struct page *p, const struct doc *d, const struct node *n,
    unsigned width)
{
	const struct align_group *g = pair_group(ui, d, n);
	const struct node *const *others;
	uint32_t k;

	if (g == NULL)
		return;
	page_puts(p, ST_TITLE, "counterpart");
	page_to(p, 12);
	page_printf(p, g->verdict == ALIGN_SAME ? ST_GOOD : ST_WARN, "%c %s", pair_letter(g),
	    align_verdict_name(g->verdict));
	page_printf(p, ST_DIM, ", confidence %u of 100", g->confidence);
	put_bits(p, "; by ", g->evidence, ALIGN_EVIDENCES, align_evidence_name);
	page_end(p);
	if (g->changes != 0) {
		page_to(p, 14);
		put_bits(p, "differs in ", g->changes, ALIGN_CHANGES, align_change_name);
		page_end(p);
	}
	if (g->what != NULL) {
		page_to(p, 14);
		page_wrap_safe(p, ST_WARN, g->what, strlen(g->what), 14, width);
	}
	others = pair_others(ui, d, g, &k);
	for (uint32_t i = 0; i < k; i++) {
		page_to(p, 14);
		page_printf(p, ST_DIM, "#%u ", (unsigned)others[i]->id);
		page_style(p, op_style(others[i]));
		text_op(&p->text, others[i]->domain, others[i]->type);
		page_puts(p, ST_TEXT, " ");
		page_safe(p, ST_LINK, others[i]->name->s, others[i]->name->len, 50);
		p->next.link = LINK_NODE;
		p->next.to.node = others[i];
		p->next.side = (uint8_t)(ui->panes[0].doc == d);
		page_end(p);
	}
}
