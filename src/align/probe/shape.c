/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that move numbers: every result is one of the operand's, or a filling. */
#include <math.h>
#include <string.h>

#include "align/probe/probe.h"
#include "base/str.h"
#include "ir/tensor.h"

/* Of ONNX the shape when inference does not know it: as the operation says. */
static struct array *
shape_of(struct run *r, const struct array *x)
{
	int64_t dims[PROBE_RANK] = { 0 }, known = 1;
	struct setting shape;
	char name[PROBE_NAME];
	uint32_t axis;

	if (r->side->given->model->dialect != DIALECT_ONNX)
		return NULL;
	probe_name(r->n, name);
	if (strcmp(name, "flatten") == 0) {
		axis = probe_axis(r, "axis", 1, x->rank + 1);
		dims[0] = dims[1] = 1;
		for (uint32_t i = 0; i < x->rank; i++)
			dims[i >= axis] *= x->dims[i];
		return probe_make(r, 2, dims);
	}
	if (strcmp(name, "reshape") != 0 || !probe_numbers(r, "shape", &shape) ||
	    shape.n > PROBE_RANK)
		return NULL;
	for (uint32_t i = 0; i < shape.n; i++) {
		dims[i] = (int64_t)shape.v[i];
		if (dims[i] == 0 && i < x->rank)
			dims[i] = x->dims[i];
		if (dims[i] > 0 && known > INT64_MAX / dims[i])
			return NULL;
		known *= dims[i] > 0 ? dims[i] : 1;
	}
	for (uint32_t i = 0; i < shape.n; i++)
		if (dims[i] < 0)
			dims[i] = (int64_t)x->n / known;
	return probe_make(r, shape.n, dims);
}

/* The same numbers in a shape that the type says. */
static void
reshape(struct run *r)
{
	const struct array *x = probe_main(r);
	struct array *to = x != NULL ? probe_typed(r, 0) : NULL;

	if (x != NULL && to == NULL) {
		r->lost = false;
		to = shape_of(r, x);
		r->lost |= to == NULL;
	}
	if (x == NULL || to == NULL)
		return;
	r->lost |= to->n != x->n;
	if (!r->lost)
		memcpy(to->v, x->v, x->n * sizeof *x->v);
	probe_put(r, 0, to);
}

static void
expand(struct run *r)
{
	const struct array *x = probe_main(r);
	struct array *to = probe_typed(r, 0);
	const double *p = x != NULL && to != NULL ? probe_spread(r, x, to) : NULL;

	if (p != NULL)
		memcpy(to->v, p, to->n * sizeof *p);
	probe_put(r, 0, to);
}

/* Where axis i of a walk over the result begins in the operand, and how far its steps go. */
struct walk { int64_t from, step[PROBE_RANK]; };

static void
take(struct array *to, const struct array *x, const struct walk *w)
{
	int64_t at[PROBE_RANK] = { 0 }, from = w->from;

	for (uint64_t i = 0; i < to->n; i++) {
		to->v[i] = from >= 0 && (uint64_t)from < x->n ? x->v[from] : NAN;
		for (uint32_t d = to->rank; d-- > 0;) {
			from += w->step[d];
			if (++at[d] < to->dims[d])
				break;
			from -= w->step[d] * to->dims[d];
			at[d] = 0;
		}
	}
}

static int64_t
stride_of(const struct array *x, uint32_t axis)
{
	int64_t n = 1;

	for (uint32_t i = axis + 1; i < x->rank; i++)
		n *= x->dims[i];
	return n;
}

/* The axis of the operand that each of the result is. */
static bool
order_of(struct run *r, const struct array *x, uint32_t order[PROBE_RANK])
{
	char name[PROBE_NAME];
	uint32_t n;

	probe_name(r->n, name);
	if (geometry_order(r->al, r->side, side_item(r->side, r->n), order, PROBE_RANK, &n))
		return n == x->rank;
	for (uint32_t i = 0; i < x->rank; i++)
		order[i] = x->rank - 1 - i;
	return strcmp(name, "numpyt") == 0 || (strcmp(name, "t") == 0 && x->rank <= 2) ||
	    (strcmp(name, "transpose") == 0 && node_attr(r->n, "perm") == NULL &&
	    r->side->given->model->dialect == DIALECT_ONNX);
}

