/* SPDX-License-Identifier: Apache-2.0 */
/* The machine: a table of opcodes with the form of their argument, a stack,
 * marks, a memo. What an opcode cannot do (an empty stack, a key without its
 * value) is noted once, and a placeholder taken instead: the opcodes behind it
 * can still be told, and what hides there is found. Only an unknown opcode or
 * the end of the file stops it. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "base/source.h"
#include "read/torch/pickle.h"
#include "read/torch/pickle_in.h"
#include "read/torch/pickle_text.h"

enum { VALUES_MAX = 10000000 };

struct memo { uint64_t key; struct pickle_value *v; };

struct machine {
	struct ctx *ctx;
	struct arena *a, *scratch;
	struct pickle_in in;
	struct pickle *out;
	uint64_t at;                     /* of the opcode being done */
	struct pickle_value **stack;
	uint32_t n, *marks, nmarks;      /* a mark is a height of the stack */
	struct memo *memo;               /* by key; empty ones have no value */
	uint32_t nmemo, mask, nvalues;
	struct pickle_value *nothing;    /* what stands for a value that is not there */
	bool done;
};

static void
problem(struct machine *m, const char *what)
{
	if (m->out->problem != NULL)
		return;
	m->out->problem = what;
	m->out->problem_at = m->at;
}

static void
stop(struct machine *m, const char *what)
{
	problem(m, what);
	m->done = true;
}

static void
list_add(struct machine *m, struct pickle_list *l, struct pickle_value *v)
{
	l->list = arena_grow(m->a, l->list, l->n, sizeof *l->list);
	l->list[l->n++] = v;
}

static struct pickle_value *
make(struct machine *m, enum pickle_kind kind)
{
	struct pickle_value *v = arena_alloc(m->a, sizeof *v);

	if (++m->nvalues == VALUES_MAX)
		stop(m, "more values than are read (10,000,000)");
	v->kind = kind;
	v->off = m->at;
	return v;
}

static void
push(struct machine *m, struct pickle_value *v)
{
	m->stack = arena_grow(m->scratch, m->stack, m->n, sizeof *m->stack);
	m->stack[m->n++] = v;
}

/* Values above the last mark. */
static uint32_t
height(const struct machine *m)
{
	return m->n - (m->nmarks > 0 ? m->marks[m->nmarks - 1] : 0);
}

static struct pickle_value *
pop(struct machine *m)
{
	if (height(m) == 0) {
		problem(m, "it takes a value from an empty stack");
		return m->nothing;
	}
	return m->stack[--m->n];
}

static struct pickle_value *
top(struct machine *m)
{
	if (height(m) == 0) {
		problem(m, "it takes a value from an empty stack");
		return m->nothing;
	}
	return m->stack[m->n - 1];
}

/* Take what lies above the last mark, and the mark; the items stay where they
 * are until the next push. */
static struct pickle_value **
pop_mark(struct machine *m, uint32_t *n)
{
	*n = 0;
	if (m->nmarks == 0) {
		problem(m, "it goes back to a mark that was not set");
		return NULL;
	}
	*n = height(m);
	m->n = m->marks[--m->nmarks];
	return m->stack + m->n;
}

/* As large as arena_grow would have made it, so that it can grow further. */
static struct pickle_value **
keep(struct machine *m, struct pickle_value *const *items, uint32_t n)
{
	struct pickle_value **list;
	size_t cap = 1;

	if (n == 0)
		return NULL;
	while (cap < n)
		cap *= 2;
	list = arena_array(m->a, cap, sizeof *list);
	return memcpy(list, items, n * sizeof *list);
}

static struct pickle_value *
make_items(struct machine *m, enum pickle_kind kind, struct pickle_value *const *items,
    uint32_t n)
{
	struct pickle_value *v = make(m, kind);

	v->n = n;
	v->v.items = keep(m, items, n);
	return v;
}

/* memo */

static struct memo *
memo_slot(const struct machine *m, uint64_t key)
{
	uint32_t k = (uint32_t)hash_pair(m->ctx->hash_key, key) & m->mask;

	while (m->memo[k].v != NULL && m->memo[k].key != key)
		k = (k + 1) & m->mask;
	return &m->memo[k];
}

