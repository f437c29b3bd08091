/* SPDX-License-Identifier: Apache-2.0 */
/* Text spellings -> transcript. What a transcript holds is told by protobuf-c's
 * own unpacking of it, written as one line: name=value, messages in braces. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "proto/onnx.pb-c.h"
#include "read/text.h"
#include "read/wirebuf.h"

typedef int reader(struct ctx *, const struct text *, const ProtobufCMessageDescriptor *,
    struct wirebuf *);

#define MODEL &onnx__model_proto__descriptor
#define ATTR &onnx__attribute_proto__descriptor
#define TENSOR &onnx__tensor_proto__descriptor

static size_t
size_of(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_BOOL:
	case PROTOBUF_C_TYPE_ENUM:
		break;
	}
	return 4;
}

static void dump(struct sink *, const ProtobufCMessage *);

static void
dump_value(struct sink *out, const ProtobufCFieldDescriptor *f, const void *p)
{
	const ProtobufCBinaryData *bytes = p;
	const char *const *s = p;

	sink_printf(out, "%s%s", out->n > 0 && out->buf[out->n - 1] != '{' ? " " : "", f->name);
	if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
		sink_puts(out, "{");
		dump(out, *(const ProtobufCMessage *const *)p);
		sink_puts(out, "}");
		return;
	}
	sink_puts(out, "=");
	if (f->type == PROTOBUF_C_TYPE_STRING)
		sink_json(out, *s, strlen(*s));
	else if (f->type == PROTOBUF_C_TYPE_BYTES)
		sink_json(out, (const char *)bytes->data, bytes->len);
	else if (f->type == PROTOBUF_C_TYPE_FLOAT)
		sink_double(out, *(const float *)p, true, false);
	else if (f->type == PROTOBUF_C_TYPE_DOUBLE)
		sink_double(out, *(const double *)p, false, false);
	else if (f->type == PROTOBUF_C_TYPE_UINT64)
		sink_u64(out, *(const uint64_t *)p);
	else if (size_of(f->type) == 8)
		sink_i64(out, *(const int64_t *)p);
	else
		sink_i64(out, *(const int32_t *)p);
}

static bool
is_set(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	const char *base = (const char *)m;
	const void *const *p = (const void *const *)(const void *)(base + f->offset);

	if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return *(const uint32_t *)(const void *)(base + f->quantifier_offset) == f->id;
	if (f->type == PROTOBUF_C_TYPE_MESSAGE || f->type == PROTOBUF_C_TYPE_STRING)
		return *p != NULL && *p != f->default_value;
	return *(const protobuf_c_boolean *)(const void *)(base + f->quantifier_offset) != 0;
}

static void
dump(struct sink *out, const ProtobufCMessage *m)
{
	const ProtobufCFieldDescriptor *f = m->descriptor->fields;
	const char *base = (const char *)m, *list;
	size_t n, i;

	for (; f < m->descriptor->fields + m->descriptor->n_fields; f++) {
		if (f->label != PROTOBUF_C_LABEL_REPEATED) {
			if (is_set(m, f))
				dump_value(out, f, base + f->offset);
			continue;
		}
		n = *(const size_t *)(const void *)(base + f->quantifier_offset);
		list = *(const char *const *)(const void *)(base + f->offset);
		for (i = 0; i < n; i++)
			dump_value(out, f, list + i * size_of(f->type));
	}
	if (m->n_unknown_fields > 0)
		sink_puts(out, " UNKNOWN");
}

struct run {
	struct ctx ctx;
	struct wirebuf w;
	struct sink out;
	int status;
};

/* The text is copied to the end of its own block, so that reading past it is
 * seen by the sanitizers. */
static void
run_text(struct run *r, reader *read, const ProtobufCMessageDescriptor *root, const char *s,
    size_t n)
{
	static const struct source src = { .name = "test", .fd = -1, .dirfd = -1 };
	char *copy = malloc(n + 1);
	struct text text = { &src, copy + 1, n };
	ProtobufCMessage *m;

	memcpy(copy + 1, s, n);
	ctx_init(&r->ctx);
	wirebuf_init(&r->w, &r->ctx);
	r->status = read(&r->ctx, &text, root, &r->w);
	sink_init(&r->out, -1);
	m = protobuf_c_message_unpack(root, NULL, r->w.n, r->w.buf);
	assert_non_null(m);
	dump(&r->out, m);
	sink_write(&r->out, "", 1);
	protobuf_c_message_free_unpacked(m, NULL);
	free(copy);
}

static void
end_run(struct run *r)
{
	sink_fini(&r->out);
	wirebuf_free(&r->w);
	assert_int_equal(r->ctx.used, 0);
	ctx_fini(&r->ctx);
}

static void
expect(reader *read, const ProtobufCMessageDescriptor *root, const char *text, const char *want)
{
	struct run r;

	run_text(&r, read, root, text, strlen(text));
	if (r.status != 0)
		print_message("%s\n%s\n", text, r.ctx.diags.list[0].message);
	assert_string_equal(r.out.buf, want);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.ctx.diags.n, 0);
	end_run(&r);
}

