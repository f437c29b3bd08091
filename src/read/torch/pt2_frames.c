/* SPDX-License-Identifier: Apache-2.0 */
/* The stack_trace of a node: Python's traceback as text, the innermost frame
 * last. A line 'File "x.py", line 10, in forward', then its source line, which
 * may be missing. Source: facts/pt2-format.md section 4. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "ir/frame.h"
#include "ir/graph.h"
#include "read/torch/pt2_frames.h"

static const char *
trim(const char *s, const char *end, size_t *n)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	*n = (size_t)(end - s);
	return s;
}

static bool
parse_head(const char *s, size_t n, struct arena *a, struct frame *f)
{
	static const char head[] = "File \"", line[] = "\", line ", in[] = ", in ";
	char *copy, *at, *end;

	if (n < sizeof head - 1 || memcmp(s, head, sizeof head - 1) != 0)
		return false;
	copy = arena_strdup(a, s + sizeof head - 1, n - (sizeof head - 1));
	if ((at = strstr(copy, line)) == NULL)
		return false;
	*at = '\0';
	at += sizeof line - 1;
	f->file = copy;
	f->line = (uint32_t)strtoul(at, &end, 10);
	f->function = strncmp(end, in, sizeof in - 1) == 0 ? end + sizeof in - 1 : NULL;
	f->text = NULL;
	return true;
}

static uint32_t
parse(const char *s, struct arena *a, struct frame **list)
{
	struct frame f;
	const char *end, *p;
	uint32_t n = 0;
	size_t len;

	for (; *s != '\0'; s = end + (*end != '\0')) {
		end = s + strcspn(s, "\n");
		p = trim(s, end, &len);
		if (parse_head(p, len, a, &f)) {
			*list = arena_grow(a, *list, n, sizeof **list);
			(*list)[n++] = f;
		} else if (n > 0 && len > 0 && (*list)[n - 1].text == NULL) {
			(*list)[n - 1].text = arena_strdup(a, p, len);
		}
	}
	return n;
}

uint32_t
pt2_frames(const struct model *m, const struct node *node, struct arena *a, struct frame **list)
{
	const struct str *trace = meta_find(node->meta, node->nmeta, "stack_trace");
	struct frame last;
	uint32_t n;

	(void)m;
	if (trace == NULL)
		return 0;
	n = parse(trace->s, a, list);
	for (uint32_t i = 0; i < n / 2; i++) {
		last = (*list)[n - 1 - i];
		(*list)[n - 1 - i] = (*list)[i];
		(*list)[i] = last;
	}
	return n;
}
