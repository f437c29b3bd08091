/* SPDX-License-Identifier: Apache-2.0 */
/* Core ML packages in a folder of the test's own: what their manifests and
 * weight files may say, and what must not be believed. */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "ir/tensor.h"
#include "proto/coreml.pb-c.h"
#include "read/reader.h"
#include "read/text.h"
#include "read/wirebuf.h"

struct fixture {
	struct ctx ctx;
	struct model *m;
	char folder[40];
};

static const struct read_options options;
#define DATA "Data/com.apple.CoreML"
#define MODEL DATA "/m.mlmodel"
#define NET "model.espresso"

static const char *
inside(const struct fixture *t, const char *name)
{
	static char path[200];

	snprintf(path, sizeof path, "%s/%s", t->folder, name);
	return path;
}

static void
put_file(const struct fixture *t, const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(inside(t, name), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

static void
put_text(const struct fixture *t, const char *name, const char *text)
{
	put_file(t, name, text, strlen(text));
}

/* A specification, written as protobuf text. */
static void
put_model(struct fixture *t, const char *name, const char *spec)
{
	struct text text = { NULL, spec, strlen(spec) };
	struct wirebuf wire;
	struct arena a;

	arena_init(&a, &t->ctx);
	text.src = source_memory(&a, "spec", spec, text.n);
	wirebuf_init(&wire, &t->ctx);
	assert_int_equal(proto_text_read(&t->ctx, &text, &coreml__model__descriptor, &wire), 0);
	put_file(t, name, wire.buf, wire.n);
	wirebuf_free(&wire);
	arena_free(&a);
}

#define MANIFEST(root, items) "{ \"fileFormatVersion\": \"1.0.0\", " \
	"\"rootModelIdentifier\": \"" root "\", \"itemInfoEntries\": { " items " } }"
#define ITEM(id, path) "\"" id "\": { \"path\": \"" path "\" }"
static const char good[] = MANIFEST("AB", ITEM("ab", "com.apple.CoreML/m.mlmodel"));

static void
start(struct fixture *t, const char *spec, const char *manifest)
{
	memset(t, 0, sizeof *t);
	ctx_init(&t->ctx);
	strcpy(t->folder, "test_packageXXXXXX");
	assert_non_null(mkdtemp(t->folder));
	assert_int_equal(mkdir(inside(t, "Data"), 0700), 0);
	assert_int_equal(mkdir(inside(t, DATA), 0700), 0);
	if (spec != NULL)
		put_model(t, MODEL, spec);
	if (manifest != NULL)
		put_text(t, "Manifest.json", manifest);
}

static void
open_again(struct fixture *t)
{
	model_free(t->m);
	ctx_fini(&t->ctx);
	ctx_init(&t->ctx);
	t->m = model_read(&t->ctx, t->folder, &options);
}

static void
end(struct fixture *t)
{
	static const char *const names[] = { MODEL, DATA "/model.mlmodel", DATA "/w.bin", DATA,
	    "Data", "Manifest.json", "model.mil", "metadata.json", NET ".net", NET ".shape",
	    NET ".weights", "coremldata.bin", "model0/" NET ".net", "model0/coremldata.bin",
	    "model0", "model1/coremldata.bin", "model1", "" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		remove(inside(t, names[i]));
	assert_int_equal(access(t->folder, F_OK), -1);
	model_free(t->m);
	assert_int_equal(t->ctx.diags.count[LEVEL_BUG], 0);
	assert_int_equal(t->ctx.used, 0);
	ctx_fini(&t->ctx);
}

/* How many findings of a kind there are. */
static uint32_t
count(const struct fixture *t, enum diag_id id)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->ctx.diags.n; i++)
		n += t->ctx.diags.list[i].id == id;
	return n;
}

/* Manifests: what each gives, and whether the model is found all the same in
 * its usual place. */
static void
manifests_are_not_trusted(void **state)
{
	static const struct { const char *text; enum diag_id id; } t[] = {
		{ MANIFEST("ab", ITEM("ab", "../../../etc/passwd")), DIAG_PACKAGE_PATH },
		{ MANIFEST("ab", ITEM("ab", "/etc/passwd")), DIAG_PACKAGE_PATH },
		{ MANIFEST("ab", ITEM("ab", "a/../../b")), DIAG_PACKAGE_PATH },
		{ MANIFEST("ab", ITEM("ab", "..\\\\b")), DIAG_PACKAGE_PATH },
		{ MANIFEST("ab", ITEM("ab", "com.apple.CoreML/m.mlmodel\\u0000x")),
		    DIAG_PACKAGE_PATH },
		{ MANIFEST("ab", ITEM("ab", "com.apple.CoreML/none.mlmodel")),
		    DIAG_PACKAGE_MANIFEST },
		{ MANIFEST("ab", ITEM("ab", "com.apple.CoreML")), DIAG_PACKAGE_MANIFEST },
		{ MANIFEST("cd", ITEM("ab", "com.apple.CoreML/m.mlmodel")),
		    DIAG_PACKAGE_MANIFEST },
		{ MANIFEST("ab", "\"ab\": { \"name\": \"m.mlmodel\" }"), DIAG_PACKAGE_MANIFEST },
		{ MANIFEST("ab", "\"ab\": 7"), DIAG_TEXT_VALUE },
		{ "{ \"fileFormatVersion\": \"1.0.0\", \"itemInfoEntries\": {} }",
		    DIAG_PACKAGE_MANIFEST },
		{ "{ \"rootModelIdentifier\": [[[[", DIAG_TEXT_SYNTAX },
		{ "[]", DIAG_TEXT_VALUE },
		{ "", DIAG_TEXT_SYNTAX },
	};
	struct fixture f;

	(void)state;
	start(&f, NULL, NULL);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		put_text(&f, "Manifest.json", t[i].text);
		remove(inside(&f, DATA "/model.mlmodel"));
		put_model(&f, MODEL, "scaler {}");
		open_again(&f);
		if (f.m != NULL || count(&f, t[i].id) == 0)
			fail_msg("%s: %s", t[i].text, f.m != NULL ? "opened" :
			    f.ctx.diags.list[0].message);
		put_model(&f, DATA "/model.mlmodel", "identity {}");
		open_again(&f);
		assert_non_null(f.m);
		assert_string_equal(f.m->kind, "identity");
	}
	end(&f);
}

