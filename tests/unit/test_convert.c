/* SPDX-License-Identifier: Apache-2.0 */
/* How far apart files of numbers are; versions; notation of inputs. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "convert/doctor.h"
#include "convert/event.h"
#include "convert/fate.h"
#include "convert/offer.h"
#include "convert/parity.h"
#include "convert/prefill.h"
#include "convert/cause.h"
#include "convert/run.h"
#include "convert/spec.h"
#include "ir/build.h"
#include "ir/graph.h"
#include "ir/type.h"
#include "ir/wanted.h"

static char a[] = "parity-a-XXXXXX", b[] = "parity-b-XXXXXX";

static void
fill(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static struct parity_error
floats(const float *x, const float *y, size_t n)
{
	fill(a, x, n * sizeof *x);
	fill(b, y, n * sizeof *y);
	return parity_compare(a, b, DT_F32, n);
}

static void
test_compare(void **state)
{
	struct parity_error e;

	(void)state;
	e = floats((float[]){ 1, 2, 3 }, (float[]){ 1, 2, 3 }, 3);
	assert_true(e.known && e.over == 0 && e.absolute == 0);
	e = floats((float[]){ 1, 2, 3 }, (float[]){ 1, 2.00001f, 3 }, 3);
	assert_true(e.known && e.over == 0 && e.absolute > 0);
	e = floats((float[]){ 1, 2, 3 }, (float[]){ 1, 2.5f, 3 }, 3);
	assert_int_equal(e.over, 1);
	assert_true(fabs(e.absolute - 0.5) < 1e-6 && fabs(e.relative - 0.25) < 1e-6);
	e = floats((float[]){ NAN, INFINITY }, (float[]){ NAN, INFINITY }, 2);
	assert_int_equal(e.over, 0);
	e = floats((float[]){ 1, NAN }, (float[]){ NAN, 1 }, 2);
	assert_int_equal(e.over, 2);
	/* too short: nothing is known */
	fill(b, "", 0);
	assert_false(parity_compare(a, b, DT_F32, 2).known);
	assert_false(parity_compare(a, "no such file", DT_F32, 2).known);
	/* of integers every difference counts */
	fill(a, (int64_t[]){ 1000000 }, 8);
	fill(b, (int64_t[]){ 1000001 }, 8);
	assert_int_equal(parity_compare(a, b, DT_I64, 1).over, 1);
}

static void
test_versions(void **state)
{
	(void)state;
	assert_true(doctor_compare("2.4", "2.4.1") == 0);
	assert_true(doctor_compare("2.10", "2.9") > 0);
	assert_true(doctor_compare("2.13.0+cpu", "2.13") == 0);
	assert_true(doctor_compare("9.0b1", "9.0") == 0);
	assert_true(doctor_compare("3.8.17", "3.9") < 0);
}

static void
read_specs(void *arg)
{
	static const struct { const char *text; int column; } rows[] = {
		{ "x:f32[1,3,8..64]", -1 }, { "a:b:f16[]", -1 }, { ":i32[n=1..4]", -1 },
		{ "image:f32[1,3,8,8]", -1 }, { "image:auto[1,2]", -1 },
		{ "image:x:rgb(scale=0.5;bias=1|2|3)[1,3,{8,16},{8,16}]", -1 },
		{ "state:k:f16[1]", -1 }, { "y", -1 }, { "y:image", -1 }, { "x:auto[1..inf]", -1 },
		{ "x:f32[n,?,1..]", -1 }, { "x:f32[-1]", -1 }, { "x:bf16*", -1 },
		{ "x:f99[1]", 2 }, { "x:f32[1", 7 }, { "x:f32[8..2]", 10 }, { "x:f32[n=3]", 9 },
		{ "image:x:cmyk[1]", 8 }, { "x:f32[1]]", 8 }, { "x:f32(scale=1)[1]", 6 }, { "", 0 },
		{ "image:x:rgb(scale=1|2|3|4)[1]", 24 }
	};
	struct arena *arena = arg;
	struct wanted s;
	uint32_t column;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool ok = wanted_read(&s, arena, rows[i].text, &column);

		if (ok != (rows[i].column < 0) || (!ok && column != (uint32_t)rows[i].column))
			fail_msg("%s: column %u", rows[i].text, ok ? UINT32_MAX : column);
	}
}

