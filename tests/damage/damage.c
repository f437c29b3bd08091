/* SPDX-License-Identifier: Apache-2.0 */
/* Every truncation and single-byte damage of the seeds, as text and in wire
 * form, and every allocation failing in turn: no crash, nothing leaked, and
 * something is always said of a file that gives no model. TAP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../drive.h"
#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "proto/onnx.pb-c.h"
#include "read/text.h"
#include "read/wirebuf.h"

static int ntests, nfailed;

struct bytes { unsigned char *p; size_t n; };

static struct bytes
slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct bytes b = { malloc(1 << 20), 0 };

	if (f == NULL)
		return b;
	b.n = fread(b.p, 1, 1 << 20, f);
	fclose(f);
	return b;
}

/* The seed in wire form; empty when it is no protobuf text. */
static struct bytes
wire_form(struct bytes text)
{
	struct bytes b = { NULL, 0 };
	struct wirebuf w;
	struct ctx ctx;
	struct arena a;
	struct text t;

	ctx_init(&ctx);
	arena_init(&a, &ctx);
	wirebuf_init(&w, &ctx);
	t = (struct text){ source_memory(&a, "seed", text.p, text.n), (char *)text.p, text.n };
	if (proto_text_read(&ctx, &t, &onnx__model_proto__descriptor, &w) == 0) {
		b.n = w.n;
		b.p = malloc(w.n);
		memcpy(b.p, w.buf, w.n);
	}
	wirebuf_free(&w);
	arena_free(&a);
	ctx_fini(&ctx);
	return b;
}

static void
result(int ok, const char *seed, const char *form, const char *what, size_t runs)
{
	nfailed += !ok;
	printf("%sok %d - %s, %s: %s (%zu runs)\n", ok ? "" : "not ", ++ntests, seed, form, what, runs);
	fflush(stdout);
}

/* A copy on the heap of just that size, so that a sanitizer sees reads past it. */
static int
run_copy(const unsigned char *p, size_t n, uint64_t fail_at, uint64_t budget, uint64_t *allocs)
{
	unsigned char *copy = malloc(n + (n == 0));
	struct drive_result r;

	memcpy(copy, p, n);
	r = drive(copy, n, fail_at, budget);
	free(copy);
	if (allocs != NULL)
		*allocs = r.allocs;
	return drive_is_good(&r);
}

/* $DAMAGE_STEP=7: every seventh place, where another run does them all. */
static size_t
step(void)
{
	const char *s = getenv("DAMAGE_STEP");
	int n = s != NULL ? atoi(s) : 1;

	return n > 1 ? (size_t)n : 1;
}

static void
truncate_all(const char *seed, const char *form, struct bytes b)
{
	int ok = 1;

	for (size_t n = 0; n < b.n; n += step())
		ok &= run_copy(b.p, n, 0, 0, NULL);
	result(ok, seed, form, "cut at every byte", b.n / step());
}

static void
damage_all(const char *seed, const char *form, struct bytes b)
{
	static const unsigned char flips[] = { 0x01, 0x80, 0x7f, 0xff, 0x08 };
	size_t runs = 0;
	int ok = 1;

	for (size_t i = 0; i < b.n; i += step()) {
		for (size_t k = 0; k < sizeof flips; k++, runs++) {
			b.p[i] ^= flips[k];
			ok &= run_copy(b.p, b.n, 0, 0, NULL);
			b.p[i] ^= flips[k];
		}
	}
	result(ok, seed, form, "every byte damaged", runs);
}

static void
starve(const char *seed, const char *form, struct bytes b)
{
	uint64_t allocs = 0, n;
	int ok = run_copy(b.p, b.n, 0, 0, &allocs);

	for (n = 1; n <= allocs; n += step())
		ok &= run_copy(b.p, b.n, n, 0, NULL);
	result(ok, seed, form, "every allocation failing in turn", (size_t)allocs / step());
	for (ok = 1, n = 1; n < 1 << 20; n += n / 2 + 1)
		ok &= run_copy(b.p, b.n, 0, n, NULL);
	result(ok, seed, form, "every budget", 0);
}

static void
all(const char *seed, const char *form, struct bytes b)
{
	truncate_all(seed, form, b);
	damage_all(seed, form, b);
	starve(seed, form, b);
}

/* damage SHARE/OF SEED...: 1/2 are the first, the third, ... */
int
main(int argc, char **argv)
{
	struct bytes text, wire;
	const char *name;
	int share = 1, of = 1, from = 1;

	if (argc > 1 && sscanf(argv[1], "%d/%d", &share, &of) == 2 && of > 0)
		from = 2;
	for (int i = from + share - 1; i < argc; i += of) {
		name = strrchr(argv[i], '/') != NULL ? strrchr(argv[i], '/') + 1 : argv[i];
		text = slurp(argv[i]);
		wire = wire_form(text);
		all(name, "text", text);
		if (wire.n > 0)
			all(name, "wire", wire);
		free(text.p);
		free(wire.p);
	}
	printf("1..%d\n", ntests);
	return nfailed > 0;
}
