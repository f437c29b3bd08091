/* SPDX-License-Identifier: Apache-2.0 */
/* Items: nodes with what can be compared across formats. Names are cleaned of
 * what exporters and converters hang on them: p_n1_weight_to_fp16 is
 * n1.weight, view_1_cast_fp16 is view_1, /conv/Conv_output_0 is /conv/Conv. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "align/state.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "infer/infer.h"
#include "ir/tensor.h"
#include "ir/type.h"

enum { NAME_MAX_KEPT = 192 };
/* Names that collide are passed over as ambiguous: the key need not be secret. */
/* What names of results are worth: kept from one format to the other, by exporters of
 * programs with what builders count up among them, or in code that counts by itself. */
enum naming { NAMES_KEPT, NAMES_EXPORTED, NAMES_CODE };
#define NAME_KEY UINT64_C(0x51a3b9c7d2e4f687)

/* Endings that say how a result was stored, not what it is. */
static const char *const endings[] = {
	"_cast_fp16", "_cast_fp32", "_cast_uint16", "_cast_int16", "_cast", "_to_fp16", "_to_fp32",
	"_to_uint16", "_to_int16", "_output", "_quantized", "_palettized", "_sparsified", NULL
};
/* Beginnings that a pass of a converter, or an exporter, puts before one. */
static const char *const beginnings[] = { "_inversed_", "inversed_", "node_", NULL };

/* Lower case, one _ for all that is no letter or digit; none at either end. */
static uint32_t
plain(char *to, const char *s, uint32_t n)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < n && k < NAME_MAX_KEPT - 1; i++) {
		unsigned char c = (unsigned char)s[i];

		if (isalnum(c) || c >= 0x80)
			to[k++] = (char)tolower(c);
		else if (k > 0 && to[k - 1] != '_')
			to[k++] = '_';
	}
	while (k > 0 && to[k - 1] == '_')
		k--;
	to[k] = '\0';
	return k;
}

static bool
digits(const char *s)
{
	return s[strspn(s, "0123456789")] == '\0';
}

/* Cut s at the last ending that has nothing but a number behind it. */
static void
cut_ending(char *s)
{
	for (const char *const *e = endings; *e != NULL; e++) {
		size_t n = strlen(*e);

		for (char *at = strstr(s, *e); at != NULL; at = strstr(at + 1, *e)) {
			if (at == s || (at[n] != '\0' && (at[n] != '_' || !digits(at + n + 1))))
				continue;
			*at = '\0';
			return;
		}
	}
}

/* Names that only count: 12, var_12, op_12. */
static bool
says_nothing(const char *s)
{
	if (strncmp(s, "var_", 4) == 0 || strncmp(s, "val_", 4) == 0)
		s += 4;
	else if (strncmp(s, "op_", 3) == 0)
		s += 3;
	return digits(s);
}

static char *
cleaned(char *buf, const char *s, uint32_t n)
{
	char *at = buf;

	plain(buf, s, n);
	cut_ending(buf);
	for (const char *const *b = beginnings; *b != NULL; b++)
		if (strncmp(at, *b, strlen(*b)) == 0)
			at += strlen(*b);
	return at;
}

static uint64_t
hashed(const char *s)
{
	uint64_t h;

	if (says_nothing(s))
		return 0;
	h = hash_bytes(NAME_KEY, s, strlen(s));
	return h != 0 ? h : 1;
}

uint64_t
item_clean(const char *s, uint32_t n)
{
	char buf[NAME_MAX_KEPT];

	return hashed(cleaned(buf, s, n));
}

/* torch.export calls what holds attn.weight p_attn_weight. */
static uint64_t
clean_held(const char *s, uint32_t n)
{
	char buf[NAME_MAX_KEPT];
	const char *at = cleaned(buf, s, n);

	if (at[0] != '\0' && strchr("pbc", at[0]) != NULL && at[1] == '_')
		at += 2;
	return hashed(at);
}

/* The path in the name of a node of ONNX, /body/body.0/attn/MatMul: body.0.attn. A
 * container stands before its member and in its name. */
static uint32_t
name_path(char *to, const struct str *name)
{
	const char *s = name->s, *end;
	uint32_t k = 0;

	for (; *s == '/' && (end = strchr(s + 1, '/')) != NULL; s = end) {
		size_t n = (size_t)(end - s - 1);

		if (strncmp(end + 1, s + 1, n) == 0 && end[n + 1] == '.')
			continue;
		if (n + k + 2 > NAME_MAX_KEPT)
			break;
		memcpy(to + k, s + 1, n);
		k += (uint32_t)n;
		to[k++] = '.';
	}
	return k;
}

