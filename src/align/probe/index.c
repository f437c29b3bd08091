/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that look numbers up, write some among others, sort or make them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "align/probe/probe.h"
#include "base/str.h"

/* A whole number below n, counted from either end; UINT64_MAX: it is none. */
static uint64_t
place(double at, uint64_t n)
{
	at += at < 0 ? (double)n : 0;
	return at >= 0 && at < (double)n && at == trunc(at) ? (uint64_t)at : UINT64_MAX;
}

/* Slices along an axis, in the order of the indices, which may have any shape. */
static void
take_slices(struct run *r, const struct array *x, const struct array *indices, uint32_t axis)
{
	int64_t dims[PROBE_RANK] = { 0 };
	struct array *to;
	struct lines l;
	uint32_t rank = 0;

	if (r->lost || x->rank + indices->rank > PROBE_RANK) {
		r->lost = true;
		return;
	}
	for (uint32_t i = 0; i < x->rank; i++) {
		for (uint32_t k = 0; i == axis && k < indices->rank; k++)
			dims[rank++] = indices->dims[k];
		if (i != axis)
			dims[rank++] = x->dims[i];
	}
	if ((to = probe_make(r, rank, dims)) == NULL)
		return;
	l = probe_lines(x, axis);
	for (uint64_t o = 0; o < l.outer; o++)
		for (uint64_t i = 0; i < indices->n; i++) {
			uint64_t at = place(indices->v[i], l.n);

			if (at == UINT64_MAX) {
				r->lost = true;
				return;
			}
			memcpy(to->v + (o * indices->n + i) * l.inner, x->v + (o * l.n + at) *
			    l.inner, l.inner * sizeof *to->v);
		}
	probe_put(r, 0, to);
}

static void
gather(struct run *r)
{
	const struct array *x = probe_need(r, "data x self"), *indices;

	indices = probe_need(r, "indices index");
	r->lost |= probe_number(r, "batch_dims", 0) != 0;
	if (x != NULL && indices != NULL)
		take_slices(r, x, indices, probe_axis(r, "dim axis", 0, x->rank));
}

static void
embedding(struct run *r)
{
	const struct array *x = probe_need(r, "weight"), *indices = probe_need(r, "indices");

	if (x != NULL && indices != NULL)
		take_slices(r, x, indices, 0);
}

/* Where along the axis each element of the result, that has the dims of the indices, is. */
static void
gather_elements(struct run *r)
{
	const struct array *x = probe_main(r), *indices = probe_need(r, "indices index");
	struct array *to = probe_like(r, indices);
	int64_t at[PROBE_RANK] = { 0 };
	uint32_t axis;

	if (x == NULL || to == NULL || x->rank != indices->rank)
		return;
	axis = probe_axis(r, "dim axis", 0, x->rank);
	for (uint64_t i = 0; i < to->n && !r->lost; i++) {
		uint64_t from = 0, along = place(indices->v[i], (uint64_t)x->dims[axis]);

		r->lost |= along == UINT64_MAX;
		for (uint32_t d = 0; d < x->rank; d++) {
			r->lost |= at[d] >= x->dims[d] && d != axis;
			from = from * (uint64_t)x->dims[d] + (d == axis ? along :
			    (uint64_t)at[d]);
		}
		to->v[i] = r->lost ? 0 : x->v[from];
		for (uint32_t d = x->rank; d-- > 0 && ++at[d] == to->dims[d];)
			at[d] = 0;
	}
	probe_put(r, 0, to);
}

static double
combine(const char *how, double old, double new, bool add)
{
	if (add || strcmp(how, "add") == 0 || strcmp(how, "sum") == 0)
		return old + new;
	if (strcmp(how, "mul") == 0 || strcmp(how, "prod") == 0 || strcmp(how, "multiply") == 0)
		return old * new;
	if (strcmp(how, "max") == 0 || strcmp(how, "amax") == 0)
		return fmax(old, new);
	if (strcmp(how, "min") == 0 || strcmp(how, "amin") == 0)
		return fmin(old, new);
	if (strcmp(how, "sub") == 0)
		return old - new;
	return strcmp(how, "div") == 0 ? old / new : new;
}

/* How what is written meets what is there; of ML Programs it is added when nothing is said. */
static void
mode_of(struct run *r, struct setting *mode)
{
	char name[PROBE_NAME];

	probe_name(r->n, name);
	probe_word(r, "mode reduction reduce", mode);
	if (mode->text[0] == '\0')
		strcpy(mode->text, strcmp(name, "scatteradd") == 0 ||
		    r->side->given->model->dialect == DIALECT_MIL ? "add" : "none");
	r->lost |= !setting_is_one_of("none update add sum mul prod multiply max amax min amin sub "
	    "div", mode->text, strlen(mode->text));
	if (strcmp(name, "scatterreduce") == 0)
		r->lost |= probe_number(r, "include_self", 1) == 0;
}

