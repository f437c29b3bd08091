/* SPDX-License-Identifier: Apache-2.0 */
/* A stack machine with registers; jumps are those of conditions and loops alone,
 * so blocks are stretches of code. Source: facts/torchscript-format.md section 8. */
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ops/op.h"
#include "ops/sig.h"
#include "read/torch/lite_run.h"

enum { STACK_MAX = 65536, NEST_MAX = 64, SHORT = 64 };

/* One of name, of a value of the graph, and v, what the file holds; neither: a
 * value that is not known. path: of an attribute. */
struct item { const struct str *name, *path; struct pickle_value *v; };

/* What an operator is called; type NULL: not looked at yet. */
struct named { const struct str *domain, *type, *overload; };

struct run {
	const struct lite_code *code;
	struct model *m;
	struct item *stack, *regs;
	uint32_t n, nregs, depth;
	uint64_t next;     /* the instruction behind the one that runs */
	uint64_t left;     /* values that may yet be made or used */
	struct named *names; /* by operator */
	const char *why;   /* a budget that is used up, or NULL */
	bool lost;
};

/* Counts: so many, or as the instruction's X or N says, or its operator. */
enum { BY_X = -1, BY_N = -2, BY_OP = -3 };

static const struct effect { const char *name, *op; int takes, gives; } effects[] = {
	{ "OP", NULL, BY_OP, BY_OP }, { "OPN", NULL, BY_N, BY_OP },
	{ "LIST_CONSTRUCT", "prim::ListConstruct", BY_N, 1 },
	{ "TUPLE_CONSTRUCT", "prim::TupleConstruct", BY_X, 1 },
	{ "NAMED_TUPLE_CONSTRUCT", "prim::TupleConstruct", BY_N, 1 },
	{ "DICT_CONSTRUCT", "prim::DictConstruct", BY_N, 1 },
	{ "LIST_UNPACK", "prim::ListUnpack", 1, BY_X },
	{ "CREATE_OBJECT", "prim::CreateObject", 0, 1 },
	{ "SET_ATTR", "prim::SetAttr", 2, 0 },
	{ "RAISE_EXCEPTION", "prim::RaiseException", 1, 0 },
	{ "INTERFACE_CALL", "prim::CallMethod", BY_N, 1 },
	{ "__IS__", "aten::__is__", 2, 1 }, { "__ISNOT__", "aten::__isnot__", 2, 1 },
	{ "__NOT__", "aten::__not__", 1, 1 }, { "DIM", "aten::dim", 1, 1 },
	{ "FORMAT", "aten::format", BY_X, 1 }, { "DTYPE", "prim::dtype", 1, 1 },
	{ "DEVICE", "prim::device", 1, 1 }, { "IS_CUDA", "prim::is_cuda", 1, 1 },
	{ "UNCHECKED_CAST", "prim::unchecked_cast", 1, 1 },
	{ "ISINSTANCE", "prim::isinstance", 1, 1 }, { "TUPLE_SLICE", "prim::TupleSlice", 1, 1 },
	{ "TUPLE_INDEX", "prim::TupleIndex", 2, 1 },
	{ "DICT_INDEX", "aten::__getitem__", 2, 1 },
	{ "NUM_TO_TENSOR", "prim::NumToTensor", 1, 1 }, { "WARN", "aten::warn", 1, 0 },
	{ "UN_INITIALIZED", "prim::Uninitialized", 0, 1 },
	/* where the stack is lost: still operators */
	{ "CALL", "prim::CallFunction", -4, 1 }, { "JF", "prim::If", -4, 0 },
	{ "LOOP", "prim::Loop", -4, 0 }
};

/* A pickle can repeat an instruction, and an instruction a text, in a few bytes: what
 * they make has a bound. False: beyond it. */
static bool
spend(struct run *r, uint32_t values)
{
	if (r->left >= values) {
		r->left -= values;
		return true;
	}
	r->left = 0;
	r->lost = true;
	r->why = "its instructions make more values than its bytes account for";
	return false;
}

