/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing, a power of two of slots at most half full. */
#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/strmap.h"

/* The key's slot, or the free one where it belongs. */
static struct strmap_slot *
probe(const struct strmap *m, const struct str *key)
{
	uint32_t i = (uint32_t)hash_mix(key->id) & m->mask;

	while (m->slots[i].key != NULL && m->slots[i].key != key)
		i = (i + 1) & m->mask;
	return &m->slots[i];
}

static void
grow(struct strmap *m, struct arena *a)
{
	struct strmap old = *m;
	uint32_t n = old.slots != NULL ? old.mask + 1 : 0;

	if (old.n * 2 < n)
		return;
	m->mask = n > 0 ? 2 * n - 1 : 3;
	m->slots = arena_array(a, (size_t)m->mask + 1, sizeof *m->slots);
	for (uint32_t i = 0; i < n; i++)
		if (old.slots[i].key != NULL)
			*probe(m, old.slots[i].key) = old.slots[i];
}

void
strmap_add(struct strmap *m, struct arena *a, const struct str *key, void *value)
{
	struct strmap_slot *s;

	grow(m, a);
	s = probe(m, key);
	if (s->key != NULL)
		return;
	*s = (struct strmap_slot){ key, value };
	m->n++;
}

void *
strmap_find(const struct strmap *m, const struct str *key)
{
	return m->slots != NULL ? probe(m, key)->value : NULL;
}
