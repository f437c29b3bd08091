/* SPDX-License-Identifier: Apache-2.0 */
/* Parser of the signatures in the rows: one pass from left to right over the
 * four parts. The text is ours: a test parses every row and sees that none
 * reaches the limits, so nothing is reported here. */
#include <stdlib.h>
#include <string.h>

#include "ops/op.h"
#include "ops/sig.h"

/* A stretch of the signature. */
struct span { const char *p, *end; };

static size_t
length(struct span s)
{
	return (size_t)(s.end - s.p);
}

static void
skip_blanks(struct span *s)
{
	while (s->p < s->end && *s->p == ' ')
		s->p++;
}

/* The next word of a part: up to a blank that is not inside quotes. */
static bool
next_word(struct span *s, struct span *word)
{
	bool quoted = false;

	skip_blanks(s);
	word->p = s->p;
	for (; s->p < s->end && (quoted || *s->p != ' '); s->p++)
		quoted ^= *s->p == '\'';
	word->end = s->p;
	return word->p < word->end;
}

/* The text up to any of the stops, which is left in place. */
static struct span
take_until(struct span *s, const char *stops)
{
	struct span t = { s->p, s->p };

	while (s->p < s->end && strchr(stops, *s->p) == NULL)
		s->p++;
	t.end = s->p;
	return t;
}

static bool
take_char(struct span *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static uint32_t
set_index(struct sig *g, struct span text)
{
	for (uint32_t i = 0; i < g->nset; i++)
		if (g->set[i].text_len == length(text) &&
		    memcmp(g->set[i].text, text.p, length(text)) == 0)
			return i;
	if (g->nset == SIG_SETS)
		return 0;
	g->set[g->nset] = (struct sig_set){ .text = text.p,
		.text_len = (uint32_t)length(text), .any = true };
	return g->nset++;
}

static struct sig_arg
parse_arg(struct sig *g, struct span word)
{
	struct span name = take_until(&word, ":");
	struct sig_arg a = { .name = name.p, .name_len = (uint32_t)length(name) };

	word.p++;
	a.set = set_index(g, take_until(&word, "#&^?*!="));
	a.constant = take_char(&word, '#');
	if (take_char(&word, '{')) {
		struct span words = take_until(&word, "}");

		a.choices = words.p;
		a.choices_len = (uint32_t)length(words);
		word.p++;
	}
	a.written = word.p < word.end && *word.p == '^';
	if (take_char(&word, '&') || take_char(&word, '^'))
		a.alias = *word.p++;
	a.optional = take_char(&word, '?');
	a.mixed = take_char(&word, '!');
	a.variadic = a.mixed || take_char(&word, '*');
	a.least = take_char(&word, '+') ? (uint32_t)strtoul(word.p, NULL, 10) : 0;
	if (take_char(&word, '=')) {
		a.text_default = word.p;
		a.default_len = (uint32_t)length(word);
	}
	return a;
}

/* Operands or outputs, and how many of them may be written. */
static uint32_t
parse_args(struct sig *g, struct span part, struct sig_arg *list,
    uint32_t *min, uint32_t *max)
{
	struct span word;
	uint32_t n = 0, least;

	*min = *max = 0;
	while (n < SIG_ARGS && next_word(&part, &word)) {
		list[n] = parse_arg(g, word);
		least = list[n].least;
		*max = n + 1;
		if (list[n].variadic) {
			*min = n + least > *min ? n + least : *min;
			*max = UINT32_MAX;
		} else if (!list[n].optional && list[n].text_default == NULL) {
			*min = n + 1;
		}
		n++;
	}
	return n;
}

static enum attr_kind
kind_named(struct span s)
{
	for (int k = ATTR_NONE + 1; k < ATTR_KIND_COUNT; k++) {
		const char *name = attr_kind_name((enum attr_kind)k);

		if (strlen(name) == length(s) && memcmp(name, s.p, length(s)) == 0)
			return (enum attr_kind)k;
	}
	return ATTR_NONE;
}

static struct sig_attr
parse_attr(struct span word)
{
	struct span name = take_until(&word, ":");
	struct sig_attr a = { .name = name.p, .name_len = (uint32_t)length(name) };

	word.p++;
	a.kind = kind_named(take_until(&word, "!="));
	a.required = take_char(&word, '!');
	if (!take_char(&word, '='))
		return a;
	if (take_char(&word, '\''))
		word.end--;
	a.text_default = word.p;
	a.default_len = (uint32_t)length(word);
	return a;
}

static void
parse_attrs(struct sig *g, struct span part)
{
	struct span word;

	while (g->nattr < SIG_ARGS && next_word(&part, &word))
		g->attr[g->nattr++] = parse_attr(word);
}

/* The form that encloses what follows, consumed with its bracket. */
static enum sig_form
take_form(struct span *s)
{
	static const struct { const char *text; enum sig_form form; } forms[] = {
		{ "opt(seq(", FORM_OPT_SEQ }, { "opt(", FORM_OPT }, { "sparse(", FORM_SPARSE },
		{ "seq(map(i64,", FORM_SEQ_MAP_I64 }, { "seq(map(str,", FORM_SEQ_MAP_STR },
		{ "map(i64,", FORM_MAP_I64 }, { "map(str,", FORM_MAP_STR }, { "seq(", FORM_SEQ },
		{ "list(", FORM_LIST }, { "state(", FORM_STATE },
	};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		size_t n = strlen(forms[i].text);

		if (length(*s) >= n && memcmp(s->p, forms[i].text, n) == 0) {
			s->p += n;
			return forms[i].form;
		}
	}
	return FORM_TENSOR;
}

