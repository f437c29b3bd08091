/* SPDX-License-Identifier: Apache-2.0 */
/* Reading rule files: stanzas of `key: text` lines. A rule starts with `rule ID`
 * and ends before the next; a line that begins with a blank goes on with the
 * one before. A stanza that is wrong is reported and left out, the rest stays. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/source.h"
#include "rules/rule_state.h"

enum { FILE_MAX = 4 << 20, TARGETS_MAX = 256, RULES_MAX = 100000 };

static const char *const confidences[CONF_COUNT] = {
	"certain", "documented-apple", "measured-several", "documented-other-vendor",
	"measured-once", "reverse-engineered", "folklore"
};

const char *
rule_confidence_name(enum rule_confidence c)
{
	return confidences[c];
}

/* Line (1-based) of a place, counted from the place before: files have many
 * rules, or many that are wrong. */
static uint32_t
line_of(struct rule_file *f, const char *at)
{
	while (f->counted < at)
		f->line += *f->counted++ == '\n';
	while (f->counted > at)
		f->line -= *--f->counted == '\n';
	return f->line;
}

static uint32_t
column_of(const struct rule_file *f, const char *at)
{
	const char *start = at;

	while (start > f->text && start[-1] != '\n')
		start--;
	return (uint32_t)(at - start) + 1;
}

const struct rule_let *
rule_let_find(const struct rule_file *f, const char *name, size_t n)
{
	uint32_t i = rule_index_find(&f->let_names, name, n);

	return i == UINT32_MAX ? NULL : &f->lets[i];
}

void *
rule_wrong(struct rule_file *f, enum diag_id id, const char *at, const char *fmt, ...)
{
	struct source src = { .name = f->name, .size = (uint64_t)(f->end - f->text), .fd = -1 };
	struct where w = { .loc = { &src, (uint64_t)(at - f->text), 0 } };
	char message[512];
	va_list ap;

	f->failed = true;
	w.line = line_of(f, at);
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	diag_add(f->ctx, id, &w, "%s, line %" PRIu32 ", column %" PRIu32 ": %s", f->name, w.line,
	    column_of(f, at), message);
	return NULL;
}

/* ---- fields ---- */

enum field {
	FIELD_SET, FIELD_DIALECT, FIELD_ALONE, FIELD_LET, FIELD_FIX, FIELD_CONVERTS, FIELD_RULE,
	FIELD_SAYS, FIELD_FOR, FIELD_WHEN, FIELD_CHECK, FIELD_AT, FIELD_VERDICT, FIELD_CONFIDENCE,
	FIELD_SOURCE, FIELD_ADVICE, FIELD_STATE, FIELD_COUNT
};
static const char *const field_names[FIELD_COUNT] = {
	"set", "dialect", "alone", "let", "fix", "converts", "rule", "says", "for", "when",
	"check", "at", "verdict", "confidence", "source", "advice", "state"
};

struct span { const char *s, *end; }; /* s NULL: not given */

/* One stanza: where each field's text is. */
struct stanza { struct span field[FIELD_COUNT]; };

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span
trim(struct span t)
{
	while (t.s < t.end && is_blank(*t.s))
		t.s++;
	while (t.end > t.s && is_blank(t.end[-1]))
		t.end--;
	return t;
}

/* End of the line at p and of those that go on with it. */
static const char *
line_end(const struct rule_file *f, const char *p)
{
	const char *nl;

	do {
		nl = memchr(p, '\n', (size_t)(f->end - p));
		p = nl == NULL ? f->end : nl + 1;
	} while (p < f->end && (*p == ' ' || *p == '\t'));
	return p;
}

static enum field
field_of(const char *s, size_t n)
{
	enum field i;

	for (i = 0; i < FIELD_COUNT; i++)
		if (strncmp(field_names[i], s, n) == 0 && field_names[i][n] == '\0')
			break;
	return i;
}

