/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of TorchScript code. Files of PyTorch's own writer know calls,
 * literals and subscripts; the rest of Python's operators is accepted as libtorch
 * accepts it. Source: facts/torchscript-format.md section 5. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "base/str.h"
#include "read/torch/ts_parse.h"

enum { PREC_COND = 1, PREC_LOGIC, PREC_NOT, PREC_COMPARE, PREC_OR, PREC_XOR, PREC_AND,
	PREC_SHIFT, PREC_ADD, PREC_MUL, PREC_POW };

/* Longer ones first. */
static const struct operator { const char *marks, *fn; int prec; } operators[] = {
	{ "**", "pow", PREC_POW }, { "//", "floordiv", PREC_MUL },
	{ "<<", "__lshift__", PREC_SHIFT },
	{ ">>", "__rshift__", PREC_SHIFT }, { "<=", "le", PREC_COMPARE },
	{ ">=", "ge", PREC_COMPARE }, { "==", "eq", PREC_COMPARE }, { "!=", "ne", PREC_COMPARE },
	{ "<", "lt", PREC_COMPARE }, { ">", "gt", PREC_COMPARE }, { "+", "add", PREC_ADD },
	{ "-", "sub", PREC_ADD }, { "*", "mul", PREC_MUL }, { "/", "div", PREC_MUL },
	{ "%", "remainder", PREC_MUL }, { "@", "matmul", PREC_MUL }, { "&", "__and__", PREC_AND },
	{ "^", "__xor__", PREC_XOR }, { "|", "__or__", PREC_OR }
};

struct ts_expr *
ts_new(struct ts_parser *p, enum ts_expr_kind kind, uint32_t off)
{
	struct ts_expr *e = arena_alloc(p->a, sizeof *e);

	e->kind = kind;
	e->off = e->end = off;
	return e;
}

void
ts_push(struct ts_parser *p, struct ts_expr *e, struct ts_expr *child)
{
	e->list = arena_grow(p->a, e->list, e->n, sizeof *e->list);
	e->list[e->n++] = child;
}

static uint32_t
here(const struct ts_parser *p)
{
	return (uint32_t)p->l.tok.at.off;
}

static struct ts_expr *
finish(struct ts_parser *p, struct ts_expr *e)
{
	e->end = p->last;
	return e;
}

const char *
ts_operator(const struct ts_parser *p, int *prec, unsigned *marks)
{
	const char *s = p->l.tok.s;
	size_t left = p->file->size - here(p);

	/* what stands behind most expressions is none */
	if (p->fresh || p->l.tok.kind != TOK_MARK || *s == ',' || *s == ')' || *s == ']' ||
	    *s == '(' || *s == ':')
		return NULL;
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
		const char *want = operators[i].marks;
		size_t n = want[1] == '\0' ? 1 : 2;

		if (want[0] != s[0] || n > left || (n == 2 && want[1] != s[1]))
			continue;
		*prec = operators[i].prec;
		*marks = (unsigned)n;
		return operators[i].fn;
	}
	return NULL;
}

static void
add_byte(struct ts_parser *p, char c)
{
	p->text = arena_grow(p->a, p->text, p->ntext, 1);
	p->text[p->ntext++] = c;
}

/* Octal, and the letters of C; what stands for nothing stays as it is. */
static void
escape(struct ts_parser *p, const char **s, const char *end)
{
	static const char letters[] = "abfnrtv\\'\"", values[] = "\a\b\f\n\r\t\v\\'\"";
	const char *hit;
	char c = *(*s)++;
	int n, value;

	if (c >= '0' && c <= '7') {
		for (n = 1, value = c - '0'; n < 3 && *s < end && **s >= '0' && **s <= '7'; n++)
			value = value * 8 + *(*s)++ - '0';
		c = (char)value;
	} else if ((hit = memchr(letters, c, sizeof letters - 1)) != NULL) {
		c = values[hit - letters];
	} else {
		add_byte(p, '\\');
	}
	add_byte(p, c);
}

/* Strings side by side are one; """ is so an empty one before and behind. */
static struct ts_expr *
string(struct ts_parser *p)
{
	struct ts_expr *e = ts_new(p, E_STR, here(p));

	p->ntext = 0;
	for (; !p->fresh && p->l.tok.kind == TOK_STRING; ts_advance(p)) {
		const char *s = p->l.tok.s, *end = s + p->l.tok.n;

		if (p->l.tok.unclosed)
			ts_wrong(p, "the end of the string");
		while (s < end) {
			if (*s == '\\' && s + 1 < end) {
				s++;
				escape(p, &s, end);
			} else {
				add_byte(p, *s++);
			}
		}
	}
	e->name = str_intern(p->strs, p->ntext > 0 ? p->text : "", p->ntext);
	return finish(p, e);
}

