/* SPDX-License-Identifier: Apache-2.0 */
/* Side files: what may be read, and everything that may not. Each test makes
 * a folder with a model of one external tensor, f32[4]. */
#define _XOPEN_SOURCE 700
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "ir/build.h"
#include "read/reader.h"

struct place { char dir[32]; int home; };

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	*state = p;
	if (p == NULL)
		return -1;
	strcpy(p->dir, "external.XXXXXX");
	p->home = open(".", O_RDONLY | O_DIRECTORY);
	return p->home < 0 || mkdtemp(p->dir) == NULL || chdir(p->dir) != 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;
	char cmd[100];
	int status;

	snprintf(cmd, sizeof cmd, "rm -rf '%s'", p->dir);
	status = fchdir(p->home) != 0 || system(cmd) != 0;
	close(p->home);
	free(p);
	return status;
}

static void
write_file(const char *path, const char *bytes)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	fputs(bytes, f);
	fclose(f);
}

/* m.onnxtxt with a tensor whose external_data has these entries. */
static void
write_model(const char *entries)
{
	char text[1000];

	snprintf(text, sizeof text, "<ir_version: 8, opset_import: [\"\" : 17]>\n"
	    "g (float[4] x) => (float[4] y) <float[4] w = [%s]> { y = Add(x, w) }\n", entries);
	write_file("m.onnxtxt", text);
}

struct outcome {
	int status;
	char why[200];
	uint64_t place;  /* bytes of it */
	uint32_t warnings;
	uint64_t read;   /* elements that could be read */
};

static const struct tensor *
the_tensor(const struct model *m)
{
	assert_non_null(m);
	assert_non_null(m->main);
	assert_int_equal(m->main->ninitializers, 1);
	return m->main->initializers[0]->constant;
}

static uint32_t
warnings(const struct ctx *ctx)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < ctx->diags.n; i++)
		n += ctx->diags.list[i].id == DIAG_ONNX_EXTERNAL;
	return n;
}

static struct outcome
open_model(bool follow)
{
	struct outcome o = { .status = EXT_UNCHECKED };
	const struct tensor *t;
	struct tensor_stats stats;
	struct model *m;
	struct ctx ctx;

	ctx_init(&ctx);
	m = model_read(&ctx, "m.onnxtxt", &(struct read_options){ .follow_links = follow });
	t = the_tensor(m);
	assert_non_null(t->ext);
	o.status = t->ext->status;
	snprintf(o.why, sizeof o.why, "%s", t->ext->why ? t->ext->why : "");
	o.place = t->place.len;
	o.warnings = warnings(&ctx);
	assert_int_equal(!!(t->flags & TENSOR_MISSING), o.status != EXT_OK);
	if (o.status == EXT_OK) {
		tensor_stats(t, &ctx, false, &stats);
		o.read = stats.n;
	}
	model_free(m);
	assert_int_equal(ctx.used, 0);
	ctx_fini(&ctx);
	return o;
}

#define LOCATION(s) "\"location\" : \"" s "\""

static void
a_file_beside_the_model_is_read(void **state)
{
	struct outcome o;

	(void)state;
	write_file("w.bin", "0123456789abcdef0123456789abcdef");
	write_model(LOCATION("w.bin") ", \"offset\" : \"16\", \"length\" : \"16\"");
	o = open_model(false);
	assert_int_equal(o.status, EXT_OK);
	assert_int_equal(o.place, 16);
	assert_int_equal(o.read, 4);
	assert_int_equal(o.warnings, 0);
	assert_int_equal(mkdir("sub", 0755), 0);
	write_file("sub/w.bin", "0123456789abcdef");
	write_model(LOCATION("sub/w.bin"));
	assert_int_equal(open_model(false).status, EXT_OK);
}