static struct array *
copy_of(struct run *r, const struct array *x)
{
	struct array *to = probe_like(r, x);

	if (to != NULL)
		memcpy(to->v, x->v, x->n * sizeof *x->v);
	return to;
}

static void
scatter_elements(struct run *r)
{
	const struct array *x = probe_main(r), *indices = probe_need(r, "indices index"), *from;
	struct array *to = copy_of(r, x);
	int64_t at[PROBE_RANK] = { 0 };
	struct setting mode;
	uint32_t axis;

	from = probe_need(r, "updates src value");
	if (to == NULL || indices == NULL || from == NULL || x->rank != indices->rank ||
	    (from->n != 1 && from->rank != x->rank)) {
		r->lost = true;
		return;
	}
	mode_of(r, &mode);
	axis = probe_axis(r, "dim axis", 0, x->rank);
	for (uint64_t i = 0; i < indices->n && !r->lost; i++) {
		uint64_t k = 0, along = place(indices->v[i], (uint64_t)x->dims[axis]), src = 0;

		r->lost |= along == UINT64_MAX;
		for (uint32_t d = 0; d < x->rank; d++) {
			r->lost |= (at[d] >= x->dims[d] && d != axis) ||
			    (from->n > 1 && at[d] >= from->dims[d]);
			k = k * (uint64_t)x->dims[d] + (d == axis ? along : (uint64_t)at[d]);
			src = from->n > 1 ? src * (uint64_t)from->dims[d] + (uint64_t)at[d] : 0;
		}
		if (!r->lost)
			to->v[k] = combine(mode.text, to->v[k], from->v[src], false);
		for (uint32_t d = x->rank; d-- > 0 && ++at[d] == indices->dims[d];)
			at[d] = 0;
	}
	probe_put(r, 0, to);
}

/* Tuples of indices along the last axis of indices; behind them slices of each numbers. */
struct tuples { uint64_t n, k, each; };

static bool
read_tuples(struct run *r, const struct array *x, const struct array *indices, struct tuples *t)
{
	if (r->lost || indices->rank == 0 || indices->dims[indices->rank - 1] < 1 ||
	    indices->dims[indices->rank - 1] > (int64_t)x->rank)
		r->lost = true;
	if (r->lost)
		return false;
	t->k = (uint64_t)indices->dims[indices->rank - 1];
	t->n = indices->n / t->k;
	t->each = 1;
	for (uint32_t i = (uint32_t)t->k; i < x->rank; i++)
		t->each *= (uint64_t)x->dims[i];
	return true;
}

static uint64_t
tuple_at(struct run *r, const struct array *x, const struct array *indices,
	const struct tuples *t, uint64_t i)
{
	uint64_t at = 0;

	for (uint64_t d = 0; d < t->k; d++) {
		uint64_t p = place(indices->v[i * t->k + d], (uint64_t)x->dims[d]);

		r->lost |= p == UINT64_MAX;
		at = at * (uint64_t)x->dims[d] + (r->lost ? 0 : p);
	}
	return at * t->each;
}

static void
gather_nd(struct run *r)
{
	const struct array *x = probe_main(r), *indices = probe_need(r, "indices");
	struct array *to = probe_typed(r, 0);
	struct tuples t;

	r->lost |= probe_number(r, "batch_dims", 0) != 0;
	if (r->lost || !read_tuples(r, x, indices, &t) || to->n != t.n * t.each)
		return;
	for (uint64_t i = 0; i < t.n && !r->lost; i++)
		memcpy(to->v + i * t.each, x->v + tuple_at(r, x, indices, &t, i),
		    t.each * sizeof *to->v);
	probe_put(r, 0, to);
}

static void
scatter_nd(struct run *r)
{
	const struct array *x = probe_main(r), *indices = probe_need(r, "indices"), *from;
	struct array *to = copy_of(r, x);
	struct setting mode;
	struct tuples t;

	from = probe_need(r, "updates");
	if (r->lost || to == NULL || !read_tuples(r, x, indices, &t))
		return;
	mode_of(r, &mode);
	r->lost |= from->n != t.n * t.each;
	for (uint64_t i = 0; i < t.n && !r->lost; i++) {
		uint64_t at = tuple_at(r, x, indices, &t, i);

		for (uint64_t k = 0; k < t.each; k++)
			to->v[at + k] = combine(mode.text, to->v[at + k],
			    from->v[i * t.each + k], false);
	}
	probe_put(r, 0, to);
}

