/* SPDX-License-Identifier: Apache-2.0 */
/* What every stage is handed instead of globals: limits, the diagnostics
 * list, the way out when memory ends, the cancel flag. */
#ifndef BASE_CTX_H
#define BASE_CTX_H

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

/* Defaults follow shared/facts/format-security.md section 4; all can be
 * lowered (hard mode does). */
struct limits {
	uint64_t memory;   /* bytes one model may hold in arenas */
	uint32_t depth;    /* nesting of messages, regions, types, text */
	uint32_t diags;    /* diagnostics kept; the rest is counted */
	uint32_t text;     /* bytes of one name or attribute string kept in memory */
	uint32_t list;     /* numbers of one attribute kept; longer ones stay in the file */
	uint32_t window;   /* bytes read from a file at a time */
};

/* What is being done, and how much of it: of all steps, 0 when that is not known. */
struct progress {
	const char *_Atomic phase;
	_Atomic uint64_t done, all;
};

struct ctx {
	struct limits limits;
	struct diags diags;
	uint64_t used;           /* bytes of arenas alive */
	uint64_t allocs;         /* allocations so far */
	uint64_t fail_at;        /* hard mode: this allocation fails; 0 = never */
	jmp_buf *escape;         /* where arena_alloc goes when memory ends */
	uint64_t wanted;         /* bytes of the request that failed */
	const volatile sig_atomic_t *cancel; /* NULL, or non-zero asks to stop */
	struct progress *progress; /* NULL, or how far the work is, for another thread */
	const struct diag_change *changes; /* by enum diag_id, or NULL: the catalogue stands */
	uint64_t hash_key;       /* random per process: names cannot be chosen to collide */
};

/* Fill with the default limits and an empty list; no allocation. */
void ctx_init(struct ctx *);
/* Free the diagnostics. */
void ctx_fini(struct ctx *);

/* Leave through ctx->escape; abort() when there is none (a bug: every entry
 * point sets one). Never returns. */
_Noreturn void ctx_out_of_memory(struct ctx *, uint64_t wanted);

/* A phase of so many steps begins. */
void ctx_phase(struct ctx *, const char *what, uint64_t all);
/* A step of long work is done: a node, a record. Leaves through ctx->escape when
 * somebody asked to stop. */
void ctx_stepped(struct ctx *);
static inline void
ctx_step(struct ctx *ctx)
{
	if (ctx->cancel != NULL)
		ctx_stepped(ctx);
}

/* Run fn(arg) with an escape in place. Returns 0, or -1 when memory ended (a
 * DIAG_MEMORY has been added) or somebody asked to stop. Nests. */
int ctx_protect(struct ctx *, void (*fn)(void *), void *arg);

#endif