static bool
spend_text(struct run *r, uint64_t n)
{
	if ((r->code->low->nchars += n) <= TS_CHARS)
		return true;
	r->lost = true;
	r->why = "its names and texts come to more than 64 MiB";
	return false;
}

/* Cut to the limit of texts, or to a few bytes when there is no room. */
static const struct str *
cut_text(struct run *r, const char *s)
{
	size_t n = strnlen(s, r->code->ctx->limits.text);

	if (!spend_text(r, n) && n > SHORT)
		n = SHORT;
	return str_intern(&r->m->strs, s, (uint32_t)n);
}

static void
push(struct run *r, struct item item)
{
	if (r->n >= STACK_MAX) {
		r->lost = true;
		return;
	}
	r->stack = arena_grow(r->code->low->a, r->stack, r->n, sizeof *r->stack);
	r->stack[r->n++] = item;
}

static struct item
pop(struct run *r)
{
	if (r->n == 0) {
		r->lost = true;
		return (struct item){ NULL, NULL, NULL };
	}
	return r->stack[--r->n];
}

static struct item *
reg(struct run *r, int64_t i)
{
	if (i < 0 || i >= STACK_MAX) {
		r->lost = true;
		i = 0;
	}
	while (r->nregs <= i) {
		r->regs = arena_grow(r->code->low->a, r->regs, r->nregs, sizeof *r->regs);
		r->regs[r->nregs++] = (struct item){ NULL, NULL, NULL };
	}
	return &r->regs[i];
}

/* ---- nodes ---- */

static void
add_operand(struct run *r, struct node *n, const struct item *item)
{
	struct ts_lowering *l = r->code->low;
	struct strtab *strs = &r->m->strs;
	const struct str *text;
	struct ts_const k;
	struct ts_obj *o;
	struct value *v;

	if (item->v != NULL && item->v->kind == PK_STR && !spend_text(r, item->v->n))
		return;
	if (item->v == NULL) {
		node_add_operand_name(r->m, n, item->name != NULL ? item->name : r->m->empty);
	} else if (!ts_const_of(l->u, item->v, &k)) {
		o = ts_object(&l->objects, item->v, item->path != NULL ? item->path :
		    str_internz(strs, "constant"));
		v = ts_held(l, o, l->u->t.any);
		ts_pass(l, o, NULL);
		node_add_operand_name(r->m, n, v->name);
	} else if (k.kind == C_NONE) {
		node_add_operand_name(r->m, n, r->m->empty);
	} else {
		v = node_add_literal(r->m, n);
		v->constant = ts_literal(l, &k, &text);
		v->name = text;
		v->type = k.kind == C_INT ? l->u->t.i : k.kind == C_FLOAT ? l->u->t.f :
		    k.kind == C_BOOL ? l->u->t.b : l->u->t.s;
	}
}

static struct named
split_name(struct run *r, const struct str *name)
{
	struct strtab *strs = &r->m->strs;
	const char *colon = strstr(name->s, "::");

	if (colon == NULL)
		return (struct named){ r->m->empty, name, NULL };
	return (struct named){ str_intern(strs, name->s, (uint32_t)(colon - name->s)),
	    str_internz(strs, colon + 2), NULL };
}

/* Of operator x, made once; NULL: there is none, or it has no name. */
static const struct named *
operator_name(struct run *r, int64_t x)
{
	struct pickle_value *all = r->code->operators,
	    *op = x >= 0 ? pickle_item(all, (uint64_t)x) : NULL;
	const char *name = pickle_str(pickle_item(op, 0)),
	    *overload = pickle_str(pickle_item(op, 1));
	struct named *named;

	if (name == NULL)
		return NULL;
	if (r->names == NULL)
		r->names = arena_array(r->code->low->a, all->n, sizeof *r->names);
	named = &r->names[x];
	if (named->type == NULL) {
		*named = split_name(r, cut_text(r, name));
		if (overload != NULL && *overload != '\0')
			named->overload = cut_text(r, overload);
	}
	return named;
}

