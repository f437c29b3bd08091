/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "align/align.h"
#include "app/compare.h"
#include "app/map.h"
#include "app/session.h"
#include "base/ctx.h"
#include "infer/infer.h"
#include "ir/dim.h"

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

/* Is it a tensor all of whose dims are numbers? */
static bool
is_sized(const struct type *t)
{
	int64_t size;

	if (t == NULL || t->tag != TY_TENSOR || !t->has_rank || t->dtype == DT_NONE)
		return false;
	for (uint32_t i = 0; i < t->rank; i++)
		if (!dim_number(t->dims[i], &size) || size < 0)
			return false;
	return true;
}

/* The size that an input has when nobody gives another. */
static const struct type *
size_of(const struct value *v)
{
	const struct type *t = v->type;

	return t != NULL && (t->tag == TY_RANGE || t->tag == TY_ENUM) ? t->elem : t;
}

/* The type of the other model in this one's table; DT_F16 is how an ML Program may have it. */
static const struct type *
own_type(struct session *s, const struct type *t)
{
	const struct dim **dims = arena_array(&s->arena, t->rank > 0 ? t->rank : 1, sizeof *dims);
	int64_t size = 0;

	for (uint32_t i = 0; i < t->rank; i++) {
		dim_number(t->dims[i], &size);
		dims[i] = dim_const(&s->model->types, size);
	}
	return type_tensor(&s->model->types, t->dtype == DT_F16 ? DT_F32 : t->dtype, true, t->rank,
	    dims);
}

/* The input of the same name, else the only one. */
static const struct value *
same_input(const struct value *v, const struct graph *g)
{
	const struct value *only = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->ninputs; i++) {
		if (strcmp(g->inputs[i]->name->s, v->name->s) == 0)
			return g->inputs[i];
		if (g->inputs[i]->flags & VALUE_INITIALIZER)
			continue;
		only = g->inputs[i];
		n++;
	}
	return n == 1 ? only : NULL;
}

/* What is known when inputs without sizes have those of the other model, which is open as
 * well; NULL: no input gains any. */
static struct infer *
infer_sized(struct session *s, const struct session *other)
{
	const struct graph *g = s->model->main, *h = other->model->main;
	struct binding *b;
	uint32_t n = 0;

	if (g == NULL || h == NULL)
		return NULL;
	b = arena_array(&s->arena, g->ninputs + 1, sizeof *b);
	for (uint32_t i = 0; i < g->ninputs; i++) {
		const struct value *v = g->inputs[i], *w = same_input(v, h);
		const struct type *t = size_of(v);

		if (v->flags & VALUE_INITIALIZER || is_sized(v->type))
			continue;
		if (is_sized(t))
			b[n++] = (struct binding){ v->name, t };
		else if (w != NULL && is_sized(size_of(w)))
			b[n++] = (struct binding){ v->name, own_type(s, size_of(w)) };
	}
	return n > 0 ? session_infer_bound(s, b, n) : NULL;
}

struct align *
compare_sessions(struct session *a, struct session *b, struct arena *arena,
	const struct compare_options *o)
{
	bool infer = !align_same_format(a->model, b->model);
	struct align_side x = { a->model, infer ? session_infer(a) : NULL, NULL };
	struct align_side y = { b->model, NULL, NULL };
	struct align_options options = { .deep = o->deep };
	jmp_buf *escape = b->ctx.escape;

	b->ctx.escape = a->ctx.escape;
	if (infer) {
		y.types = session_infer(b);
		y.sized = infer_sized(b, a);
	}
	b->ctx.escape = escape;
	if (infer)
		x.sized = infer_sized(a, b);
	options.given = find_map(a, b, arena, o);
	return align_models(&a->ctx, arena, &x, &y, &options);
}
