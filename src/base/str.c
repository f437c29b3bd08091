/* SPDX-License-Identifier: Apache-2.0 */
/* Interned strings: open addressing, power-of-two table at most 2/3 full. In a
 * big model nearly every look at the table waits for memory, so a slot is 32
 * bits: id + 1 in as many as mask has, above them those bits of the hash; a
 * string is looked at only when they agree. The hash is keyed (ctx->hash_key). */
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "base/str.h"

enum { PAGE = 128 };
struct str_page { const struct str *str[PAGE]; uint32_t hash[PAGE]; };

const struct str *
str_at(const struct strtab *t, uint32_t id)
{
	return t->pages[id / PAGE]->str[id % PAGE];
}

/* What is in the table goes into a new one. Ids are in order, so slots are told
 * to the processor before they are looked at. */
static void
fill(uint32_t *slots, uint32_t mask, const struct strtab *t)
{
	enum { AHEAD = 16 };
	uint32_t i, j, hash;

	for (i = 0; i < t->n; i++) {
		hash = t->pages[i / PAGE]->hash[i % PAGE];
		if (i % PAGE < PAGE - AHEAD)
			__builtin_prefetch(
			    &slots[t->pages[i / PAGE]->hash[i % PAGE + AHEAD] & mask], 1);
		for (j = hash & mask; slots[j] != 0;)
			j = (j + 1) & mask;
		slots[j] = (hash & ~mask) | (i + 1);
	}
}

/* A table of nslots slots in an arena of its own; the old one is freed, so
 * growing leaves nothing behind. */
static void
make_table(struct strtab *t, uint32_t nslots)
{
	struct arena fresh;
	uint32_t *slots;

	arena_init(&fresh, t->arena->ctx);
	slots = arena_try(&fresh, nslots, sizeof *slots);
	if (slots == NULL) {
		arena_free(&fresh);
		ctx_out_of_memory(t->arena->ctx, (uint64_t)nslots * sizeof *slots);
	}
	fill(slots, nslots - 1, t);
	arena_free(&t->tables);
	t->tables = fresh;
	t->slots = slots;
	t->mask = nslots - 1;
}

void
strtab_init(struct strtab *t, struct arena *a)
{
	memset(t, 0, sizeof *t);
	t->arena = a;
	arena_init(&t->tables, a->ctx);
	make_table(t, 64);
}

void
strtab_free(struct strtab *t)
{
	arena_free(&t->tables);
}

/* The slot of this text, or the free one where it belongs. */
static uint32_t *
probe(const struct strtab *t, uint32_t hash, const char *s, uint32_t n)
{
	const struct str *str;
	uint32_t i;

	for (i = hash & t->mask; t->slots[i] != 0; i = (i + 1) & t->mask) {
		if (((t->slots[i] ^ hash) & ~t->mask) != 0)
			continue;
		str = str_at(t, (t->slots[i] & t->mask) - 1);
		if (str->len == n && memcmp(str->s, s, n) == 0)
			break;
	}
	return &t->slots[i];
}

/* Room for one more: nothing is changed when memory ends here. */
static void
make_room(struct strtab *t)
{
	if (t->n >= (t->mask + 1) / 3 * 2)
		make_table(t, (t->mask + 1) * 2);
	if (t->n % PAGE != 0)
		return;
	t->pages = arena_grow(t->arena, t->pages, t->n / PAGE, sizeof *t->pages);
	t->pages[t->n / PAGE] = arena_alloc(t->arena, sizeof **t->pages);
}

static const struct str *
add(struct strtab *t, uint32_t hash, const char *s, uint32_t n)
{
	struct str_page *page;
	struct str *str;

	make_room(t);
	str = arena_alloc(t->arena, sizeof *str + (size_t)n + 1);
	str->id = t->n;
	str->len = n;
	if (n > 0)
		memcpy(str->s, s, n);
	page = t->pages[t->n / PAGE];
	page->str[t->n % PAGE] = str;
	page->hash[t->n % PAGE] = hash;
	*probe(t, hash, s, n) = (hash & ~t->mask) | ++t->n;
	return str;
}

const struct str *
str_intern(struct strtab *t, const char *s, uint32_t n)
{
	uint32_t hash = (uint32_t)hash_bytes(t->arena->ctx->hash_key, s, n);
	const uint32_t *slot = probe(t, hash, s, n);

	return *slot != 0 ? str_at(t, (*slot & t->mask) - 1) : add(t, hash, s, n);
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
	const uint32_t *slot = probe(t, hash, s, n);

	return *slot == 0 ? NULL : str_at(t, (*slot & t->mask) - 1);
}
