/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and typing a condition, by recursive descent:
 *
 *   or    = and { ("||" | "or") and }
 *   and   = not { ("&&" | "and") not }
 *   not   = ("!" | "not") not | compare
 *   compare = sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=") (sum | word) | "in" set ]
 *   sum   = product { ("+" | "-") product }
 *   product = sign { ("*" | "/" | "%") sign }
 *   sign  = "-" sign | place
 *   place = primary [ "[" sum "]" ]
 *   primary = NUMBER [UNIT] | "true" | "false" | STRING | "(" or ")" | "has" "(" NAME ")"
 *           | FUNCTION "(" args ")" | NAME ["." NAME]
 *
 * A name stands for a fact, a definition (let) or a parameter of the op; at the
 * right of a comparison with words, and in sets, it is a word. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/dtype.h"
#include "rules/rule_state.h"

enum { DEPTH = 60, PARTS = 4096, SET_MAX = 64, NAME_MAX_LEN = 64 };

static struct rule_expr *parse_or(struct rule_file *);
static struct rule_expr *parse_sum(struct rule_file *);

static void
skip(struct rule_file *f)
{
	while (f->p < f->stop) {
		if (*f->p == '#')
			while (f->p < f->stop && *f->p != '\n')
				f->p++;
		else if (strchr(" \t\r\n", *f->p) != NULL && *f->p != '\0')
			f->p++;
		else
			break;
	}
}

static bool
is_name(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    (!first && c >= '0' && c <= '9');
}

/* Length of the name at p; 0: none. */
static uint32_t
name_length(const struct rule_file *f, const char *p)
{
	uint32_t n = 0;

	while (p + n < f->stop && is_name(p[n], n == 0))
		n++;
	return n;
}

static bool
accept(struct rule_file *f, const char *token)
{
	size_t n = strlen(token);

	skip(f);
	if ((size_t)(f->stop - f->p) < n || memcmp(f->p, token, n) != 0)
		return false;
	if (is_name(token[0], true) && name_length(f, f->p) != n)
		return false;
	f->p += n;
	return true;
}

static bool
expect(struct rule_file *f, const char *token)
{
	skip(f);
	return accept(f, token) ||
	    rule_wrong(f, DIAG_RULE_SYNTAX, f->p, "'%s' is missing here", token) != NULL;
}

static struct rule_expr *
make(struct rule_file *f, enum expr_kind kind, enum rule_type type, const char *at)
{
	struct rule_expr *e = arena_alloc(f->arena, sizeof *e);

	*e = (struct rule_expr){ .kind = kind, .type = type, .at = at, .model = true, .parts = 1 };
	return e;
}

static const char *
type_name(enum rule_type t)
{
	static const char *const names[] = { "a condition", "a number", "a word" };

	return names[t];
}

static bool
want(struct rule_file *f, const struct rule_expr *e, enum rule_type t, const char *what)
{
	if (e == NULL)
		return false;
	if (e->type != t)
		rule_wrong(f, DIAG_RULE_TYPE, e->at, "%s wants %s, this is %s", what, type_name(t),
		    type_name(e->type));
	return e->type == t;
}

/* An operation over one or two operands. */
static struct rule_expr *
join(struct rule_file *f, enum expr_kind kind, enum rule_type type, enum expr_operator oper,
	struct rule_expr *a, struct rule_expr *b)
{
	struct rule_expr *e;

	if (a == NULL || (kind != EXPR_NOT && kind != EXPR_NEGATE && b == NULL))
		return NULL;
	e = make(f, kind, type, a->at);
	e->parts += a->parts + (b != NULL ? b->parts : 0);
	if (e->parts > PARTS)
		return rule_wrong(f, DIAG_RULE_SYNTAX, a->at, "more than %d parts", PARTS);
	e->oper = oper;
	/* an operand may be the body of a definition that is used elsewhere */
	e->child = arena_alloc(f->arena, sizeof *e->child);
	*e->child = *a;
	e->child->next = b;
	e->model = a->model && (b == NULL || b->model);
	return e;
}

