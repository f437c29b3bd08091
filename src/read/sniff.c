/* SPDX-License-Identifier: Apache-2.0 */
/* Telling formats apart: facts/onnx-format.md section 1. Magic numbers first,
 * then text, then the shape of the outermost protobuf message. ONNX has no
 * magic, and a damaged model is still a model: what begins like one and is
 * nothing else is read as one. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/source.h"
#include "read/coreml/compiled.h"
#include "read/sniff.h"
#include "read/torch/torch_tar.h"
#include "read/wire.h"

struct head { const unsigned char *p; size_t n; };


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
	MAGIC(0, "\xff\xfe", "UTF-16 text", "convert it to UTF-8 with iconv"),
	MAGIC(0, "\x04\x22\x4d\x18", "LZ4-compressed data", "unpack it with unlz4"),
	MAGIC(0, "Rar!\x1a", "a RAR archive", "unpack it first"),
	MAGIC(0, "!<arch>\n", "a library (ar)", ""),
	MAGIC(0, "\x7f" "ELF", "a program or library (ELF)", ""),
	MAGIC(0, "\xcf\xfa\xed\xfe", "a program or library (Mach-O)", ""),
	MAGIC(0, "\xca\xfe\xba\xbe", "a program or library (Mach-O, several machines)", ""),
	MAGIC(0, "MZ", "a program or library (Windows)", ""),
	MAGIC(0, "SQLite format 3", "an SQLite database", ""),
	MAGIC(4, "TFL3", "a TensorFlow Lite model", ""),
	MAGIC(4, "ET12", "an ExecuTorch program", "export the module that it was made from"),
	MAGIC(0, "\x0a\x09ONNXOPSET", "an ONNX operator set, not a model", ""),
	/* version 2, and the sentinel of the first entry */
	MAGIC(64, "\xef\xbe\xad\xde", "weights of a Core ML package, without a graph", ""),
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
	return (struct sniff){ SNIFF_OTHER, id, what, advice, "" };
}

