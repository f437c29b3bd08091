/* SPDX-License-Identifier: Apache-2.0 */
/* Weights and constants of a program in its archive: an archive of torch.save
 * in the older eras, since 2.9 a file for each storage and a list of which
 * tensor is what part of which. Source: facts/pt2-format.md section 1. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "read/archive.h"
#include "read/torch/pt2_read.h"
#include "read/torch/strided.h"
#include "read/torch/torch_object.h"

struct weights {
	struct pt2_reader *r;
	struct archive *z;
	struct torch_object object;  /* of torch.save, when they are in one */
};

static void
hold(struct pt2_reader *r, const struct str *name, struct tensor *t)
{
	r->held = arena_grow(&r->scratch, r->held, r->nheld, sizeof *r->held);
	r->held[r->nheld++] = (struct pt2_held){ name, t, NULL };
}

/* torch.save: a dictionary of tensors by name. */

static bool
hold_value(void *arg, const char *name, struct pickle_value *v)
{
	struct weights *w = arg;
	const struct str *s = str_internz(&w->r->m->strs, name);
	struct tensor *t = torch_tensor(&w->object.store, v, s);

	if (t != NULL)
		hold(w->r, s, t);
	return true;
}

static void
read_saved(struct weights *w, const char *name)
{
	struct archive_entry *e = archive_record(w->z, name);
	const struct torch_walk walk = { hold_value, w };

	/* an empty record: there are none */
	if (e == NULL || e->size == 0)
		return;
	if (torch_object_open(&w->object, w->r->ctx, &w->r->m->arena, &w->r->scratch,
	    archive_source(w->z, e, NULL)))
		torch_object_walk(&w->object, &walk, w->object.pickle.root);
}

/* Since 2.9. */

struct payload {
	const struct str *name;      /* that the module gives it */
	const char *path;            /* in the folder */
	bool pickled;
	enum dtype dtype;
	int64_t *dims, *strides;
	uint32_t ndims, nstrides;
	int64_t offset;
};

/* SymInt; -1: no number, which sizes of weights must be. */
static int64_t
read_size(struct pt2_reader *r)
{
	struct pt2_union u;
	int64_t v = -1;

	if (json_in_kind(&r->j) != JSON_IN_OBJECT) {
		json_in_int(&r->j, &v);
	} else if (pt2_union(r, &u)) {
		if (strcmp(u.name, "as_int") == 0)
			json_in_int(&r->j, &v);
		else
			json_in_skip(&r->j);
		pt2_union_end(r);
	}
	return v;
}

static uint32_t
read_sizes(struct pt2_reader *r, int64_t **list)
{
	uint32_t n = 0;

	*list = NULL;
	if (!json_in_open(&r->j, JSON_IN_ARRAY))
		return 0;
	while (json_in_item(&r->j)) {
		*list = arena_grow(&r->m->arena, *list, n, sizeof **list);
		(*list)[n] = read_size(r);
		n++;
	}
	return n;
}

static void
read_meta(struct pt2_reader *r, struct payload *p)
{
	static const char *const names[] = { "dtype", "sizes", "strides", "storage_offset",
	    "requires_grad", "device", "layout", NULL };
	enum { DTYPE, SIZES, STRIDES, OFFSET };
	int64_t n;
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == DTYPE && json_in_int(&r->j, &n))
			p->dtype = pt2_dtype(r, n);
		else if (i == SIZES)
			p->ndims = read_sizes(r, &p->dims);
		else if (i == STRIDES)
			p->nstrides = read_sizes(r, &p->strides);
		else if (i == OFFSET)
			p->offset = read_size(r);
		else if (i > OFFSET)
			json_in_skip(&r->j);
	}
}

static void
read_payload(struct pt2_reader *r, struct payload *p)
{
	static const char *const names[] = { "path_name", "use_pickle", "tensor_meta",
	    "is_param", NULL };
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == 0)
			p->path = pt2_str(r)->s;
		else if (i == 1)
			json_in_bool(&r->j, &p->pickled);
		else if (i == 2)
			read_meta(r, p);
		else
			json_in_skip(&r->j);
	}
}

/* Set the data of t from a record that is the whole storage. */
static void
place_tensor(struct weights *w, struct tensor *t, const struct payload *p,
    struct archive_entry *e)
{
	struct strided view = { .offset = p->offset, .strides = p->strides };
	struct source *bytes = archive_lazy(w->z, e);