/* PyTorch's indexing by tensors: those that stand side by side are broadcast, their dims come
 * in the place of the axes they index. */
struct advanced {
	const struct array *list[PROBE_LIST];
	const double *at[PROBE_LIST];
	struct array shape;
	uint32_t first, n;
};

static bool
read_advanced(struct run *r, const struct array *x, struct advanced *a)
{
	const struct array *some[PROBE_LIST];
	uint32_t n = probe_list(r, "indices", a->list), k = 0, last = 0;
	struct array *shape;

	a->first = n;
	for (uint32_t i = 0; i < n; i++) {
		if (a->list[i] == NULL)
			continue;
		a->first = k == 0 ? i : a->first;
		last = i;
		some[k++] = a->list[i];
	}
	a->n = k;
	if (x == NULL || k == 0 || n > x->rank || last - a->first + 1 != k ||
	    !probe_broadcast(r, some, k, &a->shape) || (shape = probe_like(r, &a->shape)) == NULL) {
		r->lost = true;
		return false;
	}
	a->shape = *shape;
	for (uint32_t i = 0; i < k; i++)
		a->at[i] = probe_spread(r, some[i], shape);
	return !r->lost;
}

/* Place in x of index i among the slices that come before, and how many come behind. */
static uint64_t
advanced_at(struct run *r, const struct array *x, const struct advanced *a, uint64_t i)
{
	uint64_t at = 0;

	for (uint32_t d = 0; d < a->n; d++) {
		uint64_t size = (uint64_t)x->dims[a->first + d], p = place(a->at[d][i], size);

		r->lost |= p == UINT64_MAX;
		at = at * size + (r->lost ? 0 : p);
	}
	return at;
}

static void
sizes_round(const struct array *x, const struct advanced *a, uint64_t *before, uint64_t *along,
	uint64_t *behind)
{
	*before = *along = *behind = 1;
	for (uint32_t i = 0; i < x->rank; i++)
		*(i < a->first ? before : i < a->first + a->n ? along : behind) *=
		    (uint64_t)x->dims[i];
}

/* Truths choose elements, as many as there are: how many is not known beforehand. */
static bool
by_truths(const struct run *r)
{
	for (uint32_t i = 0; i < r->n->nin; i++) {
		const struct value *v = r->n->in[i];
		const struct node *p = v != NULL ? v->producer : NULL;
		const struct type *t = v != NULL ? item_type(r->side, v) : NULL;

		if (i > 0 && t != NULL && t->tag == TY_TENSOR && t->dtype == DT_BOOL)
			return true;
		for (uint32_t k = 0; p != NULL && i > 0 && k < p->nin &&
		    strstr(p->type->s, "Construct") != NULL; k++) {
			t = p->in[k] != NULL ? item_type(r->side, p->in[k]) : NULL;
			if (t != NULL && t->tag == TY_TENSOR && t->dtype == DT_BOOL)
				return true;
		}
	}
	return false;
}

static void
index_by(struct run *r)
{
	const struct array *x = probe_main(r);
	int64_t dims[PROBE_RANK] = { 0 };
	uint64_t before, along, behind;
	struct advanced a;
	struct array *to;
	uint32_t rank = 0;

	r->lost |= by_truths(r);
	if (r->lost || !read_advanced(r, x, &a) || x->rank - a.n + a.shape.rank > PROBE_RANK) {
		r->lost = true;
		return;
	}
	for (uint32_t i = 0; i < x->rank; i++) {
		for (uint32_t k = 0; i == a.first && k < a.shape.rank; k++)
			dims[rank++] = a.shape.dims[k];
		if (i < a.first || i >= a.first + a.n)
			dims[rank++] = x->dims[i];
	}
	if ((to = probe_make(r, rank, dims)) == NULL)
		return;
	sizes_round(x, &a, &before, &along, &behind);
	for (uint64_t o = 0; o < before; o++)
		for (uint64_t i = 0; i < a.shape.n && !r->lost; i++)
			memcpy(to->v + (o * a.shape.n + i) * behind, x->v + (o * along +
			    advanced_at(r, x, &a, i)) * behind, behind * sizeof *to->v);
	probe_put(r, 0, to);
}

