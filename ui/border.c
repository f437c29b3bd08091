/* SPDX-License-Identifier: Apache-2.0 */
/* What is around every view: the bar, the line of messages, the likeliest keys. */
#include <stdio.h>
#include <string.h>

#include "ui/engine.h"
#include "ui/job.h"
#include "ui/key.h"
#include "ui/prompt.h"
#include "ui/state.h"

static void
draw_bar(const struct ui *ui, const struct area *a)
{
	const struct vframe *f = ui_shown(ui);
	unsigned room = ui->npanes > 0 ? (unsigned)(a->w - 28) / ui->npanes : 0;
	char what[40];
	struct sink text;
	int x;

	area_fill(a, 0, 0, a->w, ST_BAR);
	x = area_puts(a, 0, 1, ST_BAR, "mlinspect");
	sink_init(&text, -1);
	for (uint32_t i = 0; i < ui->npanes; i++) {
		const struct doc *d = ui->panes[i].doc;

		x = area_puts(a, 0, x, ST_BAR, i > 0 ? " <-> " : "  ");
		if (d == NULL)
			continue;
		sink_safe(&text, d->path, strlen(d->path), room);
		x = area_put(a, 0, x, ST_BAR, text.buf, text.n);
		text.n = 0;
		if (d->state == DOC_READING)
			jobs_say(ui, what, sizeof what);
		x = area_puts(a, 0, x, ST_BAR, d->state == DOC_READING ? " reading... " :
		    d->changed ? " (changed: r reads it again)" : "");
		if (d->state == DOC_READING)
			x = area_puts(a, 0, x, ST_BAR, what);
	}
	if (f->view->title != NULL)
		f->view->title(ui, f, &text);
	else
		sink_puts(&text, f->view->name);
	if (text_columns(text.buf, text.n) + x + 2 < a->w)
		area_put(a, 0, a->w - text_columns(text.buf, text.n) - 1, ST_BAR, text.buf, text.n);
	sink_fini(&text);
	area_look(a, 0, 0, a->w, LOOK_REVERSE);
}

enum { FOOTER = 16 };

/* The first key of a request, as it stands on keyboards: Enter, ^O. */
static void
footer_key(const struct ui *ui, enum req r, unsigned mask, char *key, size_t room)
{
	size_t n;

	keymap_text(&ui->keys, r, mask, key, room);
	n = strcspn(key, " ");
	key[n] = '\0';
	if (n == 5 && memcmp(key, "<C-", 3) == 0)
		snprintf(key, room, "^%c", key[3] >= 'a' && key[3] <= 'z' ? key[3] - 32 : key[3]);
	else if (n > 2 && strchr(key + 1, '<') == NULL && *key == '<' && key[n - 1] == '>') {
		memmove(key, key + 1, n - 2);
		key[n - 2] = '\0';
	}
}

static const char *
footer_label(const struct ui *ui, enum req r)
{
	static const struct { enum req r; const char *label; } shorter[] = {
		{ REQ_OPEN, "open" }, { REQ_NEXT_PROBLEM, "problem" }, { REQ_NEXT_LEFT, "off-ANE" },
		{ REQ_EXPORT, "draw" }, { REQ_NEXT_DIFF, "difference" }
	};

	if (ui_shown(ui)->view == &VIEW_CONVERT_ENTRY)
		return r == REQ_OPEN ? "start, change" : r == REQ_LEFT ? "before" : r == REQ_RIGHT ?
		    "next" : r == REQ_INTERRUPT ? "stop" : request_rows[r].name;
	if (r == REQ_NEXT_PROBLEM && ui_shown(ui)->view->mask == V_ROWS)
		return "next"; /* behind the list of problems */
	if (r == REQ_OTHER_PANE)
		return ui->npanes > 1 ? "other model" : "compare";
	for (size_t i = 0; i < sizeof shorter / sizeof *shorter; i++)
		if (shorter[i].r == r)
			return shorter[i].label;
	return request_rows[r].name;
}

/* The likeliest keys of the view; with another model, what is about the two comes first. */
static int
footer_keys(const struct ui *ui, enum req list[FOOTER])
{
	const struct view *v = ui_shown(ui)->view;
	bool two = ui->npanes > 1 && v->mask == V_ROWS;
	int n = 0;

	if (two) {
		list[n++] = REQ_OTHER_PANE;
		list[n++] = REQ_NEXT_DIFF;
	}
	for (int i = 0; v->footer != NULL && v->footer[i] != REQ_NONE && n < FOOTER; i++)
		if (!two || v->footer[i] != REQ_OTHER_PANE)
			list[n++] = v->footer[i];
	return n;
}

