/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "ir/frame.h"
#include "ir/graph.h"

uint32_t
node_frames(const struct model *m, const struct node *n, struct arena *a, struct frame **list)
{
	*list = NULL;
	return m->frames == NULL ? 0 : m->frames(m, n, a, list);
}

/* A part of the path from a folder's start on. */
static bool
goes_through(const char *path, const char *part)
{
	const char *p = path;

	while ((p = strstr(p, part)) != NULL && p > path && p[-1] != '/' && *part != '/')
		p++;
	return p != NULL;
}

bool
frame_is_user(const struct frame *f)
{
	/* as they lie in site-packages, or in a checkout of PyTorch */
	static const char *const theirs[] = { "/site-packages/", "/dist-packages/",
	    "/lib/python", "<eval_with_key>", "<frozen ", "torch/_", "torch/ao/", "torch/autograd/",
	    "torch/export/", "torch/functional.py", "torch/fx/", "torch/jit/", "torch/nn/",
	    "torch/overrides.py", "torch/quantization/", "torch/tensor.py", "torch/utils/" };

	for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++)
		if (goes_through(f->file, theirs[i]))
			return false;
	return *f->file != '\0' && (*f->file != '<' || f->text != NULL);
}

const struct frame *
frame_pick(const struct frame *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (frame_is_user(&list[i]))
			return &list[i];
	return n > 0 ? list : NULL;
}

const char *
node_line(const struct model *m, const struct node *n, struct arena *a)
{
	struct frame *list;
	uint32_t count = node_frames(m, n, a, &list);
	const struct frame *f = frame_pick(list, count);
	const char *file = f != NULL ? strrchr(f->file, '/') : NULL;

	if (f == NULL || f->line == 0)
		return "";
	return arena_printf(a, "%s:%" PRIu32, file != NULL ? file + 1 : f->file, f->line);
}