static struct ts_expr *
number(struct ts_parser *p)
{
	struct ts_expr *e = ts_new(p, E_INT, here(p));
	char buf[64], *end;
	size_t n = p->l.tok.n < sizeof buf ? p->l.tok.n : sizeof buf - 1;

	memcpy(buf, p->l.tok.s, n);
	buf[n] = '\0';
	errno = 0;
	e->v.i = strtoll(buf, &end, 10);
	if (*end != '\0' || errno != 0) {
		e->kind = E_FLOAT;
		e->v.f = strtod(buf, &end);
		if (end[0] == 'j' && end[1] == '\0')
			e->kind = E_COMPLEX;
		else if (*end != '\0' || n < p->l.tok.n)
			ts_wrong(p, "a number");
	}
	ts_advance(p);
	return finish(p, e);
}

/* Up to the closing mark, commas between and behind. */
static void
items(struct ts_parser *p, struct ts_expr *e, char close)
{
	while (!p->failed && !ts_at(p, close)) {
		ts_push(p, e, ts_expr(p));
		if (!ts_take(p, ','))
			break;
	}
	ts_expect(p, close);
}

/* for TARGET in EXPR of a comprehension. */
static void
comprehension(struct ts_parser *p, struct ts_expr *e, char close)
{
	ts_advance(p);
	ts_push(p, e, ts_targets(p));
	if (!ts_take_word(p, "in"))
		ts_wrong(p, "in");
	ts_push(p, e, ts_expr(p));
	ts_expect(p, close);
}

static struct ts_expr *
list(struct ts_parser *p)
{
	struct ts_expr *e = ts_new(p, E_LIST, here(p));

	ts_advance(p);
	if (!ts_at(p, ']')) {
		ts_push(p, e, ts_expr(p));
		if (ts_word(p, "for")) {
			e->kind = E_LIST_COMP;
			comprehension(p, e, ']');
			return finish(p, e);
		}
		if (!ts_take(p, ',')) {
			ts_expect(p, ']');
			return finish(p, e);
		}
	}
	items(p, e, ']');
	return finish(p, e);
}

static struct ts_expr *
dict(struct ts_parser *p)
{
	struct ts_expr *e = ts_new(p, E_DICT, here(p));

	ts_advance(p);
	while (!p->failed && !ts_at(p, '}')) {
		ts_push(p, e, ts_expr(p));
		ts_expect(p, ':');
		ts_push(p, e, ts_expr(p));
		if (e->n == 2 && ts_word(p, "for")) {
			e->kind = E_DICT_COMP;
			comprehension(p, e, '}');
			return finish(p, e);
		}
		if (!ts_take(p, ','))
			break;
	}
	ts_expect(p, '}');
	return finish(p, e);
}

static struct ts_expr *
parenthesis(struct ts_parser *p)
{
	struct ts_expr *e, *one = NULL;
	uint32_t off = here(p);

	ts_advance(p);
	if (!ts_at(p, ')')) {
		one = ts_expr(p);
		if (!ts_at(p, ',')) {
			ts_expect(p, ')');
			return one;
		}
		ts_take(p, ',');
	}
	e = ts_new(p, E_TUPLE, off);
	if (one != NULL)
		ts_push(p, e, one);
	items(p, e, ')');
	return finish(p, e);
}

static struct ts_expr *
word(struct ts_parser *p)
{
	static const struct { const char *word; enum ts_expr_kind kind; } words[] = {
		{ "None", E_NONE }, { "True", E_TRUE }, { "False", E_FALSE }
	};
	struct ts_expr *e = ts_new(p, E_NAME, here(p));

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (ts_word(p, words[i].word))
			e->kind = words[i].kind;
	e->name = str_intern(p->strs, p->l.tok.s, (uint32_t)p->l.tok.n);
	ts_advance(p);
	return finish(p, e);
}

static struct ts_expr *
atom(struct ts_parser *p)
{
	struct ts_expr *e;

	if (!p->fresh && p->l.tok.kind == TOK_STRING)
		return string(p);
	if (!p->fresh && p->l.tok.kind == TOK_NUMBER)
		return number(p);
	if (!p->fresh && p->l.tok.kind == TOK_WORD)
		return word(p);
	if (ts_at(p, '('))
		return parenthesis(p);
	if (ts_at(p, '['))
		return list(p);
	if (ts_at(p, '{'))
		return dict(p);
	e = ts_new(p, E_ELLIPSIS, here(p));
	if (ts_at2(p, ".."))
		ts_advance(p), ts_advance(p), ts_expect(p, '.');
	else
		ts_wrong(p, "an expression");
	return finish(p, e);
}

