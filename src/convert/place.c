/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "convert/place.h"
#include "convert/run.h"
#include "ir/frame.h"
#include "ir/graph.h"

/* The part of an operator's name that both sides have: no namespace, overload,
 * underscores around it, capitals. */
static size_t
bare(const char *s, const char **start)
{
	static const char chunk[] = "constantchunk";
	const char *colons = strstr(s, "::");
	size_t n;

	s = colons != NULL ? colons + 2 : s;
	s += strspn(s, "_");
	n = strcspn(s, ".");
	while (n > 0 && s[n - 1] == '_')
		n--;
	*start = s;
	/* torch makes prim::ConstantChunk of a chunk whose list is taken apart */
	if (n == sizeof chunk - 1 && strncasecmp(s, chunk, n) == 0) {
		*start += sizeof chunk - sizeof "chunk";
		n = sizeof "chunk" - 1;
	}
	return n;
}

static bool
same_kind(const char *a, const char *b)
{
	const char *x, *y;
	size_t n = bare(a, &x), m = bare(b, &y);

	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (tolower((unsigned char)x[i]) != tolower((unsigned char)y[i]))
			return false;
	return true;
}

/* Are the parts of path few among those of many, in order, with the last the
 * same? coremltools leaves out containers that are not called themselves. */
static bool
within(const char *few, const char *many)
{
	size_t n, m;

	while (*few != '\0') {
		n = strcspn(few, ".");
		for (;; many += m + (many[m] == '.')) {
			if (*many == '\0')
				return false;
			m = strcspn(many, ".");
			if (m == n && strncmp(few, many, n) == 0)
				break;
		}
		few += n + (few[n] == '.');
		many += m + (many[m] == '.');
	}
	return *many == '\0';
}

static bool
named(const struct node *n, const char *name)
{
	if (strcmp(n->name->s, name) == 0)
		return true;
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL && strcmp(n->out[i]->name->s, name) == 0)
			return true;
	return false;
}

static bool
alike(const struct node *n, const struct run_node *want)
{
	return same_kind(n->type->s, want->kind) &&
	    within(want->scope, n->scope != NULL ? n->scope->s : "");
}

static const char *
line_of(const struct frame *f, struct arena *a)
{
	const char *slash = strrchr(f->file, '/');

	return arena_printf(a, "%s:%" PRIu32, slash != NULL ? slash + 1 : f->file, f->line);
}

/* Was the node made at that line? As the innermost frame has it; yes when nobody knows. */
static bool
on_line(const struct model *m, const struct node *n, const char *line, struct arena *a)
{
	struct frame *list;

	return line == NULL || node_frames(m, n, a, &list) == 0 ||
	    strcmp(line_of(list, a), line) == 0;
}

/* The node with that number among those that are alike, and the one of that name. */
struct seeking {
	const struct model *m;
	const struct run_node *want;
	struct arena *a;
	const struct node *only, *nth;
	uint32_t names, seen;
};

static void
seek(struct seeking *s, uint32_t twins, bool by_line)
{
	const struct model *m = s->m;
	const char *name = s->want->origin != NULL ? s->want->origin : s->want->name;

	s->only = s->nth = NULL;
	s->names = s->seen = 0;
	for (uint32_t g = 0; g < m->ngraphs; g++) {
		for (uint32_t i = 0; i < m->graphs[g]->nnodes; i++) {
			const struct node *n = m->graphs[g]->nodes[i];

			if (named(n, name)) {
				s->only = n;
				s->names++;
			}
			if (alike(n, s->want) && (!by_line ||
			    on_line(m, n, s->want->line, s->a)) && s->seen++ == twins)
				s->nth = n;
		}
	}
}

static const struct node *
found(const struct seeking *s)
{
	if (s->names == 1 && (s->nth == NULL || s->want->origin != NULL ||
	    same_kind(s->only->type->s, s->want->kind)))
		return s->only;
	return s->nth;
}

const struct node *
place_find(const struct model *m, const struct run_node *want)
{
	struct seeking s = { .m = m, .want = want };

	if (m == NULL || want->name == NULL)
		return NULL;
	seek(&s, 0, false);
	return found(&s);
}

/* Nodes before the one it stopped at that are of its kind and scope, and line. */
static uint32_t
count_twins(const struct convert_run *r, bool by_line)
{
	const struct run_node *b = &r->blamed;
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->nnodes; i++) {
		const struct run_node *x = &r->nodes[i];

		if (strcmp(x->name, b->name) == 0)
			return n;
		n += strcmp(x->kind, b->kind) == 0 && strcmp(x->scope, b->scope) == 0 &&
		    (!by_line || (x->line != NULL && strcmp(x->line, b->line) == 0));
	}
	return n;
}

const struct node *
place_blamed(const struct model *m, const struct convert_run *r, struct arena *a)
{
	const char *line = r->blamed.line;
	struct seeking s = { .m = m, .want = &r->blamed, .a = a };

	if (m == NULL || r->blamed.name == NULL)
		return NULL;
	if (line != NULL) {
		seek(&s, count_twins(r, true), true);
		/* names of a frozen graph may be those of other nodes in the file */
		if (s.nth != NULL && (s.names != 1 || !on_line(m, s.only, line, a)))
			return s.nth;
		if (s.nth != NULL)
			return found(&s);
	}
	seek(&s, count_twins(r, false), false);
	return found(&s);
}