/* The module path, from the format or out of an ONNX name. */
static uint64_t
scope_hash(const struct node *n)
{
	char path[NAME_MAX_KEPT], buf[NAME_MAX_KEPT];
	const char *s = n->scope != NULL ? n->scope->s : path;
	uint32_t len = n->scope != NULL ? n->scope->len : name_path(path, n->name);

	len = plain(buf, s, len);
	return len == 0 ? 0 : hash_bytes(NAME_KEY, buf, len);
}

static const struct type *
type_of(const struct side *s, const struct value *v)
{
	const struct type *t = s->given->types != NULL ? infer_type(s->given->types, v) : NULL;

	return t != NULL ? t : v->type;
}

/* Converters drop such nodes when they do nothing: their types tell. */
static bool
is_idle(const struct side *s, const struct item *x)
{
	bool may = x->sem == SEM_SLICE || x->sem == SEM_EXPAND || x->sem == SEM_RESHAPE ||
	    x->sem == SEM_CAST || x->sem == SEM_IDENTITY;

	return may && x->type != NULL && x->type->has_rank && x->n->nin > 0 &&
	    x->n->in[0] != NULL && type_of(s, x->n->in[0]) == x->type;
}

/* Is s, cleaned, the kind of the node and a number at most? Builders of programs call
 * results that, and our reader those that code in TorchScript has no name for. */
static bool
is_counted(const char *s, const struct node *n, bool number)
{
	char kind[NAME_MAX_KEPT];
	uint32_t k = plain(kind, n->type->s, n->type->len);

	if (strncmp(s, kind, k) != 0)
		return false;
	return s[k] == '\0' ? !number : s[k] == '_' && s[k + 1] != '\0' && digits(s + k + 1);
}

/* Without the number behind it. */
static void
cut_number(char *s)
{
	size_t n = strlen(s), k = n;

	while (k > 0 && s[k - 1] >= '0' && s[k - 1] <= '9')
		k--;
	if (k < n && k > 1 && s[k - 1] == '_')
		s[k - 1] = '\0';
}

/* Casts that passes put before a reader say so in their names. */
static bool
made_for_reader(const struct str *name)
{
	static const char *const marks[] = { "_to_fp16", "_to_fp32", "_to_int16", "_to_uint16",
		"_promoted", NULL };

	for (const char *const *m = marks; *m != NULL; m++)
		if (strstr(name->s, *m) != NULL)
			return true;
	return false;
}

/* Programs are compared with code in TorchScript, whose names have numbers of their
 * own each time they are read, with exported ones, or with whatever has kept its names. */
static void
name_result(struct item *x, enum naming naming)
{
	char buf[NAME_MAX_KEPT], *at;
	const struct str *name = x->n->out[0]->name;
	bool mil = x->dialect == DIALECT_MIL;

	at = cleaned(buf, name->s, name->len);
	if (mil && x->sem == SEM_CAST) { /* named after what they cast */
		x->apart = naming != NAMES_KEPT && made_for_reader(name);
		return;
	}
	if (naming != NAMES_KEPT && mil && is_counted(at, x->n, true)) {
		x->apart = x->sem == SEM_TRANSPOSE; /* made by a pass */
		x->weak = naming == NAMES_EXPORTED ? hashed(at) : 0;
		return;
	}
	/* the second of a name gets a number more */
	if (naming == NAMES_EXPORTED && mil && strlen(at) > 2 &&
	    strcmp(at + strlen(at) - 2, "_1") == 0) {
		at[strlen(at) - 2] = '\0';
		x->weak = is_counted(at, x->n, true) ? hashed(at) : 0;
		if (x->weak != 0)
			return;
		at[strlen(at)] = '_';
	}
	if (naming == NAMES_CODE && x->dialect == DIALECT_ATEN && is_counted(at, x->n, false))
		return;
	if (naming == NAMES_CODE)
		cut_number(at);
	x->names[0] = hashed(at);
}

static void
name_item(struct item *x, enum naming naming)
{
	const struct node *n = x->n;

	if (n->nout > 0 && n->out[0] != NULL)
		name_result(x, naming);
	/* names of nodes mislead in programs, and are those of results in code */
	if (x->dialect != DIALECT_MIL && naming != NAMES_CODE && n->name->len > 0)
		x->names[1] = item_clean(n->name->s, n->name->len);
	x->scope = scope_hash(n);
}

/* Nodes that are constants in all but form are no items. */
static bool
is_item(const struct node *n)
{
	if (n->op == NULL)
		return true;
	return (n->op->flags & OP_AT_LOAD) == 0 && n->op->sem != SEM_CONST;
}

