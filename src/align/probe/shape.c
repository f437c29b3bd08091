/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that move numbers: every result is one of the operand's, or a filling. */
#include <math.h>
#include <string.h>

#include "align/probe/probe.h"
#include "base/str.h"
#include "ir/tensor.h"

/* The same numbers in a shape that the type says. */
static void
reshape(struct run *r)
{
	const struct array *x = probe_main(r);
	struct array *to = probe_typed(r, 0);

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
		double axis = axes.n == begin.n ? axes.v[i] : i;

		axis += axis < 0 ? x->rank : 0;
		r->lost |= !(axis >= 0 && axis < x->rank);
		if (!r->lost)
			cut_axis(r, c, x, (uint32_t)axis, begin.v[i], end.v[i],
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

/* Each result is the operand's at what fn makes of its place; negative: a filling. */
typedef int64_t place_fn(int64_t at, int64_t size, const double *arg);

static void
remap(const struct array *x, struct array *to, place_fn *fn, const double arg[][2], double fill)
{
	int64_t at[PROBE_RANK] = { 0 };

	for (uint64_t i = 0; i < to->n; i++) {
		int64_t from = 0;

		for (uint32_t d = 0; d < to->rank && from >= 0; d++) {
			int64_t p = fn(at[d], x->dims[d], arg[d]);

			from = p < 0 || p >= x->dims[d] ? -1 : from * x->dims[d] + p;
		}
		to->v[i] = from < 0 ? fill : x->v[from];
		for (uint32_t d = to->rank; d-- > 0 && ++at[d] == to->dims[d];)
			at[d] = 0;
	}
}

static int64_t
at_constant(int64_t at, int64_t size, const double *arg)
{
	(void)size;
	return at - (int64_t)arg[0];
}

static int64_t
at_edge(int64_t at, int64_t size, const double *arg)
{
	at -= (int64_t)arg[0];
	return at < 0 ? 0 : at >= size ? size - 1 : at;
}

static int64_t
at_mirror(int64_t at, int64_t size, const double *arg)
{
	at -= (int64_t)arg[0];
	at = at < 0 ? -at : at;
	return at >= size ? 2 * (size - 1) - at : at;
}

static int64_t
at_wrap(int64_t at, int64_t size, const double *arg)
{
	at -= (int64_t)arg[0];
	return size > 0 ? ((at % size) + size) % size : 0;
}

static place_fn *
mode_of(struct run *r)
{
	char name[PROBE_NAME];
	struct setting mode;

	probe_name(r->n, name);
	if (strncmp(name, "reflection", 10) == 0)
		return at_mirror;
	if (strncmp(name, "replication", 11) == 0)
		return at_edge;
	probe_word(r, "mode", &mode);
	if (strcmp(mode.text, "reflect") == 0)
		return at_mirror;
	if (strcmp(mode.text, "edge") == 0 || strcmp(mode.text, "replicate") == 0)
		return at_edge;
	if (strcmp(mode.text, "wrap") == 0 || strcmp(mode.text, "circular") == 0)
		return at_wrap;
	r->lost |= mode.text[0] != '\0' && strcmp(mode.text, "constant") != 0;
	return at_constant;
}

/* Of ONNX what is added may be computed on the way. */
static bool
room_of(struct run *r, const struct array *x, double room[PROBE_RANK][2])
{
	struct setting pads;

	if (geometry_pad(r->al, r->side, side_item(r->side, r->n), room, PROBE_RANK))
		return true;
	if (r->side->given->model->dialect != DIALECT_ONNX || probe_arg(r, "axes") != NULL ||
	    !probe_numbers(r, "pads", &pads) || pads.n != 2 * x->rank)
		return false;
	for (uint32_t i = 0; i < x->rank; i++) {
		room[i][0] = pads.v[i];
		room[i][1] = pads.v[x->rank + i];
	}
	return true;
}

static void
pad(struct run *r)
{
	double room[PROBE_RANK][2] = { { 0 } };
	const struct array *x = probe_main(r);
	int64_t dims[PROBE_RANK] = { 0 };
	struct array *to;

	if (x == NULL)
		return;
	r->lost |= !room_of(r, x, room);
	for (uint32_t i = 0; i < x->rank; i++)
		dims[i] = x->dims[i] + (int64_t)(room[i][0] + room[i][1]);
	if (r->lost || (to = probe_make(r, x->rank, dims)) == NULL)
		return;
	remap(x, to, mode_of(r), (const double (*)[2])room,
	    probe_number(r, "value constant_value constant_val", 0));
	probe_put(r, 0, to);
}

static int64_t
at_reverse(int64_t at, int64_t size, const double *arg)
{
	return arg[0] != 0 ? size - 1 - at : at;
}

static void
flip(struct run *r)
{
	double turned[PROBE_RANK][2] = { { 0 } };
	const struct array *x = probe_main(r);
	struct array *to = probe_like(r, x);
	struct setting axes;

	if (to == NULL)
		return;
	probe_numbers(r, "dims axes", &axes);
	for (uint32_t i = 0; i < x->rank && axes.n == 0; i++)
		turned[i][0] = 1;
	for (uint32_t i = 0; i < axes.n; i++) {
		double axis = axes.v[i] + (axes.v[i] < 0 ? x->rank : 0);

		r->lost |= !(axis >= 0 && axis < x->rank);
		if (!r->lost)
			turned[(uint32_t)axis][0] = 1;
	}
	remap(x, to, at_reverse, (const double (*)[2])turned, 0);
	probe_put(r, 0, to);
}

static void
roll(struct run *r)
{
	double by[PROBE_RANK][2] = { { 0 } };
	const struct array *x = probe_main(r);
	struct array *to = probe_like(r, x);
	struct setting shifts, axes;

	if (to == NULL)
		return;
	r->lost |= !probe_numbers(r, "shifts", &shifts);
	if (!probe_numbers(r, "dims", &axes)) { /* all as one axis */
		for (uint64_t i = 0; i < x->n && !r->lost; i++)
			to->v[i] = x->v[at_wrap((int64_t)i, (int64_t)x->n, shifts.v)];
		probe_put(r, 0, to);
		return;
	}
	r->lost |= axes.n != shifts.n;
	for (uint32_t i = 0; i < axes.n && !r->lost; i++) {
		double axis = axes.v[i] + (axes.v[i] < 0 ? x->rank : 0);

		r->lost |= !(axis >= 0 && axis < x->rank);
		if (!r->lost)
			by[(uint32_t)axis][0] += shifts.v[i];
	}
	remap(x, to, at_wrap, (const double (*)[2])by, 0);
	probe_put(r, 0, to);
}

/* The operand again and again along each axis. */
static void
tile(struct run *r)
{
	const struct array *x = probe_main(r);
	double none[PROBE_RANK][2] = { { 0 } };
	int64_t dims[PROBE_RANK];
	struct array *to, wide;
	struct setting reps;

	if (x == NULL)
		return;
	r->lost |= !probe_numbers(r, "reps repeats dims", &reps) || reps.n > PROBE_RANK;
	if (r->lost)
		return;
	wide = *x;
	wide.rank = x->rank > reps.n ? x->rank : reps.n;
	for (uint32_t i = 0; i < wide.rank; i++) {
		uint32_t off = wide.rank - x->rank, first = wide.rank - reps.n;

		wide.dims[i] = i < off ? 1 : x->dims[i - off];
		dims[i] = wide.dims[i] * (i < first ? 1 : (int64_t)reps.v[i - first]);
	}
	if ((to = probe_make(r, wide.rank, dims)) == NULL)
		return;
	remap(&wide, to, at_wrap, (const double (*)[2])none, 0);
	probe_put(r, 0, to);
}

static int64_t
at_part(int64_t at, int64_t size, const double *arg)
{
	(void)size;
	return at / (int64_t)arg[0];
}

static void
interleave(struct run *r)
{
	const struct array *x = probe_main(r);
	double each[PROBE_RANK][2], n = probe_number(r, "repeats", NAN);
	int64_t dims[PROBE_RANK];
	struct array *to;
	uint32_t axis;

	if (x == NULL || !(n >= 1))
		return;
	axis = probe_axis(r, "dim", NAN, x->rank);
	for (uint32_t i = 0; i < x->rank; i++) {
		each[i][0] = i == axis ? n : 1;
		dims[i] = x->dims[i] * (int64_t)each[i][0];
	}
	if (r->lost || (to = probe_make(r, x->rank, dims)) == NULL)
		return;
	remap(x, to, at_part, (const double (*)[2])each, 0);
	probe_put(r, 0, to);
}

/* Blocks of b x b between space and depth: are the channels of a block neighbours, or those of
 * its places? */
static void
move_blocks(struct run *r, int64_t b, bool to_space, bool neighbours)
{
	const struct array *x = probe_main(r);
	struct array *to = probe_typed(r, 0);
	const struct array *deep = to_space ? x : to, *wide = to_space ? to : x;
	int64_t c, h, w;

	if (x == NULL || to == NULL)
		return;
	r->lost |= x->rank < 3 || to->rank != x->rank || x->n != to->n || b < 1;
	if (r->lost)
		return;
	c = wide->dims[x->rank - 3];
	h = deep->dims[x->rank - 2];
	w = deep->dims[x->rank - 1];
	r->lost |= c * b * b != deep->dims[x->rank - 3] || wide->dims[x->rank - 2] != h * b;
	for (uint64_t i = 0; i < x->n && !r->lost; i++) {
		int64_t at = (int64_t)i, x1 = at % (w * b), y1, ch, n, from;

		at /= w * b;
		y1 = at % (h * b);
		at /= h * b;
		ch = at % c;
		n = at / c;
		from = neighbours ? (ch * b + y1 % b) * b + x1 % b :
		    ((y1 % b) * b + x1 % b) * c + ch;
		from = ((n * c * b * b + from) * h + y1 / b) * w + x1 / b;
		to->v[to_space ? (int64_t)i : from] = x->v[to_space ? from : (int64_t)i];
	}
	probe_put(r, 0, to);
}

static void
blocks(struct run *r)
{
	char name[PROBE_NAME];
	bool to_space, torch;
	struct setting mode;

	probe_name(r->n, name);
	probe_word(r, "mode", &mode);
	torch = strncmp(name, "pixel", 5) == 0;
	to_space = strcmp(name, "pixelshuffle") == 0 || strcmp(name, "depthtospace") == 0;
	move_blocks(r, (int64_t)probe_number(r, "upscale_factor downscale_factor blocksize "
	    "block_size", 0), to_space, torch || strcmp(mode.text, "CRD") == 0);
}

/* Zeros beyond so many diagonals below and above; negative: none. */
static void
keep_band(struct run *r, double lower, double upper, bool signs)
{
	const struct array *x = probe_main(r);
	struct array *to = probe_like(r, x);
	int64_t w, h;

	if (to == NULL || x->rank < 2)
		return;
	w = x->dims[x->rank - 1];
	h = x->dims[x->rank - 2];
	for (uint64_t i = 0; i < x->n; i++) {
		double row = (double)((int64_t)i / w % h), column = (double)((int64_t)i % w);
		bool kept = ((!signs && lower < 0) || row - column <= lower) &&
		    ((!signs && upper < 0) || column - row <= upper);

		to->v[i] = kept ? x->v[i] : 0;
	}
	probe_put(r, 0, to);
}

static void
triangle(struct run *r)
{
	double k = probe_number(r, "diagonal k", 0);
	char name[PROBE_NAME];
	bool upper = strcmp(probe_name(r->n, name), "triu") == 0 ||
	    (strcmp(name, "trilu") == 0 && probe_number(r, "upper", 1) != 0);

	if (strcmp(name, "bandpart") == 0)
		keep_band(r, probe_number(r, "lower", -1), probe_number(r, "upper", -1), false);
	else
		keep_band(r, upper ? -k : INFINITY, upper ? INFINITY : k, true);
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
		{ "concat", "aom", concat }, { "cat", "a", concat }, { "stack", "am", stack },
		{ "pad", "aom", pad }, { "constantpadnd reflectionpad1d reflectionpad2d "
		    "reflectionpad3d replicationpad1d replicationpad2d replicationpad3d",
		    "a", pad },
		{ "flip", "a", flip }, { "reverse", "m", flip }, { "roll", "a", roll },
		{ "tile", "aom", tile }, { "repeat", "a", tile },
		{ "repeatinterleave", "a", interleave },
		{ "pixelshuffle pixelunshuffle depthtospace spacetodepth", "aom", blocks },
		{ "triu tril trilu bandpart", "aom", triangle }
	};

	return probe_find(ops, sizeof ops / sizeof *ops, x);
}
