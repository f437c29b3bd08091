/* SPDX-License-Identifier: Apache-2.0 */
/* The front end of exported programs: interface, nodes, inputs, states, then one
 * operator after the other. Arguments stand by schema name in the file; positional
 * ones are counted, keywords are looked up. torch.export.load adds an item node for
 * each output of an operator with several; run_decompositions takes away what nobody
 * reads. */
#include <math.h>
#include <string.h>

#include "base/ctx.h"
#include "ir/tensor.h"
#include "ops/op.h"
#include "ops/sig.h"
#include "rules/support/support_export.h"

static const struct op *
row_of(const struct node *n)
{
	return n->op != NULL ? n->op : op_overload(n);
}

/* Arguments that schemas take by name alone, for the operators that have converters;
 * ops "" are all, a dot at the end of a name ends it. */
static const struct { const char *arg, *ops; } keywords[] = {
	{ "rounding_mode", "" }, { "approximate", "" }, { "correction", "" }, { "stable", "" },
	{ "side", "" }, { "sorter", "" }, { "right", "" }, { "out_int32", "" },
	{ "indexing", "" }, { "enable_gqa", "" }, { "pin_memory", "" }, { "out", "" },
	{ "memory_format", "" }, { "layout", "" }, { "device", "" },
	{ "alpha", "add sub rsub addmm baddbmm addmv addbmm addr" },
	{ "beta", "addmm baddbmm addmv addbmm addr" },
	{ "generator", "rand randn randint rand_like randn_like multinomial bernoulli normal" },
	{ "non_blocking", "_to_copy" }, { "sparse_grad", "gather" },
	{ "output_size", "repeat_interleave" }, { "reduce", "scatter" },
	{ "scale", "scaled_dot_product_attention _scaled_dot_product_flash_attention_for_cpu" },
	{ "attn_mask", "_scaled_dot_product_flash_attention_for_cpu" },
	{ "min", "sym_constrain_range sym_constrain_range_for_size" },
	{ "max", "sym_constrain_range sym_constrain_range_for_size" },
	{ "out_dtype", "quantize_per_tensor dequantize_per_tensor dequantize_per_channel" }
};

/* Without the mark of writes in place, which decompositions take away. */
static bool
has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	n -= n > 1 && word[n - 1] == '_';
	for (const char *s = list; *s != '\0'; s += strcspn(s, " "), s += *s == ' ')
		if (strcspn(s, " ") == n && strncmp(s, word, n) == 0)
			return true;
	return false;
}

static bool
is_keyword(const struct node *n, const char *arg)
{
	const char *op = n->type->s, *over = n->overload != NULL ? n->overload->s : "";

	if (strcmp(arg, "dtype") == 0)
		return strcmp(n->domain->s, "aten") == 0 && strstr(op, "softmax") == NULL &&
		    strcmp(op, "to") != 0 && strcmp(op, "_assert_tensor_metadata") != 0;
	if (strcmp(arg, "keepdim") == 0)
		return strcmp(over, "correction") == 0;
	if (strcmp(arg, "dim") == 0 || strcmp(arg, "descending") == 0)
		return strcmp(over, "stable") == 0 || strcmp(op, "linalg_vecdot") == 0;
	if (strcmp(arg, "alpha") == 0 && strcmp(over, "Scalar") == 0)
		return false;
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if (strcmp(keywords[i].arg, arg) == 0)
			return *keywords[i].ops == '\0' || has_word(keywords[i].ops, op);
	return false;
}

/* A value of the graph; names that nobody binds are plain texts to the converter. */
static struct mv *
value_of(struct run *r, const struct value *v)
{
	struct conv *c = &r->c;
	unsigned char b[8];
	int64_t i = 0;

	if (v == NULL)
		return mv_none(c);
	if (v->flags & VALUE_LITERAL) {
		if (tensor_first(v->constant, c->a, b, 1) == 1)
			for (int k = 7; k >= 0; k--)
				i = (int64_t)((uint64_t)i << 8 | b[k]);
		return mv_i(c, i);
	}
	if (c->env[v->id] == NULL)
		return mv_text(c, v->name->s);
	return c->env[v->id];
}

