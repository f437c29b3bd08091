/* SPDX-License-Identifier: Apache-2.0 */
/* Side files. A location comes from the file and is hostile until judged:
 * facts/format-security.md section 5. Each distinct location is looked up
 * once, component by component under the folder of the model; nothing is
 * read. Invariant: a tensor whose status is not EXT_OK has no place. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/external.h"
#include "read/reader.h"

/* A side file: one per location. */
struct side {
	const struct str *location;
	struct side_file file;
	uint32_t tensors;
	struct loc loc;     /* of the first tensor that names it */
};

bool
side_is_pointer(const struct source *src)
{
	static const char start[] = "version https://git-lfs";
	char buf[sizeof start - 1];

	return source_read(src, 0, buf, sizeof buf) == (long)sizeof buf &&
	    memcmp(buf, start, sizeof buf) == 0;
}

const char *
side_refuse(const char *location, size_t n)
{
	const char *end, *component;

	if (n == 0)
		return "it has no location";
	if (memchr(location, '\0', n) != NULL)
		return "its location holds a NUL byte";
	if (*location == '/' || *location == '\\')
		return "its location is absolute";
	for (component = location; *component != '\0'; component = *end ? end + 1 : end) {
		end = component + strcspn(component, "/\\");
		if (end - component == 2 && memcmp(component, "..", 2) == 0)
			return "its location goes up ('..')";
	}
	return NULL;
}

/* What is wrong with the opened file; NULL: it may be read. Links lead only to
 * files of the model's owner: else a folder of somebody else could show ours. */
static const char *
refuse_file(const struct stat *st, const struct stat *dir, bool follow, bool linked)
{
	if (!S_ISREG(st->st_mode))
		return S_ISDIR(st->st_mode) ? "a folder is there" : "no regular file is there";
	if (st->st_nlink != 1 && !follow)
		return "the file has several hard links (--follow-links allows it)";
	if ((linked || st->st_nlink != 1) && st->st_uid != dir->st_uid)
		return "a link leads to a file of somebody else";
	return NULL;
}

/* Descriptor of the file, by links only when no plain path leads there. */
static int
open_side(int dir, const char *location, bool follow, bool *linked)
{
	int fd = source_open_beneath(dir, location, false);

	*linked = fd < 0 && follow && (errno == ELOOP || errno == EMLINK || errno == ENOTDIR);
	return *linked ? source_open_beneath(dir, location, true) : fd;
}

/* A URL, a drive, a stream: what no plain file of a model is called. */
static bool
is_odd(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 32 || *s == 127 || *s == ':')
			return true;
	return false;
}

static void
judge_failure(struct side_file *s, int err)
{
	s->status = EXT_REFUSED;
	if (err == ELOOP || err == EMLINK)
		s->why = "a symbolic link is on the way (--follow-links allows it)";
	else if (err == ENOENT)
		s->status = EXT_ABSENT, s->why = "the file is not there";
	else if (err == ENOTDIR)
		s->why = "a part of its location is a link or no folder";
	else if (err == EFBIG)
		s->why = "it is packed, and larger than what is unpacked of one member (256 MiB): "
		    "unpack the archive";
	else
		s->why = strerror(err);
}

/* Of a model in an archive: only plain members, so there is less to judge. */
static void
find_member(struct model *m, const struct str *location, struct side_file *s)
{
	s->odd = is_odd(location->s);
	if (s->odd)
		s->why = "its location holds a colon or a control byte";
	else if ((s->src = m->source->side(m->source->side_arg, location->s)) == NULL)
		judge_failure(s, errno);
	if (s->src == NULL)
		return;
	s->found = true;
	s->status = EXT_OK;
	model_add_source(m, s->src);
}

