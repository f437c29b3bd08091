/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page and shell completions, from the tables that also make
 * --help. The build runs this once. */
#ifndef CMD_PRINT_H
#define CMD_PRINT_H

#include <stdbool.h>

struct sink;

/* what: "mdoc", "bash", "zsh" or "fish"; false when it is none of them. */
bool print_page(struct sink *, const char *what);

#endif
