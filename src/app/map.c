/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "align/align.h"
#include "app/map.h"
#include "app/session.h"
#include "base/hash.h"
#include "base/beside.h"
#include "base/sink.h"
#include "base/source.h"
#include "base/str.h"
#include "convert/place.h"
#include "convert/run.h"
#include "ir/tensor.h"

enum { FILE_MOST = 64 << 20, DIGEST = 33 };
static const char first_line[] = "mlinspect-map 2";
static const uint64_t keys[2] = { UINT64_C(0x6d61702d6f6e652e), UINT64_C(0x6d61702d74776f2e) };

/* ---- digests: of the nodes and how they hang together, not of weights ---- */

static uint64_t
text_hash(uint64_t h, const struct str *s)
{
	return s != NULL ? hash_pair(h, hash_bytes(keys[0], s->s, s->len)) : hash_pair(h, 1);
}

static uint64_t
node_hash(uint64_t h, const struct node *n)
{
	h = text_hash(text_hash(text_hash(h, n->domain), n->type), n->name);
	h = hash_pair(h, ((uint64_t)n->nin << 32) + n->nout);
	for (uint32_t i = 0; i < n->nin; i++)
		h = text_hash(h, n->in[i] != NULL ? n->in[i]->name : NULL);
	for (uint32_t i = 0; i < n->nout; i++)
		h = text_hash(h, n->out[i] != NULL ? n->out[i]->name : NULL);
	return h;
}

/* 32 hexadecimal digits. */
static void
digest(const struct model *m, char text[DIGEST])
{
	uint64_t h[2] = { keys[0], keys[1] };

	for (uint32_t g = 0; g < m->ngraphs; g++) {
		h[0] = hash_pair(h[0], m->graphs[g]->nnodes);
		for (uint32_t i = 0; i < m->graphs[g]->nnodes; i++) {
			h[0] = node_hash(h[0], m->graphs[g]->nodes[i]);
			h[1] = hash_pair(h[1], h[0] ^ keys[1]);
		}
	}
	snprintf(text, DIGEST, "%016" PRIx64 "%016" PRIx64, h[0], h[1]);
}

/* ---- writing ---- */

const char *
map_path(struct arena *a, const char *package)
{
	size_t n = strlen(package);

	while (n > 1 && package[n - 1] == '/')
		n--;
	return arena_printf(a, "%.*s.map", (int)n, package);
}

static void
put_side(struct sink *out, char side, const struct session *s)
{
	const char *name = s->path, *slash;
	size_t n = strlen(name);
	char text[DIGEST];

	while (n > 1 && name[n - 1] == '/')
		n--;
	for (slash = name + n; slash > name && slash[-1] != '/'; slash--)
		continue;
	digest(s->model, text);
	sink_printf(out, "%c\t%s\t", side, text);
	sink_safe(out, slash, (size_t)(name + n - slash), 0);
	sink_puts(out, "\n");
}

struct known { const char *name; const struct node *n; };

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->name, ((const struct known *)b)->name);
}

/* The converter's nodes that were found, by name. */
static struct known *
index_sources(const struct model *m, const struct convert_run *r, struct arena *a, uint32_t *n)
{
	const struct node **found = place_all(m, r->nodes, r->nnodes, a);
	struct known *list = arena_array(a, r->nnodes, sizeof *list);

	*n = 0;
	for (uint32_t i = 0; i < r->nnodes; i++)
		if (found[i] != NULL)
			list[(*n)++] = (struct known){ r->nodes[i].origin != NULL ?
			    r->nodes[i].origin : r->nodes[i].name, found[i] };
	qsort(list, *n, sizeof *list, by_name);
	return list;
}

static const struct node *
maker_named(const struct model *m, const struct value *const *by, const char *name)
{
	const struct str *s = str_find(&m->strs, name, (uint32_t)strlen(name));

	return s != NULL && by[s->id] != NULL ? by[s->id]->producer : NULL;
}

static const struct node *
maker_of(const struct model *m, const struct value *const *by, const struct run_map *op)
{
	return op->outputs.n > 0 ? maker_named(m, by, op->outputs.s[0]) : NULL;
}

static const struct value **
index_values(const struct model *m, struct arena *a)
{
	const struct value **by = arena_array(a, m->strs.n, sizeof *by);

	for (uint32_t g = m->ngraphs; g-- > 0;)
		for (uint32_t i = m->graphs[g]->nvalues; i-- > 0;)
			by[m->graphs[g]->values[i]->name->id] = m->graphs[g]->values[i];
	return by;
}

/* Returns how many. */
static uint32_t
put_pairs(struct sink *out, struct arena *a, const struct model *source,
	const struct model *made, const struct convert_run *r)
{
	const struct value **by = index_values(made, a), **own =
	    strcmp(source->format, "torchscript") != 0 ? index_values(source, a) : NULL;
	uint32_t n, pairs = 0;
	struct known *list = index_sources(source, r, a, &n);

	for (uint32_t i = 0; i < r->nmap; i++) {
		const struct node *to = maker_of(made, by, &r->map[i]);

		for (uint32_t k = 0; to != NULL && k < r->map[i].sources.n; k++) {
			struct known want = { r->map[i].sources.s[k], NULL }, *at;
			const struct node *from;

			at = n > 0 ? bsearch(&want, list, n, sizeof *list, by_name) : NULL;
			/* a node that was decomposed has its own name, and was not converted */
			from = at != NULL ? at->n : own == NULL ? NULL :
			    maker_named(source, own, want.name);
			if (from == NULL)
				continue;
			sink_printf(out, "%" PRIu32 "\t%" PRIu32 "\t%s\t", from->id, to->id,
			    r->map[i].op);
			sink_safe(out, r->map[i].outputs.s[0], strlen(r->map[i].outputs.s[0]), 0);
			sink_puts(out, "\n");
			pairs++;
		}
	}
	return pairs;
}