/* One finding, and what is read all the same. */
struct bad {
	const ProtobufCMessageDescriptor *root;
	const char *text, *want;
	enum diag_id id;
	unsigned off, line;
	const char *path;
};

static void
expect_bad(reader *read, const struct bad *b)
{
	struct run r;
	const struct diag *d;

	run_text(&r, read, b->root, b->text, strlen(b->text));
	for (uint32_t i = 0; r.ctx.diags.n != 1 && i < r.ctx.diags.n; i++)
		print_message("# %s\n", r.ctx.diags.list[i].message);
	assert_int_equal(r.ctx.diags.n, 1);
	d = r.ctx.diags.list;
	assert_string_equal(diag_name(d->id), diag_name(b->id));
	assert_int_equal(r.status, diag_level(d->id) >= LEVEL_ERROR ? -1 : 0);
	assert_int_equal(d->off, b->off);
	assert_int_equal(d->line, b->line);
	assert_string_equal(d->path == NULL ? "" : d->path, b->path);
	assert_string_equal(d->file, "test");
	assert_string_equal(r.out.buf, b->want);
	end_run(&r);
}

/* No crash at any cut, and no read behind it. */
static void
expect_cuts(reader *read, const ProtobufCMessageDescriptor *root, const char *text)
{
	struct run r;

	for (size_t n = 0; n < strlen(text); n++) {
		run_text(&r, read, root, text, n);
		end_run(&r);
	}
}

struct good { const ProtobufCMessageDescriptor *root; const char *text, *want; };

