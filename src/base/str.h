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
	struct arena *arena;      /* of the strings */
	struct arena tables;      /* of list and slots: remade when they grow */
	const struct str **list; /* by id */
	struct slot *slots;
	uint32_t n, mask;
};

void strtab_init(struct strtab *, struct arena *);
/* Free the tables; the strings stay. */
void strtab_free(struct strtab *);
/* The one string with these bytes; lives as long as the arena. */
const struct str *str_intern(struct strtab *, const char *, uint32_t n);
const struct str *str_internz(struct strtab *, const char *);
/* NULL when it was never interned. */
const struct str *str_find(const struct strtab *, const char *, uint32_t n);

#endif
