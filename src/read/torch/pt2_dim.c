/* SPDX-License-Identifier: Apache-2.0 */
/* Symbolic sizes as arithmetic of dims, so that what inference finds and what a
 * file declares meet: SymPy's constructors, Add(Mul(Integer(2), Symbol('s0')),
 * Integer(1)), and what older files have, 2*s0 + 1. What has no such form is a
 * symbol of that text. Source: facts/pt2-format.md section 4. */
#include <stdlib.h>
#include <string.h>

#include "ir/dim.h"
#include "read/torch/pt2_read.h"

enum { DEPTH_MAX = 64, POWER_MAX = 8 };

struct parser {
	struct pt2_reader *r;
	struct types *t;
	const char *s, *end;
	unsigned depth;
};

static bool
accept(struct parser *p, const char *text)
{
	return pt2_accept(&p->s, p->end, text);
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '_';
}

static size_t
word(struct parser *p, const char **s)
{
	accept(p, "");
	for (*s = p->s; p->s < p->end && is_word(*p->s); p->s++)
		continue;
	return (size_t)(p->s - *s);
}

static const struct dim *sum(struct parser *p);

/* A whole number, at most 18 digits. */
static const struct dim *
number(struct parser *p)
{
	bool minus = accept(p, "-");
	const char *s;
	size_t n = word(p, &s);
	int64_t v = 0;

	if (n == 0 || n > 18)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return NULL;
		v = v * 10 + (s[i] - '0');
	}
	return dim_const(p->t, minus ? -v : v);
}

/* 's0', positive=True, integer=True) */
static const struct dim *
symbol(struct parser *p)
{
	const char *s;
	size_t n;

	if (!accept(p, "'"))
		return NULL;
	for (s = p->s; p->s < p->end && *p->s != '\''; p->s++)
		continue;
	n = (size_t)(p->s - s);
	while (p->s < p->end && *p->s != ')')
		p->s++;
	return n > 0 && accept(p, ")") ?
	    dim_sym(p->t, str_intern(&p->r->m->strs, s, (uint32_t)n)) : NULL;
}

static const struct dim *
power(struct types *t, const struct dim *base, const struct dim *exponent)
{
	const struct dim *d = dim_const(t, 1);
	int64_t n;

	if (!dim_number(exponent, &n) || n < 0 || n > POWER_MAX)
		return NULL;
	while (n-- > 0)
		d = dim_mul(t, d, base);
	return d;
}

static const struct dim *
modulo(struct types *t, const struct dim *a, const struct dim *b)
{
	return dim_sub(t, a, dim_mul(t, dim_floor(t, a, b), b));
}

static const struct {
	const char *name;
	const struct dim *(*fn)(struct types *, const struct dim *, const struct dim *);
	bool many;
} calls[] = {
	{ "Add", dim_add, true }, { "Mul", dim_mul, true }, { "Max", dim_max, true },
	{ "Min", dim_min, true }, { "FloorDiv", dim_floor, false },
	{ "CleanDiv", dim_floor, false }, { "CeilDiv", dim_ceil, false },
	{ "Pow", power, false }, { "PowByNatural", power, false },
	{ "Mod", modulo, false }, { "PythonMod", modulo, false },
};

/* Behind NAME( */
static const struct dim *
call(struct parser *p, const char *s, size_t n)
{
	const struct dim *d, *e;
	size_t i;

	for (i = 0; i < sizeof calls / sizeof *calls; i++)
		if (strlen(calls[i].name) == n && memcmp(calls[i].name, s, n) == 0)
			break;
	if (i == sizeof calls / sizeof *calls || (d = sum(p)) == NULL)
		return NULL;
	for (uint32_t k = 1; accept(p, ","); k++) {
		if ((k > 1 && !calls[i].many) || (e = sum(p)) == NULL ||
		    (d = calls[i].fn(p->t, d, e)) == NULL)
			return NULL;
	}
	return accept(p, ")") ? d : NULL;
}

static const struct dim *
atom(struct parser *p)
{
	const struct dim *d = NULL;
	const char *s;
	size_t n;

	if (p->depth >= DEPTH_MAX)
		return NULL;
	p->depth++;
	accept(p, "");
	if (accept(p, "(")) {
		d = sum(p);
		d = d != NULL && accept(p, ")") ? d : NULL;
	} else if (p->s < p->end && (*p->s == '-' || (*p->s >= '0' && *p->s <= '9'))) {
		d = number(p);
	} else if ((n = word(p, &s)) > 0) {
		if (!accept(p, "("))
			d = dim_sym(p->t, str_intern(&p->r->m->strs, s, (uint32_t)n));
		else if (n == 6 && memcmp(s, "Symbol", 6) == 0)
			d = symbol(p);
		else if (n == 7 && memcmp(s, "Integer", 7) == 0)
			d = (d = number(p)) != NULL && accept(p, ")") ? d : NULL;
		else
			d = call(p, s, n);
	}
	p->depth--;
	return d;
}

static const struct dim *
product(struct parser *p)
{
	const struct dim *d = atom(p), *e;

	while (d != NULL) {
		bool power_of = accept(p, "**"), floor = !power_of && accept(p, "//");

		if (!power_of && !floor && !accept(p, "*"))
			return d;
		if ((e = atom(p)) == NULL)
			return NULL;
		d = power_of ? power(p->t, d, e) : floor ? dim_floor(p->t, d, e) :
		    dim_mul(p->t, d, e);
	}
	return d;
}

static const struct dim *
sum(struct parser *p)
{
	const struct dim *d = product(p), *e;

	while (d != NULL) {
		bool minus = accept(p, "-");

		if (!minus && !accept(p, "+"))
			return d;
		if ((e = product(p)) == NULL)
			return NULL;
		d = minus ? dim_sub(p->t, d, e) : dim_add(p->t, d, e);
	}
	return d;
}

const struct dim *
pt2_expr_dim(struct pt2_reader *r, const char *s, uint32_t n)
{
	struct parser p = { .r = r, .t = &r->m->types, .s = s, .end = s + n };
	const struct dim *d = sum(&p);

	accept(&p, "");
	if (d != NULL && p.s == p.end && !dim_has_anon(d))
		return d;
	return dim_sym(&r->m->types, pt2_expr(r, s, n));
}
