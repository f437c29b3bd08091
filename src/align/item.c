/* SPDX-License-Identifier: Apache-2.0 */
/* Items: nodes with what can be compared across formats. Names are cleaned of
 * what exporters and converters hang on them: p_n1_weight_to_fp16 is
 * n1.weight, view_1_cast_fp16 is view_1, /conv/Conv_output_0 is /conv/Conv. */
#include <ctype.h>
#include <string.h>

#include "align/state.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "infer/infer.h"
#include "ir/tensor.h"
#include "ir/type.h"

enum { NAME_MAX_KEPT = 192 };
/* Names that collide are passed over as ambiguous: the key need not be secret. */
#define NAME_KEY UINT64_C(0x51a3b9c7d2e4f687)

/* Endings that say how a result was stored, not what it is. */
static const char *const endings[] = {
	"_cast_fp16", "_cast_fp32", "_cast_uint16", "_cast_int16", "_cast", "_to_fp16", "_to_fp32",
	"_to_uint16", "_to_int16", "_output", "_quantized", "_palettized", "_sparsified", NULL
};
/* Beginnings that a pass of a converter puts before one. */
static const char *const beginnings[] = { "_inversed_", "inversed_", NULL };

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

static const char *
cleaned(char *buf, const char *s, uint32_t n)
{
	const char *at = buf;

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

/* The module path, from the format or out of an ONNX name: /layers.0/attn/MatMul. */
static uint64_t
scope_hash(const struct node *n)
{
	char buf[NAME_MAX_KEPT];
	const struct str *s = n->scope != NULL ? n->scope : n->name;
	uint32_t len = s->len;

	if (n->scope == NULL) {
		if (len == 0 || s->s[0] != '/')
			return 0;
		while (len > 0 && s->s[len - 1] != '/')
			len--;
	}
	len = plain(buf, s->s, len);
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

static void
name_item(struct item *x)
{
	const struct node *n = x->n;
	bool mil = x->dialect == DIALECT_MIL; /* names of nodes mislead there */

	if (n->nout > 0 && n->out[0] != NULL && !(mil && x->sem == SEM_CAST))
		x->names[0] = item_clean(n->out[0]->name->s, n->out[0]->name->len);
	if (!mil && n->name->len > 0)
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
add_item(struct side *s, const struct node *n)
{
	struct item *x = &s->items[s->n];
	const struct str *d = n->domain;

	*x = (struct item){ .n = n, .pair = ALIGN_NONE, .guess = ALIGN_NONE,
		.chief = s->n };
	x->sem = n->op != NULL ? n->op->sem : SEM_NONE;
	x->dialect = s->given->model->dialect;
	x->op = hash_bytes(NAME_KEY + x->dialect, d->s, d->len);
	x->op = hash_bytes(x->op, n->type->s, n->type->len);
	x->type = n->nout > 0 && n->out[0] != NULL ? type_of(s, n->out[0]) : NULL;
	x->idle = is_idle(s, x);
	name_item(x);
	s->of[n->id] = s->n++;
}

static void
add_graph(struct side *s, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		if (!is_item(n) || s->of[n->id] != ALIGN_NONE)
			continue;
		add_item(s, n);
		for (uint32_t k = 0; k < n->nregions; k++)
			add_graph(s, n->regions[k]);
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

void
item_collect(struct aligner *al, struct side *s, const struct align_side *given)
{
	const struct model *m = given->model;
	struct uses *uses = arena_alloc(al->arena, sizeof *uses);

	s->given = given;
	uses_build(uses, al->arena, m);
	s->uses = uses;
	s->items = arena_array(al->arena, m->nnodes, sizeof *s->items);
	s->of = arena_array(al->arena, m->nnodes, sizeof *s->of);
	memset(s->of, 0xff, m->nnodes * sizeof *s->of);
	if (m->main != NULL)
		add_graph(s, m->main);
	note_readers(al, s);
	add_weights(al, s);
}

uint32_t
item_producer(const struct side *s, const struct item *x, uint32_t i)
{
	const struct value *v = x->n->in[i];

	return v != NULL && v->producer != NULL ? s->of[v->producer->id] : ALIGN_NONE;
}
