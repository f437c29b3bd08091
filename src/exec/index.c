/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that look numbers up, write some among others, sort or make them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exec/kernel.h"
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
take_slices(struct exec *e, const struct array *x, const struct array *indices, uint32_t axis)
{
	int64_t dims[EXEC_RANK] = { 0 };
	struct array *to;
	struct lines l;
	uint32_t rank = 0;

	if (e->lost || x->rank + indices->rank > EXEC_RANK) {
		e->lost = true;
		return;
	}
	for (uint32_t i = 0; i < x->rank; i++) {
		for (uint32_t k = 0; i == axis && k < indices->rank; k++)
			dims[rank++] = indices->dims[k];
		if (i != axis)
			dims[rank++] = x->dims[i];
	}
	if ((to = exec_make(e, rank, dims)) == NULL)
		return;
	l = exec_lines(x, axis);
	for (uint64_t o = 0; o < l.outer; o++)
		for (uint64_t i = 0; i < indices->n; i++) {
			uint64_t at = place(indices->v[i], l.n);

			if (at == UINT64_MAX) {
				e->lost = true;
				return;
			}
			memcpy(to->v + (o * indices->n + i) * l.inner, x->v + (o * l.n + at) *
			    l.inner, l.inner * sizeof *to->v);
		}
	exec_put(e, 0, to);
}

static void
gather(struct exec *e)
{
	const struct array *x = exec_need(e, "data x self"), *indices;

	indices = exec_need(e, "indices index");
	e->lost |= exec_number(e, "batch_dims", 0) != 0;
	if (x != NULL && indices != NULL)
		take_slices(e, x, indices, exec_axis(e, "dim axis", 0, x->rank));
}

static void
embedding(struct exec *e)
{
	const struct array *x = exec_need(e, "weight"), *indices = exec_need(e, "indices");

	if (x != NULL && indices != NULL)
		take_slices(e, x, indices, 0);
}

/* Where along the axis each element of the result, that has the dims of the indices, is. */
static void
gather_elements(struct exec *e)
{
	const struct array *x = exec_main(e), *indices = exec_need(e, "indices index");
	struct array *to = exec_like(e, indices);
	int64_t at[EXEC_RANK] = { 0 };
	uint32_t axis;

	if (x == NULL || to == NULL || x->rank != indices->rank)
		return;
	axis = exec_axis(e, "dim axis", 0, x->rank);
	for (uint64_t i = 0; i < to->n && !e->lost; i++) {
		uint64_t from = 0, along = place(indices->v[i], (uint64_t)x->dims[axis]);

		e->lost |= along == UINT64_MAX;
		for (uint32_t d = 0; d < x->rank; d++) {
			e->lost |= at[d] >= x->dims[d] && d != axis;
			from = from * (uint64_t)x->dims[d] + (d == axis ? along :
			    (uint64_t)at[d]);
		}
		to->v[i] = e->lost ? 0 : x->v[from];
		for (uint32_t d = x->rank; d-- > 0 && ++at[d] == to->dims[d];)
			at[d] = 0;
	}
	exec_put(e, 0, to);
}