int
side_find(struct model *m, const struct str *location, bool follow, struct side_file *s)
{
	int dir = m->source->dirfd, fd;
	struct stat st, ds;
	bool linked;

	s->src = NULL;
	s->status = EXT_REFUSED;
	s->found = s->odd = false;
	if ((s->why = side_refuse(location->s, location->len)) != NULL)
		return -1;
	if (m->source->side != NULL) {
		find_member(m, location, s);
		return -1;
	}
	if (dir < 0 || fstat(dir, &ds) != 0) {
		s->status = EXT_ABSENT;
		s->why = "the model was not read from a folder";
		return -1;
	}
	if ((fd = open_side(dir, location->s, follow, &linked)) < 0) {
		judge_failure(s, errno);
		return -1;
	}
	s->found = true;
	s->odd = is_odd(location->s);
	if (s->odd)
		s->why = "its location holds a colon or a control byte";
	else if (fstat(fd, &st) != 0)
		s->why = strerror(errno);
	else
		s->why = refuse_file(&st, &ds, follow, linked);
	if (s->why != NULL) {
		close(fd);
		return -1;
	}
	s->status = EXT_OK;
	s->src = source_side(&m->arena, m->source, location->s, linked);
	s->src->size = (uint64_t)st.st_size;
	s->src->dev = (uint64_t)st.st_dev;
	s->src->ino = (uint64_t)st.st_ino;
	model_add_source(m, s->src);
	return fd;
}

/* The tensor's stretch of a file that is there. */
static void
judge_range(struct tensor *t, const struct side *s)
{
	struct external *x = t->ext;
	uint64_t need = tensor_bytes(t), end;

	x->file_size = s->file.src->size;
	if (x->bad_number) {
		x->status = EXT_REFUSED;
		x->why = "its offset or length is no decimal number";
		return;
	}
	if (x->offset > x->file_size) {
		x->status = EXT_SHORT;
		x->why = "its offset lies behind the end of the file";
		return;
	}
	if (x->length == UINT64_MAX)
		end = x->file_size;
	else if (__builtin_add_overflow(x->offset, x->length, &end) || end > x->file_size) {
		x->status = EXT_SHORT;
		x->why = "the file ends before the data does";
		return;
	}
	x->status = EXT_OK;
	t->place = (struct loc){ s->file.src, x->offset, end - x->offset };
	t->stored = t->place.len;
	t->enc = &TENSOR_RAW;
	if (t->place.len < need) {
		x->status = EXT_SHORT;
		x->why = "fewer bytes are there than the shape needs";
	}
}

static void
judge_tensor(struct tensor *t, struct side *s)
{
	struct external *x = t->ext;

	if (s->tensors++ == 0)
		s->loc = t->loc;
	x->status = s->file.status;
	x->why = s->file.why;
	x->found = s->file.found;
	x->odd = s->file.odd;
	if (s->file.src != NULL)
		judge_range(t, s);
	if (x->status != EXT_OK)
		t->flags |= TENSOR_MISSING;
}

void
external_resolve(struct model *m, struct arena *scratch, struct tensor **list, uint32_t n,
    const struct read_options *opts)
{
	struct side **by_id, *s, **all = NULL;
	uint32_t i, nall = 0;
	const struct str *at;
	int fd;

	if (n == 0)
		return;
	by_id = arena_array(scratch, m->strs.n, sizeof *by_id);
	for (i = 0; i < n; i++) {
		at = list[i]->ext->location;
		if ((s = by_id[at->id]) == NULL) {
			s = by_id[at->id] = arena_alloc(scratch, sizeof *s);
			s->location = at;
			if ((fd = side_find(m, at, opts->follow_links, &s->file)) >= 0)
				close(fd);
			all = arena_grow(scratch, all, nall, sizeof *all);
			all[nall++] = s;
		}
		judge_tensor(list[i], s);
	}
	for (i = 0; i < nall; i++)
		if (all[i]->file.status != EXT_OK)
			diag_add(scratch->ctx, DIAG_ONNX_EXTERNAL,
			    &(struct where){ .loc = all[i]->loc },
			    "data of %" PRIu32 " tensor%s in '%s' was not opened: %s",
			    all[i]->tensors, plural(all[i]->tensors),
			    all[i]->location->s, all[i]->file.why);
}
