/* SPDX-License-Identifier: Apache-2.0 */
/* What a conversion says, kept in a file (--record) and looked at elsewhere (convert
 * replay): one event a line, doc/JSON.md. */
#ifndef CMD_CONVERT_RECORD_H
#define CMD_CONVERT_RECORD_H

#include <stdbool.h>

struct call;
struct convert_options;
struct request;
struct sink;

/* May --record be written, if it is given? false after a diagnostic. */
bool record_possible(struct call *);
/* The first line: what is asked for. */
void record_begin(struct sink *, const struct request *);
/* Put the record in its place; a diagnostic when that fails. */
void record_write(struct call *, const struct sink *);
/* Where the recorded run wrote, into the options; the model's name, in the arena. NULL after
 * a diagnostic: the file is no record. */
const char *record_asked(struct call *, const char *file, struct convert_options *);

#endif