int64_t
export_number(const char *name)
{
	static const char *const names[] = { "u8", "i8", "i16", "i32", "i32", "f16", "f32", "f32",
	    "c32", "c64", "c128", "bool", "qint8", "quint8", "qint32", "bf16" };

	if (strcmp(name, "i64") == 0)
		return 3;
	if (strcmp(name, "f64") == 0)
		return 6;
	for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

/* A value written in the file. NULL: the converter leaves it out (places of memory). */
static struct mv *
literal_of(struct run *r, const struct attr *a, const char *type)
{
	struct conv *c = &r->c;
	const char *name = a->name->s;
	struct mv **list;

	if (strcmp(name, "device") == 0 || strcmp(name, "layout") == 0 ||
	    strcmp(name, "memory_format") == 0)
		return a->kind == ATTR_NONE ? mv_none(c) : NULL;
	if (a->kind == ATTR_INT)
		return strncmp(type, "bool", 4) == 0 ? mv_b(c, a->v.i != 0) : mv_i(c, a->v.i);
	if (a->kind == ATTR_FLOAT)
		return mv_f(c, a->v.f);
	if (a->kind == ATTR_INTS)
		return mv_ints(c, a->v.ints != NULL ? (uint32_t)a->n : 0, a->v.ints);
	if (a->kind == ATTR_STRING && strstr(name, "dtype") != NULL &&
	    export_number(a->v.s->s) >= 0)
		return mv_i(c, export_number(a->v.s->s));
	if (a->kind == ATTR_STRING)
		return mv_text(c, a->v.s->s);
	if (a->kind != ATTR_FLOATS || a->v.floats == NULL)
		return mv_none(c);
	list = arena_array(c->a, (size_t)a->n + 1, sizeof *list);
	for (uint32_t i = 0; i < a->n; i++)
		list[i] = mv_f(c, (double)a->v.floats[i]);
	return mv_list(c, list, (uint32_t)a->n);
}

/* Numbers of a list are one constant when none of them is computed. */
static struct mv *
operands_of(struct run *r, const struct node *n, const char *name, bool list)
{
	struct conv *c = &r->c;
	struct mv **items = arena_array(c->a, n->nin + 1, sizeof *items);
	uint32_t k = 0;

	for (uint32_t i = 0; i < n->nin; i++)
		if (i < n->nnamed && n->in_name[i] != NULL && strcmp(n->in_name[i]->s, name) == 0)
			items[k++] = value_of(r, n->in[i]);
	if (k == 0)
		return NULL;
	return k == 1 && !list ? items[0] : mv_list(c, items, k);
}

static const char *
type_text(struct run *r, const struct sig *sig, const struct sig_arg *arg)
{
	return arena_strdup(r->c.a, sig->set[arg->set].text, sig->set[arg->set].text_len);
}

static void
add_argument(struct run *r, const struct node *n, const char *name, struct mv *v)
{
	struct conv *c = &r->c;

	if (v == NULL)
		return;
	if (is_keyword(n, name)) {
		if (v->kind == MV_NONE)
			return;
		c->kw = arena_grow(c->a, c->kw, c->nkw, sizeof *c->kw);
		c->kw[c->nkw++] = (struct kwarg){ name, v };
		return;
	}
	c->in = arena_grow(c->a, c->in, c->nin, sizeof *c->in);
	c->in[c->nin++] = v;
}

static bool
is_list(const char *type)
{
	return strstr(type, "[]") != NULL;
}

/* Arguments in the order of the schema. */
static void
arguments(struct run *r, const struct node *n)
{
	const struct op *row = row_of(n);
	struct conv *c = &r->c;
	struct sig sig;
	struct mv *v;

	c->in = NULL;
	c->kw = NULL;
	c->nin = c->nkw = 0;
	if (row == NULL || !sig_parse(row, &sig)) {
		for (uint32_t i = 0; i < n->nin; i++)
			add_argument(
			    r, n, i < n->nnamed ? n->in_name[i]->s : "", value_of(r, n->in[i]));
		for (uint32_t i = 0; i < n->nattrs; i++)
			add_argument(r, n, n->attrs[i].name->s, literal_of(r, &n->attrs[i], ""));
		return;
	}
	for (uint32_t i = 0; i < sig.nin; i++) {
		const char *name = arena_strdup(c->a, sig.in[i].name, sig.in[i].name_len);
		const char *type = type_text(r, &sig, &sig.in[i]);
		const struct attr *a = node_attr(n, name);

		v = operands_of(r, n, name, is_list(type));
		if (v == NULL && a != NULL)
			v = literal_of(r, a, type);
		else if (v == NULL && c->o->defaults && !is_keyword(n, name))
			v = support_default(c, &sig, &sig.in[i]);
		add_argument(r, n, name, v);
	}
}

static bool
used(const struct uses *u, const struct value *v)
{
	return v == NULL || (v->flags & VALUE_OUTPUT) != 0 || u->start[v->id + 1] > u->start[v->id];
}

/* Several outputs, or a list of them: bound by items. */
static bool
has_items(const struct node *n)
{
	const struct op *row = row_of(n);
	struct sig sig;

	if (n->nout != 1)
		return n->nout > 1;
	return row != NULL && sig_parse(row, &sig) && sig.nout == 1 &&
	    memchr(sig.set[sig.out[0].set].text, '[', sig.set[sig.out[0].set].text_len) != NULL;
}

/* Numbers and None that are given back have no name, and are never bound. */
static bool
is_bound(struct run *r, const struct str *name)
{
	const struct graph *g = r->c.m->main;

	for (uint32_t k = 0; k < g->noutputs; k++)
		if (g->outputs[k]->name == name)
			return r->c.env[g->outputs[k]->id] != NULL;
	return false;
}

static bool
outputs_bound(struct run *r)
{
	const struct graph *g = r->c.m->main;

	for (uint32_t i = 0; i < g->nroles; i++)
		if (g->roles[i].output &&
		    (g->roles[i].kind == ROLE_USER || g->roles[i].kind == ROLE_LITERAL) &&
		    !is_bound(r, g->roles[i].name))
			return false;
	return true;
}

static void
after_node(struct run *r)
{
	if (!r->c.has_states && !r->complete && outputs_bound(r))
		r->complete = true;
}

static void
item_node(struct run *r, const struct node *n, struct mv *tuple, uint32_t i)
{
	struct conv *c = &r->c;
	struct mv *out[1] = { NULL };

	c->in = (struct mv *[]){ tuple, mv_i(c, i) };
	c->nin = 2;
	c->nkw = 0;
	c->out = out;
	c->nout = 1;
	support_call(r, n, "getitem", "getitem");
	c->env[n->out[i]->id] = out[0];
}

/* What the file says a value is, when the converter's own result is not known. */
static void
fall_back(struct run *r, const struct value *v)
{
	struct mv *m = r->c.env[v->id];
	const struct type *t = v->type;

	if (m == NULL || m->kind != MV_UNKNOWN || t == NULL || t->tag != TY_TENSOR ||
	    !t->has_rank || t->rank > MV_DIMS)
		return;
	m->kind = MV_TENSOR;
	m->dtype = dt_mil(t->dtype);
	m->rank = (int)t->rank;
	for (uint32_t i = 0; i < t->rank; i++)
		m->dims[i] = t->dims[i]->kind == DIM_CONST ? t->dims[i]->lo : DIM_ANY;
}

/* As the converter gets it. */
const char *
export_operator(struct run *r, const struct node *n)
{
	const char *op = support_op_name(r, n);

	return r->decompose ? decompose_name(r, n, op) : op;
}

static void convert_node(struct run *, const struct node *, const struct uses *);

/* What run_decompositions({}) writes in the place of the operator. */
static void
convert_inlined(struct run *r, const struct node *n, const struct uses *u)
{
	const struct graph *g = n->regions[0];

	for (uint32_t i = 0; i < g->ninputs && i < n->nin; i++)
		r->c.env[g->inputs[i]->id] = value_of(r, n->in[i]);
	for (uint32_t i = 0; i < g->nnodes; i++)
		convert_node(r, g->nodes[i], u);
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL)
			r->c.env[n->out[i]->id] = i < g->noutputs && g->outputs[i] != NULL ?
			    value_of(r, g->outputs[i]) : mv_new(&r->c, MV_UNKNOWN);
}

