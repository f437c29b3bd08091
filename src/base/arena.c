/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas. A chunk is a header and its payload; blocks are handed out from the
 * newest chunk. Invariant: ctx->used is the sum of all live chunks. */
#define _DEFAULT_SOURCE /* MADV_HUGEPAGE */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "base/ctx.h"

struct chunk {
	struct chunk *next;
	size_t size; /* with this header */
	max_align_t data[];
};

#ifdef HARD_MODE
enum { CHUNK_FIRST = 256, CHUNK_MAX = 1024 };
#else
enum { CHUNK_FIRST = 1024, CHUNK_MAX = 2 << 20 };
#endif
/* nothing we store asks for more: no long double, no vectors */
#define ALIGN 8

void
arena_init(struct arena *a, struct ctx *ctx)
{
	memset(a, 0, sizeof *a);
	a->ctx = ctx;
	a->next = CHUNK_FIRST;
}

static void
free_chunks(struct ctx *ctx, struct chunk *c)
{
	struct chunk *next;

	for (; c != NULL; c = next) {
		next = c->next;
		ctx->used -= c->size;
#ifdef HARD_MODE
		memset(c, 0xa5, c->size);
#endif
		free(c);
	}
}

void
arena_free(struct arena *a)
{
	free_chunks(a->ctx, a->head);
	free_chunks(a->ctx, a->kept);
	a->head = a->kept = NULL;
	a->p = a->end = NULL;
	a->next = CHUNK_FIRST;
}

/* What was kept and not used since goes, so that no more than twice what is needed stays. */
void
arena_clear(struct arena *a)
{
	free_chunks(a->ctx, a->kept);
	a->kept = a->head;
	a->head = NULL;
	a->p = a->end = NULL;
	a->next = CHUNK_FIRST;
#ifdef HARD_MODE
	for (struct chunk *c = a->kept; c != NULL; c = c->next)
		memset(c->data, 0xa5, c->size - sizeof *c);
#endif
}

enum { HUGE_PAGE = 2 << 20 };

/* Big chunks ask for huge pages: a model of 100,000 nodes is 20,000 page
 * faults otherwise, a third of the time to open it. */
static void *
get_memory(size_t size)
{
	void *p;

	if (size < HUGE_PAGE)
		return malloc(size);
	if (posix_memalign(&p, HUGE_PAGE, size) != 0)
		return NULL;
#ifdef MADV_HUGEPAGE
	(void)madvise(p, size, MADV_HUGEPAGE);
#endif
	return p;
}

/* The one place that counts allocations, so that a test can make each of them
 * fail in turn: chunks, or in hard mode every request. */
static bool
must_fail(struct ctx *ctx)
{
	return ++ctx->allocs == ctx->fail_at;
}

/* Is there budget and memory for size bytes? */
static struct chunk *
chunk_new(struct ctx *ctx, size_t size)
{
	struct chunk *c;

#ifndef HARD_MODE
	if (must_fail(ctx))
		return NULL;
#endif
	if (size > ctx->limits.memory || ctx->used > ctx->limits.memory - size)
		return NULL;
	if ((c = get_memory(size)) == NULL)
		return NULL;
	c->size = size;
	ctx->used += size;
	return c;
}

/* A kept chunk that size bytes do not waste, or a new one. */
static struct chunk *
chunk_get(struct arena *a, size_t size)
{
	for (struct chunk **at = &a->kept; *at != NULL; at = &(*at)->next) {
		struct chunk *c = *at;

		if (c->size < size || c->size / 2 > size)
			continue;
		*at = c->next;
		return c;
	}
	return chunk_new(a->ctx, size);
}

/* A block that does not fit the current chunk. */
static void *
alloc_slow(struct arena *a, size_t n)
{
	struct chunk *c;
	size_t size = sizeof *c + n;
	bool own = n > a->next / 4;

	if (n > SIZE_MAX - sizeof *c)
		return NULL;
	if (!own)
		size = a->next;
	if ((c = chunk_get(a, size)) == NULL)
		return NULL;
	if (own && a->head != NULL) {
		/* keep handing out from the chunk in front */
		c->next = a->head->next;
		a->head->next = c;
		return memset(c->data, 0, n);
	}
	c->next = a->head;
	a->head = c;
	a->p = (unsigned char *)c->data + n;
	a->end = (unsigned char *)c + c->size;
	if (!own && a->next < CHUNK_MAX)
		a->next *= 2;
	return memset(c->data, 0, n);
}

void *
arena_try(struct arena *a, uint64_t n, size_t size)
{
	unsigned char *p = a->p;
	uint64_t bytes;

#ifdef HARD_MODE
	if (must_fail(a->ctx))
		return NULL;
#endif
	if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX - ALIGN)
		return NULL;
	bytes = (bytes + ALIGN - 1) & ~(uint64_t)(ALIGN - 1);
	if (bytes > (size_t)(a->end - p) || p == NULL)
		return alloc_slow(a, bytes);
	a->p += bytes;
	return memset(p, 0, bytes);
}

void *
arena_alloc(struct arena *a, size_t n)
{
	void *p = arena_try(a, n, 1);

	if (p == NULL)
		ctx_out_of_memory(a->ctx, n);
	return p;
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	void *p = arena_try(a, n, size);

	if (p == NULL)
		ctx_out_of_memory(a->ctx, (uint64_t)n * size);
	return p;
}

char *
arena_strdup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_array(a, n + 1, 1);

	if (n > 0)
		memcpy(p, s, n);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	char small[256], *p;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof small)
		return arena_strdup(a, small, (size_t)n);
	p = arena_array(a, n < 0 ? 1 : (size_t)n + 1, 1);
	if (n > 0) {
		va_start(ap, fmt);
		vsnprintf(p, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	return p;
}

/* Lengthen the newest block of the arena in place. */
static bool
extend(struct arena *a, void *list, size_t old, size_t new)
{
	size_t more = ((new + ALIGN - 1) & ~(ALIGN - 1)) - ((old + ALIGN - 1) & ~(ALIGN - 1));

	if (list == NULL || (unsigned char *)list + ((old + ALIGN - 1) & ~(ALIGN - 1)) != a->p ||
	    more > (size_t)(a->end - a->p))
		return false;
	memset(a->p, 0, more);
	a->p += more;
	return true;
}

void *
arena_grow(struct arena *a, void *list, uint32_t n, size_t size)
{
	void *p;

	if ((n & (n - 1)) != 0)
		return list; /* there is room: it grows at 0, 1, 2, 4, 8, ... */
	if (n > UINT32_MAX / 2)
		ctx_out_of_memory(a->ctx, (uint64_t)n * 2 * size);
	if (extend(a, list, (size_t)n * size, (size_t)n * 2 * size))
		return list;
	p = arena_array(a, n == 0 ? 1 : (size_t)n * 2, size);
	if (n > 0)
		memcpy(p, list, (size_t)n * size);
	return p;
}
