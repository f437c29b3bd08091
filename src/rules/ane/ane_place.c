/* SPDX-License-Identifier: Apache-2.0 */
/* An estimate of the planner: the cheapest way through the ops in their order,
 * each on one device, with a price for every change of device. So long stretches
 * win, an op that could run on the engine between two that cannot stays where
 * they are, and a tiny model stays on the CPU. Done twice, with the unknown ops as
 * refused and as taken; where the two differ the place is unknown.
 * Constants: facts/ane-background.md section 1; they order things, they are no
 * times. */
#include <math.h>
#include <string.h>

#include "infer/cost.h"
#include "ir/tensor.h"
#include "rules/ane/ane_state.h"
#include "rules/rule_state.h"
#include "rules/setting.h"

/* in milliseconds, operations and bytes a millisecond */
static const double peak[DEVICE_COUNT] = { 1, 800e6, 120e6, 20e6 };
static const double bandwidth[DEVICE_COUNT] = { 1, 50e6, 40e6, 10e6 };

static double
launch(enum device d)
{
	return d == DEVICE_ANE ? 0.05 : 0.10;
}

static double
transfer(enum device from, enum device to)
{
	return from == to ? 0 : from == DEVICE_CPU && to == DEVICE_ANE ? 0.09 : 0.23;
}

struct work { double flops, bytes; };

/* What is not known counts as little: one for a dim, 1000 elements for a tensor. */
static double
numel(struct rule_env *env, const struct value *v)
{
	const struct type *t = v == NULL ? NULL : rule_type_of(env, v);
	double n = 1;

	if (v == NULL)
		return 0;
	if (v->constant != NULL)
		return (double)v->constant->numel;
	if (t != NULL && t->tag == TY_SCALAR)
		return 1;
	if (t == NULL || !t->has_rank)
		return 1000;
	for (uint32_t i = 0; i < t->rank; i++)
		n *= t->dims[i]->kind == DIM_CONST && t->dims[i]->lo > 0 ?
		    (double)t->dims[i]->lo : 1;
	return n;
}

static struct work
work_of(struct rule_env *env, const struct node *n)
{
	struct work work = { 0, 0 };
	uint64_t macs = env->types == NULL ? 0 : cost_sample(cost_macs(env->types, n));
	double made = 0;

	for (uint32_t i = 0; i < n->nout; i++)
		made += numel(env, n->out[i]);
	for (uint32_t i = 0; i < n->nin; i++)
		work.bytes += 2 * numel(env, n->in[i]);
	work.bytes += 2 * made;
	work.flops = 2 * (macs > 0 && macs < UINT64_MAX ? (double)macs : made);
	return work;
}

static double
cost(const struct work *w, enum device d)
{
	double a = w->flops / peak[d], b = w->bytes / bandwidth[d];

	return a > b ? a : b;
}

/* Do the compute units include the engine? */
static bool
asks_engine(const struct setting *s)
{
	return s == NULL || s->units == UNITS_ALL || s->units == UNITS_CPU_AND_NE;
}

/* May op v run on d, when unknown ones are taken (hope) or not? */
static bool
allowed(const struct setting *s, const struct ane *ane, const struct ane_node *v, enum device d,
	bool hope)
{
	if (d == DEVICE_CPU)
		return true;
	if (d == DEVICE_GPU)
		return s != NULL && (s->units == UNITS_ALL || s->units == UNITS_CPU_AND_GPU);
	return ane->off == NULL && asks_engine(s) &&
	    (v->eligible == ANE_YES || (hope && v->eligible == ANE_UNKNOWN));
}

/* One graph: the ops that count, in order, and the best way to each device. */
struct way { double cost[DEVICE_COUNT]; uint8_t from[DEVICE_COUNT]; };

static void
step(struct way *w, const struct way *before, const struct work *work, enum device d, bool ok)
{
	w->cost[d] = INFINITY;
	if (!ok)
		return;
	if (before == NULL) {
		w->cost[d] = cost(work, d) + launch(d) + transfer(DEVICE_CPU, d);
		return;
	}
	for (enum device from = DEVICE_ANE; from < DEVICE_COUNT; from++) {
		double c = before->cost[from] + cost(work, d) +
		    (from == d ? 0 : launch(d) + transfer(from, d));

		if (c < w->cost[d]) {
			w->cost[d] = c;
			w->from[d] = (uint8_t)from;
		}
	}
}