/* NAME = VALUE, * VALUE or VALUE. */
static void
argument(struct ts_parser *p, struct ts_expr *call)
{
	struct ts_expr *e, *value;
	const struct str *name;

	if (ts_at(p, '*')) {
		e = ts_new(p, E_STAR, here(p));
		ts_advance(p);
		ts_push(p, e, ts_expr(p));
		ts_push(p, call, finish(p, e));
		return;
	}
	value = ts_expr(p);
	if (value->kind != E_NAME || !ts_at(p, '=') || ts_at2(p, "==")) {
		if (call->nkw > 0)
			ts_wrong(p, "an argument with a name");
		ts_push(p, call, value);
		return;
	}
	name = value->name;
	ts_advance(p);
	call->kw = arena_grow(p->a, call->kw, call->nkw, sizeof *call->kw);
	call->kw[call->nkw++] = name;
	ts_push(p, call, ts_expr(p));
}

static struct ts_expr *
call(struct ts_parser *p, struct ts_expr *fn)
{
	struct ts_expr *e = ts_new(p, E_CALL, fn->off);

	ts_push(p, e, fn);
	ts_advance(p);
	while (!p->failed && !ts_at(p, ')')) {
		argument(p, e);
		if (!ts_take(p, ','))
			break;
	}
	ts_expect(p, ')');
	return finish(p, e);
}

static struct ts_expr *
index_or_slice(struct ts_parser *p)
{
	struct ts_expr *e, *one = NULL;
	uint32_t off = here(p);

	if (!ts_at(p, ':'))
		one = ts_expr(p);
	if (!ts_at(p, ':'))
		return one;
	e = ts_new(p, E_SLICE, off);
	ts_push(p, e, one);
	for (int i = 0; i < 2; i++) {
		one = NULL;
		if (ts_take(p, ':') && !ts_at(p, ':') && !ts_at(p, ']') && !ts_at(p, ','))
			one = ts_expr(p);
		ts_push(p, e, one);
	}
	return finish(p, e);
}

static struct ts_expr *
subscript(struct ts_parser *p, struct ts_expr *base)
{
	struct ts_expr *e = ts_new(p, E_SUBSCRIPT, base->off);

	ts_push(p, e, base);
	ts_advance(p);
	while (!p->failed && !ts_at(p, ']')) {
		ts_push(p, e, index_or_slice(p));
		if (!ts_take(p, ','))
			break;
	}
	ts_expect(p, ']');
	return finish(p, e);
}

/* Chains nest as deep as they are long. */
enum { CHAIN = 1024 };

static bool
goes_on(struct ts_parser *p, uint32_t *links)
{
	if (++*links > CHAIN)
		ts_wrong(p, "a shorter chain");
	return !p->failed;
}

static struct ts_expr *
postfix(struct ts_parser *p)
{
	struct ts_expr *e = atom(p), *attr;
	uint32_t links = 0;

	while (goes_on(p, &links)) {
		if (ts_at(p, '(')) {
			e = call(p, e);
		} else if (ts_at(p, '[')) {
			e = subscript(p, e);
		} else if (ts_at(p, '.')) {
			attr = ts_new(p, E_ATTR, e->off);
			ts_advance(p);
			ts_push(p, attr, e);
			attr->name = ts_name(p);
			e = finish(p, attr);
		} else {
			break;
		}
	}
	return e;
}

static struct ts_expr *binary(struct ts_parser *p, int prec);

static struct ts_expr *
unary(struct ts_parser *p)
{
	struct ts_expr *e, *of;
	bool minus = ts_at(p, '-');

	if (!minus && !ts_at(p, '~') && !ts_at(p, '+'))
		return postfix(p);
	e = ts_new(p, E_UNARY, here(p));
	e->op = minus ? "neg" : ts_at(p, '~') ? "bitwise_not" : "positive";
	ts_advance(p);
	of = binary(p, PREC_POW);
	if (minus && (of->kind == E_FLOAT || of->kind == E_COMPLEX)) {
		of->v.f = -of->v.f;
		return of;
	}
	if (minus && of->kind == E_INT && of->v.i != INT64_MIN) {
		of->v.i = -of->v.i;
		return of;
	}
	ts_push(p, e, of);
	return finish(p, e);
}

