/* SPDX-License-Identifier: Apache-2.0 */
/* Rewrites specifications of Core ML: nothing changed gives the same bytes;
 * texts made longer, and then short again, too, with all that lies around and
 * between them. One test a file, in TAP. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/sink.h"
#include "base/source.h"
#include "proto/coreml.pb-c.h"
#include "read/splice.h"
#include "read/wire.h"

enum { MORE = 200 }; /* bytes that a text grows by: its length needs a byte more */

struct rewrite {
	struct ctx *ctx;
	struct arena a;
	struct wire w;
	struct splice s;
	bool longer;     /* or shorter */
	uint32_t every, texts, changed;
	bool refused;
};

static size_t
put_varint(char *p, uint64_t v)
{
	size_t n = 0;

	for (; v > 127; v >>= 7)
		p[n++] = (char)(v | 128);
	p[n++] = (char)v;
	return n;
}

static void
change_text(struct rewrite *r, const struct wire_field *f)
{
	uint64_t len = r->longer ? f->len + MORE : f->len - MORE, keep = r->longer ? f->len : len;
	char *p = arena_array(&r->a, len + 20, 1);
	size_t n = put_varint(p, (uint64_t)f->number << 3 | WIRE_BYTES);

	n += put_varint(p + n, len);
	memset(p + n, '~', len);
	if (source_read(r->s.src, f->at, p + n, keep) != (long)keep ||
	    !splice_field(&r->s, &r->w, f, p, n + len))
		r->refused = true;
	r->changed++;
}

static void
walk(struct rewrite *r)
{
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.desc->type == PROTOBUF_C_TYPE_MESSAGE)
			WIRE_IN(&r->w, &f, walk(r));
		else if (f.desc->type == PROTOBUF_C_TYPE_STRING && r->texts++ % r->every == 0)
			change_text(r, &f);
	}
}

/* src written again into out. false: it was refused. */
static bool
rewrite(struct rewrite *r, const struct source *src, bool change, struct sink *out)
{
	bool good;

	r->texts = r->changed = 0;
	r->refused = false;
	arena_init(&r->a, r->ctx);
	splice_init(&r->s, &r->a, src);
	wire_root(&r->w, r->ctx, &r->a, src, &coreml__model__descriptor);
	if (change)
		walk(r);
	good = splice_write(&r->s, out) && !r->refused;
	arena_free(&r->a);
	return good;
}

static bool
is_same(const struct source *src, const struct sink *out)
{
	char buf[4096];
	long got;

	for (size_t at = 0; at < out->n; at += (size_t)got) {
		got = source_read(src, at, buf, sizeof buf);
		if (got <= 0 || (size_t)got > out->n - at ||
		    memcmp(buf, out->buf + at, (size_t)got) != 0)
			return false;
	}
	return out->n == src->size;
}

static const char *
judge_way_back(struct rewrite *r, const struct source *src, const struct sink *longer,
    struct sink *back)
{
	struct source mid = { .name = "longer", .fd = -1, .dirfd = -1,
	    .mem = (const unsigned char *)longer->buf, .size = longer->n };
	uint32_t changed = r->changed;

	r->longer = false;
	if (longer->n < src->size + (uint64_t)changed * MORE)
		return "the longer texts are not all there";
	if (!rewrite(r, &mid, true, back) || r->changed != changed)
		return "the longer texts are not found again";
	return is_same(src, back) ? NULL : "what comes back differs";
}

/* What went wrong, or NULL. */
static const char *
judge(struct rewrite *r, const struct source *src)
{
	struct sink same, longer, back;
	const char *why = NULL;

	sink_init(&same, -1);
	sink_init(&longer, -1);
	sink_init(&back, -1);
	if (!rewrite(r, src, false, &same) || !is_same(src, &same))
		why = "a copy differs";
	r->longer = true;
	if (why == NULL && !rewrite(r, src, true, &longer) && !r->w.damaged)
		why = "a change was refused";
	/* damaged files may be copied, not changed */
	if (why == NULL && !r->w.damaged)
		why = judge_way_back(r, src, &longer, &back);
	sink_fini(&same);
	sink_fini(&longer);
	sink_fini(&back);
	return why;
}

static void
judge_file(unsigned number, const char *path)
{
	struct rewrite r = { .every = 1 };
	struct source *src;
	struct arena a;
	struct ctx ctx;
	const char *why = "it cannot be opened";

	ctx_init(&ctx);
	r.ctx = &ctx;
	arena_init(&a, &ctx);
	if ((src = source_open(&ctx, &a, path)) != NULL) {
		/* large programs have a hundred thousand texts */
		r.every = src->size > 1 << 20 ? 97 : src->size > 1 << 16 ? 7 : 1;
		why = judge(&r, src);
		source_close(src);
	}
	printf("%sok %u - rewritten: %s\n", why != NULL ? "not " : "", number, path);
	if (why != NULL)
		printf("# %s\n", why);
	arena_free(&a);
	ctx_fini(&ctx);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		judge_file((unsigned)i, argv[i]);
	printf("1..%d\n", argc - 1);
	return 0;
}
