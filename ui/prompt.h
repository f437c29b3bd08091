/* SPDX-License-Identifier: Apache-2.0 */
/* The line at the bottom: commands, searches, filters, with history and
 * completion. */
#ifndef UI_PROMPT_H
#define UI_PROMPT_H

#include <dirent.h>

#include "ui/state.h"

void prompt_open(struct prompt *, enum prompt_kind, const char *text);
void prompt_draw(const struct prompt *, const struct area *);
void prompt_key(struct ui *, uint32_t key);
void prompt_fini(struct prompt *);

/* command.c: run a line of the : prompt. */
void command_line(struct ui *, const char *line);
/* Our own command number i, or NULL behind the last. */
const char *command_own(uint32_t i, const char **args, const char **help);
/* complete.c. Candidate i for the word that ends the line, or NULL behind the last; *start
 * is where the word begins. In buf when it is made up. Files come one after the other
 * whatever i is: ask until NULL, which also closes the folder. */
struct folder { DIR *d; };
const char *command_complete(const struct ui *, const char *line, uint32_t i, size_t *start,
    struct folder *, char *buf, size_t n);
/* The same in a filter. */
const char *complete_filter(const char *line, uint32_t i, size_t *start);
/* Where export (end NULL) and extract ("onnx") write when no file is named; false: no such
 * name. */
bool command_export_name(struct ui *, const char *end, char *buf, size_t n);

#endif
