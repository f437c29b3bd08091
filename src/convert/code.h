/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the code in an archive that nodes of TorchScript were compiled from. torch keeps
 * them with its nodes whatever is done to the graph, so they tell what a node is, which its
 * name does not: both sides number names that come again, each in a way of its own. */
#ifndef CONVERT_CODE_H
#define CONVERT_CODE_H

#include <stdint.h>

struct arena;
struct model;
struct source;

/* A member of code: path as torch calls it, "code/__torch__/net.py", and where each of its
 * lines begins, ascending. */
struct code { const struct source *src; const char *path; uint64_t *lines; uint32_t nlines; };
struct codes { struct code *at; uint32_t n; };

/* Those that the nodes of a model lie in, each read once; all in the arena. */
void codes_read(struct codes *, const struct model *, struct arena *);
/* NULL: the source is no code. */
const struct code *code_of(const struct codes *, const struct source *);
/* The line of an offset, from 1. */
uint32_t code_line(const struct code *, uint64_t off);
/* "code/__torch__/net.py:12" as the driver says it: length of the path, and the line; 0: it
 * is none. */
uint32_t code_parse(const char *, uint32_t *line);

#endif
