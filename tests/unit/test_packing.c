/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed weights: what they are read as, and what they unpack into. */
#include "unit.h"

#include <stdlib.h>

#include "base/ctx.h"
#include "ir/build.h"
#include "ir/tensor.h"
#include "ops/packing.h"
#include "read/reader.h"

static const struct read_options options;

struct fixture { struct ctx ctx; struct model *m; struct arena a; };

static void
start(struct fixture *f)
{
	const char *top = getenv("top_srcdir");
	char path[4096];

	snprintf(path, sizeof path, "%s/tests/seeds/packed.mil", top != NULL ? top : ".");
	ctx_init(&f->ctx);
	arena_init(&f->a, &f->ctx);
	f->m = model_read(&f->ctx, path, &options);
	assert_non_null(f->m);
	assert_int_equal(f->ctx.diags.n, 0);
}

static void
end(struct fixture *f)
{
	arena_free(&f->a);
	model_free(f->m);
	assert_int_equal(f->ctx.used, 0);
	ctx_fini(&f->ctx);
}

static const struct value *
value(const struct fixture *f, const char *name)
{
	for (uint32_t g = 0; g < f->m->ngraphs; g++)
		for (uint32_t i = 0; i < f->m->graphs[g]->nvalues; i++)
			if (strcmp(f->m->graphs[g]->values[i]->name->s, name) == 0)
				return f->m->graphs[g]->values[i];
	fail_msg("no value %s", name);
	return NULL;
}

/* Worked out by hand from the definitions in facts/coreml-format.md 6. */
static const struct { const char *name; uint32_t n; double v[12]; } unpacked[] = {
	{ "groups", 8, { 9, 13, 13, 1, 10, 2, 26, 18 } },
	{ "vectors", 12, { 1, 1, 2, 2, 3, 3, -4, 1, -5, 2, -6, 3 } },
	{ "blocks", 8, { -4, 3.5, 0, 2, 4, 8, 64, 72 } },
	{ "sparse", 6, { 0, 9, 0, 10, 0, 15 } },
	{ "lut_mask", 8, { 1, 0, 0, 1, 0, 1, 1, 1 } },
	{ "lut_data", 5, { -1, 1, 0.5, -0.5, 0.5 } },
	{ "lut_dense", 8, { -1, 0, 0, 1, 0, 0.5, -0.5, 0.5 } },
	{ "vec_mask", 8, { 1, 0, 1, 0, 1, 1, 1, 1 } },
	{ "vec_data", 6, { 2, 3, 4, 2, 5, 3 } },
	{ "vec_dense", 8, { 2, 0, 3, 0, 4, 2, 5, 3 } },
	{ "scale_data", 3, { 2.5, 10, 7.5 } },
	{ "scale_dense", 4, { 0, 2.5, 10, 7.5 } },
	{ "chain", 4, { 1.5, -1.5, -1.5, 1.5 } },
	{ "cast", 4, { 1, 0x1p-23, -2, 65504 } },
	{ "affine", 6, { 0, 0.5, 4, -5, 2, -14 } },
	{ "indexed", 6, { 0, 1, 2, 4, 1, 2 } },
	{ "holes", 6, { 0, 7, 0, 0, 0, 8 } },
};

static void
test_values(void **state)
{
	struct fixture f;
	const struct tensor *t;
	unsigned char buf[128];

	(void)state;
	start(&f);
	for (size_t i = 0; i < sizeof unpacked / sizeof *unpacked; i++) {
		t = packing_tensor(value(&f, unpacked[i].name), &f.a);
		assert_non_null(t);
		assert_true(t->numel == unpacked[i].n);
		assert_true(tensor_first(t, &f.a, buf, 12) == unpacked[i].n);
		for (uint32_t k = 0; k < unpacked[i].n; k++)
			if (dtype_get(t->dtype, buf, k) != unpacked[i].v[k])
				fail_msg("%s[%u]", unpacked[i].name, k);
	}
	end(&f);
}

/* Whatever number of bytes is asked for, the same bytes come. */
static void
test_pieces(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	for (size_t i = 0; i < sizeof unpacked / sizeof *unpacked; i++) {
		const struct tensor *t = packing_tensor(value(&f, unpacked[i].name), &f.a);
		unsigned char all[128], one[128];
		struct tensor_read r;
		uint32_t n = (uint32_t)tensor_bytes(t);

		tensor_open(&r, t);
		assert_int_equal(tensor_fill(&r, &f.a, all, sizeof all), n);
		tensor_open(&r, t);
		for (uint32_t k = 0; k < n; k++)
			assert_int_equal(tensor_next(&r, &f.a, one + k, 1), 1);
		assert_int_equal(tensor_next(&r, &f.a, one, 1), 0);
		assert_memory_equal(all, one, n);
	}
	end(&f);
}

static void
test_meaning(void **state)
{
	struct packing p;
	struct fixture f;

	(void)state;
	start(&f);
	assert_true(packing_read(&p, value(&f, "vec_data")->producer, &f.a));
	assert_int_equal(p.form, PACKING_SPARSE_PALETTE);
	assert_true(p.entries == 2 && p.vector == 2 && p.vector_axis == 0 && p.count == 3);
	assert_true(packing_read(&p, value(&f, "blocks")->producer, &f.a));
	assert_int_equal(p.form, PACKING_BLOCKS);
	assert_true(p.groups[0] == 2 && p.groups[1] == 2 && p.dims[1] == 4 && p.offset.given);
	assert_true(packing_read(&p, value(&f, "affine")->producer, &f.a));
	assert_true(p.groups[0] == 1 && p.groups[1] == 3 && p.offset.one == 1);
	assert_true(p.stored == 12); /* the zero point stands in the attribute */
	assert_true(packing_read(&p, value(&f, "indexed")->producer, &f.a));
	assert_int_equal(p.from, DT_U2);
	assert_false(packing_read(&p, value(&f, "y")->producer, &f.a));
	end(&f);
}

static void
test_contradictions(void **state)
{
	struct packing p;
	struct fixture f;

	(void)state;
	start(&f);
	assert_true(packing_read(&p, value(&f, "wrong")->producer, &f.a));
	assert_non_null(p.why);
	assert_null(packing_tensor(value(&f, "wrong"), &f.a));
	assert_null(packing_tensor(value(&f, "x"), &f.a));
	assert_null(packing_tensor(value(&f, "y"), &f.a));
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_meaning),
		cmocka_unit_test(test_contradictions),
	};

	return cmocka_run_group_tests_name("packing", tests, NULL, NULL);
}
