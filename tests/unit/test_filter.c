/* SPDX-License-Identifier: Apache-2.0 */
/* Filters: what matches, and where a wrong one breaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "app/filter.h"
#include "base/arena.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "ir/graph.h"

enum { NNODES = 4 };

struct fixture {
	struct ctx ctx;
	struct arena arena;
	struct strtab strs;
	struct types types;
	struct node *nodes[NNODES];
};

static struct value *
value(struct fixture *f, const char *name, const char *type)
{
	struct value *v = arena_alloc(&f->arena, sizeof *v);
	uint32_t at;

	v->name = str_internz(&f->strs, name);
	if (type != NULL)
		v->type = type_parse(&f->types, &f->strs, type, (uint32_t)strlen(type),
		    &at);
	return v;
}

static struct node *
node(struct fixture *f, uint32_t id, const char *type, const char *name,
    const char *out_type)
{
	struct node *n = arena_alloc(&f->arena, sizeof *n);

	n->id = id;
	n->type = str_internz(&f->strs, type);
	n->domain = str_internz(&f->strs, "");
	n->name = str_internz(&f->strs, name);
	n->in = arena_array(&f->arena, 2, sizeof *n->in);
	n->in[1] = value(f, "x", NULL);
	n->nin = 2; /* the first is left out */
	n->out = arena_array(&f->arena, 2, sizeof *n->out);
	n->out[1] = value(f, "y", out_type);
	n->nout = 2;
	return n;
}

static int
setup(void **state)
{
	static struct fixture f;

	ctx_init(&f.ctx);
	arena_init(&f.arena, &f.ctx);
	strtab_init(&f.strs, &f.arena);
	types_init(&f.types, &f.arena);
	f.nodes[0] = node(&f, 10, "Conv", "/layers.0/conv", "f32[1,N,?,8]");
	f.nodes[0]->scope = str_internz(&f.strs, "layers.0.attn");
	f.nodes[0]->attrs = arena_alloc(&f.arena, sizeof *f.nodes[0]->attrs);
	f.nodes[0]->attrs->name = str_internz(&f.strs, "group");
	f.nodes[0]->nattrs = 1;
	f.nodes[1] = node(&f, 11, "Gelu", "gelu", "f16*");
	f.nodes[1]->domain = str_internz(&f.strs, "com.microsoft");
	f.nodes[1]->out[0] = value(&f, "mask", "bool[]");
	f.nodes[2] = node(&f, 12, "ConvTranspose", "", NULL);
	f.nodes[2]->scope = str_internz(&f.strs, "layers.01");
	f.nodes[3] = node(&f, 13, "SplitToSequence", "a b(c", "seq(i64[2])");
	f.nodes[3]->domain = str_internz(&f.strs, "ai.onnx");
	f.nodes[3]->in[0] = value(&f, "it's", NULL);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	strtab_free(&f->strs);
	arena_free(&f->arena);
	ctx_fini(&f->ctx);
	return 0;
}

static const struct filter_facts *given; /* what matches() goes by */

/* The numbers of the nodes that match, as digits. */
static const char *
matches(struct fixture *f, const char *text, char out[NNODES + 1])
{
	struct filter_error err;
	struct filter *filter = filter_parse(&f->arena, text, &err);
	int i, n = 0;

	if (filter == NULL)
		fail_msg("'%s': %s at %u", text, err.message, (unsigned)err.column);
	for (i = 0; i < NNODES; i++)
		if (filter_match(filter, f->nodes[i], given))
			out[n++] = (char)('0' + i);
	out[n] = '\0';
	filter_free(filter);
	return out;
}

