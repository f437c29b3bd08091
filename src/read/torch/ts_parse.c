/* SPDX-License-Identifier: Apache-2.0 */
/* Files, classes, functions and statements of TorchScript code. What cannot be
 * read is reported and passed over up to the next logical line of the block, so
 * one bad statement costs no more than itself. Source:
 * facts/torchscript-format.md section 5. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "base/str.h"
#include "read/torch/ts_parse.h"

uint32_t
ts_line(const struct ts_file *f, uint32_t off)
{
	uint32_t line = 1;
	const char *s = f->text, *end = s + (off < f->size ? off : f->size);

	while (s < end && (s = memchr(s, '\n', (size_t)(end - s))) != NULL) {
		line++;
		s++;
	}
	return line;
}

/* Where the token stands in its line; tabs count as one, none are written. */
static uint32_t
column_of(const struct ts_parser *p)
{
	size_t off = (size_t)p->l.tok.at.off, i = off;

	while (i > 0 && p->l.s[i - 1] != '\n')
		i--;
	return (uint32_t)(off - i);
}

/* A token stands; does it begin a logical line? before: line at the end of the
 * last one. */
static void
settle(struct ts_parser *p, uint32_t before)
{
	const struct token *t = &p->l.tok;

	while (t->kind == TOK_MARK && t->mark == '\\') {
		lexer_next(&p->l);
		before = t->at.line;
	}
	p->fresh = t->kind == TOK_END || (p->open == 0 && t->at.line != before);
	if (p->fresh)
		p->column = t->kind == TOK_END ? 0 : column_of(p);
	if (t->kind != TOK_MARK)
		return;
	if (t->mark == '(' || t->mark == '[' || t->mark == '{')
		p->open++;
	else if ((t->mark == ')' || t->mark == ']' || t->mark == '}') && p->open > 0)
		p->open--;
}

void
ts_advance(struct ts_parser *p)
{
	uint32_t line = p->l.line;

	p->last = (uint32_t)p->l.i;
	lexer_next(&p->l);
	settle(p, line);
}

bool
ts_take(struct ts_parser *p, char mark)
{
	if (!ts_at(p, mark))
		return false;
	ts_advance(p);
	return true;
}

bool
ts_take_word(struct ts_parser *p, const char *word)
{
	if (!ts_word(p, word))
		return false;
	ts_advance(p);
	return true;
}

bool
ts_at2(const struct ts_parser *p, const char *two)
{
	return ts_at(p, two[0]) && p->l.i < p->l.n && p->l.s[p->l.i] == two[1];
}

void
ts_wrong(struct ts_parser *p, const char *expected)
{
	const struct token *t = &p->l.tok;
	struct where where = { .loc = { p->file->src, t->at.off, t->n }, .line = t->at.line };
	int n = t->n > 20 ? 20 : (int)t->n;

	if (!p->failed)
		diag_add(p->ctx, DIAG_TEXT_SYNTAX, &where, "%s where %s was expected; "
		    "the statement was left out", t->kind == TOK_END ? "the end" : p->fresh ?
		    "the end of the line" : str_intern(p->strs, t->s, (uint32_t)n)->s, expected);
	p->failed = p->errors = true;
}

void
ts_expect(struct ts_parser *p, char mark)
{
	char text[2] = { mark, '\0' };

	if (!ts_take(p, mark))
		ts_wrong(p, text);
}

const struct str *
ts_name(struct ts_parser *p)
{
	const struct str *name = str_intern(p->strs, p->l.tok.s, (uint32_t)p->l.tok.n);

	if (p->fresh || p->l.tok.kind != TOK_WORD)
		ts_wrong(p, "a name");
	else
		ts_advance(p);
	return name;
}

/* Go on at the next line that begins at the column or before it. */
static void
resume(struct ts_parser *p, uint32_t column)
{
	uint32_t line;

	p->failed = false;
	p->open = 0;
	while (p->l.tok.kind != TOK_END && !(p->fresh && p->column <= column)) {
		line = p->l.line;
		p->last = (uint32_t)p->l.i;
		lexer_next(&p->l);
		p->open = 0;
		settle(p, line);
	}
}

static struct ts_stmt *block(struct ts_parser *p, uint32_t column);