/* ---- all at once ---- */

/* What is sorted: nodes of the model by name or kind, wanted ones by kind and scope. */
struct entry { const char *key; size_t len; const char *scope; const struct node *n; uint32_t i; };

static int
by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int d = 0;

	for (size_t i = 0; i < len && d == 0; i++)
		d = tolower((unsigned char)x->key[i]) - tolower((unsigned char)y->key[i]);
	if (d == 0)
		d = (x->len > y->len) - (x->len < y->len);
	if (d == 0)
		d = strcmp(x->scope, y->scope);
	return d != 0 ? d : (x->i > y->i) - (x->i < y->i);
}

/* The first entry whose key is not below. */
static uint32_t
first_of(const struct entry *list, uint32_t n, const struct entry *want)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (by_key(&list[mid], want) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
same_key(const struct entry *a, const struct entry *b)
{
	return a->len == b->len && strncasecmp(a->key, b->key, a->len) == 0;
}

struct index {
	const struct model *m;
	struct arena *a;
	struct entry *names, *kinds;
	uint32_t nnames, nkinds;
};

static void
add_name(struct index *x, const char *name, const struct node *n)
{
	x->names[x->nnames] = (struct entry){ name, strlen(name), "", n, x->nnames };
	x->nnames++;
}

static void
make_index(struct index *x, const struct model *m, struct arena *a)
{
	x->names = arena_array(a, m->nnodes + (size_t)m->nvalues, sizeof *x->names);
	x->kinds = arena_array(a, m->nnodes, sizeof *x->kinds);
	for (uint32_t g = 0; g < m->ngraphs; g++) {
		for (uint32_t i = 0; i < m->graphs[g]->nnodes; i++) {
			const struct node *n = m->graphs[g]->nodes[i];
			struct entry *e = &x->kinds[x->nkinds];

			*e = (struct entry){ .scope = "", .n = n, .i = x->nkinds++ };
			e->len = bare(n->type->s, &e->key);
			add_name(x, n->name->s, n);
			for (uint32_t o = 0; o < n->nout; o++)
				if (n->out[o] != NULL && n->out[o]->name != n->name)
					add_name(x, n->out[o]->name->s, n);
		}
	}
	qsort(x->names, x->nnames, sizeof *x->names, by_key);
	qsort(x->kinds, x->nkinds, sizeof *x->kinds, by_key);
}

/* The one node of that very name, or NULL. */
static const struct node *
only_named(const struct index *x, const char *name)
{
	struct entry want = { name, strlen(name), "", NULL, 0 };
	const struct node *found = NULL;

	for (uint32_t i = first_of(x->names, x->nnames, &want);
	    i < x->nnames && same_key(&x->names[i], &want); i++) {
		if (strcmp(x->names[i].key, name) != 0)
			continue;
		if (found != NULL && found != x->names[i].n)
			return NULL;
		found = x->names[i].n;
	}
	return found;
}

/* Wanted nodes of one kind and scope, n of them in their order. */
static void
place_twins(const struct index *x, const struct entry *want, uint32_t n,
	const struct run_node *list, const struct node **found)
{
	struct entry key = { want->key, want->len, "", NULL, 0 };
	uint32_t from = first_of(x->kinds, x->nkinds, &key), at;

	for (uint32_t k = 0; k < n; k++) {
		const char *line = list[want[k].i].line;

		for (at = from; at < x->nkinds && same_key(&x->kinds[at], want) &&
		    !(alike(x->kinds[at].n, &list[want->i]) &&
		    on_line(x->m, x->kinds[at].n, line, x->a)); at++)
			continue;
		if (at == x->nkinds || !same_key(&x->kinds[at], want)) {
			if (line == NULL)
				return;
			continue;
		}
		found[want[k].i] = x->kinds[at].n;
		from = at + 1;
	}
}

const struct node **
place_all(const struct model *m, const struct run_node *list, uint32_t n, struct arena *a)
{
	const struct node **found = arena_array(a, n, sizeof *found), *only;
	struct entry *want = arena_array(a, n, sizeof *want);
	struct index x = { .m = m, .a = a };
	uint32_t k;

	make_index(&x, m, a);
	for (uint32_t i = 0; i < n; i++) {
		want[i] = (struct entry){ .scope = list[i].scope, .i = i };
		want[i].len = bare(list[i].kind, &want[i].key);
	}
	qsort(want, n, sizeof *want, by_key);
	for (uint32_t i = 0; i < n; i += k) {
		for (k = 1; i + k < n && same_key(&want[i], &want[i + k]) &&
		    strcmp(want[i].scope, want[i + k].scope) == 0; k++)
			continue;
		place_twins(&x, &want[i], k, list, found);
	}
	for (uint32_t i = 0; i < n; i++) {
		only = only_named(&x, list[i].origin != NULL ? list[i].origin : list[i].name);
		if (only != NULL && (found[i] == NULL || (same_kind(only->type->s, list[i].kind) &&
		    on_line(m, only, list[i].line, a))))
			found[i] = only;
	}
	return found;
}
