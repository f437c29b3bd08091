/* SPDX-License-Identifier: Apache-2.0 */
/* Weight files. Each file is opened once, while the records that the program
 * names are read; a record costs one small read, a payload none. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/archive_bytes.h"
#include "read/coreml/blob.h"
#include "read/external.h"
#include "read/reader.h"

enum { WINDOW = 64 << 10 };

/* A weight file: one per location. */
struct weights {
	const struct str *location;
	struct side_file file;
	bool pointer;
	int fd;
	struct source open;   /* fd as a source: records are read through a window */
	struct window win;
	uint32_t tensors, records;
	struct loc loc;   /* of the first tensor that names it */
};

void
blob_header_decode(struct blob_header *h, const unsigned char *p)
{
	h->count = get32(p);
	h->version = get32(p + 4);
}

void
blob_record_decode(struct blob_record *b, const unsigned char *p)
{
	b->sentinel = get32(p);
	b->code = get32(p + 4);
	b->size = get64(p + 8);
	b->offset = get64(p + 16);
	b->padding = get64(p + 24);
}

enum dtype
blob_dtype(uint32_t code)
{
	static const enum dtype known[] = {
		DT_NONE, DT_F16, DT_F32, DT_U8, DT_I8, DT_BF16, DT_I16, DT_U16, DT_I4,
		DT_U1, DT_U2, DT_U4, DT_U3, DT_U6, DT_I32, DT_U32, DT_F8E4M3FN, DT_F8E5M2
	};

	return code < sizeof known / sizeof *known ? known[code] : DT_NONE;
}

static void
check_header(struct ctx *ctx, struct weights *w)
{
	struct where where = { .loc = { w->file.src, 0, BLOB_ALIGN } };
	const unsigned char *p = window_at(&w->win, 0, BLOB_ALIGN);
	struct blob_header h;

	if (p == NULL) {
		diag_add(ctx, DIAG_BLOB_HEADER, &where, "'%s' is too short for a header; "
		    "it holds no weights", w->location->s);
		return;
	}
	blob_header_decode(&h, p);
	w->records = h.count;
	if (h.version != BLOB_VERSION)
		diag_add(ctx, DIAG_BLOB_HEADER, &where, "'%s' has version %" PRIu32 ", "
		    "not %d; its records were read all the same", w->location->s,
		    h.version, BLOB_VERSION);
}

/* Why the record cannot be believed; NULL: it can. */
static const char *
refuse_record(const struct blob_record *b, uint64_t file_size)
{
	uint64_t end;

	if (b->sentinel != BLOB_SENTINEL)
		return "no record is at its offset: the sentinel is missing";
	if (b->offset < BLOB_ALIGN || __builtin_add_overflow(b->offset, b->size, &end) ||
	    end > file_size)
		return "its payload leaves the file";
	return NULL;
}

static void
report(struct ctx *ctx, enum diag_id id, const struct tensor *t, const char *what,
    const char *done)
{
	diag_add(ctx, id, &(struct where){ .loc = t->loc, .node = t->name->s },
	    "weights '%s' at offset %" PRIu64 " of '%s': %s; %s", t->name->s, t->ext->offset,
	    t->ext->location->s, what, done);
}

/* The record agrees with the program, or it is said how not. */
static void
check_record(struct ctx *ctx, struct model *m, struct tensor *t,
    const struct blob_record *b)
{
	enum dtype dt = blob_dtype(b->code);
	uint64_t need = tensor_bytes(t);

	if (dt == DT_NONE)
		report(ctx, DIAG_BLOB_RECORD, t, arena_printf(&m->arena, "type %" PRIu32
		    " is unknown", b->code), "the program's type was taken");
	else if (dt != t->dtype)
		report(ctx, DIAG_BLOB_RECORD, t, arena_printf(&m->arena, "the record is "
		    "of type %s, the program says %s", dtype_name(dt),
		    dtype_name(t->dtype)), "the program's type was taken");
	if (b->size < need) {
		t->ext->status = EXT_SHORT;
		t->ext->why = "fewer bytes are there than the shape needs";
		report(ctx, DIAG_BLOB_RECORD, t, t->ext->why, "what is there is shown");
	} else if (b->size > need && dtype_bits(t->dtype) != 0) {
		report(ctx, DIAG_BLOB_RECORD, t, "more bytes are there than the shape "
		    "needs", "the rest was left out");
	} else if (dt == t->dtype && dtype_bits(dt) < 8 &&
	    b->padding != need * 8 - t->numel * dtype_bits(dt)) {
		report(ctx, DIAG_BLOB_RECORD, t, "it says that another number of bits is "
		    "unused", "the program's shape was taken");
	}
}

