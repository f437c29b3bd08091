/* SPDX-License-Identifier: Apache-2.0 */
/* Walks of object trees. Values may be shared and hold themselves: a walk goes
 * no deeper than the limit and no further than a number of steps. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/sink.h"
#include "base/source.h"
#include "base/str.h"
#include "read/archive.h"
#include "read/torch/torch_object.h"

enum { DEPTH_MAX = 64, STEPS_MAX = 4000000, DESCRIBE_STEPS = 200, NAME_MAX_BYTES = 4096 };

static bool
is_big(struct archive *z, struct arena *scratch)
{
	struct archive_entry *e = archive_record(z, "byteorder");
	const char *s;
	size_t n;

	return e != NULL && e->size < 16 && (s = archive_bytes(z, e, scratch, &n)) != NULL &&
	    strncmp(s, "big", 3) == 0;
}

bool
torch_object_open(struct torch_object *o, struct ctx *ctx, struct arena *a,
    struct arena *scratch, const struct source *src)
{
	struct archive *z = src != NULL ? archive_open(ctx, a, src) : NULL;

	memset(o, 0, sizeof *o);
	return z != NULL && torch_object_read(o, ctx, a, scratch, z);
}

bool
torch_object_read(struct torch_object *o, struct ctx *ctx, struct arena *a,
    struct arena *scratch, struct archive *z)
{
	const struct source *src = z->src;
	struct archive_entry *e;

	memset(o, 0, sizeof *o);
	o->z = z;
	if ((e = archive_record(o->z, "data.pkl")) == NULL) {
		diag_add(ctx, DIAG_PICKLE, &(struct where){ .loc = { src, 0, 0 } },
		    "%s: an archive of torch.save without its data.pkl", src->name);
		return false;
	}
	if ((o->src = archive_source(o->z, e, NULL)) == NULL)
		return false;
	pickle_read(ctx, a, scratch, o->src, 0, &o->pickle);
	pickle_report(ctx, o->src, &o->pickle);
	o->store = (struct torch_store){ .ctx = ctx, .a = a, .src = o->src, .z = o->z,
	    .folder = "data/", .big = is_big(o->z, scratch) };
	return o->pickle.root != NULL;
}

/* describe */

struct describe {
	struct torch_object *o;
	struct sink *out;
	const struct str *unnamed;
	unsigned depth, steps;
};

static void describe(struct describe *, struct pickle_value *);

static void
describe_items(struct describe *d, struct pickle_value *const *items, uint64_t n,
    const char *ends, bool pairs)
{
	sink_write(d->out, ends, 1);
	for (uint64_t i = 0; i < n && d->steps < DESCRIBE_STEPS; i++) {
		if (i > 0)
			sink_puts(d->out, pairs && i % 2 != 0 ? ": " : ", ");
		describe(d, items[i]);
	}
	sink_write(d->out, ends + 1, 1);
}

static void
describe_tensor(struct sink *out, const struct tensor *t)
{
	sink_printf(out, "%s[", dtype_name(t->dtype));
	for (uint32_t i = 0; i < t->rank; i++)
		sink_printf(out, "%s%" PRId64, i > 0 ? "," : "", t->dims[i]);
	sink_puts(out, "]");
}

static void
describe_other(struct describe *d, struct pickle_value *v)
{
	static const char *const ends[] = { [PK_TUPLE] = "()", [PK_LIST] = "[]",
	    [PK_SET] = "{}", [PK_DICT] = "{}" };

	if (v->kind == PK_CALL && v->v.call->ndict > 0)
		describe_items(d, v->v.call->dict, v->v.call->ndict, "{}", true);
	else if (v->kind == PK_CALL && v->v.call->callee->kind == PK_GLOBAL)
		sink_printf(d->out, "%s()", v->v.call->callee->v.global.name);
	else if (v->kind >= PK_TUPLE && v->kind <= PK_SET)
		describe_items(d, v->v.items, v->n, ends[v->kind], v->kind == PK_DICT);
	else
		sink_puts(d->out, "...");
}

static void
describe(struct describe *d, struct pickle_value *v)
{
	const struct tensor *t;

	if (++d->steps >= DESCRIBE_STEPS || d->depth >= DEPTH_MAX) {
		sink_puts(d->out, "...");
		return;
	}
	d->depth++;
	if (torch_is_tensor(v) && (t = torch_tensor(&d->o->store, v, d->unnamed)) != NULL)
		describe_tensor(d->out, t);
	else if (v->kind == PK_NONE)
		sink_puts(d->out, "None");
	else if (v->kind == PK_BOOL)
		sink_puts(d->out, v->v.i ? "True" : "False");
	else if (v->kind == PK_INT)
		sink_i64(d->out, v->v.i);
	else if (v->kind == PK_FLOAT)
		sink_double(d->out, v->v.f, false, false);
	else if (v->kind == PK_STR && v->v.text.s != NULL && v->n < 80)
		sink_printf(d->out, "'%s'", v->v.text.s);
	else if (v->kind == PK_GLOBAL)
		sink_puts(d->out, v->v.global.name);
	else
		describe_other(d, v);
	d->depth--;
}

