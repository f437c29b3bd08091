/* SPDX-License-Identifier: Apache-2.0 */
/* Telling formats apart: one row per kind of file people name a model. */
#include "unit.h"

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "read/sniff.h"

static struct sniff
sniff(const void *p, size_t n)
{
	struct arena a;
	struct ctx ctx;
	struct sniff s;

	ctx_init(&ctx);
	arena_init(&a, &ctx);
	s = sniff_source(source_memory(&a, "bytes", p, n));
	arena_free(&a);
	ctx_fini(&ctx);
	return s;
}

#define BYTES(s) s, sizeof s - 1

static const struct row {
	const char *bytes;
	size_t n;
	enum diag_id id;
	const char *what; /* a part of what is said */
} others[] = {
	{ BYTES(""), DIAG_OPEN_EMPTY, "empty" },
	{ BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:0"), DIAG_OPEN_LFS, "LFS" },
	{ BYTES("\n  <!doctype html><title>x"), DIAG_OPEN_HTML, "web page" },
	{ BYTES("\xef\xbb\xbf<!DOCTYPE HTML>"), DIAG_OPEN_HTML, "web page" },
	{ BYTES("<?xml version='1.0'?>\n<html>"), DIAG_OPEN_HTML, "web page" },
	{ BYTES("<!-- saved -->\n<html>"), DIAG_OPEN_HTML, "web page" },
	{ BYTES("<?xml version='1.0'?>\n<net name='m'>"), DIAG_OPEN_OTHER, "XML" },
	{ BYTES("\x1f\x8b\x08\0"), DIAG_OPEN_OTHER, "gzip" },
	{ BYTES("\xfd" "7zXZ\0"), DIAG_OPEN_OTHER, "xz" },
	{ BYTES("\x28\xb5\x2f\xfd" "1"), DIAG_OPEN_OTHER, "zstd" },
	{ BYTES("BZh91AY"), DIAG_OPEN_OTHER, "bzip2" },
	{ BYTES("\x89PNG\r\n\x1a\n"), DIAG_OPEN_OTHER, "PNG" },
	{ BYTES("\xff\xd8\xff\xe0"), DIAG_OPEN_OTHER, "JPEG" },
	{ BYTES("%PDF-1.7"), DIAG_OPEN_OTHER, "PDF" },
	{ BYTES("\x89HDF\r\n\x1a\n"), DIAG_OPEN_OTHER, "HDF5" },
	{ BYTES("\x89HDF\r\n\x1a\n\0\0keras_version\0"), DIAG_OPEN_OTHER, "Keras" },
	{ BYTES("\x1c\0\0\0TFL3\0\0"), DIAG_OPEN_OTHER, "TensorFlow Lite" },
	{ BYTES("\x1c\0\0\0ET12\0\0"), DIAG_OPEN_OTHER, "ExecuTorch" },
	{ BYTES("\x7f" "ELF\x02"), DIAG_OPEN_OTHER, "ELF" },
	{ BYTES("MZ\x90\0"), DIAG_OPEN_OTHER, "Windows" },
	{ BYTES("\xff\xfei\0r\0"), DIAG_OPEN_OTHER, "UTF-16" },
	{ BYTES("{\"error\": \"not found\"}"), DIAG_OPEN_OTHER, "JSON" },
	{ BYTES("{\n\"itemInfoEntries\": {}}"), DIAG_OPEN_OTHER, "manifest" },
	{ BYTES("Entry not found\n"), DIAG_OPEN_UNKNOWN, "text" },
	{ BYTES("\0\0\0\0\0\0\0\0\0\0\0\0"), DIAG_OPEN_UNKNOWN, "zero bytes" },
	{ BYTES("\x0a\x09ONNXOPSET\x10\x07"), DIAG_OPEN_OTHER, "operator set" },
	/* TensorProto: dims 3, data_type 1, name, raw_data */
	{ BYTES("\x08\x03\x10\x01\x42\x01x\x4a\x04\0\0\0\0"), DIAG_ONNX_NOT_MODEL, "tensor" },
	/* SequenceProto: name, elem_type 1, one tensor */
	{ BYTES("\x0a\x01s\x10\x01\x1a\x04\x08\0\x10\x01"), DIAG_ONNX_NOT_MODEL, "tensor" },
	/* SavedModel: version 1, a meta graph */
	{ BYTES("\x08\x01\x12\x04\x0a\x02\x0a\0"), DIAG_OPEN_OTHER, "TensorFlow" },
	{ BYTES("\x0a\x03\x0a\x01x\x22\x02\x08\x01"), DIAG_OPEN_OTHER, "TensorFlow" },
	{ BYTES("\xf6\x01\x02\x03\xff\xff"), DIAG_OPEN_UNKNOWN, "data" },
};

static void
other_files_are_named(void **state)
{
	struct sniff s;

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		s = sniff(others[i].bytes, others[i].n);
		if (s.kind != SNIFF_OTHER || s.id != others[i].id ||
		    strstr(s.what, others[i].what) == NULL)
			fail_msg("row %zu (%s): kind %d, %s", i, others[i].what, s.kind, s.what);
	}
}

