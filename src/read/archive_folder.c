/* SPDX-License-Identifier: Apache-2.0 */
/* An unpacked archive: its members are files beside the model's, found by the rules
 * for side files. */
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/archive.h"
#include "read/archive_cut.h"
#include "read/bundle.h"
#include "read/external.h"

struct adding { struct archive *z; struct model *m; bool follow; };

static void
add_entry(struct archive *z, const char *name, struct source *src)
{
	struct archive_entry *e;

	z->entries = arena_grow(z->a, z->entries, z->n, sizeof *z->entries);
	e = &z->entries[z->n++];
	memset(e, 0, sizeof *e);
	e->name = arena_strdup(z->a, name, strlen(name));
	e->len = (uint32_t)strlen(name);
	e->packed = e->size = src->size;
	e->file = src;
}

static bool
add_file(void *arg, const char *path)
{
	struct adding *add = arg;
	struct side_file s;
	int fd = side_find(add->m, str_internz(&add->m->strs, path), add->follow, &s);

	if (fd >= 0)
		close(fd);
	if (s.src != NULL)
		add_entry(add->z, path, s.src);
	return true;
}

struct archive *
archive_folder(struct ctx *ctx, struct model *m, const char *name, const char *const *beside,
    bool follow)
{
	struct archive *z = arena_alloc(&m->arena, sizeof *z);
	struct bundle b = { .ctx = ctx, .a = &m->arena, .name = m->source->name,
	    .fd = m->source->dirfd, .follow = follow };
	struct adding add = { z, m, follow };

	z->ctx = ctx;
	z->a = &m->arena;
	z->src = m->source;
	add_entry(z, name, m->source);
	for (size_t i = 0; b.fd >= 0 && beside[i] != NULL; i++) {
		if (strchr(beside[i], '/') != NULL)
			bundle_walk(&b, arena_strdup(z->a, beside[i], strlen(beside[i]) - 1),
			    add_file, &add);
		else
			add_file(&add, beside[i]);
	}
	archive_index(z);
	return z;
}