static void
add_item(struct side *s, const struct node *n, enum naming naming)
{
	struct item *x = &s->items[s->n];
	const struct str *d = n->domain;

	*x = (struct item){ .n = n, .pair = ALIGN_NONE, .guess = ALIGN_NONE,
		.with = ALIGN_NONE, .chief = s->n };
	x->sem = n->op != NULL ? n->op->sem : SEM_NONE;
	x->dialect = s->given->model->dialect;
	x->op = hash_bytes(NAME_KEY + x->dialect, d->s, d->len);
	x->op = hash_bytes(x->op, n->type->s, n->type->len);
	x->type = n->nout > 0 && n->out[0] != NULL ? type_of(s, n->out[0]) : NULL;
	x->idle = is_idle(s, x);
	name_item(x, naming);
	s->of[n->id] = s->n++;
}

static void
add_graph(struct side *s, const struct graph *g, enum naming naming)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		if (!is_item(n) || s->of[n->id] != ALIGN_NONE)
			continue;
		add_item(s, n, naming);
		for (uint32_t k = 0; k < n->nregions; k++)
			add_graph(s, n->regions[k], naming);
	}
}

static bool
is_weight(const struct value *v)
{
	if (v->flags & VALUE_LITERAL)
		return false;
	if (v->producer != NULL)
		return v->producer->op != NULL && !is_item(v->producer);
	return v->constant != NULL || (v->flags & VALUE_INITIALIZER) != 0;
}

static void
add_weights(struct aligner *al, struct side *s)
{
	const struct model *m = s->given->model;

	for (uint32_t i = 0; i < m->ngraphs; i++) {
		const struct graph *g = m->graphs[i];

		for (uint32_t k = 0; k < g->nvalues; k++) {
			const struct value *v = g->values[k];
			struct weight w = { .v = v, .first = s->uses->start[v->id] };

			w.n = s->uses->start[v->id + 1] - w.first;
			if (w.n == 0 || !is_weight(v))
				continue;
			w.name = m->dialect == DIALECT_MIL ? clean_held(v->name->s, v->name->len) :
			    item_clean(v->name->s, v->name->len);
			s->weights = arena_grow(al->arena, s->weights, s->nweights, sizeof w);
			s->weights[s->nweights++] = w;
		}
	}
}

/* Items that read, in the order of uses; ALIGN_NONE for nodes that are none. */
static void
note_readers(struct aligner *al, struct side *s)
{
	uint32_t total = s->uses->start[s->given->model->nvalues];

	s->readers = arena_array(al->arena, total, sizeof *s->readers);
	for (uint32_t i = 0; i < total; i++)
		s->readers[i] = s->of[s->uses->list[i].node->id];
}

/* The item right behind which x stands wherever it was written: a converter puts casts
 * and transpositions before their first reader, others write them where they are made. */
static uint32_t
anchor_of(const struct side *s, const struct item *x)
{
	uint32_t p = x->n->nin > 0 ? item_producer(s, x, 0) : ALIGN_NONE;

	if ((x->sem != SEM_CAST && x->sem != SEM_TRANSPOSE) || p == ALIGN_NONE ||
	    s->items[p].n->graph != x->n->graph || s->items[p].n->nregions > 0)
		return ALIGN_NONE;
	return p;
}

/* Bring items that may stand anywhere behind what they read. */
static void
settle(struct aligner *al, struct side *s)
{
	struct item *made = arena_array(al->arena, s->n, sizeof *made);
	uint32_t *first = arena_array(al->arena, s->n, sizeof *first), *next, *stack, n = 0;

	next = arena_array(al->arena, s->n, sizeof *next);
	stack = arena_array(al->arena, s->n, sizeof *stack);
	memset(first, 0xff, s->n * sizeof *first);
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t p = anchor_of(s, &s->items[i]);

		/* the last one that was written comes off the stack last */
		next[i] = p != ALIGN_NONE ? first[p] : ALIGN_NONE;
		if (p != ALIGN_NONE)
			first[p] = i;
	}
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t top = 0;

		if (anchor_of(s, &s->items[i]) != ALIGN_NONE)
			continue;
		stack[top++] = i;
		while (top > 0) {
			uint32_t at = stack[--top];

			made[n++] = s->items[at];
			for (uint32_t k = first[at]; k != ALIGN_NONE; k = next[k])
				stack[top++] = k;
		}
	}
	s->items = made;
	for (uint32_t i = 0; i < n; i++) {
		made[i].chief = i;
		s->of[made[i].n->id] = i;
	}
}

static enum naming
naming_of(const struct aligner *al)
{
	const struct model *a = al->side[0].given->model, *b = al->side[1].given->model;

	if (al->same_dialect)
		return NAMES_KEPT;
	if (strcmp(a->format, "torchscript") == 0 || strcmp(b->format, "torchscript") == 0)
		return NAMES_CODE;
	return a->dialect == DIALECT_MIL || b->dialect == DIALECT_MIL ? NAMES_EXPORTED :
	    NAMES_KEPT;
}

