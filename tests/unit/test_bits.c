/* SPDX-License-Identifier: Apache-2.0 */
/* One changed bit of a weight is a difference wherever it stands: behind the beginning that
 * is looked at first, in the last byte, and beyond what is compared in all when that is asked. */
#include "unit.h"
#include "folder.h"

#include "align/align.h"
#include "app/session.h"

enum { SIDE = 192, BYTES = SIDE * SIDE * 4, SAMPLE = 64 << 10 };

static const struct session_options plain;

/* Numbers of two weights, one bit of which is the other at a place of the second; negative:
 * none is. */
static void
put_weights(const char *name, long at)
{
	char path[80];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	for (long i = 0; i < 2L * BYTES; i++)
		putc((i % 4 == 3 ? 0x3f : (int)(i * 7 % 128)) ^
		    (at >= 0 && i - BYTES == at ? 1 : 0), f);
	assert_int_equal(fclose(f), 0);
}

static void
open_model(struct session *s, const char *name, const char *weights)
{
	char path[80];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "<ir_version: 8, opset_import: [\"\" : 17]>\n"
	    "net (float[2,%d] x) => (float[2,%d] y)\n<", SIDE, SIDE);
	for (int i = 0; i < 2; i++)
		fprintf(f, "%s float[%d,%d] w%d = [\"location\" : \"%s\", \"offset\" : \"%d\", "
		    "\"length\" : \"%d\"]", i > 0 ? "," : "", SIDE, SIDE, i, weights, i * BYTES,
		    BYTES);
	fprintf(f, ">\n{\n h = MatMul (x, w0)\n y = MatMul (h, w1)\n}\n");
	assert_int_equal(fclose(f), 0);
	session_open(s, path, &plain);
	assert_non_null(s->model);
	assert_int_equal(s->model->main->nnodes, 2);
}

/* What comparing says of models whose second weight differs in a bit at a place. */
static struct align
compared(long at, const struct align_options *o)
{
	struct session a, b;
	struct align_side x, y;
	struct align al;

	put_weights("a.bin", -1);
	put_weights("b.bin", at);
	open_model(&a, "a.onnxtxt", "a.bin");
	open_model(&b, "b.onnxtxt", "b.bin");
	x = (struct align_side){ a.model, NULL, NULL };
	y = (struct align_side){ b.model, NULL, NULL };
	al = *align_models(&a.ctx, &a.arena, &x, &y, o);
	session_close(&b);
	session_close(&a);
	return al;
}

static void
a_bit_anywhere_is_seen(void **state)
{
	static const long places[] = { 0, SAMPLE - 1, SAMPLE, SAMPLE + 1, BYTES - 2 };

	(void)state;
	assert_false(compared(-1, &(struct align_options){ .deep = false }).differs);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct align al = compared(places[i], &(struct align_options){ .deep = false });

		assert_true(al.differs);
		assert_int_equal(al.counts[ALIGN_MODIFIED], 1);
		assert_int_equal(al.sampled, 0);
	}
}

/* Beyond the bytes that are compared in all, what was sampled alone is counted; unless deep. */
static void
a_limit_is_said(void **state)
{
	const struct align_options little = { .whole = BYTES + 1 };
	const struct align_options deep = { .whole = BYTES + 1, .deep = true };
	struct align al = compared(SAMPLE - 2, &little);

	(void)state;
	assert_true(al.differs);
	al = compared(BYTES - 2, &little);
	assert_false(al.differs);
	assert_int_equal(al.sampled, 1);
	al = compared(BYTES - 2, &deep);
	assert_true(al.differs);
	assert_int_equal(al.sampled, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bit_anywhere_is_seen),
		cmocka_unit_test(a_limit_is_said)
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
