/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on dims: one form for one meaning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/sink.h"
#include "base/str.h"
#include "ir/dim.h"

struct fixture {
	struct ctx ctx;
	struct arena arena;
	struct strtab strs;
	struct types t;
	struct sink out;
	const struct dim *n, *m;
};

static int
setup(void **state)
{
	static struct fixture f;

	ctx_init(&f.ctx);
	arena_init(&f.arena, &f.ctx);
	strtab_init(&f.strs, &f.arena);
	types_init(&f.t, &f.arena);
	sink_init(&f.out, -1);
	f.n = dim_sym(&f.t, str_intern(&f.strs, "N", 1));
	f.m = dim_sym(&f.t, str_intern(&f.strs, "M", 1));
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	sink_fini(&f->out);
	strtab_free(&f->strs);
	arena_free(&f->arena);
	ctx_fini(&f->ctx);
	return 0;
}

static const char *
print(struct fixture *f, const struct dim *d)
{
	f->out.n = 0;
	dim_print(&f->out, d);
	sink_write(&f->out, "", 1);
	return f->out.buf;
}

static void
sums_have_one_form(void **state)
{
	struct fixture *f = *state;
	const struct dim *twice = dim_mulk(&f->t, f->n, 2);

	assert_ptr_equal(dim_add(&f->t, f->n, f->n), twice);
	assert_ptr_equal(dim_sub(&f->t, twice, f->n), f->n);
	assert_true(dim_is(dim_sub(&f->t, f->n, f->n), 0));
	assert_ptr_equal(dim_add(&f->t, dim_addk(&f->t, f->n, 3), dim_addk(&f->t, f->m, -3)),
	    dim_add(&f->t, f->m, f->n));
	assert_string_equal(print(f, dim_addk(&f->t, twice, 1)), "2*N+1");
	assert_string_equal(print(f, dim_sub(&f->t, dim_const(&f->t, 5), f->n)), "-N+5");
}

static void
products_have_one_form(void **state)
{
	struct fixture *f = *state;
	const struct dim *nm = dim_mul(&f->t, f->n, f->m);

	assert_ptr_equal(nm, dim_mul(&f->t, f->m, f->n));
	assert_string_equal(print(f, nm), "N*M");
	assert_ptr_equal(dim_floor(&f->t, nm, f->m), f->n);
	assert_ptr_equal(dim_floor(&f->t, dim_mulk(&f->t, nm, 12), dim_mulk(&f->t, f->m, 4)),
	    dim_mulk(&f->t, f->n, 3));
	assert_ptr_equal(dim_mul(&f->t, dim_addk(&f->t, f->n, 1), dim_addk(&f->t, f->n, -1)),
	    dim_addk(&f->t, dim_mul(&f->t, f->n, f->n), -1));
	assert_ptr_equal(dim_floor(&f->t, dim_mul(&f->t, dim_addk(&f->t, f->n, 1), f->m),
	    dim_addk(&f->t, f->n, 1)), f->m);
}

static void
quotients_round_down(void **state)
{
	struct fixture *f = *state;
	const struct dim *half = dim_floork(&f->t, f->n, 2);

	assert_string_equal(print(f, half), "N/2");
	assert_ptr_equal(dim_floork(&f->t, dim_addk(&f->t, dim_mulk(&f->t, f->n, 2), 5), 2),
	    dim_addk(&f->t, f->n, 2));
	assert_ptr_equal(dim_floork(&f->t, half, 3), dim_floork(&f->t, f->n, 6));
	assert_string_equal(print(f, dim_addk(&f->t, dim_floork(&f->t, dim_addk(&f->t, f->n, -1),
	    2), 1)), "(N+1)/2");
	assert_true(dim_is(dim_floork(&f->t, dim_const(&f->t, -3), 2), -2));
	assert_true(dim_is_unknown(dim_floork(&f->t, f->n, 0)));
	assert_true(dim_is(dim_ceil(&f->t, dim_const(&f->t, 7), dim_const(&f->t, 2)), 4));
}

static void
broadcast_takes_what_is_sure(void **state)
{
	struct fixture *f = *state;
	bool fits = true;

	assert_ptr_equal(dim_broadcast(&f->t, f->n, dim_const(&f->t, 1), &fits), f->n);
	assert_true(dim_is(dim_broadcast(&f->t, f->n, dim_const(&f->t, 4), &fits), 4));
	assert_string_equal(print(f, dim_broadcast(&f->t, f->m, f->n, &fits)), "broadcast(N,M)");
	assert_true(fits);
	dim_broadcast(&f->t, dim_const(&f->t, 3), dim_const(&f->t, 4), &fits);
	assert_false(fits);
}

static void
ranges_keep_bounds(void **state)
{
	struct fixture *f = *state;
	const struct dim *r = dim_range(&f->t, 2, 8);

	assert_string_equal(print(f, dim_mulk(&f->t, r, 3)), "6..24");
	assert_string_equal(print(f, dim_addk(&f->t, r, -1)), "1..7");
	assert_string_equal(print(f, dim_floork(&f->t, r, 2)), "1..4");
	assert_false(dim_equal(r, r));
	assert_true(dim_is(dim_max(&f->t, r, dim_const(&f->t, 1)), 1) == false);
}

static void
nothing_grows_without_end(void **state)
{
	struct fixture *f = *state;
	const struct dim *d = f->n;

	for (int i = 0; i < 1000; i++)
		d = dim_addk(&f->t, dim_floor(&f->t, dim_mul(&f->t, d, d), f->m), 1);
	assert_true(d->parts <= DIM_PARTS);
	d = dim_const(&f->t, INT64_MAX);
	assert_true(dim_is_unknown(dim_add(&f->t, d, d)));
	assert_true(dim_is_unknown(dim_mul(&f->t, d, d)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sums_have_one_form, setup, teardown),
		cmocka_unit_test_setup_teardown(products_have_one_form, setup, teardown),
		cmocka_unit_test_setup_teardown(quotients_round_down, setup, teardown),
		cmocka_unit_test_setup_teardown(broadcast_takes_what_is_sure, setup, teardown),
		cmocka_unit_test_setup_teardown(ranges_keep_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_grows_without_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