static void
memo_grow(struct machine *m)
{
	struct memo *old = m->memo;
	uint32_t n = old == NULL ? 0 : m->mask + 1;

	m->mask = n == 0 ? 63 : n * 2 - 1;
	m->memo = arena_array(m->scratch, m->mask + 1, sizeof *m->memo);
	for (uint32_t i = 0; i < n; i++)
		if (old[i].v != NULL)
			*memo_slot(m, old[i].key) = old[i];
}

static void
memo_put(struct machine *m, int64_t key)
{
	struct pickle_value *v = top(m);
	struct memo *slot;

	if (key < 0) {
		problem(m, "a memo with a negative number");
		return;
	}
	if (m->memo == NULL || m->nmemo > m->mask / 2)
		memo_grow(m);
	slot = memo_slot(m, (uint64_t)key);
	m->nmemo += slot->v == NULL;
	*slot = (struct memo){ (uint64_t)key, v };
}

static void
memo_get(struct machine *m, int64_t key)
{
	struct pickle_value *v = m->memo == NULL || key < 0 ? NULL :
	    memo_slot(m, (uint64_t)key)->v;

	if (v == NULL)
		problem(m, "it takes a value from the memo that is not there");
	push(m, v == NULL ? m->nothing : v);
}

/* Opcodes. What Python does with each is in its pickle.py, under the same name. */

static void
op_nop(struct machine *m, struct pickle_arg *a)
{
	(void)m, (void)a;
}

static void
op_proto(struct machine *m, struct pickle_arg *a)
{
	if (a->i > 5)
		problem(m, "a protocol that is not known");
	if (a->i > (int64_t)m->out->protocol)
		m->out->protocol = (unsigned)a->i;
}

static void
op_stop(struct machine *m, struct pickle_arg *a)
{
	(void)a;
	m->done = m->out->stopped = true;
}

static void
op_mark(struct machine *m, struct pickle_arg *a)
{
	(void)a;
	m->marks = arena_grow(m->scratch, m->marks, m->nmarks, sizeof *m->marks);
	m->marks[m->nmarks++] = m->n;
}

static void
op_pop(struct machine *m, struct pickle_arg *a)
{
	(void)a;
	if (m->nmarks > 0 && height(m) == 0)
		m->nmarks--;
	else
		pop(m);
}

static void
op_pop_mark(struct machine *m, struct pickle_arg *a)
{
	uint32_t n;

	(void)a;
	pop_mark(m, &n);
}

static void
op_dup(struct machine *m, struct pickle_arg *a)
{
	(void)a;
	push(m, top(m));
}

static void
op_none(struct machine *m, struct pickle_arg *a)
{
	(void)a;
	push(m, make(m, PK_NONE));
}

static void
push_int(struct machine *m, enum pickle_kind kind, int64_t i)
{
	struct pickle_value *v = make(m, kind);

	v->v.i = i;
	push(m, v);
}

static void
op_bool(struct machine *m, struct pickle_arg *a)
{
	push_int(m, PK_BOOL, a->what);
}

static void
op_int(struct machine *m, struct pickle_arg *a)
{
	push_int(m, PK_INT, a->i);
}

static void
push_float(struct machine *m, double f)
{
	struct pickle_value *v = make(m, PK_FLOAT);

	v->v.f = f;
	push(m, v);
}

static void
op_float(struct machine *m, struct pickle_arg *a)
{
	push_float(m, a->f);
}

static void
op_float_line(struct machine *m, struct pickle_arg *a)
{
	char *end;
	double f = strtod(a->s, &end);

	if (end == a->s || *end != '\0')
		problem(m, "a number that is none");
	push_float(m, f);
}

static void
push_text(struct machine *m, enum pickle_kind kind, struct pickle_arg *a)
{
	struct pickle_value *v = make(m, kind);

	v->n = a->n;
	v->v.text.s = a->s;
	v->v.text.at = a->at;
	if (a->s != NULL && a->n > 3 && a->s[0] == '\x80' && a->s[1] >= 2 && a->s[1] <= 5)
		list_add(m, &m->out->nested, v);
	push(m, v);
}

