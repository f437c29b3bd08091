/* SPDX-License-Identifier: Apache-2.0 */
/* Telling formats apart: facts/onnx-format.md section 1. Magic numbers first,
 * then text, then the shape of the outermost protobuf message. ONNX has no
 * magic, and a damaged model is still a model: what begins like one and is
 * nothing else is read as one. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/source.h"
#include "read/sniff.h"
#include "read/wire.h"

struct head { const unsigned char *p; size_t n; };

#define PYTORCH "convert it from Python for now: PyTorch files are not read by this version"

static const struct magic {
	size_t at;
	const char *bytes;
	size_t n;
	const char *what, *advice;
} magics[] = {
#define MAGIC(at, bytes, what, advice) { at, bytes, sizeof bytes - 1, what, advice }
	MAGIC(0, "\x89PNG\r\n", "a PNG image", ""),
	MAGIC(0, "\xff\xd8\xff", "a JPEG image", ""),
	MAGIC(0, "GIF8", "a GIF image", ""),
	MAGIC(0, "%PDF-", "a PDF document", ""),
	MAGIC(0, "\x1f\x8b", "gzip-compressed data", "unpack it with gunzip"),
	MAGIC(0, "\xfd" "7zXZ", "xz-compressed data", "unpack it with unxz"),
	MAGIC(0, "BZh", "bzip2-compressed data", "unpack it with bunzip2"),
	MAGIC(0, "\x28\xb5\x2f\xfd", "zstd-compressed data", "unpack it with unzstd"),
	MAGIC(0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first"),
	MAGIC(257, "ustar", "a tar archive", "unpack it first"),
	MAGIC(0, "\x89HDF\r\n", "an HDF5 file (a Keras model?)", "convert it with tf2onnx"),
	MAGIC(0, "GGUF", "a GGUF file: weights without a graph", ""),
	MAGIC(0, "\x93NUMPY", "a NumPy array", ""),
	MAGIC(0, "\x7f" "ELF", "a program or library (ELF)", ""),
	MAGIC(0, "\xcf\xfa\xed\xfe", "a program or library (Mach-O)", ""),
	MAGIC(0, "MZ", "a program or library (Windows)", ""),
	MAGIC(0, "SQLite format 3", "an SQLite database", ""),
	MAGIC(4, "TFL3", "a TensorFlow Lite model", ""),
	MAGIC(4, "PTMF", "a PyTorch mobile FlatBuffer", PYTORCH),
	MAGIC(4, "ET12", "an ExecuTorch program", ""),
	MAGIC(0, "\x80\x02", "a Python pickle (protocol 2), as torch.save writes", PYTORCH),
	MAGIC(0, "\x80\x03", "a Python pickle (protocol 3)", PYTORCH),
	MAGIC(0, "\x80\x04", "a Python pickle (protocol 4)", PYTORCH),
	MAGIC(0, "\x80\x05", "a Python pickle (protocol 5)", PYTORCH),
	MAGIC(0, "\x0a\x09ONNXOPSET", "an ONNX operator set, not a model", ""),
#undef MAGIC
};

static bool
starts(struct head h, const char *s)
{
	size_t n = strlen(s);

	return h.n >= n && memcmp(h.p, s, n) == 0;
}

static bool
holds(struct head h, const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i + n <= h.n; i++)
		if (memcmp(h.p + i, s, n) == 0)
			return true;
	return false;
}

static struct sniff
other(enum diag_id id, const char *what, const char *advice)
{
	return (struct sniff){ SNIFF_OTHER, id, what, advice };
}

static struct sniff
is(enum sniffed kind)
{
	return (struct sniff){ .kind = kind, .what = "", .advice = "" };
}

/* What a zip is for, from the names in its first bytes. */
static struct sniff
sniff_zip(struct head h)
{
	if (holds(h, "Manifest.json") || holds(h, ".mlpackage/"))
		return other(DIAG_OPEN_OTHER, "a zipped Core ML package",
		    "Core ML is not read by this version");
	if (holds(h, "archive_format") || holds(h, "serialized_exported_program"))
		return other(DIAG_OPEN_OTHER, "a torch.export archive (.pt2)", PYTORCH);
	if (holds(h, "/code/") || holds(h, "constants.pkl"))
		return other(DIAG_OPEN_OTHER, "a TorchScript archive", PYTORCH);
	if (holds(h, "data.pkl"))
		return other(DIAG_OPEN_OTHER, "a PyTorch checkpoint", PYTORCH);
	return other(DIAG_OPEN_OTHER, "a zip archive", "unpack it and name the model in it");
}

