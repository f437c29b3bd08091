/* SPDX-License-Identifier: Apache-2.0 */
#include "align/align.h"
#include "app/compare.h"
#include "app/session.h"

struct align *
compare_sessions(struct session *a, struct session *b, struct arena *arena, bool deep)
{
	bool infer = a->model->dialect != b->model->dialect;
	struct align_side x = { a->model, infer ? session_infer(a) : NULL };
	struct align_side y = { b->model, NULL };
	jmp_buf *escape = b->ctx.escape;

	b->ctx.escape = a->ctx.escape;
	if (infer)
		y.types = session_infer(b);
	b->ctx.escape = escape;
	return align_models(&a->ctx, arena, &x, &y, &(struct align_options){ .deep = deep });
}