/* ---- words ---- */

static bool
in_choices(const char *choices, uint32_t nchoices, const char *word, size_t n)
{
	const char *p = choices, *end = choices + nchoices;
	size_t len;

	for (; p < end; p += len + 1) {
		for (len = 0; p + len < end && strchr(" ,", p[len]) == NULL; len++)
			;
		if (len == n && memcmp(p, word, n) == 0)
			return true;
	}
	return false;
}

/* Words that a fact or parameter can be; NULL: any. */
struct vocabulary { const char *choices; uint32_t n; bool ops, dtypes; };

static struct vocabulary
vocabulary_of(struct rule_file *f, const struct rule_expr *e)
{
	struct vocabulary v = { NULL, 0, false, false };
	const char *near;
	enum rule_type t;

	if (e->kind == EXPR_FACT) {
		v.ops = strcmp(e->fact->name, "op") == 0;
		v.choices = e->fact->choices;
	} else if (e->kind == EXPR_TENSOR) {
		v.dtypes = strcmp(e->tensor->name, "dtype") == 0;
		v.ops = strcmp(e->tensor->name, "producer") == 0;
		v.choices = e->tensor->choices;
	} else if (e->kind == EXPR_PARAM) {
		rule_param_type(f, e->name, &t, &v.choices, &v.n, &near);
		return v;
	}
	v.n = v.choices != NULL ? (uint32_t)strlen(v.choices) : 0;
	return v;
}

static bool
word_fits(struct rule_file *f, const struct vocabulary *v, const char *at, const char *word)
{
	size_t n = strlen(word);

	if (v->dtypes && dtype_parse(word, n) < 0)
		return rule_wrong(f, DIAG_RULE_TYPE, at, "no element type is called '%s' "
		    "(f32, f16, i32, bool, ...)", word) != NULL;
	if (v->choices != NULL && !in_choices(v->choices, v->n, word, n))
		return rule_wrong(f, DIAG_RULE_TYPE, at, "'%s' is never true here: it is one of "
		    "%.*s", word, (int)(v->n < 200 ? v->n : 200), v->choices) != NULL;
	return true;
}

/* A word or quoted text at p; NULL after a diagnostic. */
static const char *
read_word(struct rule_file *f)
{
	const char *start, *end;
	uint32_t n;

	skip(f);
	start = f->p;
	if (f->p < f->stop && (*f->p == '\'' || *f->p == '"')) {
		end = memchr(f->p + 1, *f->p, (size_t)(f->stop - f->p) - 1);
		if (end == NULL)
			return rule_wrong(f, DIAG_RULE_SYNTAX, f->p, "a quote that is not closed");
		f->p = end + 1;
		return arena_strdup(f->arena, start + 1, (size_t)(end - start) - 1);
	}
	/* op names of PyTorch have a namespace */
	for (n = name_length(f, start); n > 0 && start + n + 2 < f->stop && start[n] == ':' &&
	    start[n + 1] == ':' && is_name(start[n + 2], true);)
		n += 2 + name_length(f, start + n + 2);
	if (n == 0)
		return rule_wrong(f, DIAG_RULE_SYNTAX, f->p, "a word is missing here");
	f->p += n;
	return arena_strdup(f->arena, start, n);
}

static struct rule_expr *
parse_words(struct rule_file *f, const struct vocabulary *v, bool set)
{
	const char **list = NULL;
	struct rule_expr *e;
	uint32_t n = 0;

	skip(f);
	e = make(f, EXPR_WORDS, RULE_WORD, f->p);
	do {
		const char *at, *word;

		skip(f);
		at = f->p;
		if (n == SET_MAX)
			return rule_wrong(f, DIAG_RULE_SYNTAX, at, "more than %d words in one set",
			    SET_MAX);
		if ((word = read_word(f)) == NULL || (v != NULL && !word_fits(f, v, at, word)))
			return NULL;
		list = arena_grow(f->arena, list, n, sizeof *list);
		list[n++] = word;
	} while (set && accept(f, ","));
	if (set && !expect(f, "}"))
		return NULL;
	e->words = list;
	e->nwords = n;
	return e;
}

