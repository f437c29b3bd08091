/* SPDX-License-Identifier: Apache-2.0 */
/* Rewriting messages: what is changed, and that all else keeps its bytes. */
#include "unit.h"

#include "base/arena.h"
#include "base/ctx.h"
#include "base/sink.h"
#include "base/source.h"
#include "proto/coreml.pb-c.h"
#include "read/splice.h"
#include "read/wire.h"

struct fixture {
	struct ctx ctx;
	struct arena a;
	struct wire w;
	struct splice s;
	struct sink out;
};

static void
start(struct fixture *t, const void *bytes, size_t n)
{
	struct source *src;

	ctx_init(&t->ctx);
	arena_init(&t->a, &t->ctx);
	src = source_memory(&t->a, "bytes", bytes, n);
	wire_root(&t->w, &t->ctx, &t->a, src, &coreml__model__descriptor);
	splice_init(&t->s, &t->a, src);
	sink_init(&t->out, -1);
}

#define START(t, bytes) start(t, bytes, sizeof bytes - 1)
#define EXPECT(t, bytes) expect(t, bytes, sizeof bytes - 1)

static void
expect(struct fixture *t, const void *bytes, size_t n)
{
	assert_true(splice_write(&t->s, &t->out));
	assert_int_equal(t->out.n, n);
	assert_memory_equal(t->out.buf, bytes, n);
	sink_fini(&t->out);
	arena_free(&t->a);
	assert_int_equal(t->ctx.used, 0);
	ctx_fini(&t->ctx);
}

/* Go into the next field of that number. */
static void
go(struct fixture *t, uint32_t number, struct wire_field *f)
{
	while (wire_next(&t->w, f))
		if (f->number == number) {
			assert_true(wire_enter(&t->w, f));
			return;
		}
	fail();
}

/* Version 4; an unknown field 9; a description with a length in two bytes, an
 * unknown field 15 in it, its metadata (100) with description, author and an
 * unknown group, a second metadata behind; identity (900). */
#define HEAD "\x08\x04" "\x4a\x03" "odd"
#define IDENTITY "\xa2\x38\x00"
#define GROUP "\xfb\x06\x08\x01\xfc\x06"
static const char model[] = HEAD "\x12\x9b\x00" "\x7a\x01z" "\xa2\x06\x0d" "\x0a\x01" "a"
    "\x1a\x02" "me" GROUP "\xa2\x06\x05" "\x12\x03" "1.0" IDENTITY;

static void
nothing_is_kept(void **state)
{
	struct fixture t;

	(void)state;
	START(&t, model);
	EXPECT(&t, model);
}

static void
lengths_follow(void **state)
{
	struct wire_field f;
	struct fixture t;

	(void)state;
	START(&t, model);
	go(&t, 2, &f);
	go(&t, 100, &f);
	while (wire_next(&t.w, &f))
		if (f.number == 3)
			assert_true(splice_field(&t.s, &t.w, &f, "\x1a\x04" "them", 6));
	assert_true(splice_append(&t.s, &t.w, "\x22\x01" "l", 3));
	wire_leave(&t.w);
	EXPECT(&t, HEAD "\x12\x20" "\x7a\x01z" "\xa2\x06\x12" "\x0a\x01" "a"
	    "\x1a\x04" "them" GROUP "\x22\x01l" "\xa2\x06\x05" "\x12\x03" "1.0" IDENTITY);
}

/* What grows one message and shrinks the next leaves the one around alone,
 * the odd form of its length with it. */
static void
lengths_that_stay_keep_their_form(void **state)
{
	struct wire_field f;
	struct fixture t;

	(void)state;
	START(&t, model);
	go(&t, 2, &f);
	go(&t, 100, &f);
	assert_true(wire_next(&t.w, &f));
	assert_true(splice_field(&t.s, &t.w, &f, "\x0a\x03" "abc", 5));
	wire_leave(&t.w);
	go(&t, 100, &f);
	assert_true(wire_next(&t.w, &f));
	assert_true(splice_field(&t.s, &t.w, &f, "\x12\x01" "1", 3));
	wire_leave(&t.w);
	wire_leave(&t.w);
	EXPECT(&t, HEAD "\x12\x9b\x00" "\x7a\x01z" "\xa2\x06\x0f" "\x0a\x03" "abc"
	    "\x1a\x02" "me" GROUP "\xa2\x06\x03" "\x12\x01" "1" IDENTITY);
}

/* A length that needs another byte makes the messages around it grow more. */
static void
lengths_grow_outwards(void **state)
{
	static const char before[] = "\x12\x06" "\xa2\x06\x03" "\x0a\x01" "a" IDENTITY;
	char field[2 + 125] = "\x0a\x7d", after[200];
	struct wire_field f;
	struct fixture t;
	size_t n;

	(void)state;
	memset(field + 2, 'b', 125);
	memcpy(after, "\x12\x82\x01" "\xa2\x06\x7f", 6);
	memcpy(after + 6, field, sizeof field);
	n = 6 + sizeof field;
	memcpy(after + n, IDENTITY, 3);
	START(&t, before);
	go(&t, 2, &f);
	go(&t, 100, &f);
	assert_true(wire_next(&t.w, &f));
	assert_true(splice_field(&t.s, &t.w, &f, field, sizeof field));
	expect(&t, after, n + 3);
	/* and back */
	start(&t, after, n + 3);
	go(&t, 2, &f);
	go(&t, 100, &f);
	assert_true(wire_next(&t.w, &f));
	assert_true(splice_field(&t.s, &t.w, &f, "\x0a\x01" "a", 3));
	EXPECT(&t, before);
}

static void
fields_are_removed(void **state)
{
	struct wire_field f;
	struct fixture t;

	(void)state;
	START(&t, model);
	while (wire_next(&t.w, &f))
		if (f.number != 900)
			assert_true(splice_field(&t.s, &t.w, &f, NULL, 0));
	assert_true(splice_append(&t.s, &t.w, "\x50\x01", 2));
	EXPECT(&t, "\x4a\x03" "odd" IDENTITY "\x50\x01");
}

static void
changes_go_forward(void **state)
{
	struct wire_field f, first;
	struct fixture t;

	(void)state;
	START(&t, model);
	assert_true(wire_next(&t.w, &first));
	go(&t, 2, &f);
	assert_true(splice_field(&t.s, &t.w, &f, NULL, 0)); /* all of it */
	assert_true(wire_next(&t.w, &f));
	assert_false(splice_field(&t.s, &t.w, &f, NULL, 0)); /* part of what is gone */
	assert_false(splice_field(&t.s, &t.w, &first, NULL, 0));
	sink_fini(&t.out);
	arena_free(&t.a);
	ctx_fini(&t.ctx);
}

static void
damage_is_not_spread(void **state)
{
	struct wire_field f;
	struct fixture t;

	(void)state;
	START(&t, "\x08\x04" "\x12\x09" "\x7a\x01z");
	assert_true(wire_next(&t.w, &f));
	assert_true(wire_next(&t.w, &f));
	assert_false(splice_field(&t.s, &t.w, &f, NULL, 0));
	EXPECT(&t, "\x08\x04" "\x12\x09" "\x7a\x01z");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_kept),
		cmocka_unit_test(lengths_follow),
		cmocka_unit_test(lengths_that_stay_keep_their_form),
		cmocka_unit_test(lengths_grow_outwards),
		cmocka_unit_test(fields_are_removed),
		cmocka_unit_test(changes_go_forward),
		cmocka_unit_test(damage_is_not_spread),
	};

	return cmocka_run_group_tests_name("splice", tests, NULL, NULL);
}
