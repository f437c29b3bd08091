/* SPDX-License-Identifier: Apache-2.0 */
/* Copying out of the screen. */
#ifndef UI_YANK_H
#define UI_YANK_H

#include <stddef.h>
#include <stdint.h>

struct sink;
struct ui;

/* What the letter says of the node under the cursor goes to the terminal's
 * clipboard (OSC 52) and stays for :yank FILE. */
void yank(struct ui *, uint32_t key);
/* The row under the cursor as one sentence; of a page its line. */
void say_place(struct ui *, struct sink *);
/* The escape sequence that gives text to the clipboard. */
void yank_osc52(struct sink *, const char *text, size_t n);

#endif