static struct node *
new_named(struct run *r, struct graph *g, const struct pickle_value *at, struct named name)
{
	struct node *n = graph_add_node(r->m, g);

	n->loc = (struct loc){ r->code->src, at->off, 0 };
	n->domain = name.domain;
	n->type = name.type;
	if (name.overload != NULL)
		n->overload = name.overload;
	return n;
}

static struct node *
new_node(struct run *r, struct graph *g, const struct pickle_value *at, const char *name)
{
	return new_named(r, g, at, split_name(r, str_internz(&r->m->strs, name)));
}

static void
add_result(struct run *r, struct node *n)
{
	const struct str *name;

	if (!spend(r, 1) || !spend_text(r, n->type->len))
		return;
	name = ts_label(r->code->low, n->type);
	node_add_output(r->m, n, name);
	if (n->nout == 1)
		n->name = name;
	push(r, (struct item){ name, NULL, NULL });
}

/* The last count items of the stack, in their order. */
static void
take_operands(struct run *r, struct node *n, uint32_t count)
{
	if (r->lost || count > r->n || !spend(r, count)) {
		r->lost = true;
		return;
	}
	for (uint32_t i = 0; i < count && !r->lost; i++)
		add_operand(r, n, &r->stack[r->n - count + i]);
	r->n -= count;
}

/* The row of that very overload. */
static const struct op *
row_of(const struct node *n, const char *overload)
{
	const struct op *op = op_oldest(DIALECT_ATEN, n->domain->s, n->type->s), *end;
	uint32_t count;

	end = op_rows(DIALECT_ATEN, &count) + count;
	for (; op != NULL && op < end && strcmp(op->name, n->type->s) == 0 &&
	    strcmp(op->domain, n->domain->s) == 0; op++)
		if (strcmp(op->overload, overload) == 0)
			return op;
	return NULL;
}

static void
name_operands(struct run *r, struct node *n, const struct sig *g)
{
	for (uint32_t i = 0; i < n->nin; i++)
		if (i >= g->nin || g->in[i].variadic || g->in[i].mixed)
			return;
	for (uint32_t i = 0; i < n->nin; i++)
		node_name_operand(r->m, n, str_intern(&r->m->strs, g->in[i].name,
		    g->in[i].name_len));
}

static struct pickle_value *
instruction(const struct run *r, uint64_t pc, const char **name, int64_t *x, int64_t *n)
{
	struct pickle_value *in = pickle_item(r->code->instructions, pc);

	*name = pickle_str(pickle_item(in, 0));
	*x = *n = 0;
	pickle_int(pickle_item(in, 1), x);
	pickle_int(pickle_item(in, 2), n);
	return *name != NULL ? in : NULL;
}

/* Results of an operator: as many as are stored behind it, where its row leaves
 * that open. */
static uint32_t
results_of(const struct run *r, const struct sig *g)
{
	const char *name;
	int64_t x, n;

	if (g == NULL || g->nout != 1 || !(g->out[0].mixed || g->out[0].variadic))
		return g != NULL ? g->nout : 1;
	return instruction(r, r->next, &name, &x, &n) != NULL && strcmp(name, "STOREN") == 0 &&
	    n >= 0 && n < STACK_MAX ? (uint32_t)n : 1;
}

/* An operator; x is its place in the list, many how many operands, or -1. */
static void
run_operator(struct run *r, struct graph *g, const struct pickle_value *in, int64_t x,
    int64_t many)
{
	const struct named *name = operator_name(r, x);
	const struct op *row;
	struct node *n;
	struct sig sig;
	bool known;

	if (name == NULL) {
		r->lost = true;
		return;
	}
	n = new_named(r, g, in, *name);
	row = row_of(n, name->overload != NULL ? name->overload->s : "");
	known = row != NULL && sig_parse(row, &sig);
	if (many < 0 && !pickle_int(pickle_item(pickle_item(
	    r->code->operators, (uint64_t)x), 2), &many))
		many = known ? (int64_t)sig.nin : -1;
	if (many < 0)
		r->lost = true;
	take_operands(r, n, many < 0 || many > STACK_MAX ? STACK_MAX : (uint32_t)many);
	if (r->lost)
		return;
	if (known)
		name_operands(r, n, &sig);
	for (uint32_t i = results_of(r, known ? &sig : NULL); i > 0 && !r->lost; i--)
		add_result(r, n);
}

