/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/source.h"
#include "convert/code.h"
#include "ir/graph.h"

static int
by_source(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct code *)a)->src;
	uintptr_t y = (uintptr_t)((const struct code *)b)->src;

	return (x > y) - (x < y);
}

/* The path behind the archive's own folder; NULL: no code. */
static const char *
path_of(const struct source *src)
{
	const char *slash = src->member != NULL ? strchr(src->member, '/') : NULL;

	return slash != NULL && strncmp(slash + 1, "code/", 5) == 0 ? slash + 1 : NULL;
}

static void
read_lines(struct code *c, struct arena *a)
{
	unsigned char buf[4096];
	uint64_t off = 0;
	uint32_t n = 0;
	long got;

	c->lines = arena_grow(a, NULL, 0, sizeof *c->lines);
	c->lines[n++] = 0;
	while ((got = source_read(c->src, off, buf, sizeof buf)) > 0) {
		for (long i = 0; i < got; i++) {
			if (buf[i] != '\n')
				continue;
			c->lines = arena_grow(a, c->lines, n, sizeof *c->lines);
			c->lines[n++] = off + (uint64_t)i + 1;
		}
		off += (uint64_t)got;
	}
	c->nlines = n;
}

void
codes_read(struct codes *all, const struct model *m, struct arena *a)
{
	uint32_t n = 0;

	all->at = arena_array(a, m->nnodes, sizeof *all->at);
	for (uint32_t g = 0; g < m->ngraphs; g++)
		for (uint32_t i = 0; i < m->graphs[g]->nnodes; i++) {
			const struct source *src = m->graphs[g]->nodes[i]->loc.src;

			if (src != NULL && (n == 0 || all->at[n - 1].src != src))
				all->at[n++] = (struct code){ .src = src };
		}
	if (n > 0)
		qsort(all->at, n, sizeof *all->at, by_source);
	all->n = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct code c = all->at[i];

		if ((all->n > 0 && all->at[all->n - 1].src == c.src) ||
		    (c.path = path_of(c.src)) == NULL)
			continue;
		read_lines(&c, a);
		all->at[all->n++] = c;
	}
}

const struct code *
code_of(const struct codes *all, const struct source *src)
{
	struct code want = { .src = src };

	return all->n == 0 ? NULL : bsearch(&want, all->at, all->n, sizeof *all->at, by_source);
}

uint32_t
code_line(const struct code *c, uint64_t off)
{
	uint32_t lo = 0, hi = c->nlines;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (c->lines[mid] <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo + 1;
}

uint32_t
code_parse(const char *s, uint32_t *line)
{
	const char *colon = s != NULL ? strrchr(s, ':') : NULL;

	*line = colon != NULL ? (uint32_t)strtoul(colon + 1, NULL, 10) : 0;
	return *line > 0 ? (uint32_t)(colon - s) : 0;
}
