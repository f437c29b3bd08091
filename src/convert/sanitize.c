/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be changed: a pass over the nodes for each step, then one search from
 * the outputs for what is needed. Graphs of functions are left as they are. */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/strmap.h"
#include "convert/sanitize.h"
#include "ir/graph.h"
#include "ir/tensor.h"
#include "ops/op.h"

static const struct { const char *word, *what; } steps[STEP_COUNT] = {
#define STEP(id, word, what) { word, what },
#include "convert/sanitize.def"
};

const char *
sanitize_word(enum sanitize_step s)
{
	return steps[s].word;
}

const char *
sanitize_what(enum sanitize_step s)
{
	return steps[s].what;
}

bool
sanitize_steps(const char *list, unsigned *bits, const char **bad)
{
	size_t n;
	int i;

	for (*bits = 0; *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		for (i = 0; i < STEP_COUNT; i++)
			if (strlen(steps[i].word) == n && strncmp(list, steps[i].word, n) == 0)
				break;
		*bad = list;
		if (i == STEP_COUNT)
			return false;
		*bits |= 1u << i;
	}
	return true;
}

void
sanitize_note(struct sanitize *s, enum sanitize_step step, const char *what, const char *how)
{
	s->changes = arena_grow(s->a, s->changes, s->nchanges, sizeof *s->changes);
	s->changes[s->nchanges++] = (struct sanitize_change){ step, what, how };
	s->count[step]++;
}

const struct value *
sanitize_resolve(const struct sanitize *s, const struct value *v)
{
	while (v != NULL && s->alias[v->id] != NULL)
		v = s->alias[v->id];
	return v;
}

static bool
wanted(const struct sanitize *s, enum sanitize_step step)
{
	return (s->steps >> step & 1) != 0;
}

/* A graph whose nodes may be changed: the main one and those in its nodes. */
static bool
ours(const struct graph *g)
{
	while (g->parent != NULL)
		g = g->parent->graph;
	return g->kind == GRAPH_MAIN;
}

static void
rename_node(struct sanitize *s, const struct node *n)
{
	const char *base = n->name->len > 0 ? n->name->s : n->type->s, *name;
	uint32_t k = n->id;

	do
		name = arena_printf(s->a, "%s_%" PRIu32, base, k++);
	while (str_find(&s->m->strs, name, (uint32_t)strlen(name)) != NULL);
	s->node_name[n->id] = name;
	sanitize_note(s, STEP_NAMES, name, n->name->len > 0 ?
	    arena_printf(s->a, "new name of a second '%s'", n->name->s) :
	    arena_printf(s->a, "name of a nameless %s", n->type->s));
}

/* Does it make trouble in text, shells and other tools? */
static bool
is_bad(unsigned char c)
{
	return c <= ' ' || c >= 0x7f || c == '"' || c == '\\';
}

static bool
has_bad(const struct str *name)
{
	for (uint32_t i = 0; i < name->len; i++)
		if (is_bad((unsigned char)name->s[i]))
			return true;
	return false;
}

static void
rename_value(struct sanitize *s, const struct value *v)
{
	char *base = arena_strdup(s->a, v->name->s, v->name->len);
	const char *name = base;

	for (uint32_t i = 0; i < v->name->len; i++)
		if (is_bad((unsigned char)base[i]))
			base[i] = '_';
	for (uint32_t k = 2; str_find(&s->m->strs, name, (uint32_t)strlen(name)) != NULL; k++)
		name = arena_printf(s->a, "%s_%" PRIu32, base, k);
	str_internz(&s->m->strs, name); /* it is taken now */
	s->value_name[v->id] = name;
	sanitize_note(s, STEP_NAMES, name, arena_printf(s->a, "new name of the value '%s'",
	    v->name->s));
}

static void
find_value_names(struct sanitize *s, const bool *live)
{
	enum { NOT = VALUE_INPUT | VALUE_OUTPUT | VALUE_SPARSE | VALUE_UNDEFINED |
	    VALUE_REDEFINED | VALUE_IMPLIED };

	for (uint32_t g = 0; g < s->m->ngraphs; g++)
		for (uint32_t i = 0; ours(s->m->graphs[g]) && i < s->m->graphs[g]->nvalues; i++) {
			const struct value *v = s->m->graphs[g]->values[i];
			bool there = v->producer == NULL ? !s->unused[v->id] :
			    !s->gone[v->producer->id] || (s->folded[v->id] != NULL && live[v->id]);

			if (there && !(v->flags & NOT) && s->alias[v->id] == NULL &&
			    has_bad(v->name))
				rename_value(s, v);
		}
}

static void
find_names(struct sanitize *s)
{
	bool *taken = arena_array(s->a, s->m->strs.n + 1, sizeof *taken);

	for (uint32_t g = 0; g < s->m->ngraphs; g++)
		for (uint32_t i = 0; ours(s->m->graphs[g]) && i < s->m->graphs[g]->nnodes; i++) {
			const struct node *n = s->m->graphs[g]->nodes[i];

			if (s->gone[n->id])
				continue;
			if (n->name->len == 0 || taken[n->name->id])
				rename_node(s, n);
			taken[n->name->id] = true;
		}
}

