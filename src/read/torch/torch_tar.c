/* SPDX-License-Identifier: Apache-2.0 */
/* storages: their number; for each a pickle (key, location, class), its length and
 * its bytes; then a list of views (key, key of the whole, offset, length).
 * tensors: their number; for each a pickle (key, storage, class), rank, sizes,
 * strides and offset. Source: legacy_load in torch/serialization.py. */
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "base/source.h"
#include "read/archive_bytes.h"
#include "read/tar.h"
#include "read/torch/torch_dtype.h"
#include "read/torch/torch_object.h"
#include "read/torch/torch_tar.h"

enum { RANK_MAX = 64 };

struct keyed { int64_t key; struct pickle_value *v; bool used; };

struct tarred {
	struct ctx *ctx;
	const struct torch_tar *from;
	struct arena *a, *scratch;   /* a: of the result */
	bool whole;
	struct torch_tar_parts parts;
	struct source *part;         /* the member that is read */
	uint64_t base, at;           /* where it begins in the file; where reading is in it */
	struct keyed *made;          /* storages and tensors by key */
	uint32_t n, mask;
};

enum part { SYS_INFO, PICKLE, TENSORS, STORAGES, PARTS };
static const char *const parts[PARTS] = { "sys_info", "pickle", "tensors", "storages" };

static enum part
part_named(const char *name)
{
	enum part i = 0;

	while (i < PARTS && strcmp(name, parts[i]) != 0)
		i++;
	return i;
}

bool
torch_tar_is(const struct source *src)
{
	struct tar t = { .src = src };
	struct tar_member m;

	/* remarks come first when times have fractions */
	while (tar_is(src) && tar_next(&t, &m))
		if (tar_file(&m))
			return part_named(m.name) < PARTS;
	return false;
}

void
torch_tar_find(const struct source *src, struct torch_tar_parts *p)
{
	struct tar_member m;
	enum part i;

	memset(p, 0, sizeof *p);
	p->walk.src = src;
	while (tar_next(&p->walk, &m))
		if (tar_file(&m) && (i = part_named(m.name)) < PARTS)
			p->list[i] = m;
}

bool
torch_tar_part(const struct torch_tar_parts *p, const struct tar_member *m)
{
	enum part i = tar_file(m) ? part_named(m->name) : PARTS;

	return i < PARTS && p->list[i].off == m->off;
}

static struct keyed *
probe(struct tarred *t, int64_t key)
{
	uint32_t i = (uint32_t)hash_mix((uint64_t)key) & t->mask;

	while (t->made[i].used && t->made[i].key != key)
		i = (i + 1) & t->mask;
	return &t->made[i];
}

static void
grow(struct tarred *t)
{
	struct keyed *old = t->made;
	uint32_t n = old != NULL ? t->mask + 1 : 0;

	if (old != NULL && t->n * 2 < n)
		return;
	t->mask = n > 0 ? 2 * n - 1 : 63;
	t->made = arena_array(t->scratch, (size_t)t->mask + 1, sizeof *t->made);
	for (uint32_t i = 0; i < n; i++)
		if (old[i].used)
			*probe(t, old[i].key) = old[i];
}

/* What stands under a key, a number, until the next one is asked for; NULL: it is
 * none. */
static struct pickle_value **
slot(struct tarred *t, const struct pickle_value *key)
{
	struct keyed *k;
	int64_t i;

	if (!pickle_int(key, &i))
		return NULL;
	grow(t);
	k = probe(t, i);
	t->n += !k->used;
	k->used = true;
	k->key = i;
	return &k->v;
}

static bool
open_part(struct tarred *t, enum part i)
{
	const struct source *src = t->from->src;
	const struct tar_member *m = &t->parts.list[i];

	if (m->off == 0)
		return false;
	t->part = source_slice(t->a, arena_printf(t->a, "%s:%s", src->name, parts[i]), src,
	    m->off, m->size);
	t->part->member = parts[i];
	t->base = m->off;
	t->at = 0;
	return true;
}

