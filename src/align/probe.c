/* SPDX-License-Identifier: Apache-2.0 */
/* Both models are computed on the same numbers. Where a pair of nodes gives other numbers while
 * all that it reads is the same, and this is not made good behind it, it is no conversion of
 * one another. What one side has is put in the place of what the other side has where both are
 * near, so that roundings do not add up; what cannot be computed is made up, the same on both
 * sides. */
#include <math.h>
#include <string.h>

#include "align/probe.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "ir/dim.h"
#include "ir/tensor.h"

/* Nodes and inputs up to which models are computed; what that may cost of each side. */
enum { NODES = 20000, INPUTS = 64, STEPS = 60000000, ROOM = 4000000, DEEP = 64 };
/* Tuples in tuples. */
enum { TUPLES = 4 };
/* What numbers may be apart, in parts of them and of their deviation: with weights that are
 * rounded or not. */
#define NEAR_HALF 6e-3
#define NEAR 2e-4
#define NEAR_PACKED 0.25
/* The same where weights have lost more by that; others are 1.4 apart. */
#define MOST_PACKED 1.1

/* Of numbers that float16 has: where an input is cast makes no difference. */
static double
noise(uint64_t seed, uint64_t i)
{
	enum { FINE = 256 };
	double sum = -6;

	/* twelve of equal chances are near to a normal one */
	for (uint64_t k = 0; k < 12; k++)
		sum += (double)(hash_pair(seed, i * 12 + k) >> 11) / (double)(UINT64_C(1) << 53);
	return round(sum * FINE) / FINE;
}

struct array *
probe_made_up(struct exec *r, const struct type *t, uint64_t seed)
{
	enum { CHOICES = 4 };
	int64_t dims[EXEC_RANK];
	enum dtype_class c = t != NULL ? dtype_class(t->dtype) : DC_NONE;
	struct array *a;

	if (t == NULL || t->tag != TY_TENSOR || !t->has_rank || t->rank > EXEC_RANK ||
	    c == DC_NONE || c == DC_STRING || c == DC_COMPLEX)
		return NULL;
	for (uint32_t i = 0; i < t->rank; i++)
		if (!dim_number(t->dims[i], &dims[i]))
			return NULL;
	if ((a = exec_make(r, t->rank, dims)) == NULL)
		return NULL;
	a->whole = c != DC_FLOAT;
	a->made = true;
	for (uint64_t i = 0; i < a->n; i++)
		a->v[i] = c == DC_FLOAT ? noise(seed, i) : (double)(hash_pair(seed, i) %
		    (c == DC_BOOL ? 2 : CHOICES));
	return a;
}

bool
probe_same_shape(const struct array *a, const struct array *b)
{
	return a->list == NULL && b->list == NULL && a->n == b->n &&
	    dims_alike(a->dims, a->rank, b->dims, b->rank);
}

static double
deviation(const struct array *a)
{
	double mean = 0, squares = 0;
	uint64_t n = 0;

	for (uint64_t i = 0; i < a->n; i++)
		if (fabs(a->v[i]) < F16_HUGE) {
			mean += a->v[i];
			squares += a->v[i] * a->v[i];
			n++;
		}
	mean /= n > 0 ? (double)n : 1;
	return n > 0 ? sqrt(fmax(0, squares / (double)n - mean * mean)) : 0;
}

/* How far the numbers of both are at most, or 0 when that is what roundings make. */
double
probe_apart(const struct probe *p, const struct array *a, const struct array *b)
{
	double std = deviation(a), most = 0, sum = 0, off = p->runs[0].half ? NEAR_HALF : NEAR;
	bool near = true;

	for (uint64_t i = 0; i < a->n; i++) {
		double d = fabs(a->v[i] - b->v[i]);

		if (f16_alike(a->v[i], b->v[i]))
			continue;
		d = isnan(d) ? INFINITY : d;
		most = fmax(most, d);
		sum += d * d;
		near = near && d <= off * (fabs(a->v[i]) + std / 4) + off * 1e-4;
	}
	if (a->packed || b->packed)
		near = sqrt(sum / (double)a->n) <= std * fmax(NEAR_PACKED,
		    fmin(2 * p->out->lost, MOST_PACKED));
	return near ? 0 : most;
}

