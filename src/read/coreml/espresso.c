/* SPDX-License-Identifier: Apache-2.0 */
/* Networks as Apple's compiler leaves them (Espresso): the layers in JSON
 * (model.espresso.net), the shapes of what they make in JSON beside it
 * (.shape), and their weights (.weights): the number of blobs, an index of id
 * and bytes for each, 64 bits every number, then the blobs one after another.
 * Layers have types and parameters of their own; blob_NAME is the id of a blob.
 * Source: facts/coreml-format.md section 7, and compiled models at hand. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ctx.h"
#include "base/source.h"
#include "read/archive_bytes.h"
#include "read/coreml/coreml_read.h"
#include "read/external.h"
#include "read/formats.h"
#include "read/json_in.h"
#include "read/reader.h"

enum { KEY_DEPTH = 4, DIMS = 4, WINDOW = 1 << 14, BLOBS_MAX = 1 << 20 };

/* An attribute that is a blob of the weight file. */
struct blob { struct tensor *t; const struct node *n; uint64_t id; };
/* Where a blob lies. */
struct entry { uint64_t id, off, len; };

struct espresso {
	struct ctx *ctx;
	struct model *m;
	const struct read_options *opts;
	struct arena scratch;
	struct decl_table decls;
	struct json_in j;
	const struct str *storage;  /* name of the weight file */
	struct blob *blobs;
	uint32_t nblobs;
	const struct str **reads;   /* names that layers read, in order */
	uint32_t nreads;
	const struct type **types;  /* by str id: of the values in the shape file */
	uint32_t ntypes;
};

static const struct str *
intern(struct espresso *e, const struct json_in_text *t)
{
	return str_intern(&e->m->strs, t->s, t->n);
}

/* ---- attributes ---- */

static struct attr *
new_attr(struct espresso *e, struct node *n, const char *key, uint64_t at)
{
	struct attr *a = node_add_attr(e->m, n);

	a->name = str_internz(&e->m->strs, key);
	a->nset = 1;
	a->loc = (struct loc){ e->m->source, at, json_in_at(&e->j) - at };
	return a;
}

static bool
is_whole(double d)
{
	return d == floor(d) && fabs(d) < 0x1p53;
}

/* Elements are found when the file is known. */
static struct tensor *
add_blob(struct espresso *e, const struct node *n, const struct attr *a, double id)
{
	struct tensor *t = arena_alloc(&e->m->arena, sizeof *t);

	t->name = a->name;
	t->dtype = DT_F32;
	t->enc = &TENSOR_NONE;
	t->loc = a->loc;
	t->flags = TENSOR_EXTERNAL;
	t->ext = arena_alloc(&e->m->arena, sizeof *t->ext);
	t->ext->location = e->m->empty;
	e->m->ntensors++;
	e->blobs = arena_grow(&e->scratch, e->blobs, e->nblobs, sizeof *e->blobs);
	e->blobs[e->nblobs++] = (struct blob){ t, n, (uint64_t)id };
	return t;
}

/* blob_NAME, constant_blob, and what the member "weights" holds are ids of blobs. */
static bool
is_blob_key(const char *key)
{
	return strncmp(key, "blob_", 5) == 0 || strncmp(key, "weights.", 8) == 0 ||
	    strcmp(key, "constant_blob") == 0;
}

static void
read_number(struct espresso *e, struct node *n, const char *key)
{
	uint64_t at = json_in_at(&e->j);
	struct attr *a;
	double d;

	if (!json_in_double(&e->j, &d))
		return;
	a = new_attr(e, n, key, at);
	if (is_blob_key(key) && d >= 0 && is_whole(d)) {
		a->v.t = add_blob(e, n, a, d);
		a->kind = ATTR_TENSOR;
	} else if (is_whole(d)) {
		a->v.i = (int64_t)d;
		a->kind = ATTR_INT;
	} else {
		a->v.f = d;
		a->kind = ATTR_FLOAT;
	}
}

static void
read_text(struct espresso *e, struct node *n, const char *key)
{
	uint64_t at = json_in_at(&e->j);
	struct json_in_text text;
	struct attr *a;

	if (!json_in_string(&e->j, &text))
		return;
	a = new_attr(e, n, key, at);
	a->v.s = intern(e, &text);
	a->n = text.n;
	a->kind = ATTR_STRING;
}