static double
combine(const char *how, double old, double new)
{
	if (strcmp(how, "add") == 0 || strcmp(how, "sum") == 0)
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
mode_of(struct exec *e, struct setting *mode)
{
	exec_word(e, "mode reduction reduce", mode);
	if (mode->text[0] == '\0')
		strcpy(mode->text, strcmp(e->name, "scatteradd") == 0 ||
		    e->in.model->dialect == DIALECT_MIL ? "add" : "none");
	e->lost |= !setting_is_one_of("none update add sum mul prod multiply max amax min amin sub "
	    "div", mode->text, strlen(mode->text));
	if (strcmp(e->name, "scatterreduce") == 0)
		e->lost |= exec_number(e, "include_self", 1) == 0;
}

static struct array *
copy_of(struct exec *e, const struct array *x)
{
	struct array *to = exec_like(e, x);

	if (to != NULL)
		memcpy(to->v, x->v, x->n * sizeof *x->v);
	return to;
}

static void
scatter_elements(struct exec *e)
{
	const struct array *x = exec_main(e), *indices = exec_need(e, "indices index"), *from;
	struct array *to = copy_of(e, x);
	int64_t at[EXEC_RANK] = { 0 };
	struct setting mode;
	uint32_t axis;

	from = exec_need(e, "updates src value");
	if (to == NULL || indices == NULL || from == NULL || x->rank != indices->rank ||
	    (from->n != 1 && from->rank != x->rank)) {
		e->lost = true;
		return;
	}
	mode_of(e, &mode);
	axis = exec_axis(e, "dim axis", 0, x->rank);
	for (uint64_t i = 0; i < indices->n && !e->lost; i++) {
		uint64_t k = 0, along = place(indices->v[i], (uint64_t)x->dims[axis]), src = 0;

		e->lost |= along == UINT64_MAX;
		for (uint32_t d = 0; d < x->rank; d++) {
			e->lost |= (at[d] >= x->dims[d] && d != axis) ||
			    (from->n > 1 && at[d] >= from->dims[d]);
			k = k * (uint64_t)x->dims[d] + (d == axis ? along : (uint64_t)at[d]);
			src = from->n > 1 ? src * (uint64_t)from->dims[d] + (uint64_t)at[d] : 0;
		}
		if (!e->lost)
			to->v[k] = combine(mode.text, to->v[k], from->v[src]);
		for (uint32_t d = x->rank; d-- > 0 && ++at[d] == indices->dims[d];)
			at[d] = 0;
	}
	exec_put(e, 0, to);
}

/* Tuples of indices along the last axis of indices; behind them slices of each numbers. */
struct tuples { uint64_t n, k, each; };

static bool
read_tuples(struct exec *e, const struct array *x, const struct array *indices, struct tuples *t)
{
	if (e->lost || indices->rank == 0 || indices->dims[indices->rank - 1] < 1 ||
	    indices->dims[indices->rank - 1] > (int64_t)x->rank)
		e->lost = true;
	if (e->lost)
		return false;
	t->k = (uint64_t)indices->dims[indices->rank - 1];
	t->n = indices->n / t->k;
	t->each = 1;
	for (uint32_t i = (uint32_t)t->k; i < x->rank; i++)
		t->each *= (uint64_t)x->dims[i];
	return true;
}

static uint64_t
tuple_at(struct exec *e, const struct array *x, const struct array *indices,
	const struct tuples *t, uint64_t i)
{
	uint64_t at = 0;

	for (uint64_t d = 0; d < t->k; d++) {
		uint64_t p = place(indices->v[i * t->k + d], (uint64_t)x->dims[d]);

		e->lost |= p == UINT64_MAX;
		at = at * (uint64_t)x->dims[d] + (e->lost ? 0 : p);
	}
	return at * t->each;
}

static void
gather_nd(struct exec *e)
{
	const struct array *x = exec_main(e), *indices = exec_need(e, "indices");
	struct array *to = exec_typed(e, 0);
	struct tuples t;

	e->lost |= exec_number(e, "batch_dims", 0) != 0;
	if (e->lost || !read_tuples(e, x, indices, &t) || to->n != t.n * t.each)
		return;
	for (uint64_t i = 0; i < t.n && !e->lost; i++) {
		uint64_t at = tuple_at(e, x, indices, &t, i);

		if (!e->lost)
			memcpy(to->v + i * t.each, x->v + at, t.each * sizeof *to->v);
	}
	exec_put(e, 0, to);
}

static void
scatter_nd(struct exec *e)
{
	const struct array *x = exec_main(e), *indices = exec_need(e, "indices"), *from;
	struct array *to = copy_of(e, x);
	struct setting mode;
	struct tuples t;

	from = exec_need(e, "updates");
	if (e->lost || to == NULL || !read_tuples(e, x, indices, &t))
		return;
	mode_of(e, &mode);
	e->lost |= from->n != t.n * t.each;
	for (uint64_t i = 0; i < t.n && !e->lost; i++) {
		uint64_t at = tuple_at(e, x, indices, &t, i);

		for (uint64_t k = 0; k < t.each && !e->lost; k++)
			to->v[at + k] = combine(mode.text, to->v[at + k],
			    from->v[i * t.each + k]);
	}
	exec_put(e, 0, to);
}

/* PyTorch's indexing by tensors: those that stand side by side are broadcast, their dims come
 * in the place of the axes they index. */
struct advanced {
	const struct array *list[EXEC_LIST];
	const double *at[EXEC_LIST];
	struct array shape;
	uint32_t first, n;
};

static bool
read_advanced(struct exec *e, const struct array *x, struct advanced *a)
{
	const struct array *some[EXEC_LIST];
	uint32_t n = exec_list(e, "indices", a->list), k = 0, last = 0;
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
	    !exec_broadcast(e, some, k, &a->shape) || (shape = exec_like(e, &a->shape)) == NULL) {
		e->lost = true;
		return false;
	}
	a->shape = *shape;
	for (uint32_t i = 0; i < k; i++)
		a->at[i] = exec_spread(e, some[i], shape);
	return !e->lost;
}