static void
op_text(struct machine *m, struct pickle_arg *a)
{
	push_text(m, (enum pickle_kind)a->what, a);
}

/* Decimal, octal or hexadecimal; 00 and 01 are the old booleans; L may follow. */
static void
op_int_line(struct machine *m, struct pickle_arg *a)
{
	bool b = a->n == 2 && a->s[0] == '0' && (a->s[1] == '0' || a->s[1] == '1');
	char *end;
	int64_t i;

	if (b) {
		push_int(m, PK_BOOL, a->s[1] == '1');
		return;
	}
	if (a->n > 40) {
		push_text(m, PK_BIG, a);
		return;
	}
	i = strtoll(a->s, &end, 0);
	if (end == a->s || strcmp(end + (*end == 'L'), "") != 0)
		problem(m, "a number that is none");
	push_int(m, PK_INT, i);
}

/* Two's complement, lowest byte first. */
static void
op_long(struct machine *m, struct pickle_arg *a)
{
	uint64_t v = 0;

	if (a->n > 8 || a->s == NULL) {
		push_text(m, PK_BIG, a);
		return;
	}
	for (uint64_t i = a->n; i-- > 0;)
		v = v << 8 | (unsigned char)a->s[i];
	if (a->n > 0 && a->n < 8 && a->s[a->n - 1] & 0x80)
		v |= ~UINT64_C(0) << (a->n * 8);
	push_int(m, PK_INT, (int64_t)v);
}

static void
op_string_line(struct machine *m, struct pickle_arg *a)
{
	int ok;

	a->n = pickle_unquote(a->s, a->n, &ok);
	a->s[a->n] = '\0';
	if (!ok)
		problem(m, "a string without its quotes");
	push_text(m, PK_STR, a);
}

static void
op_unicode_line(struct machine *m, struct pickle_arg *a)
{
	a->n = pickle_unescape(a->s, a->n);
	a->s[a->n] = '\0';
	push_text(m, PK_STR, a);
}

static void
push_marked(struct machine *m, enum pickle_kind kind)
{
	uint32_t n;
	struct pickle_value **items = pop_mark(m, &n);

	if (kind == PK_DICT && n % 2 != 0) {
		problem(m, "a key without a value");
		n--;
	}
	push(m, make_items(m, kind, items, n));
}

static void
op_marked(struct machine *m, struct pickle_arg *a)
{
	push_marked(m, (enum pickle_kind)a->what);
}

static void
op_empty(struct machine *m, struct pickle_arg *a)
{
	push(m, make_items(m, (enum pickle_kind)a->what, NULL, 0));
}

static void
op_tuple(struct machine *m, struct pickle_arg *a)
{
	struct pickle_value *items[3];

	for (int i = a->what; i-- > 0;)
		items[i] = pop(m);
	push(m, make_items(m, PK_TUPLE, items, (uint32_t)a->what));
}

/* Append to what holds kind: a list, a set, or an object of some class. */
static void
append(struct machine *m, enum pickle_kind kind, struct pickle_value *to,
    struct pickle_value *v)
{
	struct pickle_call *c = to->kind == PK_CALL ? to->v.call : NULL;

	if (c != NULL && kind == PK_DICT) {
		c->dict = arena_grow(m->a, c->dict, c->ndict, sizeof *c->dict);
		c->dict[c->ndict++] = v;
	} else if (c != NULL) {
		c->list = arena_grow(m->a, c->list, c->nlist, sizeof *c->list);
		c->list[c->nlist++] = v;
	} else if (to->kind == kind && to->n < UINT32_MAX) {
		to->v.items = arena_grow(m->a, to->v.items, (uint32_t)to->n,
		    sizeof *to->v.items);
		to->v.items[to->n++] = v;
	} else {
		problem(m, "it appends to what takes no items");
	}
}

