/* SPDX-License-Identifier: Apache-2.0 */
/* The context: limits, protected calls. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/ctx.h"

void
ctx_init(struct ctx *ctx)
{
	memset(ctx, 0, sizeof *ctx);
#ifdef HARD_MODE
	ctx->limits = (struct limits){ .memory = UINT64_C(1) << 32, .depth = 1000,
	    .diags = 1000, .text = 256, .list = 8, .window = 64 };
#else
	ctx->limits = (struct limits){ .memory = UINT64_C(16) << 30, .depth = 1000,
	    .diags = 10000, .text = 64 << 10, .list = 1024, .window = 256 << 10 };
#endif
	if (getentropy(&ctx->hash_key, sizeof ctx->hash_key) != 0)
		ctx->hash_key = (uint64_t)(uintptr_t)ctx ^ (uint64_t)getpid() << 32;
}

void
ctx_fini(struct ctx *ctx)
{
	struct diags *d = &ctx->diags;
	uint32_t i;

	for (i = 0; i < d->n; i++)
		diag_clear(&d->list[i]);
	free(d->list);
	memset(d, 0, sizeof *d);
}

void
ctx_out_of_memory(struct ctx *ctx, uint64_t wanted)
{
	if (ctx->escape == NULL)
		abort();
	ctx->wanted = wanted;
	longjmp(*ctx->escape, 1);
}

void
ctx_phase(struct ctx *ctx, const char *what, uint64_t all)
{
	struct progress *p = ctx->progress;

	if (p == NULL)
		return;
	atomic_store_explicit(&p->done, 0, memory_order_relaxed);
	atomic_store_explicit(&p->all, all, memory_order_relaxed);
	atomic_store_explicit(&p->phase, what, memory_order_release);
}

void
ctx_stepped(struct ctx *ctx)
{
	if (ctx->progress != NULL)
		atomic_fetch_add_explicit(&ctx->progress->done, 1, memory_order_relaxed);
	if (*ctx->cancel && ctx->escape != NULL)
		longjmp(*ctx->escape, 1);
}

int
ctx_protect(struct ctx *ctx, void (*fn)(void *), void *arg)
{
	jmp_buf *outer = ctx->escape, here;

	ctx->escape = &here;
	if (setjmp(here) == 0) {
		fn(arg);
		ctx->escape = outer;
		return 0;
	}
	ctx->escape = outer;
	if (ctx->cancel != NULL && *ctx->cancel)
		return -1;
	diag_add(ctx, DIAG_MEMORY, NULL, "no memory for %llu more bytes "
	    "(%llu in use, budget %llu); what was read so far is shown",
	    (unsigned long long)ctx->wanted, (unsigned long long)ctx->used,
	    (unsigned long long)ctx->limits.memory);
	return -1;
}
