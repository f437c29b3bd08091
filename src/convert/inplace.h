/* SPDX-License-Identifier: Apache-2.0 */
/* Operators of ATen that write into what they are given, and those whose result is a
 * view of it. */
#ifndef CONVERT_INPLACE_H
#define CONVERT_INPLACE_H

#include <stdbool.h>
#include <stdint.h>

struct node;
struct value;

/* aten::add_, but not aten::__and__. */
bool inplace_writes(const struct node *);
/* Does the node's result share memory with its first operand? */
bool inplace_is_view(const struct node *);
/* The value whose memory this one is a part of, over at most so many views; v itself
 * when it is none. */
const struct value *inplace_base(const struct value *, uint32_t most);

#endif