void
torch_object_describe(struct torch_object *o, struct sink *out, struct pickle_value *v)
{
	struct describe d = { o, out, arena_alloc(o->store.a, sizeof(struct str) + 8), 0, 0 };

	describe(&d, v);
}

/* walk */

struct walk {
	const struct torch_walk *w;
	unsigned depth;
	uint64_t steps, most;          /* values looked at, and how many may be */
	bool stop;
	size_t n;                      /* bytes of the name so far */
	char name[NAME_MAX_BYTES];
};

static void walk(struct walk *, struct pickle_value *);

/* Go below v, which has this key there. */
static void
walk_key(struct walk *k, const char *key, struct pickle_value *v)
{
	size_t n = k->n, len = strlen(key);

	if (n + len + 2 > sizeof k->name)
		return;
	if (n > 0 && len > 0)
		k->name[k->n++] = '.';
	memcpy(k->name + k->n, key, len + 1);
	k->n += len;
	walk(k, v);
	k->n = n;
	k->name[n] = '\0';
}

static void
walk_items(struct walk *k, struct pickle_value *const *items, uint64_t n)
{
	char key[24];

	for (uint64_t i = 0; i < n && !k->stop; i++) {
		snprintf(key, sizeof key, "%" PRIu64, i);
		walk_key(k, key, items[i]);
	}
}

static void
walk_pairs(struct walk *k, struct pickle_value *const *items, uint64_t n)
{
	const char *key;
	char number[24];

	for (uint64_t i = 0; i + 1 < n && !k->stop; i += 2) {
		key = pickle_str(items[i]);
		if (key == NULL) {
			snprintf(number, sizeof number, "%" PRId64,
			    items[i]->kind == PK_INT ? items[i]->v.i : (int64_t)(i / 2));
			key = number;
		}
		walk_key(k, key, items[i + 1]);
	}
}

/* A module keeps what it has in dictionaries of its state, which are no part of
 * the names; then come its other attributes. */
static bool
walk_module(struct walk *k, struct pickle_value *state)
{
	static const char *const inner[] = { "_parameters", "_buffers", "_modules" };
	struct pickle_value *v;
	bool any = false;

	for (size_t i = 0; i < 3; i++)
		any |= pickle_get(state, inner[i]) != NULL;
	for (size_t i = 0; any && i < 3; i++)
		if ((v = pickle_get(state, inner[i])) != NULL)
			walk_key(k, "", v);
	return any;
}

static void
walk_call(struct walk *k, struct pickle_call *c)
{
	if (c->state != NULL && !walk_module(k, c->state))
		walk(k, c->state);
	walk_pairs(k, c->dict, c->ndict);
	walk_items(k, c->list, c->nlist);
	if (c->state == NULL && c->ndict == 0 && c->nlist == 0 && c->args->kind == PK_TUPLE)
		walk_items(k, c->args->v.items, c->args->n);
}

static void
walk(struct walk *k, struct pickle_value *v)
{
	if (k->stop || ++k->steps >= k->most || k->depth >= DEPTH_MAX)
		return;
	k->depth++;
	if (torch_is_tensor(v))
		k->stop = !k->w->each(k->w->arg, k->name, v);
	else if (v->kind == PK_DICT)
		walk_pairs(k, v->v.items, v->n);
	else if (v->kind == PK_TUPLE || v->kind == PK_LIST || v->kind == PK_SET)
		walk_items(k, v->v.items, v->n);
	else if (v->kind == PK_CALL)
		walk_call(k, v->v.call);
	k->depth--;
}

void
torch_object_walk(struct torch_object *o, const struct torch_walk *w, struct pickle_value *v)
{
	struct walk k = { .w = w };

	/* each step is a value or a reference in the pickle, but for what stands in lists
	 * that are shared: eight such sharings over all are more than anybody writes */
	k.most = o->src != NULL && o->src->size < STEPS_MAX / 8 ? 8 * o->src->size + 1000 :
	    STEPS_MAX;
	k.name[0] = '\0';
	walk(&k, v);
}
