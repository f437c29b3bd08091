/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/sink.h"
#include "ir/build.h"
#include "proto/coreml.pb-c.h"
#include "read/coreml/coreml_read.h"
#include "read/coreml/schema.h"
#include "read/json_in.h"

/* Members of a feature, in the order of names in read_feature. */
enum member { NAME, TYPE, DTYPE, SHAPE, RANGE, SHAPES, OPTIONAL, DOC, COLOUR, WIDTH, HEIGHT,
	KEY, MEMBERS };
struct member_text { const char *s; uint32_t n; };

static bool
is(const struct member_text *t, const char *word)
{
	return t->n == strlen(word) && memcmp(t->s, word, t->n) == 0;
}

/* "Float16" -> f16. */
static const char *
dtype_word(const struct member_text *t)
{
	static const char *const words[][2] = {
		{ "Float32", "f32" }, { "Float16", "f16" }, { "Double", "f64" },
		{ "Float64", "f64" }, { "Int32", "i32" }, { "Int8", "i8" }
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (is(t, words[i][0]))
			return words[i][1];
	return "?";
}

/* "[1, 3]" without its spaces; without the brackets around it when inner. */
static void
put_list(struct sink *out, const struct member_text *t, bool inner)
{
	for (uint32_t i = inner; i + inner < t->n; i++)
		if (t->s[i] != ' ')
			sink_write(out, t->s + i, 1);
}

/* "[[1, 1], [1, 32000]]" -> 1..1,1..32000; the second number -1: no limit. */
static void
put_ranges(struct sink *out, const struct member_text *t)
{
	unsigned depth = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		char c = t->s[i];

		depth += c == '[';
		depth -= c == ']' && depth > 0;
		if (c == '-' && i + 1 < t->n && t->s[i + 1] == '1')
			i++;
		else if (c == ',')
			sink_puts(out, depth > 1 ? ".." : ",");
		else if (c >= '0' && c <= '9')
			sink_write(out, &c, 1);
	}
}

/* "[[1, 3], [1, 5]]" -> [1,3]|[1,5]. */
static void
put_shapes(struct sink *out, const struct member_text *t)
{
	unsigned depth = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		char c = t->s[i];

		depth += c == '[';
		if (depth > 1 && c != ' ')
			sink_write(out, &c, 1);
		else if (depth == 1 && c == ',')
			sink_puts(out, "|");
		depth -= c == ']' && depth > 0;
	}
}

static void
put_array(struct sink *out, const struct member_text *of)
{
	sink_puts(out, dtype_word(&of[DTYPE]));
	if (of[SHAPE].n > 0)
		put_list(out, &of[SHAPE], false);
	else
		sink_puts(out, "*");
	if (of[RANGE].n > 4) {
		sink_puts(out, "{range ");
		put_ranges(out, &of[RANGE]);
		sink_puts(out, "}");
	} else if (of[SHAPES].n > 4) {
		sink_puts(out, "{enum ");
		put_shapes(out, &of[SHAPES]);
		sink_puts(out, "}");
	}
}

/* The type in the program's own notation. */
static void
put_type(struct sink *out, const struct member_text *of)
{
	if (is(&of[TYPE], "MultiArray")) {
		put_array(out, of);
	} else if (is(&of[TYPE], "State")) {
		sink_puts(out, "state(");
		put_array(out, of);
		sink_puts(out, ")");
	} else if (is(&of[TYPE], "Image")) {
		sink_puts(out, "image(");
		sink_write(out, of[COLOUR].s, of[COLOUR].n);
		sink_puts(out, ",");
		sink_write(out, of[WIDTH].s, of[WIDTH].n);
		sink_puts(out, "x");
		sink_write(out, of[HEIGHT].s, of[HEIGHT].n);
		sink_puts(out, ")");
	} else if (is(&of[TYPE], "Dictionary")) {
		sink_puts(out, is(&of[KEY], "String") ? "dict(string)" : "dict(int64)");
	} else {
		sink_puts(out, is(&of[TYPE], "Int64") ? "int64" : is(&of[TYPE], "Double") ?
		    "double" : is(&of[TYPE], "String") ? "string" : "?");
	}
}

static void
add(struct schema *s, const struct member_text *of, enum feature_role role, uint64_t at,
    uint64_t end)
{
	struct feature *x;
	struct sink out;

	s->list = arena_grow(s->scratch, s->list, s->n, sizeof *s->list);
	x = &s->list[s->n++];
	*x = (struct feature){ .role = role,
	    .name = str_intern(&s->m->strs, of[NAME].s, of[NAME].n),
	    .doc = str_intern(&s->m->strs, of[DOC].s, of[DOC].n),
	    .optional = is(&of[OPTIONAL], "1"),
	    .loc = { s->m->source, at, end - at } };
	sink_init(&out, -1);
	put_type(&out, of);
	x->type = coreml_type(s->m, &out);
}

static void
read_feature(struct schema *s, struct json_in *j, enum feature_role role)
{
	static const char *const names[] = { "name", "type", "dataType", "shape", "shapeRange",
	    "enumeratedShapes", "isOptional", "shortDescription", "colorspace", "width",
	    "height", "keyType", NULL };
	struct member_text of[MEMBERS];
	struct json_in_text text;
	uint64_t at = json_in_at(j);
	int i;

	for (i = 0; i < MEMBERS; i++)
		of[i] = (struct member_text){ "", 0 };
	if (!json_in_open(j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(j, names)) >= 0)
		if (json_in_string(j, &text))
			of[i] = (struct member_text){ arena_strdup(s->scratch, text.s, text.n),
			    text.n };
	if (of[NAME].n > 0)
		add(s, of, role, at, json_in_at(j));
}

void
schema_read(struct schema *s, struct json_in *j, enum feature_role role)
{
	if (json_in_open(j, JSON_IN_ARRAY))
		while (json_in_item(j))
			read_feature(s, j, role);
}

const char *
schema_kind(const char *text, uint32_t n)
{
	static const char start[] = "MLModelType_";
	const ProtobufCMessageDescriptor *d = &coreml__model__descriptor;
	const uint32_t skip = sizeof start - 1;

	for (unsigned i = 0; n > skip && memcmp(text, start, skip) == 0 && i < d->n_fields; i++)
		if (d->fields[i].id >= 200 && strlen(d->fields[i].name) == n - skip &&
		    memcmp(d->fields[i].name, text + skip, n - skip) == 0)
			return d->fields[i].name;
	return NULL;
}
