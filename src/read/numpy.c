/* SPDX-License-Identifier: Apache-2.0 */
/* NumPy's arrays, alone (.npy) or as members of an archive (.npz): a magic, the
 * length of a header, the header, which is a dictionary in Python's spelling with
 * element type, order and shape, then the elements. Source: numpy.lib.format. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/archive.h"
#include "read/archive_bytes.h"
#include "read/formats.h"
#include "read/lexer.h"
#include "read/nograph.h"
#include "read/torch/strided.h"

enum { HEAD = 12, HEADER_MAX = 65536 + HEAD, RANK_MAX = 64 };

struct reading {
	struct ctx *ctx;
	struct model *m;
	struct archive *z;        /* NULL: one array */
	struct arena scratch;
};

/* What a header says. */
struct header {
	enum dtype dtype;
	char type[16];            /* as it is written */
	bool big, columns;        /* byte order; first dim fastest */
	bool objects;             /* a pickle follows, no numbers */
	int64_t dims[RANK_MAX];
	uint32_t rank;
	bool shape;               /* one was there */
};

/* <f4: byte order, kind, bytes. */
static void
read_type(struct header *h, const char *s, size_t n)
{
	static const struct { const char *name; enum dtype dt; } names[] = {
		{ "f2", DT_F16 }, { "f4", DT_F32 }, { "f8", DT_F64 }, { "i1", DT_I8 },
		{ "i2", DT_I16 }, { "i4", DT_I32 }, { "i8", DT_I64 }, { "u1", DT_U8 },
		{ "u2", DT_U16 }, { "u4", DT_U32 }, { "u8", DT_U64 }, { "b1", DT_BOOL },
		{ "c8", DT_C64 }, { "c16", DT_C128 }
	};

	memcpy(h->type, s, n < sizeof h->type - 1 ? n : sizeof h->type - 1);
	h->big = n > 0 && *s == '>';
	h->objects = n > 1 && s[1] == 'O';
	for (size_t i = 0; i < sizeof names / sizeof *names && n > 1; i++)
		if (strlen(names[i].name) == n - 1 && memcmp(names[i].name, s + 1, n - 1) == 0)
			h->dtype = names[i].dt;
}

/* A dim, which ends in L when Python 2 wrote it. */
static bool
read_dim(const struct token *t, int64_t *dim)
{
	size_t n = t->n - (t->n > 1 && t->s[t->n - 1] == 'L');

	*dim = 0;
	for (size_t i = 0; i < n; i++)
		if (t->s[i] < '0' || t->s[i] > '9' || __builtin_mul_overflow(*dim, 10, dim) ||
		    __builtin_add_overflow(*dim, t->s[i] - '0', dim))
			return false;
	return n > 0;
}

static void
read_shape(struct header *h, struct lexer *x)
{
	h->shape = lexer_take(x, '(');
	while (h->shape && x->tok.kind == TOK_NUMBER && h->rank < RANK_MAX) {
		h->shape = read_dim(&x->tok, &h->dims[h->rank++]);
		lexer_next(x);
		lexer_take(x, ',');
	}
	h->shape &= lexer_take(x, ')');
}

/* Behind a value of another kind, such as the list of a record's fields. */
static void
skip_value(struct lexer *x)
{
	int depth = 0;

	while (x->tok.kind != TOK_END && (depth > 0 || !lexer_at_any(x, ",}"))) {
		depth += lexer_at_any(x, "([{");
		depth -= lexer_at_any(x, ")]}");
		lexer_next(x);
	}
}

static bool
is_key(const struct token *t, const char *key)
{
	return t->kind == TOK_STRING && t->n == strlen(key) && memcmp(t->s, key, t->n) == 0;
}

static bool
parse(struct header *h, const struct source *src, const char *s, size_t n)
{
	struct lexer x;
	struct token key;

	lexer_init(&x, &(struct text){ src, s, n }, LEXER_SINGLE);
	if (!lexer_take(&x, '{'))
		return false;
	while (x.tok.kind == TOK_STRING) {
		key = x.tok;
		lexer_next(&x);
		lexer_take(&x, ':');
		if (is_key(&key, "descr") && x.tok.kind == TOK_STRING)
			read_type(h, x.tok.s, x.tok.n);
		if (is_key(&key, "fortran_order"))
			h->columns = lexer_word(&x, "True");
		if (is_key(&key, "shape"))
			read_shape(h, &x);
		skip_value(&x);
		lexer_take(&x, ',');
	}
	return h->shape && lexer_at(&x, '}');
}

/* Where the elements begin, or 0. */
static uint64_t
read_header(struct reading *r, const struct source *src, const unsigned char *p, size_t n,
    struct header *h)
{
	uint64_t len, at = n > 6 && p[6] > 1 ? HEAD : HEAD - 2;

	if (n < HEAD || memcmp(p, "\x93NUMPY", 6) != 0 || p[6] == 0 || p[6] > 3)
		return 0;
	len = at == HEAD ? get32(p + 8) : get16(p + 8);
	if (len > n - at || !parse(h, src, arena_strdup(&r->scratch, (const char *)p + at, len),
	    len))
		return 0;
	return at + len;
}