static struct ts_stmt *
new_stmt(struct ts_parser *p, enum ts_stmt_kind kind)
{
	struct ts_stmt *s = arena_alloc(p->a, sizeof *s);

	s->kind = kind;
	s->off = (uint32_t)p->l.tok.at.off;
	return s;
}

static void
add_target(struct ts_parser *p, struct ts_stmt *s, struct ts_expr *e)
{
	s->targets = arena_grow(p->a, s->targets, s->ntargets, sizeof *s->targets);
	s->targets[s->ntargets++] = e;
}

static void
if_or_while(struct ts_parser *p, struct ts_stmt *s, uint32_t column)
{
	struct ts_stmt *inner;

	ts_advance(p);
	s->value = ts_expr(p);
	ts_expect(p, ':');
	s->body = block(p, column);
	if (s->kind != S_IF || !p->fresh || p->column != column)
		return;
	if (lexer_word(&p->l, "elif")) {
		if (++p->depth > p->ctx->limits.depth) {
			ts_wrong(p, "less nesting");
			return;
		}
		inner = new_stmt(p, S_IF);
		if_or_while(p, inner, column);
		inner->end = p->last;
		s->orelse = inner;
		p->depth--;
	} else if (lexer_word(&p->l, "else")) {
		ts_advance(p);
		ts_expect(p, ':');
		s->orelse = block(p, column);
	}
}

static void
for_stmt(struct ts_parser *p, struct ts_stmt *s, uint32_t column)
{
	ts_advance(p);
	add_target(p, s, ts_targets(p));
	if (!ts_take_word(p, "in"))
		ts_wrong(p, "in");
	s->value = ts_exprs(p);
	ts_expect(p, ':');
	s->body = block(p, column);
}

/* The name behind "as" follows each object; NULL: none. */
static void
with_stmt(struct ts_parser *p, struct ts_stmt *s, uint32_t column)
{
	ts_advance(p);
	do {
		add_target(p, s, ts_expr(p));
		add_target(p, s, ts_take_word(p, "as") ? ts_expr(p) : NULL);
	} while (!p->failed && ts_take(p, ','));
	ts_expect(p, ':');
	s->body = block(p, column);
}

static void
return_stmt(struct ts_parser *p, struct ts_stmt *s, uint32_t column)
{
	(void)column;
	ts_advance(p);
	if (!p->fresh)
		s->value = ts_exprs(p);
	if (s->kind == S_ASSERT && s->value != NULL && s->value->kind == E_TUPLE &&
	    s->value->n == 2) {
		add_target(p, s, s->value->list[1]);
		s->value = s->value->list[0];
	}
}

/* TARGETS = VALUE, also in a chain; TARGET : TYPE [= VALUE]; a, b, = VALUE;
 * TARGET op= VALUE; or a value alone. */
static void
assignment(struct ts_parser *p, struct ts_stmt *s, uint32_t column)
{
	struct ts_expr *e = ts_exprs(p);
	const char *op;
	unsigned marks;
	int prec;

	(void)column;
	s->value = e;
	if (ts_take(p, ':')) {
		s->type = ts_expr(p);
		s->kind = S_ASSIGN;
		add_target(p, s, e);
		s->value = ts_take(p, '=') ? ts_exprs(p) : NULL;
		return;
	}
	op = ts_operator(p, &prec, &marks);
	if (op != NULL && p->l.s[p->l.tok.at.off + marks] == '=') {
		while (marks-- > 0)
			ts_advance(p);
		s->kind = S_AUGMENT;
		s->op = op;
		add_target(p, s, e);
		ts_expect(p, '=');
		s->value = ts_exprs(p);
		return;
	}
	while (!p->failed && ts_take(p, '=')) {
		/* a, = x has one target: the comma is what says so */
		s->kind = e->kind == E_TUPLE ? S_UNPACK : S_ASSIGN;
		add_target(p, s, e);
		s->value = e = ts_exprs(p);
	}
}

static struct ts_def *function(struct ts_parser *p, uint32_t column);

static void
def_stmt(struct ts_parser *p, struct ts_stmt *s, uint32_t column)
{
	s->def = function(p, column);
}

static void
bare_stmt(struct ts_parser *p, struct ts_stmt *s, uint32_t column)
{
	(void)s, (void)column;
	ts_advance(p);
}