/* ---- primaries ---- */

static const struct { const char *name; double factor; } units[] = {
	{ "kB", 1e3 }, { "MB", 1e6 }, { "GB", 1e9 }, { "KiB", 1024. }, { "MiB", 1048576. },
	{ "GiB", 1073741824. }, { "k", 1e3 }, { "M", 1e6 }, { "G", 1e9 }
};

static struct rule_expr *
parse_number(struct rule_file *f)
{
	struct rule_expr *e = make(f, EXPR_NUM, RULE_NUM, f->p);
	char text[40];
	size_t n = strspn(f->p, "0123456789.");
	char *end;

	if (n < (size_t)(f->stop - f->p) && (f->p[n] == 'e' || f->p[n] == 'E'))
		n += 1 + strspn(f->p + n + 1, "+-") +
		    strspn(f->p + n + 1 + strspn(f->p + n + 1, "+-"), "0123456789");
	n = n < sizeof text ? n : sizeof text - 1;
	n = n < (size_t)(f->stop - f->p) ? n : (size_t)(f->stop - f->p);
	memcpy(text, f->p, n);
	text[n] = '\0';
	e->num = strtod(text, &end);
	if (*end != '\0')
		return rule_wrong(f, DIAG_RULE_SYNTAX, f->p, "'%s' is no number", text);
	f->p += n;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (accept(f, units[i].name)) {
			e->num *= units[i].factor;
			break;
		}
	return e;
}

static const struct { const char *name; enum expr_operator oper; bool several; } folds[] = {
	{ "min", OPER_MIN, true }, { "max", OPER_MAX, true }, { "sum", OPER_TOTAL, true },
	{ "product", OPER_PRODUCT, true }, { "len", OPER_LEN, true }, { "abs", OPER_ABS, false },
	{ "pow2", OPER_POW2, false }
};

/* Arguments of a call behind "(": numbers, up to ")". */
static struct rule_expr *
parse_fold(struct rule_file *f, uint32_t i, const char *at)
{
	bool truth = folds[i].oper == OPER_POW2, any = folds[i].oper == OPER_LEN;
	struct rule_expr *e = make(f, EXPR_FOLD, truth ? RULE_BOOL : RULE_NUM, at), *a;
	struct rule_expr **last = &e->child;

	e->oper = folds[i].oper;
	do {
		if ((a = parse_sum(f)) == NULL || (!any && !want(f, a, RULE_NUM, folds[i].name)))
			return NULL;
		*last = arena_alloc(f->arena, sizeof *a);
		**last = *a;
		(*last)->next = NULL;
		last = &(*last)->next;
		e->model &= a->model;
	} while (folds[i].several && accept(f, ","));
	return expect(f, ")") ? e : NULL;
}

static const char *
copy_name(struct rule_file *f, const char *p, uint32_t n)
{
	if (n > NAME_MAX_LEN)
		return rule_wrong(f, DIAG_RULE_SYNTAX, p, "a name of more than %d letters",
		    NAME_MAX_LEN);
	return arena_strdup(f->arena, p, n);
}

