/* SPDX-License-Identifier: Apache-2.0 */
/* What torch.save wrote: state dicts, checkpoints, whole modules, in an archive
 * or in the stream of pickles that was used until 1.5, and pickles of others.
 * Source: facts/torchscript-format.md sections 1, 3 and 9. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/archive.h"
#include "read/formats.h"
#include "read/nograph.h"
#include "read/torch/torch_dtype.h"
#include "read/torch/torch_object.h"
#include "read/torch/torch_tar.h"

#define EXPORT "torch.export.export() it and torch.export.save() that"
#define LOAD "build its module in Python, load_state_dict() this file into it, then " EXPORT

static const struct kind {
	const char *name, *what, *advice;
} tensor_kind = { "tensor", "a single tensor", "" },
  dict_kind = { "state dict", "a state dict, weights by name", LOAD },
  checkpoint_kind = { "checkpoint", "a checkpoint, values and weights by key", LOAD },
  module_kind = { "pickled module", "a whole module as Python pickles it, which needs its "
    "Python classes", "torch.load() it where its classes are, with weights_only=False if "
    "'scan' finds nothing, then " EXPORT },
  other_kind = { "pickled object", "a pickled Python object", "" };

static bool
is_state_dict(const struct pickle_value *root)
{
	uint64_t n;
	struct pickle_value **pairs = pickle_pairs(root, &n);
	bool any = false;

	for (uint64_t i = 0; i + 1 < n; i += 2) {
		if (!torch_is_tensor(pairs[i + 1]))
			return false;
		any = true;
	}
	return any;
}

static const struct kind *
kind_of(const struct pickle_value *root)
{
	uint64_t n;

	if (root == NULL)
		return &other_kind;
	if (torch_is_tensor(root))
		return &tensor_kind;
	if (root->kind == PK_CALL && pickle_get(root->v.call->state, "_modules") != NULL)
		return &module_kind;
	if (is_state_dict(root))
		return &dict_kind;
	return root->kind == PK_DICT || pickle_pairs(root, &n) != NULL ? &checkpoint_kind :
	    &other_kind;
}

struct reading {
	struct ctx *ctx;
	struct model *m;
	struct archive *z;          /* or NULL */
	struct arena scratch;
	struct sink text;
	struct torch_object object;
	struct legacy_place { struct loc place; bool known; } *places; /* by id of the key */
	uint32_t nplaces;
};

static void
show(struct reading *r, const char *encoding)
{
	struct torch_object *o = &r->object;
	struct model *m = r->m;
	const struct kind *k = kind_of(o->pickle.root);

	nograph_begin(m, k->name, encoding);
	m->producer = str_internz(&m->strs, "torch");
	if (o->pickle.root != NULL)
		nograph_add_object(m, o, &r->text);
	else
		m->partial = true;
	nograph_end(r->ctx, m, k->what, k->advice);
}

static void
read_archive(void *arg)
{
	struct reading *r = arg;

	torch_object_read(&r->object, r->ctx, &r->m->arena, &r->scratch, r->z);
	show(r, "zip archive");
}

static void
read_under(struct ctx *ctx, struct model *m, struct archive *z, void (*fn)(void *))
{
	struct reading r = { .ctx = ctx, .m = m, .z = z };

	arena_init(&r.scratch, ctx);
	sink_init(&r.text, -1);
	if (ctx_protect(ctx, fn, &r) != 0) {
		m->partial = true;
		model_drop_graphs(m);
	}
	sink_fini(&r.text);
	arena_free(&r.scratch);
}

void
torch_saved_read(struct ctx *ctx, struct model *m, struct archive *z,
    const struct read_options *opts)
{
	(void)opts;
	read_under(ctx, m, z, read_archive);
}

/* The stream: magic, protocol, system, object, keys of storages; then for each
 * of these the number of its elements and their bytes. */

static bool
find_legacy(struct torch_store *s, struct torch_storage *st, const struct pickle_value *id)
{
	struct reading *r = s->arg;
	const struct pickle_value *view = pickle_item(id, 5);
	const struct str *key = str_find(&r->m->strs, st->key, (uint32_t)strlen(st->key));
	uint64_t size = dtype_bits(st->dtype) / 8;
	int64_t at, n;

	if (key == NULL || key->id >= r->nplaces || !r->places[key->id].known)
		return false;
	st->place = r->places[key->id].place;
	if (view == NULL || view->kind != PK_TUPLE)
		return true;
	/* a part of another storage, in elements */
	if (!pickle_int(pickle_item(view, 1), &at) || !pickle_int(pickle_item(view, 2), &n) ||
	    at < 0 || n < 0 || (uint64_t)at > st->place.len / size ||
	    (uint64_t)n > st->place.len / size - (uint64_t)at)
		return false;
	st->numel = n;
	st->place.off += (uint64_t)at * size;
	st->place.len = (uint64_t)n * size;
	return true;
}

