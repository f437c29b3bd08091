/* SPDX-License-Identifier: Apache-2.0 */
/* What interned strings stand for: a hash table by pointer. All zero is an
 * empty one; it lies in the arena that things are added with. */
#ifndef BASE_STRMAP_H
#define BASE_STRMAP_H

#include <stdint.h>

struct arena;
struct str;

struct strmap {
	struct strmap_slot { const struct str *key; void *value; } *slots;
	uint32_t n, mask;
};

/* Of two values for one key the first stands. */
void strmap_add(struct strmap *, struct arena *, const struct str *key, void *value);
/* NULL: there is none. */
void *strmap_find(const struct strmap *, const struct str *key);

#endif
