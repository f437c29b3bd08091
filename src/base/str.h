/* SPDX-License-Identifier: Apache-2.0 */
/* Interned strings: equal text is the same pointer, so names compare and
 * hash as pointers, and tables can be indexed by str->id. Text is bytes as in
 * the file: may hold NUL and bad UTF-8. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdint.h>

#include "base/arena.h"

struct str {
	uint32_t id;  /* dense from 0 in its table */
	uint32_t len; /* bytes, without the final NUL */
	char s[];     /* NUL-terminated */
};

struct strtab {
	struct arena *arena;      /* of the strings and pages */
	struct arena tables;      /* of slots: remade when they grow */
	struct str_page **pages;  /* all by id: they never move */
	uint32_t *slots;
	uint32_t n, mask;
};

void strtab_init(struct strtab *, struct arena *);
/* Free the table; the strings stay, and are found by id. */
void strtab_free(struct strtab *);
/* The one string with these bytes; lives as long as the arena. */
const struct str *str_intern(struct strtab *, const char *, uint32_t n);
const struct str *str_internz(struct strtab *, const char *);
/* The string of that id, which is below n. */
const struct str *str_at(const struct strtab *, uint32_t id);
/* NULL when it was never interned. */
const struct str *str_find(const struct strtab *, const char *, uint32_t n);

#endif
