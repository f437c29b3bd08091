/* SPDX-License-Identifier: Apache-2.0 */
/* The text of --help, made from the tables of options, commands, filters. */
#ifndef CMD_HELP_H
#define CMD_HELP_H

struct sink;

void help_print(struct sink *);

#endif