/* A symbol alone has the range of the same symbol, wherever that stands. */
static void
share_ranges(void *arg)
{
	struct wanted list[2];
	uint32_t column;

	assert_true(wanted_read(&list[0], arg, "a:f32[n,m]", &column));
	assert_true(wanted_read(&list[1], arg, "b:f32[2,n=1..8]", &column));
	wanted_share(list, 2);
	assert_false(list[0].dims[0].unknown);
	assert_int_equal(list[0].dims[0].hi, 8);
	assert_true(list[0].dims[1].unknown);
}

static void
test_specs(void **state)
{
	struct arena arena;
	struct ctx ctx;

	(void)state;
	ctx_init(&ctx);
	arena_init(&arena, &ctx);
	assert_int_equal(ctx_protect(&ctx, read_specs, &arena), 0);
	assert_int_equal(ctx_protect(&ctx, share_ranges, &arena), 0);
	arena_free(&arena);
	ctx_fini(&ctx);
}

static void
read_events(void *arg)
{
	static const char *const bad[] = { "", "{", "[]", "{\"event\":\"op\"", "{\"event\":1}",
	    "{\"event\":\"nothing\"}", "{\"event\":\"op\",\"i\":\"x\"}", "{\"name\":\"x\"}",
	    "{\"event\":\"op\"} x", "\xff" };
	static const char good[] = "{\"event\":\"map\",\"op\":\"conv\",\"sources\":[\"a\\n\",\"b\"],"
	    "\"new\":{\"x\":[1]},\"version\":null,\"seconds\":1.5}";
	struct event e;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (event_read(&e, arg, arg, bad[i], strlen(bad[i])))
			fail_msg("taken: %s", bad[i]);
	assert_true(event_read(&e, arg, arg, good, sizeof good - 1));
	assert_int_equal(e.id, EVENT_MAP);
	assert_int_equal(e.sources.n, 2);
	assert_string_equal(e.sources.s[0], "a\n");
	assert_null(e.version);
	assert_true(e.seconds == 1.5);
}

static void
test_events(void **state)
{
	struct arena arena;
	struct ctx ctx;

	(void)state;
	ctx_init(&ctx);
	arena_init(&arena, &ctx);
	assert_int_equal(ctx_protect(&ctx, read_events, &arena), 0);
	arena_free(&arena);
	ctx_fini(&ctx);
}

