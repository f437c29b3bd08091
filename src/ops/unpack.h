/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacking compressed weights, element by element while somebody reads. */
#ifndef OPS_UNPACK_H
#define OPS_UNPACK_H

#include <stdbool.h>

struct arena;
struct packing;
struct str;
struct tensor;

/* What an output of a constexpr node holds. */
enum unpack_what { UNPACK_VALUES, UNPACK_MASK };

/* A tensor of that: dense, or of the joint forms the values that are not
 * masked out. The packing has no why; it is copied, its parts are kept. */
const struct tensor *unpack_tensor(const struct str *name, const struct packing *,
	enum unpack_what, struct arena *);

#endif