/* has(NAME): is the parameter given? */
static struct rule_expr *
parse_has(struct rule_file *f, const char *at)
{
	struct rule_expr *e = make(f, EXPR_HAS, RULE_BOOL, at);
	const char *near = NULL, *choices, *name;
	uint32_t n, nchoices;
	enum rule_type t;

	skip(f);
	name = f->p;
	if ((n = name_length(f, f->p)) == 0)
		return rule_wrong(f, DIAG_RULE_SYNTAX, f->p, "has() wants the name of a parameter");
	if ((e->name = copy_name(f, f->p, n)) == NULL)
		return NULL;
	f->p += n;
	if (!rule_param_type(f, e->name, &t, &choices, &nchoices, &near))
		return rule_wrong(f, DIAG_RULE_NAME, name, near != NULL ? "no op here has a "
		    "parameter '%s'. Did you mean '%s'?" : "no op here has a parameter '%s'",
		    e->name, near);
	e->model = false;
	return expect(f, ")") ? e : NULL;
}

static struct rule_expr *
parse_call(struct rule_file *f, const struct rule_fact *fact, const char *at)
{
	struct rule_expr *e = make(f, EXPR_FACT, fact->type, at), **last = &e->child, *a;
	const char *want_type = fact->args;
	uint32_t i;

	e->fact = fact;
	e->model = fact->model;
	if (*fact->args == '\0')
		return e;
	if (!expect(f, "("))
		return NULL;
	for (i = 0; i == 0 || accept(f, ","); i++) {
		if (*want_type == '\0')
			return rule_wrong(f, DIAG_RULE_TYPE, f->p, "%s() takes %u argument%s",
			    fact->name, i, plural(i));
		a = *want_type == 'w' ? parse_words(f, NULL, accept(f, "{")) : parse_sum(f);
		if (a == NULL || (*want_type == 'n' && !want(f, a, RULE_NUM, fact->name)))
			return NULL;
		*last = arena_alloc(f->arena, sizeof *a);
		**last = *a;
		(*last)->next = NULL;
		last = &(*last)->next;
		if (want_type[1] != '+')
			want_type++;
	}
	if (*want_type != '\0' && want_type[1] != '+')
		return rule_wrong(f, DIAG_RULE_TYPE, f->p, "%s() wants more arguments", fact->name);
	return expect(f, ")") ? e : NULL;
}

/* in.dtype, out.rank, weight.C */
static struct rule_expr *
parse_tensor(struct rule_file *f, const char *at, const char *name)
{
	static const char *const sides[] = { "in", "out", "any", "data" };
	struct rule_expr *e = make(f, EXPR_TENSOR, RULE_NUM, at);
	uint32_t n = name_length(f, f->p), nchoices;
	const char *near = NULL, *choices;
	enum rule_type t;
	int i = tensor_fact_find(f->p, n);

	if (i < 0)
		return rule_wrong(f, DIAG_RULE_NAME, f->p, "tensors have no fact '%.*s'", (int)n,
		    f->p);
	f->p += n;
	e->tensor = &tensor_facts[i];
	e->type = e->tensor->type;
	e->model = false;
	e->name = name;
	for (e->side = SIDE_IN; e->side < SIDE_PARAM; e->side++)
		if (strcmp(name, sides[e->side]) == 0)
			return e;
	if (!rule_param_type(f, name, &t, &choices, &nchoices, &near))
		return rule_wrong(f, DIAG_RULE_NAME, at, near != NULL ? "no op here has an operand "
		    "'%s'. Did you mean '%s'?" : "no op here has an operand '%s'", name, near);
	return e;
}

static const struct rule_fact *
fact_find(const struct rule_file *f, const char *name, uint32_t n)
{
	const struct rule_domain *d = f->set->domain;

	for (uint32_t i = 0; i < d->nfacts; i++)
		if (strlen(d->facts[i].name) == n && memcmp(d->facts[i].name, name, n) == 0)
			return &d->facts[i];
	return builtin_fact_find(name, n);
}