static const struct good proto_good[] = {
	{ MODEL, "", "" },
	{ MODEL, "\xef\xbb\xbfir_version: 8 # eight\n", "ir_version=8" },
	{ MODEL, "ir_version:8,producer_name:'a';graph{name:\"g\"}",
	    "ir_version=8 producer_name=\"a\" graph{name=\"g\"}" },
	{ MODEL, "graph: < node: { input: 'x' input: \"\" } node < op_type: 'Relu' > >",
	    "graph{node{input=\"x\" input=\"\"} node{op_type=\"Relu\"}}" },
	{ MODEL, "graph { node: [ { input: ['a', 'b'] }, < > ] input: [] }",
	    "graph{node{input=\"a\" input=\"b\"} node{}}" },
	{ MODEL, "opset_import [{version: 1}, {domain: 'x' version: 2}]",
	    "opset_import{version=1} opset_import{domain=\"x\" version=2}" },
	{ ATTR, "type: FLOATS floats: [1, -2.5, 1e3, 0x10, 1.5f, .5, 017, - 4]",
	    "floats=1 floats=-2.5 floats=1000 floats=16 floats=1.5 floats=0.5 "
	    "floats=17 floats=-4 "
	    "type=6" },
	{ ATTR, "floats: inf floats: -inf floats: nan floats: Infinity type: 3",
	    "floats=inf floats=-inf floats=nan floats=inf type=3" },
	{ ATTR, "i: -9223372036854775808 ints: [0x7fffffffffffffff, 0777, -0x10]",
	    "i=-9223372036854775808 ints=9223372036854775807 ints=511 ints=-16" },
	{ ATTR, "s: 'a\\n\\t\\\\\\'\\\"\\0\\101\\x41\\xff\\u00e9\\U0001F600\\ud83d\\ude00'",
	    "s=\"a\\n\\t\\\\'\\\"\\u0000AA\\\\xff\xc3\xa9\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"" },
	{ ATTR, "s: 'one' \"two\" # not this\n 'thr\\x65e'", "s=\"onetwothree\"" },
	{ TENSOR, "dims: 2 dims: 3 dims: [4, 5] data_type: 1 float_data: 1 float_data: 2",
	    "dims=2 dims=3 dims=4 dims=5 data_type=1 float_data=1 float_data=2" },
	{ TENSOR, "data_location: EXTERNAL uint64_data: 18446744073709551615 double_data: 0.1",
	    "double_data=0.1 uint64_data=18446744073709551615 data_location=1" },
};

static const struct bad proto_bad[] = {
	{ MODEL, "ir_version: 8 graph { node { op_type: \"Relu\" bogus: 3 } }",
	    "ir_version=8 graph{node{op_type=\"Relu\"}}", DIAG_TEXT_FIELD, 45, 1,
	    "graph.node[0]" },
	{ MODEL, "bogus { a: [ { b: 'x' } ] > ir_version: 8", "ir_version=8", DIAG_TEXT_FIELD,
	    0, 1, "" },
	{ MODEL, "[a.b.Ext] { x: 1 }\nir_version: "
	    "8", "ir_version=8", DIAG_TEXT_FIELD, 0, 1, "" },
	{ MODEL, "graph {\n node { input: 'x' }\n node { attribute { ints: [1, 2.5, 3] } }\n}",
	    "graph{node{input=\"x\"} node{attribute{ints=1 ints=3}}}", DIAG_TEXT_VALUE, 59, 3,
	    "graph.node[1].attribute[0].ints[1]" },
	{ MODEL, "ir_version: 9223372036854775808", "", DIAG_TEXT_VALUE, 0, 1, "ir_version" },
	{ MODEL, "ir_version: 08", "", DIAG_TEXT_VALUE, 0, 1, "ir_version" },
	{ MODEL, "ir_version: 'eight'", "", DIAG_TEXT_VALUE, 0, 1, "ir_version" },
	{ MODEL, "producer_name: 7", "", DIAG_TEXT_VALUE, 0, 1, "producer_name" },
	{ ATTR, "type: FLOOTS", "", DIAG_TEXT_VALUE, 0, 1, "type" },
	{ MODEL, "graph: 3 ir_version: 1", "ir_version=1", DIAG_TEXT_SYNTAX, 7, 1, "graph" },
	{ MODEL, "ir_version 1", "ir_version=1", DIAG_TEXT_SYNTAX, 0, 1, "ir_version" },
	{ MODEL, "ir_version: 1 ir_version: 2", "ir_version=2", DIAG_TEXT_DUPLICATE, 14, 1,
	    "ir_version" },
	{ MODEL, "graph { name: 'a' } graph { doc_string: 'b' }",
	    "graph{name=\"a\" doc_string=\"b\"}", DIAG_TEXT_DUPLICATE, 20, 1, "graph" },
	{ MODEL, "graph { node { op_type: 'A'", "graph{node{op_type=\"A\"}}", DIAG_TEXT_SYNTAX,
	    27, 1, "graph.node[0]" },
	{ MODEL, "graph < name: 'a' } ir_version: 1", "ir_version=1 graph{name=\"a\"}",
	    DIAG_TEXT_SYNTAX, 18, 1, "graph" },
	{ MODEL, "ir_version: 1 } producer_name: 'x'", "ir_version=1 producer_name=\"x\"",
	    DIAG_TEXT_SYNTAX, 14, 1, "" },
	{ MODEL, "ir_version: 1 ! ! 7 producer_name: 'x'", "ir_version=1 producer_name=\"x\"",
	    DIAG_TEXT_SYNTAX, 14, 1, "" },
	{ MODEL, "producer_name: 'x\nir_version: 1", "ir_version=1 producer_name=\"x\"",
	    DIAG_TEXT_SYNTAX, 15, 1, "producer_name" },
	{ ATTR, "s: 'a\\qb'", "s=\"aqb\"", DIAG_TEXT_VALUE, 3, 1, "s" },
	{ ATTR, "s: '\\ud800x'", "s=\"\xef\xbf\xbdx\"", DIAG_TEXT_VALUE, 3, 1, "s" },
	{ ATTR, "s: '\\U41'", "s=\"U41\"", DIAG_TEXT_VALUE, 3, 1, "s" },
	{ ATTR, "ints: [1, ;, 2]", "ints=1 ints=2", DIAG_TEXT_SYNTAX, 10, 1, "ints[1]" },
	{ ATTR, "ints: [1, 2 } i: 3", "i=3 ints=1 ints=2", DIAG_TEXT_SYNTAX, 12, 1, "ints[2]" },
	{ ATTR, "i: }", "", DIAG_TEXT_SYNTAX, 3, 1, "i" },
	{ TENSOR, "double_data: -1e400", "double_data=-inf", DIAG_TEXT_VALUE, 0, 1,
	    "double_data[0]" },
};

static const struct good json_good[] = {
	{ MODEL, "{}", "" },
	{ MODEL, "\xef\xbb\xbf { \"irVersion\" : \"8\" }\n", "ir_version=8" },
	{ MODEL, "{\"ir_version\": 8, \"modelVersion\": 1.0, \"graph\": null}",
	    "ir_version=8 model_version=1" },
	{ MODEL, "{\"graph\": {\"node\": [{\"input\": [\"x\", \"\"], \"opType\": "
	    "\"Relu\"}, {}],"
	    "\"input\": []}}", "graph{node{input=\"x\" input=\"\" op_type=\"Relu\"} node{}}" },
	{ ATTR, "{\"type\": \"FLOATS\", \"floats\": [1, -2.5, 1e3, \"NaN\", "
	    "\"-Infinity\", \"7\"]}",
	    "floats=1 floats=-2.5 floats=1000 floats=nan floats=-inf floats=7 type=6" },
	{ ATTR, "{\"type\": 3, \"i\": \"-9223372036854775808\", \"refAttrName\": \"r\"}",
	    "i=-9223372036854775808 type=3 ref_attr_name=\"r\"" },
	{ ATTR, "{\"s\": \"SGVsbG8=\", \"strings\": [\"\", \"/+8=\", \"_-8\", \"YQ\"]}",
	    "s=\"Hello\" strings=\"\" strings=\"\\\\xff\\\\xef\" "
	    "strings=\"\\\\xff\\\\xef\" strings=\"a\"" },
	{ ATTR, "{\"name\": \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"}",
	    "name=\"\\\"\\\\/\\b\\f\\n\\r\\t\xc3\xa9\xf0\x9f\x98\x80\"" },
	{ TENSOR, "{\"dims\": [\"2\", 3], \"dataLocation\": \"EXTERNAL\", \"int64Data\": [-1],"
	    "\"uint64_data\": [\"18446744073709551615\"], \"rawData\": \"AAA=\"}",
	    "dims=2 dims=3 int64_data=-1 raw_data=\"\\u0000\\u0000\" "
	    "uint64_data=18446744073709551615 data_location=1" },
};

