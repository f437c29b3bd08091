/* SPDX-License-Identifier: Apache-2.0 */
/* Script mode: the same loop without a terminal. Keys come from a text, the
 * screen goes out as text where <dump> or <styles> stands and at the end, as
 * JSON where <layout> stands. <size:WxH> resizes. Lines that start with # are
 * comments; line ends are no keys. */
#ifndef UI_SCRIPT_H
#define UI_SCRIPT_H

#include <stddef.h>

struct options;
struct sink;
struct ui;

/* Run the interface by options->keys, at options->size; returns the status. */
int script_run(const struct options *);
/* A view as plain text, for pipes and screen readers: "rows", "overview",
 * "problems". -1: there is no such view. */
int script_print(const struct options *, const char *view);
/* Press all keys of a text. out: where <dump> goes; NULL: nowhere. */
void script_keys(struct ui *, const char *, size_t n, struct sink *out);

/* The same of a session (malloc'ed, taken over) on a terminal: keys wait while jobs run, so
 * that they find what they found when they were pressed first. */
void replay_start(struct ui *, char *text, size_t n);
/* Press what can be pressed by now. */
void replay_more(struct ui *);
void replay_end(struct ui *);

#endif