static void
transpose(struct run *r)
{
	const struct array *x = probe_main(r);
	int64_t dims[PROBE_RANK] = { 0 };
	uint32_t order[PROBE_RANK];
	struct walk w = { .from = 0 };
	struct array *to;

	if (x == NULL)
		return;
	r->lost |= !order_of(r, x, order);
	for (uint32_t i = 0; i < x->rank && !r->lost; i++) {
		dims[i] = x->dims[order[i]];
		w.step[i] = stride_of(x, order[i]);
	}
	if (r->lost || (to = probe_make(r, x->rank, dims)) == NULL)
		return;
	take(to, x, &w);
	probe_put(r, 0, to);
}

/* A place along an axis of n, counted from either end. */
static int64_t
place(double at, int64_t n, int64_t least, int64_t most)
{
	at += at < 0 ? (double)n : 0;
	return at < (double)least ? least : at > (double)most ? most : (int64_t)at;
}

/* What is taken of each axis: from where, in which steps, how many. */
struct cut { int64_t from[PROBE_RANK], step[PROBE_RANK], n[PROBE_RANK]; };

static void
cut_axis(struct run *r, struct cut *c, const struct array *x, uint32_t axis, double begin,
	double end, double step)
{
	int64_t n = x->dims[axis], by = (int64_t)step, last;

	r->lost |= by == 0;
	if (r->lost)
		return;
	c->from[axis] = by > 0 ? place(begin, n, 0, n) : place(begin, n, -1, n - 1);
	last = by > 0 ? place(end, n, 0, n) : end < -(double)n ? -1 : place(end, n, -1, n - 1);
	c->step[axis] = by;
	c->n[axis] = by > 0 ? (last - c->from[axis] + by - 1) / by :
	    (c->from[axis] - last - by - 1) / -by;
	c->n[axis] = c->n[axis] < 0 ? 0 : c->n[axis];
}

static void
cut_torch(struct run *r, const struct array *x, struct cut *c)
{
	double begin, length, axis = probe_axis(r, "dim", 0, x->rank);
	char name[PROBE_NAME];

	probe_name(r->n, name);
	if (strncmp(name, "select", 6) == 0) {
		r->lost |= !probe_is_typed(r, 0);
		begin = probe_number(r, "index", 0);
		cut_axis(r, c, x, (uint32_t)axis, begin, begin == -1 ? INFINITY : begin + 1, 1);
		return;
	}
	begin = probe_number(r, "start", 0);
	length = probe_number(r, "length", -1);
	if (strncmp(name, "narrow", 6) == 0)
		cut_axis(r, c, x, (uint32_t)axis, begin, begin + length == 0 ? INFINITY :
		    begin + length, 1);
	else
		cut_axis(r, c, x, (uint32_t)axis, begin, probe_number(r, "end", INFINITY),
		    probe_number(r, "step", 1));
}

static void
cut_onnx(struct run *r, const struct array *x, struct cut *c)
{
	struct setting begin, end, axes, steps;

	r->lost |= !probe_numbers(r, "starts", &begin) || !probe_numbers(r, "ends", &end) ||
	    begin.n != end.n;
	probe_numbers(r, "axes", &axes);
	probe_numbers(r, "steps", &steps);
	for (uint32_t i = 0; i < begin.n && !r->lost; i++) {
		uint32_t axis = probe_axis_at(r, axes.n == begin.n ? axes.v[i] : i, x->rank);

		if (!r->lost)
			cut_axis(r, c, x, axis, begin.v[i], end.v[i],
			    steps.n == begin.n ? steps.v[i] : 1);
	}
}