/* As many as there is room for beside the last, which says how to leave. */
static void
draw_keys(const struct ui *ui, const struct area *a)
{
	enum req list[FOOTER];
	unsigned mask = ui_shown(ui)->view->mask;
	int x = 1, need[FOOTER], end = a->w, n = footer_keys(ui, list);
	char key[64];

	for (int i = 0; i < n; i++) {
		footer_key(ui, list[i], mask, key, sizeof key);
		need[i] = (int)(strlen(key) + strcspn(footer_label(ui, list[i]), "@")) + 3;
	}
	if (n > 0)
		end -= need[n - 1] - 2; /* nothing follows it */
	for (int i = 0; i < n; i++) {
		const char *label = footer_label(ui, list[i]);

		footer_key(ui, list[i], mask, key, sizeof key);
		if (*key == '\0' || (i + 1 < n && x + need[i] > end))
			continue;
		x = area_puts(a, 0, x, ST_KEY, key);
		x = area_put(a, 0, x + 1, ST_DIM, label, strcspn(label, "@")) + 2;
	}
}

static void
draw_footer(const struct ui *ui, const struct area *a)
{
	char keys[64];
	int x;

	if (ui->prompt.kind != PROMPT_NONE) {
		prompt_draw(&ui->prompt, a);
		return;
	}
	draw_keys(ui, a);
	if (ui->count > 0 || ui->npending > 0) {
		x = a->w - 8;
		area_fill(a, 0, x, 8, ST_TEXT);
		if (ui->count > 0)
			x = area_printf(a, 0, x, ST_KEY, "%u", (unsigned)ui->count);
		for (uint32_t i = 0; i < ui->npending; i++)
			x = area_puts(a, 0, x, ST_KEY, key_spell(ui->pending[i], keys));
	}
}

/* Does the view show where the cursor of the pane is, without saying all of it? */
static bool
shows_nodes(const struct view *v)
{
	return v->mask == V_ROWS || v == &VIEW_BOXES_ENTRY;
}

/* Of what runs elsewhere than on the Neural Engine: why. */
static void
draw_engine(const struct ui *ui, const struct area *a)
{
	const struct pane *p = &ui->panes[ui->focus];
	struct sink text, safe;

	if (p->graph == NULL || p->at.node == NULL || !shows_nodes(ui_shown(ui)->view))
		return;
	sink_init(&text, -1);
	sink_init(&safe, -1);
	engine_brief(p->doc, p->at.node, &text);
	sink_safe(&safe, text.n > 0 ? text.buf : "", text.n, 0);
	if (safe.n > 0) {
		int x = area_printf(a, 0, 1, ST_DIM, "%s: ",
		    device_name(doc_placed(p->doc, p->at.node)));

		area_put(a, 0, x, ST_DIM, safe.buf, safe.n);
	}
	sink_fini(&text);
	sink_fini(&safe);
}

/* The line above the keys: a message, or what is wrong with the node. */
static void
draw_message(struct ui *ui, const struct area *a)
{
	const struct pane *p = ui_pane(ui);
	uint32_t i = UINT32_MAX;
	const struct finding *f;
	struct sink text;

	if (*ui->message != '\0') {
		area_puts(a, 0, 1, ui->message_style, ui->message);
		return;
	}
	sink_init(&text, -1);
	if (p->graph != NULL && p->selecting && ui_shown(ui)->view->mask == V_ROWS) {
		select_says(p, pane_tree(ui, ui_pane(ui)), &text);
		area_put(a, 0, 1, ST_KEY, text.buf, text.n);
		sink_fini(&text);
		return;
	}
	if (p->graph != NULL && p->at.node != NULL && shows_nodes(ui_shown(ui)->view))
		i = doc_finding(p->doc, p->at.node, 0);
	if (i == UINT32_MAX) {
		draw_engine(ui, a);
		return;
	}
	f = &p->doc->findings[i];
	sink_printf(&text, "%s: ", level_name(f->level));
	sink_safe(&text, f->message, strlen(f->message), 0);
	area_put(a, 0, 1, f->level >= LEVEL_ERROR ? ST_ERROR : ST_WARN, text.buf, text.n);
	sink_fini(&text);
}

void
border_draw(struct ui *ui, const struct area *all)
{
	struct area part = area_part(all, all->h - 2, 0, 1, all->w);

	draw_bar(ui, all);
	draw_message(ui, &part);
	part = area_part(all, all->h - 1, 0, 1, all->w);
	draw_footer(ui, &part);
}
