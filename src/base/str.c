/* SPDX-License-Identifier: Apache-2.0 */
/* Interned strings: open addressing, power-of-two table at most 2/3 full. A
 * slot holds 32 hash bits beside the id, so strings are compared only when
 * they are almost surely equal. The hash is keyed (ctx->hash_key). */
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "base/str.h"

struct slot {
	uint32_t hash;
	uint32_t id1; /* id + 1; 0 = free */
};

static void
move_slots(struct slot *to, uint32_t mask, const struct slot *from, uint32_t n)
{
	uint32_t i, j;

	for (i = 0; i < n; i++) {
		if (from[i].id1 == 0)
			continue;
		for (j = from[i].hash & mask; to[j].id1 != 0;)
			j = (j + 1) & mask;
		to[j] = from[i];
	}
}

/* Tables with nslots slots in an arena of their own; the old ones are freed,
 * so growing leaves nothing behind. */
static void
make_tables(struct strtab *t, uint32_t nslots)
{
	struct arena fresh;
	const struct str **list;
	struct slot *slots;

	arena_init(&fresh, t->arena->ctx);
	slots = arena_try(&fresh, nslots, sizeof *slots);
	list = arena_try(&fresh, nslots / 3 * 2 + 1, sizeof *list);
	if (slots == NULL || list == NULL) {
		arena_free(&fresh);
		ctx_out_of_memory(t->arena->ctx, (uint64_t)nslots * sizeof *slots);
	}
	if (t->n > 0) {
		memcpy(list, t->list, t->n * sizeof *list);
		move_slots(slots, nslots - 1, t->slots, t->mask + 1);
	}
	arena_free(&t->tables);
	t->tables = fresh;
	t->slots = slots;
	t->list = list;
	t->mask = nslots - 1;
}

void
strtab_init(struct strtab *t, struct arena *a)
{
	memset(t, 0, sizeof *t);
	t->arena = a;
	arena_init(&t->tables, a->ctx);
	make_tables(t, 64);
}

void
strtab_free(struct strtab *t)
{
	arena_free(&t->tables);
}

/* The slot of this text, or the free one where it belongs. */
static struct slot *
probe(const struct strtab *t, uint32_t hash, const char *s, uint32_t n)
{
	const struct str *str;
	uint32_t i;

	for (i = hash & t->mask; t->slots[i].id1 != 0; i = (i + 1) & t->mask) {
		if (t->slots[i].hash != hash)
			continue;
		str = t->list[t->slots[i].id1 - 1];
		if (str->len == n && memcmp(str->s, s, n) == 0)
			break;
	}
	return &t->slots[i];
}

const struct str *
str_intern(struct strtab *t, const char *s, uint32_t n)
{
	uint32_t hash = (uint32_t)hash_bytes(t->arena->ctx->hash_key, s, n);
	struct slot *slot = probe(t, hash, s, n);
	struct str *str;

	if (slot->id1 != 0)
		return t->list[slot->id1 - 1];
	str = arena_alloc(t->arena, sizeof *str + (size_t)n + 1);
	str->id = t->n;
	str->len = n;
	if (n > 0)
		memcpy(str->s, s, n);
	t->list[t->n++] = str;
	slot->hash = hash;
	slot->id1 = t->n;
	if (t->n >= (t->mask + 1) / 3 * 2)
		make_tables(t, (t->mask + 1) * 2);
	return str;
}

const struct str *
str_internz(struct strtab *t, const char *s)
{
	return str_intern(t, s, (uint32_t)strlen(s));
}

const struct str *
str_find(const struct strtab *t, const char *s, uint32_t n)
{
	uint32_t hash = (uint32_t)hash_bytes(t->arena->ctx->hash_key, s, n);
	const struct slot *slot = probe(t, hash, s, n);

	return slot->id1 == 0 ? NULL : t->list[slot->id1 - 1];
}