static void
cut_mil(struct run *r, const struct array *x, struct cut *c)
{
	struct setting begin, end, stride, open, to_end, squeeze, size;
	bool sized = probe_numbers(r, "size", &size);

	r->lost |= !probe_numbers(r, "begin", &begin) || begin.n != x->rank;
	if (!sized)
		r->lost |= !probe_numbers(r, "end", &end) || end.n != x->rank;
	probe_numbers(r, "stride", &stride);
	probe_numbers(r, "begin_mask", &open);
	probe_numbers(r, "end_mask", &to_end);
	probe_numbers(r, "squeeze_mask", &squeeze);
	for (uint32_t i = 0; i < x->rank && !r->lost; i++) {
		double step = stride.n == x->rank ? stride.v[i] : 1, b = begin.v[i];
		double e = sized ? size.v[i] < 0 ? INFINITY : b + size.v[i] : end.v[i];

		if (squeeze.n == x->rank && squeeze.v[i] != 0) {
			r->lost |= !probe_is_typed(r, 0);
			cut_axis(r, c, x, i, b, b == -1 ? INFINITY : b + 1, 1);
			continue;
		}
		if (open.n == x->rank && open.v[i] != 0)
			b = step > 0 ? 0 : INFINITY;
		if (to_end.n == x->rank && to_end.v[i] != 0)
			e = step > 0 ? INFINITY : -INFINITY;
		cut_axis(r, c, x, i, b, e, step);
	}
}

static void
slice(struct run *r)
{
	const struct array *x = probe_main(r);
	enum dialect d = r->side->given->model->dialect;
	struct walk w = { .from = 0 };
	struct array *to;
	struct cut c;

	if (x == NULL)
		return;
	for (uint32_t i = 0; i < x->rank; i++) {
		c.from[i] = 0;
		c.step[i] = 1;
		c.n[i] = x->dims[i];
	}
	if (d == DIALECT_ATEN)
		cut_torch(r, x, &c);
	else if (d == DIALECT_ONNX)
		cut_onnx(r, x, &c);
	else
		cut_mil(r, x, &c);
	if (r->lost || (to = probe_make(r, x->rank, c.n)) == NULL)
		return;
	for (uint32_t i = 0; i < x->rank; i++) {
		w.from += c.from[i] * stride_of(x, i);
		w.step[i] = c.step[i] * stride_of(x, i);
	}
	take(to, x, &w);
	probe_put(r, 0, to);
}

/* Parts along an axis, from and upto of which are one; the axis itself may go. */
static struct array *
part_of(struct run *r, const struct array *x, uint32_t axis, int64_t from, int64_t n, bool drop)
{
	struct lines l = probe_lines(x, axis);
	int64_t dims[PROBE_RANK] = { 0 };
	struct array *to;
	uint32_t rank = 0;

	for (uint32_t i = 0; i < x->rank; i++)
		if (i != axis || !drop)
			dims[rank++] = i == axis ? n : x->dims[i];
	if (from + n > x->dims[axis] || (to = probe_make(r, rank, dims)) == NULL) {
		r->lost = true;
		return NULL;
	}
	for (uint64_t o = 0; o < l.outer; o++)
		memcpy(to->v + o * (uint64_t)n * l.inner, x->v + (o * l.n + (uint64_t)from) *
		    l.inner, (uint64_t)n * l.inner * sizeof *to->v);
	return to;
}

/* How many are the parts, and how large part i is. */
struct parts { struct setting sizes; int64_t each; uint32_t n; };

static void
count_parts(struct run *r, struct parts *p, int64_t all, bool each_one)
{
	double number;

	p->each = 1;
	probe_numbers(r, "split_sizes split_size split", &p->sizes);
	number = probe_number(r, "chunks num_splits num_outputs", 0);
	if (p->sizes.n > 1 || (p->sizes.n == 1 && r->side->given->model->dialect !=
	    DIALECT_ATEN)) {
		p->n = p->sizes.n;
		return;
	}
	if (p->sizes.n == 1)
		p->each = (int64_t)p->sizes.v[0];
	else if (number >= 1)
		p->each = (all + (int64_t)number - 1) / (int64_t)number;
	else if (!each_one && r->n->nout > 1)
		p->each = all / r->n->nout;
	p->sizes.n = 0;
	r->lost |= p->each < 1;
	p->n = r->lost ? 0 : (uint32_t)((all + p->each - 1) / p->each);
}