/* The numbers of a in the shape of b. */
static const struct array *
reshaped(struct exec *r, const struct array *a, const struct array *b)
{
	struct array *c = arena_alloc(r->arena, sizeof *c);

	*c = *b;
	c->v = a->v;
	c->guess |= a->guess || a->made;
	c->packed = a->packed;
	return c;
}

/* Would another computation have given others? Not where nothing but bounds, or one number, is
 * left; and what is made up or packed says nothing for sure. */
static bool
is_telling(const struct array *a)
{
	if (a->made || a->guess || a->packed || a->whole)
		return false;
	for (uint64_t i = 0; i < a->n; i++)
		if (!(fabs(a->v[i]) < F16_HUGE))
			return false;
	return deviation(a) > 0;
}

/* Computed on both sides, with the same numbers in one order that are not all the same? */
static bool
is_same(const struct probe *p, const struct array *a, const struct array *b)
{
	return a->list == NULL && b->list == NULL && a->n == b->n && !a->made && !b->made &&
	    deviation(a) > 0 && probe_apart(p, a, b) == 0;
}

/* Root mean square of the differences, in parts of the deviation. */
static double
squares_apart(const struct array *a, const struct array *b)
{
	double sum = 0;

	for (uint64_t i = 0; i < a->n; i++)
		sum += (a->v[i] - b->v[i]) * (a->v[i] - b->v[i]);
	return sqrt(sum / (double)a->n) / deviation(a);
}

/* v of the first and w of the second stand for one another; w takes the numbers of v where it
 * has none. */
static void
compare_values(struct probe *p, const struct value *v, const struct value *w, const struct node *n)
{
	struct exec *ra = &p->runs[0], *rb = &p->runs[1];
	const struct array *a, *b;
	double d;

	if (v == NULL || w == NULL)
		return;
	a = ra->of[v->id];
	b = rb->of[w->id];
	if (a == NULL || a->list != NULL || (b != NULL && b->list != NULL))
		return;
	if (b == NULL && (a->whole || (b = probe_made_up(rb, exec_type(rb, w), 0)) == NULL))
		return;
	if (!probe_same_shape(a, b)) {
		/* what the group cuts in another way comes in one order still */
		p->same[w->id] = is_same(p, a, b);
		if (is_telling(a) && is_telling(b))
			p->off[w->id] = INFINITY;
		return;
	}
	d = a->made || b->made ? 0 : probe_apart(p, a, b);
	if (is_telling(a) && is_telling(b))
		p->off[w->id] = squares_apart(a, b);
	if (d == 0) {
		p->same[w->id] = !a->made && !b->made && deviation(a) > 0;
		rb->of[w->id] = reshaped(rb, a, b);
		p->bad[w->id] = false;
		return;
	}
	if (!p->bad[w->id] && d > p->apart[n->id])
		p->apart[n->id] = d;
	p->bad[w->id] = true;
}

/* Does anybody read it, or does the model give it back? */
static bool
is_used(const struct probe *p, unsigned k, const struct value *v)
{
	const struct uses *uses = p->al->side[k].uses;

	return v != NULL && (v->flags & VALUE_OUTPUT ||
	    uses->start[v->id] != uses->start[v->id + 1]);
}

/* The only result that somebody reads; NULL: there are several. */
static const struct value *
only_used(const struct probe *p, unsigned k, const struct node *n)
{
	const struct value *found = NULL;

	for (uint32_t i = 0; i < n->nout; i++) {
		const struct value *v = n->out[i];

		if (!is_used(p, k, v))
			continue;
		if (found != NULL)
			return NULL;
		found = v;
	}
	return found;
}

/* Does it read what differs already? */
static bool
reads_bad(const struct probe *p, const struct node *n)
{
	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && p->bad[n->in[i]->id])
			return true;
	return false;
}