static struct pickle_value *
next_pickle(struct tarred *t, struct arena *a, struct pickle *p)
{
	const struct torch_tar *from = t->from;

	pickle_read(t->ctx, a, t->scratch, t->part, t->at, p);
	if (from->pickle != NULL)
		from->pickle(from->arg, t->part, p);
	t->at = p->end;
	return p->stopped ? p->root : NULL;
}

static bool
next_words(struct tarred *t, int64_t *out, uint32_t n)
{
	unsigned char b[8];

	for (uint32_t i = 0; i < n; i++, t->at += sizeof b) {
		if (source_read(t->part, t->at, b, sizeof b) != (long)sizeof b)
			return false;
		out[i] = (int64_t)get64(b);
	}
	return true;
}

static void
close_part(struct tarred *t)
{
	if (t->at < t->part->size && t->from->rest != NULL)
		t->from->rest(t->from->arg, t->part, t->at);
}

static bool
damaged(struct tarred *t, const char *what)
{
	/* no member of it may be there */
	const struct source *src = t->part != NULL ? t->part : t->from->src;

	diag_add(t->ctx, DIAG_TORCH_STORAGE, &(struct where){ .loc = { src, t->at, 0 } },
	    "%s: %s cannot be read; what comes behind it is not shown", src->name, what);
	t->whole = false;
	return false;
}

/* ---- storages ---- */

static struct pickle_value *
storage_value(struct tarred *t, const struct torch_storage *st, uint64_t off)
{
	struct pickle_value *v = pickle_new(t->a, PK_PERSISTENT, off);
	struct torch_storage *own = arena_alloc(t->a, sizeof *own);

	*own = *st;
	v->v.id = pickle_new(t->a, PK_TUPLE, off);
	v->made = own;
	return v;
}

static bool
read_storage(struct tarred *t)
{
	struct torch_storage st = { .key = "" };
	struct pickle p;
	struct pickle_value *v = next_pickle(t, t->scratch, &p), **to = slot(t, pickle_item(v, 0));
	const struct pickle_value *class = pickle_item(v, 2);
	uint64_t bits;

	if (to == NULL || class == NULL || class->kind != PK_GLOBAL ||
	    !torch_dtype_storage(class->v.global.name, &st.dtype, &st.untyped) ||
	    !next_words(t, &st.numel, 1))
		return damaged(t, "a storage");
	/* files of this age have none with a part of a byte, or of a type without one */
	bits = dtype_bits(st.dtype);
	if (bits == 0 || bits % 8 != 0)
		return damaged(t, "a storage whose elements are no whole bytes");
	if (st.numel < 0 || (uint64_t)st.numel > (t->part->size - t->at) / (bits / 8))
		return damaged(t, "a storage that is longer than the file");
	st.place = (struct loc){ t->from->src, t->base + t->at, (uint64_t)st.numel * (bits / 8) };
	*to = storage_value(t, &st, p.start);
	t->at += st.place.len;
	return true;
}

/* A part of another storage, in elements. */
static void
read_view(struct tarred *t, const struct pickle_value *v)
{
	struct pickle_value **whole = slot(t, pickle_item(v, 1)), **to;
	const struct torch_storage *root = whole != NULL && *whole != NULL ? (*whole)->made : NULL;
	struct torch_storage st;
	int64_t off, n;
	uint64_t size;

	to = slot(t, pickle_item(v, 0));
	if (to == NULL || root == NULL || !pickle_int(pickle_item(v, 2), &off) ||
	    !pickle_int(pickle_item(v, 3), &n) || off < 0 || n < 0 || off > root->numel ||
	    n > root->numel - off) {
		damaged(t, "a part of a storage");
		return;
	}
	st = *root;
	size = dtype_bits(st.dtype) / 8;
	st.numel = n;
	st.place.off += (uint64_t)off * size;
	st.place.len = (uint64_t)n * size;
	*to = storage_value(t, &st, v->off);
}

