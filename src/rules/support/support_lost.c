/* SPDX-License-Identifier: Apache-2.0 */
/* Writes in place that a converted model lacks, though nothing stops the conversion. The
 * front end of TorchScript gives the result of add_ a name of its own; who reads the
 * tensor it wrote to, or a view of it, by another name finds what was there before. Only
 * copy_ and fill_ through slices and selections are handed on (support_assign.c), and
 * writes to whole states. Each tensor that has memory of its own counts its writes; a
 * value remembers how many it shows. Source: convert_nodes and process_inplace_op of the
 * front end, and what it made of such modules. */
#include <stdlib.h>
#include <string.h>

#include "ir/frame.h"
#include "ir/tensor.h"
#include "rules/support/support_script.h"

/* Bounds that keep this linear. Of longer ways by views nobody knows that they part, so that a
 * write may be called lost that is not; of more than LOOK_BACK writes apart, or in deeper
 * loops, one that is lost may not be told. */
enum { STEPS_MAX = 16, REPEATS_MAX = 3, LOOK_BACK = 64 };

/* [from, to) of a dim counted from the front. */
struct range { int64_t dim, from, to; };

/* What is known of a value; of memory: the value that it began with. */
struct shown {
	const struct value *memory; /* NULL: holds none that others see */
	uint32_t seen;              /* writes to it that the value shows */
	uint32_t writes, last;      /* of memory: how many, and the last one, from 1 */
	bool given;                 /* an output of its graph */
	bool whole;                 /* in the order of the memory, nothing left out */
	bool state;                 /* coremltools writes back what is written to it */
	enum { RANGE_OPEN, RANGE_NONE, RANGE_THERE } has; /* of a slice or selection */
	struct range range;
};
/* A write that nobody was found to miss so far; before: the one before to that memory,
 * from 1. */
struct lost { const struct node *n; uint32_t number, before; bool hidden; };
struct look {
	struct run *r;
	struct shown *at;  /* by id of values */
	struct lost *list; /* in the order in which they are met */
	uint32_t n, repeats;
	enum { TOLD_LOST = 1, TOLD_FORGOTTEN = 2 } *told; /* of nodes, by id */
};

static int
compare(const void *key, const void *row)
{
	return strcmp(key, *(const char *const *)row);
}

#define IS_ONE_OF(n, list) (strcmp((n)->domain->s, "aten") == 0 && \
	bsearch((n)->type->s, list, sizeof list / sizeof *list, sizeof *list, compare) != NULL)

/* Results share memory with the first operand. */
static bool
is_view(const struct node *n)
{
	static const char *const views[] = { "alias", "as_strided", "chunk", "detach", "diagonal",
	    "expand", "expand_as", "mT", "movedim", "narrow", "numpy_T", "permute", "select",
	    "slice", "split", "split_with_sizes", "squeeze", "swapaxes", "swapdims", "t",
	    "tensor_split", "transpose", "unbind", "unfold", "unsqueeze", "view", "view_as" };

	return IS_ONE_OF(n, views) || strcmp(n->type->s, "ListUnpack") == 0;
}

/* They do when that is in the order of its memory; nothing moves then. */
static bool
is_view_of_whole(const struct node *n)
{
	static const char *const views[] = { "contiguous", "flatten", "reshape", "reshape_as",
	    "unflatten" };

	return IS_ONE_OF(n, views);
}

static bool
keeps_order(const struct node *n)
{
	static const char *const orders[] = { "alias", "detach", "squeeze", "unsqueeze", "view",
	    "view_as" };

	return IS_ONE_OF(n, orders) || is_view_of_whole(n);
}

static bool
reads_no_data(const struct node *n)
{
	static const char *const shapes[] = { "dim", "empty_like", "full_like", "is_complex",
	    "is_floating_point", "len", "new_empty", "new_full", "new_ones", "new_zeros", "numel",
	    "ones_like", "rand_like", "randn_like", "size", "zeros_like" };

	return IS_ONE_OF(n, shapes) || (strcmp(n->domain->s, "prim") == 0 && n->nregions == 0 &&
	    strcmp(n->type->s, "ListConstruct") != 0 && strcmp(n->type->s, "TupleConstruct") != 0);
}

/* Nothing that was there is left. */
static bool
overwrites(const struct node *n)
{
	static const char *const all[] = { "copy_", "fill_", "normal_", "uniform_", "zero_" };

	return IS_ONE_OF(n, all);
}

static bool
has_memory(const struct value *v)
{
	return v != NULL && !(v->flags & VALUE_LITERAL);
}

/* Memory begins with the first value that is met. */
static struct shown *
shown_of(struct look *l, const struct value *v)
{
	struct shown *s = &l->at[v->id];

	if (s->memory == NULL) {
		s->memory = v;
		s->whole = true;
		s->state = l->r->is_state[v->id];
	}
	return s;
}

static bool
operand_int(struct look *l, const struct node *n, uint32_t i, int64_t *x)
{
	return i < n->nin && mv_int(script_value(l->r, n->in[i]), x);
}

