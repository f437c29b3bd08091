/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of filters: how a value is read, and how a node is held against it. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/filter_key.h"
#include "base/arena.h"
#include "base/sink.h"
#include "base/str.h"
#include "infer/infer.h"
#include "ir/graph.h"
#include "ir/tensor.h"
#include "rules/rule.h"

bool
filter_wrong(struct parser *ps, uint32_t column, const char *message)
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
		return filter_wrong(ps, t->column + i, "a node id is a number");
	return true;
}

static bool
read_dtype(struct parser *ps, struct term *t)
{
	int dtype = dtype_parse(t->text, t->len);

	if (dtype < 0)
		return filter_wrong(ps, t->column, arena_printf(ps->arena,
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
		return filter_wrong(ps, t->column + at - 1,
		    "a shape is written [1,N,?] ('?' stands for any dim), or * for none");
	if (t->shape->tag != TY_TENSOR)
		return filter_wrong(ps, t->column, "a shape starts with [");
	return true;
}

static bool
amount_fits(const struct term *t, uint64_t v)
{
	switch (t->order) {
	case ORDER_LESS: return v < t->number;
	case ORDER_LESS_EQUAL: return v <= t->number;
	case ORDER_MORE: return v > t->number;
	case ORDER_MORE_EQUAL: return v >= t->number;
	case ORDER_EQUAL: break;
	}
	return v == t->number;
}

static bool
has_all(const char *s, const char *list)
{
	for (; *list != '\0'; list += strlen(list) + 1) {
		if ((s = strstr(s, list)) == NULL)
			return false;
		s += strlen(list);
	}
	return true;
}

static bool
text_is(const struct term *t, const char *s, size_t n)
{
	if (t->is_regex) /* without a special letter it is not compiled: a part of the text */
		return !t->compiled ? strstr(s, t->text) != NULL :
		    has_all(s, t->must) && regexec(&t->re, s, 0, NULL, 0) == 0;
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
match_op(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	const char *type;
	size_t len = n->type->len;

	(void)facts;
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
match_name(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	(void)facts;
	return str_is(t, n->name);
}

static bool
match_domain(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	(void)facts;
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
match_scope(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	const char *path, *want = t->text;
	size_t len = scope_of(n, &path), nwant = t->len;
	char buf[1024]; /* a regex sees no more of a path than this */
	(void)facts;

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
match_in(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	(void)facts;
	return any_named(t, n->in, n->nin);
}

static bool
match_out(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	(void)facts;
	return any_named(t, n->out, n->nout);
}

static bool
match_attr(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	uint32_t i;

	(void)facts;
	for (i = 0; i < n->nattrs; i++)
		if (str_is(t, n->attrs[i].name))
			return true;
	return false;
}

static bool
match_id(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	(void)facts;
	return amount_fits(t, n->id);
}

/* As inferred, else as declared; NULL when there is none. */
static const struct type *
value_type(const struct value *v, const struct filter_facts *facts)
{
	const struct type *type = v != NULL && facts->types != NULL ?
	    infer_type(facts->types, v) : NULL;

	return type == NULL && v != NULL ? v->type : type;
}

/* The type of an output, of its elements when it is a sequence; NULL when it is no
 * tensor. */
static const struct type *
tensor_type(const struct value *v, const struct filter_facts *facts)
{
	const struct type *type = value_type(v, facts);

	while (type != NULL && (type->tag == TY_SEQ || type->tag == TY_OPT))
		type = type->elem;
	if (type != NULL && type->tag != TY_TENSOR && type->tag != TY_SPARSE)
		return NULL;
	return type;
}

static bool
match_dtype(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	const struct type *type;
	uint32_t i;

	for (i = 0; i < n->nout; i++)
		if ((type = tensor_type(n->out[i], facts)) != NULL && type->dtype == t->dtype)
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
match_shape(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	const struct type *type;
	uint32_t i;

	for (i = 0; i < n->nout; i++)
		if ((type = tensor_type(n->out[i], facts)) != NULL && shape_fits(t->shape, type))
			return true;
	return false;
}

/* The whole type of a result, as it is written in lists. */
static bool
match_type(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	struct sink text;
	bool is = false;

	sink_init(&text, -1);
	for (uint32_t i = 0; i < n->nout && !is; i++) {
		const struct type *type = value_type(n->out[i], facts);

		text.n = 0;
		if (type != NULL)
			type_print(&text, type);
		sink_write(&text, "", 1);
		is = text_is(t, text.buf, text.n - 1);
	}
	sink_fini(&text);
	return is;
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
match_word(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	(void)facts;
	return contains(n->type, t) || contains(n->name, t);
}

/* ---- what analyses say ---- */

struct word { const char *word; unsigned value; };

static bool
read_word(struct parser *ps, struct term *t, const struct word *words, const char *says)
{
	for (; words->word != NULL; words++) {
		if (strlen(words->word) == t->len && memcmp(words->word, t->text, t->len) == 0) {
			t->number = words->value;
			return true;
		}
	}
	return filter_wrong(ps, t->column, says);
}

static bool
read_support(struct parser *ps, struct term *t)
{
	static const struct word words[] = { { "fails", NOTE_BLOCKED }, { "ok", NOTE_CONVERTS },
		{ "converts", NOTE_CONVERTS }, { "lost", NOTE_LOST }, { "unknown", NOTE_OPEN },
		{ NULL, 0 } };

	return read_word(ps, t, words, "support is fails, lost, ok or unknown");
}

static bool
read_answer(struct parser *ps, struct term *t)
{
	static const struct word words[] = { { "yes", ANE_YES }, { "no", ANE_NO },
		{ "unknown", ANE_UNKNOWN }, { "none", ANE_SKIPPED }, { NULL, 0 } };

	return read_word(ps, t, words, "ane is yes, no, unknown, or none of what does no work");
}

static bool
read_device(struct parser *ps, struct term *t)
{
	t->number = device_parse(t->text, t->len);
	if (t->number == DEVICE_UNKNOWN && !(t->len == 7 && memcmp(t->text, "unknown", 7) == 0))
		return filter_wrong(ps, t->column, "a device is ane, gpu, cpu or unknown");
	return true;
}

/* 1.5M, 300k, 12: powers of 1000; bytes may have their B. */
static bool
read_amount(struct parser *ps, struct term *t)
{
	static const char units[] = "kMGTP";
	const char *unit;
	char *end;
	double v = t->len > 0 && isdigit((unsigned char)*t->text) ? strtod(t->text, &end) : -1;

	if (v >= 0 && *end != '\0' &&
	    (unit = strchr(units, *end == 'K' ? 'k' : *end)) != NULL) {
		for (; unit >= units; unit--)
			v *= 1000;
		end++;
	}
	if (v >= 0 && *end == 'B')
		end++;
	if (!(v >= 0 && v < 1e19) || *end != '\0')
		return filter_wrong(ps, t->column,
		    "an amount is a number such as 12, 300k or 1.5M");
	t->number = (uint64_t)v;
	return true;
}

static bool
read_problems(struct parser *ps, struct term *t)
{
	char level[12];
	int found;

	if (t->len > 0 && isdigit((unsigned char)*t->text))
		return read_amount(ps, t);
	snprintf(level, sizeof level, "%s", t->text);
	found = t->order == ORDER_EQUAL ? level_parse(level) : -1;
	t->number = UINT32_MAX + 1ull + (uint64_t)(found < 0 ? 0 : found);
	return found >= 0 || filter_wrong(ps, t->column,
	    "problems are counted (problems>1), or of a level: error, warn, note");
}

/* The node's note, if that part is there. */
static const struct note *
note_of(const struct filter_facts *facts, const struct node *n, unsigned part)
{
	const struct notes *notes = facts->notes;

	return notes != NULL && notes->have & part && n->id < notes->n ? &notes->list[n->id] : NULL;
}

static bool
match_support(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	const struct note *note = note_of(facts, n, NOTES_SUPPORT);

	return note != NULL && note->support == t->number;
}

static bool
match_ane(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	const struct note *note = note_of(facts, n, NOTES_ANE);

	return note != NULL && note->ane == t->number;
}

/* What does no work runs nowhere: it is of no device, also not of an unknown one. */
static bool
match_placed(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	const struct note *note = note_of(facts, n, NOTES_ANE);

	return note != NULL && note->ane != ANE_SKIPPED && note->placed == t->number;
}

static bool
match_measured(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	const struct note *note = note_of(facts, n, NOTES_ANE);

	return note != NULL && note->measured == t->number;
}

static bool
match_disagrees(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	const struct note *note = note_of(facts, n, NOTES_ANE);

	(void)t;
	return note != NULL && note_disagrees(note);
}

static bool
match_rule(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	const struct note *note = note_of(facts, n, NOTES_ANE);

	return note != NULL && note->rule != NULL &&
	    text_is(t, note->rule->id, strlen(note->rule->id));
}

static bool
match_problems(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	const struct note *note = note_of(facts, n, NOTES_PROBLEMS);

	if (note == NULL)
		return false;
	if (t->alone)
		return note->problems > 0;
	if (t->number > UINT32_MAX)
		return note->problems > 0 && note->worst == t->number - UINT32_MAX - 1;
	return amount_fits(t, note->problems);
}

static bool
match_cost(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	const struct note *note = note_of(facts, n, NOTES_COST);

	return note != NULL && note->macs != UINT64_MAX && amount_fits(t, note->macs);
}

static bool
match_weights(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	(void)facts;
	return amount_fits(t, node_constant_bytes(n));
}

static bool
match_pair(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	const char *word = facts->pair != NULL ? facts->pair(facts->arg, n) : NULL;

	return word != NULL && text_is(t, word, strlen(word));
}

static bool
match_line(const struct term *t, const struct node *n, const struct filter_facts *facts)
{
	char buf[600];

	return facts->line != NULL && facts->line(facts->arg, n, buf, sizeof buf) &&
	    text_is(t, buf, strlen(buf));
}

static const struct key keys[] = {
	{ "op", KEY_REGEX, 0, read_text, match_op, "op type: Conv, com.microsoft::Gelu" },
	{ "name", KEY_REGEX, 0, read_text, match_name, "name of the node" },
	{ "domain", KEY_REGEX, 0, read_text, match_domain,
	    "domain of the op; ai.onnx is the default one" },
	{ "scope", KEY_REGEX, 0, read_text, match_scope,
	    "module path, or whole components of its start: layers.0" },
	{ "type", KEY_REGEX, FILTER_TYPES, read_text, match_type,
	    "type of an output: f32[1,64]; type~,64,64.$ by its end" },
	{ "dtype", 0, FILTER_TYPES, read_dtype, match_dtype, "element type of an output: f16" },
	{ "shape", 0, FILTER_TYPES, read_shape, match_shape,
	    "shape of an output: [1,N,?]; ? is any dim, * an output without shape" },
	{ "in", KEY_REGEX, 0, read_text, match_in, "name of an operand" },
	{ "out", KEY_REGEX, 0, read_text, match_out, "name of an output" },
	{ "attr", KEY_REGEX, 0, read_text, match_attr, "name of an attribute that is set" },
	{ "id", KEY_ORDER, 0, read_number, match_id, "number of the node, as in #12" },
	{ "support", 0, NOTES_SUPPORT, read_support, match_support,
	    "does a conversion pass it: ok, fails, lost, unknown" },
	{ "ane", 0, NOTES_ANE, read_answer, match_ane,
	    "can the Neural Engine run it: yes, no, unknown, none (no work)" },
	{ "placed", 0, NOTES_ANE, read_device, match_placed,
	    "where it will run, as estimated: ane, gpu, cpu, unknown" },
	{ "measured", 0, NOTES_ANE, read_device, match_measured,
	    "where it ran in the plan of --plan: ane, gpu, cpu, unknown" },
	{ "disagrees", KEY_ALONE, NOTES_ANE, NULL, match_disagrees,
	    "alone: the plan of --plan has it elsewhere than the estimate" },
	{ "rule", KEY_REGEX, NOTES_ANE, read_text, match_rule,
	    "id of the rule that decides about the Neural Engine" },
	{ "problems", KEY_ALONE | KEY_ORDER, NOTES_PROBLEMS, read_problems, match_problems,
	    "alone: it has findings; =error: the worst is one; >1: how many" },
	{ "cost", KEY_ORDER, NOTES_COST, read_amount, match_cost,
	    "multiplications and additions: cost>1M" },
	{ "weights", KEY_ORDER, 0, read_amount, match_weights,
	    "bytes of constants that it reads: weights>=1.5MB" },
	{ "line", KEY_REGEX, FILTER_LINE, read_text, match_line,
	    "line of the Python source: model.py:88" },
	{ "pair", KEY_REGEX, FILTER_PAIR, read_text, match_pair,
	    "counterpart: same, modified, added, removed, layout, unknown" },
};
const struct key filter_word = { "", 0, 0, read_text, match_word, "" };

const char *
filter_key(uint32_t i, const char **help)
{
	if (i >= sizeof keys / sizeof *keys)
		return NULL;
	*help = keys[i].help;
	return keys[i].name;
}

/* Words of the screen's columns for them. */
static const struct { const char *name, *key; } aliases[] = {
	{ "operands", "in" }, { "reads", "in" }, { "convert", "support" }, { "engine", "placed" },
	{ "macs", "cost" }, { "counterpart", "pair" }
};

const struct key *
filter_find_key(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strlen(aliases[i].name) == n && memcmp(aliases[i].name, name, n) == 0)
			return filter_find_key(aliases[i].key, strlen(aliases[i].key));
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strlen(keys[i].name) == n && memcmp(keys[i].name, name, n) == 0)
			return &keys[i];
	return NULL;
}