static struct head
skip_space(struct head h)
{
	if (starts(h, "\xef\xbb\xbf"))
		h.p += 3, h.n -= 3;
	for (; h.n > 0 && strchr(" \t\r\n", *h.p) != NULL && *h.p != '\0'; h.p++)
		h.n--;
	return h;
}

/* Printable, apart from bytes above 127 and white space. */
static bool
is_text(struct head h)
{
	for (size_t i = 0; i < h.n; i++)
		if (h.p[i] < 9 || (h.p[i] > 13 && h.p[i] < 32) || h.p[i] == 127)
			return false;
	return h.n > 0;
}

static bool
is_markup(struct head h)
{
	static const char *const tags[] = { "<!DOCTYPE", "<!doctype", "<html", "<HTML", "<?xml",
	    "<head", "<body" };

	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (starts(h, tags[i]))
			return true;
	return false;
}

/* A word that a text ModelProto can begin with, and what may follow it. */
static bool
is_proto_text(struct head h)
{
	static const char *const words[] = { "ir_version", "producer_name", "producer_version",
	    "domain", "model_version", "doc_string", "graph", "opset_import", "metadata_props",
	    "training_info", "functions", "configuration" };
	size_t n;

	for (; h.n > 0 && *h.p == '#'; h = skip_space(h))
		for (; h.n > 0 && *h.p != '\n'; h.p++)
			h.n--;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		n = strlen(words[i]);
		if (starts(h, words[i]) && h.n > n && strchr(" \t:{<\r\n", h.p[n]) != NULL)
			return true;
	}
	return false;
}

static struct sniff
sniff_text(struct head all)
{
	struct head h = skip_space(all);

	if (starts(h, "version https://git-lfs"))
		return other(DIAG_OPEN_LFS,
		    "a Git LFS pointer: the model itself was not fetched", "");
	if (is_markup(h))
		return other(DIAG_OPEN_HTML, "a web page or XML", "");
	if (starts(h, "program(") || starts(h, "program ("))
		return other(DIAG_OPEN_OTHER, "Core ML program text (MIL)",
		    "Core ML is not read by this version");
	if (h.n > 0 && *h.p == '{') {
		if (holds(h, "irVersion") || holds(h, "ir_version") || holds(h, "\"graph\""))
			return is(SNIFF_PROTO_JSON);
		return other(DIAG_OPEN_OTHER, "JSON that is no ONNX model", "");
	}
	if (is_proto_text(h))
		return is(SNIFF_PROTO_TEXT);
	if (h.n > 0 && (*h.p == '<' || holds(h, "=>")))
		return is(SNIFF_ONNX_TEXT);
	return other(DIAG_OPEN_UNKNOWN, "text of a kind that is not known", "");
}

/* Fields of the outermost message, told by hops over their payloads. */
struct outline {
	uint64_t varint, bytes; /* bit per field number below 64 */
	bool odd;               /* a tag that cannot be */
};

/* Bytes of the value behind a tag: its own (returned, -1: not there) and those
 * of the payload that follows it (*v). */
static int
hop(const unsigned char *p, size_t n, enum wire_type type, uint64_t *v)
{
	int used = 0;

	*v = type == WIRE_FIXED32 ? 4 : type == WIRE_FIXED64 ? 8 : 0;
	if (type == WIRE_VARINT || type == WIRE_BYTES) {
		if ((used = wire_varint_get(p, n, v)) <= 0)
			return -1;
		if (type == WIRE_VARINT)
			*v = 0;
	}
	return used;
}

