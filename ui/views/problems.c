/* SPDX-License-Identifier: Apache-2.0 */
/* All findings of the model, the worst first; kinds with their counts, then
 * each. Enter goes to the node. */
#include <string.h>

#include "rules/support/support.h"
#include "ui/state.h"

static enum style
level_style(enum diag_level level)
{
	return level >= LEVEL_ERROR ? ST_ERROR : level == LEVEL_WARN ? ST_WARN : ST_NOTE;
}

static void
put_finding(struct page *p, const struct doc *d, const struct finding *f, uint8_t side,
    unsigned width)
{
	p->next.link = f->node != NULL ? LINK_NODE : LINK_NONE;
	p->next.side = side;
	p->next.to.node = f->node;
	page_printf(p, level_style(f->level), "%-6s ", level_name(f->level));
	page_puts(p, ST_BOLD, f->name);
	if (f->source == FROM_RUN)
		page_puts(p, ST_KEY, " stopped the conversion that was run");
	if (f->source == FROM_SUPPORT)
		page_puts(p, ST_KEY, d->support->already ? " (target)" : f->stops ?
		    " stops the conversion first" : " (conversion)");
	if (f->node != NULL) {
		page_printf(p, ST_DIM, "  #%u ", (unsigned)f->node->id);
		page_safe(p, ST_LINK, f->node->name->s, f->node->name->len, page_room(p, 0));
	}
	page_end(p);
	page_wrap_safe(p, ST_TEXT, f->message, strlen(f->message), 7, width);
	if (f->fix != NULL && *f->fix != '\0') {
		page_to(p, 7);
		page_puts(p, ST_DIM, "fix: ");
		page_wrap_safe(p, ST_DIM, f->fix, strlen(f->fix), 12, width);
	}
}

static void
put_counts(struct page *p, const struct doc *d)
{
	const uint32_t *of = d->counts;

	for (int level = LEVEL_COUNT - 1; level >= 0; level--)
		if (of[level] > 0)
			page_printf(p, level_style((enum diag_level)level), "%u %s%s   ",
			    (unsigned)of[level], level_name((enum diag_level)level),
			    plural(of[level]));
	page_end(p);
}

/* What coremltools would do, in a line, behind what is to be said first. */
static void
put_outcome(struct page *p, const struct support *s, unsigned width)
{
	static const char *const words[] = {
		[SUPPORT_CONVERTS] = "coremltools converts this model",
		[SUPPORT_FAILS] = "coremltools does not convert this model",
		[SUPPORT_UNKNOWN] = "whether coremltools converts this model is not known"
	}, *const runs[] = {
		[SUPPORT_CONVERTS] = "the target runs it",
		[SUPPORT_FAILS] = "the target does not run it",
		[SUPPORT_UNKNOWN] = "whether the target runs it is not known"
	};

	if (s == NULL)
		return;
	if (s->note != NULL)
		page_wrap_safe(p, ST_TEXT, s->note, strlen(s->note), 0, width);
	if (s->already && s->target == NULL) {
		page_puts(p, ST_DIM, "t asks whether a system of your choice runs it");
		page_end(p);
		return;
	}
	page_puts(p, s->outcome == SUPPORT_CONVERTS ? ST_GOOD : s->outcome == SUPPORT_FAILS ?
	    ST_ERROR : ST_UNKNOWN, s->already ? runs[s->outcome] : words[s->outcome]);
	if (s->target != NULL)
		page_printf(p, ST_DIM, " (target %s; t changes it)", s->target);
	page_end(p);
	if (*support_lost_words(s) != '\0') {
		page_puts(p, ST_WARN, support_lost_words(s) + strlen(", "));
		page_end(p);
	}
}

/* What was run says more than what is expected. */
static void
put_run(struct page *p, const struct ran *ran)
{
	if (ran->end == RAN_NEVER)
		return;
	if (ran->end == RAN_MADE)
		page_puts(p, ST_GOOD, "the conversion that was run made a package");
	else
		page_puts(p, ST_ERROR, "the conversion that was run failed");
	page_puts(p, ST_DIM, " (C has its report); expected was:");
	page_end(p);
}

static void
put_failed(struct page *p, const struct doc *d, unsigned width)
{
	const struct diags *list = &d->s->ctx.diags;

	for (uint32_t i = 0; i < list->n; i++) {
		const struct diag *g = &list->list[i];

		put_finding(p, d, &(struct finding){ .name = diag_name(g->id),
			.message = g->message, .fix = diag_advice(g->id), .level = g->level },
		    0, width);
	}
}

static void
problems_build(struct ui *ui, struct vframe *f, unsigned width)
{
	const struct doc *d = ui_pane(ui)->doc;
	struct page *p = &f->page;
	enum { MOST = 2000 };

	if (d != NULL && d->state == DOC_FAILED && d->s != NULL) {
		put_failed(p, d, width);
		return;
	}
	if (d == NULL || !d->analysed) {
		page_puts(p, ST_DIM, "the analysis is still running");
		page_end(p);
		return;
	}
	put_run(p, doc_ran(d));
	put_outcome(p, d->support, width);
	put_counts(p, d);
	page_end(p);
	for (uint32_t i = 0; i < d->nfindings && i < MOST; i++)
		put_finding(p, d, &d->findings[i], (uint8_t)ui->focus, width);
	if (d->nfindings == 0)
		page_puts(p, ST_GOOD, "no findings"), page_end(p);
	if (d->nfindings > MOST) {
		page_printf(p, ST_DIM, "and %u more; :lint has them",
		    (unsigned)(d->nfindings - MOST));
		page_end(p);
	}
}

static const enum req problems_footer[] = {
	REQ_OPEN, REQ_BACK, REQ_SEARCH, REQ_NEXT, REQ_HELP, REQ_QUIT, REQ_NONE
};

const struct view VIEW_PROBLEMS_ENTRY = {
	.name = "problems", .mask = V_LIST, .build = problems_build, .footer = problems_footer
};
