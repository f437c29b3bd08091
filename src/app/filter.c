/* SPDX-License-Identifier: Apache-2.0 */
/* Filters. The text becomes a tree of lists: `and` and `or` hold any number of
 * children, so the depth of the tree is the depth of parentheses and `not`,
 * which is bounded. What a key can be asked is a row of a table in filter_key.c.
 * Regular expressions are compiled last, when nothing can fail any more but they
 * themselves. */
#include <string.h>

#include "app/filter_key.h"
#include "base/arena.h"
#include "base/str.h"
#include "ir/graph.h"

enum { DEPTH_MAX = 100 };

struct expr {
	enum expr_kind { ALL, ANY, NOT, TERM } kind;
	struct expr *child, *next;
	struct term *term;
};

struct filter {
	struct expr *root; /* NULL: everything */
	struct term *terms;
};

static uint32_t
column(const struct parser *ps)
{
	return (uint32_t)(ps->p - ps->text);
}

static void
skip_spaces(struct parser *ps)
{
	ps->p += strspn(ps->p, " \t\n");
}

/* 'and', 'or', 'not' as a word of their own. */
static bool
accept_keyword(struct parser *ps, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(ps->p, word, n) != 0 || strchr(" \t\n()", ps->p[n]) == NULL)
		return false;
	ps->p += n;
	skip_spaces(ps);
	return true;
}

static bool
at_term(const struct parser *ps)
{
	return *ps->p != '\0' && *ps->p != ')';
}

/* End of a value without quotes; NULL when a bracket is not closed. */
static const char *
bare_end(const char *p)
{
	unsigned depth = 0;

	for (; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (strchr("([{", *p) != NULL)
			depth++;
		else if (depth > 0)
			depth -= strchr(")]}", *p) != NULL;
		else if (strchr(" \t\n)", *p) != NULL)
			return p;
	}
	return depth == 0 ? p : NULL;
}

static bool
parse_value(struct parser *ps, struct term *t)
{
	bool quoted = *ps->p == '\'' || *ps->p == '"';
	const char *end;

	if (quoted) {
		if ((end = strchr(ps->p + 1, *ps->p)) == NULL)
			return filter_wrong(ps, column(ps), "a quote that is not closed");
		ps->p++;
	} else if ((end = bare_end(ps->p)) == NULL) {
		return filter_wrong(ps, column(ps),
		    "a bracket that is not closed (a lone one needs quotes)");
	}
	t->column = column(ps);
	t->len = (uint32_t)(end - ps->p);
	t->text = arena_strdup(ps->arena, ps->p, t->len);
	ps->p = end + quoted;
	return true;
}

/* = != ~ !~ < <= > >= at p; its length, or 0. */
static size_t
operator_length(const char *p)
{
	size_t bang = *p == '!';

	if (*p == '<' || *p == '>')
		return 1 + (p[1] == '=');
	return p[bang] == '=' || p[bang] == '~' ? bang + 1 : 0;
}

static bool
read_operator(struct parser *ps, struct term *t, size_t n)
{
	char first = *ps->p, last = ps->p[n - 1];
	unsigned forms = t->key->forms;

	t->negate = first == '!';
	t->is_regex = last == '~';
	if (first == '<')
		t->order = n == 2 ? ORDER_LESS_EQUAL : ORDER_LESS;
	else if (first == '>')
		t->order = n == 2 ? ORDER_MORE_EQUAL : ORDER_MORE;
	if ((t->is_regex && !(forms & KEY_REGEX)) || (t->order != ORDER_EQUAL &&
	    !(forms & KEY_ORDER)) || t->key->read == NULL)
		return filter_wrong(ps, column(ps), arena_printf(ps->arena, t->key->read == NULL ?
		    "%s stands alone" : forms & KEY_ORDER ? "%s takes =, !=, < or >" :
		    forms & KEY_REGEX ? "%s takes =, !=, ~ or !~" :
		    "%s takes = or !=, no regular expression", t->key->name));
	ps->p += n;
	return true;
}

/* KEY OP, or a KEY that stands alone, if that is what stands here; else the value is
 * a bare word. < and > are part of a word when no key is before them. */
