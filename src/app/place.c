/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "app/place.h"
#include "app/session.h"
#include "ir/frame.h"

struct lookup {
	struct session *s;
	const struct node *n;
	struct arena a;
	struct python_place *out;
	bool found;
};

static void
look_up(void *arg)
{
	struct lookup *l = arg;
	struct frame *list;
	const struct frame *f;
	uint32_t n = node_frames(l->s->model, l->n, &l->a, &list);

	if ((f = frame_pick(list, n)) == NULL)
		return;
	snprintf(l->out->file, sizeof l->out->file, "%s", f->file);
	snprintf(l->out->function, sizeof l->out->function, "%s",
	    f->function != NULL ? f->function : "");
	snprintf(l->out->text, sizeof l->out->text, "%s", f->text != NULL ? f->text : "");
	l->out->line = f->line;
	l->found = f->line > 0;
}

bool
place_of_node(struct session *s, const struct node *n, struct python_place *out)
{
	struct lookup l = { .s = s, .n = n, .out = out };

	arena_init(&l.a, &s->ctx);
	ctx_protect(&s->ctx, look_up, &l);
	arena_free(&l.a);
	return l.found;
}

void
place_line(const struct python_place *at, char *buf, size_t n)
{
	const char *base = strrchr(at->file, '/');

	snprintf(buf, n, "%s:%u", base != NULL ? base + 1 : at->file, at->line);
}
