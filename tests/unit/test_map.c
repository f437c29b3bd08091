/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of conversions: what is written is found beside the package, whichever way
 * round the two models stand, and not used for other models. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "folder.h"

#include "align/align.h"
#include "app/compare.h"
#include "app/map.h"
#include "app/session.h"
#include "convert/run.h"

static const struct session_options plain;

static const char *
put(const char *name, const char *text)
{
	static char path[4][80];
	static unsigned turn;
	char *at = path[turn++ % 4];
	FILE *f;

	snprintf(at, sizeof path[0], "%s/%s", folder, name);
	f = fopen(at, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return at;
}

static const char *
program(const char *ops)
{
	static char text[600];

	snprintf(text, sizeof text, "program(1.0)\n{\n"
	    "    func main<ios16>(tensor<fp32, [2]> x) {\n%s\n    } -> (y);\n}\n", ops);
	return text;
}

#define RELU "            tensor<fp32, [2]> a = relu(x = x)[name = tensor<string, []>(\"a\")];\n"
#define EXP  "            tensor<fp32, [2]> y = exp(x = a)[name = tensor<string, []>(\"y\")];\n"
#define TANH "            tensor<fp32, [2]> y = tanh(x = a)[name = tensor<string, []>(\"y\")];\n"
#define ABS  "            tensor<fp32, [2]> b = abs(x = x)[name = tensor<string, []>(\"b\")];\n"

static const char *words[] = { "a", "p", "y", "q" };

/* Says that relu came from p and that exp came from q. */
static void
say(struct convert_run *r, struct run_node nodes[2], struct run_map map[2])
{
	*r = (struct convert_run){ .nodes = nodes, .nnodes = 2, .map = map, .nmap = 2 };
	nodes[0] = (struct run_node){ .kind = "exp", .name = "p", .scope = "" };
	nodes[1] = (struct run_node){ .kind = "relu", .name = "q", .scope = "" };
	for (int i = 0; i < 2; i++) {
		map[i] = (struct run_map){ .function = "main", .op = "op", .name = "" };
		map[i].outputs.s = &words[2 * i];
		map[i].sources.s = &words[2 * i + 1];
		map[i].outputs.n = map[i].sources.n = 1;
	}
}

static const struct align *
compare(struct session *a, struct session *b, const char *map)
{
	return compare_sessions(a, b, &a->arena, &(struct compare_options){ .map = map });
}

static void
written_and_used(void **state)
{
	struct session a, b;
	struct convert_run r;
	struct run_node nodes[2];
	struct run_map map[2];
	const struct align *al;
	const char *package;

	(void)state;
	session_open(&a, put("a.mil", program(RELU EXP)), &plain);
	package = put("b.mil", program(RELU EXP));
	session_open(&b, package, &plain);
	assert_non_null(a.model);
	assert_non_null(b.model);
	assert_false(compare(&a, &b, NULL)->given);
	say(&r, nodes, map);
	assert_true(map_write(&a, package, &r));
	al = compare(&a, &b, NULL);
	assert_true(al->given);
	/* crosswise, as it was said */
	assert_ptr_equal(al->groups[al->of[0][0]].b[0], b.model->main->nodes[1]);
	assert_ptr_equal(al->groups[al->of[0][1]].b[0], b.model->main->nodes[0]);
	assert_int_equal(al->groups[0].confidence, 100);
	assert_true(al->groups[0].evidence & ALIGN_BY_MAP);
	assert_true(compare(&b, &a, NULL)->given);
	assert_true(compare(&b, &a, map_path(&a.arena, package))->given);
	session_close(&b);
	session_open(&b, put("b.mil", program(RELU TANH)), &plain);
	assert_false(compare(&a, &b, NULL)->given);
	assert_int_equal(a.ctx.diags.n, 0);
	assert_false(compare(&a, &b, map_path(&a.arena, package))->given);
	assert_int_equal(a.ctx.diags.n, 1);
	session_close(&b);
	session_close(&a);
}

/* Several operations of one node are one group; an operation of two, too. */
static void
groups_hang_together(void **state)
{
	struct session a, b;
	struct align_given given = { (uint32_t[]){ 0, 0, 1 }, (uint32_t[]){ 0, 1, 2 }, 3 };
	struct align_side x, y;
	const struct align *al;

	(void)state;
	session_open(&a, put("a.mil", program(RELU EXP)), &plain);
	session_open(&b, put("c.mil", program(RELU ABS EXP)), &plain);
	x = (struct align_side){ a.model, NULL, NULL };
	y = (struct align_side){ b.model, NULL, NULL };
	al = align_models(&a.ctx, &a.arena, &x, &y, &(struct align_options){ .given = &given });
	assert_int_equal(al->ngroups, 2);
	assert_int_equal(al->groups[0].nb, 2);
	assert_ptr_equal(al->groups[0].b[0], b.model->main->nodes[0]);
	given = (struct align_given){ (uint32_t[]){ 0, 1, 7 }, (uint32_t[]){ 0, 0, 0 }, 3 };
	al = align_models(&a.ctx, &a.arena, &x, &y, &(struct align_options){ .given = &given });
	assert_int_equal(al->groups[0].na, 2);
	assert_int_equal(al->counts[ALIGN_ADDED], 1);
	assert_int_equal(al->counts[ALIGN_LAYOUT], 1); /* abs: no result needs it */
	session_close(&b);
	session_close(&a);
}

static void
broken_files(void **state)
{
	static const char *const texts[] = { "", "x\n", "mlinspect-map 2\n",
		"mlinspect-map 2\na\tzz\tf\n", "mlinspect-map 2\na\n\nb" };
	struct session a;

	(void)state;
	session_open(&a, put("a.mil", program(RELU EXP)), &plain);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_null(map_read(&a.ctx, &a.arena, put("bad.map", texts[i]), a.model,
		    a.model));
	assert_true(a.ctx.diags.n >= 2);
	session_close(&a);
}

/* A map that was cut or changed is refused as a whole. */
static void
cut_files(void **state)
{
	static const char *const tails[] = { "", "0\t0\trelu\ta\n", "0\t0\trelu\ta\nend\t2\n",
		"end\t0\n0\t0\trelu\ta\n", "-0\t0\trelu\ta\nend\t1\n", "end\t\n",
		"4294967296\t0\trelu\ta\nend\t1\n", "0\t2\tx\ty\nend\t1\n", "end\t0x\n" };
	struct session a;
	struct convert_run none = { .nnodes = 0 };
	char text[400], all[500];
	const char *path;
	FILE *f;
	size_t n;

	(void)state;
	session_open(&a, put("a.mil", program(RELU EXP)), &plain);
	path = put("b.mil", program(RELU EXP));
	/* one that stands there already, and is no file to write through */
	unlink(map_path(&a.arena, path));
	assert_int_equal(mkfifo(map_path(&a.arena, path), 0600), 0);
	assert_true(map_write(&a, path, &none));
	f = fopen(map_path(&a.arena, path), "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	assert_true(n > 6 && memcmp(text + n - 6, "end\t0\n", 6) == 0);
	text[n - 6] = '\0';
	for (uint32_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		snprintf(all, sizeof all, "%s%s", text, tails[i]);
		assert_null(map_read(&a.ctx, &a.arena, put("bad.map", all), a.model, a.model));
		assert_int_equal(a.ctx.diags.n, i + 1);
	}
	snprintf(all, sizeof all, "%s0\t0\trelu\ta\nend\t1\n", text);
	assert_non_null(map_read(&a.ctx, &a.arena, put("bad.map", all), a.model, a.model));
	session_close(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_and_used),
		cmocka_unit_test(groups_hang_together),
		cmocka_unit_test(broken_files),
		cmocka_unit_test(cut_files)
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
