/* SPDX-License-Identifier: Apache-2.0 */
/* The wire walker over hand-made bytes, with the ONNX schema. */
#include "unit.h"

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "proto/onnx.pb-c.h"
#include "read/wire.h"

struct fixture {
	struct ctx ctx;
	struct arena a;
	struct wire w;
};

static void
start(struct fixture *t, const char *bytes, size_t n)
{
	ctx_init(&t->ctx);
	arena_init(&t->a, &t->ctx);
	wire_root(&t->w, &t->ctx, &t->a, source_memory(&t->a, "bytes", bytes, n),
	    &onnx__model_proto__descriptor);
}

static void
end(struct fixture *t)
{
	arena_free(&t->a);
	assert_int_equal(t->ctx.used, 0);
	ctx_fini(&t->ctx);
}

#define START(t, bytes) start(t, bytes, sizeof bytes - 1)

static void
fields_come_in_order(void **state)
{
	struct fixture t;
	struct wire_field f;

	(void)state;
	/* ir_version 300, producer_name "ab", an unknown field 100, graph {} */
	START(&t, "\x08\xac\x02" "\x12\x02" "ab" "\xa0\x06\x05" "\x3a\x00");
	assert_true(wire_next(&t.w, &f));
	assert_int_equal(f.number, 1);
	assert_int_equal(f.value, 300);
	assert_true(wire_next(&t.w, &f));
	assert_string_equal(f.desc->name, "producer_name");
	assert_memory_equal(wire_text(&t.w, &f), "ab", 2);
	assert_int_equal(f.off, 3);
	assert_int_equal(f.at, 5);
	assert_true(wire_next(&t.w, &f));
	assert_int_equal(f.number, 7);
	assert_true(wire_enter(&t.w, &f));
	assert_false(wire_next(&t.w, &f));
	wire_leave(&t.w);
	assert_false(wire_next(&t.w, &f));
	assert_int_equal(t.w.unknown, 1);
	assert_int_equal(t.ctx.diags.n, 0);
	end(&t);
}

/* What is wrong, and what is found of it, with its place. */
static void
damage_is_named(void **state)
{
	static const struct { const char *bytes; size_t n; enum diag_id id; uint64_t off; } rows[] = {
#define ROW(b, id, off) { b, sizeof b - 1, DIAG_##id, off }
		ROW("\x08", WIRE_TRUNCATED, 1),
		ROW("\x08\xff\xff", WIRE_TRUNCATED, 1),
		ROW("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", WIRE_VARINT, 1),
		ROW("\x12\x05" "abc", WIRE_TRUNCATED, 0),
		ROW("\x02\x00", WIRE_FIELD, 0),
		ROW("\x0f", WIRE_FIELD, 0),
		ROW("\x0d\x01\x02\x03\x04", WIRE_TYPE, 0),
		ROW("\x0c", WIRE_GROUP, 0),
		ROW("\xa3\x06\x08\x01", WIRE_GROUP, 0),
#undef ROW
	};
	struct fixture t;
	struct wire_field f;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		start(&t, rows[i].bytes, rows[i].n);
		while (wire_next(&t.w, &f))
			;
		assert_true(t.ctx.diags.n > 0);
		assert_int_equal(t.ctx.diags.list[0].id, rows[i].id);
		assert_int_equal(t.ctx.diags.list[0].off, rows[i].off);
		end(&t);
	}
}

static void
groups_are_passed_over(void **state)
{
	struct fixture t;
	struct wire_field f;

	(void)state;
	/* group 100 { 1: 5, group 101 { 2: "x" } } then ir_version */
	START(&t, "\xa3\x06" "\x08\x05" "\xab\x06" "\x12\x01x" "\xac\x06" "\xa4\x06" "\x08\x07");
	assert_true(wire_next(&t.w, &f));
	assert_int_equal(f.value, 7);
	assert_int_equal(t.ctx.diags.n, 0);
	end(&t);
}

static void
paths_name_the_place(void **state)
{
	struct fixture t;
	struct wire_field f;
	char path[64];

	(void)state;
	/* graph { node {} node { input "a" input ... cut } } */
	START(&t, "\x3a\x09" "\x0a\x00" "\x0a\x05" "\x0a\x01" "a" "\x0a\x02");
	assert_true(wire_next(&t.w, &f));
	assert_true(wire_enter(&t.w, &f));
	assert_true(wire_next(&t.w, &f));
	assert_true(wire_next(&t.w, &f));
	assert_true(wire_enter(&t.w, &f));
	assert_true(wire_next(&t.w, &f));
	wire_path(&t.w, path, sizeof path);
	assert_string_equal(path, "graph.node[1].input[0]");
	assert_true(wire_next(&t.w, &f));
	assert_true(f.cut);
	assert_string_equal(t.ctx.diags.list[0].path, "graph.node[1].input[1]");
	wire_path(&t.w, path, 12);
	assert_true(strlen(path) < 12);
	end(&t);
}

struct numbers { uint64_t v[8]; unsigned n; };

static void
push(void *arg, uint64_t v)
{
	struct numbers *l = arg;

	l->v[l->n++] = v;
}

static void
lists_are_packed_or_not(void **state)
{
	struct fixture t;
	struct wire_field f;
	struct numbers l = { .n = 0 };
	uint64_t n = 0;

	(void)state;
	START(&t, "\x08\x03" "\x0a\x03\x01\xac\x02" "\x08\x04" "\x0a\x00");
	t.w.stack[t.w.depth].desc = &onnx__tensor_proto__descriptor;
	while (wire_next(&t.w, &f))
		n += wire_numbers(&t.w, &f, push, &l, 3 - l.n);
	assert_int_equal(n, 4);
	assert_int_equal(l.n, 3);
	assert_int_equal(l.v[0], 3);
	assert_int_equal(l.v[1], 1);
	assert_int_equal(l.v[2], 300);
	end(&t);
}

static void
depth_is_bounded(void **state)
{
	struct fixture t;
	struct wire_field f;

	(void)state;
	START(&t, "\x3a\x04" "\x0a\x02" "\x2a\x00");
	t.ctx.limits.depth = 2;
	assert_true(wire_next(&t.w, &f));
	assert_true(wire_enter(&t.w, &f));
	assert_true(wire_next(&t.w, &f));
	assert_false(wire_enter(&t.w, &f));
	assert_int_equal(t.ctx.diags.list[0].id, DIAG_WIRE_DEPTH);
	assert_false(wire_next(&t.w, &f));
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_come_in_order),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(groups_are_passed_over),
		cmocka_unit_test(paths_name_the_place),
		cmocka_unit_test(lists_are_packed_or_not),
		cmocka_unit_test(depth_is_bounded),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
