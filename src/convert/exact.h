/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that --precision=f16! leaves in float32. */
#ifndef CONVERT_EXACT_H
#define CONVERT_EXACT_H

struct arena;
struct model;

/* The first word of a list that can be no operation: neither a kind that ML Programs
 * have nor a name that one may come to have. A sentence in the arena, or NULL. The model
 * may be NULL. */
const char *exact_unknown(struct arena *, const struct model *, const char *list);

#endif