static bool
is_told(const struct probe *p, unsigned k, const struct node *n)
{
	uint32_t i = n != NULL ? p->out->of[k][n->id] : ALIGN_NONE;
	enum align_verdict v = i != ALIGN_NONE ? p->out->groups[i].verdict : ALIGN_SAME;

	return v == ALIGN_MODIFIED || v == ALIGN_ADDED || v == ALIGN_REMOVED;
}

/* Is it said already that it differs, or that what the first of the two reads is there alone? */
static bool
differs_already(const struct probe *p, const struct node *m, const struct node *n)
{
	bool told = is_told(p, 1, n);

	for (uint32_t i = 0; m != NULL && i < m->nin && !told; i++)
		told = m->in[i] != NULL && m->in[i]->producer != NULL &&
		    p->out->of[0][m->in[i]->producer->id] != p->out->of[0][m->id] &&
		    is_told(p, 0, m->in[i]->producer) && p->other[m->in[i]->producer->id] == NULL;
	return told;
}

static void
compute_second(struct probe *p, const struct node *n)
{
	const struct node *m = p->partner[n->id];
	bool bad = reads_bad(p, n) || differs_already(p, m, n);

	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL)
			p->bad[n->out[i]->id] = bad;
	exec_node(&p->runs[1], n);
	if (m != NULL && m->nout == n->nout)
		for (uint32_t i = 0; i < n->nout; i++)
			compare_values(p, m->out[i], n->out[i], n);
	else if (m != NULL)
		compare_values(p, only_used(p, 0, m), only_used(p, 1, n), n);
}

/* What no function is there for, but has a counterpart, is made up. */
static void
compute_first(struct probe *p, const struct node *n)
{
	const struct node *other = p->other[n->id];
	struct exec *r = &p->runs[0];
	const struct item *x;
	struct array *a, *b;
	const struct type *t;

	exec_node(r, n);
	if (n->nout != 1 || n->out[0] == NULL || r->of[n->out[0]->id] != NULL || other == NULL ||
	    other->nout != 1 || other->out[0] == NULL)
		return;
	x = side_item(&p->al->side[0], n);
	t = exec_type(r, n->out[0]);
	if (x->fixed || kin_layout(x) || t == NULL || dtype_class(t->dtype) != DC_FLOAT)
		return;
	a = probe_made_up(r, t, n->id + INPUTS);
	b = probe_made_up(&p->runs[1], exec_type(&p->runs[1], other->out[0]), 0);
	if (a != NULL && b != NULL && probe_same_shape(a, b))
		r->of[n->out[0]->id] = a;
}

/* The same numbers for the inputs that stand for one another. */
static void
put_inputs(struct probe *p)
{
	const struct graph *g = p->runs[0].in.model->main;
	const struct graph *h = p->runs[1].in.model->main;

	for (uint32_t i = 0; i < g->ninputs && i < INPUTS; i++) {
		const struct value *v = g->inputs[i], *w;
		struct array *a, *b;

		if (v->flags & VALUE_INITIALIZER || (w = wire_input(v, h)) == NULL)
			continue;
		a = probe_made_up(&p->runs[0], exec_type(&p->runs[0], v), i);
		b = probe_made_up(&p->runs[1], exec_type(&p->runs[1], w), i);
		if (a == NULL || b == NULL || !probe_same_shape(a, b))
			continue;
		a->made = b->made = false;
		p->runs[0].of[v->id] = a;
		p->runs[1].of[w->id] = b;
	}
}

/* Does what differs there come out of the model, or vanish where nobody looks? */
static bool
comes_out(const struct probe *p, const struct value *w)
{
	const struct side *s = &p->al->side[1];
	const struct value *v;
	const struct array *a;

	if (w->flags & VALUE_OUTPUT && w->graph->parent == NULL) {
		v = wire_output(w, p->runs[0].in.model->main);
		a = v != NULL ? p->runs[0].of[v->id] : NULL;
		if (a == NULL || p->runs[1].of[w->id] == NULL ||
		    !probe_same_shape(a, p->runs[1].of[w->id]) ||
		    probe_apart(p, a, p->runs[1].of[w->id]) > 0)
			return true;
	}
	for (uint32_t u = s->uses->start[w->id]; u < s->uses->start[w->id + 1]; u++) {
		const struct node *n = s->uses->list[u].node;

		for (uint32_t i = 0; i < n->nout; i++) {
			const struct value *o = n->out[i];

			if (o != NULL && (p->told[o->id] || (p->runs[1].of[o->id] == NULL &&
			    s->of[n->id] != ALIGN_NONE && !side_item(s, n)->dead &&
			    !kin_layout(side_item(s, n)))))
				return true;
		}
	}
	return false;
}

