/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that move numbers: every result is one of the operand's, or a filling. */
#include <math.h>
#include <string.h>

#include "exec/kernel.h"
#include "base/str.h"
#include "infer/axes.h"

/* Lists inside of lists. */
enum { NESTED = 8 };
/* A step beyond any size. */
#define LONGEST 0x1p40

/* Of ONNX the shape when inference does not know it: as the operation says. */
static struct array *
shape_of(struct exec *e, const struct array *x)
{
	int64_t dims[EXEC_RANK] = { 0 }, known = 1;
	struct setting shape;
	uint32_t axis;

	if (e->in.model->dialect != DIALECT_ONNX)
		return NULL;
	if (strcmp(e->name, "flatten") == 0) {
		axis = exec_axis(e, "axis", 1, x->rank + 1);
		dims[0] = dims[1] = 1;
		for (uint32_t i = 0; i < x->rank; i++)
			dims[i >= axis] *= x->dims[i];
		return exec_make(e, 2, dims);
	}
	if (strcmp(e->name, "reshape") != 0 || !exec_numbers(e, "shape", &shape) ||
	    shape.n > EXEC_RANK)
		return NULL;
	for (uint32_t i = 0; i < shape.n; i++) {
		dims[i] = exec_whole(e, shape.v[i]);
		if (dims[i] == 0 && i < x->rank)
			dims[i] = x->dims[i];
		if (dims[i] > 0 && known > INT64_MAX / dims[i])
			return NULL;
		known *= dims[i] > 0 ? dims[i] : 1;
	}
	for (uint32_t i = 0; i < shape.n; i++)
		if (dims[i] < 0)
			dims[i] = (int64_t)x->n / known;
	return exec_make(e, shape.n, dims);
}

/* The same numbers in a shape that the type says. */
static void
reshape(struct exec *e)
{
	const struct array *x = exec_main(e);
	struct array *to = x != NULL ? exec_typed(e, 0) : NULL;

	if (x != NULL && to == NULL) {
		e->lost = false;
		to = shape_of(e, x);
		e->lost |= to == NULL;
	}
	if (x == NULL || to == NULL)
		return;
	e->lost |= to->n != x->n;
	if (!e->lost)
		memcpy(to->v, x->v, x->n * sizeof *x->v);
	exec_put(e, 0, to);
}

static void
expand(struct exec *e)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_typed(e, 0);
	const double *p = x != NULL && to != NULL ? exec_spread(e, x, to) : NULL;

	if (p != NULL)
		memcpy(to->v, p, to->n * sizeof *p);
	exec_put(e, 0, to);
}

static bool
swap_last(uint32_t *order, uint32_t rank)
{
	for (uint32_t i = 0; i < rank; i++)
		order[i] = i + 2 < rank ? i : 2 * rank - 3 - i;
	return true;
}

static bool
move_axis(struct exec *e, uint32_t *order, uint32_t rank)
{
	uint32_t from = exec_axis(e, "source", NAN, rank), at = 0;
	uint32_t to = exec_axis(e, "destination", NAN, rank);

	for (uint32_t i = 0; i < rank && !e->lost; i++) {
		at += at == from;
		order[i] = i == to ? from : at++;
	}
	return !e->lost;
}

/* The axis of the operand that each of the result is. */
static bool
order_of(struct exec *e, const struct array *x, uint32_t order[EXEC_RANK])
{
	struct axes axes;
	bool known = axes_of_order(&e->in, e->n, &axes);

	for (uint32_t i = 0; i < x->rank; i++)
		order[i] = known && axes.n == x->rank ? (uint32_t)axes.lo[i] : x->rank - 1 - i;
	if (known)
		return axes.n == x->rank;
	if (strcmp(e->name, "mt") == 0 && x->rank >= 2)
		return swap_last(order, x->rank);
	if (strcmp(e->name, "movedim") == 0 || strcmp(e->name, "moveaxis") == 0)
		return move_axis(e, order, x->rank);
	return strcmp(e->name, "numpyt") == 0 || (strcmp(e->name, "t") == 0 && x->rank <= 2) ||
	    (strcmp(e->name, "transpose") == 0 && node_attr(e->n, "perm") == NULL &&
	    e->in.model->dialect == DIALECT_ONNX);
}

