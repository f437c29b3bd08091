/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/source.h"
#include "read/tar.h"

enum { BLOCK = 512, NAME = 100, SIZE = 124, SUM = 148, TYPE = 156, MAGIC = 257, PREFIX = 345,
	PREFIX_LEN = 155, DIGITS = 20 };

/* In octal between blanks, or from 0x80 on in base 256. false: no number for
 * Python, or for Python alone (as 0o17 is). Source: nti in tarfile.py. */
static bool
number(const unsigned char *p, int n, uint64_t *out)
{
	int i = 0;

	*out = 0;
	if (*p == 0x80) {
		for (i = 1; i < n; i++) {
			if (*out >> 56 != 0)
				return false;
			*out = *out << 8 | p[i];
		}
		return true;
	}
	while (i < n && (p[i] == ' ' || (p[i] >= '\t' && p[i] <= '\r')))
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		*out = *out << 3 | (uint64_t)(p[i] - '0');
	while (i < n && (p[i] == ' ' || (p[i] >= '\t' && p[i] <= '\r')))
		i++;
	return i == n || p[i] == '\0';
}

/* Some writers took the bytes as signed. */
static bool
sum_is_right(const unsigned char *b)
{
	uint64_t said;
	int64_t sum = 8 * ' ', high = 0;

	for (int i = 0; i < BLOCK; i++)
		if (i < SUM || i >= SUM + 8) {
			sum += b[i];
			high += b[i] >> 7;
		}
	return number(b + SUM, 8, &said) && said <= INT64_MAX &&
	    ((int64_t)said == sum || (int64_t)said == sum - 256 * high);
}

static bool
is_zero(const unsigned char *b)
{
	return b[0] == 0 && memcmp(b, b + 1, BLOCK - 1) == 0;
}

bool
tar_is(const struct source *src)
{
	unsigned char b[BLOCK];

	return source_read(src, 0, b, sizeof b) == (long)sizeof b &&
	    (memcmp(b + MAGIC, "ustar", 5) == 0 || sum_is_right(b));
}

static bool
is_remark(char type)
{
	return type != '\0' && strchr("xXgLK", type) != NULL;
}

bool
tar_file(const struct tar_member *m)
{
	return !is_remark(m->type) && (m->type < '1' || m->type > '6');
}

static bool
broken(struct tar *t, const char *what)
{
	if (t->problem == NULL) {
		t->problem = what;
		t->problem_at = t->at;
	}
	return false;
}

/* key=value, of which the value ends with the buffer. */
static bool
apply(struct tar *t, char type, const char *key, const char *value)
{
	size_t n = strlen(value);

	if (strncmp(key, "GNU.sparse.", 11) == 0)
		return broken(t, "a file with holes, which are not filled");
	if (strncmp(key, "size=", 5) != 0 && strncmp(key, "path=", 5) != 0)
		return true;
	if (type == 'g')
		return broken(t, "a name or size for all members that follow");
	if (*key == 'p' && !t->named) {
		while (n > 0 && value[n - 1] == '/')
			n--;
		n = n < sizeof t->name ? n : sizeof t->name - 1;
		memcpy(t->name, value, n);
		t->name[n] = '\0';
		return true;
	}
	if (*key == 'p' || t->sized)
		return true;
	if (n == 0 || n >= DIGITS || strspn(value, "0123456789") != n)
		return broken(t, "a size that is no number");
	t->size = 0;
	for (size_t i = 0; i < n; i++)
		t->size = t->size * 10 + (uint64_t)(value[i] - '0');
	return true;
}

/* Records "length key=value\n", up to a NUL or the end of the last block: the first
 * remark on a member is the last one that Python follows, in one remark the last
 * record is. */
static bool
read_records(struct tar *t, const struct tar_member *m)
{
	uint64_t at = m->off, end = m->off + (m->size + BLOCK - 1) / BLOCK * BLOCK, len;
	bool named = false, sized = false;
	char b[BLOCK + 1], *key, *value, last;
	long n;

	while (at < end && (n = source_read(t->src, at, b, BLOCK)) > 0 && *b != '\0') {
		b[n] = '\0';
		len = 0;
		for (key = b; *key >= '0' && *key <= '9' && key < b + DIGITS - 1; key++)
			len = len * 10 + (uint64_t)(*key - '0');
		if (key == b || *key != ' ' || len < 5 || len > end - at ||
		    source_read(t->src, at + len - 1, &last, 1) != 1 || last != '\n')
			return broken(t, "a remark on a member that cannot be read");
		if (len <= (uint64_t)n)
			b[len - 1] = '\0';
		value = strchr(++key, '=');
		if (value == NULL || value == key ||
		    (len <= (uint64_t)n && strlen(b) != len - 1))
			return broken(t, "a remark on a member that cannot be read");
		if (!apply(t, m->type, key, value + 1))
			return false;
		named |= strncmp(key, "path=", 5) == 0;
		sized |= strncmp(key, "size=", 5) == 0;
		at += len;
	}
	t->named |= named;
	t->sized |= sized;
	return true;
}

/* What stands before a member and speaks of it. */
static bool
read_remark(struct tar *t, const struct tar_member *m)
{
	long n;

	if (m->type == 'x' || m->type == 'X' || m->type == 'g')
		return read_records(t, m);
	if (m->type == 'K' || t->named)
		return true;
	n = source_read(t->src, m->off, t->name, m->size < sizeof t->name ? m->size :
	    sizeof t->name - 1);
	t->name[n > 0 ? n : 0] = '\0';
	t->named = true;
	return true;
}

static void
take_name(const unsigned char *b, struct tar_member *m)
{
	const char *name = (const char *)b, *prefix = name + PREFIX;
	bool gnu = m->type == 'L' || m->type == 'K' || m->type == 'S';

	snprintf(m->name, sizeof m->name, "%.*s%s%.*s", gnu ? 0 : PREFIX_LEN, prefix,
	    gnu || *prefix == '\0' ? "" : "/", NAME, name);
	/* folders of old archives */
	if (m->type == '\0' && strnlen(name, NAME) > 0 && name[strnlen(name, NAME) - 1] == '/')
		m->type = '5';
}

/* What remarks said, which hold for one member. */
static void
take_remarks(struct tar *t, struct tar_member *m)
{
	if (t->named)
		memcpy(m->name, t->name, sizeof m->name);
	if (t->sized)
		m->size = t->size;
	t->named = t->sized = false;
}

bool
tar_next(struct tar *t, struct tar_member *m)
{
	unsigned char b[BLOCK];

	if (t->problem != NULL || source_read(t->src, t->at, b, sizeof b) != (long)sizeof b ||
	    is_zero(b))
		return false;
	if (!sum_is_right(b))
		return broken(t, "a block whose checksum is wrong");
	if (!number(b + SIZE, 12, &m->size))
		return broken(t, "a size that is no number");
	m->type = (char)b[TYPE];
	if (m->type == 'S')
		return broken(t, "a file with holes, which are not filled");
	take_name(b, m);
	if (!is_remark(m->type))
		take_remarks(t, m);
	m->off = t->at + BLOCK;
	if (m->size > t->src->size - m->off) {
		broken(t, "a member that goes beyond the end");
		m->size = t->src->size - m->off;
	}
	if (is_remark(m->type) && !read_remark(t, m))
		return false;
	if (!is_remark(m->type) && !tar_file(m) && m->size > 0) {
		broken(t, "a link or folder with content");
		m->size = 0;
	}
	t->at = m->off + (m->size + BLOCK - 1) / BLOCK * BLOCK;
	return true;
}
