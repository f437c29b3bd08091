/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <unistd.h>

#include "align/align.h"
#include "app/compare.h"
#include "app/map.h"
#include "app/session.h"

/* The map beside one of the two, or the one that was named. */
static const struct align_given *
find_map(struct session *a, struct session *b, struct arena *arena,
	const struct compare_options *o)
{
	const char *paths[] = { map_path(arena, b->path), map_path(arena, a->path) };
	const struct align_given *g = NULL;
	uint32_t before = a->ctx.diags.n;

	if (o->map != NULL) {
		g = map_read(&a->ctx, arena, o->map, a->model, b->model);
		if (g == NULL && a->ctx.diags.n == before)
			diag_add(&a->ctx, DIAG_MAP_FILE, NULL, "%s is of other models than these: "
			    "counterparts are searched", o->map);
		return g;
	}
	for (int i = 0; i < 2 && g == NULL; i++)
		if (access(paths[i], R_OK) == 0)
			g = map_read(&a->ctx, arena, paths[i], a->model, b->model);
	return g;
}

struct align *
compare_sessions(struct session *a, struct session *b, struct arena *arena,
	const struct compare_options *o)
{
	bool infer = !align_same_format(a->model, b->model);
	struct align_side x = { a->model, infer ? session_infer(a) : NULL };
	struct align_side y = { b->model, NULL };
	struct align_options options = { .deep = o->deep };
	jmp_buf *escape = b->ctx.escape;

	b->ctx.escape = a->ctx.escape;
	if (infer)
		y.types = session_infer(b);
	b->ctx.escape = escape;
	options.given = find_map(a, b, arena, o);
	return align_models(&a->ctx, arena, &x, &y, &options);
}
