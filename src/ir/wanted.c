/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "ir/wanted.h"

/* A scanner; p stays at the first character that does not fit. */
struct scan {
	struct arena *a;
	const char *p;
	bool bad;
};

static bool
fail(struct scan *s)
{
	s->bad = true;
	return false;
}

static bool
take(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(s->p, word, n) != 0)
		return false;
	s->p += n;
	return true;
}

static bool
integer(struct scan *s, int64_t *v)
{
	char *end;

	errno = 0;
	*v = strtoll(s->p, &end, 10);
	if (!isdigit((unsigned char)s->p[*s->p == '-']) || errno != 0)
		return fail(s);
	s->p = end;
	return true;
}

static bool
choices(struct scan *s, struct wanted_dim *d)
{
	int64_t *list = NULL, v;

	do {
		if (!integer(s, &v))
			return false;
		list = arena_grow(s->a, list, d->nchoices, sizeof *list);
		list[d->nchoices++] = v;
	} while (take(s, ","));
	d->choices = list;
	d->lo = d->hi = list[0];
	return take(s, "}") || fail(s);
}

/* 1..8, 1..inf, 1.. and a number. */
static bool
read_range(struct scan *s, struct wanted_dim *d)
{
	if (!integer(s, &d->lo))
		return false;
	d->hi = d->lo;
	if (!take(s, ".."))
		return d->symbol == NULL || fail(s);
	if (take(s, "inf") || *s->p == ',' || *s->p == ']') {
		d->hi = -1;
		return true;
	}
	return integer(s, &d->hi) && (d->hi >= d->lo || fail(s));
}

static bool
read_dim(struct scan *s, struct wanted_dim *d)
{
	size_t n = strcspn(s->p, "=,]{}.");

	if (take(s, "{"))
		return choices(s, d);
	if (*s->p == '?' && n == 1) {
		s->p++;
		return d->unknown = true;
	}
	d->unknown = (s->p[n] == ',' || s->p[n] == ']') &&
	    (isalpha((unsigned char)*s->p) || *s->p == '_');
	if (n > 0 && (s->p[n] == '=' || d->unknown)) {
		d->symbol = arena_strdup(s->a, s->p, n);
		s->p += n + !d->unknown;
	}
	return d->unknown || read_range(s, d);
}

static bool
read_dims(struct scan *s, struct wanted *f)
{
	f->has_shape = true;
	if (take(s, "]"))
		return true;
	do {
		f->dims = arena_grow(s->a, f->dims, f->rank, sizeof *f->dims);
		f->dims[f->rank] = (struct wanted_dim){ 0 };
		if (!read_dim(s, &f->dims[f->rank]))
			return false;
		f->rank++;
	} while (take(s, ","));
	return take(s, "]") || fail(s);
}

static bool
numbers(struct scan *s, double *v, uint32_t *n)
{
	char *end;

	do {
		if (*n == 3)
			return fail(s);
		v[*n] = strtod(s->p, &end);
		if (end == s->p)
			return fail(s);
		s->p = end;
		++*n;
	} while (take(s, "|"));
	return true;
}

/* (scale=0.5;bias=1|2|3), behind the bracket. */
static bool
read_scaling(struct scan *s, struct wanted *f)
{
	do {
		if (take(s, "scale=") ? !numbers(s, f->scale, &f->nscale) :
		    take(s, "bias=") ? !numbers(s, f->bias, &f->nbias) : true)
			return fail(s);
	} while (take(s, ";"));
	return take(s, ")") || fail(s);
}

/* The word from a list, up to what may follow it. */
static bool
word(struct scan *s, const char *const *list, const char **found)
{
	size_t n = strcspn(s->p, "[(*");

	for (; *list != NULL; list++)
		if (strlen(*list) == n && strncmp(s->p, *list, n) == 0) {
			*found = *list;
			s->p += n;
			return true;
		}
	return fail(s);
}

static const char *const dtypes[] = {
	"f32", "f16", "f64", "bf16", "i32", "i64", "i16", "i8", "u8", "bool", "c64", "auto", NULL
};
static const char *const layouts[] = { "rgb", "bgr", "gray", "gray16", NULL };