/* The text as one line, in the arena. */
static char *
flat(struct rule_file *f, struct span t)
{
	char *s = arena_strdup(f->arena, t.s, (size_t)(t.end - t.s)), *to = s;

	for (const char *p = s; *p != '\0'; p++) {
		bool blank = is_blank(*p);

		if (!blank || (to > s && to[-1] != ' '))
			*to++ = blank ? ' ' : *p;
	}
	*to = '\0';
	return s;
}

static bool
span_is(struct span t, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(t.end - t.s) == n && memcmp(t.s, word, n) == 0;
}

/* ---- what a rule is for ---- */

static bool
known_op(const struct rule_file *f, const char *name)
{
	for (int d = 0; d < DIALECT_COUNT; d++) {
		uint32_t n;
		const struct op *rows = op_rows((enum dialect)d, &n);

		if (f->dialect >= 0 && f->dialect != d)
			continue;
		for (uint32_t i = 0; i < n; i++) {
			size_t domain = strlen(rows[i].domain);

			if (strcmp(rows[i].name, name) == 0 || (strncmp(name, rows[i].domain,
			    domain) == 0 && strncmp(name + domain, "::", 2) == 0 &&
			    strcmp(name + domain + 2, rows[i].name) == 0))
				return true;
		}
	}
	return false;
}

static const char *const sem_ids[] = {
#define SEM(id, family, title) #id,
#include "ops/sem.def"
#undef SEM
};

static bool
same_letters(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((a[i] | 32) != (b[i] | 32))
			return false;
	return true;
}

static bool
read_target(struct rule_file *f, struct span t, struct rule_target *out)
{
	size_t n = (size_t)(t.end - t.s);

	out->by = FOR_ALL;
	if (span_is(t, "*"))
		return true;
	if (span_is(t, "model"))
		return out->by = FOR_MODEL, true;
	if (n > 5 && memcmp(t.s, "kind:", 5) == 0) {
		out->by = FOR_KIND;
		for (out->number = 0; out->number < SEM_COUNT; out->number++)
			if (strlen(sem_ids[out->number]) == n - 5 &&
			    same_letters(sem_ids[out->number], t.s + 5, n - 5))
				return true;
		return rule_wrong(f, DIAG_RULE_NAME, t.s + 5, "there is no kind of op '%.*s'",
		    (int)n - 5, t.s + 5) != NULL;
	}
	if (n > 7 && memcmp(t.s, "family:", 7) == 0) {
		out->by = FOR_FAMILY;
		for (out->number = 0; out->number < FAM_COUNT; out->number++)
			if (strlen(family_name((enum family)out->number)) == n - 7 &&
			    memcmp(family_name((enum family)out->number), t.s + 7, n - 7) == 0)
				return true;
		return rule_wrong(f, DIAG_RULE_NAME, t.s + 7, "there is no family of ops '%.*s'",
		    (int)n - 7, t.s + 7) != NULL;
	}
	out->by = FOR_OP;
	if (n > 2 && *t.s == '\'' && t.end[-1] == '\'') {
		/* an op that no table of ours has */
		out->name = arena_strdup(f->arena, t.s + 1, n - 2);
		return true;
	}
	out->name = arena_strdup(f->arena, t.s, n);
	if (known_op(f, out->name))
		return true;
	return rule_wrong(f, DIAG_RULE_NAME, t.s, "no op is called '%s'", out->name) != NULL;
}

