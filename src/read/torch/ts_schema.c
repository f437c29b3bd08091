/* SPDX-License-Identifier: Apache-2.0 */
/* Which overload of an operator takes these operands, and what it gives. Rows
 * are not in libtorch's order of registration, so instead of the first that
 * fits the closest is taken: exact types before those that convert. Calls of the
 * same types are many and are answered from a table. Source:
 * facts/torchscript-format.md section 6, op schemas. */
#include <string.h>

#include "base/ctx.h"
#include "base/hash.h"
#include "ops/op.h"
#include "ops/sig.h"
#include "read/torch/ts_unit.h"

/* How well a type stands where the signature has a word: 0 not at all. */
enum { FIT_EXACT = 8, FIT_CLOSE = 6, FIT_ANY = 4, FIT_WEAK = 2, FIT_POOR = 1 };

struct words { const char *s; uint32_t n; };

static bool
is(struct words w, const char *text)
{
	return strlen(text) == w.n && memcmp(w.s, text, w.n) == 0;
}

static int fit(struct ts_unit *u, struct words want, const struct type *t);

static int
fit_list(struct ts_unit *u, struct words elem, const struct type *t)
{
	bool single = is(elem, "int") || is(elem, "float");
	int inner;

	if (t != NULL && t->tag == TY_LIST) {
		if (t->elem == u->t.any || t->elem->tag == TY_NONE)
			return FIT_ANY;
		if (is(elem, "any"))
			return FIT_ANY + 1;
		if (is(elem, "tensor_or_none"))
			return ts_is_tensor(t->elem) || (t->elem->tag == TY_OPT &&
			    ts_is_tensor(t->elem->elem)) ? FIT_CLOSE : 0;
		inner = fit(u, elem, t->elem);
		return inner >= FIT_EXACT ? FIT_EXACT : 0;
	}
	if (t != NULL && t->tag == TY_TUPLE) {
		for (uint32_t i = 0; i < t->nitems; i++)
			if (fit(u, elem, t->items[i]) < FIT_CLOSE && !is(elem, "any"))
				return 0;
		return FIT_WEAK;
	}
	return t == NULL ? FIT_POOR : single && fit(u, elem, t) >= FIT_CLOSE ? FIT_WEAK : 0;
}

static int
fit_number(const struct ts_unit *u, struct words want, const struct type *t)
{
	bool number = t == u->t.number, implicit = t->tag == TY_TENSOR || number;

	if (is(want, "number"))
		return number ? FIT_EXACT : t == u->t.i || t == u->t.f || t == u->t.c ? FIT_CLOSE :
		    implicit ? FIT_WEAK : t == u->t.b ? FIT_POOR : 0;
	if (is(want, "int"))
		return t == u->t.i ? FIT_EXACT : implicit ? FIT_WEAK : t == u->t.b ? FIT_POOR : 0;
	if (is(want, "float"))
		return t == u->t.f ? FIT_EXACT : implicit || t == u->t.i ? FIT_WEAK :
		    t == u->t.b ? FIT_POOR : 0;
	if (is(want, "complex"))
		return t == u->t.c ? FIT_EXACT : number ? FIT_WEAK : 0;
	if (is(want, "bool"))
		return t == u->t.b ? FIT_EXACT : 0;
	return -1;
}

static int
fit(struct ts_unit *u, struct words want, const struct type *t)
{
	int n;

	if (want.n > 0 && want.s[want.n - 1] == '!')
		return FIT_ANY;
	if (is(want, "any"))
		return FIT_ANY;
	if (want.n > 2 && memcmp(want.s + want.n - 2, "[]", 2) == 0)
		return fit_list(u, (struct words){ want.s, want.n - 2 }, t);
	if (t == NULL)
		return is(want, "tensor") ? FIT_CLOSE : FIT_POOR;
	if (t == u->t.any)
		return FIT_POOR;
	if (is(want, "tensor"))
		return t->tag == TY_TENSOR ? FIT_EXACT : 0;
	if ((n = fit_number(u, want, t)) >= 0)
		return n;
	if (is(want, "str"))
		return t == u->t.s ? FIT_EXACT : 0;
	if (is(want, "device"))
		return t == u->t.device ? FIT_EXACT : t == u->t.s ? FIT_WEAK : 0;
	return t->tag == TY_OPAQUE ? FIT_CLOSE : 0;
}