static void
transpose(struct exec *e)
{
	const struct array *x = exec_main(e);
	int64_t dims[EXEC_RANK] = { 0 };
	uint32_t order[EXEC_RANK];
	struct walk w = { .from = 0 };
	struct array *to;

	if (x == NULL)
		return;
	e->lost |= !order_of(e, x, order);
	for (uint32_t i = 0; i < x->rank && !e->lost; i++) {
		dims[i] = x->dims[order[i]];
		w.step[i] = (int64_t)exec_lines(x, order[i]).inner;
	}
	if (e->lost || (to = exec_make(e, x->rank, dims)) == NULL)
		return;
	exec_take(to, x, &w);
	exec_put(e, 0, to);
}

/* A place along an axis of n, counted from either end. */
static int64_t
place(double at, int64_t n, int64_t least, int64_t most)
{
	at += at < 0 ? (double)n : 0;
	return !(at >= (double)least) ? least : at > (double)most ? most : (int64_t)at;
}

/* What is taken of each axis: from where, in which steps, how many. */
struct cut { int64_t from[EXEC_RANK], step[EXEC_RANK], n[EXEC_RANK]; };

static void
cut_axis(struct exec *e, struct cut *c, const struct array *x, uint32_t axis, double begin,
	double end, double step)
{
	int64_t n = x->dims[axis], by = (int64_t)fmax(-LONGEST, fmin(LONGEST, step)), last;

	e->lost |= by == 0;
	if (e->lost)
		return;
	c->from[axis] = by > 0 ? place(begin, n, 0, n) : place(begin, n, -1, n - 1);
	last = by > 0 ? place(end, n, 0, n) : end < -(double)n ? -1 : place(end, n, -1, n - 1);
	c->step[axis] = by;
	c->n[axis] = by > 0 ? (last - c->from[axis] + by - 1) / by :
	    (c->from[axis] - last - by - 1) / -by;
	c->n[axis] = c->n[axis] < 0 ? 0 : c->n[axis];
}

static void
cut_torch(struct exec *e, const struct array *x, struct cut *c)
{
	double begin, length, axis = exec_axis(e, "dim", 0, x->rank);

	if (strncmp(e->name, "select", 6) == 0) {
		e->lost |= !exec_is_typed(e, 0);
		begin = exec_number(e, "index", 0);
		cut_axis(e, c, x, (uint32_t)axis, begin, begin == -1 ? INFINITY : begin + 1, 1);
		return;
	}
	begin = exec_number(e, "start", 0);
	length = exec_number(e, "length", -1);
	if (strncmp(e->name, "narrow", 6) == 0)
		cut_axis(e, c, x, (uint32_t)axis, begin, begin + length == 0 ? INFINITY :
		    begin + length, 1);
	else
		cut_axis(e, c, x, (uint32_t)axis, begin, exec_number(e, "end", INFINITY),
		    exec_number(e, "step", 1));
}

static void
cut_onnx(struct exec *e, const struct array *x, struct cut *c)
{
	struct setting begin, end, axes, steps;

	e->lost |= !exec_numbers(e, "starts", &begin) || !exec_numbers(e, "ends", &end) ||
	    begin.n != end.n;
	exec_numbers(e, "axes", &axes);
	exec_numbers(e, "steps", &steps);
	for (uint32_t i = 0; i < begin.n && !e->lost; i++) {
		uint32_t axis = exec_axis_at(e, axes.n == begin.n ? axes.v[i] : i, x->rank);

		if (!e->lost)
			cut_axis(e, c, x, axis, begin.v[i], end.v[i],
			    steps.n == begin.n ? steps.v[i] : 1);
	}
}