static void
convert_node(struct run *r, const struct node *n, const struct uses *u)
{
	const char *op = export_operator(r, n), *lookup = support_lookup(r->c.a, op, false);
	struct conv *c = &r->c;
	struct mv *out[1] = { NULL };

	ctx_step(c->a->ctx);
	if (r->decompose && decompose_inlines(n)) {
		convert_inlined(r, n, u);
		return;
	}
	if (support_op_find(lookup) == NULL || (r->decompose && decompose_view(n))) {
		for (uint32_t i = 0; i < n->nout; i++)
			if (n->out[i] != NULL) {
				c->env[n->out[i]->id] = !r->decompose ? mv_new(c, MV_UNKNOWN) :
				    decompose_same(n) ? value_of(r, n->in[0]) :
				    decompose_result(r, n, n->out[i]);
				fall_back(r, n->out[i]);
			}
		return; /* said while the graph was built */
	}
	arguments(r, n);
	if (r->decompose)
		decompose_arguments(r, n);
	c->out = out;
	c->nout = 1;
	support_call(r, n, op, lookup);
	if (!has_items(n)) {
		if (n->nout == 1 && n->out[0] != NULL) {
			c->env[n->out[0]->id] = out[0];
			fall_back(r, n->out[0]);
			if (r->decompose && support_writes(n))
				decompose_written(r, n);
		}
		after_node(r);
		return;
	}
	after_node(r);
	for (uint32_t i = 0; i < n->nout; i++) {
		if (n->out[i] == NULL || (r->decompose && !used(u, n->out[i])))
			continue;
		item_node(r, n, out[0] != NULL ? out[0] : mv_none(c), i);
		fall_back(r, n->out[i]);
		after_node(r);
	}
}