/* Strides of either order; false: more elements than can be. */
static bool
set_strides(const struct header *h, int64_t *strides)
{
	int64_t step = 1;

	for (uint32_t k = 0; k < h->rank; k++) {
		uint32_t i = h->columns ? k : h->rank - 1 - k;

		strides[i] = step;
		if (h->dims[i] > 0 && __builtin_mul_overflow(step, h->dims[i], &step))
			return false;
	}
	return true;
}

static void
place(struct reading *r, struct tensor *t, const struct header *h, struct loc data)
{
	struct arena *a = &r->m->arena;
	int64_t *dims = arena_array(a, h->rank, sizeof *dims);
	int64_t *strides = arena_array(a, h->rank, sizeof *strides);
	const struct strided view = { .storage = data, .strides = strides, .big = h->big };

	if (h->rank > 0)
		memcpy(dims, h->dims, h->rank * sizeof *dims);
	tensor_set_dims(t, dims, h->rank);
	t->dtype = h->dtype;
	if (h->dtype != DT_NONE && set_strides(h, strides) && strided_place(t, a, &view))
		return;
	t->flags |= TENSOR_MISSING;
	if (h->dtype == DT_NONE)
		diag_add(r->ctx, DIAG_ARRAY_TYPE, &(struct where){ .loc = t->loc },
		    "%s: %s%s; its elements are not shown", t->name->len > 0 ? t->name->s :
		    "the array", h->objects ? "Python objects, as a pickle: " : "elements of a "
		    "type that is no number: ", *h->type != '\0' ? h->type : "a record");
	else
		diag_add(r->ctx, DIAG_DATA_OUTSIDE, &(struct where){ .loc = t->loc },
		    "%s: fewer bytes than its shape needs; its data is not shown",
		    t->name->len > 0 ? t->name->s : "the array");
}

/* An array whose first bytes are at p; at: its place in the file. */
static bool
add_array(struct reading *r, const struct source *src, const unsigned char *p, size_t n,
    const char *name, struct loc at)
{
	struct header h = { .dtype = DT_NONE };
	uint64_t data = read_header(r, src, p, n, &h);
	struct tensor *t;

	if (data == 0) {
		diag_add(r->ctx, DIAG_READ_FAILED, &(struct where){ .loc = at },
		    "%s: its header is damaged or of a later version; nothing of it is shown",
		    *name != '\0' ? name : "the array");
		r->m->partial = true;
		return false;
	}
	t = arena_alloc(&r->m->arena, sizeof *t);
	t->name = str_internz(&r->m->strs, name);
	t->enc = &TENSOR_NONE;
	t->loc = at;
	place(r, t, &h, (struct loc){ src, data, src->size - data });
	nograph_add(r->m, t->name, t);
	return true;
}

static void
read_file(void *arg)
{
	struct reading *r = arg;
	const struct source *src = r->m->source;
	unsigned char *p = arena_alloc(&r->scratch, HEADER_MAX);
	long n = source_read(src, 0, p, HEADER_MAX);

	nograph_begin(r->m, "array", "NumPy array");
	add_array(r, src, p, n < 0 ? 0 : (size_t)n, "array", (struct loc){ src, 0, src->size });
	nograph_end(r->ctx, r->m, "one array of numbers, as numpy.save() writes them", "");
}

static void
read_member(struct reading *r, struct archive_entry *e, unsigned char *p)
{
	const struct source *src = archive_lazy(r->z, e);
	size_t n;

	if (src == NULL)
		return;
	n = archive_peek(r->z, e, p, HEADER_MAX);
	add_array(r, src, p, n, arena_strdup(&r->scratch, e->name, e->len - strlen(".npy")),
	    (struct loc){ r->z->src, e->at, 0 });
}

static void
read_members(void *arg)
{
	struct reading *r = arg;
	unsigned char *p = arena_alloc(&r->scratch, HEADER_MAX);

	nograph_begin(r->m, "arrays", "zip archive");
	for (uint32_t i = 0; i < r->z->n; i++) {
		struct archive_entry *e = &r->z->entries[i];

		if (e->len > 4 && memcmp(e->name + e->len - 4, ".npy", 4) == 0 &&
		    !(e->flags & (ENTRY_SHADOWED | ENTRY_BAD | ENTRY_FOLDER)))
			read_member(r, e, p);
	}
	nograph_end(r->ctx, r->m, "arrays of numbers by name, as numpy.savez() writes them",
	    "convert the model that these weights belong to");
}

static void
read_under(struct ctx *ctx, struct model *m, struct archive *z, void (*fn)(void *))
{
	struct reading r = { .ctx = ctx, .m = m, .z = z };

	arena_init(&r.scratch, ctx);
	if (ctx_protect(ctx, fn, &r) != 0) {
		m->partial = true;
		model_drop_graphs(m);
	}
	arena_free(&r.scratch);
}

void
numpy_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	(void)opts;
	read_under(ctx, m, NULL, read_file);
}

void
numpy_archive_read(struct ctx *ctx, struct model *m, struct archive *z,
    const struct read_options *opts)
{
	(void)opts;
	read_under(ctx, m, z, read_members);
}
