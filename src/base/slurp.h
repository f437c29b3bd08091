/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files of text that the user names: scripts, keys, settings. Models are
 * read through base/source.h, never whole. */
#ifndef BASE_SLURP_H
#define BASE_SLURP_H

#include <stddef.h>

enum { SLURP_MAX = 16 << 20 };

/* The n bytes of a file, a pipe or a terminal ("-": standard input) with a NUL
 * behind them; to be freed. NULL with errno: EFBIG when there are more than
 * SLURP_MAX, as in a device that never ends. */
char *slurp(const char *path, size_t *n);
/* The same with another limit. */
char *slurp_most(const char *path, size_t most, size_t *n);

/* Of a regular file alone, which cannot keep anybody waiting; errno as regular_open has it. */
char *slurp_regular(const char *path, size_t *n);

#endif