static bool
parse_key(struct parser *ps, struct term *t)
{
	size_t n = strspn(ps->p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	size_t op = operator_length(ps->p + n);
	const struct key *key = filter_find_key(ps->p, n);

	t->key = &filter_word;
	if (key != NULL && key->forms & KEY_ALONE && strchr(" \t\n)", ps->p[n]) != NULL) {
		t->key = key;
		t->alone = true;
		ps->p += n;
		return true;
	}
	if (n == 0 || op == 0 || (key == NULL && strchr("<>", ps->p[n]) != NULL))
		return true;
	if (key == NULL)
		return filter_wrong(ps, column(ps), arena_printf(ps->arena,
		    "unknown key '%.*s' (quote a word that holds = or ~)",
		    (int)(n < 40 ? n : 40), ps->p));
	t->key = key;
	ps->p += n;
	return read_operator(ps, t, op);
}

static struct expr *
new_expr(struct parser *ps, enum expr_kind kind)
{
	struct expr *e = arena_alloc(ps->arena, sizeof *e);

	e->kind = kind;
	return e;
}

static struct expr *
parse_term(struct parser *ps)
{
	struct term *t = arena_alloc(ps->arena, sizeof *t);
	struct expr *e;

	if (!parse_key(ps, t) || (!t->alone && !parse_value(ps, t)))
		return NULL;
	if (!t->alone && !t->is_regex && !t->key->read(ps, t))
		return NULL;
	t->next = ps->filter->terms;
	ps->filter->terms = t;
	skip_spaces(ps);
	e = new_expr(ps, TERM);
	e->term = t;
	return e;
}

static struct expr *parse_any(struct parser *, unsigned depth);

static struct expr *
parse_factor(struct parser *ps, unsigned depth)
{
	uint32_t at = column(ps);
	struct expr *e;

	if (depth > DEPTH_MAX) {
		filter_wrong(ps, at, "nested too deeply");
		return NULL;
	}
	if (!at_term(ps) || accept_keyword(ps, "and") || accept_keyword(ps, "or")) {
		filter_wrong(ps, at, "a term is missing here");
		return NULL;
	}
	if (accept_keyword(ps, "not")) {
		e = new_expr(ps, NOT);
		e->child = parse_factor(ps, depth + 1);
		return e->child == NULL ? NULL : e;
	}
	if (*ps->p != '(')
		return parse_term(ps);
	ps->p++;
	skip_spaces(ps);
	if ((e = parse_any(ps, depth + 1)) == NULL)
		return NULL;
	if (*ps->p != ')') {
		filter_wrong(ps, at, "a parenthesis that is not closed");
		return NULL;
	}
	ps->p++;
	skip_spaces(ps);
	return e;
}

/* Does one more factor follow? An `and` before it is taken. */
static bool
more_factors(struct parser *ps)
{
	const char *start = ps->p;

	if (accept_keyword(ps, "and"))
		return true;
	if (!at_term(ps))
		return false;
	if (!accept_keyword(ps, "or"))
		return true;
	ps->p = start;
	return false;
}

static struct expr *
parse_all(struct parser *ps, unsigned depth)
{
	struct expr *e = new_expr(ps, ALL), **last = &e->child;

	do {
		if ((*last = parse_factor(ps, depth)) == NULL)
			return NULL;
		last = &(*last)->next;
	} while (more_factors(ps));
	return e;
}

static struct expr *
parse_any(struct parser *ps, unsigned depth)
{
	struct expr *e = new_expr(ps, ANY), **last = &e->child;

	do {
		if ((*last = parse_all(ps, depth)) == NULL)
			return NULL;
		last = &(*last)->next;
	} while (accept_keyword(ps, "or"));
	return e;
}

/* The stretches that stand for themselves, when all that matches has them in their order: names
 * have dots, and few have the rest. Each ends with a NUL, the last with two. */
static const char *
must_have(struct arena *a, const char *text)
{
	char *list = arena_array(a, strlen(text) + 2, 1), *to = list;

	if (strpbrk(text, "\\[]()*+?{}|") != NULL)
		return list;
	while (*text != '\0') {
		size_t n = strcspn(text, ".^$");

		memcpy(to, text, n);
		to += n > 0 ? n + 1 : 0;
		text += n > 0 ? n : 1;
	}
	return list;
}

static bool
compile_all(struct parser *ps)
{
	char message[160];
	struct term *t;
	int rc;

	for (t = ps->filter->terms; t != NULL; t = t->next) {
		if (!t->is_regex || strpbrk(t->text, "\\.[]()*+?{}|^$") == NULL)
			continue;
		rc = regcomp(&t->re, t->text, REG_EXTENDED | REG_NOSUB);
		if (rc == 0) {
			t->compiled = true;
			t->must = must_have(ps->arena, t->text);
			continue;
		}
		regerror(rc, &t->re, message, sizeof message);
		filter_free(ps->filter);
		return filter_wrong(ps, t->column, arena_printf(ps->arena,
		    "regular expression: %s", message));
	}
	return true;
}

struct filter *
filter_parse(struct arena *a, const char *text, struct filter_error *err)
{
	struct parser ps = { .arena = a, .text = text, .p = text, .err = err };

	err->message = NULL;
	ps.filter = arena_alloc(a, sizeof *ps.filter);
	skip_spaces(&ps);
	if (*ps.p == '\0')
		return ps.filter;
	ps.filter->root = parse_any(&ps, 0);
	if (ps.filter->root != NULL && *ps.p != '\0')
		filter_wrong(&ps, column(&ps), "a parenthesis too many");
	return err->message == NULL && compile_all(&ps) ? ps.filter : NULL;
}

void
filter_free(struct filter *f)
{
	struct term *t;

	for (t = f->terms; t != NULL; t = t->next) {
		if (t->compiled)
			regfree(&t->re);
		t->compiled = false;
	}
}

static bool
expr_match(const struct expr *e, const struct node *n, const struct filter_facts *facts)
{
	const struct expr *c;

	switch (e->kind) {
	case TERM:
		return e->term->key->match(e->term, n, facts) != e->term->negate;
	case NOT:
		return !expr_match(e->child, n, facts);
	case ALL:
	case ANY:
		break;
	}
	for (c = e->child; c != NULL; c = c->next)
		if (expr_match(c, n, facts) == (e->kind == ANY))
			return e->kind == ANY;
	return e->kind == ALL;
}

bool
filter_match(const struct filter *f, const struct node *n, const struct filter_facts *facts)
{
	static const struct filter_facts none;

	return f->root == NULL || expr_match(f->root, n, facts != NULL ? facts : &none);
}

unsigned
filter_needs(const struct filter *f)
{
	unsigned needs = 0;

	for (const struct term *t = f->terms; t != NULL; t = t->next)
		needs |= t->key->needs;
	return needs;
}