/* Place in x of index i among the slices that come before, and how many come behind. */
static uint64_t
advanced_at(struct exec *e, const struct array *x, const struct advanced *a, uint64_t i)
{
	uint64_t at = 0;

	for (uint32_t d = 0; d < a->n; d++) {
		uint64_t size = (uint64_t)x->dims[a->first + d], p = place(a->at[d][i], size);

		e->lost |= p == UINT64_MAX;
		at = at * size + (e->lost ? 0 : p);
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
by_truths(const struct exec *e)
{
	for (uint32_t i = 0; i < e->n->nin; i++) {
		const struct value *v = e->n->in[i];
		const struct node *p = v != NULL ? v->producer : NULL;
		const struct type *t = v != NULL ? exec_type(e, v) : NULL;

		if (i > 0 && t != NULL && t->tag == TY_TENSOR && t->dtype == DT_BOOL)
			return true;
		for (uint32_t k = 0; p != NULL && i > 0 && k < p->nin &&
		    strstr(p->type->s, "Construct") != NULL; k++) {
			t = p->in[k] != NULL ? exec_type(e, p->in[k]) : NULL;
			if (t != NULL && t->tag == TY_TENSOR && t->dtype == DT_BOOL)
				return true;
		}
	}
	return false;
}

static void
index_by(struct exec *e)
{
	const struct array *x = exec_main(e);
	int64_t dims[EXEC_RANK] = { 0 };
	uint64_t before, along, behind;
	struct advanced a;
	struct array *to;
	uint32_t rank = 0;

	e->lost |= by_truths(e);
	if (e->lost || !read_advanced(e, x, &a) || x->rank - a.n + a.shape.rank > EXEC_RANK) {
		e->lost = true;
		return;
	}
	for (uint32_t i = 0; i < x->rank; i++) {
		for (uint32_t k = 0; i == a.first && k < a.shape.rank; k++)
			dims[rank++] = a.shape.dims[k];
		if (i < a.first || i >= a.first + a.n)
			dims[rank++] = x->dims[i];
	}
	if ((to = exec_make(e, rank, dims)) == NULL)
		return;
	sizes_round(x, &a, &before, &along, &behind);
	for (uint64_t o = 0; o < before; o++)
		for (uint64_t i = 0; i < a.shape.n && !e->lost; i++) {
			uint64_t at = o * along + advanced_at(e, x, &a, i);

			if (!e->lost)
				memcpy(to->v + (o * a.shape.n + i) * behind,
				    x->v + at * behind, behind * sizeof *to->v);
		}
	exec_put(e, 0, to);
}

static void
index_put(struct exec *e)
{
	const struct array *x = exec_main(e), *values = exec_need(e, "values");
	const char *how = exec_number(e, "accumulate", 0) != 0 ? "add" : "none";
	uint64_t before, along, behind;
	struct array *to = copy_of(e, x);
	struct advanced a;

	e->lost |= by_truths(e);
	if (e->lost || to == NULL || !read_advanced(e, x, &a)) {
		e->lost = true;
		return;
	}
	sizes_round(x, &a, &before, &along, &behind);
	e->lost |= values->n != 1 && values->n != before * a.shape.n * behind;
	for (uint64_t o = 0; o < before; o++)
		for (uint64_t i = 0; i < a.shape.n && !e->lost; i++) {
			uint64_t place = o * along + advanced_at(e, x, &a, i);

			for (uint64_t k = 0; k < behind && !e->lost; k++) {
				uint64_t at = place * behind + k;
				uint64_t from = (o * a.shape.n + i) * behind + k;

				to->v[at] = combine(how, to->v[at],
				    values->v[values->n > 1 ? from : 0]);
			}
		}
	exec_put(e, 0, to);
}

/* Slices along one axis that are written at indices. */
static void
index_write(struct exec *e)
{
	const struct array *x = exec_main(e), *indices = exec_need(e, "index indices"), *from;
	struct array *to = copy_of(e, x);
	struct setting mode = { .n = 0 };
	struct lines l;

	from = exec_need(e, "source value updates");
	if (to == NULL || indices == NULL || from == NULL)
		return;
	if (e->in.model->dialect == DIALECT_MIL)
		mode_of(e, &mode);
	else if (strcmp(e->name, "indexadd") == 0)
		strcpy(mode.text, "add");
	l = exec_lines(x, exec_axis(e, "dim axis", 0, x->rank));
	e->lost |= (from->n != 1 && from->n != l.outer * indices->n * l.inner) ||
	    exec_number(e, "alpha", 1) != 1;
	for (uint64_t o = 0; o < l.outer; o++)
		for (uint64_t i = 0; i < indices->n && !e->lost; i++) {
			uint64_t at = place(indices->v[i], l.n);

			e->lost |= at == UINT64_MAX;
			for (uint64_t k = 0; k < l.inner && !e->lost; k++) {
				uint64_t p = (o * l.n + at) * l.inner + k;
				uint64_t q = (o * indices->n + i) * l.inner + k;

				to->v[p] = combine(mode.text, to->v[p],
				    from->v[from->n > 1 ? q : 0]);
			}
		}
	exec_put(e, 0, to);
}

static void
one_hot(struct exec *e)
{
	const struct array *x = exec_main(e), *values;
	double on = exec_number(e, "on_value", 1), off = exec_number(e, "off_value", 0);
	struct array *to = exec_typed(e, 0);
	struct lines l;

	values = e->in.model->dialect == DIALECT_ONNX ? exec_need(e, "values") : NULL;
	if (x == NULL || to == NULL || to->rank != x->rank + 1)
		return;
	l = exec_lines(to, exec_axis(e, "axis", -1, to->rank));
	e->lost |= l.outer * l.inner != x->n || (values != NULL && values->n != 2);
	for (uint64_t o = 0; o < l.outer && !e->lost; o++)
		for (uint64_t i = 0; i < l.inner; i++) {
			uint64_t at = place(x->v[o * l.inner + i], l.n);

			for (uint64_t k = 0; k < l.n; k++)
				to->v[(o * l.n + k) * l.inner + i] = k == at ?
				    values != NULL ? values->v[1] : on :
				    values != NULL ? values->v[0] : off;
		}
	exec_put(e, 0, to);
}

static void
range(struct exec *e)
{
	double start = exec_number(e, "start", 0), step = exec_number(e, "step delta", 1);
	struct array *to = exec_typed(e, 0);

	for (uint64_t i = 0; to != NULL && i < to->n; i++)
		to->v[i] = start + (double)i * step;
	exec_put(e, 0, to);
}

static void
linspace(struct exec *e)
{
	double start = exec_number(e, "start", 0), end = exec_number(e, "end", 1);
	struct array *to = exec_typed(e, 0);

	for (uint64_t i = 0; to != NULL && i < to->n; i++)
		to->v[i] = to->n > 1 ? start + (end - start) * (double)i / (double)(to->n - 1) :
		    start;
	exec_put(e, 0, to);
}

static void
fill(struct exec *e)
{
	double value;
	struct array *to = exec_typed(e, 0);

	value = strstr(e->name, "zeros") != NULL ? 0 : strstr(e->name, "ones") != NULL ? 1 :
	    exec_number(e, "fill_value value", 0);
	for (uint64_t i = 0; to != NULL && i < to->n; i++)
		to->v[i] = value;
	exec_put(e, 0, to);
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
sorted(struct exec *e, const struct array *x, uint32_t axis, uint64_t k, bool down,
	struct array **values, struct array **places)
{
	struct lines l = exec_lines(x, axis);
	uint64_t words = l.n * (sizeof(struct ranked) / sizeof(double));
	struct ranked *line;
	int64_t dims[EXEC_RANK];

	*values = *places = NULL;
	e->lost |= words > e->room || k > l.n;
	if (e->lost || !exec_spend(e, (double)x->n * 8 * log2((double)l.n + 2)))
		return;
	e->room -= words;
	line = arena_array(e->arena, l.n > 0 ? l.n : 1, sizeof *line);
	memcpy(dims, x->dims, sizeof dims);
	dims[axis] = (int64_t)k;
	*values = exec_make(e, x->rank, dims);
	*places = exec_make(e, x->rank, dims);
	e->lost |= *values == NULL || *places == NULL;
	for (uint64_t o = 0; o < l.outer * l.inner && !e->lost; o++) {
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
top_k(struct exec *e)
{
	const struct array *x = exec_main(e);
	double k = exec_number(e, "k K", 1);
	bool down = e->in.model->dialect == DIALECT_MIL ?
	    exec_number(e, "ascending", 0) == 0 : exec_number(e, "largest", 1) != 0;
	struct array *values, *places;

	if (x == NULL || !(k >= 1) || x->rank == 0)
		return;
	sorted(e, x, exec_axis(e, "dim axis", -1, x->rank), (uint64_t)exec_whole(e, k), down,
	    &values, &places);
	exec_put(e, 0, values);
	exec_put(e, 1, places);
}

static void
sort(struct exec *e)
{
	const struct array *x = exec_main(e);
	bool places_only = strcmp(e->name, "argsort") == 0, down;
	struct array *values, *places;
	uint32_t axis;

	if (x == NULL || x->rank == 0)
		return;
	axis = exec_axis(e, "dim axis", -1, x->rank);
	down = exec_number(e, "descending", 0) != 0;
	if (e->in.model->dialect == DIALECT_MIL)
		down = exec_number(e, "ascending", 0) == 0;
	if (e->lost)
		return;
	sorted(e, x, axis, (uint64_t)x->dims[axis], down, &values, &places);
	exec_put(e, 0, places_only ? places : values);
	if (!places_only)
		exec_put(e, 1, places);
}

kernel_fn *
kernel_index(const struct exec *e)
{
	static const struct kernel_op ops[] = {
		{ "gather", "om", gather }, { "indexselect", "a", gather },
		{ "embedding", "a", embedding }, { "gather", "a", gather_elements },
		{ "gatherelements", "o", gather_elements },
		{ "gatheralongaxis", "m", gather_elements }, { "gathernd", "om", gather_nd },
		{ "scatter scatteradd scatterreduce", "a", scatter_elements },
		{ "scatterelements scatter", "o", scatter_elements },
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

	return kernel_find(ops, sizeof ops / sizeof *ops, e);
}