static void
test_match(void **state)
{
	static const struct { const char *text, *want; } t[] = {
		{ "", "0123" }, { "  ", "0123" },
		{ "op=Conv", "0" }, { "op!=Conv", "123" }, { "op~Conv", "02" },
		{ "op~^Conv$", "0" }, { "op!~Conv", "13" }, { "op=conv", "" },
		{ "op=com.microsoft::Gelu", "1" }, { "op=ai.onnx::Conv", "0" },
		{ "op=ai.onnx::Gelu", "" }, { "op=::Conv", "0" }, { "op=:Conv", "" },
		{ "name=gelu", "1" }, { "name=", "2" }, { "name~layers\\.[0-9]+", "0" },
		{ "name~(conv|gelu)$", "01" }, { "name='a b(c'", "3" },
		{ "name=\"a b(c\"", "3" },
		{ "name~'b\\(c'", "3" }, { "name~b\\(c", "3" }, { "name~'[(]c'", "3" },
		{ "domain=", "023" }, { "domain=ai.onnx", "023" },
		{ "domain!=ai.onnx", "1" },
		{ "domain~microsoft", "1" },
		{ "scope=layers.0", "0" }, { "scope=layers.0.attn", "0" },
		{ "scope=layers", "02" },
		{ "scope=layer", "" }, { "scope~^layers\\.0", "02" }, { "scope=", "13" },
		{ "dtype=f32", "0" }, { "dtype=bool", "1" }, { "dtype=i64", "3" },
		{ "dtype!=f16", "023" },
		{ "shape=[1,N,?,8]", "0" }, { "shape=[1,?,?,?]", "0" },
		{ "shape=[1,M,?,8]", "" },
		{ "shape=[1, N, 3, 8]", "" }, { "shape=[]", "1" }, { "shape=*", "1" },
		{ "shape=[?]", "3" }, { "shape!=[?]", "012" },
		{ "type=f32[1,N,?,8]", "0" }, { "type~^f", "01" }, { "type=seq(i64[2])", "3" },
		{ "type=bool[]", "1" }, { "type=", "023" },
		{ "reads=x", "0123" }, { "operands=\"it's\"", "3" },
		{ "in=x", "0123" }, { "in=\"it's\"", "3" }, { "out=mask", "1" },
		{ "out~m.sk", "1" },
		{ "in~^$", "" },
		{ "attr=group", "0" }, { "attr!=group", "123" }, { "attr~^g", "0" },
		{ "id=12", "2" }, { "id!=12", "013" }, { "id=9999999999", "" },
		{ "Conv", "02" }, { "conv", "0" }, { "layers.0", "0" }, { "'and'", "" },
		{ "'a b'", "3" }, { "'b(c'", "3" }, { "''", "0123" },
	};
	char out[NNODES + 1];
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++)
		if (strcmp(matches(*state, t[i].text, out), t[i].want) != 0)
			fail_msg("'%s' matches '%s', not '%s'", t[i].text, out,
			    t[i].want);
}

static void
test_logic(void **state)
{
	static const struct { const char *text, *want; } t[] = {
		{ "op~Conv and scope=layers.0", "0" }, { "op~Conv scope=layers.0", "0" },
		{ "op=Conv or op=Gelu", "01" }, { "not op=Conv", "123" },
		{ "not not op=Conv", "0" }, { "not (op=Conv or op=Gelu)", "23" },
		{ "not(op=Conv)", "123" }, { "op=Gelu or op~Conv and name=", "12" },
		{ "(op=Gelu or op~Conv) and name=", "2" }, { "((op=Gelu))", "1" },
		{ "not op=Conv and not op=Gelu", "23" }, { "not op=Conv op=Gelu", "1" },
		{ " ( op=Gelu )or(op=Conv)", "01" }, { "order", "" },
		{ "android or note", "" },
		{ "op=Conv or op=Gelu or id=12 or id=13", "0123" },
	};
	char out[NNODES + 1];
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++)
		if (strcmp(matches(*state, t[i].text, out), t[i].want) != 0)
			fail_msg("'%s' matches '%s', not '%s'", t[i].text, out,
			    t[i].want);
}

