/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas: memory that is freed all at once. Chunks double from 1 KiB to
 * 2 MiB, so a small model costs little; big blocks get a chunk of their own. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct ctx;
struct chunk;

struct arena {
	struct ctx *ctx;
	struct chunk *head, *kept; /* kept: of before arena_clear, to be used again */
	unsigned char *p, *end;
	size_t next; /* size of the next chunk */
};

void arena_init(struct arena *, struct ctx *);
void arena_free(struct arena *);
/* The same, but most of the memory stays with the arena: for what is made anew and anew. */
void arena_clear(struct arena *);

/* Zeroed memory, aligned for any type. Never NULL: leaves by ctx->escape. */
void *arena_alloc(struct arena *, size_t);
/* The same for n * size; for counts that come from a file use arena_try. */
void *arena_array(struct arena *, size_t n, size_t size);
/* NULL when n * size overflows or the budget does not have it. */
void *arena_try(struct arena *, uint64_t n, size_t size);
/* Copy of n bytes with a NUL behind them. */
char *arena_strdup(struct arena *, const char *, size_t n);
/* printf into the arena. */
char *arena_printf(struct arena *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Room for one more element in a growing array of n elements: returns list,
 * or a copy of twice the size (in place when it is the newest block). */
void *arena_grow(struct arena *, void *list, uint32_t n, size_t size);

#endif