static void
index_put(struct run *r)
{
	const struct array *x = probe_main(r), *values = probe_need(r, "values");
	bool add = probe_number(r, "accumulate", 0) != 0;
	uint64_t before, along, behind;
	struct array *to = copy_of(r, x);
	struct advanced a;

	r->lost |= by_truths(r);
	if (r->lost || to == NULL || !read_advanced(r, x, &a)) {
		r->lost = true;
		return;
	}
	sizes_round(x, &a, &before, &along, &behind);
	r->lost |= values->n != 1 && values->n != before * a.shape.n * behind;
	for (uint64_t o = 0; o < before; o++)
		for (uint64_t i = 0; i < a.shape.n && !r->lost; i++)
			for (uint64_t k = 0; k < behind; k++) {
				uint64_t at = (o * along + advanced_at(r, x, &a, i)) * behind + k;
				uint64_t from = (o * a.shape.n + i) * behind + k;

				to->v[at] = combine("none", to->v[at],
				    values->v[values->n > 1 ? from : 0], add);
			}
	probe_put(r, 0, to);
}

/* Slices along one axis that are written at indices. */
static void
index_write(struct run *r)
{
	const struct array *x = probe_main(r), *indices = probe_need(r, "index indices"), *from;
	struct array *to = copy_of(r, x);
	struct setting mode = { .n = 0 };
	char name[PROBE_NAME];
	struct lines l;

	from = probe_need(r, "source value updates");
	if (to == NULL || indices == NULL || from == NULL)
		return;
	if (r->side->given->model->dialect == DIALECT_MIL)
		mode_of(r, &mode);
	l = probe_lines(x, probe_axis(r, "dim axis", 0, x->rank));
	r->lost |= (from->n != 1 && from->n != l.outer * indices->n * l.inner) ||
	    probe_number(r, "alpha", 1) != 1;
	for (uint64_t o = 0; o < l.outer; o++)
		for (uint64_t i = 0; i < indices->n && !r->lost; i++) {
			uint64_t at = place(indices->v[i], l.n);

			r->lost |= at == UINT64_MAX;
			for (uint64_t k = 0; k < l.inner && !r->lost; k++) {
				uint64_t p = (o * l.n + at) * l.inner + k;
				uint64_t q = (o * indices->n + i) * l.inner + k;

				to->v[p] = combine(mode.text, to->v[p],
				    from->v[from->n > 1 ? q : 0],
				    strcmp(probe_name(r->n, name), "indexadd") == 0);
			}
		}
	probe_put(r, 0, to);
}

static void
one_hot(struct run *r)
{
	const struct array *x = probe_main(r), *values;
	double on = probe_number(r, "on_value", 1), off = probe_number(r, "off_value", 0);
	struct array *to = probe_typed(r, 0);
	struct lines l;

	values = r->side->given->model->dialect == DIALECT_ONNX ? probe_need(r, "values") : NULL;
	if (x == NULL || to == NULL || to->rank != x->rank + 1)
		return;
	l = probe_lines(to, probe_axis(r, "axis", -1, to->rank));
	r->lost |= l.outer * l.inner != x->n || (values != NULL && values->n != 2);
	for (uint64_t o = 0; o < l.outer && !r->lost; o++)
		for (uint64_t i = 0; i < l.inner; i++) {
			uint64_t at = place(x->v[o * l.inner + i], l.n);

			for (uint64_t k = 0; k < l.n; k++)
				to->v[(o * l.n + k) * l.inner + i] = k == at ?
				    values != NULL ? values->v[1] : on :
				    values != NULL ? values->v[0] : off;
		}
	probe_put(r, 0, to);
}

static void
range(struct run *r)
{
	double start = probe_number(r, "start", 0), step = probe_number(r, "step delta", 1);
	struct array *to = probe_typed(r, 0);

	for (uint64_t i = 0; to != NULL && i < to->n; i++)
		to->v[i] = start + (double)i * step;
	probe_put(r, 0, to);
}

static void
linspace(struct run *r)
{
	double start = probe_number(r, "start", 0), end = probe_number(r, "end", 1);
	struct array *to = probe_typed(r, 0);

	for (uint64_t i = 0; to != NULL && i < to->n; i++)
		to->v[i] = to->n > 1 ? start + (end - start) * (double)i / (double)(to->n - 1) :
		    start;
	probe_put(r, 0, to);
}

static void
fill(struct run *r)
{
	char name[PROBE_NAME];
	double value;
	struct array *to = probe_typed(r, 0);

	probe_name(r->n, name);
	value = strstr(name, "zeros") != NULL ? 0 : strstr(name, "ones") != NULL ? 1 :
	    probe_number(r, "fill_value value", 0);
	for (uint64_t i = 0; to != NULL && i < to->n; i++)
		to->v[i] = value;
	probe_put(r, 0, to);
}

