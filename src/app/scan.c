/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "app/scan.h"
#include "app/session.h"
#include "base/source.h"

struct scanning {
	struct session *s;
	struct arena *a, scratch;
	const struct source *src;
	struct scan *out;
};

static void
scan(void *arg)
{
	struct scanning *k = arg;

	k->out = arena_alloc(k->a, sizeof *k->out);
	scan_source(&k->s->ctx, k->a, &k->scratch, k->src, k->out);
}

const struct scan *
session_scan(struct session *s, struct arena *a)
{
	struct scanning k = { .s = s, .a = a };
	struct source *opened = NULL;
	bool whole;

	/* of a package in an archive the archive is what the user named */
	if (s->model != NULL && s->model->nsources > 0)
		k.src = s->model->sources[0];
	else
		k.src = opened = source_open(&s->ctx, a, s->path);
	if (k.src == NULL)
		return NULL;
	arena_init(&k.scratch, &s->ctx);
	whole = ctx_protect(&s->ctx, scan, &k) == 0;
	arena_free(&k.scratch);
	if (k.out != NULL)
		scan_fini(k.out);
	if (opened != NULL)
		source_close(opened);
	return whole ? k.out : NULL;
}
