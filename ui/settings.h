/* SPDX-License-Identifier: Apache-2.0 */
/* Settings by name: of the options view, of :set and of the file of settings. */
#ifndef UI_SETTINGS_H
#define UI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ui;

/* What is on or off: name of number i, NULL behind the last. */
const char *toggle_name(uint32_t i, const char **help);
bool toggle_get(const struct ui *, uint32_t i);
void toggle_flip(struct ui *, uint32_t i);

/* The setting called name, n bytes, gets a value: "on" or "off", names of columns with
 * commas, a value of verdict.c; "" turns a toggle over. What is wrong is a message. */
void settings_set(struct ui *, const char *name, size_t n, const char *value);
/* enum column of the name, n bytes; COL_COUNT: there is none. */
int settings_column(const char *, size_t n);
/* For completion: NULL behind the last. line begins with the name of the setting. */
const char *settings_name(uint32_t i);
const char *settings_value(const struct ui *, const char *line, uint32_t i);

#endif
