/* SPDX-License-Identifier: Apache-2.0 */
/* All findings of the model, the worst first; kinds with their counts, then
 * each. Enter goes to the node. */
#include <string.h>

#include "ui/state.h"

static enum style
level_style(enum diag_level level)
{
	return level >= LEVEL_ERROR ? ST_ERROR : level == LEVEL_WARN ? ST_WARN : ST_NOTE;
}

static void
put_finding(struct page *p, const struct finding *f, uint8_t side, unsigned width)
{
	const struct diag *d = f->diag;
	struct page_line link = { .link = f->node != NULL ? LINK_NODE : LINK_NONE, .side = side };
	struct sink text;

	link.to.node = f->node;
	p->next = link;
	page_printf(p, level_style(d->level), "%-6s ", level_name(d->level));
	page_puts(p, ST_BOLD, diag_name(d->id));
	if (f->node != NULL) {
		page_printf(p, ST_DIM, "  #%u ", (unsigned)f->node->id);
		page_safe(p, ST_LINK, f->node->name->s, f->node->name->len, 50);
	}
	page_end(p);
	sink_init(&text, -1);
	sink_safe(&text, d->message, strlen(d->message), 0);
	sink_write(&text, "", 1);
	page_wrap(p, ST_TEXT, text.buf, 7, width);
	sink_fini(&text);
	if (*diag_advice(d->id) != '\0') {
		page_to(p, 7);
		page_puts(p, ST_DIM, "fix: ");
		page_wrap(p, ST_DIM, diag_advice(d->id), 12, width);
	}
}

static void
put_counts(struct page *p, const struct doc *d)
{
	uint32_t of[LEVEL_COUNT] = { 0 };

	for (uint32_t i = 0; i < d->nfindings; i++)
		of[d->findings[i].diag->level]++;
	for (int level = LEVEL_COUNT - 1; level >= 0; level--)
		if (of[level] > 0)
			page_printf(p, level_style((enum diag_level)level), "%u %s%s   ",
			    (unsigned)of[level], level_name((enum diag_level)level),
			    plural(of[level]));
	page_end(p);
	page_end(p);
}

static void
problems_build(struct ui *ui, struct frame *f, unsigned width)
{
	const struct doc *d = ui_pane(ui)->doc;
	struct page *p = &f->page;
	enum { MOST = 2000 };

	if (d != NULL && d->state == DOC_FAILED && d->s != NULL) {
		const struct diags *list = &d->s->ctx.diags;

		for (uint32_t i = 0; i < list->n; i++)
			put_finding(p, &(struct finding){ &list->list[i], NULL }, 0, width);
		return;
	}
	if (d == NULL || !d->analysed) {
		page_puts(p, ST_DIM, "the analysis is still running");
		page_end(p);
		return;
	}
	put_counts(p, d);
	for (uint32_t i = 0; i < d->nfindings && i < MOST; i++)
		put_finding(p, &d->findings[i], (uint8_t)ui->focus, width);
	if (d->nfindings == 0)
		page_puts(p, ST_GOOD, "no findings"), page_end(p);
	if (d->nfindings > MOST)
		page_printf(p, ST_DIM, "and %u more; :lint has them",
		    (unsigned)(d->nfindings - MOST)), page_end(p);
}

static const enum req problems_footer[] = {
	REQ_OPEN, REQ_BACK, REQ_SEARCH, REQ_NEXT, REQ_HELP, REQ_QUIT, REQ_NONE
};

const struct view VIEW_PROBLEMS_ENTRY = {
	.name = "problems", .mask = V_LIST, .build = problems_build, .footer = problems_footer
};