static struct rule_expr *
parse_param(struct rule_file *f, const char *at, const char *name)
{
	struct rule_expr *e = make(f, EXPR_PARAM, RULE_NUM, at);
	const char *near = NULL, *choices;
	uint32_t nchoices;

	e->name = name;
	e->model = false;
	if (rule_param_type(f, name, &e->type, &choices, &nchoices, &near))
		return e;
	return rule_wrong(f, DIAG_RULE_NAME, at, near != NULL ? "'%s' is neither a fact nor a "
	    "parameter of an op here. Did you mean '%s'?" : "'%s' is neither a fact nor a "
	    "parameter of an op here", name, near);
}

static struct rule_expr *
parse_name(struct rule_file *f)
{
	const char *at = f->p, *name;
	uint32_t n = name_length(f, f->p), whole = n;
	const struct rule_fact *fact;
	const struct rule_let *let;

	/* a fact's name may have a dot: model.nodes */
	if (f->p + n + 1 < f->stop && f->p[n] == '.')
		whole = n + 1 + name_length(f, f->p + n + 1);
	if ((fact = fact_find(f, f->p, whole)) != NULL) {
		f->p += whole;
		return parse_call(f, fact, at);
	}
	if ((name = copy_name(f, f->p, n)) == NULL)
		return NULL;
	f->p += n;
	if (whole > n + 1) {
		f->p++;
		return parse_tensor(f, at, name);
	}
	if (accept(f, "(")) {
		for (uint32_t i = 0; i < sizeof folds / sizeof *folds; i++)
			if (strcmp(folds[i].name, name) == 0)
				return parse_fold(f, i, at);
		if (strcmp(name, "has") == 0)
			return parse_has(f, at);
		return rule_wrong(f, DIAG_RULE_NAME, at, "there is no function '%s'", name);
	}
	if ((let = rule_let_find(f, name, n)) != NULL)
		return let->expr;
	return parse_param(f, at, name);
}

static struct rule_expr *
parse_primary(struct rule_file *f)
{
	struct rule_expr *e;

	skip(f);
	if (f->p >= f->stop)
		return rule_wrong(f, DIAG_RULE_SYNTAX, f->p, "the condition ends too early");
	if (*f->p >= '0' && *f->p <= '9')
		return parse_number(f);
	if (*f->p == '(') {
		f->p++;
		e = parse_or(f);
		return e != NULL && expect(f, ")") ? e : NULL;
	}
	if (*f->p == '\'' || *f->p == '"')
		return parse_words(f, NULL, false);
	if (name_length(f, f->p) == 0)
		return rule_wrong(f, DIAG_RULE_SYNTAX, f->p, "'%c' cannot stand here", *f->p);
	if (name_length(f, f->p) == 4 && memcmp(f->p, "true", 4) == 0) {
		e = make(f, EXPR_NUM, RULE_BOOL, f->p);
		e->num = 1;
		f->p += 4;
		return e;
	}
	if (name_length(f, f->p) == 5 && memcmp(f->p, "false", 5) == 0) {
		e = make(f, EXPR_NUM, RULE_BOOL, f->p);
		f->p += 5;
		return e;
	}
	return parse_name(f);
}

static struct rule_expr *
parse_place(struct rule_file *f)
{
	struct rule_expr *e = parse_primary(f), *i;

	while (e != NULL && accept(f, "[")) {
		if (e->type == RULE_BOOL)
			return rule_wrong(f, DIAG_RULE_TYPE, e->at, "a condition has no elements");
		i = parse_sum(f);
		if (!want(f, i, RULE_NUM, "an index") || !expect(f, "]"))
			return NULL;
		e = join(f, EXPR_INDEX, e->type, OPER_EQ, e, i);
	}
	return e;
}

static struct rule_expr *
parse_sign(struct rule_file *f)
{
	struct rule_expr *e;

	if (!accept(f, "-"))
		return parse_place(f);
	if (++f->depth > DEPTH)
		return rule_wrong(f, DIAG_RULE_SYNTAX, f->p, "nested too deeply");
	e = parse_sign(f);
	f->depth--;
	return want(f, e, RULE_NUM, "a minus") ?
	    join(f, EXPR_NEGATE, RULE_NUM, OPER_SUB, e, NULL) : NULL;
}