static const struct form {
	const char *word;
	enum ts_stmt_kind kind;
	void (*read)(struct ts_parser *, struct ts_stmt *, uint32_t column);
} forms[] = {
	{ "if", S_IF, if_or_while }, { "while", S_WHILE, if_or_while }, { "for", S_FOR, for_stmt },
	{ "with", S_WITH, with_stmt }, { "def", S_DEF, def_stmt },
	{ "return", S_RETURN, return_stmt }, { "pass", S_PASS, bare_stmt },
	{ "break", S_BREAK, bare_stmt }, { "continue", S_CONTINUE, bare_stmt },
	{ "raise", S_RAISE, return_stmt }, { "assert", S_ASSERT, return_stmt },
	{ "del", S_DEL, return_stmt }, { "global", S_DEL, return_stmt },
	{ "", S_EXPR, assignment }
};

/* NULL: it cannot be read, and was passed over. */
static struct ts_stmt *
statement(struct ts_parser *p, uint32_t column)
{
	struct ts_stmt *s = new_stmt(p, S_EXPR);
	bool compound;
	const struct form *f = forms;

	while (*f->word != '\0' && (p->l.tok.kind != TOK_WORD || *f->word != *p->l.tok.s ||
	    !lexer_word(&p->l, f->word)))
		f++;
	s->kind = f->kind;
	p->fresh = false;
	f->read(p, s, column);
	s->end = p->last;
	compound = s->body != NULL || s->def != NULL;
	if (!p->failed && (p->fresh || compound || ts_at(p, ';')))
		return s;
	if (!p->failed)
		ts_wrong(p, "the end of the statement");
	resume(p, column);
	return NULL;
}

/* Behind the colon: lines further in than column, or the rest of this line. */
static struct ts_stmt *
block(struct ts_parser *p, uint32_t column)
{
	struct ts_stmt *first = NULL, **end = &first;
	bool lines = p->fresh;
	uint32_t own = p->column;

	if (p->failed)
		return NULL;
	if (lines && (own <= column || p->l.tok.kind == TOK_END)) {
		ts_wrong(p, "an indented block");
		return NULL;
	}
	if (++p->depth > p->ctx->limits.depth) {
		ts_wrong(p, "less nesting");
		p->depth--;
		return NULL;
	}
	do {
		if (!lines && ts_at(p, ';'))
			ts_advance(p);
		*end = statement(p, lines ? own : column);
		if (*end != NULL)
			end = &(*end)->next;
		if (lines && p->fresh && p->column > own && p->l.tok.kind != TOK_END) {
			ts_wrong(p, "the indentation of the block");
			resume(p, own);
		}
	} while (p->l.tok.kind != TOK_END && (lines ? p->column == own : ts_at(p, ';')));
	p->depth--;
	if (first == NULL)
		first = new_stmt(p, S_PASS);
	return first;
}

static void
param(struct ts_parser *p, struct ts_def *d, bool *keyword)
{
	struct ts_param *q;

	if (ts_take(p, '*')) {
		*keyword = true;
		if (ts_at(p, ',') || ts_at(p, ')'))
			return;
	}
	d->params = arena_grow(p->a, d->params, d->nparams, sizeof *d->params);
	q = &d->params[d->nparams++];
	*q = (struct ts_param){ .name = ts_name(p), .keyword = *keyword };
	if (ts_take(p, ':'))
		q->type = ts_expr(p);
	if (ts_take(p, '='))
		q->value = ts_expr(p);
}

static struct ts_def *
function(struct ts_parser *p, uint32_t column)
{
	struct ts_def *d = arena_alloc(p->a, sizeof *d);
	bool keyword = false;

	d->off = (uint32_t)p->l.tok.at.off;
	ts_advance(p);
	d->name = ts_name(p);
	ts_expect(p, '(');
	while (!p->failed && !ts_at(p, ')')) {
		param(p, d, &keyword);
		if (!ts_take(p, ','))
			break;
	}
	ts_expect(p, ')');
	if (ts_at2(p, "->")) {
		ts_advance(p);
		ts_advance(p);
		d->result = ts_expr(p);
	}
	ts_expect(p, ':');
	d->body = block(p, column);
	return d;
}

/* __annotations__["0"] = TYPE */
static void
annotation(struct ts_parser *p, struct ts_member *m)
{
	struct ts_expr *e = ts_expr(p);

	m->name = NULL;
	if (e->kind == E_SUBSCRIPT && e->n == 2 && e->list[1]->kind == E_STR)
		m->name = e->list[1]->name;
	ts_expect(p, '=');
	m->type = ts_expr(p);
}

