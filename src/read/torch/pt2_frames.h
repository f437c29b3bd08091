/* SPDX-License-Identifier: Apache-2.0 */
#ifndef READ_PT2_FRAMES_H
#define READ_PT2_FRAMES_H

#include <stdint.h>

struct arena;
struct frame;
struct model;
struct node;

/* The frames of a node of an exported program: see ir/frame.h. */
uint32_t pt2_frames(const struct model *, const struct node *, struct arena *, struct frame **);

#endif