static int
fit_arg(struct ts_unit *u, const struct sig *g, const struct sig_arg *a, const struct type *t)
{
	struct words want = { g->set[a->set].text, g->set[a->set].text_len };
	int n;

	if (t == u->t.none)
		return a->optional || is(want, "any") || a->mixed ? FIT_ANY + 1 : 0;
	if (a->mixed)
		return FIT_ANY;
	if (t != NULL && t->tag == TY_OPT) {
		n = fit(u, want, t->elem);
		return n == 0 || a->optional || is(want, "any") ? n : FIT_POOR;
	}
	return fit(u, want, t);
}

static int
named_arg(const struct sig *g, const struct str *name)
{
	for (uint32_t i = 0; i < g->nin; i++)
		if (g->in[i].name_len == name->len &&
		    memcmp(g->in[i].name, name->s, name->len) == 0)
			return (int)i;
	return -1;
}

/* Overloads for dictionaries are told by the type of the keys, in their name. */
static int
fit_key(struct ts_unit *u, const struct op *op, const struct type *t)
{
	const struct { const struct type *type; const char *word; } words[] = {
		{ u->t.s, "str" }, { u->t.i, "int" }, { u->t.f, "float" }, { u->t.b, "bool" },
		{ u->t.c, "complex" }, { u->t.tensor, "Tensor" }
	};
	size_t n = strlen(op->overload), k;

	if (t == NULL || t->tag != TY_DICT)
		return 0;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		k = strlen(words[i].word);
		if (t->items[0] == words[i].type && n >= k &&
		    strcmp(op->overload + n - k, words[i].word) == 0)
			return FIT_EXACT;
	}
	return 0;
}

/* Must it be given by its name? Signatures do not say so: these names are keywords in
 * all schemas but of a few operators. */
static bool
is_keyword(const struct op *op, const struct sig_arg *a)
{
	static const char *const places[] = { "softmax", "log_softmax", "special_softmax", "to",
	    "view", "view_copy", "to_dense", "_assert_tensor_metadata", "quantize_per_tensor",
	    "quantize_per_channel", "quantize_per_tensor_dynamic", NULL };
	static const char *const names[] = { "dtype", "device", "layout", "pin_memory", NULL };
	struct words name = { a->name, a->name_len };

	for (uint32_t i = 0; places[i] != NULL; i++)
		if (strcmp(op->name, places[i]) == 0)
			return false;
	for (uint32_t i = 0; names[i] != NULL; i++)
		if (is(name, names[i]))
			return strcmp(op->domain, "aten") == 0;
	return false;
}

/* -1: it does not take them. */
static int
score(struct ts_unit *u, const struct op *op, const struct ts_match *m)
{
	uint64_t given = 0;
	int sum, one, at;
	struct sig g;

	if (!sig_parse(op, &g))
		return -1;
	sum = m->n > 0 ? fit_key(u, op, m->types[0]) : 0;
	for (uint32_t i = 0; i < m->n; i++) {
		uint32_t named = m->n - m->nkw;

		at = i < named ? (int)i : named_arg(&g, m->kw[i - named]);
		const struct sig_arg *a = at < 0 ? NULL : sig_arg_at(g.in, g.nin, (uint32_t)at);

		if (a == NULL || (i < named && is_keyword(op, a)) ||
		    (one = fit_arg(u, &g, a, m->types[i])) == 0)
			return -1;
		sum += one;
		given |= UINT64_C(1) << (at < SIG_ARGS ? at : SIG_ARGS);
	}
	for (uint32_t i = 0; i < g.nin; i++)
		if (!(given >> i & 1) && !g.in[i].optional && !g.in[i].variadic &&
		    !g.in[i].mixed && g.in[i].text_default == NULL)
			return -1;
	/* what fills fewer places by defaults is closer */
	return sum * 32 - (int)g.nin;
}

static bool
named(const struct ts_match *m, const char *name)
{
	return strcmp(m->name->s, name) == 0;
}