static void
member(struct ts_parser *p, struct ts_class *c, struct ts_member ***end)
{
	struct ts_member *m = arena_alloc(p->a, sizeof *m);

	if (lexer_word(&p->l, "pass")) {
		ts_advance(p);
		return;
	}
	p->fresh = false;
	if (ts_word(p, "__annotations__") && p->l.i < p->l.n && p->l.s[p->l.i] == '[') {
		annotation(p, m);
	} else {
		m->name = ts_name(p);
		if (ts_take(p, ':'))
			m->type = ts_expr(p);
		if (ts_take(p, '='))
			m->value = ts_expr(p);
	}
	if (m->name == NULL || p->failed)
		return;
	if (strcmp(m->name->s, "__parameters__") == 0)
		c->parameters = m->value;
	else if (strcmp(m->name->s, "__buffers__") == 0)
		c->buffers = m->value;
	else if (m->type != NULL || strncmp(m->name->s, "__", 2) != 0)
		**end = m, *end = &m->next;
}

static enum ts_base
base_of(struct ts_parser *p)
{
	static const struct { const char *word; enum ts_base base; } bases[] = {
		{ "Module", BASE_MODULE }, { "NamedTuple", BASE_NAMEDTUPLE },
		{ "Enum", BASE_ENUM }, { "Interface", BASE_INTERFACE },
		{ "ModuleInterface", BASE_INTERFACE }
	};
	enum ts_base base = BASE_PLAIN;

	if (!ts_take(p, '('))
		return base;
	for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
		if (ts_word(p, bases[i].word))
			base = bases[i].base;
	if (!ts_at(p, ')'))
		ts_expr(p);
	ts_expect(p, ')');
	return base;
}

static void
members(struct ts_parser *p, struct ts_class *c, uint32_t column)
{
	struct ts_member **end = &c->members;
	struct ts_def **last = &c->defs;
	uint32_t own = p->column;

	if (!p->fresh || own <= column || p->l.tok.kind == TOK_END) {
		ts_wrong(p, "an indented block");
		return;
	}
	while (p->l.tok.kind != TOK_END && p->fresh && p->column == own) {
		if (lexer_word(&p->l, "def")) {
			*last = function(p, own);
			if (!p->failed)
				last = &(*last)->next;
			else
				*last = NULL;
		} else {
			member(p, c, &end);
		}
		if (!p->failed && !p->fresh)
			ts_wrong(p, "the end of the line");
		if (p->failed || p->column > own)
			resume(p, own);
	}
}

static struct ts_class *
class(struct ts_parser *p)
{
	struct ts_class *c = arena_alloc(p->a, sizeof *c);
	uint32_t column = p->column;

	c->off = (uint32_t)p->l.tok.at.off;
	ts_advance(p);
	c->name = ts_name(p);
	c->base = base_of(p);
	ts_expect(p, ':');
	members(p, c, column);
	return c;
}

static void
file(struct ts_parser *p)
{
	struct ts_class **end = &p->file->classes;
	struct ts_def **last = &p->file->defs;
	struct ts_stmt *s;

	while (p->l.tok.kind != TOK_END) {
		uint32_t column = p->column;

		if (lexer_word(&p->l, "class")) {
			*end = class(p);
			end = &(*end)->next;
		} else if (lexer_word(&p->l, "def")) {
			*last = function(p, column);
			last = &(*last)->next;
		} else if (lexer_word(&p->l, "import")) {
			ts_advance(p);
			ts_expr(p);
		} else if ((s = statement(p, column)) != NULL && s->kind == S_ASSIGN &&
		    s->value != NULL && s->value->kind == E_INT) {
			p->file->op_version = s->value->v.i;
		}
		if (p->failed || !p->fresh)
			resume(p, column);
	}
}

bool
ts_parse(struct ctx *ctx, struct strtab *strs, struct arena *a, struct ts_file *f)
{
	struct ts_parser p = { .ctx = ctx, .strs = strs, .a = a, .file = f };
	struct text text = { f->src, f->text, f->size };

	lexer_init(&p.l, &text, LEXER_COMMENTS | LEXER_SINGLE | LEXER_MULTILINE);
	settle(&p, 0);
	file(&p);
	return !p.errors;
}
