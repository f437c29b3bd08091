/* SPDX-License-Identifier: Apache-2.0 */
/* Passes that a conversion can be asked to leave out. */
#ifndef CONVERT_PASS_H
#define CONVERT_PASS_H

#include <stddef.h>

struct arena;

struct convert_pass { const char *group, *name, *what; };
/* All of them; ends in one without a name. */
extern const struct convert_pass convert_passes[];

/* Is the word of n bytes the name of one, with or without its group? NULL: no. */
const struct convert_pass *pass_find(const char *word, size_t n);
/* What is near to a word that is none, as a sentence. */
const char *pass_near(struct arena *, const char *word, size_t n);

#endif
