/* SPDX-License-Identifier: Apache-2.0 */
/* Everything about the node under the cursor. Operands and readers are links;
 * the cursor of the pane moves with them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/measured.h"
#include "app/notes.h"
#include "app/place.h"
#include "base/source.h"
#include "base/str.h"
#include "infer/infer.h"
#include "ir/tensor.h"
#include "ops/packing.h"
#include "report/packing.h"
#include "report/contents.h"
#include "report/text.h"
#include "rules/support/support.h"
#include "ui/engine.h"
#include "ui/pair.h"
#include "ui/python.h"
#include "ui/state.h"
#include "ui/supported.h"

/* bytes of weights read without asking */
enum { LABEL = 12, SCANNED = 4 << 20 };
/* what a line stands for */
enum { LINE_SOURCE = 1 };

static void
label(struct page *p, const char *text)
{
	page_puts(p, ST_TITLE, text);
	page_to(p, LABEL);
}

static void
put_type(struct page *p, enum style st, const struct type *t)
{
	page_style(p, st);
	type_print(&p->text, t);
}

static void
put_node(struct page *p, const struct node *n)
{
	page_printf(p, ST_DIM, "#%u ", (unsigned)n->id);
	page_style(p, op_style(n));
	text_op(&p->text, n->domain, n->type);
	page_puts(p, ST_TEXT, " ");
	page_safe(p, ST_LINK, n->name->s, n->name->len, page_room(p, 0));
	p->next.link = LINK_NODE;
	p->next.to.node = n;
}

/* Types of the same text say the same, whatever tables they come from. */
static bool
same_text(const struct type *a, const struct type *b)
{
	struct sink x, y;
	bool same;

	if (a == NULL || b == NULL)
		return a == b;
	sink_init(&x, -1);
	sink_init(&y, -1);
	type_print(&x, a);
	type_print(&y, b);
	same = x.n == y.n && memcmp(x.buf, y.buf, x.n) == 0;
	sink_fini(&x);
	sink_fini(&y);
	return same;
}

/* Declared type, and the inferred one where it says more or something else. */
static void
put_types(struct page *p, const struct doc *d, const struct value *v)
{
	const struct type *inferred = d->analysed && d->s->infer != NULL ?
	    infer_type(d->s->infer, v) : NULL;

	bool says = v->type != NULL && (v->type->tag != TY_TENSOR ||
	    v->type->dtype != DT_NONE || v->type->has_rank);

	if (says)
		put_type(p, ST_TYPE, v->type);
	if (inferred == NULL || same_text(inferred, v->type))
		page_puts(p, ST_DIM, says ? "" : "? nothing known of its type");
	else
		page_puts(p, ST_DIM, says ? "  inferred " : "inferred "),
		    put_type(p, ST_TYPE, inferred);
}

/* ---- weights ---- */

static void
put_histogram(struct ui *ui, struct page *p, const struct tensor_stats *s)
{
	uint64_t most = 1;

	for (int i = 0; i < 16; i++)
		most = s->bins[i] > most ? s->bins[i] : most;
	page_to(p, LABEL + 4);
	for (int i = 0; i < 16; i++) {
		unsigned h = (unsigned)((s->bins[i] * 8 + most - 1) / most);

		if (h == 0)
			page_puts(p, ST_DIM, " ");
		else
			page_glyph(p, ST_COMPUTE, (enum glyph)(GL_BAR1 + h - 1), ui->grid.ascii);
	}
	page_printf(p, ST_DIM, "  %.4g .. %.4g", s->bin_lo, s->bin_hi);
	page_end(p);
}