static uint32_t
count_of(struct run *r, int how, int64_t x, int64_t n)
{
	int64_t v = how == BY_X ? x : how == BY_N ? n : how;

	if (v >= 0 && v < STACK_MAX)
		return (uint32_t)v;
	r->lost = true;
	return 0;
}

/* The method that an instruction calls is named among the constants. */
static void
name_call(struct run *r, struct node *n, int64_t x)
{
	const char *method = x < 0 ? NULL :
	    pickle_str(pickle_item(r->code->constants, (uint64_t)x));
	struct attr *a;

	if (method == NULL)
		return;
	a = node_add_attr(r->m, n);
	a->name = str_internz(&r->m->strs, "name");
	a->kind = ATTR_STRING;
	a->nset = 1;
	a->v.s = cut_text(r, method);
	a->n = a->v.s->len;
}

/* Since 1.11 the class of an exception stands behind its message. */
static bool
raises_class(const struct run *r, const struct effect *e)
{
	const char *top = r->n > 1 ? pickle_str(r->stack[r->n - 1].v) : NULL;

	return strcmp(e->op, "prim::RaiseException") == 0 && top != NULL &&
	    strchr(top, '.') != NULL && strchr(top, ' ') == NULL;
}

static void
run_effect(struct run *r, struct graph *g, const struct pickle_value *in, int64_t x, int64_t n)
{
	const char *name = pickle_str(pickle_item(in, 0));
	struct node *made;
	uint32_t gives;

	for (size_t i = 0; i < sizeof effects / sizeof *effects; i++) {
		const struct effect *e = &effects[i];

		if (strcmp(e->name, name) != 0)
			continue;
		if (e->op == NULL) {
			run_operator(r, g, in, x, e->takes == BY_N ? n : -1);
			return;
		}
		made = new_node(r, g, in, e->op);
		if (strcmp(e->op, "prim::CallMethod") == 0)
			name_call(r, made, x);
		take_operands(r, made, count_of(r, e->takes, x, n) + raises_class(r, e));
		gives = count_of(r, e->gives, x, n);
		for (uint32_t k = 0; k < gives && !r->lost; k++)
			add_result(r, made);
		return;
	}
	r->lost = true;
}

/* ---- blocks ---- */

static void run_range(struct run *, struct graph *, uint64_t from, uint64_t to);

static struct graph *
new_block(struct run *r, struct node *n, const char *role)
{
	struct graph *g = graph_new(r->m, GRAPH_BLOCK, n, str_internz(&r->m->strs, role));

	g->loc = n->loc;
	return g;
}

/* Results of a block: names; what is held or written becomes a value of its own. */
static void
block_result(struct run *r, struct graph *g, const struct item *item)
{
	struct ts_lowering *l = r->code->low;
	struct decl d = { .output = true, .name = item->name };
	const struct str *text;
	struct ts_const k;
	struct value *v;

	if (!spend(r, 1) || (item->v != NULL && item->v->kind == PK_STR &&
	    !spend_text(r, item->v->n)))
		return;
	if (item->v != NULL && ts_const_of(l->u, item->v, &k)) {
		struct tensor *t = ts_literal(l, &k, &text);

		v = graph_add_value(r->m, g, ts_label(l, text), VALUE_INITIALIZER | VALUE_LITERAL);
		v->constant = t;
		d.name = v->name;
	} else if (item->v != NULL) {
		d.name = ts_held(l, ts_object(&l->objects, item->v, item->path != NULL ?
		    item->path : str_internz(&r->m->strs, "constant")), l->u->t.any)->name;
	}
	if (d.name != NULL)
		decl_add(l->a, &l->decls, g, d);
}

