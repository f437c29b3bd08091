/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of protocol 0, which are lines with escapes. Both decode in place and
 * return the bytes that are left. */
#ifndef READ_PICKLE_TEXT_H
#define READ_PICKLE_TEXT_H

#include <stddef.h>

/* A quoted string as repr wrote it; *ok: it is one. */
size_t pickle_unquote(char *, size_t n, int *ok);
/* raw-unicode-escape as UTF-8. */
size_t pickle_unescape(char *, size_t n);

#endif