static void
test_wrong(void **state)
{
	static const struct {
		const char *text;
		uint32_t column;
		const char *says;
	} t[] = {
		{ "foo=1", 0, "unknown key 'foo'" },
		{ "op=Conv and Op=Conv", 12, "unknown key" },
		{ "dtype=f33", 6, "'f33'" }, { "dtype~f", 5, "dtype takes" },
		{ "id=1x", 4, "number" }, { "id=", 3, "number" },
		{ "id~1", 2, "id takes" },
		{ "id=99999999999", 14, "number" },
		{ "shape=[1,", 6, "bracket" }, { "shape=[1,,2]", 9, "shape is written" },
		{ "shape=f32[1]", 6, "shape is written" },
		{ "shape=3[1]", 6, "a shape is written" },
		{ "shape=", 6, "starts with [" },
		{ "name~[", 5, "bracket" }, { "name~'['", 6, "regular expression" },
		{ "op=Conv name~'a{2'", 14, "regular expression" },
		{ "name~'(' or name~'b'", 6, "regular expression" },
		{ "name='abc", 5, "quote" }, { "'", 0, "quote" },
		{ "op=Conv and", 11, "missing" }, { "and op=Conv", 0, "missing" },
		{ "or", 0, "missing" },
		{ "op=Conv or or op=Gelu", 11, "missing" }, { "not", 3, "missing" },
		{ "()", 1, "missing" }, { "(op=Conv", 0, "not closed" },
		{ "op=Conv)", 7, "too many" },
		{ ")", 0, "missing" },
		{ "ane=maybe", 4, "yes, no" }, { "support=", 8, "fails" },
		{ "cost=", 5, "amount" }, { "cost>1X", 5, "amount" }, { "cost>-1", 5, "amount" },
		{ "op>Conv", 2, "op takes" }, { "disagrees=yes", 9, "alone" },
		{ "problems=much", 9, "level" }, { "problems>error", 9, "level" },
		{ "placed=tpu", 7, "device" }, { "cost~1", 4, "cost takes" },
	};
	struct fixture *f = *state;
	struct filter_error err;
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		assert_null(filter_parse(&f->arena, t[i].text, &err));
		if (err.column != t[i].column || strstr(err.message, t[i].says) == NULL)
			fail_msg("'%s': %s at %u", t[i].text, err.message,
			    (unsigned)err.column);
	}
}

static void
test_depth(void **state)
{
	static char text[60000];
	struct fixture *f = *state;
	struct filter_error err;
	char out[NNODES + 1];
	int i;

	for (i = 0; i < 100; i++)
		text[i] = '(';
	strcpy(text + 100, "Conv");
	memset(text + 104, ')', 100);
	assert_string_equal(matches(f, text, out), "02");
	memset(text, '(', 50000);
	assert_null(filter_parse(&f->arena, text, &err));
	assert_int_equal(err.column, 101);
	text[0] = '\0';
	for (i = 0; i < 50000; i += 10)
		memcpy(text + i, "id=12  or ", 11);
	strcpy(text + 50000, "id=13");
	assert_string_equal(matches(f, text, out), "23");
}

/* What analyses say of the four nodes. */
static const char *
word_of(void *arg, const struct node *n)
{
	(void)arg;
	return n->id == 11 ? "modified" : n->id == 12 ? "same" : NULL;
}

static bool
line_of(void *arg, const struct node *n, char *buf, size_t size)
{
	(void)arg;
	snprintf(buf, size, "model.py:%u", (unsigned)n->id);
	return n->id != 13;
}