/* Numbers alone: other lists have not been seen. */
static void
read_list(struct espresso *e, struct node *n, const char *key)
{
	uint64_t at = json_in_at(&e->j);
	struct attr *a;
	float *list = NULL;
	uint32_t k = 0;
	double d;

	if (!json_in_open(&e->j, JSON_IN_ARRAY))
		return;
	while (json_in_item(&e->j)) {
		if (k == e->ctx->limits.list || json_in_kind(&e->j) != JSON_IN_NUMBER) {
			json_in_skip(&e->j);
		} else if (json_in_double(&e->j, &d)) {
			LIST_ROOM(e->m, list, k);
			list[k++] = (float)d;
		}
	}
	a = new_attr(e, n, key, at);
	a->v.floats = list;
	a->n = k;
	a->kind = ATTR_FLOATS;
}

/* The value of a member; those of an object in it are named a.b. */
static void
read_member(struct espresso *e, struct node *n, const char *key, unsigned depth)
{
	struct json_in_text inner;
	bool b;

	switch (json_in_kind(&e->j)) {
	case JSON_IN_NUMBER:
		read_number(e, n, key);
		break;
	case JSON_IN_STRING:
		read_text(e, n, key);
		break;
	case JSON_IN_ARRAY:
		read_list(e, n, key);
		break;
	case JSON_IN_BOOL:
		if (json_in_bool(&e->j, &b)) {
			struct attr *a = new_attr(e, n, key, json_in_at(&e->j));

			a->v.i = b;
			a->kind = ATTR_INT;
		}
		break;
	case JSON_IN_OBJECT:
		if (depth == KEY_DEPTH || !json_in_open(&e->j, JSON_IN_OBJECT)) {
			json_in_skip(&e->j);
			break;
		}
		while (json_in_key(&e->j, &inner))
			read_member(e, n, arena_printf(&e->scratch, "%s.%.*s", key, (int)inner.n,
			    inner.s), depth + 1);
		break;
	case JSON_IN_NULL:
	case JSON_IN_NONE:
		json_in_skip(&e->j);
	}
}

/* ---- layers ---- */

/* "a,b": names of what a layer reads or makes. */
static void
read_names(struct espresso *e, struct node *n, bool outputs)
{
	struct json_in_text text;
	const struct str *name;
	uint32_t at = 0, len;

	if (!json_in_string(&e->j, &text))
		return;
	for (; at < text.n; at += len + 1) {
		for (len = 0; at + len < text.n && text.s[at + len] != ','; len++)
			;
		name = str_intern(&e->m->strs, text.s + at, len);
		if (outputs) {
			node_add_output(e->m, n, name);
			continue;
		}
		node_add_operand_name(e->m, n, name);
		e->reads = arena_grow(&e->scratch, e->reads, e->nreads, sizeof *e->reads);
		e->reads[e->nreads++] = name;
	}
}

static void
read_layer(struct espresso *e)
{
	struct node *n;
	struct json_in_text key, text;
	uint64_t at = json_in_at(&e->j);
	const char *name;

	if (!json_in_open(&e->j, JSON_IN_OBJECT))
		return;
	n = graph_add_node(e->m, e->m->main);
	while (json_in_key(&e->j, &key)) {
		name = arena_strdup(&e->scratch, key.s, key.n);
		if (strcmp(name, "top") == 0 || strcmp(name, "bottom") == 0)
			read_names(e, n, *name == 't');
		else if (strcmp(name, "type") == 0 || strcmp(name, "name") == 0) {
			if (json_in_string(&e->j, &text))
				*(*name == 't' ? &n->type : &n->name) = intern(e, &text);
		} else
			read_member(e, n, name, 0);
	}
	n->loc = (struct loc){ e->m->source, at, json_in_at(&e->j) - at };
}

/* Members of the model beside its layers are metadata. */
static void
read_plain(struct espresso *e, const char *key)
{
	struct json_in_text text;
	int64_t version;

	if (strcmp(key, "storage") == 0) {
		if (json_in_string(&e->j, &text))
			e->storage = intern(e, &text);
	} else if (strcmp(key, "format_version") == 0) {
		if (json_in_int(&e->j, &version))
			model_add_meta(e->m, str_internz(&e->m->strs, "espresso.format_version"),
			    str_internz(&e->m->strs, arena_printf(&e->scratch, "%" PRId64,
			    version)));
	} else {
		json_in_skip(&e->j);
	}
}