void
probe_tell(struct probe *p, const struct node *n)
{
	uint32_t i = p->out->of[1][n->id];
	struct align_group *g = i != ALIGN_NONE ? &p->out->groups[i] : NULL;
	char *text;

	if (g == NULL || (g->verdict != ALIGN_SAME && g->verdict != ALIGN_UNKNOWN))
		return;
	text = arena_printf(p->al->result, "results up to %.2g apart", p->apart[n->id]);
	g->verdict = ALIGN_MODIFIED;
	g->changes |= ALIGN_RESULTS;
	g->what = g->what == NULL ? text : arena_printf(p->al->result, "%s, %s", g->what, text);
}

static void
judge(struct probe *p)
{
	const struct graph *h = p->runs[1].in.model->main;

	for (uint32_t i = h->nnodes; i-- > 0;) {
		const struct node *n = h->nodes[i];
		bool out = false;

		for (uint32_t o = 0; o < n->nout; o++) {
			const struct value *w = n->out[o];

			if (w == NULL || !p->bad[w->id])
				continue;
			p->told[w->id] = comes_out(p, w);
			out = out || p->told[w->id];
		}
		if (out && p->apart[n->id] > 0)
			probe_tell(p, n);
	}
}

/* A list or tuple of PyTorch that is put together. */
static bool
constructs(const struct node *n)
{
	return n->nout == 1 && strstr(n->type->s, "Construct") != NULL;
}

/* Is the result read by others than the group's, in a tuple maybe, or the model's? */
static bool
value_leaves(const struct probe *p, unsigned k, const struct value *v, uint32_t group,
	unsigned hops)
{
	const struct uses *uses = p->al->side[k].uses;

	if (v == NULL || v->graph->parent != NULL)
		return false;
	if (v->flags & VALUE_OUTPUT)
		return true;
	for (uint32_t u = uses->start[v->id]; u < uses->start[v->id + 1]; u++) {
		const struct node *n = uses->list[u].node;

		if (p->out->of[k][n->id] != group || (constructs(n) && hops > 0 &&
		    value_leaves(p, k, n->out[0], group, hops - 1)))
			return true;
	}
	return false;
}

bool
probe_leaves(const struct probe *p, unsigned k, const struct node *n, uint32_t group)
{
	for (uint32_t o = 0; o < n->nout && !constructs(n); o++)
		if (value_leaves(p, k, n->out[o], group, TUPLES))
			return true;
	return false;
}

/* Is it a cast between floats? Many nodes share one, which stands in the group of the first. */
static bool
is_rounding(const struct probe *p, unsigned k, const struct node *n)
{
	const struct value *v = n->nout > 0 ? n->out[0] : NULL;
	const struct type *t = v != NULL ? exec_type(&p->runs[k], v) : NULL;
	bool from = false;

	if (side_item(&p->al->side[k], n)->sem != SEM_CAST || t == NULL ||
	    dtype_class(t->dtype) != DC_FLOAT)
		return false;
	for (uint32_t i = 0; i < n->nin; i++) {
		t = n->in[i] != NULL ? exec_type(&p->runs[k], n->in[i]) : NULL;
		from |= t != NULL && dtype_class(t->dtype) == DC_FLOAT;
	}
	return from;
}

/* The only node of a group whose results leave it; NULL: there are several, or none. Casts
 * count where nothing else does, and after these what follows from constants and sizes alone. */
