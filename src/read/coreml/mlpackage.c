/* SPDX-License-Identifier: Apache-2.0 */
/* Packages. The manifest's own words decide which file is the model; when
 * they do not lead to one, the place where coremltools puts it is tried, so
 * that a damaged package can still be looked at. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/bundle.h"
#include "read/coreml/compiled.h"
#include "read/external.h"
#include "read/json_in.h"
#include "read/coreml/mlpackage.h"
#include "read/coreml/schema.h"

enum { MANIFEST_MAX = 1 << 20 };
static const char usual[] = "Data/com.apple.CoreML/model.mlmodel";
/* What tools put into packages without listing it. */
static const char *const expected[] = {
	"Data/com.apple.CoreML/FeatureDescriptions.json", "Data/com.apple.CoreML/Metadata.json"
};

/* A member of itemInfoEntries; texts are in the scratch arena. */
struct item {
	const char *id, *path; /* path "Data/..."; NULL: none that may be followed */
};

struct package {
	struct bundle *b;
	struct model *m;
	struct arena scratch;
	const char *version, *root;
	struct item *items;
	uint32_t nitems;
	uint32_t nextra;          /* files that no item leads to */
	const char *extra;        /* the first of them */
	struct source *src;       /* found: the model */
	struct schema schema;     /* the interface as metadata.json has it */
	const char *kind;         /* by it, or NULL */
};