	if (bytes == NULL)
		return;
	/* stored ones are places of the archive itself, for people to find */
	view.storage = e->method == 0 ? archive_place(w->z, e) :
	    (struct loc){ bytes, 0, bytes->size };
	if (p->nstrides == p->ndims && (t->flags & TENSOR_BAD_DIMS) == 0 &&
	    strided_place(t, &w->r->m->arena, &view)) {
		t->flags &= ~(uint32_t)TENSOR_MISSING;
		return;
	}
	diag_add(w->r->ctx, DIAG_TORCH_STORAGE, &(struct where){ .loc = { w->z->src, e->at, 0 } },
	    "'%s' asks for more than the %" PRIu64 " bytes of '%s', or not for a tensor; its "
	    "data is not shown", p->name->s, e->size, e->name);
}

static void
hold_raw(struct weights *w, const struct payload *p, struct archive_entry *e)
{
	struct tensor *t = arena_alloc(&w->r->m->arena, sizeof *t);

	t->name = p->name;
	t->dtype = p->dtype;
	t->enc = &TENSOR_NONE;
	t->loc = (struct loc){ w->z->src, e->at, 0 };
	tensor_set_dims(t, p->dims, p->ndims);
	if (t->numel > 0 || t->flags & TENSOR_BAD_DIMS)
		t->flags |= TENSOR_MISSING;
	if (e->size > 0)
		place_tensor(w, t, p, e);
	hold(w->r, p->name, t);
}

/* A tensor of an odd kind, in an archive of its own. */
static void
hold_pickled(struct weights *w, const struct payload *p, struct archive_entry *e)
{
	struct torch_object *o = arena_alloc(&w->r->m->arena, sizeof *o);
	struct tensor *t;

	if (e->size == 0 || !torch_object_open(o, w->r->ctx, &w->r->m->arena, &w->r->scratch,
	    archive_source(w->z, e, NULL)))
		return;
	if ((t = torch_tensor(&o->store, o->pickle.root, p->name)) != NULL)
		hold(w->r, p->name, t);
}

static void
hold_payload(struct weights *w, const char *folder, const struct payload *p)
{
	struct archive_entry *e;
	const char *path;

	if (p->path == NULL || strncmp(p->path, "custom_obj_", 11) == 0 ||
	    strncmp(p->path, "opaque_obj_", 11) == 0)
		return;
	path = arena_printf(&w->r->scratch, "%s%s", folder, p->path);
	if ((e = archive_record(w->z, path)) == NULL)
		diag_add(w->r->ctx, DIAG_TORCH_STORAGE,
		    &(struct where){ .loc = { w->z->src, w->z->start, 0 } },
		    "'%s' should lie in '%s', which is not in the archive", p->name->s, path);
	else if (p->pickled)
		hold_pickled(w, p, e);
	else
		hold_raw(w, p, e);
}

static void
read_payloads(struct weights *w, const char *folder)
{
	struct pt2_reader *r = w->r;
	struct json_in_text key;
	struct payload p;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while (json_in_key(&r->j, &key)) {
		memset(&p, 0, sizeof p);
		p.name = str_intern(&r->m->strs, key.s, key.n);
		read_payload(r, &p);
		hold_payload(w, folder, &p);
	}
}

static void
read_config(struct weights *w, const char *folder, const char *file)
{
	static const char *const names[] = { "config", NULL };
	struct archive_entry *e = archive_record(w->z, file);
	const struct source *src;

	if (e == NULL || (src = archive_source(w->z, e, NULL)) == NULL)
		return;
	json_in_init(&w->r->j, w->r->ctx, src, &w->r->scratch);
	if (json_in_open(&w->r->j, JSON_IN_OBJECT))
		while (json_in_field(&w->r->j, names) == 0)
			read_payloads(w, folder);
	json_in_end(&w->r->j);
	w->r->m->partial |= w->r->j.stopped;
}

void
pt2_weights(struct pt2_reader *r, struct archive *z, const char *name)
{
	static const char *const kinds[] = { "weights", "constants" };
	/* 2.1 and 2.2 call theirs JSON, which they are not */
	static const char *const old[] = { "serialized_state_dict.pt", "serialized_state_dict.json",
	    "serialized_constants.pt", "serialized_constants.json" };
	struct weights w = { .r = r, .z = z };
	char *folder;

	for (size_t i = 0; name == NULL && i < sizeof old / sizeof *old; i++)
		read_saved(&w, old[i]);
	for (size_t i = 0; name != NULL && i < 2; i++) {
		folder = arena_printf(&r->scratch, "data/%s/", kinds[i]);
		read_config(&w, folder, arena_printf(&r->scratch, "%s%s_%s_config.json", folder,
		    name, kinds[i]));
		read_saved(&w, arena_printf(&r->scratch, "%s%s.pt", folder, name));
	}
}