/* image:f32[1,3,8,8] is a tensor of that name: an image has a layout there. */
static bool
is_named_image(const char *s)
{
	size_t n = strcspn(s, "[(*");

	for (const char *const *d = dtypes; *d != NULL; d++)
		if (strlen(*d) == n && strncmp(s, *d, n) == 0)
			return true;
	return false;
}

/* What stands behind the name's colon. */
static bool
read_rest(struct scan *s, struct wanted *f)
{
	if (f->kind == WANTED_TENSOR && take(s, "image")) {
		f->kind = WANTED_IMAGE;
	} else if (f->kind == WANTED_IMAGE) {
		if (!word(s, layouts, &f->layout))
			return false;
	} else if (!word(s, dtypes, &f->dtype)) {
		return false;
	}
	if (strcmp(f->dtype, "auto") == 0)
		f->dtype = "";
	if (take(s, "(") && !(f->kind == WANTED_IMAGE && read_scaling(s, f)))
		return fail(s);
	if (!take(s, "*") && take(s, "[") && !read_dims(s, f))
		return false;
	return *s->p == '\0' || fail(s);
}

bool
wanted_read(struct wanted *f, struct arena *a, const char *text, uint32_t *column)
{
	struct scan s = { a, text, false };
	const char *end, *colon;

	*f = (struct wanted){ .name = "", .dtype = "", .layout = "" };
	if (!is_named_image(text + strcspn(text, ":") + (strchr(text, ':') != NULL)) &&
	    take(&s, "image:"))
		f->kind = WANTED_IMAGE;
	else if (take(&s, "state:"))
		f->kind = WANTED_STATE;
	/* names may hold colons themselves: the last one before the shape counts */
	end = s.p + strcspn(s.p, "[(");
	for (colon = end; colon > s.p && *colon != ':'; colon--)
		continue;
	if (*colon != ':' && *end == '\0') {
		f->name = arena_strdup(a, s.p, (size_t)(end - s.p));
		s.bad = end == s.p;
	} else {
		if (*colon == ':') {
			f->name = arena_strdup(a, s.p, (size_t)(colon - s.p));
			s.p = colon + 1;
		}
		read_rest(&s, f);
	}
	*column = (uint32_t)(s.p - text);
	return !s.bad;
}

size_t
wanted_first(const char *s)
{
	size_t n, depth = 0;

	for (n = 0; s[n] != '\0' && (s[n] != ',' || depth > 0); n++) {
		depth += strchr("[({", s[n]) != NULL;
		depth -= depth > 0 && strchr("])}", s[n]) != NULL;
	}
	return n;
}

struct wanted *
wanted_read_list(struct arena *a, const char **text, uint32_t *n, uint32_t *column)
{
	struct wanted *list = NULL;
	size_t len;

	for (*n = 0; **text != '\0'; *text += len + ((*text)[len] == ',')) {
		len = wanted_first(*text);
		list = arena_grow(a, list, *n, sizeof *list);
		if (!wanted_read(&list[*n], a, arena_strdup(a, *text, len), column))
			return NULL;
		++*n;
	}
	return list;
}

uint32_t
wanted_shapes(const struct wanted *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->rank; i++) {
		if (f->dims[i].choices == NULL)
			continue;
		if (n != 0 && n != f->dims[i].nchoices)
			return UINT32_MAX;
		n = f->dims[i].nchoices;
	}
	return n;
}

/* What is said of the symbol elsewhere holds here as well. */
static void
take_bounds(struct wanted_dim *d, const struct wanted *list, uint32_t n)
{
	for (uint32_t i = 0; d->unknown && d->symbol != NULL && i < n; i++)
		for (uint32_t k = 0; k < list[i].rank && d->unknown; k++) {
			const struct wanted_dim *e = &list[i].dims[k];

			if (e->unknown || e->symbol == NULL || strcmp(e->symbol, d->symbol) != 0)
				continue;
			d->lo = e->lo;
			d->hi = e->hi;
			d->unknown = false;
		}
}

void
wanted_share(struct wanted *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < list[i].rank; k++)
			take_bounds(&list[i].dims[k], list, n);
}