static void
locations_that_leave_the_folder_are_refused(void **state)
{
	static const char *const bad[] = {
		LOCATION(""), LOCATION("/etc/passwd"), LOCATION("../w.bin"),
		LOCATION("sub/../../w.bin"), LOCATION("sub/.."), LOCATION(".."),
		LOCATION("..\\\\w.bin"), LOCATION("sub\\\\..\\\\w.bin"),
		LOCATION("\\\\\\\\host\\\\w.bin"), LOCATION("."), LOCATION("sub/"),
		LOCATION("sub"), "\"offset\" : \"0\""
	};

	(void)state;
	assert_int_equal(mkdir("sub", 0755), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		write_model(bad[i]);
		if (open_model(false).status != EXT_REFUSED || open_model(true).status != EXT_REFUSED)
			fail_msg("%s was not refused", bad[i]);
	}
	write_file("c:w.bin", "0123456789abcdef");
	write_model(LOCATION("c:w.bin"));
	assert_int_equal(open_model(false).status, EXT_REFUSED);
	write_model(LOCATION("gone.bin"));
	assert_int_equal(open_model(false).status, EXT_ABSENT);
}

static void
links_need_follow_links(void **state)
{
	(void)state;
	write_file("w.bin", "0123456789abcdef");
	assert_int_equal(mkdir("real", 0755), 0);
	write_file("real/w.bin", "0123456789abcdef");
	assert_int_equal(symlink("w.bin", "file.bin"), 0);
	assert_int_equal(symlink("real", "folder"), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	write_model(LOCATION("file.bin"));
	assert_int_equal(open_model(false).status, EXT_REFUSED);
	assert_int_equal(open_model(true).read, 4);
	write_model(LOCATION("folder/w.bin"));
	assert_int_equal(open_model(false).status, EXT_REFUSED);
	assert_int_equal(open_model(true).read, 4);
	write_model(LOCATION("loop"));
	assert_int_equal(open_model(false).status, EXT_REFUSED);
	assert_int_equal(open_model(true).status, EXT_REFUSED);
	assert_int_equal(link("w.bin", "hard.bin"), 0);
	write_model(LOCATION("hard.bin"));
	assert_int_equal(open_model(false).status, EXT_REFUSED);
	assert_int_equal(open_model(true).read, 4);
}

/* Needs two users, so this runs for root alone, who gives the folder away. */
static void
links_to_files_of_others_are_refused(void **state)
{
	(void)state;
	if (getuid() != 0)
		skip();
	write_file("own.bin", "0123456789abcdef");
	write_file("strange.bin", "0123456789abcdef");
	assert_int_equal(symlink("own.bin", "own"), 0);
	assert_int_equal(symlink("strange.bin", "strange"), 0);
	assert_int_equal(chown(".", 1234, 1234) | chown("own.bin", 1234, 1234), 0);
	write_model(LOCATION("own"));
	assert_int_equal(open_model(true).status, EXT_OK);
	write_model(LOCATION("strange"));
	assert_int_equal(open_model(true).status, EXT_REFUSED);
	write_model(LOCATION("strange.bin")); /* no link: who owns it does not matter */
	assert_int_equal(open_model(true).status, EXT_OK);
}

static void
what_is_no_regular_file_does_not_hang(void **state)
{
	(void)state;
	assert_int_equal(mkfifo("w.fifo", 0644), 0);
	write_model(LOCATION("w.fifo"));
	assert_int_equal(open_model(false).status, EXT_REFUSED);
	assert_int_equal(open_model(true).status, EXT_REFUSED);
}

static void
ranges_are_checked_without_overflow(void **state)
{
	static const struct { const char *entries; int status; } rows[] = {
		{ "\"offset\" : \"0\", \"length\" : \"16\"", EXT_OK },
		{ "\"offset\" : \"16\"", EXT_OK },
		{ "\"offset\" : \"16\", \"length\" : \"17\"", EXT_SHORT },
		{ "\"offset\" : \"17\"", EXT_SHORT }, /* too few for the shape */
		{ "\"offset\" : \"33\"", EXT_SHORT },
		{ "\"offset\" : \"0\", \"length\" : \"12\"", EXT_SHORT },
		{ "\"offset\" : \"16\", \"length\" : \"18446744073709551614\"", EXT_SHORT },
		{ "\"offset\" : \"18446744073709551615\"", EXT_SHORT },
		{ "\"offset\" : \"18446744073709551616\"", EXT_REFUSED },
		{ "\"offset\" : \"-1\"", EXT_REFUSED },
		{ "\"offset\" : \"0x10\"", EXT_REFUSED },
		{ "\"offset\" : \"\"", EXT_REFUSED },
		{ "\"length\" : \"16 \"", EXT_REFUSED },
	};
	char entries[200];
	struct outcome o;

	(void)state;
	write_file("w.bin", "0123456789abcdef0123456789abcdef");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(entries, sizeof entries, LOCATION("w.bin") ", %s", rows[i].entries);
		write_model(entries);
		o = open_model(false);
		if (o.status != rows[i].status)
			fail_msg("%s: status %d, %s", rows[i].entries, o.status, o.why);
	}
}