static void
put_tensor(struct ui *ui, struct page *p, const struct tensor *t)
{
	struct tensor_stats s;

	page_to(p, LABEL + 4);
	page_puts(p, ST_DIM, t->enc->name);
	page_puts(p, ST_TEXT, "  ");
	if (t->items != NULL) {
		const char *text = contents_text(p->a, t);

		page_safe(p, ST_TEXT, text, strlen(text), 0);
		page_end(p);
		return;
	}
	text_bytes(&p->text, tensor_bytes(t));
	if (t->flags & TENSOR_MISSING)
		page_puts(p, ST_WARN, "  its file is not there");
	page_end(p);
	if (t->flags & TENSOR_MISSING || t->numel == 0)
		return;
	if (tensor_bytes(t) > SCANNED) {
		page_to(p, LABEL + 4);
		page_puts(p, ST_DIM, "too long to be read unasked: :tensor NAME");
		page_end(p);
		return;
	}
	tensor_stats(t, &ui->ctx, true, &s);
	if (s.n == 0)
		return;
	page_to(p, LABEL + 4);
	page_printf(p, ST_TEXT, "min %.5g  max %.5g  mean %.5g  std %.5g", s.min, s.max, s.mean,
	    s.std);
	if (s.nan + s.inf > 0)
		page_printf(p, ST_ERROR, "  NaN %" PRIu64 "  inf %" PRIu64, s.nan, s.inf);
	if (s.over_f16 > 0)
		page_printf(p, ST_WARN, "  beyond float16: %" PRIu64, s.over_f16);
	page_end(p);
	if (s.n > 1)
		put_histogram(ui, p, &s);
}

static void
put_packing(struct page *p, const struct node *n)
{
	struct packing k;

	if (!packing_read(&k, n, p->a))
		return;
	label(p, "packed");
	page_style(p, ST_TEXT);
	text_packing(&p->text, &k);
	page_end(p);
}

/* ---- edges ---- */

static void
put_operand(struct ui *ui, struct page *p, const struct doc *d, const struct node *n, uint32_t i)
{
	const struct value *v = n->in[i];

	label(p, i == 0 ? "reads" : "");
	page_printf(p, ST_DIM, "%u ", (unsigned)i + 1);
	if (i < n->nnamed) {
		page_safe(p, ST_BOLD, n->in_name[i]->s, n->in_name[i]->len, page_room(p, 60));
		page_puts(p, ST_TEXT, " ");
	}
	if (v == NULL) {
		page_puts(p, ST_DIM, "(left out)");
		page_end(p);
		return;
	}
	if (v->name->len > 0)
		page_safe(p, ST_TEXT, v->name->s, v->name->len, page_room(p, 40)),
		    page_puts(p, ST_TEXT, "  ");
	put_types(p, d, v);
	if (constant_is_small(v) && !(v->flags & VALUE_LITERAL && v->name->len > 0)) {
		page_style(p, ST_TEXT);
		sink_puts(&p->text, " = ");
		text_constant(&p->text, v, &ui->ctx);
	}
	page_end(p);
	page_to(p, LABEL + 2);
	if (v->producer != NULL) {
		page_puts(p, ST_DIM, "from ");
		put_node(p, v->producer);
	} else {
		page_puts(p, ST_DIM, v->flags & VALUE_INITIALIZER ? "constant" :
		    v->flags & VALUE_LITERAL ? "a literal" :
		    v->flags & VALUE_INPUT ? "input of the graph" : "made nowhere");
	}
	page_end(p);
	if (v->constant != NULL && v->flags & VALUE_INITIALIZER && !constant_is_small(v))
		put_tensor(ui, p, v->constant);
}

static void
put_result(struct page *p, const struct doc *d, const struct node *n, uint32_t i)
{
	const struct value *v = n->out[i];
	uint32_t k, end;

	if (v == NULL)
		return;
	label(p, i == 0 ? "makes" : "");
	page_safe(p, ST_TEXT, v->name->s, v->name->len, page_room(p, 40));
	page_puts(p, ST_TEXT, "  ");
	put_types(p, d, v);
	if (v->flags & VALUE_OUTPUT)
		page_puts(p, ST_BOLD, "  output of the graph");
	page_end(p);
	end = d->uses != NULL ? d->uses->start[v->id + 1] : 0;
	for (k = d->uses != NULL ? d->uses->start[v->id] : 0; k < end; k++) {
		page_to(p, LABEL + 2);
		page_puts(p, ST_DIM, "read by ");
		put_node(p, d->uses->list[k].node);
		page_end(p);
	}
}

