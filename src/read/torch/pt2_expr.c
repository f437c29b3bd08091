/* SPDX-License-Identifier: Apache-2.0 */
/* Symbolic sizes: SymPy's constructors, Mul(Integer(2), Symbol('s0')), as
 * people write them, 2*s0. What is no such text (older files have infix) stays
 * as it is. Nothing is evaluated. Source: facts/pt2-format.md section 4. */
#include <string.h>

#include "base/sink.h"
#include "read/torch/pt2_read.h"

enum prec { PREC_ANY, PREC_COMPARE, PREC_ADD, PREC_MUL, PREC_POW, PREC_ATOM };
enum { DEPTH_MAX = 200 };

/* Constructors that are written between or before their operands; others
 * stay calls. */
static const struct form {
	const char *name;
	enum { FORM_INFIX, FORM_ADD, FORM_MUL, FORM_FIRST } how;
	const char *op;
	enum prec prec;
} forms[] = {
	{ "Symbol", FORM_FIRST, "", PREC_ATOM }, { "Integer", FORM_FIRST, "", PREC_ATOM },
	{ "Float", FORM_FIRST, "", PREC_ATOM }, { "ToFloat", FORM_FIRST, "", PREC_ATOM },
	{ "Identity", FORM_FIRST, "", PREC_ATOM },
	{ "Add", FORM_ADD, " + ", PREC_ADD }, { "Mul", FORM_MUL, "*", PREC_MUL },
	{ "Rational", FORM_INFIX, "/", PREC_MUL }, { "TrueDiv", FORM_INFIX, "/", PREC_MUL },
	{ "IntTrueDiv", FORM_INFIX, "/", PREC_MUL },
	{ "FloatTrueDiv", FORM_INFIX, "/", PREC_MUL },
	{ "FloorDiv", FORM_INFIX, "//", PREC_MUL }, { "CleanDiv", FORM_INFIX, "//", PREC_MUL },
	{ "Mod", FORM_INFIX, "%", PREC_MUL }, { "PythonMod", FORM_INFIX, "%", PREC_MUL },
	{ "Pow", FORM_INFIX, "**", PREC_POW }, { "PowByNatural", FORM_INFIX, "**", PREC_POW },
	{ "Eq", FORM_INFIX, " == ", PREC_COMPARE },
	{ "Equality", FORM_INFIX, " == ", PREC_COMPARE },
	{ "Ne", FORM_INFIX, " != ", PREC_COMPARE },
	{ "Unequality", FORM_INFIX, " != ", PREC_COMPARE },
	{ "GreaterThan", FORM_INFIX, " >= ", PREC_COMPARE },
	{ "StrictGreaterThan", FORM_INFIX, " > ", PREC_COMPARE },
	{ "LessThan", FORM_INFIX, " <= ", PREC_COMPARE },
	{ "StrictLessThan", FORM_INFIX, " < ", PREC_COMPARE },
	{ "And", FORM_INFIX, " & ", PREC_COMPARE }, { "Or", FORM_INFIX, " | ", PREC_COMPARE },
};

bool
pt2_accept(const char **s, const char *end, const char *text)
{
	size_t n = strlen(text);

	while (*s < end && **s == ' ')
		++*s;
	if ((size_t)(end - *s) < n || memcmp(*s, text, n) != 0)
		return false;
	*s += n;
	return true;
}

struct parser {
	const char *s, *end;
	struct sink *out;
	unsigned depth;
};

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '_' || c == '.' || c == '-' || c == '+';
}

static bool
accept(struct parser *p, const char *text)
{
	return pt2_accept(&p->s, p->end, text);
}

/* A word or quoted text; empty when there is none. */
static size_t
word(struct parser *p, const char **s)
{
	char quote = accept(p, "'") ? '\'' : '\0';
	size_t n;

	*s = p->s;
	while (p->s < p->end && (quote ? *p->s != quote : is_word(*p->s)))
		p->s++;
	n = (size_t)(p->s - *s);
	return quote && !accept(p, "'") ? 0 : n;
}

static const struct form *
find_form(const char *s, size_t n)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strlen(forms[i].name) == n && memcmp(forms[i].name, s, n) == 0)
			return &forms[i];
	return NULL;
}

static bool expr(struct parser *p, enum prec outer);

/* NAME=True and the like behind an operand. */
static bool
keywords(struct parser *p)
{
	const char *s;
	size_t n;

	while (accept(p, ",")) {
		accept(p, "");
		if ((n = word(p, &s)) == 0 || !accept(p, "=") || (n = word(p, &s)) == 0)
			return false;
	}
	return accept(p, ")");
}

/* A sum writes what is taken away with a minus. */
static const char *
joint(struct parser *p, const struct form *f)
{
	if (f->how == FORM_ADD && accept(p, "Mul(Integer(-1),")) {
		p->s -= strlen("Mul(Integer(-1),");
		return " - ";
	}
	return f->op;
}

static bool
operands(struct parser *p, const struct form *f)
{
	bool first = true, minus = false;

	do {
		accept(p, "");
		if (first && f->how == FORM_MUL && accept(p, "Integer(-1),")) {
			/* behind " - " of a sum it is said already */
			if (p->out->n < 3 || memcmp(p->out->buf + p->out->n - 3, " - ", 3) != 0)
				sink_puts(p->out, "-");
			accept(p, "");
			minus = true;
		} else if (!first) {
			sink_puts(p->out, joint(p, f));
		}
		first = false;
		/* of equal strength only on the left of what does not commute */
		if (!expr(p, f->how == FORM_INFIX || minus ? f->prec + 1 : f->prec))
			return false;
	} while (accept(p, ","));
	return accept(p, ")");
}

static bool
call(struct parser *p, const char *name, size_t n)
{
	bool first = true;

	sink_write(p->out, name, n);
	sink_puts(p->out, "(");
	for (; !accept(p, ")"); first = false) {
		if (!first && !accept(p, ","))
			return false;
		sink_puts(p->out, first ? "" : ", ");
		if (!expr(p, PREC_ANY))
			return false;
	}
	sink_puts(p->out, ")");
	return true;
}

static bool
construct(struct parser *p, const struct form *f, enum prec outer)
{
	bool parens = f->prec < outer;

	if (f->how == FORM_FIRST)
		return expr(p, outer) && keywords(p);
	sink_puts(p->out, parens ? "(" : "");
	if (!operands(p, f))
		return false;
	sink_puts(p->out, parens ? ")" : "");
	return true;
}

static bool
expr(struct parser *p, enum prec outer)
{
	const struct form *f;
	const char *s;
	size_t n;
	bool ok;

	accept(p, "");
	if (p->depth >= DEPTH_MAX || (n = word(p, &s)) == 0)
		return false;
	if (!accept(p, "(")) {
		sink_write(p->out, s, n);
		return true;
	}
	p->depth++;
	f = find_form(s, n);
	ok = f != NULL ? construct(p, f, outer) : call(p, s, n);
	p->depth--;
	return ok;
}

const struct str *
pt2_expr(struct pt2_reader *r, const char *s, uint32_t n)
{
	struct parser p = { .s = s, .end = s + n, .out = &r->text };

	r->text.n = 0;
	if (expr(&p, PREC_ANY) && p.s == p.end && r->text.n > 0)
		return str_intern(&r->m->strs, r->text.buf, (uint32_t)r->text.n);
	return str_intern(&r->m->strs, s, n);
}
