/* SPDX-License-Identifier: Apache-2.0 */
/* The pass reduce_transposes takes away transposes that cancel and puts one in front of
 * each operation that reads what is transposed no more. It does so by replacing a value
 * among all operands: an operation that reads a value and its transpose then reads one
 * thing twice. Followed here as the passes go: transposes are reduced, those with one
 * reader that is a transpose merged, those in front of products become part of them,
 * transposes are reduced once more.
 * Source: coremltools 9.0, mil/passes/defs/optimize_repeat_ops.py, optimize_linear.py. */
#include <string.h>

#include "rules/support/support_run.h"

enum { NONE = UINT32_MAX };

/* A value of the program, while passes rewrite it. Transposes with one fate (all go or
 * all stay) are a group: the disjoint set of their `leader`s. */
struct flow {
	const struct mv *v;
	const struct mv **in;
	uint32_t nin;
	const int64_t *perm;  /* of a transpose that is still there */
	const int64_t *lazy;  /* it is so transposed, and that may move; or NULL */
	uint32_t leader;      /* of a lazy one's group: a place */
	uint32_t cancels;     /* transpose that undoes those of the group; NONE */
	bool output, removed;
	/* of groups, at their leader */
	uint32_t nstart, ncancel, nreader;
	bool goes;
};

struct reading { uint32_t reader, lazy; }; /* places */

struct transposes {
	struct run *r;
	struct flow *f;       /* by place, from 1 */
	uint32_t n;
	struct reading *readings;
	uint32_t nreadings;
};

/* Operations through which a transpose goes as it is. */
static const char unary[] = " relu log relu6 abs acos asin atan atanh ceil clip cos cosh erf exp "
    "exp2 floor identity logical_not round rsqrt sign sin sinh sqrt square pow tan tanh threshold "
    "clamped_relu elu gelu leaky_relu linear_activation scaled_tanh sigmoid sigmoid_hard softplus "
    "softplus_parametric softsign thresholded_relu ";
static const char binary[] = " add mul sub real_div maximum minimum ";
static const char reduction[] = " reduce_l1_norm reduce_l2_norm reduce_max reduce_log_sum "
    "reduce_log_sum_exp reduce_mean reduce_min reduce_prod reduce_sum reduce_sum_square ";

static bool
is_among(const struct mv *v, const char *words)
{
	size_t n = strlen(v->maker);

	for (const char *p = words; (p = strstr(p, v->maker)) != NULL; p += n)
		if (p[-1] == ' ' && p[n] == ' ')
			return true;
	return false;
}

/* 0: no operation makes it that passes see. */
static uint32_t
place_of(const struct mv *v)
{
	while (v->place == 0 && v->copy_of != NULL)
		v = v->copy_of;
	return v->place;
}

static uint32_t
leader(struct transposes *t, uint32_t i)
{
	while (t->f[i].leader != i)
		i = t->f[i].leader = t->f[t->f[i].leader].leader;
	return i;
}

static void
unite(struct transposes *t, uint32_t a, uint32_t b)
{
	t->f[leader(t, a)].leader = leader(t, b);
}

static struct flow *
flow_of(struct transposes *t, const struct mv *v)
{
	uint32_t i = place_of(v);

	return i > 0 ? &t->f[i] : NULL;
}

static struct flow *
lazy_of(struct transposes *t, const struct mv *v)
{
	struct flow *f = flow_of(t, v);

	return f != NULL && f->lazy != NULL ? f : NULL;
}

/* ---- the program ---- */

static void
add_operand(struct flow *f, const struct mv *v)
{
	if (v->kind == MV_LIST)
		for (uint32_t i = 0; i < v->nitem; i++)
			f->in[f->nin++] = v->item[i];
	else
		f->in[f->nin++] = v;
}