static void
op_append_marked(struct machine *m, struct pickle_arg *a)
{
	enum pickle_kind kind = (enum pickle_kind)a->what;
	uint32_t n;
	struct pickle_value **items = pop_mark(m, &n), *to = top(m);

	if (kind == PK_DICT && n % 2 != 0) {
		problem(m, "a key without a value");
		n--;
	}
	for (uint32_t i = 0; i < n; i++)
		append(m, kind, to, items[i]);
}

static void
op_append(struct machine *m, struct pickle_arg *a)
{
	struct pickle_value *v = pop(m);

	(void)a;
	append(m, PK_LIST, top(m), v);
}

static void
op_setitem(struct machine *m, struct pickle_arg *a)
{
	struct pickle_value *v = pop(m), *key = pop(m), *to = top(m);

	(void)a;
	append(m, PK_DICT, to, key);
	append(m, PK_DICT, to, v);
}

static void
op_put(struct machine *m, struct pickle_arg *a)
{
	memo_put(m, a->i);
}

static void
op_get(struct machine *m, struct pickle_arg *a)
{
	memo_get(m, a->i);
}

static void
op_memoize(struct machine *m, struct pickle_arg *a)
{
	(void)a;
	memo_put(m, m->nmemo);
}

static int64_t
memo_number(struct machine *m, const char *s)
{
	char *end;
	long long i = strtoll(s, &end, 10);

	if (end == s || *end != '\0') {
		problem(m, "a memo without a number");
		return INT64_MAX;
	}
	return i;
}

static void
op_put_line(struct machine *m, struct pickle_arg *a)
{
	memo_put(m, memo_number(m, a->s));
}

static void
op_get_line(struct machine *m, struct pickle_arg *a)
{
	memo_get(m, memo_number(m, a->s));
}

/* As Python 3 calls them. */
static const char *
module_now(const char *s)
{
	return strcmp(s, "__builtin__") == 0 ? "builtins" :
	    strcmp(s, "copy_reg") == 0 ? "copyreg" : s;
}

static struct pickle_value *
make_global(struct machine *m, const char *module, const char *name)
{
	struct pickle_value *v = make(m, PK_GLOBAL);

	v->v.global.module = module_now(module);
	v->v.global.name = name;
	list_add(m, &m->out->globals, v);
	return v;
}

static void
op_global(struct machine *m, struct pickle_arg *a)
{
	push(m, make_global(m, a->s, a->second));
}

static void
op_stack_global(struct machine *m, struct pickle_arg *a)
{
	struct pickle_value *name = pop(m), *module = pop(m), *v;
	const char *s = pickle_str(module), *t = pickle_str(name);

	(void)a;
	if (s == NULL || t == NULL)
		problem(m, "a global whose name is no string");
	v = make_global(m, s != NULL ? s : "?", t != NULL ? t : "?");
	if (s == NULL || t == NULL)
		v->flags |= PICKLE_COMPUTED;
	push(m, v);
}

static void
op_extension(struct machine *m, struct pickle_arg *a)
{
	struct pickle_value *v = make_global(m, "copyreg", "?");

	v->flags |= PICKLE_EXTENSION;
	v->n = (uint64_t)a->i;
	push(m, v);
}

static struct pickle_value *
make_call(struct machine *m, struct pickle_value *callee, struct pickle_value *args)
{
	struct pickle_value *v = make(m, PK_CALL);

	v->v.call = arena_alloc(m->a, sizeof *v->v.call);
	v->v.call->callee = callee;
	v->v.call->args = args;
	if (callee->kind == PK_GLOBAL)
		callee->flags |= PICKLE_CALLED;
	else
		list_add(m, &m->out->strange, v);
	/* TorchScript calls its enumerations with their bare value */
	if (args->kind != PK_TUPLE && (callee->kind != PK_GLOBAL ||
	    strncmp(callee->v.global.module, "__torch__", 9) != 0))
		problem(m, "a call whose arguments are no tuple");
	return v;
}

static void
op_reduce(struct machine *m, struct pickle_arg *a)
{
	struct pickle_value *args = pop(m), *callee = pop(m);

	(void)a;
	push(m, make_call(m, callee, args));
}

static void
op_newobj(struct machine *m, struct pickle_arg *a)
{
	op_reduce(m, a);
	top(m)->v.call->made = true;
}