/* A list of targets; a definition may stand for op names. */
static bool
read_targets(struct rule_file *f, struct span all, struct rule *r)
{
	struct rule_target *list = NULL;
	const char *p = all.s, *comma;
	uint32_t n = 0;

	for (; p < all.end; p = comma + 1) {
		const struct rule_let *l;
		struct span t;

		comma = memchr(p, ',', (size_t)(all.end - p));
		comma = comma == NULL ? all.end : comma;
		t = trim((struct span){ p, comma });
		if (t.s == t.end || n >= TARGETS_MAX)
			return rule_wrong(f, DIAG_RULE_SYNTAX, t.s, "an op, kind:KIND, "
			    "family:FAMILY, * or model is missing here") != NULL;
		l = rule_let_find(f, t.s, (size_t)(t.end - t.s));
		for (uint32_t i = 0; l != NULL && i < l->expr->nwords; i++) {
			list = arena_grow(f->arena, list, n, sizeof *list);
			list[n++] = (struct rule_target){ FOR_OP, l->expr->words[i], 0 };
		}
		if (l != NULL)
			continue;
		list = arena_grow(f->arena, list, n, sizeof *list);
		if (!read_target(f, t, &list[n++]))
			return false;
		f->for_model |= list[n - 1].by == FOR_MODEL;
	}
	r->targets = list;
	r->ntargets = n;
	return true;
}

/* ---- says ---- */

/* "{max(any.rank)} axes": text and expressions in turn. */
static bool
read_says(struct rule_file *f, struct span t, struct rule *r)
{
	struct rule_part *list = NULL;
	const char *open, *close;
	uint32_t n = 0;

	r->says = flat(f, t);
	for (; t.s < t.end; t.s = close + 1) {
		struct rule_part part = { t.s, 0, NULL };

		open = memchr(t.s, '{', (size_t)(t.end - t.s));
		part.n = (uint32_t)((open == NULL ? t.end : open) - t.s);
		close = t.end;
		if (open != NULL) {
			close = memchr(open, '}', (size_t)(t.end - open));
			if (close == NULL)
				return rule_wrong(f, DIAG_RULE_SYNTAX, open, "a brace that is not "
				    "closed") != NULL;
			part.expr = rule_expr_parse(f, open + 1, close, false);
			if (part.expr == NULL)
				return false;
		}
		list = arena_grow(f->arena, list, n, sizeof *list);
		list[n++] = part;
	}
	r->parts = list;
	r->nparts = n;
	return true;
}

/* ---- a rule ---- */

static int
word_in(const char *const *list, uint32_t n, struct span t)
{
	for (uint32_t i = 0; i < n && list[i] != NULL; i++)
		if (span_is(t, list[i]))
			return (int)i;
	return -1;
}

static void *
missing(struct rule_file *f, const struct stanza *s, enum field field)
{
	return rule_wrong(f, DIAG_RULE_FIELD, s->field[FIELD_RULE].s, "rule %.*s has no '%s:'",
	    (int)(s->field[FIELD_RULE].end - s->field[FIELD_RULE].s), s->field[FIELD_RULE].s,
	    field_names[field]);
}

static bool
read_words(struct rule_file *f, const struct stanza *s, struct rule *r)
{
	const struct span *v = &s->field[FIELD_VERDICT], *c = &s->field[FIELD_CONFIDENCE];
	int i;

	if (v->s == NULL)
		return missing(f, s, FIELD_VERDICT) != NULL;
	r->verdict = word_in(f->set->domain->verdicts, UINT32_MAX, *v);
	if (r->verdict < 0)
		return rule_wrong(f, DIAG_RULE_FIELD, v->s, "the set '%s' has no verdict '%.*s'",
		    f->set->domain->name, (int)(v->end - v->s), v->s) != NULL;
	r->confidence = CONF_CERTAIN;
	if (c->s != NULL) {
		if ((i = word_in(confidences, CONF_COUNT, *c)) < 0)
			return rule_wrong(f, DIAG_RULE_FIELD, c->s, "'%.*s' is no confidence: "
			    "certain, documented-apple, measured-several, documented-other-vendor, "
			    "measured-once, reverse-engineered, folklore", (int)(c->end - c->s),
			    c->s) != NULL;
		r->confidence = (enum rule_confidence)i;
	}
	if (r->confidence != CONF_CERTAIN && s->field[FIELD_SOURCE].s == NULL)
		return missing(f, s, FIELD_SOURCE) != NULL;
	return true;
}