/* Bytes of an element of each storage, by the id of its key: only persistent ids
 * say what type it has. */
static uint64_t *
element_sizes(struct reading *r, const struct pickle *keys)
{
	const struct pickle_list *ids = &r->object.pickle.persistent;
	struct strtab *strs = &r->m->strs;
	const struct pickle_value *type;
	const char *key;
	uint64_t *sizes;
	enum dtype dt;
	bool untyped;

	for (uint64_t i = 0; keys->root != NULL && i < keys->root->n; i++)
		if ((key = pickle_str(pickle_item(keys->root, i))) != NULL)
			str_internz(strs, key);
	sizes = arena_array(&r->scratch, strs->n, sizeof *sizes);
	for (uint32_t i = 0; i < ids->n; i++) {
		const struct str *s;

		type = pickle_item(ids->list[i]->v.id, 1);
		key = pickle_str(pickle_item(ids->list[i]->v.id, 2));
		s = key == NULL ? NULL : str_find(strs, key, (uint32_t)strlen(key));
		if (s != NULL && type != NULL && type->kind == PK_GLOBAL &&
		    torch_dtype_storage(type->v.global.name, &dt, &untyped))
			sizes[s->id] = dtype_bits(dt) / 8;
	}
	return sizes;
}

static void
find_storages(struct reading *r, const struct pickle *keys)
{
	const struct source *src = r->m->source;
	uint64_t *sizes = element_sizes(r, keys), at = keys->end, size, n;
	const struct str *key;
	unsigned char b[8];
	const char *s;

	r->nplaces = r->m->strs.n;
	r->places = arena_array(&r->m->arena, r->nplaces, sizeof *r->places);
	for (uint64_t i = 0; keys->root != NULL && i < keys->root->n; i++) {
		s = pickle_str(pickle_item(keys->root, i));
		key = s == NULL ? NULL : str_internz(&r->m->strs, s);
		size = key == NULL ? 0 : sizes[key->id];
		if (size == 0 || source_read(src, at, b, 8) != 8)
			return; /* what follows cannot be found: told when it is asked for */
		n = 0;
		for (int k = 8; k-- > 0;)
			n = n << 8 | b[k];
		at += 8;
		if (n > (src->size - at) / size)
			return;
		r->places[key->id] = (struct legacy_place){ { src, at, n * size }, true };
		at += n * size;
	}
}

static void
read_legacy(void *arg)
{
	struct reading *r = arg;
	struct torch_object *o = &r->object;
	struct model *m = r->m;
	const struct pickle_value *little;
	struct pickle part, keys;
	uint64_t at = 0;

	memset(&keys, 0, sizeof keys);
	for (int i = 0; i < 5; i++) {
		pickle_read(r->ctx, &m->arena, &r->scratch, m->source, at, &part);
		pickle_report(r->ctx, m->source, &part);
		at = part.end;
		if (i == 2 && (little = pickle_get(part.root, "little_endian")) != NULL)
			o->store.big = little->kind == PK_BOOL && !little->v.i;
		if (i == 3)
			o->pickle = part;
		else if (i == 4)
			keys = part;
		if (!part.stopped)
			break;
	}
	o->src = m->source;
	o->store.ctx = r->ctx;
	o->store.a = &m->arena;
	o->store.src = m->source;
	o->store.find = find_legacy;
	o->store.arg = r;
	find_storages(r, &keys);
	show(r, "pickle stream of PyTorch 1.5 and before");
}

void
torch_legacy_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	(void)opts;
	read_under(ctx, m, NULL, read_legacy);
}

static void
read_tar(void *arg)
{
	struct reading *r = arg;
	const struct torch_tar from = { .src = r->m->source };

	r->m->partial |= !torch_tar_read(&r->object, r->ctx, &r->m->arena, &r->scratch, &from);
	if (r->object.src != NULL)
		pickle_report(r->ctx, r->object.src, &r->object.pickle);
	show(r, "tar archive of PyTorch 0.1.1 and before");
}

void
torch_tar_file_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	(void)opts;
	read_under(ctx, m, NULL, read_tar);
}

/* A pickle that is not of torch.save. */
static void
read_pickle(void *arg)
{
	struct reading *r = arg;
	struct torch_object *o = &r->object;

	pickle_read(r->ctx, &r->m->arena, &r->scratch, r->m->source, 0, &o->pickle);
	pickle_report(r->ctx, r->m->source, &o->pickle);
	o->src = r->m->source;
	o->store = (struct torch_store){ .ctx = r->ctx, .a = &r->m->arena, .src = o->src };
	show(r, "pickle");
	r->m->producer = r->m->empty;
}

void
pickle_file_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	(void)opts;
	read_under(ctx, m, NULL, read_pickle);
}
