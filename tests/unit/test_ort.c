/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX Runtime's FlatBuffers. The file is built here, by hand: a table's
 * vtable stands before it, what it refers to behind. The damage tests take the
 * same bytes from tests/seeds/small.ort. */
#include "unit.h"

#include <stdlib.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "ir/build.h"
#include "ir/tensor.h"
#include "read/reader.h"

/* ---------------------------------------------------------------- builder */

struct buf { unsigned char p[1 << 16]; uint32_t n; };
enum { CELL = 8, HEAD = 4 }; /* every field gets 8 bytes */

static void
put(struct buf *b, uint32_t at, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		b->p[at + i] = (unsigned char)(v >> 8 * i);
}

/* Room for n bytes. */
static uint32_t
take(struct buf *b, uint32_t n)
{
	uint32_t at = (b->n + 3) / 4 * 4;

	assert_true(at + n <= sizeof b->p);
	b->n = at + n;
	return at;
}

static uint32_t
table(struct buf *b, uint32_t slots)
{
	uint32_t vtable = take(b, 4 + 2 * slots), at = take(b, HEAD + CELL * slots);

	put(b, vtable, 4 + 2 * slots, 2);
	put(b, vtable + 2, HEAD + CELL * slots, 2);
	put(b, at, at - vtable, 4);
	return at;
}

static uint32_t
slot(struct buf *b, uint32_t t, uint32_t i)
{
	uint32_t vtable = t - (uint32_t)(b->p[t] | b->p[t + 1] << 8);

	put(b, vtable + 4 + 2 * i, HEAD + CELL * i, 2);
	return t + HEAD + CELL * i;
}

static void
set(struct buf *b, uint32_t t, uint32_t i, uint64_t v)
{
	put(b, slot(b, t, i), v, CELL);
}

static void
ref(struct buf *b, uint32_t at, uint32_t to)
{
	put(b, at, to - at, 4);
}

static uint32_t
child(struct buf *b, uint32_t t, uint32_t i, uint32_t slots)
{
	uint32_t c = table(b, slots);

	ref(b, slot(b, t, i), c);
	return c;
}

static uint32_t
bytes(struct buf *b, const void *p, uint32_t n, uint32_t count)
{
	uint32_t at = take(b, 4 + n + 1);

	put(b, at, count, 4);
	memcpy(b->p + at + 4, p, n);
	return at;
}

static void
text(struct buf *b, uint32_t t, uint32_t i, const char *s)
{
	ref(b, slot(b, t, i), bytes(b, s, (uint32_t)strlen(s), (uint32_t)strlen(s)));
}

static void
numbers(struct buf *b, uint32_t t, uint32_t i, const void *p, uint32_t size, uint32_t n)
{
	ref(b, slot(b, t, i), bytes(b, p, size * n, n));
}

/* A vector of n offsets; fill with ref(vector + 4 + 4 * i). */
static uint32_t
refs(struct buf *b, uint32_t t, uint32_t i, uint32_t n)
{
	uint32_t at = take(b, 4 + 4 * n);

	put(b, at, n, 4);
	ref(b, slot(b, t, i), at);
	return at + 4;
}

static void
texts(struct buf *b, uint32_t t, uint32_t i, const char *const *list, uint32_t n)
{
	uint32_t v = refs(b, t, i, n);

	for (uint32_t k = 0; k < n; k++)
		ref(b, v + 4 * k, bytes(b, list[k], (uint32_t)strlen(list[k]),
		    (uint32_t)strlen(list[k])));
}

static uint32_t
item(struct buf *b, uint32_t v, uint32_t i, uint32_t slots)
{
	uint32_t t = table(b, slots);

	ref(b, v + 4 * i, t);
	return t;
}

/* A file with a model table of the usual slots; returns it. */
static uint32_t
begin(struct buf *b)
{
	uint32_t session;

	memset(b, 0, sizeof *b);
	take(b, 8);
	memcpy(b->p + 4, "ORTM", 4);
	session = table(b, 2);
	ref(b, 0, session);
	text(b, session, 0, "6");
	return child(b, session, 1, 10);
}

