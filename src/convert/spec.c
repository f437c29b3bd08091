/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/sink.h"
#include "convert/spec.h"

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
	if (*s->p < '0' || *s->p > '9' || errno != 0)
		return fail(s);
	s->p = end;
	return true;
}

static bool
choices(struct scan *s, struct spec_dim *d)
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

static bool
read_dim(struct scan *s, struct spec_dim *d)
{
	size_t n = strcspn(s->p, "=,]{}.");

	if (take(s, "{"))
		return choices(s, d);
	if (s->p[n] == '=' && n > 0) {
		d->symbol = arena_strdup(s->a, s->p, n);
		s->p += n + 1;
	}
	if (!integer(s, &d->lo))
		return false;
	d->hi = d->lo;
	if (!take(s, ".."))
		return d->symbol == NULL || fail(s);
	if (take(s, "inf")) {
		d->hi = -1;
		return true;
	}
	return integer(s, &d->hi) && (d->hi >= d->lo || fail(s));
}

static bool
read_dims(struct scan *s, struct spec *f)
{
	f->has_shape = true;
	if (take(s, "]"))
		return true;
	do {
		f->dims = arena_grow(s->a, f->dims, f->rank, sizeof *f->dims);
		f->dims[f->rank] = (struct spec_dim){ 0 };
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
read_scaling(struct scan *s, struct spec *f)
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
	size_t n = strcspn(s->p, "[(");

	for (; *list != NULL; list++)
		if (strlen(*list) == n && strncmp(s->p, *list, n) == 0) {
			*found = *list;
			s->p += n;
			return true;
		}
	return fail(s);
}

static const char *const dtypes[] = {
	"f32", "f16", "f64", "i32", "i64", "i16", "i8", "u8", "bool", "c64", "auto", NULL
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
read_rest(struct scan *s, struct spec *f)
{
	if (f->kind == SPEC_TENSOR && take(s, "image")) {
		f->kind = SPEC_IMAGE;
	} else if (f->kind == SPEC_IMAGE) {
		if (!word(s, layouts, &f->layout))
			return false;
	} else if (!word(s, dtypes, &f->dtype)) {
		return false;
	}
	if (strcmp(f->dtype, "auto") == 0)
		f->dtype = "";
	if (take(s, "(") && !(f->kind == SPEC_IMAGE && read_scaling(s, f)))
		return fail(s);
	if (take(s, "[") && !read_dims(s, f))
		return false;
	return *s->p == '\0' || fail(s);
}

bool
spec_read(struct spec *f, struct arena *a, const char *text, uint32_t *column)
{
	struct scan s = { a, text, false };
	const char *end, *colon;

	*f = (struct spec){ .name = "", .dtype = "", .layout = "" };
	if (!is_named_image(text + strcspn(text, ":") + (strchr(text, ':') != NULL)) &&
	    take(&s, "image:"))
		f->kind = SPEC_IMAGE;
	else if (take(&s, "state:"))
		f->kind = SPEC_STATE;
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

/* Length of the first of a list: up to a comma outside of brackets. */
static size_t
first_length(const char *s)
{
	size_t n, depth = 0;

	for (n = 0; s[n] != '\0' && (s[n] != ',' || depth > 0); n++) {
		depth += strchr("[({", s[n]) != NULL;
		depth -= depth > 0 && strchr("])}", s[n]) != NULL;
	}
	return n;
}

struct spec *
spec_read_list(struct arena *a, const char **text, uint32_t *n, uint32_t *column)
{
	struct spec *list = NULL;
	size_t len;

	for (*n = 0; **text != '\0'; *text += len + ((*text)[len] == ',')) {
		len = first_length(*text);
		list = arena_grow(a, list, *n, sizeof *list);
		if (!spec_read(&list[*n], a, arena_strdup(a, *text, len), column))
			return NULL;
		++*n;
	}
	return list;
}

uint32_t
spec_shapes(const struct spec *f)
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

static void
put_range(struct sink *out, const struct spec_dim *d, bool python)
{
	if (python)
		sink_printf(out, "ct.RangeDim(%lld, %lld", (long long)d->lo, (long long)d->hi);
	else
		sink_printf(out, "{\"lo\":%lld,\"hi\":%lld", (long long)d->lo, (long long)d->hi);
	if (d->symbol != NULL) {
		sink_puts(out, python ? ", symbol=" : ",\"symbol\":");
		sink_jsonz(out, d->symbol);
	}
	sink_puts(out, python ? ")" : "}");
}

/* Shape number which of those listed, or the one with ranges. */
static void
put_shape(struct sink *out, const struct spec *f, uint32_t which, bool python)
{
	sink_puts(out, "[");
	for (uint32_t i = 0; i < f->rank; i++) {
		const struct spec_dim *d = &f->dims[i];

		sink_puts(out, i == 0 ? "" : python ? ", " : ",");
		if (d->choices != NULL)
			sink_i64(out, d->choices[which < d->nchoices ? which : 0]);
		else if (d->lo == d->hi)
			sink_i64(out, d->lo);
		else
			put_range(out, d, python);
	}
	sink_puts(out, "]");
}

static void
put_shapes(struct sink *out, const struct spec *f, bool python)
{
	uint32_t n = spec_shapes(f);

	sink_puts(out, "[");
	for (uint32_t i = 0; i < n && n != UINT32_MAX; i++) {
		sink_puts(out, i == 0 ? "" : python ? ", " : ",");
		put_shape(out, f, i, python);
	}
	sink_puts(out, "]");
}

static void
put_numbers(struct sink *out, const double *v, uint32_t n)
{
	sink_puts(out, "[");
	for (uint32_t i = 0; i < n; i++) {
		sink_puts(out, i > 0 ? "," : "");
		sink_double(out, v[i], false, true);
	}
	sink_puts(out, "]");
}

static void
json_member(struct sink *out, const char *key, const char *value)
{
	if (*value == '\0')
		return;
	sink_printf(out, ",\"%s\":", key);
	sink_jsonz(out, value);
}

void
spec_json(struct sink *out, const struct spec *f)
{
	static const char *const kinds[] = { "tensor", "image", "state" };

	sink_printf(out, "{\"kind\":\"%s\"", kinds[f->kind]);
	json_member(out, "name", f->name);
	json_member(out, "dtype", f->dtype);
	json_member(out, "layout", f->layout);
	if (spec_shapes(f) > 0) {
		sink_puts(out, ",\"shapes\":");
		put_shapes(out, f, false);
	} else if (f->has_shape) {
		sink_puts(out, ",\"shape\":");
		put_shape(out, f, 0, false);
	}
	if (f->nscale > 0) {
		sink_puts(out, ",\"scale\":");
		put_numbers(out, f->scale, f->nscale);
	}
	if (f->nbias > 0) {
		sink_puts(out, ",\"bias\":");
		put_numbers(out, f->bias, f->nbias);
	}
	sink_puts(out, "}");
}

static const char *
numpy_name(const char *dtype)
{
	static const char *const names[][2] = {
		{ "f16", "np.float16" }, { "f32", "np.float32" }, { "f64", "np.float64" },
		{ "i64", "np.int64" }, { "i32", "np.int32" }, { "i16", "np.int16" },
		{ "i8", "np.int8" }, { "u8", "np.uint8" }, { "bool", "bool" },
		{ "c64", "np.complex64" }
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i][0], dtype) == 0)
			return names[i][1];
	return "None";
}

/* The arguments that a type is made from, but a state's name. */
static void
put_arguments(struct sink *out, const struct spec *f)
{
	static const char *const colors[][2] = {
		{ "rgb", "RGB" }, { "bgr", "BGR" }, { "gray", "GRAYSCALE" },
		{ "gray16", "GRAYSCALE_FLOAT16" }
	};
	const char *comma = "";

	if (*f->name != '\0' && f->kind != SPEC_STATE) {
		sink_puts(out, "name=");
		sink_jsonz(out, f->name);
		comma = ", ";
	}
	if (f->has_shape) {
		sink_printf(out, "%sshape=", comma);
		sink_puts(out, spec_shapes(f) > 0 ? "ct.EnumeratedShapes(shapes=" : "");
		if (spec_shapes(f) > 0)
			put_shapes(out, f, true);
		else
			put_shape(out, f, 0, true);
		sink_puts(out, spec_shapes(f) > 0 ? ")" : "");
		comma = ", ";
	}
	if (*f->dtype != '\0')
		sink_printf(out, "%sdtype=%s", comma, numpy_name(f->dtype));
	for (size_t i = 0; i < 4 && *f->layout != '\0'; i++)
		if (strcmp(colors[i][0], f->layout) == 0)
			sink_printf(out, "%scolor_layout=ct.colorlayout.%s", comma, colors[i][1]);
	if (f->nscale == 1) {
		sink_puts(out, ", scale=");
		sink_double(out, f->scale[0], false, false);
	} else if (f->nscale > 0) {
		sink_puts(out, ", scale=");
		put_numbers(out, f->scale, f->nscale);
	}
	if (f->nbias > 0) {
		sink_puts(out, ", bias=");
		put_numbers(out, f->bias, f->nbias);
	}
}

void
spec_python(struct sink *out, const struct spec *f)
{
	if (f->kind == SPEC_STATE) {
		sink_puts(out, "ct.StateType(wrapped_type=ct.TensorType(");
		put_arguments(out, f);
		sink_puts(out, "), name=");
		sink_jsonz(out, f->name);
		sink_puts(out, ")");
		return;
	}
	sink_puts(out, f->kind == SPEC_IMAGE ? "ct.ImageType(" : "ct.TensorType(");
	put_arguments(out, f);
	sink_puts(out, ")");
}