const struct node *
probe_way_out(const struct probe *p, unsigned k, const struct node **nodes, uint32_t n)
{
	enum { REAL, ROUNDS, FIXED, WAYS };
	const struct node *found[WAYS] = { NULL };
	uint32_t count[WAYS] = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		unsigned way = side_item(&p->al->side[k], nodes[i])->fixed ? FIXED :
		    is_rounding(p, k, nodes[i]) ? ROUNDS : REAL;

		if (!probe_leaves(p, k, nodes[i], p->out->of[k][nodes[0]->id]))
			continue;
		found[way] = nodes[i];
		count[way]++;
	}
	for (unsigned way = 0; way < WAYS; way++)
		if (count[way] > 0)
			return count[way] == 1 ? found[way] : NULL;
	return NULL;
}

/* Are the results that somebody reads, or that are the model's, the same on both sides? */
static bool
same_results(const struct probe *p, const struct node *m, const struct node *n)
{
	uint32_t same = 0;

	for (uint32_t i = 0; i < n->nout; i++) {
		const struct value *w = n->out[i];

		if (!is_used(p, 1, w))
			continue;
		if (!p->same[w->id])
			return false;
		same++;
	}
	return same > 0 && (m->nout == n->nout || same == 1);
}

/* Results that leave a group, MANY at most. */
enum { MANY = 64 };

static uint32_t
list_leaving(const struct probe *p, unsigned k, const struct node **nodes, uint32_t n,
	const struct array *to[MANY])
{
	uint32_t group = p->out->of[k][nodes[0]->id], found = 0;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t o = 0; o < nodes[i]->nout; o++) {
			const struct value *v = nodes[i]->out[o];

			if (constructs(nodes[i]) || side_item(&p->al->side[k], nodes[i])->fixed ||
			    is_rounding(p, k, nodes[i]) || !value_leaves(p, k, v, group, TUPLES))
				continue;
			if (found == MANY || p->runs[k].of[v->id] == NULL)
				return 0;
			to[found++] = p->runs[k].of[v->id];
		}
	return found;
}

/* Do the main nodes alone do more than move data, and give the same? */
static bool
same_main(const struct probe *p, const struct align_group *g)
{
	const struct value *v = only_used(p, 0, g->a[0]), *w = only_used(p, 1, g->b[0]);
	const struct array *a = v != NULL ? p->runs[0].of[v->id] : NULL;
	const struct array *b = w != NULL ? p->runs[1].of[w->id] : NULL;

	for (unsigned k = 0; k < 2; k++)
		for (uint32_t i = 1; i < (k == 0 ? g->na : g->nb); i++) {
			const struct node *n = (k == 0 ? g->a : g->b)[i];
			const struct item *x = side_item(&p->al->side[k], n);

			if (!x->fixed && !kin_layout(x))
				return false;
		}
	return a != NULL && b != NULL && is_same(p, a, b);
}

/* Where several nodes of a group have results that leave it: is each of one side's one of the
 * other's, and the other way round? */
static bool
same_leaving(const struct probe *p, const struct align_group *g)
{
	const struct array *a[MANY], *b[MANY];
	uint32_t n = list_leaving(p, 0, g->a, g->na, a), m = list_leaving(p, 1, g->b, g->nb, b);
	bool taken[MANY] = { false };

	if (n == 0 || n != m)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = 0;

		while (k < n && (taken[k] || !is_same(p, a[i], b[k])))
			k++;
		if (k == n)
			return false;
		taken[k] = true;
	}
	return true;
}

/* Groups of which what leaves them was computed, and is the same. */
static void
note_computed(struct probe *p)
{
	for (uint32_t i = 0; i < p->out->ngroups; i++) {
		struct align_group *g = &p->out->groups[i];
		const struct node *n;

		if (g->na == 0 || g->nb == 0 ||
		    (g->verdict != ALIGN_SAME && g->verdict != ALIGN_UNKNOWN))
			continue;
		n = probe_way_out(p, 1, g->b, g->nb);
		if ((n != NULL && p->partner[n->id] != NULL ?
		    same_results(p, p->partner[n->id], n) : same_leaving(p, g)) ||
		    same_main(p, g))
			g->evidence |= ALIGN_COMPUTED;
	}
}

