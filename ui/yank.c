/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/str.h"
#include "cmd/command.h"
#include "report/text.h"
#include "ui/engine.h"
#include "ui/state.h"
#include "ui/supported.h"
#include "ui/yank.h"

enum { CLIPBOARD = 74994 }; /* bytes that common terminals take */

void
yank_osc52(struct sink *out, const char *s, size_t n)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)s;

	sink_puts(out, "\033]52;c;");
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)(i + 1 < n ? p[i + 1] : 0) << 8 |
		    (i + 2 < n ? p[i + 2] : 0);

		sink_write(out, &digits[v >> 18], 1);
		sink_write(out, &digits[v >> 12 & 63], 1);
		sink_write(out, i + 1 < n ? &digits[v >> 6 & 63] : "=", 1);
		sink_write(out, i + 2 < n ? &digits[v & 63] : "=", 1);
	}
	sink_puts(out, "\a");
}

static void
put_shapes(const struct doc *d, const struct node *n, struct sink *out)
{
	for (uint32_t i = 0; i < n->nin; i++) {
		sink_puts(out, i > 0 ? ", " : "(");
		type_print(out, n->in[i] != NULL ? doc_type(d, n->in[i]) : NULL);
	}
	sink_puts(out, n->nin > 0 ? ") -> " : "() -> ");
	for (uint32_t i = 0; i < n->nout; i++) {
		sink_puts(out, i > 0 ? ", " : "");
		type_print(out, n->out[i] != NULL ? doc_type(d, n->out[i]) : NULL);
	}
}

static void
put_json(struct ui *ui, const char *line, struct sink *out)
{
	struct options o = *ui->options;

	if (ui_pane(ui)->doc->state != DOC_READY) {
		ui_say(ui, ST_WARN, "the analysis is still running");
		return;
	}
	o.json = true;
	command_run(ui_pane(ui)->doc->s, &o, line, out);
}

struct copying { const struct pane *p; const struct tree *t; uint32_t key; struct sink *out; };

/* A line of one node; of several each has its own. Names may hold line breaks, which a
 * shell would run: they are written as on the screen. */
static void
put_node(void *arg, const struct node *n)
{
	struct copying *c = arg;
	const struct scope *s = c->p->at.scope != NULL && !c->p->selecting ? c->p->at.scope :
	    c->t->s.of[n->index];
	struct sink *out = c->out;

	sink_puts(out, out->n > 0 ? "\n" : "");
	if (c->key == 'n')
		sink_safe(out, n->name->s, n->name->len, 0);
	else if (c->key == 'p')
		sink_safe(out, s->path, s->npath, 0);
	else if (c->key == 'i')
		sink_printf(out, "#%u", (unsigned)n->id);
	else
		put_shapes(c->p->doc, n, out);
}

void
yank(struct ui *ui, uint32_t key)
{
	struct pane *p = ui_pane(ui);
	const struct node *n = p->graph != NULL ? pane_node(ui, p) : NULL;
	struct tree *t = pane_tree(ui, p);
	struct sink *out = &ui->yanked;
	struct copying c = { p, t, key, out };
	char line[PROMPT_MAX];

	if (n == NULL) {
		ui_say(ui, ST_DIM, "no node here to copy from");
		return;
	}
	out->n = 0;
	snprintf(line, sizeof line, "node #%u", (unsigned)n->id);
	if (key == 'j' && p->selecting && !select_command(p, t, line, sizeof line))
		ui_say(ui, ST_WARN, "too many for one line: X writes them");
	else if (key == 'j')
		put_json(ui, line, out);
	else if (strchr("npis", (int)key) == NULL || key > 'z')
		ui_say(ui, ST_WARN, "y n name, y p path, y i id, y s shapes, y j JSON");
	else if (p->selecting)
		select_each(p, t, put_node, &c);
	else
		put_node(&c, n);
	if (out->n == 0)
		return;
	if (out->n > CLIPBOARD)
		ui_say(ui, ST_WARN, "too long for a clipboard: :write-yank FILE writes it");
	else
		ui_say(ui, ST_DIM, "copied %u bytes; :write-yank FILE writes them",
		    (unsigned)out->n);
	ui->osc = out->n <= CLIPBOARD ? out->buf : NULL;
}