/* Is it passed through on the way to what an item works on? */
static bool
is_through(const struct item *x)
{
	return x->sem == SEM_CAST || x->sem == SEM_SEQUENCE || x->sem == SEM_IDENTITY ||
	    x->sem == SEM_DROPOUT || x->sem == SEM_DEVICE_COPY;
}

static void
note_origins(struct side *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct item *x = &s->items[i];
		uint32_t n = 0;

		for (uint32_t o = 0; o < x->n->nin && n < ITEM_FROM; o++) {
			uint32_t p = item_producer(s, x, o);
			const struct item *y = p != ALIGN_NONE ? &s->items[p] : NULL;

			if (y != NULL && p < i && is_through(y))
				for (uint32_t k = 0; k < ITEM_FROM && n < ITEM_FROM &&
				    y->from[k] != ALIGN_NONE; k++)
					x->from[n++] = y->from[k];
			else if (y != NULL)
				x->from[n++] = p;
		}
		while (n < ITEM_FROM)
			x->from[n++] = ALIGN_NONE;
	}
}

static bool
is_loop(const struct node *n)
{
	return n->nregions > 0 && n->op != NULL && n->op->sem == SEM_LOOP;
}

static bool
in_loop(const struct node *n)
{
	while ((n = n->graph->parent) != NULL)
		if (is_loop(n))
			return true;
	return false;
}

static bool
has_loops(const struct side *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (is_loop(s->items[i].n))
			return true;
	return false;
}

struct named { uint64_t name; uint32_t item; };

static int
by_hash(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return x->name != y->name ? (x->name > y->name) - (x->name < y->name) :
	    (x->item > y->item) - (x->item < y->item);
}

/* Transpositions by name, sorted. */
static struct named *
transpositions(struct aligner *al, const struct side *s, bool weak, uint32_t *n)
{
	struct named *list = arena_array(al->arena, s->n, sizeof *list);

	*n = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		uint64_t name = weak ? s->items[i].weak : s->items[i].names[0];

		if (s->items[i].sem == SEM_TRANSPOSE && name != 0)
			list[(*n)++] = (struct named){ name, i };
	}
	qsort(list, *n, sizeof *list, by_hash);
	return list;
}

/* Transpositions of a program that have the name of one of the source's may be it; a
 * pass counts by itself as well, and then there are two. */
static void
recall_transpositions(struct aligner *al, const struct side *a, struct side *b)
{
	uint32_t na, nb, at = 0;
	struct named *la = transpositions(al, a, false, &na);
	struct named *lb = transpositions(al, b, true, &nb);

	for (uint32_t i = 0; i < nb; i++) {
		struct item *y = &b->items[lb[i].item], *z = NULL;
		const struct type *t;

		if (i + 1 < nb && lb[i + 1].name == lb[i].name)
			z = &b->items[lb[++i].item];
		while (at < na && la[at].name < lb[i].name)
			at++;
		if (at == na || la[at].name != lb[i].name)
			continue;
		t = a->items[la[at].item].type;
		if (z == NULL) {
			y->apart = false;
		} else if (kin_dims(t, y->type) > 0 && kin_dims(t, z->type) <= 0) {
			y->apart = false;
			z->apart = true;
		} else {
			y->apart = true;
			z->apart = false;
		}
	}
}

/* What is in loops goes with them when the other side has none: recurrent layers become
 * loops. */
void
item_nest(struct aligner *al)
{
	bool has[2] = { has_loops(&al->side[0]), has_loops(&al->side[1]) };

	for (unsigned k = 0; k < 2; k++)
		if (al->side[k].given->model->dialect == DIALECT_MIL)
			recall_transpositions(al, &al->side[1 - k], &al->side[k]);
	for (unsigned k = 0; k < 2; k++)
		for (uint32_t i = 0; has[k] && !has[1 - k] && i < al->side[k].n; i++)
			if (in_loop(al->side[k].items[i].n))
				al->side[k].items[i].apart = true;
}

void
item_collect(struct aligner *al, struct side *s)
{
	const struct model *m = s->given->model;
	struct uses *uses = arena_alloc(al->arena, sizeof *uses);

	uses_build(uses, al->arena, m);
	s->uses = uses;
	s->items = arena_array(al->arena, m->nnodes, sizeof *s->items);
	s->of = arena_array(al->arena, m->nnodes, sizeof *s->of);
	memset(s->of, 0xff, m->nnodes * sizeof *s->of);
	if (m->main != NULL)
		add_graph(s, m->main, naming_of(al));
	if (!al->same_dialect)
		settle(al, s);
	note_origins(s);
	note_readers(al, s);
	add_weights(al, s);
}

uint32_t
item_producer(const struct side *s, const struct item *x, uint32_t i)
{
	const struct value *v = x->n->in[i];

	return v != NULL && v->producer != NULL ? s->of[v->producer->id] : ALIGN_NONE;
}
