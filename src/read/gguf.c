/* SPDX-License-Identifier: Apache-2.0 */
/* GGUF: facts by key, then names, shapes and places of tensors, then their bytes,
 * packed in blocks of 32 or 256 elements for the most part. All numbers are
 * little-endian. Source: ggml's docs/gguf.md; sizes of blocks: its ggml-common.h. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/archive_bytes.h"
#include "read/formats.h"
#include "read/nograph.h"

enum { RANK_MAX = 8, KEY_MAX = 65536, VALUE_SHOWN = 400, NAME_WINDOW = 1 << 17 };

/* Types of values. */
enum { V_U8, V_I8, V_U16, V_I16, V_U32, V_I32, V_F32, V_BOOL, V_STR, V_LIST, V_U64, V_I64, V_F64,
	V_COUNT };
static const unsigned char value_bytes[V_COUNT] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };

static long
no_read(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	(void)tr, (void)scratch, (void)buf, (void)n;
	return -1;
}

/* How elements are stored: so many in a block of so many bytes. */
static const struct form {
	struct tensor_enc enc;
	enum dtype dtype;          /* DT_NONE: blocks, which are not unpacked */
	uint16_t elements, bytes;
} forms[] = {
#define PLAIN(dt, size) { { "raw", no_read }, DT_##dt, 1, size }
#define BLOCK(name, n, size) { { name, no_read }, DT_NONE, n, size }
	[0] = PLAIN(F32, 4), [1] = PLAIN(F16, 2), [2] = BLOCK("q4_0", 32, 18),
	[3] = BLOCK("q4_1", 32, 20), [6] = BLOCK("q5_0", 32, 22), [7] = BLOCK("q5_1", 32, 24),
	[8] = BLOCK("q8_0", 32, 34), [9] = BLOCK("q8_1", 32, 36), [10] = BLOCK("q2_k", 256, 84),
	[11] = BLOCK("q3_k", 256, 110), [12] = BLOCK("q4_k", 256, 144),
	[13] = BLOCK("q5_k", 256, 176), [14] = BLOCK("q6_k", 256, 210),
	[15] = BLOCK("q8_k", 256, 292), [16] = BLOCK("iq2_xxs", 256, 66),
	[17] = BLOCK("iq2_xs", 256, 74), [18] = BLOCK("iq3_xxs", 256, 98),
	[19] = BLOCK("iq1_s", 256, 50), [20] = BLOCK("iq4_nl", 32, 18),
	[21] = BLOCK("iq3_s", 256, 110), [22] = BLOCK("iq2_s", 256, 82),
	[23] = BLOCK("iq4_xs", 256, 136), [24] = PLAIN(I8, 1), [25] = PLAIN(I16, 2),
	[26] = PLAIN(I32, 4), [27] = PLAIN(I64, 8), [28] = PLAIN(F64, 8),
	[29] = BLOCK("iq1_m", 256, 56), [30] = PLAIN(BF16, 2), [34] = BLOCK("tq1_0", 256, 54),
	[35] = BLOCK("tq2_0", 256, 66), [39] = BLOCK("mxfp4", 32, 17)
#undef PLAIN
#undef BLOCK
};

struct reading {
	struct ctx *ctx;
	struct model *m;
	struct arena scratch;
	struct window win;
	struct sink text;
	uint64_t at;               /* of the next byte */
	bool stopped;              /* the file ended, or makes no sense from here on */
	unsigned count_bytes;      /* of counts and lengths: 4 in version 1, else 8 */
	uint64_t alignment;
	struct tensor **tensors;   /* places counted from the start of the data */
	uint32_t ntensors;
};

/* The next n bytes, or NULL. */
static const unsigned char *
take(struct reading *r, size_t n)
{
	const unsigned char *p = r->stopped ? NULL : window_at(&r->win, r->at, n);

	if (p == NULL)
		r->stopped = true;
	else
		r->at += n;
	return p;
}