static bool
is_op(const struct node *n, const char *type)
{
	return n->callee == NULL && strcmp(n->type->s, type) == 0 &&
	    (n->domain->len == 0 || strcmp(n->domain->s, "ai.onnx") == 0);
}

/* Is the single element of a constant tensor zero? */
static bool
is_false(struct sanitize *s, const struct value *v)
{
	const struct tensor *t = value_tensor(v);
	struct arena scratch;
	unsigned char b = 1;
	bool zero;

	if (t == NULL || t->dtype != DT_BOOL || t->numel != 1 || v->flags & VALUE_INPUT)
		return false;
	arena_init(&scratch, s->ctx);
	zero = tensor_first(t, &scratch, &b, 1) == 1 && b == 0;
	arena_free(&scratch);
	return zero;
}

/* Does the dropout give its operand as it is, and nobody reads its mask? */
static bool
idle_dropout(struct sanitize *s, const struct node *n, const bool *read)
{
	const struct attr *test = node_attr(n, "is_test");
	int64_t version = n->op != NULL ? n->op->since : 0;

	if (n->nout > 1 && n->out[1] != NULL && (read[n->out[1]->id] ||
	    n->out[1]->flags & VALUE_OUTPUT))
		return false;
	if (version < 7)
		return test != NULL && test->kind == ATTR_INT && test->v.i != 0;
	if (version < 12)
		return true;
	return n->nin < 3 || n->in[2] == NULL || is_false(s, n->in[2]);
}

static void
pass_by(struct sanitize *s, const struct node *n, enum sanitize_step step)
{
	struct value *out = n->nout > 0 ? n->out[0] : NULL;

	if (out == NULL || n->nin == 0 || n->in[0] == NULL || out->flags & VALUE_OUTPUT)
		return;
	s->alias[out->id] = n->in[0];
	s->gone[n->id] = true;
	sanitize_note(s, step, node_ref(n, arena_alloc(s->a, NODE_REF)),
	    arena_printf(s->a, "'%s' is '%s'", out->name->s, n->in[0]->name->s));
}

/* Which values some node reads. */
static bool *
values_read(struct sanitize *s)
{
	bool *read = arena_array(s->a, s->m->nvalues + 1, sizeof *read);

	for (uint32_t g = 0; g < s->m->ngraphs; g++)
		for (uint32_t i = 0; i < s->m->graphs[g]->nnodes; i++) {
			const struct node *n = s->m->graphs[g]->nodes[i];

			for (uint32_t k = 0; k < n->nin; k++)
				if (n->in[k] != NULL)
					read[n->in[k]->id] = true;
		}
	return read;
}

static void
find_idle(struct sanitize *s)
{
	const bool *read = values_read(s);

	for (uint32_t g = 0; g < s->m->ngraphs; g++)
		for (uint32_t i = 0; ours(s->m->graphs[g]) && i < s->m->graphs[g]->nnodes; i++) {
			const struct node *n = s->m->graphs[g]->nodes[i];

			if (wanted(s, STEP_IDENTITY) && is_op(n, "Identity"))
				pass_by(s, n, STEP_IDENTITY);
			else if (wanted(s, STEP_DROPOUT) && is_op(n, "Dropout") &&
			    idle_dropout(s, n, read))
				pass_by(s, n, STEP_DROPOUT);
		}
}

/* The search from the outputs: values whose makers are still to be looked at. */
struct search { struct sanitize *s; bool *live, *kept; const struct value **todo; uint32_t n; };

static void
need(struct search *q, const struct value *v)
{
	v = sanitize_resolve(q->s, v);
	if (v == NULL || q->live[v->id])
		return;
	q->live[v->id] = true;
	q->todo = arena_grow(q->s->a, q->todo, q->n, sizeof *q->todo);
	q->todo[q->n++] = v;
}

static void
keep(struct search *q, const struct node *n)
{
	if (q->kept[n->id] || q->s->gone[n->id])
		return;
	q->kept[n->id] = true;
	for (uint32_t i = 0; i < n->nin; i++)
		need(q, n->in[i]);
	for (uint32_t i = 0; i < n->nregions; i++)
		for (uint32_t k = 0; k < n->regions[i]->noutputs; k++)
			need(q, n->regions[i]->outputs[k]);
}

/* Every node that is needed, or all that were not passed by. */
static void
search(struct search *q)
{
	struct sanitize *s = q->s;

	for (uint32_t i = 0; s->m->main != NULL && i < s->m->main->noutputs; i++)
		need(q, s->m->main->outputs[i]);
	for (uint32_t g = 0; g < s->m->ngraphs; g++)
		for (uint32_t i = 0; i < s->m->graphs[g]->nnodes; i++)
			if (!wanted(s, STEP_DEAD) || !ours(s->m->graphs[g]))
				keep(q, s->m->graphs[g]->nodes[i]);
	while (q->n > 0) {
		const struct value *v = q->todo[--q->n];

		if (v->producer != NULL && s->folded[v->id] == NULL)
			keep(q, v->producer);
	}
}