static void
cut_mil(struct exec *e, const struct array *x, struct cut *c)
{
	struct setting begin, end, stride, open, to_end, squeeze, size;
	bool sized = exec_numbers(e, "size", &size);

	e->lost |= !exec_numbers(e, "begin", &begin) || begin.n != x->rank;
	if (!sized)
		e->lost |= !exec_numbers(e, "end", &end) || end.n != x->rank;
	exec_numbers(e, "stride", &stride);
	exec_numbers(e, "begin_mask", &open);
	exec_numbers(e, "end_mask", &to_end);
	exec_numbers(e, "squeeze_mask", &squeeze);
	for (uint32_t i = 0; i < x->rank && !e->lost; i++) {
		double step = stride.n == x->rank ? stride.v[i] : 1, b = begin.v[i];
		double last = sized ? size.v[i] < 0 ? INFINITY : b + size.v[i] : end.v[i];

		if (squeeze.n == x->rank && squeeze.v[i] != 0) {
			e->lost |= !exec_is_typed(e, 0);
			cut_axis(e, c, x, i, b, b == -1 ? INFINITY : b + 1, 1);
			continue;
		}
		if (open.n == x->rank && open.v[i] != 0)
			b = step > 0 ? 0 : INFINITY;
		if (to_end.n == x->rank && to_end.v[i] != 0)
			last = step > 0 ? INFINITY : -INFINITY;
		cut_axis(e, c, x, i, b, last, step);
	}
}

static void
slice(struct exec *e)
{
	const struct array *x = exec_main(e);
	enum dialect d = e->in.model->dialect;
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
		cut_torch(e, x, &c);
	else if (d == DIALECT_ONNX)
		cut_onnx(e, x, &c);
	else
		cut_mil(e, x, &c);
	if (e->lost || (to = exec_make(e, x->rank, c.n)) == NULL)
		return;
	for (uint32_t i = 0; i < x->rank; i++) {
		int64_t stride = (int64_t)exec_lines(x, i).inner;

		w.from += c.from[i] * stride;
		w.step[i] = c.step[i] * stride;
	}
	exec_take(to, x, &w);
	exec_put(e, 0, to);
}