/* Why it is not the Neural Engine, as the line above the keys has it. */
static void
say_engine(const struct doc *d, const struct node *n, struct sink *out)
{
	struct sink why;

	sink_init(&why, -1);
	engine_brief(d, n, &why);
	if (why.n > 0) {
		sink_puts(out, ": ");
		sink_safe(out, why.buf, why.n, 0);
	}
	sink_fini(&why);
}

/* What the columns show that the sentence does not hold yet. */
static void
say_columns(const struct ui *ui, const struct pane *p, const struct node *n, struct sink *out)
{
	struct sink text;

	sink_init(&text, -1);
	for (int c = 0; c < COL_COUNT; c++) {
		bool shown = ui->columns[c] || (c == COL_PAIR && ui->npanes > 1);

		if (!shown || c == COL_NAME || c == COL_TYPE || c == COL_OPERANDS ||
		    c == COL_PROBLEM)
			continue;
		text.n = 0;
		if (c == COL_SUPPORT && doc_finding(p->doc, n, 0) != UINT32_MAX)
			continue; /* said in full */
		column_text(ui, p->doc, n, (enum column)c, &text, 200);
		if (text.n > 0 && c == COL_ENGINE)
			say_engine(p->doc, n, &text);
		if (text.n == 0)
			continue;
		sink_printf(out, "; %s ", c == COL_SUPPORT ? supported_title(p->doc) :
		    column_rows[c].title);
		sink_write(out, text.buf, text.n);
	}
	sink_fini(&text);
}

static void
say_scope(struct pane *p, struct tree *t, struct sink *out)
{
	const struct scope *c = p->at.scope;
	const struct sums *sums = doc_sums(p->doc, t, c);
	enum row_kind kind = p->row < t->rows.n ? t->rows.list[p->row].kind : ROW_FOLD;

	sink_puts(out, kind == ROW_HEAD ? "open module " : "shut module ");
	sink_safe(out, c->path, c->npath, 0);
	sink_printf(out, " of %u node%s", (unsigned)c->ntotal, plural(c->ntotal));
	if (sums->errors > 0)
		sink_printf(out, ", %u error%s", (unsigned)sums->errors, plural(sums->errors));
	if (sums->warnings > 0)
		sink_printf(out, ", %u warning%s", (unsigned)sums->warnings,
		    plural(sums->warnings));
}

void
say_place(struct ui *ui, struct sink *out)
{
	struct pane *p = ui_pane(ui);
	struct vframe *top = ui_top(ui);
	struct tree *t = pane_tree(ui, p);
	const struct node *n = p->at.node;
	uint32_t i;

	if (top->view->build != NULL && top->cursor < top->page.n) {
		page_fill(&top->page, top->cursor, top->cursor + 1);
		sink_printf(out, "line %u of %u: ", (unsigned)top->cursor + 1,
		    (unsigned)top->page.n);
		sink_write(out, top->page.lines[top->cursor].text,
		    top->page.lines[top->cursor].n);
	} else if (t == NULL) {
		sink_puts(out, "no model");
	} else if (n != NULL) {
		sink_printf(out, "row %u of %u, ", (unsigned)p->row + 1, (unsigned)t->rows.n);
		text_op_whole(out, n->domain, n->type);
		if (n->name->len > 0)
			sink_puts(out, " named "), sink_safe(out, n->name->s, n->name->len, 0);
		if (t->s.of[n->index]->depth > 0) {
			sink_puts(out, ", in module ");
			sink_safe(out, t->s.of[n->index]->path, t->s.of[n->index]->npath, 0);
		}
		sink_puts(out, ", from ");
		put_shapes(p->doc, n, out);
		for (i = 0; (i = doc_finding(p->doc, n, i)) != UINT32_MAX; i++) {
			const struct finding *f = &p->doc->findings[i];

			sink_printf(out, "; %s: ", level_name(f->level));
			sink_safe(out, f->message, strlen(f->message), 0);
		}
		say_columns(ui, p, n, out);
	} else if (p->at.scope != NULL) {
		sink_printf(out, "row %u of %u, ", (unsigned)p->row + 1, (unsigned)t->rows.n);
		say_scope(p, t, out);
	} else if (p->at.value != NULL) {
		sink_printf(out, "row %u of %u, %s ", (unsigned)p->row + 1, (unsigned)t->rows.n,
		    p->at.value->flags & VALUE_OUTPUT ? "output" : "input");
		sink_safe(out, p->at.value->name->s, p->at.value->name->len, 0);
		sink_puts(out, " of type ");
		type_print(out, doc_type(p->doc, p->at.value));
	}
}