/* false: nothing is transposed, or parts of the program lie in blocks of their own. */
static bool
list(struct transposes *t)
{
	const struct conv *c = &t->r->c;
	bool any = false;

	t->f = arena_array(c->a, c->nmade + 1, sizeof *t->f);
	for (uint32_t i = 0; i < c->nmade; i++) {
		struct mv *v = c->made[i];
		struct flow *f = &t->f[t->n + 1];
		uint32_t n = 0;

		if (!v->live || v->konst || v->maker == NULL)
			continue;
		if (v->node != NULL && v->node->graph != c->m->main)
			return false;
		v->place = ++t->n;
		for (uint32_t k = 0; k < v->nfrom; k++)
			n += v->from[k]->kind == MV_LIST ? v->from[k]->nitem : 1;
		f->v = v;
		f->in = arena_array(c->a, n + 1, sizeof *f->in);
		for (uint32_t k = 0; k < v->nfrom; k++)
			add_operand(f, v->from[k]);
		f->perm = v->perm;
		any |= v->perm != NULL;
	}
	for (uint32_t i = 0; i < t->r->noutputs; i++) {
		struct flow *f = flow_of(t, t->r->outputs[i]);

		if (f != NULL)
			f->output = true;
	}
	return any;
}

/* ---- one round of the pass ---- */

static void
read_lazy(struct transposes *t, uint32_t reader)
{
	const struct flow *f = &t->f[reader];
	uint32_t first = NONE;

	for (uint32_t k = 0; k < f->nin; k++) {
		const struct flow *in = lazy_of(t, f->in[k]);

		if (in == NULL)
			continue;
		t->readings = arena_grow(t->r->c.a, t->readings, t->nreadings,
		    sizeof *t->readings);
		t->readings[t->nreadings++] = (struct reading){ reader, place_of(f->in[k]) };
		if (first != NONE)
			unite(t, first, in->leader);
		first = in->leader;
	}
}

static void
pass_on(struct flow *f, const struct flow *in)
{
	f->lazy = in->lazy;
	f->leader = in->leader;
}

/* May the transpose go through an operation of two operands, of which one is not
 * transposed? A constant is transposed with it, others can be given another shape. */
static bool
can_be_bent(const struct mv *o, const int64_t *perm, int rank)
{
	int large = 0;
	int64_t dims[MV_DIMS];

	if (!mv_static(o) || o->rank > rank)
		return false;
	for (int i = 0; i < rank; i++) {
		dims[i] = i < rank - o->rank ? 1 : o->dims[i - (rank - o->rank)];
		large += dims[i] != 1;
	}
	if (o->konst || large < 2)
		return true;
	for (int i = 0; i < rank; i++)
		if (perm[i] != i && dims[perm[i]] != 1)
			return false;
	return true;
}

/* Of operations that a transpose goes through when their operands allow it: the operand
 * whose transpose does; NULL: it stays in front. */
static const struct flow *
through(struct transposes *t, const struct flow *f)
{
	bool two = is_among(f->v, binary), joins = strcmp(f->v->maker, "concat") == 0;
	const struct flow *found = NULL;

	if (!two && !joins && strcmp(f->v->maker, "split") != 0 &&
	    !(is_among(f->v, reduction) && f->nin > 0 && f->in[0]->rank == f->v->rank))
		return NULL;
	for (uint32_t k = 0; k < f->nin; k++) {
		const struct flow *in = lazy_of(t, f->in[k]);

		if (in == NULL)
			continue;
		if (found != NULL && memcmp(found->lazy, in->lazy,
		    sizeof *in->lazy * (size_t)in->v->rank) != 0)
			return NULL;
		found = in;
	}
	for (uint32_t k = 0; k < f->nin && found != NULL; k++)
		if (lazy_of(t, f->in[k]) == NULL && ((joins && !f->in[k]->konst) || (two && k < 2 &&
		    !can_be_bent(f->in[k], found->lazy, found->v->rank))))
			return NULL;
	return found;
}

static bool
undoes(const int64_t *one, const int64_t *two, int rank)
{
	for (int i = 0; i < rank; i++)
		if (one[two[i]] != i)
			return false;
	return true;
}