static void
manifests_may_be_odd(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "identity {}", good);
	open_again(&f);
	assert_non_null(f.m);
	assert_int_equal(f.ctx.diags.n, 0); /* the case of identifiers differs */
	put_text(&f, "Manifest.json", MANIFEST("ab", ITEM("ab", "com.apple.CoreML/m.mlmodel")
	    ", " ITEM("cd", "com.apple.CoreML/weights")));
	put_text(&f, DATA "/w.bin", "x");
	open_again(&f);
	assert_int_equal(count(&f, DIAG_PACKAGE_ITEM), 1);
	assert_int_equal(count(&f, DIAG_PACKAGE_EXTRA), 1);
	assert_int_equal(f.ctx.diags.count[LEVEL_ERROR], 0);
	remove(inside(&f, "Manifest.json"));
	rename(inside(&f, MODEL), "test_package.tmp");
	rename("test_package.tmp", inside(&f, DATA "/model.mlmodel"));
	open_again(&f);
	assert_string_equal(f.m->kind, "identity");
	assert_int_equal(count(&f, DIAG_PACKAGE_MANIFEST), 1);
	end(&f);
}

/* Symbolic links lead nowhere, to the model or to its folder, and a FIFO is no
 * model. */
static void
links_are_not_followed(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "identity {}", good);
	rename(inside(&f, MODEL), "test_package.tmp");
	assert_int_equal(symlink("../../../test_package.tmp", inside(&f, MODEL)), 0);
	open_again(&f);
	assert_null(f.m);
	assert_int_equal(count(&f, DIAG_PACKAGE_PATH), 1);
	remove(inside(&f, MODEL));
	assert_int_equal(mkfifo(inside(&f, MODEL), 0600), 0);
	open_again(&f);
	assert_null(f.m);
	remove(inside(&f, MODEL));
	rename("test_package.tmp", inside(&f, MODEL));
	rename(inside(&f, DATA), "test_package.tmp");
	assert_int_equal(symlink("../../test_package.tmp", inside(&f, DATA)), 0);
	open_again(&f);
	assert_null(f.m);
	remove(inside(&f, DATA));
	rename("test_package.tmp", inside(&f, DATA));
	end(&f);
}