/* Operands joined by the operators of one level, left to right. */
static struct rule_expr *
parse_level(struct rule_file *f, const char *const *tokens, const enum expr_operator *opers,
	struct rule_expr *(*next)(struct rule_file *))
{
	struct rule_expr *e = next(f), *right;
	uint32_t i;

	while (e != NULL) {
		for (i = 0; tokens[i] != NULL && !accept(f, tokens[i]); i++)
			;
		if (tokens[i] == NULL)
			break;
		right = next(f);
		if (!want(f, e, RULE_NUM, tokens[i]) || !want(f, right, RULE_NUM, tokens[i]))
			return NULL;
		e = join(f, EXPR_SUM, RULE_NUM, opers[i], e, right);
	}
	return e;
}

static struct rule_expr *
parse_product(struct rule_file *f)
{
	static const char *const tokens[] = { "*", "/", "%", NULL };
	static const enum expr_operator opers[] = { OPER_MUL, OPER_DIV, OPER_MOD };

	return parse_level(f, tokens, opers, parse_sign);
}

static struct rule_expr *
parse_sum(struct rule_file *f)
{
	static const char *const tokens[] = { "+", "-", NULL };
	static const enum expr_operator opers[] = { OPER_ADD, OPER_SUB };

	return parse_level(f, tokens, opers, parse_product);
}

/* ---- comparisons ---- */

/* `in` and what follows: {1, 2}, {a, b} or a definition that is such a set. */
static struct rule_expr *
parse_in(struct rule_file *f, struct rule_expr *e)
{
	struct vocabulary v = vocabulary_of(f, e);
	struct rule_expr *set, *item, **last;
	const char *at;

	skip(f);
	at = f->p;
	if (!accept(f, "{")) {
		if ((set = parse_primary(f)) == NULL)
			return NULL;
		if (set->kind != EXPR_WORDS)
			return rule_wrong(f, DIAG_RULE_TYPE, at, "in wants a set: {a, b}");
		return want(f, set, e->type, "in") ?
		    join(f, EXPR_IN, RULE_BOOL, OPER_EQ, e, set) : NULL;
	}
	if (e->type == RULE_WORD) {
		set = parse_words(f, &v, true);
		return join(f, EXPR_IN, RULE_BOOL, OPER_EQ, e, set);
	}
	if (!want(f, e, RULE_NUM, "in"))
		return NULL;
	set = make(f, EXPR_FOLD, RULE_NUM, at);
	last = &set->child;
	do {
		if ((item = parse_sum(f)) == NULL || !want(f, item, RULE_NUM, "the set"))
			return NULL;
		*last = arena_alloc(f->arena, sizeof *item);
		**last = *item;
		(*last)->next = NULL;
		last = &(*last)->next;
	} while (accept(f, ","));
	return expect(f, "}") ? join(f, EXPR_IN, RULE_BOOL, OPER_EQ, e, set) : NULL;
}

static struct rule_expr *
compare_words(struct rule_file *f, struct rule_expr *e, enum expr_operator oper)
{
	struct vocabulary v = vocabulary_of(f, e);
	struct rule_expr *right;

	if (oper > OPER_NE)
		return rule_wrong(f, DIAG_RULE_TYPE, e->at, "words have no order: "
		    "use ==, != or in");
	skip(f);
	/* x.dtype == y.dtype: a dotted name is no word */
	if (name_length(f, f->p) > 0 && f->p + name_length(f, f->p) < f->stop &&
	    f->p[name_length(f, f->p)] == '.')
		right = parse_primary(f);
	else
		right = parse_words(f, &v, false);
	return want(f, right, RULE_WORD, "the comparison") ?
	    join(f, EXPR_COMPARE, RULE_BOOL, oper, e, right) : NULL;
}