static void
see_transpose(struct transposes *t, uint32_t i)
{
	struct flow *f = &t->f[i], *in = lazy_of(t, f->in[0]);

	if (in == NULL && !f->output) {
		f->lazy = f->perm;
		f->leader = i;
		f->nstart = 1;
	} else if (in != NULL && undoes(in->lazy, f->perm, f->v->rank)) {
		f->cancels = in->leader;
	} else {
		read_lazy(t, i);
	}
}

static void
see(struct transposes *t, uint32_t i)
{
	struct flow *f = &t->f[i];
	const struct flow *in = NULL;

	if (f->perm != NULL) {
		see_transpose(t, i);
	} else if (f->nin > 0 && is_among(f->v, unary)) {
		if ((in = lazy_of(t, f->in[0])) != NULL)
			pass_on(f, in);
	} else if ((in = through(t, f)) != NULL) {
		pass_on(f, in);
		for (uint32_t k = 0; k < f->nin; k++)
			if (lazy_of(t, f->in[k]) != NULL)
				unite(t, lazy_of(t, f->in[k])->leader, in->leader);
	} else {
		read_lazy(t, i);
	}
}

/* Groups go where that takes away more transposes than it puts in. */
static void
decide(struct transposes *t)
{
	for (uint32_t i = 1; i <= t->n; i++) {
		struct flow *f = &t->f[i];

		if (f->nstart > 0 && leader(t, i) != i)
			t->f[leader(t, i)].nstart += f->nstart;
		if (f->cancels != NONE)
			t->f[leader(t, f->cancels)].ncancel++;
		if (f->output && f->lazy != NULL)
			t->f[leader(t, i)].nreader++;
	}
	for (uint32_t k = 0; k < t->nreadings; k++)
		if (k == 0 || t->readings[k].reader != t->readings[k - 1].reader)
			t->f[leader(t, t->readings[k].lazy)].nreader++;
	for (uint32_t i = 1; i <= t->n; i++)
		t->f[i].goes = t->f[i].nreader < t->f[i].nstart + t->f[i].ncancel;
}

static bool
goes(struct transposes *t, uint32_t i)
{
	return t->f[leader(t, i)].goes;
}

/* What stands for a value once the transposes are gone. */
static const struct mv *
left(struct transposes *t, const struct mv *v)
{
	uint32_t i;

	while ((i = place_of(v)) > 0 && t->f[i].perm != NULL &&
	    (t->f[i].cancels != NONE ? goes(t, t->f[i].cancels) :
	    t->f[i].lazy != NULL && goes(t, i)))
		v = t->f[i].in[0];
	return i > 0 ? t->f[i].v : v;
}

/* An operation reads a value that is to be transposed in front of it, and something else
 * that has become the same. */
static bool
mixes(struct transposes *t, const struct reading *at)
{
	const struct flow *f = &t->f[at->reader], *lazy = &t->f[at->lazy];
	const struct mv *w = left(t, lazy->v);

	for (uint32_t k = 0; k < f->nin; k++) {
		const struct flow *o = lazy_of(t, f->in[k]);

		if (place_of(f->in[k]) != at->lazy && left(t, f->in[k]) == w && !(o != NULL &&
		    memcmp(o->lazy, lazy->lazy, sizeof *o->lazy * (size_t)o->v->rank) == 0))
			return true;
	}
	return false;
}

static void
report(struct transposes *t, const struct reading *at)
{
	static const char stage[] = "pass:reduce_transposes";
	const struct mv *v = t->f[at->reader].v, *w = t->f[at->lazy].v;
	const char *op = v->node != NULL ? support_op_name(t->r, v->node) : v->maker;

	t->r->c.advice = "convert without the pass (--without=reduce_transposes), or transpose "
	    "once: x.transpose(1, 2) @ x";
	if (strcmp(v->maker, "matmul") == 0 && mv_dim(w, -1) >= 0 && mv_dim(w, -2) >= 0 &&
	    mv_dim(w, -1) != mv_dim(w, -2))
		support_block_node(t->r, v->node, op, REASON_SHAPE, stage, "it reads a value and "
		    "its transpose, and the pass makes them one: %lld and %lld do not go together",
		    (long long)mv_dim(w, -1), (long long)mv_dim(w, -2));
	else
		support_silent_node(t->r, v->node, REASON_SHAPE, "it reads a value and its "
		    "transpose, and the pass reduce_transposes makes them one");
}