/* Another process puts a link, or another file, where the judged one was. */
static void
an_exchanged_file_is_not_read(void **state)
{
	struct tensor_stats stats;
	const struct tensor *t;
	struct model *m;
	struct ctx ctx;

	(void)state;
	write_file("w.bin", "0123456789abcdef");
	write_file("secret", "0123456789abcdef");
	write_model(LOCATION("w.bin"));
	ctx_init(&ctx);
	m = model_read(&ctx, "m.onnxtxt", &(struct read_options){ .follow_links = false });
	t = the_tensor(m);
	assert_int_equal(t->ext->status, EXT_OK);
	assert_int_equal(rename("secret", "w.bin"), 0);
	tensor_stats(t, &ctx, false, &stats);
	assert_int_equal(stats.n, 0);
	assert_false(stats.complete);
	model_free(m);
	ctx_fini(&ctx);
}

/* One tensor per file: more files than a process may have open. */
static void
thousands_of_files_do_not_use_up_descriptors(void **state)
{
	struct rlimit old, few = { 64, 64 };
	struct tensor_stats stats;
	struct model *m;
	struct ctx ctx;
	char name[32];
	uint32_t i;
	FILE *f;

	(void)state;
	f = fopen("m.onnxtxt", "wb");
	assert_non_null(f);
	fputs("<ir_version: 8, opset_import: [\"\" : 17]>\ng () => () <", f);
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "w%u", i);
		write_file(name, "0123456789abcdef");
		fprintf(f, "%s float[4] w%u = [\"location\" : \"w%u\"]", i > 0 ? "," : "", i, i);
	}
	fputs("> {}\n", f);
	fclose(f);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	ctx_init(&ctx);
	m = model_read(&ctx, "m.onnxtxt", &(struct read_options){ .follow_links = false });
	assert_non_null(m);
	assert_int_equal(m->main->ninitializers, 2000);
	for (i = 0; i < 2000; i++) {
		assert_int_equal(m->main->initializers[i]->constant->ext->status, EXT_OK);
		tensor_stats(m->main->initializers[i]->constant, &ctx, false, &stats);
		assert_int_equal(stats.n, 4);
	}
	model_free(m);
	ctx_fini(&ctx);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

static void
many_tensors_of_one_missing_file_are_one_warning(void **state)
{
	struct model *m;
	struct ctx ctx;
	FILE *f;

	(void)state;
	f = fopen("m.onnxtxt", "wb");
	assert_non_null(f);
	fputs("<ir_version: 8, opset_import: [\"\" : 17]>\ng () => () <", f);
	for (int i = 0; i < 100; i++)
		fprintf(f, "%s float[4] w%d = [\"location\" : \"%s\"]", i > 0 ? "," : "", i,
		    i % 2 ? "a" : "b");
	fputs("> {}\n", f);
	fclose(f);
	ctx_init(&ctx);
	m = model_read(&ctx, "m.onnxtxt", &(struct read_options){ .follow_links = false });
	assert_non_null(m);
	assert_int_equal(warnings(&ctx), 2);
	model_free(m);
	ctx_fini(&ctx);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_beside_the_model_is_read),
		TEST(locations_that_leave_the_folder_are_refused),
		TEST(links_need_follow_links),
		TEST(links_to_files_of_others_are_refused),
		TEST(what_is_no_regular_file_does_not_hang),
		TEST(ranges_are_checked_without_overflow),
		TEST(an_exchanged_file_is_not_read),
		TEST(thousands_of_files_do_not_use_up_descriptors),
		TEST(many_tensors_of_one_missing_file_are_one_warning),
	};

	return cmocka_run_group_tests_name("external", tests, NULL, NULL);
}