static struct ts_expr *
join(struct ts_parser *p, enum ts_expr_kind kind, const char *op, struct ts_expr *a,
    struct ts_expr *b)
{
	struct ts_expr *e = ts_new(p, kind, a->off);

	e->op = op;
	ts_push(p, e, a);
	if (b != NULL)
		ts_push(p, e, b);
	return finish(p, e);
}

/* in, not in, is, is not: a word where an operator may stand. */
static struct ts_expr *
membership(struct ts_parser *p, struct ts_expr *left)
{
	bool is = ts_take_word(p, "is"), negated = ts_take_word(p, "not");
	struct ts_expr *right;

	if (!is && !ts_take_word(p, "in"))
		ts_wrong(p, "in");
	right = binary(p, PREC_COMPARE + 1);
	if (is)
		return join(p, E_BINARY, negated ? "__isnot__" : "__is__", left, right);
	left = join(p, E_BINARY, "__contains__", right, left);
	return negated ? join(p, E_NOT, NULL, left, NULL) : left;
}

static struct ts_expr *
binary(struct ts_parser *p, int least)
{
	uint32_t links = 0;
	struct ts_expr *left;
	unsigned marks;
	const char *op;
	int prec;

	if (++p->depth > p->ctx->limits.depth) {
		ts_wrong(p, "less nesting");
		p->depth--;
		return ts_new(p, E_NONE, here(p));
	}
	left = unary(p);
	while (goes_on(p, &links)) {
		if (least <= PREC_COMPARE && (ts_word(p, "in") || ts_word(p, "is") ||
		    ts_word(p, "not"))) {
			left = membership(p, left);
			continue;
		}
		op = ts_operator(p, &prec, &marks);
		if (op == NULL || prec < least || p->l.s[p->l.tok.at.off + marks] == '=')
			break;
		while (marks-- > 0)
			ts_advance(p);
		left = join(p, E_BINARY, op, left, binary(p, prec + (prec != PREC_POW)));
	}
	p->depth--;
	return left;
}

static struct ts_expr *
negation(struct ts_parser *p)
{
	uint32_t off = here(p);
	struct ts_expr *e;

	if (!ts_take_word(p, "not"))
		return binary(p, PREC_COMPARE);
	if (++p->depth > p->ctx->limits.depth) {
		ts_wrong(p, "less nesting");
		return ts_new(p, E_NONE, off);
	}
	e = join(p, E_NOT, NULL, negation(p), NULL);
	e->off = off;
	p->depth--;
	return e;
}

static struct ts_expr *
logic(struct ts_parser *p)
{
	struct ts_expr *left = negation(p);
	uint32_t links = 0;

	while (goes_on(p, &links) && (ts_word(p, "and") || ts_word(p, "or"))) {
		enum ts_expr_kind kind = ts_word(p, "and") ? E_AND : E_OR;

		ts_advance(p);
		left = join(p, kind, NULL, left, negation(p));
	}
	return left;
}

struct ts_expr *
ts_expr(struct ts_parser *p)
{
	struct ts_expr *e, *cond;

	if (++p->depth > p->ctx->limits.depth) {
		ts_wrong(p, "less nesting");
		p->depth--;
		return ts_new(p, E_NONE, here(p));
	}
	e = logic(p);
	if (ts_take_word(p, "if")) {
		cond = ts_new(p, E_COND, e->off);
		ts_push(p, cond, logic(p));
		ts_push(p, cond, e);
		if (!ts_take_word(p, "else"))
			ts_wrong(p, "else");
		ts_push(p, cond, ts_expr(p));
		e = finish(p, cond);
	}
	p->depth--;
	return e;
}

/* One, or a tuple when commas follow; a comma may stand at the end. */
static struct ts_expr *
tuple(struct ts_parser *p, struct ts_expr *(*one)(struct ts_parser *))
{
	struct ts_expr *e = one(p), *all;

	if (!ts_at(p, ','))
		return e;
	all = ts_new(p, E_TUPLE, e->off);
	ts_push(p, all, e);
	while (!p->failed && ts_take(p, ',')) {
		if (p->fresh || p->l.tok.kind == TOK_END || ts_at(p, '=') || ts_word(p, "in"))
			break;
		ts_push(p, all, one(p));
	}
	return finish(p, all);
}

struct ts_expr *
ts_exprs(struct ts_parser *p)
{
	return tuple(p, ts_expr);
}

struct ts_expr *
ts_targets(struct ts_parser *p)
{
	return tuple(p, postfix);
}