static void
note_outputs(const struct probe *p)
{
	const struct value *v[ALIGN_OUTPUTS], *w[ALIGN_OUTPUTS];
	uint32_t n = outputs_pair(p->al, v, w);

	for (uint32_t i = 0; i < n; i++) {
		const struct array *a = p->runs[0].of[v[i]->id], *b = p->runs[1].of[w[i]->id];

		p->al->same_output[i] = a != NULL && b != NULL && is_same(p, a, b);
	}
}

/* Is a weight rounded to float16, or stored in fewer bits? */
static bool
is_half(const struct graph *g)
{
	for (uint32_t i = 0; g != NULL && i < g->nnodes; i++)
		for (uint32_t k = 0; k < g->nodes[i]->nin; k++) {
			const struct value *v = g->nodes[i]->in[k];
			const struct tensor *t = wire_constant(v);

			if ((t != NULL && t->dtype == DT_F16) || wire_unpacked_by(v) != NULL)
				return true;
		}
	return false;
}

static bool
can_run(const struct align_side *s)
{
	const struct graph *g = s->model->main;

	return g != NULL && g->nnodes > 0 && g->nnodes <= NODES && s->model->is_sorted &&
	    g->ninputs <= INPUTS && s->types != NULL;
}

struct probing { struct aligner *al; struct align *out; struct arena arena; };

static void
compute(void *arg)
{
	struct probing *all = arg;
	struct aligner *al = all->al;
	struct align *out = all->out;
	struct arena *arena = &all->arena;
	struct probe p = { .al = al, .out = out };
	const struct model *model[2];
	bool half = is_half(al->side[0].given->model->main) ||
	    is_half(al->side[1].given->model->main);

	for (unsigned k = 0; k < 2; k++) {
		const struct align_side *given = al->side[k].given;
		struct settings in = { al->ctx, given->model,
			given->sized != NULL ? given->sized : given->types };
		uint64_t more = al->options->deep ? DEEP : 1;

		model[k] = given->model;
		exec_init(&p.runs[k], &in, al->side[k].uses, arena, STEPS * more, ROOM * more);
		p.runs[k].half = half;
	}
	p.partner = arena_array(arena, model[1]->nnodes, sizeof *p.partner);
	p.other = arena_array(arena, model[0]->nnodes, sizeof *p.other);
	p.apart = arena_array(arena, model[1]->nnodes, sizeof *p.apart);
	p.bad = arena_array(arena, model[1]->nvalues, sizeof *p.bad);
	p.same = arena_array(arena, model[1]->nvalues, sizeof *p.same);
	p.told = arena_array(arena, model[1]->nvalues, sizeof *p.told);
	p.off = arena_array(arena, model[1]->nvalues, sizeof *p.off);
	for (uint32_t i = 0; i < model[1]->nvalues; i++)
		p.off[i] = -1;
	for (unsigned k = 0; k < 2; k++)
		p.tight[k] = arena_array(arena, model[k]->nvalues, sizeof *p.tight[k]);
	for (uint32_t i = 0; i < out->ngroups; i++) {
		const struct align_group *g = &out->groups[i];
		const struct node *m = probe_way_out(&p, 0, g->a, g->na);
		const struct node *n = probe_way_out(&p, 1, g->b, g->nb);

		if (m == NULL || n == NULL)
			continue;
		p.partner[n->id] = m;
		p.other[m->id] = n;
	}
	put_inputs(&p);
	for (uint32_t i = 0; i < model[0]->main->nnodes; i++)
		compute_first(&p, model[0]->main->nodes[i]);
	for (uint32_t i = 0; i < model[1]->main->nnodes; i++)
		compute_second(&p, model[1]->main->nodes[i]);
	judge(&p);
	note_computed(&p);
	note_outputs(&p);
	if (al->side[0].given->sized == NULL && al->side[1].given->sized == NULL)
		probe_clear(&p);
	probe_far(&p);
}

void
probe_groups(struct aligner *al, struct align *out)
{
	struct probing all = { .al = al, .out = out };

	if (al->same_format || !can_run(al->side[0].given) || !can_run(al->side[1].given))
		return;
	arena_init(&all.arena, al->ctx);
	/* where memory ends the comparison stands as it was */
	ctx_protect(al->ctx, compute, &all);
	arena_free(&all.arena);
}