static const struct bad json_bad[] = {
	{ MODEL, "{\"irVersion\": \"8\", \"graph\": {\"node\": [", "ir_version=8 graph{}",
	    DIAG_TEXT_SYNTAX, 38, 1, "graph.node[0]" },
	{ MODEL, "{\"irVersion\": 8", "ir_version=8", DIAG_TEXT_SYNTAX, 15, 1, "" },
	{ MODEL, "[]", "", DIAG_TEXT_SYNTAX, 0, 1, "" },
	{ MODEL, "{} {}", "", DIAG_TEXT_SYNTAX, 3, 1, "" },
	{ MODEL, "{\"bogus\": {\"a\": [1, {}]},\n \"irVersion\": 8}", "ir_version=8",
	    DIAG_TEXT_FIELD, 1, 1, "" },
	{ MODEL, "{\"irVersion\": 8, \"ir_version\": "
	    "9}", "ir_version=9", DIAG_TEXT_DUPLICATE, 17,
	    1, "ir_version" },
	{ MODEL, "{\"irVersion\": 8,}", "ir_version=8", DIAG_TEXT_SYNTAX, 16, 1, "" },
	{ MODEL, "{\"irVersion\": 8 \"modelVersion\": 1}", "ir_version=8 model_version=1",
	    DIAG_TEXT_SYNTAX, 16, 1, "" },
	{ MODEL, "{\"irVersion\": 1.5}", "", DIAG_TEXT_VALUE, 1, 1, "ir_version" },
	{ MODEL, "{\"irVersion\": 1e19}", "", DIAG_TEXT_VALUE, 1, 1, "ir_version" },
	{ MODEL, "{\"irVersion\": \"0x10\"}", "", DIAG_TEXT_VALUE, 1, 1, "ir_version" },
	{ MODEL, "{\"irVersion\": "
	    "010}", "ir_version=10", DIAG_TEXT_SYNTAX, 14, 1, "ir_version" },
	{ MODEL, "{\"irVersion\": [1]}", "", DIAG_TEXT_SYNTAX, 14, 1, "ir_version" },
	{ MODEL, "{\"irVersion\": {}, \"domain\": "
	    "\"d\"}", "domain=\"d\"", DIAG_TEXT_SYNTAX, 14, 1,
	    "ir_version" },
	{ MODEL, "{\"opsetImport\": {}}", "", DIAG_TEXT_SYNTAX, 16, 1, "opset_import[0]" },
	{ MODEL, "{\"opsetImport\": [{}, 3, {\"version\": 1}]}",
	    "opset_import{} opset_import{version=1}", DIAG_TEXT_SYNTAX, 21, 1,
	    "opset_import[1]" },
	{ MODEL, "{irVersion: 8, \"domain\": "
	    "\"d\"}", "domain=\"d\"", DIAG_TEXT_SYNTAX, 1, 1, "" },
	{ MODEL, "{\"graph\": {\n \"node\": [{\"attribute\": [{}, {\"ints\": [null]}]}]}}",
	    "graph{node{attribute{} attribute{}}}", DIAG_TEXT_VALUE, 51, 2,
	    "graph.node[0].attribute[1].ints[0]" },
	{ ATTR, "{\"floats\": [1e39, 2]}", "floats=inf floats=2", DIAG_TEXT_VALUE, 12, 1,
	    "floats[0]" },
	{ ATTR, "{\"f\": NaN}", "f=nan", DIAG_TEXT_SYNTAX, 6, 1, "f" },
	{ ATTR, "{\"s\": \"a\"}", "", DIAG_TEXT_VALUE, 6, 1, "s" },
	{ ATTR, "{\"s\": \"A===\"}", "", DIAG_TEXT_VALUE, 6, 1, "s" },
	{ ATTR, "{\"name\": "
	    "\"\\ud800\"}", "name=\"\xef\xbf\xbd\"", DIAG_TEXT_VALUE, 9, 1, "name" },
	{ ATTR, "{\"name\": \"\\x\"}", "name=\"x\"", DIAG_TEXT_VALUE, 9, 1, "name" },
	{ ATTR, "{\"name\": \"abc\n}", "name=\"abc\"", DIAG_TEXT_SYNTAX, 9, 1, "name" },
	{ ATTR, "{\"ints\": [1, 2}", "ints=1 ints=2", DIAG_TEXT_SYNTAX, 14, 1, "ints[2]" },
};