static struct outline
outline_of(const struct source *src)
{
	struct outline o = { 0, 0, false };
	unsigned char buf[20];
	uint64_t pos = 0, tag, v;
	int used, more, depth = 0;
	long n;

	for (unsigned hops = 0; hops < 64 && pos < src->size; hops++) {
		n = source_read(src, pos, buf, sizeof buf);
		used = n <= 0 ? 0 : wire_varint_get(buf, (size_t)n, &tag);
		if (used <= 0 || tag >> 3 == 0 || tag >> 32 != 0 || (tag & 7) > WIRE_FIXED32) {
			o.odd = hops == 0 || used > 0;
			break;
		}
		more = hop(buf + used, (size_t)(n - used), tag & 7, &v);
		if (more < 0 || __builtin_add_overflow(pos, v + (unsigned)(used + more), &pos))
			break;
		depth += ((tag & 7) == WIRE_START) - ((tag & 7) == WIRE_END);
		if (depth == 0 && tag >> 3 < 64 && (tag & 7) == WIRE_VARINT)
			o.varint |= UINT64_C(1) << (tag >> 3);
		if (depth == 0 && tag >> 3 < 64 && (tag & 7) == WIRE_BYTES)
			o.bytes |= UINT64_C(1) << (tag >> 3);
	}
	return o;
}

#define BIT(n) (UINT64_C(1) << (n))

static struct sniff
sniff_binary(const struct source *src, struct head h)
{
	struct outline o = outline_of(src);
	/* ModelProto: numbers 1 and 5, everything else messages or strings */
	uint64_t numbers = BIT(1) | BIT(5);
	uint64_t texts = BIT(2) | BIT(3) | BIT(4) | BIT(6) | BIT(7) | BIT(8) | BIT(14) | BIT(20) |
	    BIT(25) | BIT(26);

	if (o.bytes & BIT(7) && !(o.varint & ~numbers & texts))
		return is(SNIFF_ONNX);
	/* Core ML: specificationVersion = 1, description = 2, and a model type
	 * above 200; ONNX's field 2 is a printable producer name */
	if ((o.varint & BIT(1)) && (o.bytes & BIT(2)) && !(o.bytes & ~(BIT(2) | BIT(10))) &&
	    h.n > 4 && h.p[2] == 0x12 && !is_text((struct head){ h.p + 4, h.n < 8 ? h.n - 4 : 4 }))
		return other(DIAG_OPEN_OTHER, "a Core ML model (.mlmodel)",
		    "Core ML is not read by this version");
	if ((o.varint & BIT(2)) && !(o.varint & ~(BIT(1) | BIT(2) | BIT(14))) && !o.odd)
		return other(DIAG_ONNX_NOT_MODEL, "an ONNX tensor or other test data, not a model",
		    "name the model.onnx beside it");
	if (h.n > 0 && strchr("\x08\x12\x1a\x22\x28\x32\x3a\x42", h.p[0]) != NULL && h.p[0] != 0)
		return is(SNIFF_ONNX);
	return other(DIAG_OPEN_UNKNOWN, "data of a kind that is not known",
	    "if it is an encrypted or compressed model, unpack it first");
}

static struct sniff
sniff_zeros(struct head h)
{
	for (size_t i = 0; i < h.n; i++)
		if (h.p[i] != 0)
			return other(DIAG_OPEN_UNKNOWN, "data that begins with zero bytes",
			    "fetch or export it again");
	return other(DIAG_OPEN_UNKNOWN, "zero bytes, at least in its first 4 KiB",
	    "a download that was not finished: fetch it again");
}

struct sniff
sniff_source(const struct source *src)
{
	unsigned char buf[SNIFF_BYTES];
	long n = source_read(src, 0, buf, sizeof buf);
	struct head h = { buf, n < 0 ? 0 : (size_t)n };

	if (n < 0)
		return other(DIAG_READ_FAILED, "a file that cannot be read", "");
	if (n == 0)
		return other(DIAG_OPEN_EMPTY, "an empty file", "");
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (h.n >= magics[i].at + magics[i].n &&
		    memcmp(buf + magics[i].at, magics[i].bytes, magics[i].n) == 0)
			return other(DIAG_OPEN_OTHER, magics[i].what, magics[i].advice);
	if (starts(h, "PK\x03\x04") || starts(h, "PK\x05\x06"))
		return sniff_zip(h);
	if (h.n >= 8 && memcmp(buf + 4, "ORTM", 4) == 0)
		return is(SNIFF_ORT);
	if (h.n > 10 && buf[8] == '{' && buf[9] == '"' && memchr(buf, 0, 8) != NULL)
		return other(DIAG_OPEN_OTHER, "a safetensors file: weights without a graph", "");
	if (buf[0] == 0)
		return sniff_zeros(h);
	return is_text(h) ? sniff_text(h) : sniff_binary(src, h);
}
