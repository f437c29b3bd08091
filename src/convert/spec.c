/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/sink.h"
#include "convert/spec.h"
#include "ir/wanted.h"

/* What coremltools and numpy call a word of the notation. */
static const char *const names[][2] = {
	{ "f16", "float16" }, { "f32", "float32" }, { "f64", "float64" }, { "i64", "int64" },
	{ "i32", "int32" }, { "i16", "int16" }, { "i8", "int8" }, { "u8", "uint8" },
	{ "bool", "bool_" }, { "c64", "complex64" },
	{ "rgb", "RGB" }, { "bgr", "BGR" }, { "gray", "GRAYSCALE" },
	{ "gray16", "GRAYSCALE_FLOAT16" }
};

static const char *
name_of(const char *word)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i][0], word) == 0)
			return names[i][1];
	return word;
}

static void
put_range(struct sink *out, const struct wanted_dim *d, bool python)
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
put_shape(struct sink *out, const struct wanted *f, uint32_t which, bool python)
{
	sink_puts(out, "[");
	for (uint32_t i = 0; i < f->rank; i++) {
		const struct wanted_dim *d = &f->dims[i];

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
put_shapes(struct sink *out, const struct wanted *f, bool python)
{
	uint32_t n = wanted_shapes(f);

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
spec_json(struct sink *out, const struct wanted *f)
{
	static const char *const kinds[] = { "tensor", "image", "state" };

	sink_printf(out, "{\"kind\":\"%s\"", kinds[f->kind]);
	json_member(out, "name", f->name);
	json_member(out, "dtype", name_of(f->dtype));
	json_member(out, "layout", name_of(f->layout));
	if (wanted_shapes(f) > 0) {
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

/* The arguments that a type is made from, but a state's name. */
static void
put_arguments(struct sink *out, const struct wanted *f)
{
	const char *comma = "";

	if (*f->name != '\0' && f->kind != WANTED_STATE) {
		sink_puts(out, "name=");
		sink_jsonz(out, f->name);
		comma = ", ";
	}
	if (f->has_shape) {
		sink_printf(out, "%sshape=", comma);
		sink_puts(out, wanted_shapes(f) > 0 ? "ct.EnumeratedShapes(shapes=" : "");
		if (wanted_shapes(f) > 0)
			put_shapes(out, f, true);
		else
			put_shape(out, f, 0, true);
		sink_puts(out, wanted_shapes(f) > 0 ? ")" : "");
		comma = ", ";
	}
	if (*f->dtype != '\0')
		sink_printf(out, "%sdtype=np.%s", comma, name_of(f->dtype));
	if (*f->layout != '\0')
		sink_printf(out, "%scolor_layout=ct.colorlayout.%s", comma, name_of(f->layout));
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
spec_python(struct sink *out, const struct wanted *f)
{
	if (f->kind == WANTED_STATE) {
		sink_puts(out, "ct.StateType(wrapped_type=ct.TensorType(");
		put_arguments(out, f);
		sink_puts(out, "), name=");
		sink_jsonz(out, f->name);
		sink_puts(out, ")");
		return;
	}
	sink_puts(out, f->kind == WANTED_IMAGE ? "ct.ImageType(" : "ct.TensorType(");
	put_arguments(out, f);
	sink_puts(out, ")");
}