static void
put_attributes(struct page *p, const struct node *n)
{
	for (uint32_t i = 0; i < n->nattrs; i++) {
		label(p, i == 0 ? "attributes" : "");
		page_safe(p, ST_BOLD, n->attrs[i].name->s, n->attrs[i].name->len, 40);
		page_puts(p, ST_DIM, " = ");
		page_style(p, ST_TEXT);
		text_attr(&p->text, &n->attrs[i], 200, 16);
		page_end(p);
	}
	for (uint32_t i = 0; i < n->nregions; i++) {
		if (n->regions[i] == NULL)
			continue;
		label(p, i == 0 ? "graphs in it" : "");
		page_printf(p, ST_DIM, "%u ", (unsigned)i + 1);
		if (n->regions[i]->role != NULL)
			page_safe(p, ST_BOLD, n->regions[i]->role->s, n->regions[i]->role->len, 30);
		page_printf(p, ST_TEXT, "  %u node%s", (unsigned)n->regions[i]->nnodes,
		    plural(n->regions[i]->nnodes));
		p->next.link = LINK_GRAPH;
		p->next.to.graph = n->regions[i];
		page_end(p);
	}
}

/* What a blocker does to a conversion: some stop nothing (the result computes something
 * else), some stand behind the point where a conversion is complete.
 */
static const char *
means_in_support(const struct doc *d, const struct finding *g)
{
	if (g->source == FROM_RUN)
		return "  it was run";
	if (g->level == LEVEL_WARN)
		return "  stops nothing, is lost";
	if (g->level == LEVEL_NOTE)
		return "  never reached";
	if (d->support->already)
		return "  the target does not have it";
	return g->stops ? "  the conversion stops here first" : "  a conversion stops here";
}

static void
put_findings(struct page *p, const struct doc *d, const struct node *n, unsigned width)
{
	for (uint32_t i = 0; (i = doc_finding(d, n, i)) != UINT32_MAX; i++) {
		const struct finding *g = &d->findings[i];
		enum style st = g->level >= LEVEL_ERROR ? ST_ERROR : g->level == LEVEL_WARN ?
		    ST_WARN : ST_NOTE;

		page_puts(p, st, level_name(g->level));
		page_to(p, LABEL);
		page_puts(p, ST_BOLD, g->name);
		if (g->source != FROM_LINT)
			page_puts(p, ST_DIM, means_in_support(d, g));
		page_end(p);
		page_wrap_safe(p, ST_TEXT, g->message, strlen(g->message), LABEL, width);
		if (g->fix == NULL || *g->fix == '\0')
			continue;
		page_to(p, LABEL);
		page_puts(p, ST_GOOD, "fix: ");
		page_wrap_safe(p, ST_TEXT, g->fix, strlen(g->fix), LABEL + 5, width);
	}
}

/* What a conversion makes of it, where nothing was found against that. */
static void
put_support(struct page *p, const struct doc *d, const struct node *n, unsigned width)
{
	struct sink text;

	for (uint32_t i = 0; (i = doc_finding(d, n, i)) != UINT32_MAX; i++)
		if (d->findings[i].source != FROM_LINT)
			return;
	sink_init(&text, -1);
	supported_says(d, n, &text);
	if (text.n > 0) {
		label(p, "convert");
		page_wrap_safe(p, ST_TEXT, text.buf, text.n, LABEL, width);
	}
	sink_fini(&text);
}

/* ---- the Neural Engine ---- */

/* Words are made with the session's memory: not while a job has it. */
static void
put_engine(struct page *p, const struct doc *d, const struct node *n, unsigned width)
{
	const struct note *note = d->notes != NULL && n->id < d->notes->n ?
	    &d->notes->list[n->id] : NULL;
	struct sink text;

	if (note == NULL || note->ane == ANE_SKIPPED || d->state != DOC_READY)
		return;
	label(p, "engine");
	page_printf(p, note->placed == DEVICE_ANE ? ST_GOOD : ST_WARN, "runs on %s",
	    device_name(note->placed));
	page_puts(p, ST_DIM, " as estimated");
	if (width < 56)
		page_end(p), page_to(p, LABEL);
	else
		page_puts(p, ST_DIM, "; ");
	page_printf(p, ST_DIM, "eligible: %s", ane_answer_name(note->ane));
	page_end(p);
	sink_init(&text, -1);
	engine_says(d, n, &text);
	if (text.n > 0)
		page_wrap_safe(p, ST_TEXT, text.buf, text.n, LABEL, width);
	sink_fini(&text);
}