#define F32(dims) "type { tensorType { dataType: FLOAT32 rank: 1 " \
	"dimensions { constant { size: " dims " } } } }"

/* A program whose only constant is a record of a weight file. */
static const char weighty[] =
    "mlProgram { functions { key: \"main\" value { opset: \"CoreML5\""
    " block_specializations { key: \"CoreML5\" value { operations { type: \"const\""
    " outputs { name: \"w\" " F32("2") " } attributes { key: \"val\" value { " F32("2")
    " blobFileValue { fileName: \"@model_path/%s\" offset: %s } } } } } } } } }";

static const unsigned char blob[136] = {
	1, 0, 0, 0, 2, [64] = 0xef, 0xbe, 0xad, 0xde, 2, [72] = 8, [80] = 128,
	[130] = 0x80, 0x3f, [134] = 0x00, 0x40
};

static void
start_weights(struct fixture *t, const char *file, const char *offset)
{
	char spec[600];

	snprintf(spec, sizeof spec, weighty, file, offset);
	start(t, spec, good);
	put_file(t, DATA "/w.bin", blob, sizeof blob);
	open_again(t);
}

static const struct tensor *
weight(const struct fixture *t)
{
	assert_non_null(t->m);
	return t->m->main->initializers[0]->constant;
}

static void
weights_are_places(void **state)
{
	unsigned char buf[8];
	struct fixture f;
	struct arena a;

	(void)state;
	start_weights(&f, "w.bin", "64");
	assert_int_equal(f.ctx.diags.n, count(&f, DIAG_PACKAGE_EXTRA));
	assert_int_equal(weight(&f)->place.off, 128);
	arena_init(&a, &f.ctx);
	assert_int_equal(tensor_first(weight(&f), &a, buf, 2), 2);
	arena_free(&a);
	assert_true(dtype_get(DT_F32, buf, 0) == 1 && dtype_get(DT_F32, buf, 1) == 2);
	end(&f);
}

/* One byte of the weight file, or its length, and what becomes of it. */
static void
weight_files_are_not_trusted(void **state)
{
	static const struct {
		unsigned at, value, size;
		enum diag_id id;
		int status;
	} t[] = {
		{ 64, 0, 136, DIAG_BLOB_RECORD, EXT_SHORT },   /* no sentinel */
		{ 0, 1, 135, DIAG_BLOB_RECORD, EXT_SHORT },    /* the payload leaves the file */
		{ 87, 0x80, 136, DIAG_BLOB_RECORD, EXT_SHORT }, /* at an offset above 2^63 */
		{ 79, 0xff, 136, DIAG_BLOB_RECORD, EXT_SHORT }, /* of a size above 2^63 */
		{ 80, 0, 136, DIAG_BLOB_RECORD, EXT_SHORT },   /* in the header */
		{ 72, 4, 136, DIAG_BLOB_RECORD, EXT_SHORT },   /* one element of two */
		{ 68, 1, 136, DIAG_BLOB_RECORD, EXT_OK },      /* float16, says the record */
		{ 68, 99, 136, DIAG_BLOB_RECORD, EXT_OK },     /* an unknown type */
		{ 4, 1, 136, DIAG_BLOB_HEADER, EXT_OK },       /* version 1 */
		{ 0, 1, 100, DIAG_BLOB_RECORD, EXT_SHORT },    /* half a record */
		{ 0, 1, 0, DIAG_BLOB_HEADER, EXT_SHORT },
	};
	unsigned char bad[sizeof blob];
	struct fixture f;

	(void)state;
	start_weights(&f, "w.bin", "64");
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		memcpy(bad, blob, sizeof bad);
		bad[t[i].at] = (unsigned char)t[i].value;
		put_file(&f, DATA "/w.bin", bad, t[i].size);
		open_again(&f);
		if (count(&f, t[i].id) == 0 || (int)weight(&f)->ext->status != t[i].status)
			fail_msg("case %zu: status %d", i, weight(&f)->ext->status);
		if (t[i].status == EXT_SHORT)
			assert_true(weight(&f)->flags & TENSOR_MISSING);
	}
	end(&f);
}