/* The ONNX syntax has one root only. */
static int
onnx_text(struct ctx *ctx, const struct text *text, const ProtobufCMessageDescriptor *root,
    struct wirebuf *w)
{
	assert_ptr_equal(root, MODEL);
	return onnx_text_read(ctx, text, w);
}

static const struct good onnx_good[] = {
	{ MODEL, "<ir_version: 8, opset_import: [\"\" : 17, \"d\" : 1], domain: \"a\",\n"
	    "producer_name: \"p\", doc_string: \"two\nlines \\\"\\\\\", model_version: 3,"
	    "metadata_props: [\"k\": \"v\"]>\n# comment\ng () => () {}",
	    "ir_version=8 producer_name=\"p\" domain=\"a\" model_version=3 "
	    "doc_string=\"two\\nlines \\\"\\\\\" graph{name=\"g\"} "
	    "opset_import{domain=\"\" version=17} opset_import{domain=\"d\" version=1} "
	    "metadata_props{key=\"k\" value=\"v\"}" },
	{ MODEL, "\"a b\" (float[N,2,?,\"M + 1\"] x, y, int64 s, bool[] \"u/v\") => "
	    "(string z) {}",
	    "graph{name=\"a b\" input{name=\"x\" type{tensor_type{elem_type=1 shape{"
	    "dim{dim_param=\"N\"} dim{dim_value=2} dim{} dim{dim_param=\"M + 1\"}}}}} "
	    "input{name=\"y\"} input{name=\"s\" type{tensor_type{elem_type=7 shape{}}}} "
	    "input{name=\"u/v\" type{tensor_type{elem_type=9}}} "
	    "output{name=\"z\" type{tensor_type{elem_type=8 shape{}}}}}" },
	{ MODEL, "g (seq(map(string, optional(float[]))) a, sparse_tensor(int8[2]) b,"
	    "opaque(x.y,T) c, opaque(U) d, opaque() e) => () {}",
	    "graph{name=\"g\" input{name=\"a\" "
	    "type{sequence_type{elem_type{map_type{key_type=8 "
	    "value_type{optional_type{elem_type{tensor_type{elem_type=1}}}}}}}}} "
	    "input{name=\"b\" type{sparse_tensor_type{elem_type=3 shape{dim{dim_value=2}}}}} "
	    "input{name=\"c\" type{opaque_type{domain=\"x.y\" name=\"T\"}}} "
	    "input{name=\"d\" type{opaque_type{name=\"U\"}}} "
	    "input{name=\"e\" type{opaque_type{}}}}" },
	{ MODEL, "g (float[2] x = {1, -2.5}) => () <int4[3] w = {1, 2}, float[N] v, "
	    "double[1] d = [\"location\": \"f\", \"offset\": \"17\"], string[1] \"s\" "
	    "= {\"a\"},"
	    "uint64 u = {18446744073709551615}, complex64 c = ..., undefined[1] = ...> {}",
	    "graph{name=\"g\" initializer{dims=2 data_type=1 float_data=1 float_data=-2.5 "
	    "name=\"x\"} initializer{dims=3 data_type=22 int32_data=1 int32_data=2 name=\"w\"} "
	    "initializer{dims=1 data_type=11 name=\"d\" "
	    "external_data{key=\"location\" value=\"f\"} "
	    "external_data{key=\"offset\" value=\"17\"} data_location=1} "
	    "initializer{dims=1 data_type=8 string_data=\"a\" name=\"s\"} "
	    "initializer{data_type=13 name=\"u\" uint64_data=18446744073709551615} "
	    "initializer{data_type=14 name=\"c\"} initializer{dims=1 data_type=0} "
	    "input{name=\"x\" type{tensor_type{elem_type=1 shape{dim{dim_value=2}}}}} "
	    "value_info{name=\"v\" type{tensor_type{elem_type=1 "
	    "shape{dim{dim_param=\"N\"}}}}}}" },
	{ MODEL, "g () => () { [\"n 1\"] a, \"\", b = com.x.Op:v2 (c, , \"d\") = "
	    "Print(a,)\n Do () }",
	    "graph{node{input=\"c\" input=\"\" input=\"d\" output=\"a\" output=\"\" "
	    "output=\"b\" name=\"n 1\" op_type=\"Op\" domain=\"com.x\" overload=\"v2\"} "
	    "node{input=\"a\" op_type=\"Print\" domain=\"\"} node{op_type=\"Do\" "
	    "domain=\"\"} name=\"g\"}" },
	{ MODEL, "g () => () { a = pkg.torch.2.5.1.Op-x y<i: int = -3>(b) }",
	    "graph{node{input=\"b\" output=\"a\" op_type=\"Op-x y\" "
	    "attribute{name=\"i\" i=-3 type=2} domain=\"pkg.torch.2.5.1\"} name=\"g\"}" },
	{ MODEL, "g () => () { a = A <f = 1e1, s = \"x\\\"\", n: float = 2, m = -inf, "
	    "l = [1, 2], "
	    "r = [1, .5], e: ints = [], k: strings = [\"\"], q: floats = @ref> () }",
	    "graph{node{output=\"a\" op_type=\"A\" attribute{name=\"f\" f=10 type=1} "
	    "attribute{name=\"s\" s=\"x\\\"\" type=3} attribute{name=\"n\" f=2 type=1} "
	    "attribute{name=\"m\" f=-inf type=1} attribute{name=\"l\" ints=1 ints=2 type=7} "
	    "attribute{name=\"r\" floats=1 floats=0.5 type=6} attribute{name=\"e\" type=7} "
	    "attribute{name=\"k\" strings=\"\" type=8} "
	    "attribute{name=\"q\" type=6 ref_attr_name=\"ref\"} domain=\"\"} name=\"g\"}" },
	{ MODEL, "g () => () { a = A () <t = float[2] {1, 2}, u = int32 w {7}, v = bool[N], "
	    "ts: tensors = [float {1}, int8[0] {}], tps = [seq(float), int8[]]> }",
	    "graph{node{output=\"a\" op_type=\"A\" "
	    "attribute{name=\"t\" t{dims=2 data_type=1 float_data=1 float_data=2} type=4} "
	    "attribute{name=\"u\" t{data_type=6 int32_data=7 name=\"w\"} type=4} "
	    "attribute{name=\"v\" tp{tensor_type{elem_type=9 "
	    "shape{dim{dim_param=\"N\"}}}} type=13} "
	    "attribute{name=\"ts\" tensors{data_type=1 float_data=1} tensors{dims=0 "
	    "data_type=3} "
	    "type=9} attribute{name=\"tps\" type_protos{sequence_type{elem_type{tensor_type{"
	    "elem_type=1 shape{}}}}} type_protos{tensor_type{elem_type=3}} type=14} "
	    "domain=\"\"} name=\"g\"}" },
	{ MODEL, "g () => () { z = If (b) <then_branch = t () => (x) { x = A() }, "
	    "\"else\": graph = \"e-2\" () => () {}, gs = [p () => () {}, \"q\" () => () {}]> }",
	    "graph{node{input=\"b\" output=\"z\" op_type=\"If\" "
	    "attribute{name=\"then_branch\" g{node{output=\"x\" op_type=\"A\" domain=\"\"} "
	    "name=\"t\" output{name=\"x\"}} type=5} attribute{name=\"else\" "
	    "g{name=\"e-2\"} type=5} "
	    "attribute{name=\"gs\" graphs{name=\"p\"} graphs{name=\"q\"} type=10} "
	    "domain=\"\"} name=\"g\"}" },
	{ MODEL, "g () => () {} <domain: \"d\", overload: \"o\", opset_import: [\"\" : 1]> "
	    "f <a, b: float = 4.0, c: int> (x, float[N] y) => (z) <int8 t> { z = A <k "
	    "= @a> (x) } "
	    "h () => () {}",
	    "graph{name=\"g\"} functions{name=\"f\" input=\"x\" input=\"y\" output=\"z\" "
	    "attribute=\"a\" attribute=\"c\" node{input=\"x\" output=\"z\" op_type=\"A\" "
	    "attribute{name=\"k\" ref_attr_name=\"a\"} domain=\"\"} "
	    "opset_import{domain=\"\" version=1} domain=\"d\" "
	    "attribute_proto{name=\"b\" f=4 type=1} "
	    "value_info{name=\"y\" type{tensor_type{elem_type=1 shape{dim{dim_param=\"N\"}}}}} "
	    "value_info{name=\"t\" type{tensor_type{elem_type=3 shape{}}}} overload=\"o\"} "
	    "functions{name=\"h\"}" },
};