static void
read_net(void *arg)
{
	struct espresso *e = arg;
	struct json_in_text key;
	const char *name;

	graph_new(e->m, GRAPH_MAIN, NULL, NULL)->loc =
	    (struct loc){ e->m->source, 0, e->m->source->size };
	json_in_init(&e->j, e->ctx, e->m->source, &e->scratch);
	if (json_in_open(&e->j, JSON_IN_OBJECT)) {
		while (json_in_key(&e->j, &key)) {
			name = arena_strdup(&e->scratch, key.s, key.n);
			if (strcmp(name, "layers") != 0)
				read_plain(e, name);
			else if (json_in_open(&e->j, JSON_IN_ARRAY))
				while (json_in_item(&e->j))
					read_layer(e);
		}
	}
	if (!json_in_end(&e->j))
		e->m->partial = true;
}

/* ---- shapes ---- */

/* NAME.net -> NAME.shape or another file of the network. */
static const struct str *
sibling(struct espresso *e, const char *ending)
{
	const char *path = e->m->source->name, *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path, *dot = strrchr(base, '.');
	size_t n = dot != NULL ? (size_t)(dot - base) : strlen(base);

	return str_internz(&e->m->strs, arena_printf(&e->scratch, "%.*s%s", (int)n, base,
	    ending));
}

/* {"n":1,"k":8,"h":18,"w":40}: batch, channels, height, width. */
static const struct type *
read_shape(struct espresso *e)
{
	static const char *const names[] = { "n", "k", "h", "w", NULL };
	int64_t sizes[DIMS] = { -1, -1, -1, -1 };
	const struct dim *dims[DIMS];
	uint32_t rank = 0;
	int i;

	if (!json_in_open(&e->j, JSON_IN_OBJECT))
		return NULL;
	while ((i = json_in_field(&e->j, names)) >= 0)
		json_in_int(&e->j, &sizes[i]);
	for (i = 0; i < DIMS; i++)
		if (sizes[i] >= 0)
			dims[rank++] = dim_const(&e->m->types, sizes[i]);
	return type_tensor(&e->m->types, DT_NONE, true, rank, dims);
}

static void
read_layer_shapes(struct espresso *e)
{
	struct json_in_text key;
	const struct str *name;
	char *text;

	if (!json_in_open(&e->j, JSON_IN_OBJECT))
		return;
	while (json_in_key(&e->j, &key)) {
		text = arena_strdup(&e->scratch, key.s, key.n);
		name = str_find(&e->m->strs, text, key.n);
		if (name != NULL && name->id < e->ntypes)
			e->types[name->id] = read_shape(e);
		else
			json_in_skip(&e->j);
	}
}

/* Shapes of names that no layer has are passed over. */
static void
read_shapes(struct espresso *e)
{
	struct side_file file;
	struct json_in_text key;
	int fd = side_find(e->m, sibling(e, ".shape"), e->opts->follow_links, &file);

	if (file.src == NULL) {
		diag_add(e->ctx, DIAG_COMPILED_DATA, NULL, "shapes were not read: %s",
		    file.why);
		return;
	}
	if (fd >= 0)
		close(fd);
	e->types = arena_array(&e->scratch, e->m->strs.n, sizeof *e->types);
	e->ntypes = e->m->strs.n;
	json_in_init(&e->j, e->ctx, file.src, &e->scratch);
	if (json_in_open(&e->j, JSON_IN_OBJECT))
		while (json_in_key(&e->j, &key)) {
			if (key.n == 12 && memcmp(key.s, "layer_shapes", 12) == 0)
				read_layer_shapes(e);
			else
				json_in_skip(&e->j);
		}
	json_in_end(&e->j);
}

static const struct type *
type_of(const struct espresso *e, const struct str *name)
{
	return name->id < e->ntypes ? e->types[name->id] : NULL;
}

/* ---- interface ---- */