static bool
reduce(struct transposes *t)
{
	bool bad = false;

	t->nreadings = 0;
	for (uint32_t i = 1; i <= t->n; i++) {
		struct flow *f = &t->f[i];

		f->lazy = NULL;
		f->leader = i;
		f->cancels = NONE;
		f->nstart = f->ncancel = f->nreader = 0;
	}
	for (uint32_t i = 1; i <= t->n; i++)
		if (!t->f[i].removed)
			see(t, i);
	decide(t);
	for (uint32_t k = 0; k < t->nreadings; k++)
		if (goes(t, t->readings[k].lazy) && mixes(t, &t->readings[k])) {
			report(t, &t->readings[k]);
			bad = true;
		}
	return bad;
}

/* ---- between the rounds ---- */

/* Groups that go are gone; what is put in front of readers is seen by nothing else. */
static void
rewrite(struct transposes *t)
{
	const struct mv *fresh = mv_new(&t->r->c, MV_UNKNOWN);

	for (uint32_t k = 0; k < t->nreadings; k++) {
		struct flow *f = &t->f[t->readings[k].reader];

		for (uint32_t j = 0; j < f->nin && goes(t, t->readings[k].lazy); j++)
			if (place_of(f->in[j]) == t->readings[k].lazy)
				f->in[j] = fresh;
	}
	for (uint32_t i = 1; i <= t->n; i++)
		for (uint32_t k = 0; k < t->f[i].nin; k++)
			t->f[i].in[k] = left(t, t->f[i].in[k]);
	for (uint32_t i = 1; i <= t->n; i++)
		t->f[i].removed |= left(t, t->f[i].v) != t->f[i].v;
}

static void
merge(struct transposes *t)
{
	uint32_t *readers = arena_array(t->r->c.a, t->n + 1, sizeof *readers);

	for (uint32_t i = 1; i <= t->n; i++)
		for (uint32_t k = 0; k < t->f[i].nin && !t->f[i].removed; k++)
			readers[place_of(t->f[i].in[k])]++;
	for (uint32_t i = 1; i <= t->n; i++) {
		struct flow *f = &t->f[i], *in = f->perm != NULL ? flow_of(t, f->in[0]) : NULL;
		int64_t *perm;

		if (f->removed || in == NULL || in->removed || in->perm == NULL || in->output ||
		    readers[place_of(f->in[0])] != 1)
			continue;
		perm = arena_array(t->r->c.a, (size_t)f->v->rank + 1, sizeof *perm);
		for (int k = 0; k < f->v->rank; k++)
			perm[k] = in->perm[f->perm[k]];
		f->perm = perm;
		f->in[0] = in->in[0];
		in->removed = true;
	}
}

static bool
swaps_last_two(const struct flow *f)
{
	int n = f->v->rank;

	for (int i = 0; i < n - 2; i++)
		if (f->perm[i] != i)
			return false;
	return n > 1 && f->perm[n - 1] == n - 2;
}

static void
fuse(struct transposes *t)
{
	for (uint32_t i = 1; i <= t->n; i++) {
		struct flow *f = &t->f[i];

		for (uint32_t k = 0; k < f->nin && strcmp(f->v->maker, "matmul") == 0; k++) {
			const struct flow *in = flow_of(t, f->in[k]);

			if (in != NULL && !in->removed && in->perm != NULL && swaps_last_two(in))
				f->in[k] = in->in[0];
		}
	}
}

void
support_transposes(struct run *r)
{
	struct transposes t = { .r = r };

	if (!list(&t) || reduce(&t))
		return;
	rewrite(&t);
	merge(&t);
	fuse(&t);
	reduce(&t);
}
