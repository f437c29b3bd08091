/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/str.h"
#include "convert/code.h"
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

bool
place_same_kind(const char *a, const char *b)
{
	const char *x, *y;
	size_t n = bare(a, &x), m = bare(b, &y);

	return n == m && strncasecmp(x, y, n) == 0;
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
alike(const struct node *n, const struct run_node *want)
{
	return place_same_kind(n->type->s, want->kind) &&
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

/* What is sorted: nodes of the model by name, by kind, by kind and line of code; wanted ones
 * by kind, line of code and scope. */
struct entry {
	const char *key;
	size_t len;
	const char *file;   /* of code; "" when that is not asked */
	size_t file_len;
	uint32_t line;
	const char *scope;
	const struct node *n;
	uint32_t i;
};

/* The first len bytes of texts of two lengths, as strcmp. */
static int
compare(const char *a, size_t n, const char *b, size_t m)
{
	int d = memcmp(a, b, n < m ? n : m);

	return d != 0 ? d : (n > m) - (n < m);
}

/* Kind, and line of code. */
static int
by_group(const struct entry *x, const struct entry *y)
{
	size_t len = x->len < y->len ? x->len : y->len;
	int d = strncasecmp(x->key, y->key, len);

	if (d == 0)
		d = (x->len > y->len) - (x->len < y->len);
	if (d == 0)
		d = compare(x->file, x->file_len, y->file, y->file_len);
	return d != 0 ? d : (x->line > y->line) - (x->line < y->line);
}

static int
by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int d = by_group(x, y);

	if (d == 0)
		d = strcmp(x->scope, y->scope);
	return d != 0 ? d : (x->i > y->i) - (x->i < y->i);
}

struct index { struct entry *at; uint32_t n; };

/* The first entry whose key is not below. */
static uint32_t
first_of(const struct index *x, const struct entry *want)
{
	struct entry key = *want;
	uint32_t lo = 0, hi = x->n;

	key.scope = "";
	key.i = 0;
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (by_key(&x->at[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
put(struct index *x, struct entry e)
{
	e.i = x->n;
	e.scope = "";
	x->at[x->n++] = e;
}

static void
sort(struct index *x)
{
	if (x->n > 0)
		qsort(x->at, x->n, sizeof *x->at, by_key);
}

struct finding {
	const struct model *m;
	struct arena *a;
	const struct run_node *list;
	const struct node **found; /* by number in list */
	uint32_t n;
	uint32_t *first;           /* of that name: bodies of loops are converted twice */
	struct index names, kinds, codes;
};

static void
make_index(struct finding *f)
{
	const struct model *m = f->m;
	struct codes codes;

	codes_read(&codes, m, f->a);
	f->names.at = arena_array(f->a, m->nnodes + (size_t)m->nvalues, sizeof *f->names.at);
	f->kinds.at = arena_array(f->a, m->nnodes, sizeof *f->kinds.at);
	f->codes.at = arena_array(f->a, m->nnodes, sizeof *f->codes.at);
	for (uint32_t g = 0; g < m->ngraphs; g++)
		for (uint32_t i = 0; i < m->graphs[g]->nnodes; i++) {
			const struct node *n = m->graphs[g]->nodes[i];
			const struct code *c = code_of(&codes, n->loc.src);
			struct entry e = { .file = "", .n = n };

			e.len = bare(n->type->s, &e.key);
			put(&f->kinds, e);
			if (c != NULL) {
				e.file = c->path;
				e.file_len = strlen(c->path);
				e.line = code_line(c, n->loc.off);
				put(&f->codes, e);
			}
			e = (struct entry){ n->name->s, n->name->len, .file = "", .n = n };
			put(&f->names, e);
			for (uint32_t o = 0; o < n->nout; o++) {
				if (n->out[o] == NULL || n->out[o]->name == n->name)
					continue;
				e.key = n->out[o]->name->s;
				e.len = n->out[o]->name->len;
				put(&f->names, e);
			}
		}
	sort(&f->names);
	sort(&f->kinds);
	sort(&f->codes);
}

/* The one node of that very name, or NULL. */
static const struct node *
only_named(const struct index *x, const char *name)
{
	struct entry want = { name, strlen(name), .file = "" };
	const struct node *found = NULL;

	for (uint32_t i = first_of(x, &want);
	    i < x->n && by_group(&x->at[i], &want) == 0; i++) {
		if (strcmp(x->at[i].key, name) != 0)
			continue;
		if (found != NULL && found != x->at[i].n)
			return NULL;
		found = x->at[i].n;
	}
	return found;
}

/* Wanted nodes of one kind, line of code and scope, n of them in their order. */
static void
place_twins(struct finding *f, const struct index *x, const struct entry *want, uint32_t n)
{
	uint32_t from = first_of(x, want), at;

	for (uint32_t k = 0; k < n; k++) {
		const struct run_node *w = &f->list[want[k].i];
		bool here = false;

		for (at = from; at < x->n && by_group(&x->at[at], want) == 0 && !here; at += !here)
			here = alike(x->at[at].n, w) && (want->line > 0 ||
			    on_line(f->m, x->at[at].n, w->line, f->a));
		if (!here && (want->line > 0 || w->line == NULL))
			return;
		if (!here)
			continue;
		f->found[want[k].i] = x->at[at].n;
		from = at + 1;
	}
}

/* Those that are of the kind and from the line, in a module of a name that the file does not
 * have: in their order what is left. */
static void
place_rest(struct finding *f, const struct entry *want, uint32_t n, bool *taken)
{
	uint32_t from = first_of(&f->codes, want), at;

	for (uint32_t k = 0; k < n; k++) {
		if (f->found[want[k].i] != NULL)
			continue;
		for (at = from; at < f->codes.n && by_group(&f->codes.at[at], want) == 0 &&
		    taken[f->codes.at[at].n->id]; at++)
			continue;
		if (at == f->codes.n || by_group(&f->codes.at[at], want) != 0)
			return;
		f->found[want[k].i] = f->codes.at[at].n;
		from = at + 1;
	}
}

/* The wanted ones, each name once, by kind and scope; and by line of code when it is asked. */
static struct index
wanted(struct finding *f, bool by_code)
{
	struct index x = { arena_array(f->a, f->n, sizeof *x.at), 0 };

	for (uint32_t i = 0; i < f->n; i++) {
		struct entry e = { .scope = f->list[i].scope, .file = "", .i = i };

		e.len = bare(f->list[i].kind, &e.key);
		if (by_code) {
			e.file_len = code_parse(f->list[i].code, &e.line);
			e.file = e.file_len > 0 ? f->list[i].code : "";
		}
		if (f->first[i] == i && (!by_code || e.file_len > 0))
			x.at[x.n++] = e;
	}
	sort(&x);
	return x;
}

static void
by_twins(struct finding *f, const struct index *x, const struct index *want)
{
	uint32_t k;

	for (uint32_t i = 0; i < want->n; i += k) {
		for (k = 1; i + k < want->n && by_group(&want->at[i], &want->at[i + k]) == 0 &&
		    strcmp(want->at[i].scope, want->at[i + k].scope) == 0; k++)
			continue;
		place_twins(f, x, &want->at[i], k);
	}
}

static int
by_number(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->i > y->i) - (x->i < y->i);
}

static void
by_code(struct finding *f)
{
	struct index want = wanted(f, true);
	bool *taken = arena_array(f->a, f->m->nnodes, sizeof *taken);
	uint32_t k;

	by_twins(f, &f->codes, &want);
	for (uint32_t i = 0; i < want.n; i++)
		if (f->found[want.at[i].i] != NULL)
			taken[f->found[want.at[i].i]->id] = true;
	for (uint32_t i = 0; i < want.n; i += k) {
		for (k = 1; i + k < want.n && by_group(&want.at[i], &want.at[i + k]) == 0; k++)
			continue;
		qsort(&want.at[i], k, sizeof *want.at, by_number);
		place_rest(f, &want.at[i], k, taken);
	}
}

/* Names of exported programs are their nodes'; those that TorchScript's nodes have in the
 * converter are given anew, and tell something only where nothing else does. */
static void
by_name(struct finding *f)
{
	bool exact = strcmp(f->m->format, "torchscript") != 0;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct run_node *w = &f->list[i];
		const struct node *only;

		if (f->found[i] != NULL && !exact)
			continue;
		only = only_named(&f->names, w->origin != NULL ? w->origin : w->name);
		if (only != NULL && (f->found[i] == NULL || w->origin != NULL ||
		    place_same_kind(only->type->s, w->kind)))
			f->found[i] = only;
	}
}

static int
by_run_name(const void *a, const void *b)
{
	const struct run_node *const *x = a, *const *y = b;
	int d = strcmp((*x)->name, (*y)->name);

	return d != 0 ? d : (*x > *y) - (*x < *y);
}

static void
mark_first(struct finding *f)
{
	const struct run_node **order = arena_array(f->a, f->n, sizeof *order);

	f->first = arena_array(f->a, f->n, sizeof *f->first);
	for (uint32_t i = 0; i < f->n; i++)
		order[i] = &f->list[i];
	if (f->n > 0)
		qsort(order, f->n, sizeof *order, by_run_name);
	for (uint32_t i = 0; i < f->n; i++)
		f->first[order[i] - f->list] = i > 0 &&
		    strcmp(order[i]->name, order[i - 1]->name) == 0 ?
		    f->first[order[i - 1] - f->list] : (uint32_t)(order[i] - f->list);
}

const struct node **
place_all(const struct model *m, const struct run_node *list, uint32_t n, struct arena *a)
{
	struct finding f = { .m = m, .a = a, .list = list, .n = n };
	struct index want;
	const struct node **by_kind;

	f.found = by_kind = arena_array(a, n, sizeof *f.found);
	make_index(&f);
	mark_first(&f);
	want = wanted(&f, false);
	by_twins(&f, &f.kinds, &want);
	f.found = arena_array(a, n, sizeof *f.found);
	by_code(&f);
	for (uint32_t i = 0; i < n; i++)
		if (f.found[i] == NULL)
			f.found[i] = by_kind[i];
	by_name(&f);
	for (uint32_t i = 0; i < n; i++)
		f.found[i] = f.found[f.first[i]];
	return f.found;
}

static const struct node *
find_blamed(const struct model *m, const struct convert_run *r, struct arena *a)
{
	uint32_t n = r->nnodes + 1;
	struct run_node *list = arena_array(a, n, sizeof *list);

	for (uint32_t i = 0; i < r->nnodes; i++)
		list[i] = r->nodes[i];
	list[n - 1] = r->blamed;
	return place_all(m, list, n, a)[n - 1];
}

const struct node *
place_blamed(const struct model *m, const struct convert_run *r, struct arena *a)
{
	struct run_placed *p = r->placed;

	if (m == NULL || r->blamed.name == NULL)
		return NULL;
	if (p == NULL)
		return find_blamed(m, r, a);
	if (p->m != m || p->name != r->blamed.name)
		*p = (struct run_placed){ m, r->blamed.name, find_blamed(m, r, a) };
	return p->node;
}