/* Without a description: what no layer makes goes in, what none reads comes out. */
static void
guess_interface(struct espresso *e)
{
	struct model *m = e->m;
	struct graph *g = m->main;
	enum { MADE = 1, READ = 2 };
	uint8_t *seen = arena_array(&e->scratch, m->strs.n, sizeof *seen);
	struct value *v;

	for (uint32_t i = 0; i < g->nnodes; i++)
		for (uint32_t k = 0; k < g->nodes[i]->nout; k++)
			if (g->nodes[i]->out[k] != NULL)
				seen[g->nodes[i]->out[k]->name->id] |= MADE;
	for (uint32_t i = 0; i < e->nreads; i++) {
		if (!(seen[e->reads[i]->id] & (MADE | READ))) {
			v = graph_add_value(m, g, e->reads[i], VALUE_INPUT);
			v->type = type_of(e, v->name);
		}
		seen[e->reads[i]->id] |= READ;
	}
	for (uint32_t i = 0; i < g->nnodes; i++)
		for (uint32_t k = 0; k < g->nodes[i]->nout; k++)
			if ((v = g->nodes[i]->out[k]) != NULL && !(seen[v->name->id] & READ))
				decl_add(&e->scratch, &e->decls, g, (struct decl){
				    .name = v->name, .type = v->type, .output = true });
}

static void
set_types(const struct espresso *e)
{
	const struct graph *g = e->m->main;

	for (uint32_t i = 0; i < g->nnodes; i++)
		for (uint32_t k = 0; k < g->nodes[i]->nout; k++)
			if (g->nodes[i]->out[k] != NULL)
				g->nodes[i]->out[k]->type = type_of(e, g->nodes[i]->out[k]->name);
}

static void
finish_graph(void *arg)
{
	struct espresso *e = arg;

	read_shapes(e);
	set_types(e);
	if (e->m->nfeatures > 0)
		coreml_interface(e->m, &e->scratch, &e->decls);
	else
		guess_interface(e);
}

/* ---- weights ---- */

static int64_t
param(const struct node *n, const char *name)
{
	const struct attr *a = node_attr(n, name);

	return a != NULL && a->kind == ATTR_INT && a->v.i > 0 && a->v.i < 1 << 24 ? a->v.i : 0;
}

/* Shapes of blobs, in the order in which the elements lie: a letter for each axis, told
 * apart in axis_of. Sources: public readers of such files (Netron's among them), and
 * compiled models at hand. */
static const struct blob_form { const char *layer, *blob, *axes; } forms[] = {
	{ "convolution", "blob_weights", "CKYX" }, { "convolution", "blob_weights_f16", "CKYX" },
	{ "convolution", "blob_biases", "C" }, { "convolution", "weights.W_U8", "CKYX" },
	{ "convolution", "weights.W_S8", "CKYX" }, { "convolution", "weights.W_int8", "CKYX" },
	{ "convolution", "weights.per_ch_qscale", "C" },
	{ "convolution", "weights.per_ch_qbias", "C" },
	{ "deconvolution", "blob_weights", "CKYX" },
	{ "deconvolution", "blob_weights_f16", "CKYX" }, { "deconvolution", "blob_biases", "C" },
	{ "inner_product", "blob_weights", "ob" }, { "inner_product", "blob_weights_f16", "ob" },
	{ "inner_product", "blob_biases", "o" }, { "inner_product", "weights.W_U8", "ob" },
	{ "inner_product", "weights.W_S8", "ob" }, { "inner_product", "weights.W_int8", "ob" },
	{ "inner_product", "weights.W_t_int8", "bo" },
	{ "batchnorm", "blob_batchnorm_params", "4C" },
	{ "load_constant", "constant_blob", "nkhw" },
};

static int64_t
axis_of(const struct node *n, char axis)
{
	static const struct { char letter; const char *param; } params[] = {
		{ 'C', "C" }, { 'Y', "Ny" }, { 'X', "Nx" }, { 'o', "nC" }, { 'b', "nB" },
		{ 'n', "n" }, { 'k', "k" }, { 'h', "h" }, { 'w', "w" }
	};
	int64_t groups = param(n, "n_groups");

	if (axis == 'K')
		return param(n, "K") / (groups > 0 ? groups : 1);
	for (size_t i = 0; i < sizeof params / sizeof *params; i++)
		if (params[i].letter == axis)
			return param(n, params[i].param);
	return axis - '0';
}

