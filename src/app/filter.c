/* SPDX-License-Identifier: Apache-2.0 */
/* Filters. The text becomes a tree of lists: `and` and `or` hold any number of
 * children, so the depth of the tree is the depth of parentheses and `not`,
 * which is bounded. What a key can be asked, how its value is read and how a
 * node is held against it are one row of a table. Regular expressions are
 * compiled last, when nothing can fail any more but they themselves. */
#include <regex.h>
#include <string.h>

#include "app/filter.h"
#include "base/arena.h"
#include "base/str.h"
#include "ir/graph.h"

enum { DEPTH_MAX = 100 };

struct expr {
	enum expr_kind { ALL, ANY, NOT, TERM } kind;
	struct expr *child, *next;
	struct term *term;
};

struct term {
	const struct key *key;
	struct term *next;   /* all terms of the filter */
	uint32_t column;     /* of the value */
	bool negate, is_regex, compiled;
	uint32_t len;
	const char *text;
	regex_t re;
	enum dtype dtype;
	uint64_t number;
	const struct type *shape;
};

struct filter {
	struct expr *root; /* NULL: everything */
	struct term *terms;
};

struct parser {
	struct arena *arena;
	const char *text, *p;
	struct filter *filter;
	struct filter_error *err; /* message NULL: no error yet */
};

struct key {
	const char *name;
	bool regex; /* ~ makes sense */
	/* the value, once its text is known; false after wrong() */
	bool (*read)(struct parser *, struct term *);
	bool (*match)(const struct term *, const struct node *);
	const char *help;
};

static bool
wrong(struct parser *ps, uint32_t column, const char *message)
{
	if (ps->err->message == NULL) {
		ps->err->message = message;
		ps->err->column = column;
	}
	return false;
}

static bool
read_text(struct parser *ps, struct term *t)
{
	(void)ps, (void)t;
	return true;
}

static bool
read_number(struct parser *ps, struct term *t)
{
	uint32_t i;

	for (i = 0; i < t->len && t->text[i] >= '0' && t->text[i] <= '9'; i++)
		t->number = t->number * 10 + (uint64_t)(t->text[i] - '0');
	if (t->len == 0 || i < t->len || t->len > 10)
		return wrong(ps, t->column + i, "a node id is a number");
	return true;
}

static bool
read_dtype(struct parser *ps, struct term *t)
{
	int dtype = dtype_parse(t->text, t->len);

	if (dtype < 0)
		return wrong(ps, t->column, arena_printf(ps->arena,
		    "no element type is called '%.40s' (f32, f16, bf16, i64, bool, ...)",
		    t->text));
	t->dtype = (enum dtype)dtype;
	return true;
}

/* A shape is a type without its element type. */
static bool
read_shape(struct parser *ps, struct term *t)
{
	char *text = arena_array(ps->arena, (size_t)t->len + 2, 1);
	struct types types;
	struct strtab strs;
	uint32_t at;

	text[0] = '?';
	memcpy(text + 1, t->text, t->len);
	types_init(&types, ps->arena);
	strtab_init(&strs, ps->arena);
	t->shape = type_parse(&types, &strs, text, t->len + 1, &at);
	strtab_free(&strs);
	if (t->shape == NULL)
		return wrong(ps, t->column + at - 1,
		    "a shape is written [1,N,?] ('?' stands for any dim), or * for none");
	if (t->shape->tag != TY_TENSOR)
		return wrong(ps, t->column, "a shape starts with [");
	return true;
}

static bool
text_is(const struct term *t, const char *s, size_t n)
{
	if (t->is_regex)
		return regexec(&t->re, s, 0, NULL, 0) == 0;
	return n == t->len && memcmp(s, t->text, n) == 0;
}

static bool
str_is(const struct term *t, const struct str *s)
{
	return s == NULL ? text_is(t, "", 0) : text_is(t, s->s, s->len);
}

static bool
same_domain(const char *a, size_t an, const char *b, size_t bn)
{
	static const char onnx[] = "ai.onnx";

	if (an == sizeof onnx - 1 && memcmp(a, onnx, an) == 0)
		an = 0;
	if (bn == sizeof onnx - 1 && memcmp(b, onnx, bn) == 0)
		bn = 0;
	return an == bn && memcmp(a, b, an) == 0;
}

static bool
match_op(const struct term *t, const struct node *n)
{
	const char *type;
	size_t len = n->type->len;

	if (str_is(t, n->type))
		return true;
	if (t->is_regex || t->len < len + 2)
		return false;
	/* domain::Type */
	type = t->text + t->len - len;
	return memcmp(type, n->type->s, len) == 0 && memcmp(type - 2, "::", 2) == 0 &&
	    same_domain(t->text, t->len - len - 2, n->domain->s, n->domain->len);
}