/* A list of types: "f16,seq(f16,f32),map(i64,f32)". Element types we have no
 * number format for are left out. */
static void
parse_types(struct sig_set *set, struct span s)
{
	enum sig_form form = FORM_TENSOR;

	set->any = false;
	while (s.p < s.end) {
		struct span name;
		int d;

		if (form == FORM_TENSOR)
			form = take_form(&s);
		name = take_until(&s, ",)");
		d = dtype_parse(name.p, length(name));
		if (d > 0)
			set->of[form] |= UINT64_C(1) << d;
		while (take_char(&s, ')'))
			form = FORM_TENSOR;
		take_char(&s, ',');
	}
}

static void
parse_variables(struct sig *g, struct span part)
{
	struct span word, name;

	while (next_word(&part, &word)) {
		name = take_until(&word, "=");
		word.p++;
		parse_types(&g->set[set_index(g, name)], word);
	}
}

/* Types that are no variable stand for themselves. */
static void
resolve_concrete(struct sig_set *set)
{
	struct span s = { set->text, set->text + set->text_len };

	if (set->any && (memchr(s.p, '(', length(s)) != NULL ||
	    dtype_parse(s.p, length(s)) > 0))
		parse_types(set, s);
}

static struct span
next_part(const char **p)
{
	struct span s = { *p, *p + strcspn(*p, "|") };

	*p = *s.end == '|' ? s.end + 1 : s.end;
	return s;
}

bool
sig_parse(const struct op *op, struct sig *g)
{
	const char *p = op->signature;

	memset(g, 0, sizeof *g);
	g->max_in = g->max_out = UINT32_MAX;
	if (op->flags & OP_UNDOCUMENTED)
		return false;
	g->nin = parse_args(g, next_part(&p), g->in, &g->min_in, &g->max_in);
	parse_attrs(g, next_part(&p));
	g->nout = parse_args(g, next_part(&p), g->out, &g->min_out, &g->max_out);
	parse_variables(g, next_part(&p));
	for (uint32_t i = 0; i < g->nset; i++)
		resolve_concrete(&g->set[i]);
	return true;
}