static const struct bad onnx_bad[] = {
	{ MODEL, "", "graph{}", DIAG_TEXT_SYNTAX, 0, 1, "graph" },
	{ MODEL, "<ir_version: 8, color: [\"a, >\"], model_version: 2> g () => () {}",
	    "ir_version=8 model_version=2 graph{name=\"g\"}", DIAG_TEXT_FIELD, 16, 1, "" },
	{ MODEL, "<ir_version 8, model_version: 2> g () => () {}", "graph{name=\"g\"}",
	    DIAG_TEXT_SYNTAX, 12, 1, "" },
	{ MODEL, "<ir_version: 99999999999999999999> g () => () {}", "graph{name=\"g\"}",
	    DIAG_TEXT_VALUE, 13, 1, "ir_version" },
	{ MODEL, "g () => () {\n a = A(x\n b = B(y) }", "graph{"
	    "node{input=\"x\" output=\"a\" op_type=\"A\" domain=\"\"} "
	    "node{input=\"y\" output=\"b\" op_type=\"B\" domain=\"\"} "
	    "name=\"g\"}", DIAG_TEXT_SYNTAX, 23, 3,
	    "graph.node[0]" },
	{ MODEL, "g () => () {\n a = A <k = [1, {2}]> (x)\n b = B(y) }", "graph{"
	    "node{output=\"a\" op_type=\"A\" attribute{name=\"k\" ints=1 type=7} domain=\"\"} "
	    "node{input=\"y\" output=\"b\" op_type=\"B\" domain=\"\"} "
	    "name=\"g\"}", DIAG_TEXT_SYNTAX, 29, 2,
	    "graph.node[0].attribute[0]" },
	{ MODEL, "g (float[2 x) => () { a = A() }", "graph{"
	    "node{output=\"a\" op_type=\"A\" domain=\"\"} name=\"g\" "
	    "input{type{tensor_type{elem_type=1 "
	    "shape{dim{dim_value=2}}}}}}", DIAG_TEXT_SYNTAX, 11, 1,
	    "graph.input[0].type.tensor_type.shape" },
	{ MODEL, "g () => () { a = A() ", "graph{"
	    "node{output=\"a\" op_type=\"A\" domain=\"\"} "
	    "name=\"g\"}", DIAG_TEXT_SYNTAX, 21, 1, "graph" },
	{ MODEL, "g () => () {} ! f () => () {}", "graph{name=\"g\"} functions{}",
	    DIAG_TEXT_SYNTAX, 14, 1, "functions[0]" },
	{ MODEL, "g () => () { a = A <k: ints = 2.5> () }", "graph{node{output=\"a\" "
	    "op_type=\"A\" attribute{name=\"k\" f=2.5 type=1} domain=\"\"} "
	    "name=\"g\"}", DIAG_TEXT_VALUE, 30,
	    1, "graph.node[0].attribute[0]" },
	{ MODEL, "g () => () { a = A <k = []> () }", "graph{node{output=\"a\" "
	    "op_type=\"A\" attribute{name=\"k\"} domain=\"\"} "
	    "name=\"g\"}", DIAG_TEXT_VALUE, 26, 1,
	    "graph.node[0].attribute[0]" },
	{ MODEL, "g () => () { a = A <k: sparse_tensor = > () }", "graph{"
	    "node{output=\"a\" op_type=\"A\" attribute{name=\"k\" type=11} "
	    "domain=\"\"} name=\"g\"}",
	    DIAG_TEXT_VALUE, 39, 1, "graph.node[0].attribute[0]" },
	{ MODEL, "g () => () <int8[2] w = {1, 99999999999}> {}", "graph{name=\"g\" "
	    "initializer{dims=2 data_type=3 int32_data=1 name=\"w\"}}", DIAG_TEXT_VALUE, 28, 1,
	    "graph.initializer[0].int32_data[1]" },
	{ MODEL, "g () => () <float[] w = {1}> {}", "graph{name=\"g\" "
	    "initializer{data_type=1 float_data=1 name=\"w\"}}", DIAG_TEXT_VALUE, 18, 1,
	    "graph.initializer[0].data_type" },
};