struct ranked { double x; uint64_t at; bool down; };

/* Equal ones in their order. */
static int
by_rank(const void *a, const void *b)
{
	const struct ranked *p = a, *q = b;
	int order = isnan(p->x) - isnan(q->x);

	if (order == 0)
		order = (p->x > q->x) - (p->x < q->x);
	order = p->down ? -order : order;
	return order != 0 ? order : (p->at > q->at) - (p->at < q->at);
}

/* The first k of each line when it is sorted: their numbers, their places, or both. */
static void
sorted(struct run *r, const struct array *x, uint32_t axis, uint64_t k, bool down,
	struct array **values, struct array **places)
{
	struct lines l = probe_lines(x, axis);
	struct ranked *line = arena_array(r->arena, l.n > 0 ? l.n : 1, sizeof *line);
	int64_t dims[PROBE_RANK];

	memcpy(dims, x->dims, sizeof dims);
	dims[axis] = (int64_t)k;
	*values = probe_make(r, x->rank, dims);
	*places = probe_make(r, x->rank, dims);
	r->lost |= k > l.n;
	for (uint64_t o = 0; o < l.outer * l.inner && !r->lost; o++) {
		uint64_t from = o / l.inner * l.n * l.inner + o % l.inner;
		uint64_t to = o / l.inner * k * l.inner + o % l.inner;

		for (uint64_t i = 0; i < l.n; i++)
			line[i] = (struct ranked){ x->v[from + i * l.inner], i, down };
		qsort(line, l.n, sizeof *line, by_rank);
		for (uint64_t i = 0; i < k; i++) {
			(*values)->v[to + i * l.inner] = line[i].x;
			(*places)->v[to + i * l.inner] = (double)line[i].at;
		}
	}
}

static void
top_k(struct run *r)
{
	const struct array *x = probe_main(r);
	double k = probe_number(r, "k K", 1);
	bool down = r->side->given->model->dialect == DIALECT_MIL ?
	    probe_number(r, "ascending", 0) == 0 : probe_number(r, "largest", 1) != 0;
	struct array *values, *places;

	if (x == NULL || !(k >= 1) || x->rank == 0)
		return;
	sorted(r, x, probe_axis(r, "dim axis", -1, x->rank), (uint64_t)k, down, &values, &places);
	probe_put(r, 0, values);
	probe_put(r, 1, places);
}

static void
sort(struct run *r)
{
	const struct array *x = probe_main(r);
	char name[PROBE_NAME];
	bool places_only = strcmp(probe_name(r->n, name), "argsort") == 0, down;
	struct array *values, *places;
	uint32_t axis;

	if (x == NULL || x->rank == 0)
		return;
	axis = probe_axis(r, "dim axis", -1, x->rank);
	down = probe_number(r, "descending", 0) != 0;
	if (r->side->given->model->dialect == DIALECT_MIL)
		down = probe_number(r, "ascending", 0) == 0;
	if (r->lost)
		return;
	sorted(r, x, axis, (uint64_t)x->dims[axis], down, &values, &places);
	probe_put(r, 0, places_only ? places : values);
	if (!places_only)
		probe_put(r, 1, places);
}

probe_fn *
probe_index(const struct item *x)
{
	static const struct probe_op ops[] = {
		{ "gather", "om", gather }, { "indexselect", "a", gather },
		{ "embedding", "a", embedding }, { "gather", "a", gather_elements },
		{ "gatherelements", "o", gather_elements },
		{ "gatheralongaxis", "m", gather_elements }, { "gathernd", "om", gather_nd },
		{ "scatter scatteradd scatterreduce", "a", scatter_elements },
		{ "scatterelements", "o", scatter_elements },
		{ "scatteralongaxis", "m", scatter_elements }, { "scatternd", "om", scatter_nd },
		{ "index unsafeindex", "a", index_by },
		{ "indexput unsafeindexput", "a", index_put },
		{ "indexadd indexcopy indexfill", "a", index_write },
		{ "scatter", "m", index_write },
		{ "onehot", "aom", one_hot }, { "arange", "a", range }, { "range", "o", range },
		{ "arangestartstep", "a", range }, { "range1d", "m", range },
		{ "linspace", "a", linspace }, { "zeros ones full zeroslike oneslike fulllike "
		    "newzeros newones newfull fill", "a", fill }, { "constantofshape", "o", fill },
		{ "fill filllike", "m", fill }, { "topk", "aom", top_k },
		{ "sort argsort", "am", sort }
	};

	return probe_find(ops, sizeof ops / sizeof *ops, x);
}