static void
op_newobj_ex(struct machine *m, struct pickle_arg *a)
{
	struct pickle_value *kwargs = pop(m);

	op_newobj(m, a);
	top(m)->v.call->kwargs = kwargs;
}

static void
op_inst(struct machine *m, struct pickle_arg *a)
{
	struct pickle_value *callee = make_global(m, a->s, a->second);

	push_marked(m, PK_TUPLE);
	push(m, make_call(m, callee, pop(m)));
}

static void
op_obj(struct machine *m, struct pickle_arg *a)
{
	uint32_t n;
	struct pickle_value **items = pop_mark(m, &n);

	(void)a;
	if (n == 0)
		problem(m, "an object without a class");
	push(m, n == 0 ? m->nothing :
	    make_call(m, items[0], make_items(m, PK_TUPLE, items + 1, n - 1)));
}

static void
op_build(struct machine *m, struct pickle_arg *a)
{
	struct pickle_value *state = pop(m), *v = top(m);

	(void)a;
	if (v->kind == PK_CALL) {
		v->v.call->state = state;
		v->v.call->callee->flags |= PICKLE_BUILT;
	} else if (v->kind == PK_GLOBAL) {
		v->flags |= PICKLE_BUILT;
	} else {
		problem(m, "it sets the state of what has none");
	}
}

static void
op_persid(struct machine *m, struct pickle_arg *a)
{
	struct pickle_value *id = pop(m), *v = make(m, PK_PERSISTENT);

	(void)a;
	v->v.id = id;
	list_add(m, &m->out->persistent, v);
	push(m, v);
}

static void
op_persid_line(struct machine *m, struct pickle_arg *a)
{
	push_text(m, PK_STR, a);
	op_persid(m, a);
}

static void
op_buffer(struct machine *m, struct pickle_arg *a)
{
	(void)a;
	push(m, make(m, PK_BUFFER));
}