static void
judge_tensor(struct ctx *ctx, struct model *m, struct tensor *t, struct weights *w)
{
	struct external *x = t->ext;
	const unsigned char *p = window_at(&w->win, x->offset, BLOB_ALIGN);
	struct blob_record b;

	x->file_size = w->file.src->size;
	x->records = w->records;
	if (p == NULL) {
		x->status = EXT_SHORT;
		x->why = "its offset lies behind the end of the file";
		report(ctx, DIAG_BLOB_RECORD, t, x->why, "it is shown without data");
		return;
	}
	blob_record_decode(&b, p);
	if ((x->why = refuse_record(&b, x->file_size)) != NULL) {
		x->status = EXT_SHORT;
		report(ctx, DIAG_BLOB_RECORD, t, x->why, "it is shown without data");
		return;
	}
	x->status = EXT_OK;
	x->length = b.size;
	t->place = (struct loc){ w->file.src, b.offset, b.size };
	t->stored = b.size;
	t->enc = &TENSOR_RAW;
	check_record(ctx, m, t, &b);
}

static void
resolve_one(struct ctx *ctx, struct model *m, struct tensor *t, struct weights *w)
{
	if (w->tensors++ == 0)
		w->loc = t->loc;
	t->ext->status = w->file.status;
	t->ext->why = w->file.why;
	if (w->file.src != NULL)
		judge_tensor(ctx, m, t, w);
	if (t->ext->status != EXT_OK)
		t->flags |= TENSOR_MISSING;
}

static void
finish_weights(struct ctx *ctx, const struct weights *w)
{
	if (w->fd >= 0)
		close(w->fd);
	if (w->file.src != NULL)
		return;
	diag_add(ctx, w->pointer ? DIAG_BLOB_LFS : w->file.status == EXT_ABSENT ?
	    DIAG_BLOB_MISSING : DIAG_BLOB_REFUSED, &(struct where){ .loc = w->loc },
	    "weights of %" PRIu32 " constant%s in '%s' were not opened: %s", w->tensors,
	    plural(w->tensors), w->location->s, w->file.why);
}

struct resolving {
	struct ctx *ctx;
	struct model *m;
	struct tensor **list;
	uint32_t n;
	bool follow;
	struct arena scratch;
	struct weights **all;
	uint32_t nall;
};

static void
open_weights(struct resolving *r, struct weights *w)
{
	w->fd = side_find(r->m, w->location, r->follow, &w->file);
	if (w->file.src == NULL)
		return;
	w->open = *w->file.src;
	if (w->fd >= 0)
		w->open = (struct source){ .name = w->location->s, .fd = w->fd, .dirfd = -1,
		    .size = w->file.src->size };
	window_init(&w->win, &w->open, &r->scratch, WINDOW);
	if (side_is_pointer(&w->open)) {
		w->pointer = true;
		w->file = (struct side_file){ .status = EXT_ABSENT, .found = true,
		    .why = "a Git LFS pointer is there in place of the file" };
		return;
	}
	check_header(r->ctx, w);
}

static void
resolve(void *arg)
{
	struct resolving *r = arg;
	struct weights **by_id, *w;
	const struct str *at;

	by_id = arena_array(&r->scratch, r->m->strs.n, sizeof *by_id);
	for (uint32_t i = 0; i < r->n; i++) {
		at = r->list[i]->ext->location;
		if ((w = by_id[at->id]) == NULL) {
			r->all = arena_grow(&r->scratch, r->all, r->nall, sizeof *r->all);
			w = by_id[at->id] = arena_alloc(&r->scratch, sizeof *w);
			w->location = at;
			w->fd = -1;
			r->all[r->nall++] = w;
			open_weights(r, w);
		}
		resolve_one(r->ctx, r->m, r->list[i], w);
	}
}

void
blob_resolve(struct ctx *ctx, struct model *m, struct tensor **list, uint32_t n,
    const struct read_options *opts)
{
	struct resolving r = { .ctx = ctx, .m = m, .list = list, .n = n,
	    .follow = opts->follow_links };

	if (n == 0)
		return;
	arena_init(&r.scratch, ctx);
	if (ctx_protect(ctx, resolve, &r) != 0)
		m->partial = true;
	for (uint32_t i = 0; i < r.nall; i++)
		finish_weights(ctx, r.all[i]);
	arena_free(&r.scratch);
}