static void
read_storages(struct tarred *t)
{
	struct pickle p;
	struct pickle_value *v, *view;
	int64_t n;

	if (!open_part(t, STORAGES) || !pickle_int(next_pickle(t, t->scratch, &p), &n)) {
		damaged(t, "how many storages there are");
		return;
	}
	while (n-- > 0)
		if (!read_storage(t)) {
			close_part(t);
			return;
		}
	v = next_pickle(t, t->scratch, &p);
	for (uint64_t i = 0; (view = pickle_item(v, i)) != NULL; i++)
		read_view(t, view);
	close_part(t);
}

/* ---- tensors ---- */

static struct pickle_value *
tuple_of(struct tarred *t, const int64_t *list, uint32_t n, uint64_t off)
{
	struct pickle_value *v = pickle_new(t->a, PK_TUPLE, off);

	for (uint32_t i = 0; i < n; i++)
		pickle_push(t->a, v, pickle_new_int(t->a, list[i], off));
	return v;
}

static bool
read_tensor(struct tarred *t)
{
	int64_t words[2 * RANK_MAX + 2];
	struct pickle p;
	struct pickle_value *v = next_pickle(t, t->scratch, &p), *made, *args;
	struct pickle_value **to, **storage = slot(t, pickle_item(v, 1));
	struct pickle_value *held = storage != NULL ? *storage : NULL;
	uint32_t rank;

	to = slot(t, pickle_item(v, 0));
	if (to == NULL || held == NULL || held->kind != PK_PERSISTENT || !next_words(t, words, 1))
		return damaged(t, "a tensor");
	rank = (uint32_t)words[0]; /* the upper half is padding */
	if (rank > RANK_MAX || !next_words(t, words, 2 * rank + 1))
		return damaged(t, "the shape of a tensor");
	made = pickle_new_call(t->a, "torch._utils", "_rebuild_tensor", p.start);
	args = made->v.call->args;
	pickle_push(t->a, args, held);
	pickle_push(t->a, args, pickle_new_int(t->a, words[2 * rank], p.start));
	pickle_push(t->a, args, tuple_of(t, words, rank, p.start));
	pickle_push(t->a, args, tuple_of(t, words + rank, rank, p.start));
	*to = made;
	return true;
}

static void
read_tensors(struct tarred *t)
{
	struct pickle p;
	int64_t n;

	if (!open_part(t, TENSORS) || !pickle_int(next_pickle(t, t->scratch, &p), &n)) {
		damaged(t, "how many tensors there are");
		return;
	}
	while (n-- > 0)
		if (!read_tensor(t))
			break;
	close_part(t);
}

/* ---- the object ---- */

/* What the pickle names by number; classes stand in a tuple with their source. */
static void
resolve(struct tarred *t, struct pickle_value *v)
{
	struct pickle_value **made = slot(t, v->v.id);

	if (made != NULL && *made != NULL)
		*v = **made;
	else if (made == NULL && pickle_item(v->v.id, 0) != NULL)
		*v = *pickle_item(v->v.id, 0);
	else
		damaged(t, "a tensor that the pickle names");
}

bool
torch_tar_read(struct torch_object *o, struct ctx *ctx, struct arena *a, struct arena *scratch,
    const struct torch_tar *from)
{
	struct tarred t = { .ctx = ctx, .from = from, .a = a, .scratch = scratch, .whole = true };
	struct pickle system;

	torch_tar_find(from->src, &t.parts);
	if (t.parts.walk.problem != NULL) {
		diag_add(ctx, DIAG_TAR, &(struct where){ .loc = { from->src,
		    t.parts.walk.problem_at, 0 } }, "%s: %s; what comes behind it is not shown",
		    from->src->name, t.parts.walk.problem);
		t.whole = false;
	}
	/* of which nothing is needed */
	if (open_part(&t, SYS_INFO)) {
		next_pickle(&t, scratch, &system);
		close_part(&t);
	}
	read_storages(&t);
	read_tensors(&t);
	if (!open_part(&t, PICKLE))
		return damaged(&t, "the object");
	next_pickle(&t, a, &o->pickle);
	close_part(&t);
	for (uint32_t i = 0; i < o->pickle.persistent.n; i++)
		resolve(&t, o->pickle.persistent.list[i]);
	o->src = t.part;
	o->store = (struct torch_store){ .ctx = ctx, .a = a, .src = t.part };
	return t.whole;
}