static void
split(struct run *r)
{
	char name[PROBE_NAME];
	bool each_one = strncmp(probe_name(r->n, name), "unbind", 6) == 0;
	const struct array *x = probe_main(r);
	struct array *list[PROBE_LIST];
	int64_t from = 0, n;
	struct parts p;
	uint32_t axis;

	if (x == NULL)
		return;
	axis = probe_axis(r, "dim axis", 0, x->rank);
	if (r->lost)
		return;
	count_parts(r, &p, x->dims[axis], each_one);
	r->lost |= p.n > PROBE_LIST || (r->n->nout > 1 && p.n != r->n->nout);
	for (uint32_t i = 0; i < p.n && !r->lost; i++, from += n) {
		n = p.sizes.n > 0 ? (int64_t)p.sizes.v[i] : p.each;
		n = p.sizes.n == 0 && from + n > x->dims[axis] ? x->dims[axis] - from : n;
		list[i] = part_of(r, x, axis, from, n, each_one);
	}
	if (!r->lost && (r->n->nout > 1 || r->side->given->model->dialect == DIALECT_ATEN))
		probe_put_list(r, list, p.n);
	else if (!r->lost && p.n == 1)
		probe_put(r, 0, list[0]);
}

/* The parts of a list become results. */
static void
unpack(struct run *r)
{
	const struct array *x = r->n->nin > 0 ? probe_value(r, r->n->in[0]) : NULL;

	if (x == NULL || x->list == NULL || x->nlist != r->n->nout)
		return;
	for (uint32_t i = 0; i < x->nlist; i++)
		if (r->n->out[i] != NULL)
			r->of[r->n->out[i]->id] = x->list[i];
}

static void
getitem(struct run *r)
{
	const struct array *x = r->n->nin > 0 ? probe_value(r, r->n->in[0]) : NULL;
	double i = probe_number(r, "idx b index", NAN);

	if (x == NULL || x->list == NULL)
		return;
	i += i < 0 ? x->nlist : 0;
	if (i >= 0 && i < x->nlist && r->n->nout == 1)
		r->of[r->n->out[0]->id] = x->list[(uint32_t)i];
}

static void
concat(struct run *r)
{
	const struct array *list[PROBE_LIST];
	uint32_t n = probe_list(r, "tensors values inputs", list), axis;
	int64_t dims[PROBE_RANK], at = 0;
	struct lines l, own;
	struct array *to;

	r->lost |= n == 0 || list[0] == NULL || list[0]->list != NULL || list[0]->rank == 0 ||
	    probe_number(r, "interleave", 0) != 0;
	if (r->lost)
		return;
	axis = probe_axis(r, "dim axis", 0, list[0]->rank);
	memcpy(dims, list[0]->dims, sizeof dims);
	dims[axis] = 0;
	for (uint32_t i = 0; i < n && !r->lost; i++) {
		r->lost |= list[i] == NULL || list[i]->list != NULL ||
		    list[i]->rank != list[0]->rank;
		for (uint32_t d = 0; !r->lost && d < list[i]->rank; d++)
			r->lost |= d != axis && list[i]->dims[d] != dims[d];
		dims[axis] += r->lost ? 0 : list[i]->dims[axis];
	}
	if (r->lost || (to = probe_make(r, list[0]->rank, dims)) == NULL)
		return;
	l = probe_lines(to, axis);
	for (uint32_t i = 0; i < n; i++, at += (int64_t)own.n) {
		own = probe_lines(list[i], axis);
		for (uint64_t o = 0; o < l.outer; o++)
			memcpy(to->v + (o * l.n + (uint64_t)at) * l.inner, list[i]->v +
			    o * own.n * own.inner, own.n * own.inner * sizeof *to->v);
	}
	probe_put(r, 0, to);
}

