/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of opcodes. Lengths meet the bytes that are left before anything is
 * made of them. */
#include <string.h>

#include "base/arena.h"
#include "read/torch/pickle_in.h"

/* Text beyond this stays in the file; a line of protocol 0 beyond it is none. */
#define TEXT_MAX (UINT64_C(16) << 20)
enum { LINE_MAX = 1 << 20, LINE_STEP = 256 };

/* n bytes as a number, lowest first. */
bool
pickle_in_number(struct pickle_in *in, unsigned n, uint64_t *v)
{
	const unsigned char *p = window_at(&in->win, in->pos, n);

	if (p == NULL) {
		in->problem = "it ends in the middle of an opcode";
		return false;
	}
	*v = 0;
	for (unsigned i = n; i-- > 0;)
		*v = *v << 8 | p[i];
	in->pos += n;
	return true;
}

static bool
read_double(struct pickle_in *in, double *f)
{
	uint64_t v, turned = 0;

	if (!pickle_in_number(in, 8, &v))
		return false;
	for (int i = 0; i < 8; i++, v >>= 8)
		turned = turned << 8 | (v & 0xff);
	memcpy(f, &turned, sizeof *f);
	return true;
}

static bool
copy_bytes(struct pickle_in *in, char *to, uint64_t n)
{
	const unsigned char *p = n <= in->win.cap ? window_at(&in->win, in->pos, n) : NULL;

	if (p == NULL)
		return source_read(in->win.src, in->pos, to, n) == (long)n;
	memcpy(to, p, n);
	return true;
}

/* Its length is a number of so many bytes before it. */
static bool
read_text(struct pickle_in *in, unsigned bytes, struct pickle_arg *a)
{
	if (!pickle_in_number(in, bytes, &a->n))
		return false;
	a->at = in->pos;
	if (a->n > in->win.src->size - in->pos) {
		in->problem = "a text that is longer than the file";
		return false;
	}
	if (a->n <= TEXT_MAX) {
		a->s = arena_array(in->a, a->n + 1, 1);
		if (!copy_bytes(in, a->s, a->n)) {
			in->problem = "a text that cannot be read";
			return false;
		}
	}
	in->pos += a->n;
	return true;
}

/* n bytes from here on, as long as nothing else is read; NULL: they cannot be had. */
static const unsigned char *
ahead(struct pickle_in *in, uint64_t n)
{
	char *copy;

	if (n <= in->win.cap)
		return window_at(&in->win, in->pos, n);
	copy = arena_array(in->a, n, 1);
	return copy_bytes(in, copy, n) ? (const unsigned char *)copy : NULL;
}

/* The bytes up to the next line end, which is passed over. */
static char *
read_line(struct pickle_in *in, uint64_t *n)
{
	const unsigned char *p, *end = NULL;
	uint64_t left = in->win.src->size - in->pos, want = LINE_STEP;
	char *s;

	for (*n = 0; end == NULL; want *= 2) {
		want = want < left ? want : left;
		p = want <= LINE_MAX ? ahead(in, want) : NULL;
		if (p == NULL)
			break;
		end = memchr(p, '\n', want);
		if (end == NULL && want == left)
			break;
	}
	if (end == NULL) {
		in->problem = "a line without an end";
		return NULL;
	}
	*n = (uint64_t)(end - p);
	s = arena_strdup(in->a, (const char *)p, *n);
	in->pos += *n + 1;
	return s;
}

bool
pickle_in_arg(struct pickle_in *in, enum pickle_form form, struct pickle_arg *a)
{
	static const unsigned char bytes[] = { [F_U1] = 1, [F_U2] = 2, [F_U4] = 4, [F_I4] = 4,
	    [F_U8] = 8, [F_TEXT1] = 1, [F_TEXT4] = 4, [F_TEXT_I4] = 4, [F_TEXT8] = 8 };
	uint64_t v = 0, n;

	a->at = in->pos;
	if (form == F_NONE)
		return true;
	if (form == F_DOUBLE)
		return read_double(in, &a->f);
	if (form == F_LINE || form == F_LINES) {
		if ((a->s = read_line(in, &a->n)) == NULL)
			return false;
		return form == F_LINE || (a->second = read_line(in, &n)) != NULL;
	}
	if (form >= F_TEXT1)
		return read_text(in, bytes[form], a);
	if (!pickle_in_number(in, bytes[form], &v))
		return false;
	a->i = form == F_I4 ? (int32_t)(uint32_t)v : (int64_t)v;
	return true;
}