static void
test_reasons(void **state)
{
	static const struct { const char *stage, *exception, *message; enum reason want; } rows[] = {
		/* a full disk, as coremltools tells it */
		{ "frontend", "RuntimeError", "filesystem error: cannot copy: Input/output error "
		    "[/tmp/a] [b]", REASON_TOOL },
		{ "save", "OSError", "[Errno 28] No space left on device", REASON_TOOL },
		{ "input-validation", "NotImplementedError", "Conversion for models with only "
		    "ATEN or EDGE dialect is supported/tested. Provided Dialect: TRAINING",
		    REASON_DIALECT },
		{ "cure", "UnsupportedOperatorException", "aten.geqrf.default", REASON_LOAD },
		/* torch, of files of other hands */
		{ "load", "RuntimeError", "\nUnknown type name '__torch__.Gone':\n", REASON_LOAD },
		{ "load", "RuntimeError", "Serialized version 9 does not match", REASON_LOAD },
		{ "load", "KeyError", "'x'", REASON_LOAD },
		/* memory, as each says that there is none */
		{ "frontend", "_ArrayMemoryError", "Unable to allocate 8 GiB", REASON_TOOL },
		{ "load", "RuntimeError", "unable to mmap 8589934592 bytes", REASON_TOOL },
		{ "backend", "RuntimeError", "std::bad_alloc", REASON_TOOL },
		{ "input-validation", "FileNotFoundError", "[Errno 2] No such file", REASON_TOOL },
		{ "check", "ValueError", "anything", REASON_INTERNAL },
		{ "backend", "NotImplementedError", "List element type, x, not supported yet.",
		    REASON_DTYPE }
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(cause_find(rows[i].stage, rows[i].exception,
		    rows[i].message).reason, rows[i].want);
}

struct grouping { struct model *m; struct arena *a; };

/* forward(x, (t, u), [l...]) of which five tensors are given. */
static void
group(void *arg)
{
	struct grouping *p = arg;
	struct type tensor = { .tag = TY_TENSOR }, tuple = { .tag = TY_TUPLE, .nitems = 2 },
	    list = { .tag = TY_LIST };
	const struct type *items[] = { &tensor, &tensor }, *types[] = { &tensor, &tuple, &list };
	static const char *const names[] = { "x", "tu", "l" };
	struct wanted given[5] = { { .name = "x" }, { .name = "any" }, { .name = "name" },
	    { .name = "l_0" }, { .name = "l_1" } };
	struct value values[3] = { 0 }, *inputs[3];
	struct graph g = { .inputs = inputs, .ninputs = 3 };
	const uint32_t *sizes;
	uint32_t n;

	tuple.items = items;
	for (int i = 0; i < 3; i++) {
		values[i].name = str_intern(&p->m->strs, names[i], (uint32_t)strlen(names[i]));
		values[i].type = types[i];
		inputs[i] = &values[i];
	}
	p->m->main = &g;
	sizes = prefill_groups(p->a, p->m, given, 5, &n);
	assert_non_null(sizes);
	assert_int_equal(n, 3);
	assert_int_equal(sizes[0], 0);
	assert_int_equal(sizes[1], 2);
	assert_int_equal(sizes[2], 2);
	assert_null(prefill_groups(p->a, p->m, given, 3, &n));
	g.ninputs = 1;
	assert_null(prefill_groups(p->a, p->m, given, 1, &n));
	p->m->main = NULL;
}

static void
test_groups(void **state)
{
	struct arena arena;
	struct ctx ctx;
	struct grouping p = { .a = &arena };

	(void)state;
	ctx_init(&ctx);
	arena_init(&arena, &ctx);
	p.m = model_new(&ctx, DIALECT_ATEN, "torchscript");
	assert_int_equal(ctx_protect(&ctx, group, &p), 0);
	model_free(p.m);
	arena_free(&arena);
	ctx_fini(&ctx);
}

static void
test_fates(void **state)
{
	(void)state;
	assert_int_equal(fate_of_pass("common::const_elimination"), FATE_FOLDED);
	assert_int_equal(fate_of_pass("common::fuse_conv_batchnorm"), FATE_FUSED);
	assert_int_equal(fate_of_pass("common::divide_to_multiply"), FATE_FUSED);
	assert_int_equal(fate_of_pass("common::dead_code_elimination"), FATE_DROPPED);
}

/* What is offered after a failure with that message, converting for iOS16; "" for nothing. */
static const char *
offered(struct arena *arena, const char *stage, const char *exception, const char *message)
{
	static const struct convert_options options = { .target = "iOS16" };
	struct request q = { .o = &options, .spec_target = 7, .format = CONVERT_PT2 };
	struct convert_run r = { .r = &q, .end = RUN_FAILED, .stage = stage,
	    .exception = exception, .message = message };
	struct offer o;

	r.found = cause_find(stage, exception, message);
	return offer_find(&o, arena, &r) ? arena_printf(arena, "%s=%s", o.option,
	    o.value != NULL ? o.value : "") : "";
}

static void
test_offers(void **state)
{
	struct ctx ctx;
	struct arena arena;

	(void)state;
	ctx_init(&ctx);
	arena_init(&arena, &ctx);
	assert_string_equal(offered(&arena, "load", "ValueError",
	    "State model is supported only for the iOS18 and later"), "--target=iOS18");
	/* a newer target does not help where an input is written to */
	assert_string_equal(offered(&arena, "load", "ValueError",
	    "Core ML cannot handle user input mutation, because"), "");
	assert_string_equal(offered(&arena, "frontend", "ValueError", "('Op \"12\" (op_type: "
	    "conv_transpose) Input weight must be const at compile time', 'weight', 'w')"),
	    "--target=iOS17");
	assert_string_equal(offered(&arena, "frontend", "ValueError", "('Op \"12\" (op_type: "
	    "tile) Input reps must be const at compile time', 'reps', 'w')"), "");
	arena_free(&arena);
	ctx_fini(&ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare), cmocka_unit_test(test_versions),
		cmocka_unit_test(test_specs), cmocka_unit_test(test_events),
		cmocka_unit_test(test_reasons), cmocka_unit_test(test_groups),
		cmocka_unit_test(test_fates), cmocka_unit_test(test_offers)
	};
	int failed;

	close(mkstemp(a));
	close(mkstemp(b));
	failed = cmocka_run_group_tests_name("convert", tests, NULL, NULL);
	unlink(a);
	unlink(b);
	return failed;
}