/* What operators give that take any list, dictionary or optional. */
static const struct type *
generic_result(struct ts_unit *u, const struct ts_match *m, bool list)
{
	const struct type *t = m->n > 0 ? m->types[0] : NULL, *pair;

	if (t == NULL)
		return NULL;
	if (named(m, "wait"))
		return t->tag == TY_OPAQUE ? t->elem : NULL;
	if (named(m, "_unwrap_optional") || named(m, "unchecked_unwrap_optional"))
		return t->tag == TY_OPT ? t->elem : t;
	if (t->tag == TY_DICT) {
		if (named(m, "items")) {
			pair = ts_tuple_of(u, t->items, 2);
			return ts_list_of(u, pair);
		}
		if (named(m, "keys") || named(m, "list"))
			return ts_list_of(u, t->items[0]);
		if (named(m, "values"))
			return ts_list_of(u, t->items[1]);
		if (named(m, "get") && m->n < 3)
			return ts_opt_of(u, t->items[1]);
		return named(m, "copy") || named(m, "dict") ? t : t->items[1];
	}
	if (t->tag == TY_LIST && !list)
		return t->elem;
	return list && t->tag != TY_LIST ? NULL : t;
}

static const struct type *
result_of(struct ts_unit *u, const struct ts_match *m, struct words w)
{
	const struct { const char *word; const struct type *type; } plain[] = {
		{ "tensor", u->t.tensor }, { "int", u->t.i }, { "float", u->t.f },
		{ "bool", u->t.b }, { "str", u->t.s }, { "number", u->t.number },
		{ "complex", u->t.c }, { "device", u->t.device }
	};
	const struct type *t;

	if (is(w, "any") || is(w, "any[]"))
		return generic_result(u, m, w.n > 3);
	if (w.n > 2 && memcmp(w.s + w.n - 2, "[]", 2) == 0) {
		t = result_of(u, m, (struct words){ w.s, w.n - 2 });
		return ts_list_of(u, t != NULL ? t : u->t.any);
	}
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (is(w, plain[i].word))
			return plain[i].type;
	return NULL;
}

static void
set_results(struct ts_unit *u, struct ts_match *m)
{
	struct sig g;

	sig_parse(m->op, &g);
	for (uint32_t i = 0; i < g.nout; i++) {
		struct words w = { g.set[g.out[i].set].text, g.set[g.out[i].set].text_len };
		const struct type *t = result_of(u, m, w);

		if (g.out[i].optional && t != NULL)
			t = ts_opt_of(u, t);
		m->results = arena_grow(u->a, m->results, m->nresults, sizeof *m->results);
		m->results[m->nresults++] = t;
	}
}

/* Is a conversion needed: a tensor or number where another number is wanted, a
 * tuple where a list is? */
static bool
converts(struct ts_unit *u, const struct ts_match *m)
{
	struct sig g;
	int at;

	sig_parse(m->op, &g);
	for (uint32_t i = 0; i < m->n; i++) {
		uint32_t named = m->n - m->nkw;
		int one;

		at = i < named ? (int)i : named_arg(&g, m->kw[i - named]);
		one = fit_arg(u, &g, sig_arg_at(g.in, g.nin, (uint32_t)at), m->types[i]);
		if (one == FIT_WEAK)
			return true;
	}
	return false;
}

const struct type *
ts_wanted(struct ts_unit *u, const struct ts_match *m, uint32_t i)
{
	uint32_t named = m->n - m->nkw;
	struct words w;
	struct sig g;
	int at;

	sig_parse(m->op, &g);
	at = i < named ? (int)i : named_arg(&g, m->kw[i - named]);
	const struct sig_arg *a = sig_arg_at(g.in, g.nin, (uint32_t)at);

	w = (struct words){ g.set[a->set].text, g.set[a->set].text_len };
	if (fit_arg(u, &g, a, m->types[i]) != FIT_WEAK)
		return NULL;
	return result_of(u, m, w);
}