static void
plan(struct rule_env *env, const struct ane *ane, const struct node *const *list, uint32_t n,
	const struct work *work, struct way *ways, uint8_t *place, bool hope)
{
	enum device best = DEVICE_CPU;

	for (uint32_t i = 0; i < n; i++)
		for (enum device d = DEVICE_ANE; d < DEVICE_COUNT; d++)
			step(&ways[i], i > 0 ? &ways[i - 1] : NULL, &work[i], d,
			    allowed(env->setting, ane, &ane->nodes[list[i]->id], d, hope));
	for (enum device d = DEVICE_ANE; n > 0 && d < DEVICE_COUNT; d++)
		if (ways[n - 1].cost[d] + transfer(d, DEVICE_CPU) <
		    ways[n - 1].cost[best] + transfer(best, DEVICE_CPU))
			best = d;
	for (uint32_t i = n; i-- > 0;) {
		place[i] = (uint8_t)best;
		best = (enum device)ways[i].from[best];
	}
}

/* Stretches on the engine and changes between devices that are known: ops whose place
 * is not known are passed over, so that both are the least there can be. */
static void
count_segments(struct ane *ane, struct ane_node *nodes, const struct node *const *list, uint32_t n)
{
	enum device last = DEVICE_UNKNOWN;

	for (uint32_t i = 0; i < n; i++) {
		struct ane_node *v = &nodes[list[i]->id];

		if (v->placed == DEVICE_UNKNOWN)
			continue;
		if (v->placed == DEVICE_ANE && last != DEVICE_ANE)
			ane->sum.segments++;
		if (v->placed == DEVICE_ANE)
			v->segment = ane->sum.segments;
		ane->sum.switches += last != DEVICE_UNKNOWN && v->placed != last;
		last = v->placed;
	}
}

static void
place_graph(struct rule_env *env, struct ane *ane, struct ane_node *nodes, const struct graph *g)
{
	const struct node **list = arena_array(env->arena, g->nnodes, sizeof *list);
	struct work *work = arena_array(env->arena, g->nnodes, sizeof *work);
	struct way *ways = arena_array(env->arena, g->nnodes, sizeof *ways);
	uint8_t *sure = arena_array(env->arena, g->nnodes, 1);
	uint8_t *hope = arena_array(env->arena, g->nnodes, 1);
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->nnodes; i++) {
		struct ane_node *v = &nodes[g->nodes[i]->id];

		if (v->eligible == ANE_SKIPPED) {
			ane->sum.skipped++;
			continue;
		}
		ane->sum.eligible[v->eligible]++;
		work[n] = work_of(env, g->nodes[i]);
		list[n++] = g->nodes[i];
	}
	ane->sum.ops += n;
	plan(env, ane, list, n, work, ways, sure, false);
	plan(env, ane, list, n, work, ways, hope, true);
	for (uint32_t i = 0; i < n; i++) {
		struct ane_node *v = &nodes[list[i]->id];

		v->placed = sure[i] == hope[i] ? (enum device)sure[i] : DEVICE_UNKNOWN;
		ane->sum.placed[v->placed]++;
	}
	count_segments(ane, nodes, list, n);
}

void
ane_place(struct rule_env *env, struct ane *ane, struct ane_node *nodes)
{
	for (uint32_t i = 0; i < env->m->ngraphs; i++)
		place_graph(env, ane, nodes, env->m->graphs[i]);
}

const char *
ane_placed_because(const struct ane *a, const struct ane_node *v, const struct setting *s)
{
	if (v->eligible == ANE_SKIPPED)
		return "a constant: there is no work when the model runs";
	if (v->placed == DEVICE_UNKNOWN)
		return "not known: it depends on ops that no rule decides";
	if (v->placed == DEVICE_ANE)
		return "the engine, by an estimate of the planner";
	if (!asks_engine(s))
		return "not the engine: the compute units leave it out";
	if (a->off != NULL)
		return a->off;
	if (v->eligible == ANE_YES)
		return "not the engine although it could: going there and back costs more than "
		    "this stretch of work gains";
	return v->eligible == ANE_NO ? "not the engine, since the op is not taken" :
	    "not the engine, as long as it is not known whether the op is taken";
}
