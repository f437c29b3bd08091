/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, and how many columns of a terminal a character takes. The tables
 * are our own: wcwidth depends on the locale and the C library. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at s (n > 0 bytes are there), its code point in cp;
 * 0 when they are no UTF-8: overlong, surrogate, above U+10FFFF, cut short. */
unsigned utf8_decode(const char *s, size_t n, uint32_t *cp);
/* Writes up to 4 bytes; returns how many, 0 for what is no character. */
unsigned utf8_encode(char out[4], uint32_t cp);

/* Columns: 0 (combining), 1 or 2; -1 for what must not reach a terminal as it
 * is: controls, bidi controls, characters that leave no trace. */
int utf8_width(uint32_t cp);

#endif