const struct sig_arg *
sig_arg_at(const struct sig_arg *list, uint32_t n, uint32_t i)
{
	if (i < n)
		return &list[i];
	return n > 0 && list[n - 1].variadic ? &list[n - 1] : NULL;
}

const struct sig_attr *
sig_attr_find(const struct sig *g, const struct str *name)
{
	for (uint32_t i = 0; i < g->nattr; i++)
		if (g->attr[i].name_len == name->len &&
		    memcmp(g->attr[i].name, name->s, name->len) == 0)
			return &g->attr[i];
	return NULL;
}

/* Types whose element is a tensor or a map; other nesting has no form. */
static enum sig_form
nested_form(const struct type *t, enum dtype *d)
{
	const struct type *e = t->elem;
	bool of_map = e->tag == TY_MAP && e->elem->tag == TY_TENSOR;

	*d = of_map ? e->elem->dtype : e->dtype;
	if (t->tag == TY_SEQ && of_map && e->dtype == DT_I64)
		return FORM_SEQ_MAP_I64;
	if (t->tag == TY_SEQ && of_map && e->dtype == DT_STR)
		return FORM_SEQ_MAP_STR;
	if (e->tag == TY_TENSOR)
		return t->tag == TY_SEQ ? FORM_SEQ : FORM_OPT;
	if (t->tag == TY_OPT && e->tag == TY_SEQ && e->elem->tag == TY_TENSOR) {
		*d = e->elem->dtype;
		return FORM_OPT_SEQ;
	}
	return e->tag == TY_NONE || e->tag == TY_BAD ? FORM_UNKNOWN : FORM_OTHER;
}

static enum sig_form
map_form(const struct type *t, enum dtype *d)
{
	*d = t->elem->dtype;
	if (t->elem->tag == TY_NONE || t->elem->tag == TY_BAD)
		return FORM_UNKNOWN;
	if (t->elem->tag != TY_TENSOR || (t->dtype != DT_I64 && t->dtype != DT_STR))
		return FORM_OTHER;
	return t->dtype == DT_I64 ? FORM_MAP_I64 : FORM_MAP_STR;
}

enum sig_form
sig_form(const struct type *t, enum dtype *d)
{
	static const enum sig_form plain[] = {
		[TY_NONE] = FORM_UNKNOWN, [TY_TENSOR] = FORM_TENSOR, [TY_SPARSE] = FORM_SPARSE,
		[TY_SEQ] = FORM_SEQ, [TY_OPT] = FORM_OPT, [TY_MAP] = FORM_MAP_I64,
		[TY_OPAQUE] = FORM_OTHER, [TY_SCALAR] = FORM_OTHER, [TY_TUPLE] = FORM_OTHER,
		[TY_LIST] = FORM_LIST, [TY_DICT] = FORM_OTHER, [TY_STATE] = FORM_STATE,
		[TY_IMAGE] = FORM_OTHER, [TY_RANGE] = FORM_OTHER, [TY_ENUM] = FORM_OTHER,
		[TY_BAD] = FORM_UNKNOWN
	};
	enum sig_form form;

	*d = DT_NONE;
	if (t == NULL)
		return FORM_UNKNOWN;
	form = plain[t->tag];
	*d = t->dtype;
	if (t->tag == TY_SEQ || t->tag == TY_OPT)
		form = nested_form(t, d);
	if (t->tag == TY_MAP)
		form = map_form(t, d);
	if (t->tag == TY_LIST || t->tag == TY_STATE)
		*d = t->elem->tag == TY_TENSOR ? t->elem->dtype : DT_NONE;
	return form < FORM_COUNT && *d == DT_NONE ? FORM_UNKNOWN : form;
}

bool
sig_accepts(const struct sig_set *set, const struct type *t)
{
	enum dtype d;
	enum sig_form form = sig_form(t, &d);

	if (set->any || form == FORM_UNKNOWN)
		return true;
	return form < FORM_COUNT && (set->of[form] >> d & 1) != 0;
}
