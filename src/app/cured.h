/* SPDX-License-Identifier: Apache-2.0 */
/* What support would say of a model with the cure that convert applies by itself:
 * torch.jit.freeze of scripted modules, run_decompositions of exported programs. */
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
/* What would stop the session's TorchScript model once it is frozen, in the arena: without
 * nodes, which are of another graph. */
const struct blocker *const *session_frozen_blockers(struct session *, const struct conversion *,
    struct arena *, uint32_t *n);

#endif
