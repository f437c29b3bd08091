/* SPDX-License-Identifier: Apache-2.0 */
#ifndef READ_SCAN_TEXT_H
#define READ_SCAN_TEXT_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct source;

/* Is the text no more than arithmetic on names and numbers, such as "2*s0" and
 * "Mul(Integer(2), Symbol('s0', positive=True))"? */
bool scan_is_size(const char *);
/* Are all members "expr_str" of a JSON text sizes? false: *text, in the arena, is not, at
 * *at. The text may be broken. */
bool scan_sizes(struct arena *, const struct source *, uint64_t *at, const char **text);
/* Name of the first function of files that code of TorchScript calls, at *at; NULL: none. */
const char *scan_torchscript(const char *text, uint64_t *at);

#endif