static void
records_are_where_they_are_said_to_be(void **state)
{
	static const char *const offsets[] = { "0", "65", "128", "18446744073709551615" };
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
		start_weights(&f, "w.bin", offsets[i]);
		assert_int_equal(count(&f, DIAG_BLOB_RECORD), 1);
		assert_null(weight(&f)->place.src);
		end(&f);
	}
}

static void
weights_stay_in_the_package(void **state)
{
	static const char *const files[] = { "../../../../../etc/passwd", "/etc/passwd", "", "." };
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		start_weights(&f, files[i], "64");
		assert_int_equal(weight(&f)->ext->status, EXT_REFUSED);
		assert_int_equal(count(&f, DIAG_BLOB_REFUSED), 1);
		end(&f);
	}
	start_weights(&f, "none.bin", "64");
	assert_int_equal(weight(&f)->ext->status, EXT_ABSENT);
	assert_int_equal(count(&f, DIAG_BLOB_MISSING), 1);
	end(&f);
	start_weights(&f, "w.bin", "64");
	put_text(&f, DATA "/w.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
	open_again(&f);
	assert_int_equal(weight(&f)->ext->status, EXT_ABSENT);
	assert_int_equal(count(&f, DIAG_BLOB_LFS), 1);
	assert_int_equal(f.ctx.diags.count[LEVEL_ERROR], 0);
	end(&f);
}

/* A specification in memory: bytes that promise more than there is. */
static void
read_bytes(struct fixture *t, const void *bytes, size_t n)
{
	memset(t, 0, sizeof *t);
	ctx_init(&t->ctx);
	t->m = model_read_memory(&t->ctx, "spec", bytes, n, &options);
}

static void
end_bytes(struct fixture *t)
{
	model_free(t->m);
	assert_int_equal(t->ctx.used, 0);
	ctx_fini(&t->ctx);
}

static void
lengths_are_not_trusted(void **state)
{
	/* version 4; description { input { name of 4 GB } }; neuralNetwork {} */
	static const unsigned char bytes[] = {
		0x08, 4, 0x12, 9, 0x0a, 7, 0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 'x', 0xa2, 0x1f, 0
	};
	/* a description of 2^63 - 1 bytes in a .mlmodel */
	static const unsigned char longer[] = {
		0x08, 4, 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x0a, 0,
		0xa2, 0x1f, 0
	};
	struct fixture f;

	(void)state;
	read_bytes(&f, bytes, sizeof bytes);
	assert_non_null(f.m);
	assert_string_equal(f.m->format, "coreml");
	assert_true(f.m->partial);
	assert_int_equal(count(&f, DIAG_WIRE_TRUNCATED), 1);
	assert_string_equal(f.m->kind, "neuralNetwork"); /* reading went on behind it */
	assert_true(f.ctx.used < 1 << 20);
	end_bytes(&f);
	read_bytes(&f, longer, sizeof longer);
	assert_true(count(&f, DIAG_WIRE_TRUNCATED) > 0);
	end_bytes(&f);
}

/* Put a length-delimited field around the bytes from *at on. */
static void
wrap(unsigned char *buf, size_t size, size_t *at, unsigned number)
{
	uint64_t parts[2] = { (uint64_t)number << 3 | 2, size - *at };
	unsigned char head[20];
	size_t n = 0;

	for (unsigned i = 0; i < 2; i++) {
		for (; parts[i] > 127; parts[i] >>= 7)
			head[n++] = (unsigned char)(parts[i] | 128);
		head[n++] = (unsigned char)parts[i];
	}
	assert_true(n <= *at);
	*at -= n;
	memcpy(buf + *at, head, n);
}

