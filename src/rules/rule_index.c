/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing, a power of two at most half full. */
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "rules/rule.h"

enum { FIRST = 16 };

static struct rule_name *
probe(const struct rule_index *x, uint64_t hash, const char *s, size_t n)
{
	struct rule_name *slot;

	for (uint32_t i = (uint32_t)hash;; i++) {
		slot = &x->slots[i & x->mask];
		if (slot->s == NULL || (slot->hash == hash && slot->n == n &&
		    memcmp(slot->s, s, n) == 0))
			return slot;
	}
}

static void
widen(struct rule_index *x, struct arena *a)
{
	const struct rule_name *old = x->slots;
	uint32_t nold = old == NULL ? 0 : x->mask + 1;

	x->key = a->ctx->hash_key;
	x->mask = old == NULL ? FIRST - 1 : x->mask * 2 + 1;
	x->slots = arena_array(a, (size_t)x->mask + 1, sizeof *x->slots);
	for (uint32_t i = 0; i < nold; i++)
		if (old[i].s != NULL)
			*probe(x, old[i].hash, old[i].s, old[i].n) = old[i];
}

void
rule_index_put(struct rule_index *x, struct arena *a, const char *s, uint32_t number)
{
	struct rule_name name = { .s = s, .n = strlen(s), .number = number }, *slot;

	if (x->n >= x->mask / 2)
		widen(x, a);
	name.hash = hash_bytes(x->key, s, name.n);
	slot = probe(x, name.hash, s, name.n);
	x->n += slot->s == NULL;
	*slot = name;
}

uint32_t
rule_index_find(const struct rule_index *x, const char *s, size_t n)
{
	const struct rule_name *slot;

	if (x->slots == NULL)
		return UINT32_MAX;
	slot = probe(x, hash_bytes(x->key, s, n), s, n);
	return slot->s == NULL ? UINT32_MAX : slot->number;
}