static uint64_t
number(struct reading *r, unsigned bytes)
{
	const unsigned char *p = take(r, bytes);
	uint64_t v = 0;

	for (unsigned i = p != NULL ? bytes : 0; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

/* The first bytes of a text, passed over whole. */
static const char *
text(struct reading *r, uint32_t max, uint32_t *n)
{
	uint64_t len = number(r, r->count_bytes);
	const unsigned char *p;

	*n = (uint32_t)(len < max ? len : max);
	if (r->stopped || len > r->m->source->size - r->at) {
		r->stopped = true;
		return NULL;
	}
	p = window_at(&r->win, r->at, *n);
	r->at += len;
	return (const char *)p;
}

static void
put_value(struct reading *r, uint64_t type)
{
	unsigned bytes = value_bytes[type], shift = 64 - 8 * bytes;
	uint64_t v = number(r, bytes);
	float f;
	double d;

	if (type == V_F32) {
		uint32_t bits = (uint32_t)v;

		memcpy(&f, &bits, sizeof f);
		sink_double(&r->text, (double)f, true, false);
	} else if (type == V_F64) {
		memcpy(&d, &v, sizeof d);
		sink_double(&r->text, d, false, false);
	} else if (type == V_BOOL) {
		sink_puts(&r->text, v != 0 ? "true" : "false");
	} else if (type == V_I8 || type == V_I16 || type == V_I32 || type == V_I64) {
		sink_i64(&r->text, (int64_t)(v << shift) >> shift);
	} else {
		sink_u64(&r->text, v);
	}
}

/* Lists may have a hundred thousand texts: how many, and the first. */
static void
put_list(struct reading *r)
{
	enum { SHOWN = 8 };
	uint64_t type = number(r, 4), n = number(r, r->count_bytes), i, bytes;
	uint32_t len;
	const char *s;

	if (type >= V_COUNT || type == V_LIST) {
		r->stopped = true;
		return;
	}
	sink_puts(&r->text, "[");
	for (i = 0; i < n && !r->stopped && (type == V_STR || i < SHOWN); i++) {
		sink_puts(&r->text, i > 0 && i < SHOWN ? ", " : "");
		if (type != V_STR)
			put_value(r, type);
		else if ((s = text(r, 24, &len)) != NULL && i < SHOWN)
			sink_write(&r->text, s, len);
	}
	if (n > SHOWN)
		sink_printf(&r->text, ", ... %" PRIu64 " in all", n);
	sink_puts(&r->text, "]");
	bytes = value_bytes[type];
	if (i < n && !r->stopped && (n - i) > (r->m->source->size - r->at) / bytes)
		r->stopped = true;
	else if (i < n && !r->stopped)
		r->at += (n - i) * bytes;
}

static void
read_fact(struct reading *r)
{
	const struct str *key, *value;
	uint64_t type;
	uint32_t n;
	const char *s = text(r, KEY_MAX, &n);

	if (s == NULL)
		return;
	key = str_intern(&r->m->strs, s, n);
	type = number(r, 4);
	r->text.n = 0;
	if (r->stopped || type >= V_COUNT) {
		r->stopped = true;
	} else if (type == V_LIST) {
		put_list(r);
	} else if (type == V_STR) {
		if ((s = text(r, VALUE_SHOWN, &n)) != NULL)
			sink_write(&r->text, s, n);
	} else {
		if (strcmp(key->s, "general.alignment") == 0) {
			r->alignment = number(r, value_bytes[type]);
			r->at -= r->stopped ? 0 : value_bytes[type];
		}
		put_value(r, type);
	}
	value = str_intern(&r->m->strs, r->text.buf != NULL ? r->text.buf : "",
	    (uint32_t)r->text.n);
	model_add_meta(r->m, key, value);
}

/* Dims stand with the fastest first. */
static void
read_tensor(struct reading *r)
{
	struct tensor *t = arena_alloc(&r->m->arena, sizeof *t);
	uint64_t at = r->at, rank, raw;
	uint32_t n;
	const char *s = text(r, KEY_MAX, &n);
	int64_t *dims;

	if (s == NULL)
		return;
	t->name = str_intern(&r->m->strs, s, n);
	rank = number(r, 4);
	if (rank > RANK_MAX) {
		r->stopped = true;
		return;
	}
	dims = arena_array(&r->m->arena, rank, sizeof *dims);
	for (uint64_t i = rank; i-- > 0;)
		dims[i] = (int64_t)number(r, r->count_bytes);
	raw = number(r, 4);
	t->dtype_raw = (int32_t)(raw < INT32_MAX ? raw : INT32_MAX);
	t->place.off = number(r, 8);
	if (r->stopped)
		return;
	t->enc = &TENSOR_NONE;
	t->loc = (struct loc){ r->m->source, at, r->at - at };
	tensor_set_dims(t, dims, (uint32_t)rank);
	r->tensors = arena_grow(&r->scratch, r->tensors, r->ntensors, sizeof *r->tensors);
	r->tensors[r->ntensors++] = t;
}

/* Rows are whole blocks. */
static bool
fits(struct reading *r, struct tensor *t, const struct form *f, uint64_t data)
{
	const struct source *src = r->m->source;
	uint64_t bytes;

	if (t->flags & TENSOR_BAD_DIMS || t->numel % f->elements != 0 ||
	    __builtin_mul_overflow(t->numel / f->elements, (uint64_t)f->bytes, &bytes) ||
	    data > src->size || t->place.off > src->size - data ||
	    bytes > src->size - data - t->place.off)
		return false;
	t->place = (struct loc){ src, data + t->place.off, bytes };
	t->stored = bytes;
	return true;
}

static void
place(struct reading *r, struct tensor *t, uint64_t data)
{
	const struct form *f = t->dtype_raw >= 0 && (size_t)t->dtype_raw < sizeof forms /
	    sizeof *forms && forms[t->dtype_raw].elements > 0 ? &forms[t->dtype_raw] : NULL;

	if (f != NULL && fits(r, t, f, data)) {
		t->dtype = f->dtype;
		t->enc = f->dtype != DT_NONE ? &TENSOR_RAW : &f->enc;
	} else {
		t->flags |= TENSOR_MISSING;
		t->place = (struct loc){ NULL, 0, 0 };
		if (f == NULL)
			diag_add(r->ctx, DIAG_TORCH_TENSOR, &(struct where){ .loc = t->loc },
			    "'%s' has elements of type %" PRId32 ", which is not known; its data "
			    "is not shown", t->name->s, t->dtype_raw);
		else
			diag_add(r->ctx, DIAG_DATA_OUTSIDE, &(struct where){ .loc = t->loc },
			    "'%s' does not lie in the file with as many bytes as its shape "
			    "needs; its data is not shown", t->name->s);
	}
	nograph_add(r->m, t->name, t);
}

static void
read_head(struct reading *r, uint64_t *tensors, uint64_t *facts)
{
	uint64_t version;

	r->at = 4;
	version = number(r, 4);
	r->m->format_version = (int64_t)version;
	r->count_bytes = version == 1 ? 4 : 8;
	*tensors = number(r, r->count_bytes);
	*facts = number(r, r->count_bytes);
	if (version == 0 || version > UINT16_MAX) {
		diag_add(r->ctx, DIAG_READ_FAILED, &(struct where){ .loc = { r->m->source, 4, 4 } },
		    "version %" PRIu64 " of GGUF cannot be; in a file of the other byte order it "
		    "is %u; nothing was read", version, __builtin_bswap32((uint32_t)version));
		r->stopped = true;
	}
}

static void
read_all(void *arg)
{
	struct reading *r = arg;
	uint64_t tensors, facts, data;

	nograph_begin(r->m, "weights", "GGUF");
	window_init(&r->win, r->m->source, &r->scratch, NAME_WINDOW);
	r->alignment = 32;
	read_head(r, &tensors, &facts);
	for (uint64_t i = 0; i < facts && !r->stopped; i++)
		read_fact(r);
	for (uint64_t i = 0; i < tensors && !r->stopped; i++)
		read_tensor(r);
	if (r->alignment == 0 || r->alignment > UINT32_MAX)
		r->alignment = 32;
	data = (r->at + r->alignment - 1) / r->alignment * r->alignment;
	if (r->stopped) {
		diag_add(r->ctx, DIAG_READ_FAILED, &(struct where){ .loc = { r->m->source, r->at,
		    0 } }, "the list of tensors ends here, or makes no sense; what comes before "
		    "is shown, without data");
		r->m->partial = true;
		data = UINT64_MAX;
	}
	for (uint32_t i = 0; i < r->ntensors; i++)
		place(r, r->tensors[i], data);
	nograph_end(r->ctx, r->m, "weights by name, in the GGUF form of llama.cpp",
	    "take the model that they were made from, as its module or its safetensors");
}

void
gguf_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	struct reading r = { .ctx = ctx, .m = m };

	(void)opts;
	arena_init(&r.scratch, ctx);
	sink_init(&r.text, -1);
	if (ctx_protect(ctx, read_all, &r) != 0) {
		m->partial = true;
		model_drop_graphs(m);
	}
	sink_fini(&r.text);
	arena_free(&r.scratch);
}