/* [N,2,?] */
static void
tensor_type(struct buf *b, uint32_t info, uint64_t dtype)
{
	uint32_t type, dims, value;

	set(b, info, 1, 1);
	type = child(b, info, 2, 2);
	set(b, type, 0, dtype);
	dims = refs(b, child(b, type, 1, 1), 0, 3);
	value = child(b, item(b, dims, 0, 2), 0, 3);
	set(b, value, 0, 2);
	text(b, value, 2, "N");
	value = child(b, item(b, dims, 1, 2), 0, 3);
	set(b, value, 0, 1);
	set(b, value, 1, 2);
	item(b, dims, 2, 2);
}

static uint32_t
tensor(struct buf *b, uint32_t t, const char *name, uint64_t dtype, int64_t dim)
{
	text(b, t, 0, name);
	numbers(b, t, 2, &dim, 8, 1);
	set(b, t, 3, dtype);
	return t;
}

static void
build_values(struct buf *b, uint32_t g)
{
	static const char *const in[] = { "x" }, *const out[] = { "y" };
	static const float w[] = { 1.5f, -2 };
	static const char *const words[] = { "a", "bc" };
	uint32_t v, t;

	texts(b, g, 5, in, 1);
	texts(b, g, 6, out, 1);
	v = refs(b, g, 0, 3);
	numbers(b, tensor(b, item(b, v, 0, 6), "w", 1, 2), 4, w, 1, sizeof w);
	texts(b, tensor(b, item(b, v, 1, 6), "s", 8, 2), 5, words, 2);
	set(b, tensor(b, item(b, v, 2, 7), "e", 1, 3), 6, 64);
	v = refs(b, g, 7, 1);
	t = item(b, v, 0, 3);
	tensor(b, child(b, t, 0, 6), "sp", 1, 1);
	tensor(b, child(b, t, 1, 6), "", 7, 1);
	numbers(b, t, 2, &(int64_t){ 5 }, 8, 1);
	v = refs(b, g, 1, 2);
	t = item(b, v, 0, 3);
	text(b, t, 0, "x");
	tensor_type(b, child(b, t, 2, 3), 1);
	t = item(b, v, 1, 3);
	text(b, t, 0, "y");
	t = child(b, t, 2, 3);
	set(b, t, 1, 2); /* a sequence */
	tensor_type(b, child(b, child(b, t, 2, 1), 0, 3), 7);
}

static uint32_t
attr(struct buf *b, uint32_t list, uint32_t i, const char *name, uint64_t type)
{
	uint32_t t = item(b, list, i, 13);

	text(b, t, 0, name);
	set(b, t, 2, type);
	return t;
}

static void
build_attrs(struct buf *b, uint32_t n)
{
	static const char *const words[] = { "p", "q" };
	uint32_t v = refs(b, n, 10, 8), g;
	float f = 0.5f;
	uint32_t bits;

	memcpy(&bits, &f, sizeof bits);
	set(b, attr(b, v, 0, "f", 1), 3, bits);
	set(b, attr(b, v, 1, "i", 2), 4, (uint64_t)-7);
	text(b, attr(b, v, 2, "s", 3), 5, "str");
	tensor(b, child(b, attr(b, v, 3, "t", 4), 6, 6), "", 7, 0);
	g = child(b, attr(b, v, 4, "body", 5), 7, 8);
	text(b, item(b, refs(b, g, 2, 1), 0, 11), 5, "Inner");
	numbers(b, attr(b, v, 5, "fs", 6), 8, &f, 4, 1);
	numbers(b, attr(b, v, 6, "is", 7), 9, (const int64_t[]){ 3, -4 }, 8, 2);
	texts(b, attr(b, v, 7, "ss", 8), 10, words, 2);
}