static bool
takes(enum dtype t)
{
	return t == DT_BOOL || t == DT_F16 || t == DT_F32 || t == DT_I16 || t == DT_I32 ||
	    t == DT_I64 || t == DT_F64;
}

static bool
is_mutated(struct run *r, const struct role *in)
{
	const struct graph *g = r->c.m->main;

	if (r->decompose && in->kind == ROLE_BUFFER && decompose_mutates(r, in))
		return true;
	for (uint32_t i = 0; i < g->nroles; i++)
		if (g->roles[i].kind == ROLE_BUFFER_MUTATION && g->roles[i].target == in->target)
			return true;
	return false;
}

static const struct type *
declared(const struct role *role)
{
	return role->value != NULL ? role->value->type : NULL;
}

static void
refuse_order(struct run *r, const char *input)
{
	r->c.advice = "export with an example input that is contiguous()";
	cv_block(&r->c, REASON_SHAPE, "load", "the example for input %s lay in memory as channels "
	    "last or transposed; the converter takes dims in order alone", input);
}

void
support_refuse_written(struct run *r, bool parameter, const char *name)
{
	cv_block(&r->c, REASON_STATE, "load", "%s %s is written to; make it a buffer%s",
	    parameter ? "parameter" : "input", name, parameter ? "" : ", or clone it first");
}

static void
check_interface(struct run *r)
{
	const struct graph *g = r->c.m->main;

	for (uint32_t i = 0; i < g->nroles; i++) {
		const struct role *role = &g->roles[i];
		const struct type *t = declared(role);

		if (role->output && (role->kind == ROLE_INPUT_MUTATION ||
		    role->kind == ROLE_PARAMETER_MUTATION))
			support_refuse_written(r, role->kind == ROLE_PARAMETER_MUTATION,
			    role->target != NULL ? role->target->s : role->name->s);
		if (role->output || role->kind != ROLE_USER)
			continue;
		if (t != NULL && t->tag != TY_TENSOR)
			cv_block(&r->c, REASON_INPUT_SPEC, "load", "input %s is no tensor",
			    role->name->s);
		else if (role->value != NULL && (role->value->flags & VALUE_PERMUTED) != 0)
			refuse_order(r, role->name->s);
		else if (t != NULL && !takes(t->dtype))
			cv_block(&r->c, dt_complex(t->dtype) ? REASON_DTYPE : REASON_DTYPE, "load",
			    "input %s is %s, which has no counterpart", role->name->s,
			    dtype_name(t->dtype));
	}
}

