/* SPDX-License-Identifier: Apache-2.0 */
/* Why a node runs where it does, in words. */
#ifndef UI_ENGINE_H
#define UI_ENGINE_H

#include <stdbool.h>

struct doc;
struct node;
struct sink;

/* The whole of it; nothing when a job has the session: the words are made with its
 * memory. */
void engine_says(const struct doc *, const struct node *, struct sink *);
/* The same in brief and at no cost, ".." for what the rule fills in; nothing where
 * the node runs on the Neural Engine or does no work. */
void engine_brief(const struct doc *, const struct node *, struct sink *);
/* Does it run elsewhere while the last one before it that does any work runs on the
 * engine, or is it the first of all? */
bool engine_left(const struct doc *, const struct node *);

#endif