static const char *
text_of(struct rule_file *f, const struct stanza *s, enum field field)
{
	return s->field[field].s == NULL ? "" : flat(f, s->field[field]);
}

/* What the rule is held against: a condition, or a check in C. */
static bool
read_when(struct rule_file *f, const struct stanza *s, struct rule *r)
{
	const struct span *when = &s->field[FIELD_WHEN], *check = &s->field[FIELD_CHECK];

	if (check->s != NULL && (when->s != NULL || s->field[FIELD_FOR].s != NULL))
		return rule_wrong(f, DIAG_RULE_FIELD, check->s, "'check:' stands in place of "
		    "'for:' and 'when:'") != NULL;
	if (check->s != NULL) {
		r->check = f->set->domain->check == NULL ? -1 :
		    f->set->domain->check(text_of(f, s, FIELD_CHECK));
		return r->check >= 0 || rule_wrong(f, DIAG_RULE_NAME, check->s, "the set '%s' has "
		    "no check '%.*s'", f->set->domain->name, (int)(check->end - check->s),
		    check->s) != NULL;
	}
	if (when->s == NULL)
		return true;
	r->when = rule_expr_parse(f, when->s, when->end, true);
	r->when_text = when->s;
	r->when_len = (uint32_t)(when->end - when->s);
	return r->when != NULL;
}

static bool
read_rule(struct rule_file *f, const struct stanza *s, struct rule *r)
{
	struct span all = { "*", NULL };
	bool ok;

	all.end = all.s + 1;
	*r = (struct rule){ .id = text_of(f, s, FIELD_RULE), .set = f->set, .check = -1 };
	r->at = text_of(f, s, FIELD_AT);
	r->source = text_of(f, s, FIELD_SOURCE);
	r->advice = text_of(f, s, FIELD_ADVICE);
	r->state = text_of(f, s, FIELD_STATE);
	r->line = line_of(f, s->field[FIELD_RULE].s);
	f->for_model = false;
	if (strcspn(r->id, " \t{}\"'") != strlen(r->id) || *r->id == '\0')
		return rule_wrong(f, DIAG_RULE_FIELD, s->field[FIELD_RULE].s,
		    "the id of a rule is one word") != NULL;
	if (rules_find(f->set, r->id) != NULL)
		return rule_wrong(f, DIAG_RULE_FIELD, s->field[FIELD_RULE].s,
		    "there is a rule %s already, in line %" PRIu32, r->id,
		    rules_find(f->set, r->id)->line) != NULL;
	if (s->field[FIELD_SAYS].s == NULL)
		return missing(f, s, FIELD_SAYS) != NULL;
	if (!read_targets(f, s->field[FIELD_FOR].s != NULL ? s->field[FIELD_FOR] : all, r))
		return false;
	f->targets = r->targets;
	f->ntargets = r->ntargets;
	/* each of them is read, so that all that is wrong is said at once */
	ok = read_words(f, s, r);
	ok = read_when(f, s, r) && ok;
	return read_says(f, s->field[FIELD_SAYS], r) && ok;
}

static void
finish(struct rule_file *f, struct stanza *s)
{
	struct ruleset *set = f->set;

	if (s->field[FIELD_RULE].s != NULL) {
		if (set->n >= RULES_MAX)
			return;
		set->rules = arena_grow(f->arena, set->rules, set->n, sizeof *set->rules);
		if (read_rule(f, s, &set->rules[set->n])) {
			rule_index_put(&set->ids, f->arena, set->rules[set->n].id, set->n);
			set->n++;
		} else {
			set->wrong++;
		}
	}
	memset(s, 0, sizeof *s);
	f->targets = NULL;
	f->ntargets = 0;
	f->for_model = false;
}

/* ---- the file's own lines ---- */