static void
drop_nodes(struct sanitize *s, const struct search *q)
{
	for (uint32_t g = 0; g < s->m->ngraphs; g++)
		for (uint32_t i = 0; ours(s->m->graphs[g]) && i < s->m->graphs[g]->nnodes; i++) {
			const struct node *n = s->m->graphs[g]->nodes[i];

			if (q->kept[n->id] || s->gone[n->id])
				continue;
			s->gone[n->id] = true;
			sanitize_note(s, STEP_DEAD, node_ref(n, arena_alloc(s->a, NODE_REF)),
			    arena_printf(s->a, "%s that nobody needs", n->type->s));
		}
}

static void
drop_initializers(struct sanitize *s, const struct search *q)
{
	for (uint32_t g = 0; g < s->m->ngraphs; g++)
		for (uint32_t i = 0; ours(s->m->graphs[g]) &&
		    i < s->m->graphs[g]->ninitializers; i++) {
			const struct value *v = s->m->graphs[g]->initializers[i];

			if (q->live[v->id] || v->flags & (VALUE_INPUT | VALUE_OUTPUT) ||
			    s->alias[v->id] != NULL)
				continue;
			s->unused[v->id] = true;
			sanitize_note(s, STEP_UNUSED, v->name->s, "initializer that nobody reads");
		}
}

/* Constants that nobody needs any more are not made. */
static void
forget_folded(struct sanitize *s, const struct search *q)
{
	for (uint32_t g = 0; g < s->m->ngraphs; g++)
		for (uint32_t i = 0; i < s->m->graphs[g]->nvalues; i++) {
			const struct value *v = s->m->graphs[g]->values[i];

			if (s->folded[v->id] == NULL)
				continue;
			if (q->live[v->id])
				sanitize_note(s, STEP_SHAPES, v->name->s, arena_printf(s->a,
				    "constant of %u number%s in place of a %s",
				    s->folded[v->id]->n, plural(s->folded[v->id]->n),
				    v->producer->type->s));
			else
				s->folded[v->id] = NULL;
		}
}

static void
note_opsets(struct sanitize *s)
{
	const struct model *m = s->m;
	struct strmap seen = { .n = 0 };

	for (uint32_t i = 0; i < m->nopsets; i++) {
		struct opset *o = &m->opsets[i];
		const char *domain = o->domain->len > 0 ? o->domain->s : "ai.onnx";
		int newest = domain_newest(o->domain->s);
		bool twice = strmap_find(&seen, o->domain) != NULL;

		strmap_add(&seen, s->a, o->domain, o);
		sanitize_note(s, STEP_OPSETS, domain, newest == 0 ?
		    arena_printf(s->a, "version %" PRId64 " of a domain that is not known",
		    o->version) : o->version > newest ?
		    arena_printf(s->a, "version %" PRId64 ", newer than %d, the last that is known",
		    o->version, newest) : twice ?
		    arena_printf(s->a, "version %" PRId64 ", imported a second time", o->version) :
		    arena_printf(s->a, "version %" PRId64 "; the newest known is %d", o->version,
		    newest));
	}
}

static void
make_tables(struct sanitize *s)
{
	const struct model *m = s->m;

	s->gone = arena_array(s->a, m->nnodes + 1, sizeof *s->gone);
	s->node_name = arena_array(s->a, m->nnodes + 1, sizeof *s->node_name);
	s->value_name = arena_array(s->a, m->nvalues + 1, sizeof *s->value_name);
	s->unused = arena_array(s->a, m->nvalues + 1, sizeof *s->unused);
	s->alias = arena_array(s->a, m->nvalues + 1, sizeof *s->alias);
	s->folded = arena_array(s->a, m->nvalues + 1, sizeof *s->folded);
	s->order = arena_array(s->a, m->ngraphs + 1, sizeof *s->order);
}

void
sanitize_plan(struct sanitize *s, struct ctx *ctx, struct arena *a, struct model *m,
    struct infer *infer, unsigned bits)
{
	struct search q = { .s = s };

	*s = (struct sanitize){ .ctx = ctx, .a = a, .m = m, .steps = bits };
	make_tables(s);
	find_idle(s);
	if (wanted(s, STEP_SHAPES))
		sanitize_fold(s, infer);
	if (wanted(s, STEP_DUPLICATES))
		sanitize_twins(s);
	q.live = arena_array(a, m->nvalues + 1, sizeof *q.live);
	q.kept = arena_array(a, m->nnodes + 1, sizeof *q.kept);
	search(&q);
	forget_folded(s, &q);
	if (wanted(s, STEP_DUPLICATES))
		sanitize_folded_twins(s, q.live);
	if (wanted(s, STEP_DEAD))
		drop_nodes(s, &q);
	if (wanted(s, STEP_UNUSED))
		drop_initializers(s, &q);
	if (wanted(s, STEP_NAMES)) {
		find_names(s);
		find_value_names(s, q.live);
	}
	if (wanted(s, STEP_ORDER))
		sanitize_order(s);
	if (wanted(s, STEP_OPSETS))
		note_opsets(s);
}