/* ---- source ---- */

/* Enter there shows the file. */
static void
link_source(struct page *p)
{
	p->next.link = LINK_NUMBER;
	p->next.number = LINE_SOURCE;
}

static void
put_source_line(struct page *p, const char *text, unsigned number, bool here)
{
	size_t n = strcspn(text, "\n");

	link_source(p);
	page_printf(p, here ? ST_KEY : ST_DIM, "%c %6u  ", here ? '>' : ' ', number);
	page_safe(p, here ? ST_BOLD : ST_DIM, text, n, 0);
	page_end(p);
}

static void
put_source(struct page *p, const struct doc *d, const struct node *n)
{
	struct python_place at;
	char text[512];
	unsigned line = 0;
	FILE *f;

	if (!python_place(d, n, &at))
		return;
	label(p, "source");
	link_source(p);
	page_safe(p, ST_LINK, at.file, strlen(at.file), 0);
	page_printf(p, ST_LINK, ":%u", at.line);
	if (*at.function != '\0')
		page_puts(p, ST_DIM, "  in "), page_safe(p, ST_DIM, at.function,
		    strlen(at.function), 0);
	page_end(p);
	if ((f = python_open(d, at.file)) == NULL) {
		if (*at.text != '\0')
			put_source_line(p, at.text, at.line, true);
		return;
	}
	if (python_newer(f, d)) {
		page_to(p, LABEL);
		page_puts(p, ST_WARN, "written after the model: lines may have moved");
		page_end(p);
	}
	while (line < at.line + 2 && fgets(text, sizeof text, f) != NULL) {
		for (char *s = text; *s != '\0'; s++)
			*s = *s == '\t' ? ' ' : *s;
		if (++line + 3 > at.line)
			put_source_line(p, text, line, line == at.line);
	}
	fclose(f);
}

static void
put_head(struct page *p, const struct doc *d, const struct tree *t, const struct node *n)
{
	const struct scope *c = t->s.of[n->index];
	struct textpos pos = source_textpos(n->loc.src, n->loc.off);
	const char *lost;
	struct sink row;

	page_printf(p, ST_DIM, "#%u ", (unsigned)n->id);
	page_style(p, op_style(n));
	text_op(&p->text, n->domain, n->type);
	page_puts(p, ST_TEXT, "  ");
	page_safe(p, ST_BOLD, n->name->s, n->name->len, 0);
	page_end(p);
	label(p, "op");
	sink_init(&row, -1);
	text_op_row(&row, n);
	page_wrap_safe(p, ST_TEXT, row.buf, row.n, LABEL, p->width);
	sink_fini(&row);
	if (c->depth > 0) {
		label(p, "module");
		page_safe(p, ST_MODULE, c->path, c->npath, 0);
		p->next.link = LINK_SCOPE;
		p->next.to.scope = t->s.list[c->id];
		page_end(p);
	}
	lost = d->analysed && d->s->infer != NULL ? infer_lost(d->s->infer, n) : NULL;
	if (lost != NULL) {
		label(p, "unknown");
		page_safe(p, ST_UNKNOWN, lost, strlen(lost), 0);
		page_end(p);
	}
	label(p, "in the file");
	if (pos.line != 0)
		page_printf(p, ST_DIM, "line %" PRIu32, pos.line);
	else
		page_printf(p, ST_DIM, "%" PRIu64 " bytes from offset %" PRIu64, n->loc.len,
		    pos.off);
	if (n->loc.src != NULL && n->loc.src->member != NULL) {
		page_puts(p, ST_DIM, " of ");
		page_safe(p, ST_DIM, n->loc.src->member, strlen(n->loc.src->member), 0);
		page_puts(p, ST_DIM, " in the archive");
	}
	page_end(p);
}