static void
read_set(struct rule_file *f, struct span t)
{
	if (f->set->n > 0 || f->set->nchanges > 0) {
		/* verdicts are numbers of the set */
		rule_wrong(f, DIAG_RULE_FIELD, t.s, "'set:' stands before all rules of a file");
		f->set->wrong++;
		return;
	}
	for (uint32_t i = 0; i < f->ndomains; i++) {
		if (!span_is(t, f->domains[i].name))
			continue;
		f->set->domain = &f->domains[i];
		f->dialect = f->domains[i].dialect;
		return;
	}
	rule_wrong(f, DIAG_RULE_FIELD, t.s, "there is no set of rules '%.*s'; there are policy, "
	    "lint, ane and support", (int)(t.end - t.s), t.s);
}

static void
read_dialect(struct rule_file *f, struct span t)
{
	static const char *const names[] = { "onnx", "aten", "mil", "nn", "any", NULL };
	int i = word_in(names, 5, t);

	if (i < 0)
		rule_wrong(f, DIAG_RULE_FIELD, t.s, "a dialect is onnx, aten, mil, nn or any");
	else
		f->dialect = i < DIALECT_COUNT ? i : -1;
}

static void
read_let(struct rule_file *f, struct span name, struct span body)
{
	struct rule_let l = { NULL, rule_expr_parse(f, body.s, body.end, false) };

	if (l.expr == NULL) {
		f->set->wrong++;
		return;
	}
	l.name = arena_strdup(f->arena, name.s, (size_t)(name.end - name.s));
	f->lets = arena_grow(f->arena, f->lets, f->nlets, sizeof *f->lets);
	f->lets[f->nlets] = l;
	rule_index_put(&f->let_names, f->arena, l.name, f->nlets++);
}

/* `fix NAME: TEXT`, `converts NAME: TEXT`: rules of one line, for one operator. */
static void
read_short(struct rule_file *f, enum field field, struct span name, struct span body)
{
	const char *verdict = field == FIELD_FIX ? "fails" : "converts";
	struct rule_target *t = arena_alloc(f->arena, sizeof *t);
	struct ruleset *set = f->set;
	struct rule r = { .set = set, .check = -1, .at = "", .source = "", .advice = "",
	    .state = "", .targets = t, .ntargets = 1 };

	*t = (struct rule_target){ FOR_OP, flat(f, name), 0 };
	r.id = arena_printf(f->arena, "%s:%s", field_names[field], t->name);
	r.line = line_of(f, name.s);
	if (!set->domain->lines || name.s == name.end || body.s == body.end ||
	    strcspn(t->name, " \t{}\"'") != strlen(t->name) || rules_find(set, r.id) != NULL) {
		rule_wrong(f, DIAG_RULE_FIELD, name.s, "%s OPERATOR: TEXT stands in the set "
		    "support, once for each", field_names[field]);
		set->wrong++;
		return;
	}
	r.verdict = word_in(set->domain->verdicts, UINT32_MAX,
	    (struct span){ verdict, verdict + strlen(verdict) });
	if (field == FIELD_FIX) {
		r.check = set->domain->check("not-registered");
		r.says = arena_printf(f->arena, "%s has no converter", t->name);
		r.advice = flat(f, body);
	} else {
		r.says = flat(f, body);
	}
	if (set->n >= RULES_MAX)
		return;
	set->rules = arena_grow(f->arena, set->rules, set->n, sizeof *set->rules);
	rule_index_put(&set->ids, f->arena, r.id, set->n);
	set->rules[set->n++] = r;
}

/* `verdict ID: WORD`: a rule of an earlier file. */
static void
read_change(struct rule_file *f, struct span id, struct span word)
{
	struct ruleset *set = f->set;
	struct rule_change c = { .id = flat(f, id) };
	struct rule_change *list = (struct rule_change *)(void *)(uintptr_t)set->changes;

	c.line = line_of(f, id.s);
	c.column = column_of(f, id.s);
	c.verdict = word_in(set->domain->verdicts, UINT32_MAX, word);
	if (c.verdict < 0) {
		rule_wrong(f, DIAG_RULE_FIELD, word.s, "the set '%s' has no verdict '%.*s'",
		    set->domain->name, (int)(word.end - word.s), word.s);
		set->wrong++;
		return;
	}
	list = arena_grow(f->arena, list, set->nchanges, sizeof *list);
	list[set->nchanges++] = c;
	set->changes = list;
}

