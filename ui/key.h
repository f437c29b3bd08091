/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: code points, controls as they come (^D is 4), and names for the rest.
 * Written as in scripts and key files: x, <Enter>, <C-d>, <Down>, <lt> for <. */
#ifndef UI_KEY_H
#define UI_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	K_NONE = 0,
	K_BACKSPACE = 0x7f, K_ENTER = '\r', K_ESCAPE = 27, K_TAB = '\t',
	K_FIRST = 0x200000, /* above all characters */
	K_UP = K_FIRST, K_DOWN, K_LEFT, K_RIGHT, K_PGUP, K_PGDN, K_HOME,
	K_END, K_DELETE, K_INSERT, K_BACKTAB,
	K_FN1, K_FN12 = K_FN1 + 11,
	K_CLICK,   /* the mouse: where is in struct ui */
	K_WHEEL_UP, K_WHEEL_DOWN, K_DOUBLE,
	K_TICK     /* nothing was pressed: time passed */
};

/* The key at the start of s, n > 0 bytes; *used says how many it takes. Bad
 * UTF-8 is passed over byte by byte as K_NONE. */
uint32_t key_parse(const char *s, size_t n, size_t *used);
/* Its name, as key_parse reads it. */
enum { K_NAME = 16 };
const char *key_spell(uint32_t key, char buf[K_NAME]);

#endif