/* Of a slice without a step, or a selection, from a place that is known. */
static bool
read_range(struct look *l, const struct node *n, struct range *r)
{
	bool none = n->nin > 3 && mv_absent(script_value(l->r, n->in[3]));
	int64_t step;

	r->to = INT64_MAX;
	if (!operand_int(l, n, 1, &r->dim) || r->dim < 0)
		return false;
	if (strcmp(n->type->s, "select") == 0) {
		if (!operand_int(l, n, 2, &r->from) || r->from < 0)
			return false;
		r->to = r->from + 1;
		return true;
	}
	if (strcmp(n->type->s, "slice") != 0 ||
	    (n->nin > 4 && (!operand_int(l, n, 4, &step) || step != 1)))
		return false;
	if (!operand_int(l, n, 2, &r->from)) {
		if (n->nin < 3 || !mv_absent(script_value(l->r, n->in[2])))
			return false;
		r->from = 0;
	}
	return r->from >= 0 && (none || (operand_int(l, n, 3, &r->to) && r->to >= 0));
}

static const struct range *
range_of(struct look *l, const struct value *v)
{
	struct shown *s = &l->at[v->id];

	if (s->has == RANGE_OPEN)
		s->has = read_range(l, v->producer, &s->range) ? RANGE_THERE : RANGE_NONE;
	return s->has == RANGE_THERE ? &s->range : NULL;
}

/* The views by which a value came from its memory, the last one first. Slices of all there
 * is are left out. */
static uint32_t
path_of(struct look *l, const struct value *v, const struct value **path)
{
	uint32_t n = 0;

	while (v->producer != NULL && n < STEPS_MAX && (is_view(v->producer) ||
	    is_view_of_whole(v->producer)) && v->producer->nin > 0 &&
	    has_memory(v->producer->in[0])) {
		const struct range *r = range_of(l, v);

		if (r == NULL || r->from != 0 || r->to != INT64_MAX)
			path[n++] = v;
		v = v->producer->in[0];
	}
	return n;
}

/* Are two views of one memory of different elements of it, so that one does not show what
 * is written to the other? Compared where their ways part. */
static bool
is_apart(struct look *l, const struct value *a, const struct value *b)
{
	const struct value *pa[STEPS_MAX], *pb[STEPS_MAX];
	uint32_t na = path_of(l, a, pa), nb = path_of(l, b, pb);
	const struct range *rx, *ry;

	while (na > 0 && nb > 0 && na < STEPS_MAX && nb < STEPS_MAX) {
		const struct value *x = pa[--na], *y = pb[--nb];

		if (x == y)
			continue;
		if (x->producer == y->producer)
			return true; /* two of a list of pieces */
		rx = range_of(l, x);
		ry = range_of(l, y);
		if (rx == NULL || ry == NULL || rx->dim != ry->dim)
			return false;
		if (rx->from != ry->from || rx->to != ry->to)
			return rx->to <= ry->from || ry->to <= rx->from;
	}
	return false;
}

static const char *
reader_text(struct look *l, const struct node *reader)
{
	const char *line;

	if (reader == NULL)
		return "the output";
	line = node_line(l->r->c.m, reader, l->r->c.a);
	return *line != '\0' ? arena_printf(l->r->c.a, "%s at %s", reader->type->s, line) :
	    reader->type->s;
}

static void
say_lost(struct look *l, const struct node *n, const struct node *reader)
{
	if (l->told[n->id] & TOLD_LOST)
		return;
	l->told[n->id] |= TOLD_LOST;
	l->r->c.advice = "use the result of the operator without _ (torch.where, torch.cat, "
	    "slice_scatter) in place of the tensor, or torch.export with run_decompositions({})";
	support_silent_node(l->r, n, REASON_INPLACE, "what %s writes is lost: %s still finds "
	    "what was there before", n->type->s, reader_text(l, reader));
}

/* A value's data is needed: are there writes that it does not show? Those that are told
 * leave the list; of others the last ones are looked at. reader NULL: the end. */
static void
read_value(struct look *l, const struct value *v, const struct node *reader)
{
	struct shown *s, *memory;
	uint32_t *at, left = LOOK_BACK;

	if (!has_memory(v))
		return;
	s = shown_of(l, v);
	memory = &l->at[s->memory->id];
	for (at = &memory->last; *at > 0 && left > 0;) {
		struct lost *w = &l->list[*at - 1];

		if (w->number <= s->seen)
			return;
		if (w->hidden || is_apart(l, v, w->n->in[0])) {
			at = &w->before;
			left--;
			continue;
		}
		say_lost(l, w->n, reader);
		*at = w->before;
	}
}

static bool
is_buffer(const struct value *memory)
{
	return memory->producer == NULL && memory->constant != NULL;
}