#define FOR(table) for (size_t i = 0; i < sizeof table / sizeof *table; i++)

static void
test_proto_text(void **state)
{
	(void)state;
	FOR (proto_good)
		expect(proto_text_read, proto_good[i].root, proto_good[i].text,
		    proto_good[i].want);
	FOR (proto_bad)
		expect_bad(proto_text_read, &proto_bad[i]);
}

static void
test_proto_json(void **state)
{
	(void)state;
	FOR (json_good)
		expect(proto_json_read, json_good[i].root, json_good[i].text, json_good[i].want);
	FOR (json_bad)
		expect_bad(proto_json_read, &json_bad[i]);
}

static void
test_onnx_text(void **state)
{
	(void)state;
	FOR (onnx_good)
		expect(onnx_text, onnx_good[i].root, onnx_good[i].text, onnx_good[i].want);
	FOR (onnx_bad)
		expect_bad(onnx_text, &onnx_bad[i]);
}

static void
test_cuts(void **state)
{
	(void)state;
	FOR (proto_good)
		expect_cuts(proto_text_read, proto_good[i].root, proto_good[i].text);
	FOR (proto_bad)
		expect_cuts(proto_text_read, proto_bad[i].root, proto_bad[i].text);
	FOR (json_good)
		expect_cuts(proto_json_read, json_good[i].root, json_good[i].text);
	FOR (json_bad)
		expect_cuts(proto_json_read, json_bad[i].root, json_bad[i].text);
	FOR (onnx_good)
		expect_cuts(onnx_text, onnx_good[i].root, onnx_good[i].text);
	FOR (onnx_bad)
		expect_cuts(onnx_text, onnx_bad[i].root, onnx_bad[i].text);
}