static struct rule_expr *
parse_compare(struct rule_file *f)
{
	static const char *const tokens[] = { "==", "!=", "<=", ">=", "<", ">", NULL };
	static const enum expr_operator opers[] = { OPER_EQ, OPER_NE, OPER_LE, OPER_GE, OPER_LT,
	    OPER_GT };
	struct rule_expr *e = parse_sum(f), *right;
	uint32_t i;

	if (e == NULL)
		return NULL;
	if (accept(f, "in"))
		return parse_in(f, e);
	for (i = 0; tokens[i] != NULL && !accept(f, tokens[i]); i++)
		;
	if (tokens[i] == NULL) {
		skip(f);
		if (f->p < f->stop && *f->p == '=')
			return rule_wrong(f, DIAG_RULE_SYNTAX, f->p, "'=' is written ==");
		return e;
	}
	if (e->type == RULE_WORD)
		return compare_words(f, e, opers[i]);
	right = parse_sum(f);
	if (right != NULL && right->type != e->type)
		want(f, right, e->type, "the comparison");
	if (right == NULL || right->type != e->type)
		return NULL;
	if (e->type == RULE_BOOL && opers[i] > OPER_NE)
		return rule_wrong(f, DIAG_RULE_TYPE, e->at, "conditions have no order");
	return join(f, EXPR_COMPARE, RULE_BOOL, opers[i], e, right);
}

static struct rule_expr *
parse_not(struct rule_file *f)
{
	struct rule_expr *e;

	if (++f->depth > DEPTH)
		return rule_wrong(f, DIAG_RULE_SYNTAX, f->p, "nested too deeply");
	skip(f);
	if (accept(f, "not") || (f->p + 1 < f->stop && f->p[0] == '!' && f->p[1] != '=' &&
	    accept(f, "!"))) {
		e = parse_not(f);
		e = want(f, e, RULE_BOOL, "not") ?
		    join(f, EXPR_NOT, RULE_BOOL, OPER_EQ, e, NULL) : NULL;
	} else {
		e = parse_compare(f);
	}
	f->depth--;
	return e;
}

static struct rule_expr *
parse_both(struct rule_file *f, const char *sign, const char *word, enum expr_kind kind,
	struct rule_expr *(*next)(struct rule_file *))
{
	struct rule_expr *e = next(f), *right;

	while (e != NULL && (accept(f, sign) || accept(f, word))) {
		right = next(f);
		if (!want(f, e, RULE_BOOL, word) || !want(f, right, RULE_BOOL, word))
			return NULL;
		e = join(f, kind, RULE_BOOL, OPER_EQ, e, right);
	}
	return e;
}

static struct rule_expr *
parse_and(struct rule_file *f)
{
	return parse_both(f, "&&", "and", EXPR_AND, parse_not);
}

static struct rule_expr *
parse_or(struct rule_file *f)
{
	return parse_both(f, "||", "or", EXPR_OR, parse_and);
}

struct rule_expr *
rule_expr_parse(struct rule_file *f, const char *text, const char *stop, bool condition)
{
	struct rule_expr *e;

	f->p = text;
	f->stop = stop;
	f->depth = 0;
	f->failed = false;
	skip(f);
	if (!condition && f->p < f->stop && *f->p == '{') {
		f->p++;
		e = parse_words(f, NULL, true);
	} else {
		e = parse_or(f);
	}
	if (e == NULL || f->failed)
		return NULL;
	skip(f);
	if (f->p < f->stop)
		return rule_wrong(f, DIAG_RULE_SYNTAX, f->p, "'%.*s' is left over",
		    name_length(f, f->p) > 0 ? (int)name_length(f, f->p) : 1, f->p);
	if (condition && !want(f, e, RULE_BOOL, "a rule"))
		return NULL;
	if (condition && f->for_model && !e->model)
		return rule_wrong(f, DIAG_RULE_TYPE, e->at, "a rule for the model speaks of an op");
	return e;
}