static void
choose(struct ts_unit *u, struct ts_match *m)
{
	uint32_t nrows;
	const struct op *rows = op_rows(DIALECT_ATEN, &nrows), *end = rows + nrows;
	const struct op *op = op_oldest(DIALECT_ATEN, m->domain->s, m->name->s);
	const char *domain = op != NULL ? op->domain : "", *name = op != NULL ? op->name : "";
	int best = -1, n;

	for (; op != NULL && op < end && strcmp(op->name, name) == 0 &&
	    strcmp(op->domain, domain) == 0; op++) {
		n = score(u, op, m);
		/* len of a list of Any has an overload of its own */
		if (n >= 0 && strcmp(op->overload, "any") == 0 &&
		    !(m->types[0] != NULL && m->types[0]->elem == u->t.any))
			n = 0;
		/* the one on repeats alone takes the output's size by name */
		if (n >= 0 && strcmp(op->name, "repeat_interleave") == 0 &&
		    strcmp(op->overload, "Tensor") == 0 && m->n - m->nkw > 1)
			n = -1;
		if (n > best) {
			best = n;
			m->op = op;
		}
	}
	if (m->op == NULL)
		return;
	set_results(u, m);
	m->converts = converts(u, m);
}

static uint64_t
hash(const struct ts_match *m)
{
	uint64_t h = hash_pair(m->domain->id, m->name->id);

	for (uint32_t i = 0; i < m->n; i++)
		h = hash_pair(h, (uintptr_t)m->types[i]);
	for (uint32_t i = 0; i < m->nkw; i++)
		h = hash_pair(h, m->kw[i]->id);
	return h;
}

static bool
same(const struct ts_match *a, const struct ts_match *b)
{
	return a->name == b->name && a->domain == b->domain && a->n == b->n && a->nkw == b->nkw &&
	    (a->n == 0 || memcmp(a->types, b->types, a->n * sizeof *a->types) == 0) &&
	    (a->nkw == 0 || memcmp(a->kw, b->kw, a->nkw * sizeof *a->kw) == 0);
}

static struct ts_match *
slot_of(struct ts_unit *u, const struct ts_match *m)
{
	uint32_t i = (uint32_t)hash(m) & u->match_mask;

	while (u->matches[i].used && !same(&u->matches[i], m))
		i = (i + 1) & u->match_mask;
	return &u->matches[i];
}

static void
grow(struct ts_unit *u)
{
	struct ts_match *old = u->matches;
	uint32_t n = old != NULL ? u->match_mask + 1 : 0;

	if (old != NULL && u->nmatches * 2 < n)
		return;
	u->match_mask = n > 0 ? 2 * n - 1 : 127;
	u->matches = arena_array(u->a, (size_t)u->match_mask + 1, sizeof *u->matches);
	for (uint32_t i = 0; i < n; i++)
		if (old[i].used)
			*slot_of(u, &old[i]) = old[i];
}

const struct ts_match *
ts_match(struct ts_unit *u, const struct str *domain, const struct str *name,
    struct ts_val **args, uint32_t n, const struct str **kw, uint32_t nkw)
{
	struct ts_match m = { .domain = domain, .name = name, .n = n, .nkw = nkw, .kw = kw };
	struct ts_match *slot;

	m.types = arena_array(u->a, n, sizeof *m.types);
	for (uint32_t i = 0; i < n; i++)
		m.types[i] = args[i]->type;
	grow(u);
	slot = slot_of(u, &m);
	if (!slot->used) {
		m.used = true;
		choose(u, &m);
		u->nmatches++;
		*slot = m;
	}
	return slot->op != NULL ? slot : NULL;
}

bool
ts_has_effect(const struct ts_unit *u, const struct ts_node *n)
{
	static const char *const words[] = { "warn", "manual_seed", "save", "set_" };

	(void)u;
	switch (n->kind) {
	case N_SETATTR: case N_CALL: case N_METHOD: case N_PRINT: case N_RAISE: case N_ENTER:
	case N_EXIT:
		return true;
	case N_OP:
		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			if (strcmp(words[i], n->type->s) == 0)
				return true;
		return false;
	case N_GETATTR: case N_IF: case N_LOOP: case N_TUPLE: case N_TUPLE_UNPACK:
	case N_TUPLE_INDEX: case N_LIST: case N_LIST_UNPACK: case N_DICT: case N_CREATE:
	case N_UNINIT: case N_CAST: case N_ISINSTANCE: case N_FORK:
		return false;
	}
	return false;
}