/* Nesting is bounded by limits.depth and by nothing else. */
static void
test_depth(void **state)
{
	enum { LEVELS = 400, DEEP = 100000 };
	static const char in[] = "graph{node{attribute{g{", again[] = "node{attribute{g{";
	struct sink deep;
	struct run r;

	(void)state;
	sink_init(&deep, -1);
	sink_puts(&deep, in);
	for (int i = 1; i < LEVELS; i++)
		sink_puts(&deep, again);
	run_text(&r, proto_text_read, MODEL, deep.buf, deep.n);
	assert_int_equal(r.status, -1);
	assert_int_equal(r.ctx.diags.list[0].id, DIAG_TEXT_DEPTH);
	assert_int_equal(r.ctx.diags.n, 2); /* and the text is cut short */
	end_run(&r);
	for (int i = 0; i < DEEP; i++)
		sink_puts(&deep, "bogus [{");
	run_text(&r, proto_text_read, MODEL, deep.buf + sizeof in - 1, deep.n - sizeof in + 1);
	end_run(&r);
	deep.n = 0;
	for (int i = 0; i < DEEP; i++)
		sink_puts(&deep, "{\"graph\":{\"node\":[{\"attribute\":[{\"bogus\":[[{");
	run_text(&r, proto_json_read, MODEL, deep.buf, deep.n);
	end_run(&r);
	deep.n = 0;
	for (int i = 0; i < DEEP; i++)
		sink_puts(&deep, "g () => () { a = A <k = ");
	run_text(&r, onnx_text, MODEL, deep.buf, deep.n);
	end_run(&r);
	deep.n = 0;
	sink_puts(&deep, "g (");
	for (int i = 0; i < DEEP; i++)
		sink_puts(&deep, "seq(");
	run_text(&r, onnx_text, MODEL, deep.buf, deep.n);
	end_run(&r);
	sink_fini(&deep);
}

/* Places in the transcript lead back to the text. */
static void
test_places(void **state)
{
	static const char s[] = "graph {\n  node { input: ['x',\n   'needle'] }\n}";
	static const struct source src = { .name = "test", .fd = -1, .dirfd = -1 };
	struct text text = { &src, s, sizeof s - 1 };
	struct source *bin;
	struct arena a;
	struct textpos at;
	struct wirebuf w;
	struct ctx ctx;
	uint64_t off;

	(void)state;
	ctx_init(&ctx);
	arena_init(&a, &ctx);
	wirebuf_init(&w, &ctx);
	assert_int_equal(proto_text_read(&ctx, &text, MODEL, &w), 0);
	bin = wirebuf_source(&w, &a, &src);
	wirebuf_free(&w);
	for (off = 0; off + 6 < bin->size && memcmp(bin->mem + off, "needle", 6) != 0; off++)
		continue;
	at = source_textpos(bin, off);
	assert_int_equal(at.line, 3);
	assert_int_equal(at.off, strstr(s, "'needle'") - s);
	assert_string_equal(bin->name, "test");
	source_close(bin);
	arena_free(&a);
	assert_int_equal(ctx.used, 0);
	ctx_fini(&ctx);
}

struct failing { struct run r; reader *read; const char *s; };

static void
read_failing(void *arg)
{
	static const struct source src = { .name = "test", .fd = -1, .dirfd = -1 };
	struct failing *f = arg;
	struct text text = { &src, f->s, strlen(f->s) };

	f->read(&f->r.ctx, &text, MODEL, &f->r.w);
}

/* Each allocation fails in turn: an error, never a crash or a leak. */
static void
test_memory(void **state)
{
	struct failing f[] = {
		{ .read = proto_text_read, .s = "graph{node{attribute{s:'a\\n'ints:[1,2]}}}" },
		{ .read = proto_json_read,
		    .s = "{\"graph\":{\"name\":\"a\\n\",\"node\":[{\"input\":[\"x\"]}]}}" },
		{ .read = onnx_text, .s = "\"a\\b\" () => () { a = A <t = float[1] "
	    "{1}> (x) }" },
	};
	uint64_t at;

	(void)state;
	FOR (f)
		for (at = 1;; at++) {
			ctx_init(&f[i].r.ctx);
			wirebuf_init(&f[i].r.w, &f[i].r.ctx);
			f[i].r.ctx.fail_at = at;
			ctx_protect(&f[i].r.ctx, read_failing, &f[i]);
			wirebuf_free(&f[i].r.w);
			assert_int_equal(f[i].r.ctx.used, 0);
			assert_int_equal(f[i].r.ctx.diags.n, f[i].r.ctx.allocs >= at);
			ctx_fini(&f[i].r.ctx);
			if (f[i].r.ctx.allocs < at)
				break;
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proto_text),
		cmocka_unit_test(test_proto_json),
		cmocka_unit_test(test_onnx_text),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
