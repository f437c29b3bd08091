/* SPDX-License-Identifier: Apache-2.0 */
/* Entries stand in the order in which they came, which is that of the files: what is found
 * by them is walked through in that order too. Slots are 32 bits, with what the place of an
 * entry leaves free for the key's hash, so that most misses look at nothing else. */
#include <string.h>

#include "align/state.h"
#include "base/hash.h"

void
keys_init(struct keys *k, struct arena *arena, uint32_t n)
{
	uint32_t size = 16;

	while (size < UINT32_MAX / 2 && size / 2 < n)
		size *= 2;
	if (size > k->room) {
		k->list = arena_array(arena, size / 2, sizeof *k->list);
		k->slots = arena_array(arena, size, sizeof *k->slots);
		k->room = size;
	} else {
		memset(k->slots, 0, size * sizeof *k->slots);
	}
	k->mask = size - 1;
	k->n = 0;
}

static uint32_t *
keys_slot(const struct keys *k, uint64_t key, uint32_t hash)
{
	uint32_t i = hash & k->mask;

	for (; k->slots[i] != 0; i = (i + 1) & k->mask)
		if (((k->slots[i] ^ hash) & ~k->mask) == 0 &&
		    k->list[(k->slots[i] & k->mask) - 1].key == key)
			break;
	return &k->slots[i];
}

/* NULL: nothing has the key. */
static struct entry *
keys_entry(const struct keys *k, uint64_t key)
{
	uint32_t slot = key != 0 ? *keys_slot(k, key, (uint32_t)hash_mix(key)) : 0;

	return slot != 0 ? &k->list[(slot & k->mask) - 1] : NULL;
}

static void
give(uint32_t *to, uint32_t item)
{
	*to = *to == ALIGN_NONE || *to == item ? item : KEY_SEVERAL;
}

void
keys_add(struct keys *k, uint64_t key, uint32_t item)
{
	uint32_t hash = (uint32_t)hash_mix(key), *slot;

	if (key == 0)
		return;
	slot = keys_slot(k, key, hash);
	if (*slot == 0) {
		k->list[k->n] = (struct entry){ key, { ALIGN_NONE, ALIGN_NONE } };
		*slot = (hash & ~k->mask) | ++k->n;
	}
	give(&k->list[(*slot & k->mask) - 1].item[0], item);
}

void
keys_match(struct keys *k, uint64_t key, uint32_t item)
{
	struct entry *e = keys_entry(k, key);

	if (e != NULL)
		give(&e->item[1], item);
}

void
keys_put(struct keys *k, unsigned side, uint64_t key, uint32_t item)
{
	if (side == 0)
		keys_add(k, key, item);
	else
		keys_match(k, key, item);
}

bool
keys_shared(const struct keys *k, uint64_t key)
{
	const struct entry *e = keys_entry(k, key);

	return e != NULL && e->item[0] != ALIGN_NONE && e->item[1] != ALIGN_NONE &&
	    (e->item[0] == KEY_SEVERAL || e->item[1] == KEY_SEVERAL);
}

uint32_t
keys_find(const struct keys *k, uint64_t key)
{
	const struct entry *e = keys_entry(k, key);

	return e != NULL && e->item[0] != KEY_SEVERAL ? e->item[0] : ALIGN_NONE;
}

bool
keys_pair(const struct keys *k, uint32_t i)
{
	const struct entry *e = &k->list[i];

	return e->item[0] < KEY_SEVERAL && e->item[1] < KEY_SEVERAL;
}
