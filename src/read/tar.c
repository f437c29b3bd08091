/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/source.h"
#include "read/tar.h"

enum { BLOCK = 512, NAME = 100, SIZE = 124, TYPE = 156, MAGIC = 257 };

bool
tar_is(const struct source *src)
{
	char b[MAGIC + 5];

	return source_read(src, 0, b, sizeof b) == (long)sizeof b &&
	    memcmp(b + MAGIC, "ustar", 5) == 0;
}

bool
tar_next(const struct source *src, uint64_t *at, struct tar_member *m)
{
	char b[BLOCK];

	if (source_read(src, *at, b, sizeof b) != (long)sizeof b || *b == '\0')
		return false;
	memcpy(m->name, b, NAME);
	m->name[NAME] = '\0';
	m->type = b[TYPE];
	m->size = 0;
	for (int i = SIZE; i < SIZE + 12 && b[i] >= '0' && b[i] <= '7'; i++)
		m->size = m->size * 8 + (uint64_t)(b[i] - '0');
	m->off = *at + BLOCK;
	if (m->size > src->size - m->off)
		m->size = src->size - m->off;
	*at = m->off + (m->size + BLOCK - 1) / BLOCK * BLOCK;
	return true;
}

bool
tar_find(const struct source *src, const char *name, struct tar_member *found)
{
	struct tar_member m;
	bool any = false;

	for (uint64_t at = 0; tar_next(src, &at, &m);) {
		if ((m.type != '0' && m.type != '\0') || strcmp(m.name, name) != 0)
			continue;
		*found = m;
		any = true;
	}
	return any;
}