static void
test_facts(void **state)
{
	static const struct { const char *text, *want; } t[] = {
		{ "support=fails", "1" }, { "support=ok", "0" }, { "support=unknown", "23" },
		{ "ane=no", "2" }, { "ane=none", "3" }, { "not ane=yes", "123" },
		{ "placed=ane", "0" }, { "placed=cpu", "2" }, { "placed=unknown", "1" },
		{ "measured=CPU", "02" }, { "disagrees", "0" }, { "not disagrees", "123" },
		{ "(problems)", "12" }, { "problems=error", "1" }, { "problems=warn", "2" },
		{ "problems>1", "1" }, { "problems=0", "03" }, { "'problems'", "" },
		{ "cost>1M", "1" }, { "cost>=1M", "01" }, { "cost<1.5k", "2" },
		{ "cost=1000k", "0" }, { "cost<=1M and cost>0", "0" }, { "cost!=0", "013" },
		{ "pair=modified", "1" }, { "pair~m", "12" }, { "line=model.py:12", "2" },
		{ "line~py", "012" }, { "id>=12", "23" }, { "id<11", "0" }, { "a<b", "" },
	};
	static const struct note notes[14] = {
		[10] = { NOTE_CONVERTS, ANE_YES, DEVICE_ANE, DEVICE_CPU, NULL, 0, 1000000, 0, 0 },
		[11] = { NOTE_BLOCKED, ANE_UNKNOWN, DEVICE_UNKNOWN, DEVICE_GPU, NULL, 0, 2000000,
		    2, LEVEL_ERROR },
		[12] = { NOTE_OPEN, ANE_NO, DEVICE_CPU, DEVICE_CPU, NULL, 0, 0, 1, LEVEL_WARN },
		[13] = { NOTE_OPEN, ANE_SKIPPED, DEVICE_CPU, 0, NULL, 0, UINT64_MAX, 0, 0 },
	};
	const struct notes all = { .list = notes, .n = 14, .have = ~0u };
	const struct filter_facts facts = { .notes = &all, .pair = word_of, .line = line_of };
	struct fixture *f = *state;
	char out[NNODES + 1];

	given = &facts;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (strcmp(matches(f, t[i].text, out), t[i].want) != 0)
			fail_msg("'%s': %s, not %s", t[i].text, out, t[i].want);
	given = NULL;
	assert_string_equal(matches(f, "problems or cost>0 or ane=none", out), "");
}

static void
test_needs(void **state)
{
	struct fixture *f = *state;
	struct filter_error err;

	assert_int_equal(filter_needs(filter_parse(&f->arena, "op=a weights>1", &err)), 0);
	assert_int_equal(filter_needs(filter_parse(&f->arena, "dtype=f16 or (problems cost>1)",
	    &err)), FILTER_TYPES | NOTES_PROBLEMS | NOTES_COST);
}

/* Any text is a filter or an error with a place in it. */
static void
test_any_text(void **state)
{
	static const char *const pieces[] = {
		"op", "=", "~", "!", "(", ")", "[", "]", " ", "and ", "or ", "not ", "'",
		"\"",
		"shape=[", "?", "1", ",", "Conv", "\\", "*", "dtype=", "f32", "id=",
		"name~", "{", "problems", "cost", "<", ">=", "ane=no"
	};
	struct fixture *f = *state;
	struct filter_error err;
	struct filter *filter;
	uint64_t seed = 0;
	char text[80];
	size_t n, k;
	int i;

	for (i = 0; i < 20000; i++) {
		for (n = 0, k = hash_mix(++seed) % 9; k > 0; k--) {
			const char *piece = pieces[hash_mix(++seed) % 31];

			memcpy(text + n, piece, strlen(piece) + 1);
			n += strlen(piece);
		}
		text[n] = '\0';
		filter = filter_parse(&f->arena, text, &err);
		if (filter == NULL) {
			assert_true(err.column <= n);
			continue;
		}
		filter_match(filter, f->nodes[0], NULL);
		filter_free(filter);
	}
}

static void
test_keys(void **state)
{
	const char *name, *help;
	uint32_t i;

	(void)state;
	for (i = 0; (name = filter_key(i, &help)) != NULL; i++)
		assert_true(*name != '\0' && *help != '\0');
	assert_int_equal(i, 22);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_match), TEST(test_logic), TEST(test_wrong), TEST(test_depth),
		TEST(test_any_text), TEST(test_keys), TEST(test_facts), TEST(test_needs),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