/* The dims that the layer's parameters ask for; their number, 0: they do not say. */
static uint32_t
dims_of(const struct blob *b, int64_t dims[DIMS])
{
	const struct blob_form *form = forms, *end = forms + sizeof forms / sizeof *forms;
	uint32_t rank = 0;

	while (form < end && (strcmp(form->layer, b->n->type->s) != 0 ||
	    strcmp(form->blob, b->t->name->s) != 0))
		form++;
	for (; form < end && form->axes[rank] != '\0'; rank++)
		if ((dims[rank] = axis_of(b->n, form->axes[rank])) == 0)
			return 0;
	return rank;
}

static uint64_t
elements(const struct blob *b)
{
	int64_t dims[DIMS];
	uint32_t rank = dims_of(b, dims);
	uint64_t n = rank > 0;

	for (uint32_t i = 0; i < rank; i++)
		n *= (uint64_t)dims[i];
	return n;
}

static bool
ends_with(const char *name, const char *ending)
{
	size_t n = strlen(name), k = strlen(ending);

	return n >= k && strcmp(name + n - k, ending) == 0;
}

/* Names say what elements are, of few: f16 and bytes. Else they are floats, or
 * what the layer's parameters leave: halves or bytes. */
static enum dtype
dtype_of(const struct blob *b, uint64_t bytes)
{
	const char *name = b->t->name->s;
	uint64_t n = elements(b);

	if (bytes % 2 == 0 && (ends_with(name, "_f16") || ends_with(name, "_f16_t")))
		return DT_F16;
	if (ends_with(name, "_U8"))
		return DT_U8;
	if (ends_with(name, "_S8") || ends_with(name, "_int8"))
		return DT_I8;
	if (n > 0 && bytes == 2 * n)
		return DT_F16;
	return bytes % 4 == 0 && (n == 0 || bytes >= 4 * n) ? DT_F32 : DT_U8;
}

static void
place_blob(struct espresso *e, const struct blob *b, const struct entry *at,
    struct source *src)
{
	struct tensor *t = b->t;
	int64_t *dims = arena_alloc(&e->m->arena, DIMS * sizeof *dims);
	uint32_t rank = dims_of(b, dims);

	t->dtype = dtype_of(b, at->len);
	if (rank == 0 || elements(b) != at->len * 8 / dtype_bits(t->dtype)) {
		*dims = (int64_t)(at->len * 8 / dtype_bits(t->dtype));
		rank = 1;
	}
	tensor_set_dims(t, dims, rank);
	t->place = (struct loc){ src, at->off, at->len };
	t->stored = at->len;
	t->enc = &TENSOR_RAW;
	t->ext->offset = at->off;
	t->ext->length = at->len;
	t->ext->status = EXT_OK;
}

static void
damaged(struct espresso *e, const struct source *src, uint64_t off, const char *what)
{
	diag_add(e->ctx, DIAG_BLOB_RECORD, &(struct where){ .loc = { src, off, 8 } },
	    "'%s': %s; the layers are shown without what lies behind", src->name, what);
}

/* The index, as far as its blobs lie in the file. */
static struct entry *
read_index(struct espresso *e, struct window *w, const struct source *src, uint32_t *n)
{
	const unsigned char *p = window_at(w, 0, 8);
	uint64_t count = p != NULL ? get64(p) : 0, off = 8 + 16 * count;
	struct entry *list = NULL;

	*n = 0;
	if (p == NULL || count > BLOBS_MAX || off > src->size) {
		damaged(e, src, 0, "its index is longer than the file");
		return NULL;
	}
	list = arena_array(&e->scratch, count, sizeof *list);
	for (; *n < count && (p = window_at(w, 8 + 16 * (uint64_t)*n, 16)) != NULL; ++*n) {
		list[*n] = (struct entry){ get64(p), off, get64(p + 8) };
		if (list[*n].len > src->size - off) {
			damaged(e, src, 8 + 16 * (uint64_t)*n, "a blob leaves the file");
			break;
		}
		off += list[*n].len;
	}
	return list;
}

/* By id; those of one id as they lie, which is as the index has them. */
static int
by_id(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	if (x->off != y->off)
		return x->off < y->off ? -1 : 1;
	return (x->len > y->len) - (x->len < y->len);
}