struct writing { struct session *s, made; const struct convert_run *r; int fd, err; };

static void
write_file(void *arg)
{
	struct writing *w = arg;
	struct arena a;
	struct sink out;

	arena_init(&a, &w->s->ctx);
	sink_init(&out, w->fd);
	sink_printf(&out, "%s\n", first_line);
	put_side(&out, 'a', w->s);
	put_side(&out, 'b', &w->made);
	sink_printf(&out, "end\t%" PRIu32 "\n", put_pairs(&out, &a, w->s->model, w->made.model,
	    w->r));
	w->err = sink_fini(&out) != 0 ? out.err : 0;
	arena_free(&a);
}

/* What stands there is whole, and never a pipe. */
static void
write_beside(struct writing *w, const char *path)
{
	struct beside b;

	beside_sweep(&w->s->ctx, path);
	if ((w->err = beside_open(&b, path)) != 0)
		return;
	w->fd = b.fd;
	w->err = ENOMEM;
	ctx_protect(&w->s->ctx, write_file, w);
	if (w->err == 0)
		w->err = beside_publish(&b);
	beside_drop(&b);
}

bool
map_write(struct session *s, const char *package, const struct convert_run *r)
{
	static const struct session_options plain;
	struct writing w = { .s = s, .r = r, .err = ENODATA };

	session_open(&w.made, package, &plain);
	if (w.made.model != NULL && s->model != NULL)
		write_beside(&w, map_path(&s->arena, package));
	session_close(&w.made);
	errno = w.err;
	return w.err == 0;
}

/* ---- reading ---- */

static char *
read_text(struct ctx *ctx, struct arena *a, const char *path)
{
	struct source *src = source_open(ctx, a, path);
	char *text = NULL;
	long n;

	if (src == NULL)
		return NULL;
	if (src->size > FILE_MOST || (text = arena_try(a, src->size + 1, 1)) == NULL)
		diag_add(ctx, DIAG_MAP_FILE, NULL, "%s: %" PRIu64 " bytes are too much for a map",
		    path, src->size);
	else if ((n = source_read(src, 0, text, (size_t)src->size)) < 0)
		diag_add(ctx, DIAG_READ_FAILED, NULL, "%s could not be read", path);
	else
		text[n] = '\0';
	source_close(src);
	return text;
}

/* The line at *p without its end; *p goes behind it. NULL at the end of the text. */
static char *
next_line(char **p)
{
	char *line = *p, *end;

	if (*line == '\0')
		return NULL;
	end = line + strcspn(line, "\n");
	*p = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return line;
}

static bool
side_is(char *line, char side, const struct model *m)
{
	char text[DIGEST];

	digest(m, text);
	return line != NULL && line[0] == side && line[1] == '\t' &&
	    strncmp(line + 2, text, DIGEST - 1) == 0;
}

/* Digits alone, then the stop byte. */
static bool
number_at(const char **p, char stop, uint32_t *v)
{
	const char *s = *p;

	for (*v = 0; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(*v, 10, v) ||
		    __builtin_add_overflow(*v, (uint32_t)(*s - '0'), v))
			return false;
	if (s == *p || *s != stop)
		return false;
	*p = s + 1;
	return true;
}

static bool
pair_at(const char *p, const uint32_t below[2], uint32_t *x, uint32_t *y)
{
	return number_at(&p, '\t', x) && *x < below[0] && number_at(&p, '\t', y) &&
	    *y < below[1];
}

static const struct align_given *
unusable(struct ctx *ctx, const char *path, const char *why)
{
	diag_add(ctx, DIAG_MAP_FILE, NULL, "%s: %s", path, why);
	return NULL;
}

/* Up to the line that says how many there were. */
static const struct align_given *
read_pairs(struct ctx *ctx, struct arena *a, const char *path, char *p, const uint32_t below[2],
	bool turned)
{
	struct align_given *g = arena_alloc(a, sizeof *g);
	uint32_t *list[2] = { NULL, NULL }, x, y;
	char *line;

	while ((line = next_line(&p)) != NULL && strncmp(line, "end\t", 4) != 0) {
		if (!pair_at(line, below, &x, &y))
			return unusable(ctx, path, "a line that is no pair of nodes; nothing of "
			    "the map is used");
		for (int k = 0; k < 2; k++)
			list[k] = arena_grow(a, list[k], g->n, sizeof *list[k]);
		list[0][g->n] = x;
		list[1][g->n++] = y;
	}
	if (line == NULL || !number_at(&(const char *){ line + 4 }, '\0', &x) || x != g->n ||
	    *p != '\0')
		return unusable(ctx, path, "it does not end as it was written: cut short or "
		    "changed; nothing of the map is used");
	g->a = list[turned];
	g->b = list[!turned];
	return g;
}

const struct align_given *
map_read(struct ctx *ctx, struct arena *a, const char *path, const struct model *x,
	const struct model *y)
{
	char *p = read_text(ctx, a, path), *line;
	bool turned;

	if (p == NULL)
		return NULL;
	if ((line = next_line(&p)) == NULL || strcmp(line, first_line) != 0)
		return unusable(ctx, path, "no map of a conversion, or one of another version");
	line = next_line(&p);
	turned = side_is(line, 'a', y);
	if (!turned && !side_is(line, 'a', x))
		return NULL;
	line = next_line(&p);
	if (!side_is(line, 'b', turned ? x : y))
		return NULL;
	return read_pairs(ctx, a, path, p, (uint32_t[]){ (turned ? y : x)->nnodes,
	    (turned ? x : y)->nnodes }, turned);
}