/* A line `KEY NAME: TEXT`. */
static void
read_named(struct rule_file *f, enum field field, const char *line, struct span t)
{
	struct span name = t, body;
	const char *colon = t.s;

	/* custom::op is a name */
	while ((colon = memchr(colon, ':', (size_t)(t.end - colon))) != NULL &&
	    colon + 1 < t.end && colon[1] == ':')
		colon += 2;
	if (colon == NULL) {
		rule_wrong(f, DIAG_RULE_SYNTAX, line, "this line is %s NAME: TEXT",
		    field_names[field]);
		f->set->wrong++;
		return;
	}
	name = trim((struct span){ t.s, colon });
	body = trim((struct span){ colon + 1, t.end });
	if (field == FIELD_LET)
		read_let(f, name, body);
	else if (field == FIELD_VERDICT)
		read_change(f, name, body);
	else
		read_short(f, field, name, body);
}

/* One logical line [p, end). */
static void
read_line(struct rule_file *f, struct stanza *s, const char *p, const char *end)
{
	size_t n = strcspn(p, ": \t\r\n");
	enum field field;
	struct span t;
	bool named;

	n = n < (size_t)(end - p) ? n : (size_t)(end - p);
	field = field_of(p, n);
	named = field == FIELD_LET || field == FIELD_FIX || field == FIELD_CONVERTS ||
	    (field == FIELD_VERDICT && p[n] != ':');
	if (field <= FIELD_RULE || named)
		finish(f, s);
	t = trim((struct span){ p + n + (p + n < end && p[n] == ':'), end });
	if (named) {
		read_named(f, field, p, t);
	} else if (field == FIELD_COUNT || (field != FIELD_RULE && p[n] != ':')) {
		rule_wrong(f, DIAG_RULE_SYNTAX, p, "'%.*s' begins no line of a rule file; %s",
		    (int)n, p, "in a rule says, for, when, verdict, advice and others do");
		f->set->wrong++;
	} else if (field == FIELD_SET) {
		read_set(f, t);
	} else if (field == FIELD_DIALECT) {
		read_dialect(f, t);
	} else if (field == FIELD_ALONE) {
		f->set->alone = span_is(t, "yes");
		if (!f->set->alone)
			rule_wrong(f, DIAG_RULE_FIELD, t.s, "alone is yes or not there");
	} else if (field != FIELD_RULE && s->field[FIELD_RULE].s == NULL) {
		rule_wrong(f, DIAG_RULE_SYNTAX, p, "'%s:' stands in no rule",
		    field_names[field]);
		f->set->wrong++;
	} else if (s->field[field].s != NULL) {
		rule_wrong(f, DIAG_RULE_FIELD, p, "a second '%s:' in one rule", field_names[field]);
		f->set->wrong++;
	} else {
		s->field[field] = t;
	}
}

/* A text that goes on behind a NUL, or says nothing. */
static void
end_wrong(struct rule_file *f, size_t n)
{
	struct ruleset *set = f->set;

	if (f->text + n > f->end) {
		set->wrong++;
		rule_wrong(f, DIAG_RULE_SYNTAX, f->end, "a NUL byte, which no text has; the file "
		    "is not read from here on");
	} else if (set->n == 0 && set->nchanges == 0 && set->wrong == 0 && !f->failed) {
		set->wrong++;
		rule_wrong(f, DIAG_RULE_SYNTAX, f->end, "there is no rule in it");
	}
}

