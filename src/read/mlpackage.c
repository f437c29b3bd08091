/* SPDX-License-Identifier: Apache-2.0 */
/* Packages. The manifest's own words decide which file is the model; when
 * they do not lead to one, the place where coremltools puts it is tried, so
 * that a damaged package can still be looked at. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/external.h"
#include "read/mlpackage.h"

enum { MANIFEST_MAX = 1 << 20 };
static const char usual[] = "Data/com.apple.CoreML/model.mlmodel";

struct package {
	struct ctx *ctx;
	struct model *m;
	const char *path;
	int dirfd;
	bool follow;
	json_t *manifest;
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
	diag_add(p->ctx, id, NULL, "%s: %s%s", p->path, what, more);
}

/* A regular file of the package; -1 with errno. */
static int
open_file(const struct package *p, const char *location, struct stat *st)
{
	int fd = source_open_beneath(p->dirfd, location, p->follow);

	if (fd < 0)
		return -1;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

static json_t *
parse(struct package *p, int fd, size_t n)
{
	char *text = malloc(n + 1);
	json_error_t err;
	json_t *json = NULL;
	ssize_t got = text == NULL ? -1 : pread(fd, text, n, 0);

	if (got >= 0) {
		json = json_loadb(text, (size_t)got, 0, &err);
		if (json == NULL)
			diag_add(p->ctx, DIAG_PACKAGE_MANIFEST, NULL, "%s: "
			    "Manifest.json, line %d: %s", p->path, err.line, err.text);
	}
	free(text);
	return json;
}

static json_t *
read_manifest(struct package *p)
{
	struct stat st;
	json_t *json = NULL;
	int fd = open_file(p, "Manifest.json", &st);

	if (fd < 0) {
		complain(p, DIAG_PACKAGE_MANIFEST, "Manifest.json cannot be read: ",
		    strerror(errno));
		return NULL;
	}
	if (st.st_size > MANIFEST_MAX)
		complain(p, DIAG_PACKAGE_MANIFEST, "Manifest.json is larger than 1 MiB",
		    "");
	else
		json = parse(p, fd, (size_t)st.st_size);
	close(fd);
	return json;
}

/* Member of an object by its UUID, whose case differs between writers. */
static const json_t *
find_item(json_t *items, const char *id)
{
	const json_t *item = json_object_get(items, id);
	const char *key;
	json_t *value;

	if (item != NULL)
		return item;
	json_object_foreach(items, key, value)
		if (strcasecmp(key, id) == 0)
			return value;
	return NULL;
}

/* The path of an item under the package, or NULL when it has none that may be
 * followed. */
static const char *
item_path(struct package *p, const json_t *item)
{
	const json_t *path = json_object_get(item, "path");
	const char *why;

	if (!json_is_string(path)) {
		complain(p, DIAG_PACKAGE_MANIFEST, "an item of the manifest has no path",
		    "");
		return NULL;
	}
	why = side_refuse(json_string_value(path), json_string_length(path));
	if (why != NULL) {
		diag_add(p->ctx, DIAG_PACKAGE_PATH, NULL, "%s: item '%s' of the manifest "
		    "was not followed: %s", p->path, json_string_value(path), why);
		return NULL;
	}
	return arena_printf(&p->m->arena, "Data/%s", json_string_value(path));
}

/* Every item must be there, or Core ML refuses the package. */
static void
check_items(struct package *p, json_t *items, const json_t *root)
{
	const char *key, *at;
	json_t *item;
	int fd;

	json_object_foreach(items, key, item) {
		if (item == root || (at = item_path(p, item)) == NULL)
			continue;
		if ((fd = source_open_beneath(p->dirfd, at, p->follow)) >= 0)
			close(fd);
		else if (errno == ELOOP)
			diag_add(p->ctx, DIAG_PACKAGE_PATH, NULL, "%s: '%s' of the manifest "
			    "was not followed: a symbolic link is on the way", p->path, at);
		else
			diag_add(p->ctx, DIAG_PACKAGE_ITEM, NULL, "%s: '%s' is in the "
			    "manifest: %s", p->path, at, strerror(errno));
	}
}

static void
check_version(struct package *p)
{
	const char *v = json_string_value(json_object_get(p->manifest,
	    "fileFormatVersion"));

	if (v == NULL)
		complain(p, DIAG_PACKAGE_MANIFEST, "the manifest has no "
		    "fileFormatVersion", "");
	else if (strcmp(v, "1.0.0") != 0)
		complain(p, DIAG_PACKAGE_MANIFEST, "the manifest is of a version other "
		    "than 1.0.0: ", v);
}

/* Where the manifest says the model is; NULL when it does not. */
static const char *
root_of(struct package *p)
{
	json_t *items = json_object_get(p->manifest, "itemInfoEntries");
	const char *root = json_string_value(json_object_get(p->manifest,
	    "rootModelIdentifier"));
	const json_t *item = root != NULL ? find_item(items, root) : NULL;

	if (p->manifest == NULL)
		return NULL;
	check_version(p);
	check_items(p, items, item);
	if (root == NULL) {
		complain(p, DIAG_PACKAGE_MANIFEST, "the manifest names no root model",
		    "");
		return NULL;
	}
	if (item == NULL) {
		complain(p, DIAG_PACKAGE_MANIFEST, "the manifest lists no item for its "
		    "root model, ", root);
		return NULL;
	}
	return item_path(p, item);
}

/* The model file as a source, with the folder it lies in. */
static struct source *
open_model(struct package *p, const char *at)
{
	struct source *src = source_memory(&p->m->arena,
	    arena_printf(&p->m->arena, "%s/%s", p->path, at), NULL, 0);
	const char *slash = strrchr(at, '/');
	const char *dir = slash == NULL ? "." :
	    arena_strdup(&p->m->arena, at, (size_t)(slash - at));
	struct stat st;

	if ((src->fd = open_file(p, at, &st)) < 0)
		return NULL;
	src->size = (uint64_t)st.st_size;
	src->dirfd = source_open_beneath(p->dirfd, dir, p->follow);
	return src;
}

static void
find_model(struct package *p, struct source **src)
{
	const char *at = root_of(p);

	if (at != NULL && (*src = open_model(p, at)) != NULL)
		return;
	if (at != NULL)
		diag_add(p->ctx, DIAG_PACKAGE_MANIFEST, NULL, "%s: the root model '%s' "
		    "cannot be opened: %s", p->path, at, strerror(errno));
	*src = open_model(p, usual);
}

struct finding { struct package p; struct source *src; };

static void
find_protected(void *arg)
{
	struct finding *f = arg;

	f->p.manifest = read_manifest(&f->p);
	find_model(&f->p, &f->src);
}

/* A text of metadata.json, or a number, as metadata of the model. */
static void
add_meta(struct package *p, const char *key, const json_t *v)
{
	struct model *m = p->m;
	char number[32];

	if (json_is_integer(v))
		snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	if (json_is_string(v) && json_string_length(v) > 0)
		model_add_meta(m, str_internz(&m->strs, key), str_intern(&m->strs,
		    json_string_value(v), (uint32_t)json_string_length(v)));
	else if (json_is_integer(v))
		model_add_meta(m, str_internz(&m->strs, key), str_internz(&m->strs, number));
}

/* metadata.json of a compiled model: an array with one object per model. */
static void
add_metadata(struct package *p)
{
	static const char *const keys[] = { "author", "shortDescription", "version",
	    "computePrecision", "storagePrecision", "generatedClassName" };
	const json_t *one = json_array_get(p->manifest, 0), *v;
	const char *key;

	p->m->format_version = json_integer_value(json_object_get(one, "specificationVersion"));
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		add_meta(p, keys[i], json_object_get(one, keys[i]));
	json_object_foreach(json_object_get(one, "userDefinedMetadata"), key, v)
		add_meta(p, arena_printf(&p->m->arena, "userDefined.%s", key), v);
}

/* A folder that Apple's compiler wrote: the program is text. */
static void
find_compiled(void *arg)
{
	struct finding *f = arg;
	struct package *p = &f->p;
	struct stat st;
	int fd = open_file(p, "metadata.json", &st);

	if (fd >= 0 && st.st_size <= MANIFEST_MAX)
		p->manifest = parse(p, fd, (size_t)st.st_size);
	if (fd >= 0)
		close(fd);
	if (p->manifest != NULL)
		add_metadata(p);
	f->src = open_model(p, "model.mil");
}

static bool
has(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

struct source *
mlpackage_source(struct ctx *ctx, struct model *m, const char *path, bool follow)
{
	struct finding f = { .p = { .ctx = ctx, .m = m, .path = path,
	    .follow = follow } };
	int bad = 0;

	f.p.dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f.p.dirfd < 0) {
		diag_add(ctx, DIAG_OPEN_DENIED, NULL, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (has(f.p.dirfd, "Manifest.json") || has(f.p.dirfd, "Data"))
		bad = ctx_protect(ctx, find_protected, &f);
	else if (has(f.p.dirfd, "model.mil"))
		bad = ctx_protect(ctx, find_compiled, &f);
	else if (has(f.p.dirfd, "coremldata.bin"))
		diag_add(ctx, DIAG_OPEN_OTHER, NULL, "%s is a compiled Core ML model without a "
		    "program; networks and pipelines in this form are not read", path);
	else
		diag_add(ctx, DIAG_OPEN_DIRECTORY, NULL, "%s is a folder", path);
	json_decref(f.p.manifest);
	close(f.p.dirfd);
	if (f.src == NULL && bad == 0 && ctx->diags.count[LEVEL_FATAL] == 0)
		diag_add(ctx, DIAG_OPEN_MISSING, NULL, "%s: no model file is in this "
		    "package", path);
	return f.src;
}