/* An input's type is a list of lists of lists, deeper than anybody goes. */
static void
types_do_not_end_the_stack(void **state)
{
	enum { DEEP = 20000 };
	/* NamedValueType.type, Function.inputs, value of the map's entry,
	 * Program.functions, Model.mlProgram */
	static const unsigned outer[] = { 2, 1, 2, 2, 502 };
	static unsigned char buf[DEEP * 12 + 100];
	size_t at = sizeof buf;
	struct fixture f;

	(void)state;
	for (unsigned i = 0; i < DEEP; i++) {
		wrap(buf, sizeof buf, &at, 1); /* ListType.type */
		wrap(buf, sizeof buf, &at, 2); /* ValueType.listType */
	}
	for (unsigned i = 0; i < sizeof outer / sizeof *outer; i++)
		wrap(buf, sizeof buf, &at, outer[i]);
	read_bytes(&f, buf + at, sizeof buf - at);
	assert_non_null(f.m);
	assert_string_equal(f.m->kind, "mlProgram");
	assert_int_equal(count(&f, DIAG_WIRE_DEPTH), 1);
	end_bytes(&f);
}

/* A compiled network: layers, shapes, and an index of blobs. */
static const char net[] = "{ \"layers\": [ { \"name\": \"c\", \"type\": \"convolution\", "
    "\"bottom\": \"x\", \"top\": \"y\", \"C\": 2, \"K\": 1, \"n_groups\": 1, \"Nx\": 1, "
    "\"Ny\": 1, \"blob_weights\": 3, \"blob_biases\": 1 } ] }";
static const char net_shapes[] = "{ \"layer_shapes\": { \"x\": { \"k\": 1, \"w\": 4, \"n\": 1, "
    "\"h\": 5 }, \"other\": 7, \"y\": { \"n\": 1, \"k\": 2, \"h\": 5, \"w\": 4 } } }";
static const unsigned char net_weights[] = {
	2, 0, 0, 0, 0, 0, 0, 0,
	1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, /* halves */
	3, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0,
	0, 0x3c, 0, 0x40, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40
};

static void
start_net(struct fixture *t)
{
	start(t, NULL, NULL);
	remove(inside(t, DATA));
	remove(inside(t, "Data"));
	put_text(t, NET ".net", net);
	put_text(t, NET ".shape", net_shapes);
	put_file(t, NET ".weights", net_weights, sizeof net_weights);
}

static void
compiled_networks_are_read(void **state)
{
	const struct tensor *w, *b;
	struct arena scratch;
	const struct node *n;
	float two[2];
	struct fixture f;

	(void)state;
	start_net(&f);
	open_again(&f);
	assert_non_null(f.m);
	assert_int_equal(f.ctx.diags.n, 0);
	assert_string_equal(f.m->kind, "neuralNetwork");
	assert_int_equal(f.m->main->ninputs, 1);
	assert_int_equal(f.m->main->noutputs, 1);
	assert_int_equal(f.m->main->outputs[0]->type->rank, 4);
	n = f.m->main->nodes[0];
	assert_string_equal(n->type->s, "convolution");
	w = node_attr(n, "blob_weights")->v.t;
	b = node_attr(n, "blob_biases")->v.t;
	assert_int_equal(w->dtype, DT_F32);
	assert_int_equal(b->dtype, DT_F16);
	assert_int_equal(b->place.off, 40);
	assert_int_equal(w->place.off, 44);
	arena_init(&scratch, &f.ctx);
	assert_int_equal(tensor_first(w, &scratch, two, 2), 2);
	arena_free(&scratch);
	assert_true(two[0] == 1.0f && two[1] == 2.0f);
	end(&f);
}