/* What the block left above base, as its results. */
static uint32_t
end_block(struct run *r, struct graph *g, uint32_t base)
{
	uint32_t n = r->n >= base ? r->n - base : 0;

	if (r->n < base)
		r->lost = true;
	for (uint32_t i = 0; i < n && !r->lost; i++)
		block_result(r, g, &r->stack[base + i]);
	if (!r->lost)
		r->n = base;
	return n;
}

/* JF jumps over the first block, which ends in a jump over the second when there
 * is one. Returns where both meet. */
static uint64_t
run_if(struct run *r, struct graph *g, const struct pickle_value *in, uint64_t pc, int64_t x,
    uint64_t end)
{
	struct node *n = new_node(r, g, in, "prim::If");
	uint64_t other = pc + (uint64_t)x, meet = other;
	const char *name;
	int64_t over, unused;
	uint32_t base, some, more;
	bool jumps;

	take_operands(r, n, 1);
	if (r->lost || x < 1 || (uint64_t)x > end - pc) {
		r->lost = true;
		return pc + 1;
	}
	base = r->n;
	jumps = x > 1 && instruction(r, other - 1, &name, &over, &unused) != NULL &&
	    strcmp(name, "JMP") == 0 && over >= 1 && (uint64_t)over <= end - (other - 1);
	if (jumps)
		meet = other - 1 + (uint64_t)over;
	g = new_block(r, n, "then_branch");
	run_range(r, g, pc + 1, jumps ? other - 1 : other);
	some = end_block(r, g, base);
	g = new_block(r, n, "else_branch");
	run_range(r, g, other, meet);
	more = end_block(r, g, base);
	if (some != more)
		r->lost = true;
	for (uint32_t i = 0; i < some && !r->lost; i++)
		add_result(r, n);
	return meet;
}

/* On the stack: a count, its limit, a condition, and what goes round. */
static uint64_t
run_loop(struct run *r, struct graph *g, const struct pickle_value *in, uint64_t pc, int64_t x,
    int64_t many, uint64_t end)
{
	struct node *n = new_node(r, g, in, "prim::Loop");
	uint32_t base, carried = many >= 2 ? (uint32_t)many - 2 : 0;
	const struct str *name;

	if (r->lost || many < 2 || many >= STACK_MAX || r->n < carried + 3 || x < 2 ||
	    (uint64_t)x > end - pc) {
		r->lost = true;
		return pc + 1;
	}
	base = r->n - carried - 3;
	take_operands(r, n, carried + 2);
	r->n = base;
	push(r, (struct item){ NULL, NULL, NULL });
	push(r, (struct item){ NULL, NULL, NULL });
	g = new_block(r, n, "body");
	for (uint32_t i = 0; i <= carried && spend(r, 1); i++) {
		name = ts_label(r->code->low, str_internz(&r->m->strs, i == 0 ? "i" : "carried"));
		graph_add_value(r->m, g, name, VALUE_INPUT);
		push(r, (struct item){ name, NULL, NULL });
	}
	run_range(r, g, pc + 1, pc + (uint64_t)x - 1);
	if (end_block(r, g, base + 2) != carried + 1)
		r->lost = true;
	r->n = r->lost ? r->n : base;
	for (uint32_t i = 0; i < carried && !r->lost; i++)
		add_result(r, n);
	return pc + (uint64_t)x;
}

/* ---- instructions ---- */

static void
get_attr(struct run *r, int64_t slot)
{
	struct item o = pop(r);
	struct pickle_value **pairs = NULL, *state = o.v != NULL ? ts_state(o.v) : NULL;
	struct strtab *strs = &r->m->strs;
	uint64_t n = 0;
	const char *key;

	if (state != NULL)
		pairs = pickle_pairs(state, &n);
	/* of an object that is made at run time, or by a method of its own */
	if (pairs == NULL || slot < 0 || (uint64_t)slot >= n / 2 ||
	    (key = pickle_str(pairs[2 * slot])) == NULL ||
	    !spend_text(r, strlen(key) + (o.path != NULL ? o.path->len : 0))) {
		push(r, (struct item){ NULL, NULL, NULL });
		return;
	}
	o.path = o.path != NULL && o.path->len > 0 ? ts_join(r->code->low->u, o.path,
	    str_internz(strs, key)) : str_internz(strs, key);
	push(r, (struct item){ NULL, o.path, ts_unwrap(pairs[2 * slot + 1]) });
}