static bool
match_name(const struct term *t, const struct node *n)
{
	return str_is(t, n->name);
}

static bool
match_domain(const struct term *t, const struct node *n)
{
	if (t->is_regex)
		return str_is(t, n->domain);
	return same_domain(t->text, t->len, n->domain->s, n->domain->len);
}

/* A node's module path; where the file has none, the front of its name, as in
 * /layers.0/attn/MatMul. Returns the length. */
static size_t
scope_of(const struct node *n, const char **path)
{
	const char *end;

	*path = "";
	if (n->scope != NULL) {
		*path = n->scope->s;
		return n->scope->len;
	}
	end = strrchr(n->name->s, '/');
	if (end == NULL || end == n->name->s)
		return 0;
	*path = n->name->s + (n->name->s[0] == '/');
	return (size_t)(end - *path);
}

static bool
match_scope(const struct term *t, const struct node *n)
{
	const char *path, *want = t->text;
	size_t len = scope_of(n, &path), nwant = t->len;
	char buf[1024]; /* a regex sees no more of a path than this */

	if (t->is_regex) {
		len = len < sizeof buf ? len : sizeof buf - 1;
		memcpy(buf, path, len);
		buf[len] = '\0';
		return text_is(t, buf, len);
	}
	if (nwant > 0 && want[0] == '/')
		want++, nwant--;
	if (nwant > len || memcmp(path, want, nwant) != 0)
		return false;
	return nwant == len || (nwant > 0 && strchr("./", path[nwant]) != NULL);
}

static bool
any_named(const struct term *t, struct value *const *values, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (values[i] != NULL && str_is(t, values[i]->name))
			return true;
	return false;
}

static bool
match_in(const struct term *t, const struct node *n)
{
	return any_named(t, n->in, n->nin);
}

static bool
match_out(const struct term *t, const struct node *n)
{
	return any_named(t, n->out, n->nout);
}

static bool
match_attr(const struct term *t, const struct node *n)
{
	uint32_t i;

	for (i = 0; i < n->nattrs; i++)
		if (str_is(t, n->attrs[i].name))
			return true;
	return false;
}

static bool
match_id(const struct term *t, const struct node *n)
{
	return n->id == t->number;
}

/* The declared type of an output, of its elements when it is a sequence; NULL
 * when it is no tensor. */
static const struct type *
tensor_type(const struct value *v)
{
	const struct type *type = v == NULL ? NULL : v->type;

	while (type != NULL && (type->tag == TY_SEQ || type->tag == TY_OPT))
		type = type->elem;
	if (type != NULL && type->tag != TY_TENSOR && type->tag != TY_SPARSE)
		return NULL;
	return type;
}

static bool
match_dtype(const struct term *t, const struct node *n)
{
	const struct type *type;
	uint32_t i;

	for (i = 0; i < n->nout; i++)
		if ((type = tensor_type(n->out[i])) != NULL && type->dtype == t->dtype)
			return true;
	return false;
}

static bool
dim_fits(const struct dim *want, const struct dim *d)
{
	if (want->kind == DIM_UNKNOWN)
		return true;
	if (want->kind != d->kind || want->lo != d->lo || want->hi != d->hi ||
	    want->n != d->n)
		return false;
	/* symbols of the filter are interned in a table of their own */
	if (want->kind == DIM_SYM)
		return want->sym->len == d->sym->len &&
		    memcmp(want->sym->s, d->sym->s, d->sym->len) == 0;
	return want->n == 0 || memcmp(want->list, d->list, d->n * sizeof *d->list) == 0;
}

static bool
shape_fits(const struct type *want, const struct type *type)
{
	uint32_t i;

	if (want->has_rank != type->has_rank || want->rank != type->rank)
		return false;
	for (i = 0; i < want->rank; i++)
		if (!dim_fits(want->dims[i], type->dims[i]))
			return false;
	return true;
}

static bool
match_shape(const struct term *t, const struct node *n)
{
	const struct type *type;
	uint32_t i;

	for (i = 0; i < n->nout; i++)
		if ((type = tensor_type(n->out[i])) != NULL && shape_fits(t->shape, type))
			return true;
	return false;
}

static bool
contains(const struct str *s, const struct term *t)
{
	const char *p = s->s, *last;

	if (t->len == 0)
		return true;
	if (t->len > s->len)
		return false;
	for (last = p + (s->len - t->len); p <= last; p++) {
		if ((p = memchr(p, t->text[0], (size_t)(last - p) + 1)) == NULL)
			return false;
		if (memcmp(p, t->text, t->len) == 0)
			return true;
	}
	return false;
}