static const struct { const char *bytes; size_t n; enum sniffed kind; } models[] = {
	{ BYTES("\x08\x07\x3a\0"), SNIFF_ONNX },
	{ BYTES("\x3a\0"), SNIFF_ONNX },
	{ BYTES("\x08\x07\x12\x07pytorch\x1a\x03" "1.0\x3a\x10"), SNIFF_ONNX }, /* cut in the graph */
	{ BYTES("\x08\x07\x12\x07pytor"), SNIFF_ONNX },
	{ BYTES("\x08"), SNIFF_ONNX },
	{ BYTES("\x42\x04\x0a\0\x10\x07\x3a\0\x08\x07"), SNIFF_ONNX },       /* another order */
	{ BYTES("\x08\x07\x12\0\x1a\0\x3a\0"), SNIFF_ONNX },
	{ BYTES("ir_version: 8\n"), SNIFF_PROTO_TEXT },
	{ BYTES("# comment\n\n# two\ngraph {"), SNIFF_PROTO_TEXT },
	{ BYTES("producer_name:\"x\""), SNIFF_PROTO_TEXT },
	{ BYTES(" {\n \"irVersion\": \"8\""), SNIFF_PROTO_JSON },
	{ BYTES("\xef\xbb\xbf{\"graph\":{}}"), SNIFF_PROTO_JSON },
	{ BYTES("<ir_version: 8>"), SNIFF_ONNX_TEXT },
	{ BYTES("g (float[1] x) => (float[1] y) {}"), SNIFF_ONNX_TEXT },
	{ BYTES("\x18\0\0\0ORTM\0\0"), SNIFF_ORT },
	{ BYTES("PK\x03\x04\x14\0"), SNIFF_ZIP },
	{ BYTES("\x80\x02}q\0"), SNIFF_PICKLE },
	{ BYTES("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."), SNIFF_TORCH_LEGACY },
	{ BYTES("\x40\0\0\0\0\0\0\0{\"__metadata__\":{}}"), SNIFF_SAFETENSORS },
	{ BYTES("\x1c\0\0\0PTMF\0\0"), SNIFF_MOBILE_FLAT },
	{ BYTES("PK\x05\x06\0\0"), SNIFF_ZIP },
	{ BYTES("program(1.0)\n[buildInfo"), SNIFF_MIL_TEXT },
	{ BYTES("{ \"layers\": [ { \"top\": \"a\", \"bottom\": \"b\" } ] }"), SNIFF_ESPRESSO },
	/* Core ML: version 4, a description, a pipeline at 202 */
	{ BYTES("\x08\x04\x12\x04\x0a\x02\x0a\0\xd2\x0c\0"), SNIFF_COREML },
	/* version 1, a description with an input and an output, nothing else */
	{ BYTES("\x08\x01\x12\x06\x0a\x02\x0a\0\x52\0"), SNIFF_COREML },
};

static void
models_are_found(void **state)
{
	struct sniff s;

	(void)state;
	for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
		s = sniff(models[i].bytes, models[i].n);
		if (s.kind != models[i].kind)
			fail_msg("row %zu: kind %d, %s", i, s.kind, s.what);
	}
}

static void
noise_is_not_called_a_model(void **state)
{
	static unsigned char buf[8192];
	uint32_t x = 12345;

	(void)state;
	for (size_t i = 0; i < sizeof buf; i++) {
		x = x * 1664525 + 1013904223;
		buf[i] = (unsigned char)(x >> 24);
	}
	buf[0] = 0xee;
	assert_non_null(strstr(sniff(buf, sizeof buf).what, "encryption"));
	memset(buf + 1, 0x41, sizeof buf - 1);
	assert_null(strstr(sniff(buf, sizeof buf).what, "encryption"));
}

static void
old_tars_of_pytorch_are_named(void **state)
{
	static char buf[512] = "sys_info";

	(void)state;
	memcpy(buf + 257, "ustar", 5);
	assert_non_null(strstr(sniff(buf, sizeof buf).what, "tar archive"));
	memcpy(buf + 148, "003231", 6); /* its checksum */
	assert_int_equal(sniff(buf, sizeof buf).kind, SNIFF_TORCH_TAR);
	memcpy(buf, "notes", 6);
	assert_non_null(strstr(sniff(buf, sizeof buf).what, "tar archive"));
}

static void
unknown_text_is_quoted(void **state)
{
	(void)state;
	assert_string_equal(sniff(BYTES("Entry not found\nx")).begins, "Entry not found");
	assert_string_equal(sniff(BYTES("\x1f\x8b")).begins, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_files_are_named),
		cmocka_unit_test(models_are_found),
		cmocka_unit_test(noise_is_not_called_a_model),
		cmocka_unit_test(old_tars_of_pytorch_are_named),
		cmocka_unit_test(unknown_text_is_quoted),
	};

	return cmocka_run_group_tests_name("sniff", tests, NULL, NULL);
}
