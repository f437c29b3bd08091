/* SPDX-License-Identifier: Apache-2.0 */
/* Views that are pages: motion, search, links. */
#include "ui/state.h"

static bool
move(struct vframe *f, enum req r, uint32_t count)
{
	uint32_t n = count > 0 ? count : 1, page = f->height > 1 ? f->height - 1 : 1;
	int64_t at = f->cursor;

	switch ((int)r) {
	case REQ_DOWN: at += n; break;
	case REQ_UP: at -= n; break;
	case REQ_HALF_DOWN: at += (int64_t)n * ((page + 1) / 2); break;
	case REQ_HALF_UP: at -= (int64_t)n * ((page + 1) / 2); break;
	case REQ_PAGE_DOWN: at += (int64_t)n * page; break;
	case REQ_PAGE_UP: at -= (int64_t)n * page; break;
	case REQ_FIRST: at = 0; break;
	case REQ_LAST: at = f->page.n; break;
	case REQ_LINE_DOWN: at += 1; f->top++; break;
	case REQ_LINE_UP: at -= 1; f->top -= f->top > 0; break;
	case REQ_RIGHT: f->left += 8; return true;
	case REQ_LEFT: f->left -= f->left >= 8 ? 8 : f->left; return true;
	default: return false;
	}
	at = at < 0 ? 0 : at >= (int64_t)f->page.n ? (int64_t)f->page.n - 1 : at;
	f->cursor = at > 0 ? (uint32_t)at : 0;
	return true;
}

/* Search in the lines of a page. */
static bool
page_search(struct ui *ui, struct vframe *f, bool back)
{
	uint32_t n = f->page.n;

	if (*ui->search == '\0')
		ui_say(ui, ST_DIM, "nothing to search for: / asks");
	if (*ui->search == '\0' || n == 0)
		return true;
	for (uint32_t i = 1; i <= n; i++) {
		uint32_t at = (f->cursor + (back ? n - i : i)) % n;

		page_fill(&f->page, at, at + 1);
		if (text_find(f->page.lines[at].text, f->page.lines[at].n, ui->search) != NULL) {
			f->cursor = at;
			return true;
		}
	}
	ui_say(ui, ST_WARN, "not found");
	return true;
}

/* The line whose link is meant at the cursor: its own, that of the finding it
 * continues, or the next one below a heading. */
static const struct page_line *
page_link(const struct vframe *f)
{
	enum { NEAR = 6 };
	uint32_t at = f->cursor, last = at + NEAR < f->page.n ? at + NEAR : f->page.n;

	if (at < f->page.n && f->page.lines[at].link != LINK_NONE)
		return &f->page.lines[at];
	for (uint32_t i = at; f->view == &VIEW_PROBLEMS_ENTRY && i > 0 && i + NEAR > at; i--)
		if (i - 1 < f->page.n && f->page.lines[i - 1].link == LINK_NODE)
			return &f->page.lines[i - 1];
	for (uint32_t i = at; f->view == &VIEW_PROBLEMS_ENTRY && i < last; i++)
		if (f->page.lines[i].link == LINK_NODE)
			return &f->page.lines[i];
	return NULL;
}

/* Follow the link of the line under the cursor. */
static bool
page_open(struct ui *ui, struct vframe *f)
{
	const struct page_line *link;
	struct page_line l;
	struct pane *p;

	ui_build_page(ui, f, f->width); /* what it pointed at may be gone or elsewhere */
	link = page_link(f);
	if (link == NULL) {
		ui_say(ui, ST_DIM, "nothing to open on this line");
		return true;
	}
	if (link->link == LINK_NUMBER)
		return false;
	l = *link; /* the page goes when its view does */
	if (l.side < ui->npanes)
		ui->focus = l.side;
	p = ui_pane(ui);
	ui_push(ui, VIEW_ROWS);
	if (l.link == LINK_NODE) {
		pane_to_node(ui, p, l.to.node, true);
	} else if (l.link == LINK_GRAPH) {
		pane_to_graph(ui, p, l.to.graph, true);
	} else {
		ui_remember(ui, p);
		p->at = (struct place){ NULL, l.to.scope, NULL };
		pane_settle(ui, p);
	}
	return true;
}

/* Is text of the lines shown further right than what is seen? */
static bool
goes_on(struct vframe *f)
{
	uint32_t end = f->top + f->height < f->page.n ? f->top + f->height : f->page.n;

	page_fill(&f->page, f->top, end);
	for (uint32_t i = f->top; i < end; i++)
		if (text_columns(f->page.lines[i].text, f->page.lines[i].n) >
		    (int)(f->left + f->width))
			return true;
	return false;
}

bool
page_view_request(struct ui *ui, struct vframe *f, enum req r, uint32_t count)
{
	if (r == REQ_RIGHT && !goes_on(f)) {
		ui_say(ui, ST_DIM, "there is no more to the right");
		return true;
	}
	if (move(f, r, count))
		return true;
	if (r == REQ_OPEN)
		return page_open(ui, f);
	return (r == REQ_NEXT || r == REQ_PREVIOUS) && page_search(ui, f, r == REQ_PREVIOUS);
}