static bool
match_word(const struct term *t, const struct node *n)
{
	return contains(n->type, t) || contains(n->name, t);
}

static const struct key keys[] = {
	{ "op", true, read_text, match_op, "op type: Conv, com.microsoft::Gelu" },
	{ "name", true, read_text, match_name, "name of the node" },
	{ "domain", true, read_text, match_domain,
	    "domain of the op; ai.onnx is the default one" },
	{ "scope", true, read_text, match_scope,
	    "module path, or whole components of its start: layers.0" },
	{ "dtype", false, read_dtype, match_dtype, "element type of an output: f16" },
	{ "shape", false, read_shape, match_shape,
	    "shape of an output: [1,N,?]; ? is any dim, * an output without shape" },
	{ "in", true, read_text, match_in, "name of an operand" },
	{ "out", true, read_text, match_out, "name of an output" },
	{ "attr", true, read_text, match_attr, "name of an attribute that is set" },
	{ "id", false, read_number, match_id, "number of the node, as in #12" },
};
static const struct key word_key = { "", false, read_text, match_word, "" };

const char *
filter_key(uint32_t i, const char **help)
{
	if (i >= sizeof keys / sizeof *keys)
		return NULL;
	*help = keys[i].help;
	return keys[i].name;
}

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
			return wrong(ps, column(ps), "a quote that is not closed");
		ps->p++;
	} else if ((end = bare_end(ps->p)) == NULL) {
		return wrong(ps, column(ps),
		    "a bracket that is not closed (a lone one needs quotes)");
	}
	t->column = column(ps);
	t->len = (uint32_t)(end - ps->p);
	t->text = arena_strdup(ps->arena, ps->p, t->len);
	ps->p = end + quoted;
	return true;
}

/* = != ~ !~ at p; its length, or 0. */
static size_t
operator_length(const char *p)
{
	size_t bang = *p == '!';

	return p[bang] == '=' || p[bang] == '~' ? bang + 1 : 0;
}

static bool
find_key(struct parser *ps, struct term *t, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (strlen(keys[i].name) != n || memcmp(keys[i].name, ps->p, n) != 0)
			continue;
		t->key = &keys[i];
		return true;
	}
	return wrong(ps, column(ps), arena_printf(ps->arena,
	    "unknown key '%.*s' (quote a word that holds = or ~)", (int)(n < 40 ? n : 40),
	    ps->p));
}

/* KEY OP, if that is what stands here; else the value is a bare word. */
static bool
parse_key(struct parser *ps, struct term *t)
{
	size_t n = strspn(ps->p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	size_t op = operator_length(ps->p + n);

	t->key = &word_key;
	if (n == 0 || op == 0)
		return true;
	if (!find_key(ps, t, n))
		return false;
	ps->p += n;
	t->negate = op == 2;
	t->is_regex = ps->p[op - 1] == '~';
	if (t->is_regex && !t->key->regex)
		return wrong(ps, column(ps), arena_printf(ps->arena,
		    "%s takes = or !=, no regular expression", t->key->name));
	ps->p += op;
	return true;
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

	if (!parse_key(ps, t) || !parse_value(ps, t))
		return NULL;
	if (!t->is_regex && !t->key->read(ps, t))
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
		wrong(ps, at, "nested too deeply");
		return NULL;
	}
	if (!at_term(ps) || accept_keyword(ps, "and") || accept_keyword(ps, "or")) {
		wrong(ps, at, "a term is missing here");
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
		wrong(ps, at, "a parenthesis that is not closed");
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

static bool
compile_all(struct parser *ps)
{
	char message[160];
	struct term *t;
	int rc;

	for (t = ps->filter->terms; t != NULL; t = t->next) {
		if (!t->is_regex)
			continue;
		rc = regcomp(&t->re, t->text, REG_EXTENDED | REG_NOSUB);
		if (rc == 0) {
			t->compiled = true;
			continue;
		}
		regerror(rc, &t->re, message, sizeof message);
		filter_free(ps->filter);
		return wrong(ps, t->column, arena_printf(ps->arena,
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
		wrong(&ps, column(&ps), "a parenthesis too many");
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
expr_match(const struct expr *e, const struct node *n)
{
	const struct expr *c;

	switch (e->kind) {
	case TERM:
		return e->term->key->match(e->term, n) != e->term->negate;
	case NOT:
		return !expr_match(e->child, n);
	case ALL:
	case ANY:
		break;
	}
	for (c = e->child; c != NULL; c = c->next)
		if (expr_match(c, n) == (e->kind == ANY))
			return e->kind == ANY;
	return e->kind == ALL;
}

bool
filter_match(const struct filter *f, const struct node *n)
{
	return f->root == NULL || expr_match(f->root, n);
}
