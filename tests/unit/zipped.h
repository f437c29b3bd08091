/* SPDX-License-Identifier: Apache-2.0 */
/* Zip archives made in a test: what a member says of itself and what it is may
 * differ. All members are in one buffer that the test owns. */
#ifndef TESTS_ZIPPED_H
#define TESTS_ZIPPED_H

#include <stdint.h>
#include <string.h>

struct member {
	const char *name;
	const char *bytes;   /* the payload as it stands in the file */
	uint32_t n;
	uint16_t method, bits;
	uint32_t size;       /* unpacked; 0: n */
	const char *local;   /* name in its own header; NULL: the same */
	uint32_t wrong_crc;  /* added to the checksum */
	uint32_t wrong_at;   /* added to its place in the directory */
	const char *plain;   /* unpacked bytes, when they are packed */
};

struct zipped {
	unsigned char *p;
	size_t n, dir;       /* bytes so far; where the directory begins */
	uint32_t at[64];
};

static inline void
zip_number(struct zipped *z, uint64_t v, int bytes)
{
	for (; bytes > 0; bytes--, v >>= 8)
		z->p[z->n++] = (unsigned char)v;
}

static inline void
zip_text(struct zipped *z, const void *s, size_t n)
{
	memmove(z->p + z->n, s, n);
	z->n += n;
}

static inline uint32_t
zip_crc(const char *s, uint32_t n)
{
	uint32_t c = ~UINT32_C(0);

	for (uint32_t i = 0; i < n; i++) {
		c ^= (unsigned char)s[i];
		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return ~c;
}

/* What both headers of a member have. */
static inline void
zip_header(struct zipped *z, const struct member *m, size_t name)
{
	const char *plain = m->plain != NULL ? m->plain : m->bytes;
	uint32_t size = m->size != 0 ? m->size : m->n;

	zip_number(z, 20, 2);
	zip_number(z, m->bits, 2);
	zip_number(z, m->method, 2);
	zip_number(z, 0, 4);
	zip_number(z, zip_crc(plain, m->plain != NULL ? (uint32_t)strlen(plain) : m->n) +
	    m->wrong_crc, 4);
	zip_number(z, m->n, 4);
	zip_number(z, size, 4);
	zip_number(z, name, 2);
	zip_number(z, 0, 2);
}

static inline void
zip_members(struct zipped *z, const struct member *m, int count)
{
	const char *name;

	for (int i = 0; i < count; i++) {
		name = m[i].local != NULL ? m[i].local : m[i].name;
		z->at[i] = (uint32_t)z->n;
		zip_text(z, "PK\3\4", 4);
		zip_header(z, &m[i], strlen(name));
		zip_text(z, name, strlen(name));
		zip_text(z, m[i].bytes, m[i].n);
	}
}

/* extra: added to the counts that the end claims. */
static inline void
zip_end(struct zipped *z, const struct member *m, int count, int extra)
{
	size_t size;

	z->dir = z->n;
	for (int i = 0; i < count; i++) {
		zip_text(z, "PK\1\2", 4);
		zip_number(z, 20 | 3 << 8, 2);
		zip_header(z, &m[i], strlen(m[i].name));
		zip_number(z, 0, 6); /* comment, disk, internal attributes */
		zip_number(z, 0, 4);
		zip_number(z, z->at[i] + m[i].wrong_at, 4);
		zip_text(z, m[i].name, strlen(m[i].name));
	}
	size = z->n - z->dir;
	zip_text(z, "PK\5\6", 4);
	zip_number(z, 0, 4);
	zip_number(z, (uint64_t)(count + extra), 2);
	zip_number(z, (uint64_t)(count + extra), 2);
	zip_number(z, size, 4);
	zip_number(z, z->dir, 4);
	zip_number(z, 0, 2);
}

#endif