/* torch.export.load wants an argument that is called as a word of Python is, from, also
 * where torch.export.save left it out for having its default. */
static bool
lacks_from(const struct node *n)
{
	const struct op *row = row_of(n);
	struct sig sig;

	if (row == NULL || node_attr(n, "from") != NULL || !sig_parse(row, &sig))
		return false;
	for (uint32_t i = 0; i < sig.nin; i++)
		if (sig.in[i].name_len == 4 && memcmp(sig.in[i].name, "from", 4) == 0)
			return true;
	return false;
}

static void
check_load(struct run *r)
{
	const struct graph *g = r->c.m->main;

	for (uint32_t i = 0; i < g->nnodes; i++)
		if (lacks_from(g->nodes[i])) {
			r->c.advice = "write the argument in the model, with another value "
			    "than its default";
			cv_block(&r->c, REASON_LOAD, "load", "torch.export.load fails: %s is "
			    "stored without its argument from",
			    support_op_name(r, g->nodes[i]));
			return;
		}
}

static int64_t
declared_dim(const struct type *t, int i)
{
	return t->dims[i]->kind == DIM_CONST ? t->dims[i]->lo : DIM_SYMBOLIC;
}

static void
match_shape(struct run *r, const struct given_input *g, const struct type *t, const char *name)
{
	for (int i = 0; i < g->rank && i < (int)t->rank; i++) {
		int64_t want = declared_dim(t, i);
		bool differ = want != DIM_SYMBOLIC && g->dims[i] != want;

		for (uint32_t k = 0; k < g->choices; k++)
			differ |= want != DIM_SYMBOLIC && g->choice[k][i] != 0 &&
				  g->choice[k][i] != want;
		if (differ) {
			cv_block(&r->c, REASON_INPUT_SPEC, "load",
			    "size %d of input %s is fixed to %lld in "
			    "the program",
			    i, name, (long long)want);
			return;
		}
	}
}

/* Ranges of the program's own symbolic sizes. */
static const struct given_input *
ranges_of(struct run *r, const struct type *t)
{
	struct given_input *g = arena_alloc(r->c.a, sizeof *g);
	const struct model *m = r->c.m;

	g->rank = (int)t->rank;
	for (int i = 0; i < g->rank; i++) {
		const struct dim *d = t->dims[i];

		g->dims[i] = declared_dim(t, i);
		if (d->kind == DIM_SYM)
			g->symbol[i] = d->sym->s;
		for (uint32_t k = 0; d->kind == DIM_SYM && k < m->nsymbols; k++)
			if (m->symbols[k].name == d->sym) {
				g->lo[i] = m->symbols[k].has_lo ? m->symbols[k].lo : 0;
				g->hi[i] = m->symbols[k].has_hi ? m->symbols[k].hi : INT32_MAX;
			}
	}
	return g;
}