/* What moves items alone; false: it is something else. */
static bool
move(struct run *r, const char *name, int64_t x, int64_t n)
{
	if (strcmp(name, "LOAD") == 0 || strcmp(name, "MOVE") == 0) {
		push(r, *reg(r, x));
	} else if (strcmp(name, "STORE") == 0) {
		*reg(r, x) = pop(r);
	} else if (strcmp(name, "STOREN") == 0) {
		r->lost |= x < 0 || x >= STACK_MAX || n > STACK_MAX - x;
		for (int64_t i = n; i-- > 0 && !r->lost;)
			*reg(r, x + i) = pop(r);
	} else if (strcmp(name, "DROP") == 0) {
		pop(r);
	} else if (strcmp(name, "LOADC") == 0) {
		push(r, (struct item){ NULL, NULL, x >= 0 ? ts_unwrap(pickle_item(
		    r->code->constants, (uint64_t)x)) : NULL });
	} else if (strcmp(name, "GET_ATTR") == 0) {
		get_attr(r, x);
	} else {
		return strcmp(name, "DROPR") == 0;
	}
	return true;
}

static void
run_range(struct run *r, struct graph *g, uint64_t from, uint64_t to)
{
	struct pickle_value *in;
	const char *name;
	int64_t x, n;

	if (r->depth >= NEST_MAX || r->depth >= r->code->ctx->limits.depth) {
		r->lost = true;
		return;
	}
	r->depth++;
	while (from < to && (in = instruction(r, from, &name, &x, &n)) != NULL) {
		if (strcmp(name, "RET") == 0 && !r->lost)
			break;
		if (!r->lost && strcmp(name, "JF") == 0)
			from = run_if(r, g, in, from, x, to);
		else if (!r->lost && strcmp(name, "LOOP") == 0)
			from = run_loop(r, g, in, from, x, n, to);
		else {
			r->next = ++from;
			if (r->lost || !move(r, name, x, n))
				run_effect(r, g, in, x, n);
		}
	}
	r->depth--;
}

/* The module, then what the caller gives. */
static void
push_arguments(struct run *r, struct graph *g)
{
	const struct lite_code *c = r->code;
	struct pickle_value *arg;
	const char *name, *type;
	struct value *v;

	push(r, (struct item){ NULL, r->m->empty, c->root });
	for (uint64_t i = 1; (arg = pickle_item(c->arguments, i)) != NULL; i++) {
		name = pickle_str(pickle_item(pickle_item(arg, 0), 1));
		type = pickle_str(pickle_item(pickle_item(arg, 1), 1));
		v = graph_add_value(r->m, g, ts_label(c->low, cut_text(r,
		    name != NULL ? name : "input")), VALUE_INPUT);
		if (type != NULL && spend_text(r, strlen(type)))
			v->type = ts_type_text(c->low->u, type, (uint32_t)strlen(type));
		push(r, (struct item){ v->name, NULL, NULL });
	}
}

const char *
lite_run(const struct lite_code *code, struct graph *g)
{
	struct run r = { .code = code, .m = code->low->u->m,
	    .left = STACK_MAX + code->src->size };
	uint64_t n = code->instructions != NULL ? code->instructions->n : 0;

	code->low->here = g;
	push_arguments(&r, g);
	run_range(&r, g, 0, n);
	if (!r.lost && r.n > 0)
		block_result(&r, g, &r.stack[r.n - 1]);
	if (r.why == NULL && r.lost)
		r.why = "its code does something to the stack that is not known";
	return r.why;
}