static void
put_value(struct page *p, const struct doc *d, const struct value *v)
{
	page_puts(p, ST_TITLE, v->flags & VALUE_OUTPUT ? "output " : "input ");
	page_safe(p, ST_BOLD, v->name->s, v->name->len, 0);
	page_end(p);
	label(p, "type");
	put_types(p, d, v);
	page_end(p);
	if (v->producer != NULL) {
		label(p, "made by");
		put_node(p, v->producer);
		page_end(p);
	}
	for (uint32_t k = d->uses != NULL ? d->uses->start[v->id] : 0;
	    d->uses != NULL && k < d->uses->start[v->id + 1]; k++) {
		label(p, "read by");
		put_node(p, d->uses->list[k].node);
		page_end(p);
	}
}

static void
put_nothing(struct page *p, const struct pane *pane, unsigned width)
{
	const struct model *m = pane->graph != NULL ? pane->doc->s->model : NULL;

	if (m == NULL || m->no_graph == NULL) {
		page_puts(p, ST_DIM, "nothing is under the cursor");
		page_end(p);
		return;
	}
	label(p, "no graph");
	page_wrap_safe(p, ST_TEXT, m->no_graph, strlen(m->no_graph), LABEL, width);
	if (*m->no_graph_advice != '\0') {
		label(p, "to do");
		page_wrap_safe(p, ST_TEXT, m->no_graph_advice, strlen(m->no_graph_advice), LABEL,
		    width);
	}
}

static void
detail_build(struct ui *ui, struct vframe *f, unsigned width)
{
	struct pane *pane = ui_pane(ui);
	struct tree *t = pane_tree(ui, pane);
	struct page *p = &f->page;
	const struct node *n = t != NULL ? pane_node(ui, pane) : NULL;

	if (n == NULL && pane->at.value != NULL) {
		put_value(p, pane->doc, pane->at.value);
		return;
	}
	if (n == NULL) {
		put_nothing(p, pane, width);
		return;
	}
	put_head(p, pane->doc, t, n);
	put_findings(p, pane->doc, n, width);
	if (pair_differs(ui, pane->doc, n))
		pair_detail(ui, p, pane->doc, n, width);
	put_support(p, pane->doc, n, width);
	put_engine(p, pane->doc, n, width);
	put_source(p, pane->doc, n);
	for (uint32_t i = 0; i < n->nin; i++)
		put_operand(ui, p, pane->doc, n, i);
	for (uint32_t i = 0; i < n->nout; i++)
		put_result(p, pane->doc, n, i);
	if (!pair_differs(ui, pane->doc, n))
		pair_detail(ui, p, pane->doc, n, width);
	put_packing(p, n);
	put_attributes(p, n);
	if (f->subject.node != n)
		f->cursor = f->top = 0;
	f->subject.node = n;
}

/* A link to another node shows that node here, the source line its file. */
static bool
detail_request(struct ui *ui, struct vframe *f, enum req r, uint32_t count, uint32_t key)
{
	const struct page_line *l = f->cursor < f->page.n ? &f->page.lines[f->cursor] : NULL;

	(void)count;
	(void)key;
	if (r == REQ_OPEN && l != NULL && l->link == LINK_NUMBER) {
		python_show(ui);
		return true;
	}
	if (r != REQ_OPEN || l == NULL || l->link != LINK_NODE)
		return false;
	if (l->side < ui->npanes)
		ui->focus = l->side;
	pane_to_node(ui, ui_pane(ui), l->to.node, true);
	f->fresh = false;
	return true;
}

static void
detail_title(const struct ui *ui, const struct vframe *f, struct sink *out)
{
	(void)ui;
	(void)f;
	sink_puts(out, "details");
}

static const enum req detail_footer[] = {
	REQ_OPEN, REQ_BACK, REQ_HELP, REQ_PRODUCER, REQ_CONSUMER, REQ_NEXT_PROBLEM, REQ_JUMP_BACK,
	REQ_QUIT, REQ_NONE
};

const struct view VIEW_DETAIL_ENTRY = {
	.name = "detail", .mask = V_DETAIL, .build = detail_build, .request = detail_request,
	.title = detail_title, .footer = detail_footer
};