struct ruleset *
rules_load(struct ctx *ctx, struct arena *arena, const char *name, const char *text, size_t n,
	const struct rule_domain *domains, uint32_t ndomains)
{
	struct rule_file f = { .ctx = ctx, .arena = arena, .name = name, .text = text,
	    .end = text + strnlen(text, n), .domains = domains, .ndomains = ndomains,
	    .dialect = domains->dialect, .counted = text, .line = 1 };
	struct stanza s;
	const char *p, *next;

	memset(&s, 0, sizeof s);
	f.set = arena_alloc(arena, sizeof *f.set);
	f.set->name = name;
	f.set->domain = domains;
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* editors mark UTF-8 so */
		f.text = f.counted = text += 3;
		n -= 3;
	}
	for (p = text; p < f.end; p = next) {
		next = line_end(&f, p);
		if (trim((struct span){ p, next }).s == next)
			continue;
		if (*p == '#')
			next = (next = memchr(p, '\n', (size_t)(f.end - p))) == NULL ? f.end :
			    next + 1;
		else
			read_line(&f, &s, p, next);
	}
	finish(&f, &s);
	end_wrong(&f, n);
	return f.set;
}

struct ruleset *
rules_load_file(struct ctx *ctx, struct arena *arena, const char *path,
	const struct rule_domain *domains, uint32_t ndomains)
{
	struct source *src = source_open(ctx, arena, path);
	struct ruleset *set = NULL;
	char *text;
	long n;

	if (src == NULL)
		return NULL;
	if (src->size > FILE_MAX || (text = arena_try(arena, src->size + 1, 1)) == NULL) {
		diag_add(ctx, DIAG_RULE_SYNTAX, NULL, "%s: a rule file of %" PRIu64 " bytes is not "
		    "read; the limit is %d", path, src->size, FILE_MAX);
	} else if ((n = source_read(src, 0, text, (size_t)src->size)) < 0) {
		diag_add(ctx, DIAG_READ_FAILED, NULL, "%s could not be read", path);
	} else {
		text[n] = '\0';
		set = rules_load(ctx, arena, arena_strdup(arena, path, strlen(path)), text,
		    (size_t)n, domains, ndomains);
	}
	source_close(src);
	return set;
}

const struct rule *
rules_find(const struct ruleset *set, const char *id)
{
	uint32_t i = rule_index_find(&set->ids, id, strlen(id));

	return i == UINT32_MAX ? NULL : &set->rules[i];
}

/* The rule of earlier sets that a change speaks of, or NULL. */
static struct rule *
changed_by(struct ruleset *const *before, uint32_t n, const struct ruleset *set, uint32_t change)
{
	struct rule *found = NULL;

	for (uint32_t i = 0; i < n; i++) {
		const struct rule *r = rules_find(before[i], set->changes[change].id);

		if (r != NULL && before[i]->domain == set->domain)
			found = &before[i]->rules[r - before[i]->rules];
	}
	return found;
}

uint32_t
rules_unknown(struct ctx *ctx, struct ruleset *const *before, uint32_t n,
	const struct ruleset *set)
{
	uint32_t wrong = 0;

	for (uint32_t c = 0; c < set->nchanges; c++) {
		const struct rule_change *change = &set->changes[c];

		if (changed_by(before, n, set, c) != NULL)
			continue;
		wrong++;
		diag_add(ctx, DIAG_RULE_NAME, NULL, "%s, line %" PRIu32 ", column %" PRIu32
		    ": no rule of the set '%s' is called '%s'", set->name, change->line,
		    change->column, set->domain->name, change->id);
	}
	return wrong;
}

void
rules_overrule(struct ctx *ctx, struct ruleset *const *before, uint32_t n, struct ruleset *set)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; before[i]->domain == set->domain && k < before[i]->n; k++)
			before[i]->rules[k].replaced |= set->alone ||
			    rules_find(set, before[i]->rules[k].id) != NULL;
	set->wrong += rules_unknown(ctx, before, n, set);
	for (uint32_t c = 0; c < set->nchanges; c++) {
		struct rule *r = changed_by(before, n, set, c);

		if (r != NULL)
			r->verdict = set->changes[c].verdict;
	}
}
