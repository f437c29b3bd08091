/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page and shell completions, from the tables that also make
 * --help. The build runs this once. */
#ifndef CMD_PRINT_H
#define CMD_PRINT_H

#include <stdbool.h>

struct sink;

/* Text in mdoc: what would be a request or an escape is none. */
void mdoc_text(struct sink *, const char *);
/* mlinspect-rules(7), in print_rules.c. */
void print_rules(struct sink *);
/* what: "mdoc", "rules", "bash", "zsh" or "fish"; false when it is none of them. */
bool print_page(struct sink *, const char *what);

#endif