/* What damage of the index gives; the layers are shown in every case. */
static void
blob_indices_are_not_trusted(void **state)
{
	static const struct { size_t at; unsigned char to; enum diag_id id; } t[] = {
		{ 0, 200, DIAG_BLOB_RECORD },  /* more blobs than bytes */
		{ 7, 255, DIAG_BLOB_RECORD },
		{ 0, 0, DIAG_BLOB_RECORD },    /* none */
		{ 31, 255, DIAG_BLOB_RECORD }, /* a length that overflows */
		{ 32, 200, DIAG_BLOB_RECORD }, /* the second blob leaves the file */
		{ 24, 9, DIAG_BLOB_RECORD },   /* another id */
	};
	unsigned char bad[sizeof net_weights];
	struct fixture f;

	(void)state;
	start_net(&f);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		memcpy(bad, net_weights, sizeof bad);
		bad[t[i].at] = t[i].to;
		put_file(&f, NET ".weights", bad, sizeof bad);
		open_again(&f);
		assert_int_equal(f.m->main->nnodes, 1);
		assert_true(count(&f, t[i].id) > 0);
		assert_int_not_equal(node_attr(f.m->main->nodes[0], "blob_weights")->v.t->ext->
		    status, EXT_OK);
	}
	memcpy(bad, net_weights, sizeof bad);
	bad[8] = 3; /* of two blobs of one id the first is meant */
	put_file(&f, NET ".weights", bad, sizeof bad);
	open_again(&f);
	assert_int_equal(node_attr(f.m->main->nodes[0], "blob_weights")->v.t->place.off, 40);
	put_text(&f, NET ".net", "{ \"storage\": \"../w\", \"layers\": [ { \"type\": \"t\", "
	    "\"bottom\": \"x\", \"top\": \"y\", \"blob_a\": 0 } ] }");
	open_again(&f);
	assert_int_equal(count(&f, DIAG_BLOB_REFUSED), 1);
	remove(inside(&f, NET ".weights"));
	remove(inside(&f, NET ".shape"));
	put_text(&f, NET ".net", net);
	open_again(&f);
	assert_int_equal(count(&f, DIAG_BLOB_MISSING), 1);
	assert_int_equal(count(&f, DIAG_COMPILED_DATA), 1);
	end(&f);
}

/* coremldata.bin: an array "x" in, "y" out, of a model type. */
static void
put_compiled(struct fixture *t, const char *name, unsigned kind)
{
	static const unsigned char description[] = {
		10, 10, 10, 1, 'x', 26, 5, 42, 3, 10, 1, 4, 82, 10, 10, 1, 'y', 26, 5, 42, 3, 10, 1, 2
	};
	unsigned char buf[83 + sizeof description] = { (unsigned char)kind,
	    (unsigned char)(kind >> 8), [28] = 7, [36] = 'g', 'e', 'n', 'e', 'r', 'i', 'c',
	    [43] = 4, [75] = sizeof description };

	memcpy(buf + 83, description, sizeof description);
	put_file(t, name, buf, sizeof buf);
}

static void
compiled_pipelines_have_stages(void **state)
{
	struct fixture f;

	(void)state;
	start_net(&f);
	remove(inside(&f, NET ".net"));
	assert_int_equal(mkdir(inside(&f, "model0"), 0700), 0);
	assert_int_equal(mkdir(inside(&f, "model1"), 0700), 0);
	put_compiled(&f, "coremldata.bin", 202);
	put_compiled(&f, "model0/coremldata.bin", 500);
	put_text(&f, "model0/" NET ".net", net);
	put_compiled(&f, "model1/coremldata.bin", 400);
	open_again(&f);
	assert_non_null(f.m);
	assert_string_equal(f.m->kind, "pipeline");
	assert_int_equal(f.m->format_version, 4);
	assert_int_equal(f.m->nfeatures, 2);
	assert_int_equal(f.m->nstages, 2);
	assert_int_equal(f.m->main->nnodes, 2);
	assert_int_equal(f.m->stages[0]->main->nnodes, 1);
	assert_string_equal(f.m->stages[0]->kind, "neuralNetwork");
	assert_string_equal(f.m->stages[1]->kind, "glmClassifier");
	/* the second says that it holds nothing that is known */
	assert_int_equal(f.ctx.diags.count[LEVEL_ERROR], 0);
	put_text(&f, "model1/coremldata.bin", "?");
	open_again(&f);
	assert_non_null(f.m);
	assert_int_equal(f.m->nstages, 2);
	assert_null(f.m->stages[1]->main);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manifests_are_not_trusted),
		cmocka_unit_test(manifests_may_be_odd),
		cmocka_unit_test(links_are_not_followed),
		cmocka_unit_test(weights_are_places),
		cmocka_unit_test(weight_files_are_not_trusted),
		cmocka_unit_test(records_are_where_they_are_said_to_be),
		cmocka_unit_test(weights_stay_in_the_package),
		cmocka_unit_test(lengths_are_not_trusted),
		cmocka_unit_test(types_do_not_end_the_stack),
		cmocka_unit_test(compiled_networks_are_read),
		cmocka_unit_test(blob_indices_are_not_trusted),
		cmocka_unit_test(compiled_pipelines_have_stages),
	};

	return cmocka_run_group_tests_name("package", tests, NULL, NULL);
}