static void
build_small(struct buf *b)
{
	static const char *const in[] = { "x", "", "w" }, *const out[] = { "y", "unused" };
	uint32_t model = begin(b), g, v, n;

	set(b, model, 0, 8);
	v = refs(b, model, 1, 1);
	n = item(b, v, 0, 2);
	text(b, n, 0, "");
	set(b, n, 1, 17);
	text(b, model, 2, "maker");
	text(b, model, 3, "1.0");
	v = refs(b, model, 9, 1);
	n = item(b, v, 0, 2);
	text(b, n, 0, "k");
	text(b, n, 1, "v");
	g = child(b, model, 7, 9);
	build_values(b, g);
	v = refs(b, g, 2, 1);
	n = item(b, v, 0, 13);
	text(b, n, 0, "node");
	text(b, n, 2, "com.microsoft");
	text(b, n, 5, "Fused");
	texts(b, n, 8, in, 3);
	texts(b, n, 9, out, 2);
	build_attrs(b, n);
}

/* ------------------------------------------------------------------ tests */

static struct model *
open_buf(struct ctx *ctx, const struct buf *b)
{
	ctx_init(ctx);
	return model_read_memory(ctx, "t.ort", b->p, b->n, &(struct read_options){ false });
}

static void
close_model(struct ctx *ctx, struct model *m)
{
	model_free(m);
	assert_int_equal(ctx->used, 0);
	ctx_fini(ctx);
}

static void
expect_type(const struct type *t, const char *want)
{
	struct sink out;

	sink_init(&out, -1);
	type_print(&out, t);
	sink_write(&out, "", 1);
	assert_string_equal(out.buf, want);
	sink_fini(&out);
}

static void
test_model(void **state)
{
	static struct buf b;
	struct ctx ctx;
	struct model *m;
	struct graph *g;
	const struct node *n;

	(void)state;
	build_small(&b);
	m = open_buf(&ctx, &b);
	assert_non_null(m);
	assert_int_equal(ctx.diags.n, 1);
	assert_int_equal(ctx.diags.list[0].id, DIAG_ORT_OPTIMISED);
	assert_false(m->partial);
	assert_int_equal(m->format_version, 8);
	assert_string_equal(m->producer->s, "maker");
	assert_int_equal(m->opsets[0].version, 17);
	assert_string_equal(meta_find(m->meta, m->nmeta, "ort_version")->s, "6");
	assert_string_equal(meta_find(m->meta, m->nmeta, "k")->s, "v");
	g = m->main;
	assert_int_equal(g->ninputs, 1);
	expect_type(g->inputs[0]->type, "f32[N,2,?]");
	assert_int_equal(g->noutputs, 1);
	expect_type(g->outputs[0]->type, "seq(i64[N,2,?])");
	assert_int_equal(g->nnodes, 1);
	n = g->nodes[0];
	assert_string_equal(n->type->s, "Fused");
	assert_string_equal(n->domain->s, "com.microsoft");
	assert_int_equal(n->nin, 3);
	assert_ptr_equal(n->in[0], g->inputs[0]);
	assert_null(n->in[1]);
	assert_ptr_equal(n->in[2], g->initializers[0]);
	assert_ptr_equal(n->out[0], g->outputs[0]);
	assert_int_equal(n->loc.off + 4 <= b.n, 1);
	close_model(&ctx, m);
}

static void
test_tensors(void **state)
{
	static struct buf b;
	unsigned char out[16];
	struct tensor_read tr;
	struct arena scratch;
	const struct tensor *t;
	struct graph *g;
	struct ctx ctx;
	struct model *m;

	(void)state;
	build_small(&b);
	m = open_buf(&ctx, &b);
	arena_init(&scratch, &ctx);
	g = m->main;
	assert_int_equal(g->ninitializers, 4);
	t = g->initializers[0]->constant;
	assert_int_equal(t->stored, 8);
	assert_ptr_equal(t->place.src, m->source);
	tensor_open(&tr, t);
	assert_int_equal(tensor_next(&tr, &scratch, out, sizeof out), 8);
	assert_float_equal(dtype_get(DT_F32, out, 1), -2, 0);
	t = g->initializers[1]->constant;
	tensor_open(&tr, t);
	assert_int_equal(t->enc->read(&tr, &scratch, out, sizeof out), 5);
	assert_int_equal(t->enc->read(&tr, &scratch, out, sizeof out), 6);
	assert_memory_equal(out, "\2\0\0\0bc", 6);
	assert_int_equal(t->enc->read(&tr, &scratch, out, sizeof out), 0);
	t = g->initializers[2]->constant;
	assert_true(t->flags & TENSOR_MISSING);
	assert_int_equal(t->ext->offset, 64);
	t = g->initializers[3]->constant;
	assert_string_equal(t->name->s, "sp");
	assert_int_equal(t->dims[0], 5);
	assert_non_null(t->sparse->indices);
	arena_free(&scratch);
	close_model(&ctx, m);
}

