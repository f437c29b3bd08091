/* SPDX-License-Identifier: Apache-2.0 */
/* The FlatBuffer view. Tables, their vtables and the rest lie in different
 * parts of a file, so each has a window of its own. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/str.h"
#include "read/flat.h"

enum { SLOTS_MAX = 64, WINDOW_MAX = 32 << 10 };

static uint64_t
size_of(const struct flat *f)
{
	return f->data.src->size;
}

static void
print_path(const struct flat *f, char *path, size_t cap)
{
	size_t n = 0;
	int len;

	path[0] = '\0';
	for (uint32_t i = 0; i < f->depth && n < cap; i++, n += (size_t)len) {
		len = f->path[i].list ?
		    snprintf(path + n, cap - n, "%s%s[%" PRIu32 "]", i > 0 ? "." : "",
			f->path[i].name, f->path[i].index) :
		    snprintf(path + n, cap - n, "%s%s", i > 0 ? "." : "",
			f->path[i].name);
		if (len < 0)
			return;
	}
}

void
flat_diag(struct flat *f, enum diag_id id, uint64_t off, const char *fmt, ...)
{
	struct where where = { .loc = { f->data.src, off, 0 } };
	char text[512], path[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	print_path(f, path, sizeof path);
	where.path = path;
	diag_add(f->ctx, id, &where, "%s", text);
}

static bool
damage(struct flat *f, uint64_t off, const char *what)
{
	f->damaged = true;
	flat_diag(f, DIAG_FLAT_BAD, off, "%s; it was left out", what);
	return false;
}

/* n bytes at off as a number; 0 with a report when they are not there. */
static uint64_t
number(struct flat *f, struct window *w, uint64_t off, unsigned n)
{
	const unsigned char *p = window_at(w, off, n);
	uint64_t v = 0;

	if (p == NULL) {
		damage(f, off, "a number past the end of the file");
		return 0;
	}
	for (unsigned i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

/* Pay for a visit. */
static bool
visit(struct flat *f, uint64_t off, uint64_t cost)
{
	if (cost <= f->left) {
		f->left -= cost;
		return true;
	}
	if (f->left > 0)
		damage(f, off, "more objects than the file has room for: offsets "
		    "lead to the same place again and again");
	f->left = 0;
	return false;
}

/* Where the offset at off leads; 0 when out of the file. */
static uint64_t
follow(struct flat *f, struct window *w, uint64_t off)
{
	uint64_t rel = number(f, w, off, 4);

	if (rel >= 4 && rel <= size_of(f) - off && size_of(f) - off - rel >= 4)
		return off + rel;
	damage(f, off, "an offset that leads out of the file");
	return 0;
}

static bool
open_table(struct flat *f, uint64_t at, struct flat_table *t)
{
	uint64_t back, bytes;

	if (at == 0 || !visit(f, at, 4))
		return false;
	back = number(f, &f->tables, at, 4);
	t->at = at;
	t->vtable = at - (uint64_t)(int64_t)(int32_t)(uint32_t)back;
	if (t->vtable > size_of(f) - 4)
		return damage(f, at, "a table whose vtable is out of the file");
	bytes = number(f, &f->vtables, t->vtable, 2);
	t->size = (uint32_t)number(f, &f->vtables, t->vtable + 2, 2);
	if (bytes < 4 || bytes > size_of(f) - t->vtable || t->size < 4 ||
	    t->size > size_of(f) - at)
		return damage(f, at, "a table that does not fit the file");
	t->slots = (uint32_t)(bytes - 4) / 2;
	return true;
}

bool
flat_root(struct flat *f, struct ctx *ctx, struct arena *scratch,
    const struct source *src, struct flat_table *t)
{
	size_t cap = ctx->limits.window < WINDOW_MAX ? ctx->limits.window : WINDOW_MAX;

	memset(f, 0, sizeof *f);
	f->ctx = ctx;
	f->scratch = scratch;
	window_init(&f->vtables, src, scratch, cap);
	window_init(&f->tables, src, scratch, cap);
	window_init(&f->data, src, scratch, cap);
	f->left = src->size;
	if (src->size < 12)
		return damage(f, 0, "a FlatBuffer of less than 12 bytes");
	return open_table(f, follow(f, &f->tables, 0), t);
}

/* Place of the field's n bytes; 0 when it is absent. */
static uint64_t
field(struct flat *f, const struct flat_table *t, unsigned slot, unsigned n)
{
	uint64_t off;

	if (slot >= t->slots)
		return 0;
	off = number(f, &f->vtables, t->vtable + 4 + 2 * (uint64_t)slot, 2);
	if (off == 0)
		return 0;
	if (off >= 4 && off + n <= t->size)
		return t->at + off;
	damage(f, t->at, "a field outside its table");
	return 0;
}

bool
flat_has(struct flat *f, const struct flat_table *t, unsigned slot)
{
	return field(f, t, slot, 1) != 0;
}

static int64_t
extend(uint64_t v, unsigned bytes)
{
	unsigned shift = 64 - 8 * bytes;

	return (int64_t)(v << shift) >> shift;
}

int64_t
flat_int(struct flat *f, const struct flat_table *t, unsigned slot, unsigned bytes)
{
	uint64_t at = field(f, t, slot, bytes);

	return at == 0 ? 0 : extend(number(f, &f->tables, at, bytes), bytes);
}

float
flat_float(struct flat *f, const struct flat_table *t, unsigned slot)
{
	uint64_t at = field(f, t, slot, 4);
	uint32_t bits = at == 0 ? 0 : (uint32_t)number(f, &f->tables, at, 4);
	float v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

/* The vector at that place. */
static bool
open_vector(struct flat *f, uint64_t at, unsigned bytes, struct flat_vector *v)
{
	if (at == 0)
		return false;
	v->at = at + 4;
	v->n = (uint32_t)number(f, &f->data, at, 4);
	return v->n <= (size_of(f) - v->at) / bytes ||
	    damage(f, at, "a list longer than the file");
}

static const struct str *
read_str(struct flat *f, uint64_t at, struct strtab *strs)
{
	struct flat_vector v;
	const unsigned char *p;
	unsigned char *copy;
	uint32_t n;

	if (!open_vector(f, at, 1, &v))
		return str_intern(strs, "", 0);
	n = v.n < f->ctx->limits.text ? v.n : f->ctx->limits.text;
	if (!visit(f, at, 1 + n / 64) || n == 0)
		return str_intern(strs, "", 0);
	if ((p = window_at(&f->data, v.at, n)) == NULL) {
		p = copy = arena_array(f->scratch, n, 1);
		if (source_read(f->data.src, v.at, copy, n) != (long)n)
			return str_intern(strs, "", 0);
	}
	return str_intern(strs, (const char *)p, n);
}

const struct str *
flat_str(struct flat *f, const struct flat_table *t, unsigned slot, struct strtab *strs)
{
	uint64_t at = field(f, t, slot, 4);

	return read_str(f, at == 0 ? 0 : follow(f, &f->tables, at), strs);
}

bool
flat_list(struct flat *f, const struct flat_table *t, unsigned slot, unsigned bytes,
    struct flat_vector *v)
{
	uint64_t at = field(f, t, slot, 4);

	if (at != 0 && open_vector(f, follow(f, &f->tables, at), bytes, v) &&
	    visit(f, at, bytes > 1 ? v->n : 0))
		return true;
	v->n = 0;
	return false;
}

static bool
enter(struct flat *f, uint64_t at, struct flat_step step, struct flat_table *t)
{
	uint32_t max = f->ctx->limits.depth;

	if (at == 0)
		return false;
	if (max > FLAT_DEPTH)
		max = FLAT_DEPTH;
	if (f->depth >= max) {
		f->damaged = true;
		flat_diag(f, DIAG_WIRE_DEPTH, at, "tables nested deeper than %" PRIu32
		    "; this one was left out", max);
		return false;
	}
	f->path[f->depth++] = step;
	if (open_table(f, at, t))
		return true;
	f->depth--;
	return false;
}

bool
flat_enter(struct flat *f, const struct flat_table *t, unsigned slot, const char *name,
    struct flat_table *out)
{
	uint64_t at = field(f, t, slot, 4);

	return at != 0 && enter(f, follow(f, &f->tables, at),
	    (struct flat_step){ name, 0, false }, out);
}

bool
flat_enter_item(struct flat *f, const struct flat_vector *v, uint32_t i, const char *name,
    struct flat_table *out)
{
	uint64_t at = v->at + (uint64_t)i * 4;

	return enter(f, follow(f, &f->data, at),
	    (struct flat_step){ name, i, true }, out);
}

const struct str *
flat_str_item(struct flat *f, const struct flat_vector *v, uint32_t i,
    struct strtab *strs)
{
	return read_str(f, follow(f, &f->data, v->at + (uint64_t)i * 4), strs);
}

int64_t
flat_int_item(struct flat *f, const struct flat_vector *v, uint32_t i, unsigned bytes)
{
	return extend(number(f, &f->data, v->at + (uint64_t)i * bytes, bytes), bytes);
}

void
flat_leave(struct flat *f)
{
	f->depth--;
}

struct loc
flat_loc(const struct flat *f, const struct flat_table *t)
{
	return (struct loc){ f->data.src, t->at, t->size };
}