bool
mlpackage_is(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void
complain(struct package *p, enum diag_id id, const char *what, const char *more)
{
	diag_add(p->b->ctx, id, NULL, "%s: %s%s", p->b->name, what, more);
}

static char *
copy_text(struct package *p, const struct json_in_text *t)
{
	return arena_strdup(&p->scratch, t->s, t->n);
}

/* The path of an item under the package, or NULL when it may not be followed. */
static const char *
item_path(struct package *p, const struct json_in_text *t)
{
	const char *path = copy_text(p, t), *why = side_refuse(path, t->n);

	if (why == NULL)
		return arena_printf(&p->scratch, "Data/%s", path);
	diag_add(p->b->ctx, DIAG_PACKAGE_PATH, NULL, "%s: item '%s' of the manifest was not "
	    "followed: %s", p->b->name, path, why);
	return NULL;
}

static void
read_item(struct package *p, struct json_in *j, const char *id)
{
	static const char *const names[] = { "path", NULL };
	struct json_in_text text;
	struct item item = { id, NULL };
	bool has_path = false;

	if (!json_in_open(j, JSON_IN_OBJECT))
		return;
	while (json_in_field(j, names) >= 0) {
		if (!json_in_string(j, &text))
			continue;
		has_path = true;
		item.path = item_path(p, &text);
	}
	if (!has_path)
		complain(p, DIAG_PACKAGE_MANIFEST, "an item of the manifest has no path: ", id);
	p->items = arena_grow(&p->scratch, p->items, p->nitems, sizeof *p->items);
	p->items[p->nitems++] = item;
}

static void
read_items(struct package *p, struct json_in *j)
{
	struct json_in_text key;

	if (!json_in_open(j, JSON_IN_OBJECT))
		return;
	while (json_in_key(j, &key))
		read_item(p, j, copy_text(p, &key));
}

static void
read_manifest(struct package *p, struct json_in *j)
{
	static const char *const names[] = {
		"fileFormatVersion", "rootModelIdentifier", "itemInfoEntries", NULL
	};
	struct json_in_text text;
	int i;

	if (!json_in_open(j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(j, names)) >= 0) {
		if (i == 2)
			read_items(p, j);
		else if (json_in_string(j, &text))
			*(i == 0 ? &p->version : &p->root) = copy_text(p, &text);
	}
}

/* Read a JSON file of the package. false after a diagnostic. */
static bool
read_json(struct package *p, const char *path, void (*read)(struct package *, struct json_in *))
{
	struct source *src = bundle_open(p->b, path);
	struct json_in j;
	bool good = false;

	if (src == NULL) {
		diag_add(p->b->ctx, DIAG_PACKAGE_MANIFEST, NULL, "%s: %s cannot be read: %s",
		    p->b->name, path, strerror(errno));
		return false;
	}
	model_add_source(p->m, src); /* diagnostics lead to it */
	if (src->size > MANIFEST_MAX) {
		diag_add(p->b->ctx, DIAG_PACKAGE_MANIFEST, NULL, "%s: %s is larger than 1 MiB",
		    p->b->name, path);
	} else {
		json_in_init(&j, p->b->ctx, src, &p->scratch);
		read(p, &j);
		good = json_in_end(&j);
	}
	p->m->source = NULL;
	return good;
}

/* The item of an identifier, whose case differs between writers. */
static const struct item *
find_item(const struct package *p, const char *id)
{
	const struct item *found = NULL;

	for (uint32_t i = 0; i < p->nitems; i++) {
		if (strcmp(p->items[i].id, id) == 0)
			return &p->items[i];
		if (strcasecmp(p->items[i].id, id) == 0)
			found = &p->items[i];
	}
	return found;
}

/* Every item must be there, or Core ML refuses the package. */
static void
check_items(struct package *p, const struct item *root)
{
	const char *at;
	int err;

	for (uint32_t i = 0; i < p->nitems; i++) {
		at = p->items[i].path;
		if (&p->items[i] == root || at == NULL || (err = bundle_look(p->b, at)) == 0)
			continue;
		if (err == ELOOP)
			diag_add(p->b->ctx, DIAG_PACKAGE_PATH, NULL, "%s: '%s' of the manifest "
			    "was not followed: a symbolic link is on the way", p->b->name, at);
		else
			diag_add(p->b->ctx, DIAG_PACKAGE_ITEM, NULL, "%s: '%s' is in the "
			    "manifest: %s", p->b->name, at, strerror(err));
	}
}

static bool
is_listed(const struct package *p, const char *path)
{
	size_t n;

	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		if (strcmp(path, expected[i]) == 0)
			return true;
	for (uint32_t i = 0; i < p->nitems; i++) {
		n = p->items[i].path == NULL ? 0 : strlen(p->items[i].path);
		if (n > 0 && strncmp(path, p->items[i].path, n) == 0 &&
		    (path[n] == '\0' || path[n] == '/'))
			return true;
	}
	return false;
}

static bool
note_extra(void *arg, const char *path)
{
	struct package *p = arg;

	if (!is_listed(p, path) && p->nextra++ == 0)
		p->extra = arena_strdup(&p->scratch, path, strlen(path));
	return true;
}

static void
check_extra(struct package *p)
{
	bundle_walk(p->b, "Data", note_extra, p);
	if (p->nextra == 1)
		diag_add(p->b->ctx, DIAG_PACKAGE_EXTRA, NULL, "%s: the manifest does not list "
		    "'%s'", p->b->name, p->extra);
	else if (p->nextra > 1)
		diag_add(p->b->ctx, DIAG_PACKAGE_EXTRA, NULL, "%s: the manifest does not list "
		    "%" PRIu32 " files; the first is '%s'", p->b->name, p->nextra, p->extra);
}

static void
check_version(struct package *p)
{
	if (p->version == NULL)
		complain(p, DIAG_PACKAGE_MANIFEST, "the manifest has no fileFormatVersion", "");
	else if (strcmp(p->version, "1.0.0") != 0)
		complain(p, DIAG_PACKAGE_MANIFEST, "the manifest is of a version other than "
		    "1.0.0: ", p->version);
}

/* Where the manifest says the model is; NULL when it does not. */
static const char *
root_of(struct package *p)
{
	const struct item *item = p->root != NULL ? find_item(p, p->root) : NULL;

	check_version(p);
	check_items(p, item);
	check_extra(p);
	if (p->root == NULL)
		complain(p, DIAG_PACKAGE_MANIFEST, "the manifest names no root model", "");
	else if (item == NULL)
		complain(p, DIAG_PACKAGE_MANIFEST, "the manifest lists no item for its root "
		    "model, ", p->root);
	return item != NULL ? item->path : NULL;
}

static void
find_model(void *arg)
{
	struct package *p = arg;
	const char *at = read_json(p, "Manifest.json", read_manifest) ? root_of(p) : NULL;

	if (at != NULL && (p->src = bundle_open(p->b, at)) != NULL)
		return;
	if (at != NULL)
		diag_add(p->b->ctx, errno == ELOOP ? DIAG_PACKAGE_PATH : DIAG_PACKAGE_MANIFEST,
		    NULL, "%s: the root model '%s' cannot be opened: %s", p->b->name, at,
		    errno == ELOOP ? "a symbolic link is on the way" : strerror(errno));
	p->src = bundle_open(p->b, usual);
}

static void
add_text(struct package *p, const char *key, const struct json_in_text *t)
{
	if (t->n > 0)
		model_add_meta(p->m, str_internz(&p->m->strs, key),
		    str_intern(&p->m->strs, t->s, t->n));
}

static void
read_user_defined(struct package *p, struct json_in *j)
{
	struct json_in_text key, text;
	const char *name;

	if (!json_in_open(j, JSON_IN_OBJECT))
		return;
	while (json_in_key(j, &key)) {
		name = arena_printf(&p->scratch, "userDefined.%.*s", (int)key.n, key.s);
		if (json_in_string(j, &text))
			add_text(p, name, &text);
	}
}

static void
read_kind(struct package *p, struct json_in *j)
{
	static const char *const names[] = { "name", NULL };
	struct json_in_text text;

	if (!json_in_open(j, JSON_IN_OBJECT))
		return;
	while (json_in_field(j, names) == 0)
		if (json_in_string(j, &text))
			p->kind = schema_kind(text.s, text.n);
}

/* metadata.json of a compiled model: an array with one object per model. */
static void
read_metadata(struct package *p, struct json_in *j)
{
	static const char *const names[] = { "specificationVersion", "userDefinedMetadata",
	    "author", "shortDescription", "version", "computePrecision", "storagePrecision",
	    "generatedClassName", "inputSchema", "outputSchema", "stateSchema", "modelType",
	    NULL };
	static const enum feature_role roles[] = { FEATURE_INPUT, FEATURE_OUTPUT,
	    FEATURE_STATE };
	enum { SCHEMAS = 8, TYPE = 11 };
	struct json_in_text text;
	int i;

	if (!json_in_open(j, JSON_IN_ARRAY))
		return;
	if (json_in_item(j) && json_in_open(j, JSON_IN_OBJECT)) {
		while ((i = json_in_field(j, names)) >= 0) {
			if (i == 0)
				json_in_int(j, &p->m->format_version);
			else if (i == 1)
				read_user_defined(p, j);
			else if (i == TYPE)
				read_kind(p, j);
			else if (i >= SCHEMAS)
				schema_read(&p->schema, j, roles[i - SCHEMAS]);
			else if (json_in_string(j, &text))
				add_text(p, names[i], &text);
		}
	}
	while (json_in_item(j))
		json_in_skip(j);
}

/* What metadata.json says where nothing better does. */
static void
use_schema(struct package *p)
{
	struct model *m = p->m;

	if (*m->kind == '\0' && p->kind != NULL)
		m->kind = p->kind;
	if (m->nfeatures > 0 || p->schema.n == 0)
		return;
	m->features = arena_array(&m->arena, p->schema.n, sizeof *m->features);
	memcpy(m->features, p->schema.list, p->schema.n * sizeof *m->features);
	m->nfeatures = p->schema.n;
}

/* A folder that Apple's compiler wrote. The model is text, a network, or, of
 * pipelines and other kinds, in the description itself. */
static void
find_compiled(void *arg)
{
	static const char *const models[] = { "model.mil", "model.espresso.net" };
	struct package *p = arg;
	bool texts = bundle_look(p->b, "metadata.json") != 0;
	struct source *data = bundle_open(p->b, "coremldata.bin");

	p->schema = (struct schema){ .m = p->m, .scratch = &p->scratch };
	if (!texts)
		read_json(p, "metadata.json", read_metadata);
	for (size_t i = 0; i < sizeof models / sizeof *models && p->src == NULL; i++)
		p->src = bundle_open(p->b, models[i]);
	if (data != NULL && p->src != NULL) {
		model_add_source(p->m, data);
		p->m->source = NULL;
		compiled_interface(p->b->ctx, p->m, data, texts);
	} else if (data != NULL) {
		p->src = data;
		if (compiled_is(data))
			return; /* it gives the interface when it is read */
	}
	use_schema(p);
}

static bool
has(struct package *p, const char *path)
{
	return bundle_look(p->b, path) != ENOENT;
}

/* The model of an open bundle. */
static void
find_source(struct package *p)
{
	struct ctx *ctx = p->b->ctx;
	int bad = 0;

	arena_init(&p->scratch, ctx);
	if (has(p, "Manifest.json") || has(p, "Data"))
		bad = ctx_protect(ctx, find_model, p);
	else if (has(p, "model.mil") || has(p, "model.espresso.net") || has(p, "coremldata.bin"))
		bad = ctx_protect(ctx, find_compiled, p);
	else
		diag_add(ctx, DIAG_OPEN_DIRECTORY, NULL, "%s is a folder", p->b->name);
	arena_free(&p->scratch);
	if (p->src == NULL && bad == 0 && ctx->diags.count[LEVEL_FATAL] == 0)
		diag_add(ctx, DIAG_OPEN_MISSING, NULL, "%s: no model file is in this package",
		    p->b->name);
}

struct source *
mlpackage_source(struct bundle *b, struct model *m)
{
	struct package p = { .m = m, .b = b };

	find_source(&p);
	return p.src;
}
