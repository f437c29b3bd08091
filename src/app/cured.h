/* SPDX-License-Identifier: Apache-2.0 */
/* What support would say of a model with the cures of convert: torch.jit.freeze of scripted
 * modules, run_decompositions of exported programs, defaults filled in. */
#ifndef APP_CURED_H
#define APP_CURED_H

#include <stdint.h>

struct arena;
struct blocker;
struct conversion;
struct session;
struct support;

/* Set s->cure, in the arena of the session's verdicts, when there is such a cure and it
 * was not asked for. Scripted modules are read again. */
void session_support_cured(struct session *, const struct conversion *, struct support *);
/* Support of what convert hands to coremltools, cures being spoken of (c->as_handed), else of
 * the model as it is. What is judged is *of: the session, or the frozen one, which is
 * opened for it, and closed by the caller. */
struct support *session_support_handed(struct session *, const struct conversion *,
    struct session *frozen, struct session **of);
/* What would stop the session's TorchScript model once it is frozen, in the arena: without
 * nodes, which are of another graph. */
const struct blocker *const *session_frozen_blockers(struct session *, const struct conversion *,
    struct arena *, uint32_t *n);

#endif