/* Inputs of the program, by the types given or its own. */
static void
bind_inputs(struct run *r)
{
	const struct graph *g = r->c.m->main;
	uint32_t n = 0, users = 0;

	for (uint32_t i = 0; i < g->nroles; i++)
		users += !g->roles[i].output && g->roles[i].kind == ROLE_USER;
	if (r->given_any && r->ngiven != users)
		cv_block(&r->c, REASON_INPUT_SPEC, "load",
		    "%u inputs are given, the program has %u", r->ngiven, users);
	for (uint32_t i = 0; i < g->nroles; i++) {
		const struct role *role = &g->roles[i];
		const struct type *t = declared(role);
		const struct given_input *in = r->given_any && n < r->ngiven ? &r->given[n] : NULL;
		struct mv *v;

		if (role->output || role->kind != ROLE_USER || role->value == NULL || t == NULL ||
		    t->tag != TY_TENSOR || t->rank > MV_DIMS)
			continue;
		n++;
		if (in != NULL && in->name != NULL)
			for (uint32_t k = 0; k < n - 1 && k < r->ngiven; k++)
				if (r->given[k].name != NULL &&
				    strcmp(r->given[k].name, in->name) == 0)
					in = NULL, k = n;
		if (r->given_any && in == NULL && n <= r->ngiven)
			continue; /* a name given twice binds once */
		v = mv_tensor(&r->c, dt_mil(t->dtype), (int)t->rank, (int64_t [MV_DIMS]){ 0 });
		v->dtype = v->dtype == DT_I16 ? DT_I32 : v->dtype;
		for (int k = 0; k < v->rank; k++)
			v->dims[k] = declared_dim(t, k);
		if (in != NULL) {
			match_shape(r, in, t, role->name->s);
			support_scalar_input(r, in->rank, in->name);
			for (int k = 0; k < v->rank && k < in->rank; k++)
				v->dims[k] = v->dims[k] == DIM_SYMBOLIC ? in->dims[k] : v->dims[k];
		}
		v->is_input = true;
		v->given = in != NULL ? in : ranges_of(r, t);
		v->name = in != NULL && in->name != NULL ? in->name : role->name->s;
		r->c.env[role->value->id] = v;
		if ((in != NULL ? in->t == DT_F16 || (in->t == DT_NONE && r->default_f16 &&
		    in->kind == GIVEN_TENSOR) : t->dtype == DT_F16) && r->c.ios < 16)
			cv_block(&r->c, REASON_TARGET, "frontend", "fp16 inputs need iOS16");
	}
}

static void
bind_states(struct run *r)
{
	const struct graph *g = r->c.m->main;
	uint32_t mutated = 0;

	for (uint32_t i = 0; i < r->nstates; i++) {
		bool found = false;

		for (uint32_t k = 0; k < g->nroles; k++) {
			const struct role *role = &g->roles[k];

			if (role->kind != ROLE_BUFFER || role->target == NULL ||
			    !is_mutated(r, role) || r->states[i].name == NULL ||
			    strcmp(role->target->s, r->states[i].name) != 0)
				continue;
			found = true;
			for (int d = 0; role->value != NULL && role->value->type != NULL &&
			    d < r->states[i].rank; d++)
				if (r->states[i].dims[d] >= 0 && d < (int)role->value->type->rank &&
				    r->states[i].dims[d] != declared_dim(role->value->type, d)) {
					cv_block(&r->c, REASON_STATE, "load",
					    "state %s has another shape than its "
					    "buffer",
					    r->states[i].name);
					break;
				}
		}
		if (!found)
			cv_block(&r->c, REASON_STATE, "load", "no mutated buffer is named %s",
			    r->states[i].name != NULL ? r->states[i].name : "");
	}
	for (uint32_t k = 0; k < g->nroles; k++)
		if (!g->roles[k].output && g->roles[k].kind == ROLE_BUFFER &&
		    is_mutated(r, &g->roles[k]) && g->roles[k].target != NULL)
			support_state_begins(r, g->roles[k].value, g->roles[k].target->s);
	for (uint32_t k = 0; k < g->nroles; k++)
		mutated += (g->roles[k].output && g->roles[k].kind == ROLE_BUFFER_MUTATION) ||
		    (!g->roles[k].output && g->roles[k].kind == ROLE_BUFFER &&
		    r->decompose && is_mutated(r, &g->roles[k]));
	r->c.has_states = mutated > 0 || r->nstates > 0;
	if (r->c.has_states && r->target < 18)
		cv_block(&r->c, REASON_STATE, "load",
		    "the model writes to buffers, which become states: "
		    "they need iOS18");
}