static void
say_forgotten(struct look *l, const struct node *n, const struct value *buffer, bool state)
{
	if (l->told[n->id] & TOLD_FORGOTTEN)
		return;
	l->told[n->id] |= TOLD_FORGOTTEN;
	/* batch_norm counts its calls in training alone */
	if (strstr(buffer->name->s, "num_batches_tracked") != NULL)
		l->r->c.advice = support_training;
	else
		l->r->c.advice = state ? "write to the whole buffer, or select and slice it with "
		    "copy_ alone (buffer[:, i] = x)" : "make it a state "
		    "(--states=state:NAME:TYPE, from iOS18 on), or give it as an input and return "
		    "what it becomes";
	support_silent_node(l->r, n, REASON_STATE, state ? "what %s writes is not kept: state %s "
	    "is handed on only where it is written as a whole" : "what %s writes is not kept: "
	    "each prediction begins with buffer %s as the file has it", n->type->s,
	    buffer->name->s);
}

static void
write_value(struct look *l, const struct node *n)
{
	const struct value *source = script_written(l->r, n);
	const struct value *to = source != NULL ? source : n->in[0];
	struct shown *s = shown_of(l, to), *memory = &l->at[s->memory->id], *out;

	if (is_buffer(s->memory) && !s->state)
		say_forgotten(l, n, s->memory, memory->state);
	l->list = arena_grow(l->r->c.a, l->list, l->n, sizeof *l->list);
	l->list[l->n++] = (struct lost){ n, ++memory->writes, memory->last, false };
	memory->last = l->n;
	if (source != NULL)
		s->seen = memory->writes;
	if (n->nout > 0 && n->out[0] != NULL) {
		out = &l->at[n->out[0]->id];
		*out = (struct shown){ .memory = s->memory, .seen = memory->writes,
		    .given = out->given, .whole = s->whole, .state = s->state };
	}
}

static void
share(struct look *l, const struct node *n)
{
	struct shown s;

	if (n->nin == 0 || !has_memory(n->in[0]))
		return;
	s = *shown_of(l, n->in[0]);
	if (is_view_of_whole(n) && !s.whole) {
		read_value(l, n->in[0], n);
		return;
	}
	s.whole &= keeps_order(n);
	s.state = false;
	s.writes = s.last = 0;
	s.has = RANGE_OPEN;
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL) {
			s.given = l->at[n->out[i]->id].given;
			l->at[n->out[i]->id] = s;
		}
}

static void look_through(struct look *, const struct graph *);

/* 1 or 0; -1: not known. Attributes such as training are known to the file. */
static int
truth_of(struct look *l, const struct value *v)
{
	unsigned char b[16];
	double x;

	if (v == NULL)
		return -1;
	if (mv_number(script_value(l->r, v), &x))
		return x < 0 || x > 0;
	if (v->constant != NULL && v->constant->dtype == DT_BOOL &&
	    tensor_first(v->constant, l->r->c.a, b, 1) == 1)
		return dtype_get_int(DT_BOOL, b, 0) != 0;
	return -1;
}

static void
hide(struct look *l, uint32_t from, uint32_t to, bool hidden)
{
	for (uint32_t i = from; i < to; i++)
		l->list[i].hidden = hidden;
}

/* One of two branches is taken: neither reads what the other writes. */
static void
look_into_branches(struct look *l, const struct node *n)
{
	uint32_t from = l->n, to;
	int truth = truth_of(l, n->in[0]);

	if (truth != 0)
		look_through(l, n->regions[0]);
	to = l->n;
	hide(l, from, to, true);
	if (truth != 1)
		look_through(l, n->regions[1]);
	hide(l, from, to, false);
}

/* What a loop writes at its end is read at its beginning. */
static void
look_into(struct look *l, const struct node *n)
{
	bool again = strcmp(n->type->s, "Loop") == 0 && l->repeats < REPEATS_MAX;

	if (strcmp(n->type->s, "If") == 0 && n->nregions == 2 && n->nin == 1) {
		look_into_branches(l, n);
		return;
	}
	l->repeats += again;
	for (int turn = 0; turn <= (int)again; turn++)
		for (uint32_t i = 0; i < n->nregions; i++)
			look_through(l, n->regions[i]);
	l->repeats -= again;
}

static bool
is_used(const struct look *l, const struct node *n)
{
	const uint32_t *start = l->r->uses->start;

	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL && (l->at[n->out[i]->id].given ||
		    start[n->out[i]->id + 1] > start[n->out[i]->id]))
			return true;
	return false;
}

static void
look_through(struct look *l, const struct graph *g)
{
	for (uint32_t i = 0; i < g->noutputs; i++)
		l->at[g->outputs[i]->id].given = true;
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];
		bool writes = support_writes(n) && has_memory(n->in[0]);

		if (is_view(n) || is_view_of_whole(n)) {
			share(l, n);
			continue;
		}
		for (uint32_t k = writes && overwrites(n); k < n->nin && !reads_no_data(n); k++)
			if (writes || is_used(l, n) || n->nregions > 0)
				read_value(l, n->in[k], n);
		if (writes)
			write_value(l, n);
		look_into(l, n);
	}
	for (uint32_t i = 0; i < g->noutputs; i++)
		read_value(l, g->outputs[i], g->parent);
}

void
script_lost(struct run *r)
{
	struct look l = { .r = r, .at = arena_array(r->c.a, r->c.m->nvalues + 1, sizeof *l.at),
	    .told = arena_array(r->c.a, r->c.m->nnodes + 1, sizeof *l.told) };

	look_through(&l, r->c.m->main);
}