static struct entry *
sorted(struct espresso *e, const struct entry *list, uint32_t n)
{
	struct entry *copy = arena_array(&e->scratch, n + 1, sizeof *copy);

	if (n > 0) {
		memcpy(copy, list, n * sizeof *copy);
		qsort(copy, n, sizeof *copy, by_id);
	}
	return copy;
}

/* Ids are places in the index, or the first blob of that id is meant. */
static const struct entry *
find_blob(const struct entry *list, const struct entry *ids, uint32_t n, uint64_t id)
{
	uint32_t lo = 0, hi = n;

	if (id < n && list[id].id == id)
		return &list[id];
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (ids[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && ids[lo].id == id ? &ids[lo] : NULL;
}

static void
place_all(struct espresso *e, const struct side_file *file, int fd)
{
	struct source open = *file->src;
	const struct entry *list, *ids, *at;
	struct window w;
	uint32_t n, lost = 0;

	if (fd >= 0)
		open = (struct source){ .name = file->src->name, .fd = fd, .dirfd = -1,
		    .size = file->src->size };
	window_init(&w, &open, &e->scratch, WINDOW);
	list = read_index(e, &w, file->src, &n);
	ids = sorted(e, list, n);
	for (uint32_t i = 0; i < e->nblobs; i++) {
		e->blobs[i].t->ext->file_size = file->src->size;
		if ((at = find_blob(list, ids, n, e->blobs[i].id)) != NULL)
			place_blob(e, &e->blobs[i], at, file->src);
		else if (lost++ == 0 && list != NULL)
			diag_add(e->ctx, DIAG_BLOB_RECORD, &(struct where){
			    .loc = e->blobs[i].t->loc, .node = e->blobs[i].n->name->s },
			    "blob %" PRIu64 " is not in '%s'; the layer is shown without it",
			    e->blobs[i].id, file->src->name);
	}
}

static void
mark_missing(struct espresso *e, const struct side_file *file)
{
	int64_t *dims;
	uint32_t rank;

	for (uint32_t i = 0; i < e->nblobs; i++) {
		struct tensor *t = e->blobs[i].t;

		t->ext->location = e->storage;
		if (file->src == NULL)
			t->ext->status = file->status;
		else if (t->enc == &TENSOR_NONE)
			t->ext->status = EXT_SHORT;
		if (t->ext->status != EXT_OK) {
			t->ext->why = file->src != NULL ? "the blob is not in the file" : file->why;
			t->flags |= TENSOR_MISSING;
			dims = arena_alloc(&e->m->arena, DIMS * sizeof *dims);
			*dims = 0;
			rank = dims_of(&e->blobs[i], dims);
			tensor_set_dims(t, dims, rank > 0 ? rank : 1);
		}
	}
}

static void
read_weights(void *arg)
{
	struct espresso *e = arg;
	struct side_file file;
	int fd;

	if (e->storage == NULL || e->storage->len == 0)
		e->storage = sibling(e, ".weights");
	fd = side_find(e->m, e->storage, e->opts->follow_links, &file);
	if (file.src != NULL) {
		place_all(e, &file, fd);
	} else {
		diag_add(e->ctx, file.status == EXT_ABSENT ? DIAG_BLOB_MISSING : DIAG_BLOB_REFUSED,
		    NULL, "weights of %" PRIu32 " layer%s in '%s' were not opened: %s",
		    e->nblobs, plural(e->nblobs), e->storage->s, file.why);
	}
	if (fd >= 0)
		close(fd);
	mark_missing(e, &file);
}

void
espresso_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	struct espresso e = { .ctx = ctx, .m = m, .opts = opts };

	arena_init(&e.scratch, ctx);
	m->dialect = DIALECT_NN;
	m->compiled = true;
	if (strncmp(m->kind, "neuralNetwork", 13) != 0)
		m->kind = "neuralNetwork";
	if (ctx_protect(ctx, read_net, &e) != 0 || ctx_protect(ctx, finish_graph, &e) != 0)
		m->partial = true;
	if (e.nblobs > 0 && ctx_protect(ctx, read_weights, &e) != 0)
		m->partial = true;
	if (m->main != NULL)
		coreml_bind(ctx, m, &e.scratch, &e.decls);
	arena_free(&e.scratch);
}