/* Weights and buffers. Contents are read when they are few: indices, slopes. */
static void
bind_constants(struct run *r)
{
	const struct graph *g = r->c.m->main;
	bool said = false;

	for (uint32_t i = 0; i < g->ninitializers; i++) {
		const struct value *v = g->initializers[i];
		const struct type *t = v->type;
		const struct role *role = NULL;
		int64_t dims[MV_DIMS];

		for (uint32_t k = 0; k < g->nroles; k++)
			if (!g->roles[k].output && g->roles[k].value == v)
				role = &g->roles[k];
		if (t == NULL || t->tag != TY_TENSOR || !t->has_rank || t->rank > MV_DIMS) {
			r->c.env[v->id] = mv_new(&r->c, MV_UNKNOWN);
			continue;
		}
		for (uint32_t k = 0; k < t->rank; k++)
			dims[k] = declared_dim(t, (int)k);
		if (role != NULL && role->kind == ROLE_BUFFER && is_mutated(r, role)) {
			r->c.env[v->id] = mv_tensor(&r->c, DT_F32, (int)t->rank, dims);
			continue;
		}
		r->c.env[v->id] = mv_const(&r->c, dt_mil(t->dtype), (int)t->rank, dims, NULL);
		mv_read(&r->c, r->c.env[v->id], v->constant);
		if (t->dtype == DT_BF16 && !said) {
			cv_block(&r->c, REASON_DTYPE, "frontend",
			    "weight %s is bfloat16, which numpy does not "
			    "have",
			    v->name->s);
			said = true;
		}
	}
}

/* What an output of that name hands through: a buffer or a parameter has another name as
 * a value. */
static struct mv *
handed_through(struct run *r, const struct str *name)
{
	const struct graph *g = r->c.m->main;

	for (uint32_t i = 0; i < g->nroles; i++)
		if (!g->roles[i].output && g->roles[i].name == name && g->roles[i].value != NULL)
			return r->c.env[g->roles[i].value->id];
	return NULL;
}

static void
collect_outputs(struct run *r)
{
	const struct graph *g = r->c.m->main;

	r->outputs = arena_array(r->c.a, g->nroles + 1, sizeof *r->outputs);
	for (uint32_t i = 0; i < g->nroles; i++) {
		const struct role *role = &g->roles[i];
		struct mv *v = NULL;

		if (!role->output || (role->kind != ROLE_USER && role->kind != ROLE_LITERAL))
			continue;
		for (uint32_t k = 0; k < g->nvalues && v == NULL; k++)
			if (g->values[k]->name == role->name &&
			    !(g->values[k]->flags & VALUE_LITERAL))
				v = r->c.env[g->values[k]->id];
		if (v == NULL)
			v = handed_through(r, role->name);
		if (v == NULL) {
			cv_block(&r->c, REASON_MISSING, "frontend",
			    "output %s is bound to no value", role->name->s);
			continue;
		}
		if (v->name == NULL)
			v->name = role->name->s;
		r->outputs[r->noutputs++] = v;
	}
}

/* ct.convert takes programs of two dialects; decomposed ones are of the first. */
static void
check_dialect(struct run *r)
{
	const struct str *d = meta_find(r->c.m->meta, r->c.m->nmeta, "dialect");

	r->decompose = r->c.o->decompose;
	if (d == NULL || r->decompose)
		return;
	if (strcmp(d->s, "ATEN") == 0 || strcmp(d->s, "EDGE") == 0)
		return;
	r->decompose = true; /* the rest is what its cure leaves */
	cv_block(&r->c, REASON_DIALECT, "load", "the program is in the dialect %.20s, not in ATEN "
	    "or EDGE", d->s);
}

void
support_export(struct run *r)
{
	const struct graph *g = r->c.m->main;
	struct uses uses;

	uses_build(&uses, r->c.a, r->c.m);
	check_load(r);
	check_dialect(r);
	export_check_decompose(r);
	check_interface(r);
	if (r->decompose) {
		decompose_live(r);
		decompose_interface(r);
	}
	export_check_nodes(r);
	bind_inputs(r);
	bind_states(r);
	bind_constants(r);
	r->stage = "frontend";
	r->complete = !r->c.has_states && outputs_bound(r);
	for (uint32_t i = 0; i < g->nnodes; i++)
		if (!decompose_drops(r, g->nodes[i]))
			convert_node(r, g->nodes[i], &uses);
	r->complete = false;
	collect_outputs(r);
}
