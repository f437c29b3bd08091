/* SPDX-License-Identifier: Apache-2.0 */
/* Where in the user's Python a node was made, for formats that carry it. Looked
 * up when somebody asks: the records are as large as the program. */
#ifndef IR_FRAME_H
#define IR_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct model;
struct node;

/* A call on Python's stack. Texts are from the file; function and text are NULL
 * when it does not say. */
struct frame {
	const char *file, *function;
	const char *text;   /* the source line */
	uint32_t line;      /* 1-based; 0: not known */
};

/* The node's frames, the innermost first; how many. The list is the arena's. */
uint32_t node_frames(const struct model *, const struct node *, struct arena *,
	struct frame **list);
/* Is it the user's own code, not PyTorch's or Python's? */
bool frame_is_user(const struct frame *);
/* The frame to show when there is room for one: the innermost of the user's own,
 * else the innermost. NULL: there is none. */
const struct frame *frame_pick(const struct frame *, uint32_t n);
/* That of the node as "model.py:12", in the arena; "" when nobody knows. */
const char *node_line(const struct model *, const struct node *, struct arena *);

#endif