static struct sniff
is(enum sniffed kind)
{
	return (struct sniff){ .kind = kind, .what = "", .advice = "" };
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

/* HTML, also after an XML declaration or comments. */
static bool
is_page(struct head h)
{
	static const char *const tags[] = { "<!DOCTYPE", "<!doctype", "<html", "<HTML", "<head",
	    "<body" };

	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (starts(h, tags[i]) || (starts(h, "<") && i < 4 && holds(h, tags[i])))
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

/* "<ir_version: ...>" or "graph (...) => (...)", as far as damage leaves them. */
static bool
is_onnx_text(struct head h)
{
	return holds(h, "=>") ||
	    (starts(h, "<") && (holds(h, "ir_version") || holds(h, "opset_import")));
}

/* Members of a compiled network: of the whole, or of a layer. */
static bool
is_espresso(struct head h)
{
	return holds(h, "\"transform_params\"") || holds(h, "\"blob_weights\"") ||
	    (holds(h, "\"bottom\"") && holds(h, "\"top\""));
}

/* Its first line often says what went wrong: "Entry not found". */
static struct sniff
unknown_text(struct head h)
{
	struct sniff s = other(DIAG_OPEN_UNKNOWN, "text of an unknown kind", "");
	size_t n = 0;

	while (n < h.n && n < sizeof s.begins - 1 && h.p[n] != '\n' && h.p[n] != '\r')
		n++;
	memcpy(s.begins, h.p, n);
	return s;
}

static struct sniff
sniff_text(struct head all)
{
	struct head h = skip_space(all);

	if (starts(h, "version https://git-lfs"))
		return other(DIAG_OPEN_LFS,
		    "a Git LFS pointer: the model itself was not fetched", "");
	if (is_page(h))
		return other(DIAG_OPEN_HTML, "a web page", "");
	if (starts(h, "program(") || starts(h, "program ("))
		return is(SNIFF_MIL_TEXT);
	if (h.n > 0 && *h.p == '{') {
		if (is_espresso(h))
			return is(SNIFF_ESPRESSO);
		if (holds(h, "\"graph_module\""))
			return is(SNIFF_PT2_JSON);
		if (holds(h, "\"mainModule\""))
			return is(SNIFF_TS_JSON);
		if (holds(h, "irVersion") || holds(h, "ir_version") || holds(h, "\"graph\""))
			return is(SNIFF_PROTO_JSON);
		if (holds(h, "itemInfoEntries"))
			return other(DIAG_OPEN_OTHER, "the manifest of a Core ML package",
			    "name the folder it lies in");
		return other(DIAG_OPEN_OTHER, "JSON that is no ONNX model", "");
	}
	if (is_proto_text(h))
		return is(SNIFF_PROTO_TEXT);
	if (is_onnx_text(h))
		return is(SNIFF_ONNX_TEXT);
	if (starts(h, "<"))
		return other(DIAG_OPEN_OTHER, "an XML document", "");
	return unknown_text(h);
}

/* Fields of the outermost message, told by hops over their payloads. */
struct outline {
	uint64_t varint, bytes; /* bit per field number below 64 */
	bool coreml;            /* a message that is a model type of Core ML */
	bool odd;               /* a tag that cannot be */
	bool whole;             /* it ends where it should */
	uint64_t second;        /* where the payload of field 2 begins */
};

/* The numbers of Core ML's model types: facts/coreml-format.md section 8. */
static bool
is_coreml_kind(uint64_t number)
{
	return (number >= 200 && number <= 202) || (number >= 300 && number <= 304) ||
	    (number >= 400 && number <= 404) || (number >= 500 && number <= 502) ||
	    (number >= 555 && number <= 560) || (number >= 600 && number <= 610) ||
	    number == 900 || (number >= 2000 && number <= 2006) || number == 3000;
}

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
outline_of(const struct source *src, uint64_t pos, uint64_t end)
{
	struct outline o = { .whole = false };
	unsigned char buf[20];
	uint64_t tag, v;
	int used, more, depth = 0;
	long n;

	for (unsigned hops = 0; hops < 64 && pos < end; hops++) {
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
		o.coreml |= depth == 0 && (tag & 7) == WIRE_BYTES && is_coreml_kind(tag >> 3);
		if (depth == 0 && tag >> 3 == 2 && (tag & 7) == WIRE_BYTES)
			o.second = pos - v;
		if (depth == 0 && tag >> 3 < 64 && (tag & 7) == WIRE_BYTES)
			o.bytes |= UINT64_C(1) << (tag >> 3);
	}
	o.whole = pos == end && !o.odd;
	return o;
}

#define BIT(n) (UINT64_C(1) << (n))

/* Core ML without a model: version 1 and a description, which has outputs,
 * states and metadata where a meta graph has nothing. */
static bool
is_interface(const struct source *src, const struct outline *o)
{
	return o->whole && o->varint == BIT(1) && o->bytes == BIT(2) &&
	    (outline_of(src, o->second, src->size).bytes & (BIT(10) | BIT(13) | BIT(50)));
}

/* SavedModel: a version 1 and meta graphs in field 2; GraphDef: nodes in
 * field 1 and versions in field 4. */
static bool
is_tensorflow(const struct outline *o, struct head h)
{
	if (!o->whole)
		return false;
	if (o->varint == BIT(1) && o->bytes == BIT(2))
		return starts(h, "\x08\x01\x12");
	return o->varint == 0 && (o->bytes & BIT(1)) && !(o->bytes & ~(BIT(1) | BIT(2) | BIT(4)));
}

/* Are all bytes about equally frequent? For noise the sum of the squared
 * counts is n + n * n / 256; code, text and weights have far more. */
static bool
is_noise(struct head h)
{
	uint32_t count[256] = { 0 };
	uint64_t sum = 0;

	for (size_t i = 0; i < h.n; i++)
		count[h.p[i]]++;
	for (size_t i = 0; i < 256; i++)
		sum += (uint64_t)count[i] * count[i];
	return h.n >= 1024 && sum < h.n + (uint64_t)h.n * h.n / 240;
}

static struct sniff
sniff_binary(const struct source *src, struct head h)
{
	struct outline o = outline_of(src, 0, src->size);
	struct compiled_head compiled;
	/* ModelProto: numbers 1 and 5, everything else messages or strings */
	uint64_t numbers = BIT(1) | BIT(5);
	uint64_t texts = BIT(2) | BIT(3) | BIT(4) | BIT(6) | BIT(7) | BIT(8) | BIT(14) | BIT(20) |
	    BIT(25) | BIT(26);

	if (compiled_head_decode(&compiled, h.p, h.n))
		return is(SNIFF_COMPILED);
	if (o.bytes & BIT(7) && !(o.varint & ~numbers & texts))
		return is(SNIFF_ONNX);
	/* Core ML: specificationVersion = 1, description = 2, and a model type
	 * above 200; ONNX's field 2 is a printable producer name */
	if (o.coreml || is_interface(src, &o) ||
	    (!o.whole && (o.varint & BIT(1)) && (o.bytes & BIT(2)) &&
	    !(o.bytes & ~(BIT(2) | BIT(10))) && h.n > 4 && h.p[2] == 0x12 &&
	    !is_text((struct head){ h.p + 4, h.n < 8 ? h.n - 4 : 4 })))
		return is(SNIFF_COREML);
	if ((o.varint & BIT(2)) && !(o.varint & ~(BIT(1) | BIT(2) | BIT(14))) && !o.odd)
		return other(DIAG_ONNX_NOT_MODEL, "an ONNX tensor or other test data, not a model",
		    "name the model.onnx beside it");
	if (is_tensorflow(&o, h))
		return other(DIAG_OPEN_OTHER, "a TensorFlow graph or SavedModel",
		    "convert it with tf2onnx");
	if (memchr("\x08\x12\x1a\x22\x28\x32\x3a\x42", h.p[0], 8) != NULL)
		return is(SNIFF_ONNX);
	if (is_noise(h))
		return other(DIAG_OPEN_UNKNOWN, "data without any structure, as encryption and "
		    "compression leave it", "decrypt or unpack it first");
	return other(DIAG_OPEN_UNKNOWN, "data of an unknown kind", "");
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

/* torch.save of 2016: a tar archive with these members. */
static struct sniff
sniff_hdf5(struct head h)
{
	if (holds(h, "keras_version"))
		return other(DIAG_OPEN_OTHER, "a Keras model or its weights (HDF5)",
		    "keras.models.load_model() it, or build the model and load_weights(), then "
		    "coremltools.convert() that; tf2onnx makes an ONNX model of it");
	return other(DIAG_OPEN_OTHER, "an HDF5 file: arrays without a graph, unless Keras wrote it",
	    "load it with the program that wrote it, and export the model from there");
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
	if (torch_tar_is(src))
		return is(SNIFF_TORCH_TAR);
	if (starts(h, "\x89HDF\r\n"))
		return sniff_hdf5(h);
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (h.n >= magics[i].at + magics[i].n &&
		    memcmp(buf + magics[i].at, magics[i].bytes, magics[i].n) == 0)
			return other(DIAG_OPEN_OTHER, magics[i].what, magics[i].advice);
	if (starts(h, "\x93NUMPY"))
		return is(SNIFF_NUMPY);
	if (starts(h, "GGUF"))
		return is(SNIFF_GGUF);
	if (starts(h, "PK\x03\x04") || starts(h, "PK\x05\x06"))
		return is(SNIFF_ZIP);
	/* the number 0x1950a86a20f9469cfc6c as a pickle */
	if (starts(h, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."))
		return is(SNIFF_TORCH_LEGACY);
	if (h.n > 2 && buf[0] == 0x80 && buf[1] >= 2 && buf[1] <= 5)
		return is(SNIFF_PICKLE);
	if (h.n >= 8 && memcmp(buf + 4, "ORTM", 4) == 0)
		return is(SNIFF_ORT);
	if (h.n >= 8 && memcmp(buf + 4, "PTMF", 4) == 0)
		return is(SNIFF_MOBILE_FLAT);
	if (h.n > 10 && buf[8] == '{' && buf[9] == '"' && memchr(buf, 0, 8) != NULL)
		return is(SNIFF_SAFETENSORS);
	if (buf[0] == 0)
		return sniff_zeros(h);
	return is_text(h) ? sniff_text(h) : sniff_binary(src, h);
}
