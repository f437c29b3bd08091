/* SPDX-License-Identifier: Apache-2.0 */
/* Where in the user's Python a node was made. */
#ifndef APP_PLACE_H
#define APP_PLACE_H

#include <stdbool.h>
#include <stddef.h>

struct node;
struct session;

struct python_place { char file[512], function[64], text[256]; unsigned line; };
/* false: the format does not say. */
bool place_of_node(struct session *, const struct node *, struct python_place *);
/* "model.py:88", without folders; raw text of the file. */
void place_line(const struct python_place *, char *buf, size_t n);

#endif