static void
test_attrs(void **state)
{
	static struct buf b;
	const struct attr *a;
	const struct node *n;
	struct ctx ctx;
	struct model *m;

	(void)state;
	build_small(&b);
	m = open_buf(&ctx, &b);
	n = m->main->nodes[0];
	assert_int_equal(n->nattrs, 8);
	assert_float_equal(node_attr(n, "f")->v.f, 0.5, 0);
	assert_int_equal(node_attr(n, "i")->v.i, -7);
	assert_string_equal(node_attr(n, "s")->v.s->s, "str");
	assert_int_equal(node_attr(n, "t")->v.t->numel, 0);
	assert_int_equal(n->nregions, 1);
	assert_string_equal(n->regions[0]->nodes[0]->type->s, "Inner");
	assert_ptr_equal(node_attr(n, "body")->v.g, n->regions[0]);
	assert_float_equal(node_attr(n, "fs")->v.floats[0], 0.5, 0);
	a = node_attr(n, "is");
	assert_int_equal(a->n, 2);
	assert_int_equal(a->v.ints[1], -4);
	assert_string_equal(node_attr(n, "ss")->v.strings[1]->s, "q");
	close_model(&ctx, m);
}

/* Tables that hold themselves, and a list that a thousand nodes share. */
static void
test_sharing(void **state)
{
	enum { NODES = 1000 };
	static struct buf b;
	uint32_t g, v, n;
	const char *many[64];
	struct ctx ctx;
	struct model *m;

	(void)state;
	for (n = 0; n < 64; n++)
		many[n] = "a";
	g = child(&b, begin(&b), 7, 9);
	v = refs(&b, g, 2, NODES);
	n = item(&b, v, 0, 10);
	texts(&b, n, 8, many, 64);
	for (uint32_t i = 1; i < NODES; i++)
		ref(&b, v + 4 * i, n);
	m = open_buf(&ctx, &b);
	assert_non_null(m);
	assert_true(m->partial);
	assert_true(m->main->nnodes < NODES);
	close_model(&ctx, m);

	g = child(&b, begin(&b), 7, 9);
	n = item(&b, refs(&b, g, 2, 1), 0, 11);
	v = attr(&b, refs(&b, n, 10, 1), 0, "g", 5);
	put(&b, slot(&b, v, 7), g - (v + HEAD + CELL * 7), 4); /* backwards */
	m = open_buf(&ctx, &b);
	assert_non_null(m);
	assert_true(m->partial);
	close_model(&ctx, m);
}

/* The seed of the damage tests is this file. */
static void
test_seed(void **state)
{
	static struct buf b, seed;
	const char *top = getenv("top_srcdir");
	char path[1024];
	FILE *f;

	(void)state;
	if (top == NULL)
		skip();
	build_small(&b);
	snprintf(path, sizeof path, "%s/tests/seeds/small.ort", top);
	f = fopen(path, "rb");
	assert_non_null(f);
	seed.n = (uint32_t)fread(seed.p, 1, sizeof seed.p, f);
	fclose(f);
	assert_int_equal(seed.n, b.n);
	assert_memory_equal(seed.p, b.p, b.n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_tensors),
		cmocka_unit_test(test_attrs),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