/* The n places of an axis that begin at from; drop: the axis itself goes. */
static struct array *
part_of(struct exec *e, const struct array *x, uint32_t axis, int64_t from, int64_t n, bool drop)
{
	struct lines l = exec_lines(x, axis);
	int64_t dims[EXEC_RANK] = { 0 };
	struct array *to;
	uint32_t rank = 0;

	for (uint32_t i = 0; i < x->rank; i++)
		if (i != axis || !drop)
			dims[rank++] = i == axis ? n : x->dims[i];
	if (from + n > x->dims[axis] || (to = exec_make(e, rank, dims)) == NULL) {
		e->lost = true;
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
count_parts(struct exec *e, struct parts *p, int64_t all, bool each_one)
{
	double number;

	p->each = 1;
	exec_numbers(e, "split_sizes split_size split", &p->sizes);
	number = exec_number(e, "chunks num_splits num_outputs", 0);
	if (p->sizes.n > 1 || (p->sizes.n == 1 && e->in.model->dialect !=
	    DIALECT_ATEN)) {
		p->n = p->sizes.n;
		return;
	}
	if (p->sizes.n == 1)
		p->each = (int64_t)p->sizes.v[0];
	else if (number >= 1)
		p->each = (all + (int64_t)number - 1) / (int64_t)number;
	else if (!each_one && e->n->nout > 1)
		p->each = all / e->n->nout;
	p->sizes.n = 0;
	e->lost |= p->each < 1;
	p->n = e->lost ? 0 : (uint32_t)((all + p->each - 1) / p->each);
}

static void
split(struct exec *e)
{
	bool each_one = strncmp(e->name, "unbind", 6) == 0;
	const struct array *x = exec_main(e);
	struct array *list[EXEC_LIST];
	int64_t from = 0, n;
	struct parts p;
	uint32_t axis;

	if (x == NULL)
		return;
	axis = exec_axis(e, "dim axis", 0, x->rank);
	if (e->lost)
		return;
	count_parts(e, &p, x->dims[axis], each_one);
	e->lost |= p.n > EXEC_LIST || (e->n->nout > 1 && p.n != e->n->nout);
	for (uint32_t i = 0; i < p.n && !e->lost; i++, from += n) {
		n = p.sizes.n > 0 ? (int64_t)p.sizes.v[i] : p.each;
		n = p.sizes.n == 0 && from + n > x->dims[axis] ? x->dims[axis] - from : n;
		list[i] = part_of(e, x, axis, from, n, each_one);
	}
	if (!e->lost && (e->n->nout > 1 || e->in.model->dialect == DIALECT_ATEN))
		exec_put_list(e, list, p.n);
	else if (!e->lost && p.n == 1)
		exec_put(e, 0, list[0]);
}

/* A tuple or list as one array: with lists inside of it as its parts, NULL what is not known. */
static const struct array *
parts_of(struct exec *e, const struct value *v, unsigned depth)
{
	const struct node *p = v != NULL ? v->producer : NULL;
	const struct array **list;
	struct array *a;

	if (p == NULL || strcmp(p->domain->s, "prim") != 0 || !strstr(p->type->s, "Construct"))
		return v != NULL ? exec_value(e, v) : NULL;
	if (depth == 0 || !exec_spend(e, p->nin + 1))
		return NULL;
	a = arena_alloc(e->arena, sizeof *a);
	list = arena_array(e->arena, p->nin + 1, sizeof *list);
	for (uint32_t i = 0; i < p->nin; i++)
		list[i] = parts_of(e, p->in[i], depth - 1);
	a->list = list;
	a->nlist = p->nin;
	return a;
}

/* The parts of a list become results. */
static void
unpack(struct exec *e)
{
	const struct array *x = e->n->nin > 0 ? parts_of(e, e->n->in[0], NESTED) : NULL;

	if (x == NULL || x->list == NULL || x->nlist != e->n->nout)
		return;
	for (uint32_t i = 0; i < x->nlist; i++)
		if (e->n->out[i] != NULL)
			e->of[e->n->out[i]->id] = x->list[i];
}

static void
getitem(struct exec *e)
{
	const struct array *x = e->n->nin > 0 ? parts_of(e, e->n->in[0], NESTED) : NULL;
	double i = exec_number(e, "idx b index", NAN);

	if (x == NULL || x->list == NULL)
		return;
	i += i < 0 ? x->nlist : 0;
	if (i >= 0 && i < x->nlist && e->n->nout == 1)
		e->of[e->n->out[0]->id] = x->list[(uint32_t)i];
}

static void
concat(struct exec *e)
{
	const struct array *list[EXEC_LIST];
	uint32_t n = exec_list(e, "tensors values inputs", list), axis;
	int64_t dims[EXEC_RANK], at = 0;
	struct lines l, own;
	struct array *to;

	e->lost |= n == 0 || list[0] == NULL || list[0]->list != NULL || list[0]->rank == 0 ||
	    exec_number(e, "interleave", 0) != 0;
	if (e->lost)
		return;
	axis = exec_axis(e, "dim axis", 0, list[0]->rank);
	memcpy(dims, list[0]->dims, sizeof dims);
	dims[axis] = 0;
	for (uint32_t i = 0; i < n && !e->lost; i++) {
		e->lost |= list[i] == NULL || list[i]->list != NULL ||
		    list[i]->rank != list[0]->rank;
		for (uint32_t d = 0; !e->lost && d < list[i]->rank; d++)
			e->lost |= d != axis && list[i]->dims[d] != dims[d];
		dims[axis] += e->lost ? 0 : list[i]->dims[axis];
	}
	if (e->lost || (to = exec_make(e, list[0]->rank, dims)) == NULL)
		return;
	l = exec_lines(to, axis);
	for (uint32_t i = 0; i < n; i++, at += (int64_t)own.n) {
		own = exec_lines(list[i], axis);
		for (uint64_t o = 0; o < l.outer; o++)
			memcpy(to->v + (o * l.n + (uint64_t)at) * l.inner, list[i]->v +
			    o * own.n * own.inner, own.n * own.inner * sizeof *to->v);
	}
	exec_put(e, 0, to);
}

static void
stack(struct exec *e)
{
	const struct array *list[EXEC_LIST];
	uint32_t n = exec_list(e, "tensors values", list), axis, rank;
	int64_t dims[EXEC_RANK] = { 0 };
	struct array *to;
	struct lines l;

	e->lost |= n == 0 || list[0] == NULL || list[0]->rank + 1 > EXEC_RANK;
	if (e->lost)
		return;
	rank = list[0]->rank + 1;
	axis = exec_axis(e, "dim axis", 0, rank);
	for (uint32_t i = 0; i < rank; i++)
		dims[i] = i == axis ? (int64_t)n : list[0]->dims[i - (i > axis)];
	for (uint32_t i = 0; i < n; i++)
		e->lost |= list[i] == NULL || list[i]->list != NULL || list[i]->n != list[0]->n;
	if (e->lost || (to = exec_make(e, rank, dims)) == NULL)
		return;
	l = exec_lines(to, axis);
	for (uint32_t i = 0; i < n; i++)
		for (uint64_t o = 0; o < l.outer; o++)
			memcpy(to->v + (o * l.n + i) * l.inner, list[i]->v + o * l.inner,
			    l.inner * sizeof *to->v);
	exec_put(e, 0, to);
}

/* Each operand along an axis of its own, through all of the others' sizes. */
static void
meshgrid(struct exec *e)
{
	const struct array *list[EXEC_LIST];
	struct array *made[EXEC_RANK];
	uint32_t n = exec_list(e, "tensors", list);
	int64_t dims[EXEC_RANK];
	struct setting order;

	exec_word(e, "indexing", &order);
	e->lost |= n == 0 || n > EXEC_RANK;
	for (uint32_t i = 0; i < n && !e->lost; i++) {
		e->lost |= list[i] == NULL || list[i]->list != NULL;
		dims[i] = e->lost ? 0 : (int64_t)list[i]->n;
	}
	if (!e->lost && n > 1 && strcmp(order.text, "xy") == 0) {
		dims[0] = (int64_t)list[1]->n;
		dims[1] = (int64_t)list[0]->n;
	}
	for (uint32_t i = 0; i < n && !e->lost; i++) {
		uint32_t axis = strcmp(order.text, "xy") == 0 && n > 1 && i < 2 ? 1 - i : i;
		struct lines l;

		if ((made[i] = exec_make(e, n, dims)) == NULL)
			return;
		l = exec_lines(made[i], axis);
		for (uint64_t k = 0; k < made[i]->n; k++)
			made[i]->v[k] = list[i]->v[k / l.inner % l.n];
	}
	if (!e->lost)
		exec_put_list(e, made, n);
}

kernel_fn *
kernel_shape(const struct exec *e)
{
	static const struct kernel_op ops[] = {
		{ "reshape flatten squeeze unsqueeze", "aom", reshape },
		{ "view unsafeview reshapeas viewas unflatten viewcopy squeezecopy unsqueezecopy",
		    "a", reshape },
		{ "expanddims flatten2d reshapelike", "m", reshape },
		{ "expand", "aom", expand }, { "expandas broadcastto expandcopy", "a", expand },
		{ "transpose", "aom", transpose },
		{ "permute t mt movedim moveaxis numpyt swapaxes permutecopy transposecopy "
		    "swapdims", "a", transpose },
		{ "slice", "ao", slice }, { "select narrow slicecopy selectcopy", "a", slice },
		{ "slicebyindex slicebysize", "m", slice },
		{ "split", "aom", split },
		{ "chunk splitwithsizes unbind constantchunk unsafechunk unsafesplit "
		    "unsafesplitwithsizes", "a", split },
		{ "meshgrid", "a", meshgrid }, { "listunpack tupleunpack", "a", unpack },
		{ "getitem tupleindex", "a", getitem },
		{ "concat", "aom", concat }, { "cat", "a", concat }, { "stack", "am", stack }
	};

	return kernel_find(ops, sizeof ops / sizeof *ops, e);
}