static void
stack(struct run *r)
{
	const struct array *list[PROBE_LIST];
	uint32_t n = probe_list(r, "tensors values", list), axis, rank;
	int64_t dims[PROBE_RANK] = { 0 };
	struct array *to;
	struct lines l;

	r->lost |= n == 0 || list[0] == NULL || list[0]->rank + 1 > PROBE_RANK;
	if (r->lost)
		return;
	rank = list[0]->rank + 1;
	axis = probe_axis(r, "dim axis", 0, rank);
	for (uint32_t i = 0; i < rank; i++)
		dims[i] = i == axis ? (int64_t)n : list[0]->dims[i - (i > axis)];
	for (uint32_t i = 0; i < n; i++)
		r->lost |= list[i] == NULL || list[i]->list != NULL || list[i]->n != list[0]->n;
	if (r->lost || (to = probe_make(r, rank, dims)) == NULL)
		return;
	l = probe_lines(to, axis);
	for (uint32_t i = 0; i < n; i++)
		for (uint64_t o = 0; o < l.outer; o++)
			memcpy(to->v + (o * l.n + i) * l.inner, list[i]->v + o * l.inner,
			    l.inner * sizeof *to->v);
	probe_put(r, 0, to);
}

/* Each operand along an axis of its own, through all of the others' sizes. */
static void
meshgrid(struct run *r)
{
	const struct array *list[PROBE_LIST];
	struct array *made[PROBE_RANK];
	uint32_t n = probe_list(r, "tensors", list);
	int64_t dims[PROBE_RANK];
	struct setting order;

	probe_word(r, "indexing", &order);
	r->lost |= n == 0 || n > PROBE_RANK;
	for (uint32_t i = 0; i < n && !r->lost; i++) {
		r->lost |= list[i] == NULL || list[i]->list != NULL;
		dims[i] = r->lost ? 0 : (int64_t)list[i]->n;
	}
	if (!r->lost && n > 1 && strcmp(order.text, "xy") == 0) {
		dims[0] = (int64_t)list[1]->n;
		dims[1] = (int64_t)list[0]->n;
	}
	for (uint32_t i = 0; i < n && !r->lost; i++) {
		uint32_t axis = strcmp(order.text, "xy") == 0 && n > 1 && i < 2 ? 1 - i : i;
		struct lines l;

		if ((made[i] = probe_make(r, n, dims)) == NULL)
			return;
		l = probe_lines(made[i], axis);
		for (uint64_t k = 0; k < made[i]->n; k++)
			made[i]->v[k] = list[i]->v[k / l.inner % l.n];
	}
	if (!r->lost)
		probe_put_list(r, made, n);
}

probe_fn *
probe_shape(const struct item *x)
{
	static const struct probe_op ops[] = {
		{ "reshape flatten squeeze unsqueeze", "aom", reshape },
		{ "view unsafeview reshapeas viewas unflatten viewcopy squeezecopy unsqueezecopy",
		    "a", reshape },
		{ "expanddims flatten2d reshapelike", "m", reshape },
		{ "expand", "aom", expand }, { "expandas broadcastto expandcopy", "a", expand },
		{ "transpose", "aom", transpose },
		{ "permute t numpyt swapaxes permutecopy transposecopy swapdims", "a", transpose },
		{ "slice", "ao", slice }, { "select narrow slicecopy selectcopy", "a", slice },
		{ "slicebyindex slicebysize", "m", slice },
		{ "split", "aom", split },
		{ "chunk splitwithsizes unbind constantchunk", "a", split },
		{ "meshgrid", "a", meshgrid }, { "listunpack tupleunpack", "a", unpack },
		{ "getitem", "a", getitem },
		{ "concat", "aom", concat }, { "cat", "a", concat }, { "stack", "am", stack }
	};

	return probe_find(ops, sizeof ops / sizeof *ops, x);
}