static const struct opcode {
	enum pickle_form form;
	void (*run)(struct machine *, struct pickle_arg *);
	int what;
} opcodes[256] = {
	['('] = { F_NONE, op_mark, 0 }, ['.'] = { F_NONE, op_stop, 0 },
	['0'] = { F_NONE, op_pop, 0 }, ['1'] = { F_NONE, op_pop_mark, 0 },
	['2'] = { F_NONE, op_dup, 0 }, ['F'] = { F_LINE, op_float_line, 0 },
	['I'] = { F_LINE, op_int_line, 0 }, ['J'] = { F_I4, op_int, 0 },
	['K'] = { F_U1, op_int, 0 }, ['L'] = { F_LINE, op_int_line, 0 },
	['M'] = { F_U2, op_int, 0 }, ['N'] = { F_NONE, op_none, 0 },
	['P'] = { F_LINE, op_persid_line, 0 }, ['Q'] = { F_NONE, op_persid, 0 },
	['R'] = { F_NONE, op_reduce, 0 }, ['S'] = { F_LINE, op_string_line, 0 },
	['T'] = { F_TEXT_I4, op_text, PK_STR }, ['U'] = { F_TEXT1, op_text, PK_STR },
	['V'] = { F_LINE, op_unicode_line, 0 }, ['X'] = { F_TEXT4, op_text, PK_STR },
	['a'] = { F_NONE, op_append, 0 }, ['b'] = { F_NONE, op_build, 0 },
	['c'] = { F_LINES, op_global, 0 }, ['d'] = { F_NONE, op_marked, PK_DICT },
	['}'] = { F_NONE, op_empty, PK_DICT }, ['e'] = { F_NONE, op_append_marked, PK_LIST },
	['g'] = { F_LINE, op_get_line, 0 }, ['h'] = { F_U1, op_get, 0 },
	['i'] = { F_LINES, op_inst, 0 }, ['j'] = { F_U4, op_get, 0 },
	['l'] = { F_NONE, op_marked, PK_LIST }, [']'] = { F_NONE, op_empty, PK_LIST },
	['o'] = { F_NONE, op_obj, 0 }, ['p'] = { F_LINE, op_put_line, 0 },
	['q'] = { F_U1, op_put, 0 }, ['r'] = { F_U4, op_put, 0 },
	['s'] = { F_NONE, op_setitem, 0 }, ['t'] = { F_NONE, op_marked, PK_TUPLE },
	[')'] = { F_NONE, op_empty, PK_TUPLE }, ['u'] = { F_NONE, op_append_marked, PK_DICT },
	['G'] = { F_DOUBLE, op_float, 0 }, ['B'] = { F_TEXT4, op_text, PK_BYTES },
	['C'] = { F_TEXT1, op_text, PK_BYTES },
	[0x80] = { F_U1, op_proto, 0 }, [0x81] = { F_NONE, op_newobj, 0 },
	[0x82] = { F_U1, op_extension, 0 }, [0x83] = { F_U2, op_extension, 0 },
	[0x84] = { F_I4, op_extension, 0 }, [0x85] = { F_NONE, op_tuple, 1 },
	[0x86] = { F_NONE, op_tuple, 2 }, [0x87] = { F_NONE, op_tuple, 3 },
	[0x88] = { F_NONE, op_bool, 1 }, [0x89] = { F_NONE, op_bool, 0 },
	[0x8a] = { F_TEXT1, op_long, 0 }, [0x8b] = { F_TEXT_I4, op_long, 0 },
	[0x8c] = { F_TEXT1, op_text, PK_STR }, [0x8d] = { F_TEXT8, op_text, PK_STR },
	[0x8e] = { F_TEXT8, op_text, PK_BYTES }, [0x8f] = { F_NONE, op_empty, PK_SET },
	[0x90] = { F_NONE, op_append_marked, PK_SET }, [0x91] = { F_NONE, op_marked, PK_SET },
	[0x92] = { F_NONE, op_newobj_ex, 0 }, [0x93] = { F_NONE, op_stack_global, 0 },
	[0x94] = { F_NONE, op_memoize, 0 }, [0x95] = { F_U8, op_nop, 0 },
	[0x96] = { F_TEXT8, op_text, PK_BYTES }, [0x97] = { F_NONE, op_buffer, 0 },
	[0x98] = { F_NONE, op_nop, 0 }
};

static void
step(struct machine *m)
{
	struct pickle_arg arg = { .s = NULL };
	const struct opcode *op;
	uint64_t code;

	m->at = m->in.pos;
	if (!pickle_in_number(&m->in, 1, &code)) {
		stop(m, m->in.problem);
		return;
	}
	op = &opcodes[code];
	if (op->run == NULL) {
		m->in.pos = m->at;
		stop(m, "an opcode that is none");
		return;
	}
	arg.what = op->what;
	if (pickle_in_arg(&m->in, op->form, &arg))
		op->run(m, &arg);
	else
		stop(m, m->in.problem);
}

static void
finish(struct machine *m)
{
	struct pickle *out = m->out;

	out->end = m->in.pos;
	if (m->nmarks > 0)
		problem(m, "a mark is left open");
	else if (m->n > 1)
		problem(m, "values are left on the stack");
	else if (m->n == 0 && out->stopped)
		problem(m, "it has no value");
	if (m->n > 0)
		out->root = out->stopped ? m->stack[m->n - 1] : m->stack[0];
}

void
pickle_read(struct ctx *ctx, struct arena *a, struct arena *scratch, const struct source *src,
    uint64_t off, struct pickle *out)
{
	struct machine m = { .ctx = ctx, .a = a, .scratch = scratch, .out = out };
	uint64_t room;

	memset(out, 0, sizeof *out);
	out->start = off;
	m.nothing = arena_alloc(a, sizeof *m.nothing);
	m.nothing->off = off;
	m.stack = arena_grow(scratch, NULL, 0, sizeof *m.stack);
	m.in = (struct pickle_in){ .a = a, .pos = off };
	room = src->size > off ? src->size - off : 1;
	window_init(&m.in.win, src, scratch, room < ctx->limits.window ? room :
	    ctx->limits.window);
	while (!m.done)
		step(&m);
	finish(&m);
}
