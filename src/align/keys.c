/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "align/state.h"
#include "base/hash.h"

void
keys_init(struct keys *k, struct arena *arena, uint64_t n)
{
	uint64_t size = 16;

	while (size < 2 * n)
		size *= 2;
	if (size > k->room) {
		k->slots = arena_array(arena, size, sizeof *k->slots);
		k->room = size;
	} else {
		memset(k->slots, 0, size * sizeof *k->slots);
	}
	k->mask = size - 1;
}

static struct entry *
keys_slot(const struct keys *k, uint64_t key)
{
	uint64_t i = hash_mix(key) & k->mask;

	while (k->slots[i].key != 0 && k->slots[i].key != key)
		i = (i + 1) & k->mask;
	return &k->slots[i];
}

void
keys_add(struct keys *k, uint64_t key, uint32_t item)
{
	struct entry *e = keys_slot(k, key);

	if (key == 0)
		return;
	e->item = e->key == 0 ? item : e->item == item ? item : ALIGN_NONE;
	e->key = key;
}

uint32_t
keys_find(const struct keys *k, uint64_t key)
{
	const struct entry *e = keys_slot(k, key);

	return key != 0 && e->key == key ? e->item : ALIGN_NONE;
}
