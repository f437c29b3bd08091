/* SPDX-License-Identifier: Apache-2.0 */
/* Recurrent layers. The gates of PyTorch's LSTM stand as input, forget, cell, output, those of
 * ONNX as input, output, forget, cell, of ML Programs as input, forget, output, cell; of a GRU
 * as reset, update, new in PyTorch, as update, reset, new in ONNX, and as reset, new, update in
 * ML Programs, where the reset is of the product and no bias is in it. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "exec/kernel.h"
#include "exec/scalar.h"
#include "base/str.h"

enum { GATES = 4 };
enum cell { CELL_LSTM, CELL_GRU, CELL_TANH, CELL_RELU };

/* One direction of one layer; biases may not be there. order[g]: where gate g stands, counted
 * as PyTorch does. */
struct layer {
	const double *w, *u, *b, *c; /* of the input and of the state, and their biases */
	const double *h, *s;         /* states at the start; NULL: zeros */
	uint32_t order[GATES];
	enum cell cell;
	uint64_t in, size;
	bool back;                   /* from the end */
	bool inside;                 /* of a GRU: reset is applied before the product */
};

static uint32_t
gates_of(enum cell cell)
{
	return cell == CELL_LSTM ? 4 : cell == CELL_GRU ? 3 : 1;
}

static double
line(const double *w, const double *x, uint64_t row, uint64_t n)
{
	double sum = 0;

	for (uint64_t i = 0; i < n; i++)
		sum += w[row * n + i] * x[i];
	return sum;
}

/* Gate g of unit i: what comes of the input and of the state. */
static void
gate(const struct layer *l, uint32_t g, uint64_t i, const double *x, const double *h, double *in,
	double *of)
{
	uint64_t row = l->order[g] * l->size + i;

	*in = line(l->w, x, row, l->in) + (l->b != NULL ? l->b[row] : 0);
	*of = line(l->u, h, row, l->size) + (l->c != NULL ? l->c[row] : 0);
}

static void
step(const struct layer *l, const double *x, const double *h, double *s, double *to, double *tmp)
{
	double in[GATES], of[GATES], z[GATES];
	uint32_t n = gates_of(l->cell);

	for (uint64_t i = 0; i < l->size && l->inside; i++) {
		gate(l, 0, i, x, h, &in[0], &of[0]);
		tmp[i] = h[i] * scalar_sigmoid(in[0] + of[0]);
	}
	for (uint64_t i = 0; i < l->size; i++) {
		for (uint32_t g = 0; g < n; g++) {
			gate(l, g, i, x, g == 2 && l->inside ? tmp : h, &in[g], &of[g]);
			z[g] = in[g] + of[g];
		}
		if (l->cell == CELL_LSTM) {
			s[i] = scalar_sigmoid(z[1]) * s[i] + scalar_sigmoid(z[0]) * tanh(z[2]);
			to[i] = scalar_sigmoid(z[3]) * tanh(s[i]);
		} else if (l->cell == CELL_GRU) {
			double fresh = tanh(in[2] + (l->inside ? 1 : scalar_sigmoid(z[0])) * of[2]);

			to[i] = (1 - scalar_sigmoid(z[1])) * fresh + scalar_sigmoid(z[1]) * h[i];
		} else {
			to[i] = l->cell == CELL_TANH ? tanh(z[0]) : fmax(z[0], 0);
		}
	}
}

/* Numbers of a sequence: time, batch and unit; how far apart the first two are. */
struct grid { double *v; uint64_t time, batch; };

/* Along time steps of each of the batch; the last states go to h and s when they are there. */
static void
run_layer(struct exec *e, const struct layer *l, const struct grid *x, const struct grid *to,
	uint64_t times, uint64_t batch, double *h, double *s)
{
	double *own = arena_array(e->arena, 4 * l->size + 1, sizeof *own);
	double *state = own + l->size, *tmp = own + 2 * l->size, *out = own + 3 * l->size;

	if (!exec_spend(e, (double)(times * batch * l->size * GATES * (l->in + l->size))))
		return;
	for (uint64_t b = 0; b < batch; b++) {
		for (uint64_t i = 0; i < l->size; i++) {
			own[i] = l->h != NULL ? l->h[b * l->size + i] : 0;
			state[i] = l->s != NULL ? l->s[b * l->size + i] : 0;
		}
		for (uint64_t t = 0; t < times; t++) {
			uint64_t at = l->back ? times - 1 - t : t;

			step(l, x->v + at * x->time + b * x->batch, own, state, out, tmp);
			memcpy(own, out, l->size * sizeof *own);
			memcpy(to->v + at * to->time + b * to->batch, own, l->size * sizeof *own);
		}
		if (h != NULL)
			memcpy(h + b * l->size, own, l->size * sizeof *own);
		if (s != NULL)
			memcpy(s + b * l->size, state, l->size * sizeof *own);
	}
}

static enum cell
cell_of(struct exec *e)
{
	struct setting word;

	if (strcmp(e->name, "lstm") == 0 || strcmp(e->name, "gru") == 0)
		return e->name[0] == 'l' ? CELL_LSTM : CELL_GRU;
	if (strcmp(e->name, "rnn") != 0)
		return strcmp(e->name, "rnnrelu") == 0 ? CELL_RELU : CELL_TANH;
	exec_word(e, "activation activations", &word);
	e->lost |= word.text[0] != '\0' && strcasecmp(word.text, "tanh") != 0 &&
	    strcasecmp(word.text, "relu") != 0;
	return strcasecmp(word.text, "relu") == 0 ? CELL_RELU : CELL_TANH;
}

static const double *
states_at(const struct array *const *list, uint32_t n, uint32_t i, uint64_t from, uint64_t need)
{
	return i < n && list[i] != NULL && list[i]->n >= from + need ? list[i]->v + from : NULL;
}

/* PyTorch: layers one upon the other, each in one direction or two. */
static void
torch_layers(struct exec *e)
{
	const struct array *x = exec_main(e), *hx[EXEC_LIST], *params[EXEC_LIST];
	struct array *out = NULL, *last[2] = { NULL, NULL };
	uint32_t nhx = exec_list(e, "hx", hx), n = exec_list(e, "params", params);
	uint32_t ways = exec_number(e, "bidirectional", 0) != 0 ? 2 : 1;
	uint32_t layers = (uint32_t)exec_whole(e, exec_number(e, "num_layers", 1));
	bool biases = exec_number(e, "has_biases", 1) != 0;
	bool first = exec_number(e, "batch_first", 0) != 0;
	uint32_t each = biases ? 4 : 2;
	enum cell cell = cell_of(e);
	uint32_t gates = gates_of(cell);
	uint64_t times, batch, size;

	e->lost |= layers < 1 || layers > EXEC_LIST || n != layers * ways * each || x == NULL ||
	    x->rank != 3;
	for (uint32_t i = 0; i < n && !e->lost; i++)
		e->lost |= params[i] == NULL || params[i]->list != NULL;
	if (e->lost || params[1]->rank != 2)
		return;
	times = (uint64_t)x->dims[first];
	batch = (uint64_t)x->dims[!first];
	size = (uint64_t)params[1]->dims[1];
	for (uint32_t k = 0; k < 2; k++)
		last[k] = exec_make(e, 3, (const int64_t[3]){ layers * ways, (int64_t)batch,
		    (int64_t)size });
	for (uint32_t i = 0; i < layers && !e->lost; i++) {
		out = exec_make(e, 3, (const int64_t[3]){ x->dims[0], x->dims[1],
		    (int64_t)(size * ways) });
		for (uint32_t w = 0; w < ways && !e->lost; w++) {
			const struct array *const *p = params + (i * ways + w) * each;
			uint64_t in = (uint64_t)x->dims[2], wide = size * ways, nth = i * ways + w;
			struct layer l = { .w = p[0]->v, .u = p[1]->v, .b = biases ? p[2]->v : NULL,
				.c = biases ? p[3]->v : NULL, .order = { 0, 1, 2, 3 }, .cell = cell,
				.in = in, .size = size, .back = w == 1,
				.h = states_at(hx, nhx, 0, nth * batch * size, batch * size),
				.s = states_at(hx, nhx, 1, nth * batch * size, batch * size) };
			struct grid from = { x->v, first ? in : batch * in,
				first ? times * in : in };
			struct grid to = { out->v + w * size, first ? wide : batch * wide,
				first ? times * wide : wide };

			e->lost |= p[0]->n != gates * size * in || p[1]->n != gates * size * size ||
			    (biases && (p[2]->n != gates * size || p[3]->n != gates * size));
			if (!e->lost)
				run_layer(e, &l, &from, &to, times, batch, last[0]->v +
				    nth * batch * size, last[1]->v + nth * batch * size);
		}
		x = out;
	}
	exec_put(e, 0, e->lost ? NULL : out);
	exec_put(e, 1, last[0]);
	exec_put(e, 2, cell == CELL_LSTM ? last[1] : NULL);
}

/* Of ONNX: gates of all directions in three operands. */
static void
onnx_layer(struct exec *e)
{
	static const uint32_t orders[3][GATES] = { { 0, 2, 3, 1 }, { 1, 0, 2, 0 }, { 0 } };
	const struct array *x = exec_main(e), *w = exec_need(e, "W"), *u = exec_need(e, "R");
	const struct array *b = exec_arg(e, "B"), *h = exec_arg(e, "initial_h"), *s;
	struct array *out = NULL, *last[2] = { NULL, NULL };
	struct setting way;
	uint64_t times, batch, size, in, ways;
	enum cell cell = cell_of(e);
	uint32_t gates = gates_of(cell);
	bool inside = cell == CELL_GRU && exec_number(e, "linear_before_reset", 0) == 0;

	s = exec_arg(e, "initial_c");
	exec_word(e, "direction", &way);
	e->lost |= exec_number(e, "layout", 0) != 0 || exec_arg(e, "sequence_lens") != NULL ||
	    exec_arg(e, "P") != NULL || node_attr(e->n, "clip") != NULL ||
	    (cell != CELL_TANH && cell != CELL_RELU && node_attr(e->n, "activations") != NULL) ||
	    x == NULL || x->rank != 3 || u == NULL || u->rank != 3 ||
	    exec_number(e, "input_forget", 0) != 0;
	if (e->lost)
		return;
	times = (uint64_t)x->dims[0];
	batch = (uint64_t)x->dims[1];
	in = (uint64_t)x->dims[2];
	ways = (uint64_t)u->dims[0];
	size = (uint64_t)u->dims[2];
	e->lost |= w->n != ways * gates * size * in || u->n != ways * gates * size * size ||
	    (b != NULL && b->n != ways * 2 * gates * size);
	out = exec_make(e, 4, (const int64_t[4]){ x->dims[0], (int64_t)ways, x->dims[1],
	    (int64_t)size });
	for (uint32_t k = 0; k < 2; k++)
		last[k] = exec_make(e, 3, (const int64_t[3]){ (int64_t)ways, x->dims[1],
		    (int64_t)size });
	for (uint64_t k = 0; k < ways && !e->lost; k++) {
		uint64_t all = gates * size, part = k * batch * size;
		struct layer l = { .w = w->v + k * all * in, .u = u->v + k * all * size,
			.b = b != NULL ? b->v + k * 2 * all : NULL,
			.c = b != NULL ? b->v + (k * 2 + 1) * all : NULL,
			.h = states_at(&h, 1, 0, part, batch * size),
			.s = states_at(&s, 1, 0, part, batch * size), .cell = cell, .in = in,
			.size = size, .back = k == 1 || strcmp(way.text, "reverse") == 0,
			.inside = inside };
		struct grid from = { x->v, batch * in, in };
		struct grid to = { out->v + part, ways * batch * size, size };

		memcpy(l.order, orders[gates == 4 ? 0 : gates == 3 ? 1 : 2], sizeof l.order);
		run_layer(e, &l, &from, &to, times, batch, last[0]->v + part, last[1]->v + part);
	}
	exec_put(e, 0, out);
	exec_put(e, 1, last[0]);
	exec_put(e, 2, cell == CELL_LSTM ? last[1] : NULL);
}

/* The last states of one direction: of an ML Program both directions stand side by side. */
static void
put_state(const double *from, struct array *to, uint64_t batch, uint64_t size, uint64_t at)
{
	uint64_t wide = (uint64_t)to->dims[1];

	for (uint64_t b = 0; b < batch; b++)
		memcpy(to->v + b * wide + at, from + b * size, size * sizeof *from);
}

/* The parameter is left out, or this word. */
static void
want_word(struct exec *e, const char *name, const char *only)
{
	struct setting word;

	exec_word(e, name, &word);
	e->lost |= word.text[0] != '\0' && strcmp(word.text, only) != 0;
}

static void
mil_layer(struct exec *e)
{
	static const uint32_t orders[2][GATES] = { { 0, 1, 3, 2 }, { 0, 2, 1, 3 } };
	static const char *const names[2][3] = { { "weight_ih", "weight_hh", "bias" },
		{ "weight_ih_back", "weight_hh_back", "bias_back" } };
	const struct array *x = exec_main(e), *h = exec_need(e, "initial_h"), *s;
	struct array *out = NULL, *last[2], *own[2];
	struct setting way;
	uint64_t times, batch, size, in, ways;
	enum cell cell = cell_of(e);
	uint32_t gates = gates_of(cell);

	s = exec_arg(e, "initial_c");
	exec_word(e, "direction", &way);
	e->lost |= (cell == CELL_GRU && (exec_arg(e, "reset_after") != NULL ||
	    exec_arg(e, "input_bias") != NULL)) ||
	    x == NULL || x->rank != 3 || h == NULL || h->rank != 2 ||
	    h->dims[0] != x->dims[1] || (s != NULL && s->n != h->n) ||
	    exec_arg(e, "peephole") != NULL || exec_arg(e, "clip") != NULL;
	want_word(e, "recurrent_activation", "sigmoid");
	if (gates > 1)
		want_word(e, "activation", "tanh");
	if (gates > 1)
		want_word(e, "cell_activation", "tanh");
	if (e->lost)
		return;
	ways = strcmp(way.text, "bidirectional") == 0 ? 2 : 1;
	times = (uint64_t)x->dims[0];
	batch = (uint64_t)x->dims[1];
	in = (uint64_t)x->dims[2];
	size = (uint64_t)h->dims[1] / ways;
	e->lost |= (uint64_t)h->dims[1] % ways != 0;
	out = exec_make(e, 3, (const int64_t[3]){ x->dims[0], x->dims[1], h->dims[1] });
	for (uint32_t k = 0; k < 2; k++) {
		last[k] = exec_like(e, h);
		own[k] = exec_like(e, h);
	}
	for (uint64_t k = 0; k < ways && !e->lost; k++) {
		const struct array *w = exec_need(e, names[k][0]), *b;
		const struct array *u = exec_need(e, names[k][1]);
		struct layer l = { .cell = cell, .in = in, .size = size,
			.back = k == 1 || strcmp(way.text, "reverse") == 0 };
		struct grid from = { x->v, batch * in, in };
		struct grid to = { e->lost ? NULL : out->v + k * size, batch * ways * size,
			ways * size };

		memcpy(l.order, orders[cell == CELL_GRU], sizeof l.order);
		b = exec_arg(e, names[k][2]);
		e->lost |= w == NULL || u == NULL || w->n != gates * size * in ||
		    u->n != gates * size * size || (b != NULL && b->n != gates * size);
		if (e->lost)
			return;
		l.w = w->v;
		l.u = u->v;
		l.b = b != NULL ? b->v : NULL;
		for (uint64_t i = 0; i < batch * size; i++) {
			own[0]->v[i] = h->v[i / size * ways * size + k * size + i % size];
			own[1]->v[i] = s == NULL ? 0 :
			    s->v[i / size * ways * size + k * size + i % size];
		}
		l.h = own[0]->v;
		l.s = own[1]->v;
		run_layer(e, &l, &from, &to, times, batch, own[0]->v, own[1]->v);
		put_state(own[0]->v, last[0], batch, size, k * size);
		put_state(own[1]->v, last[1], batch, size, k * size);
	}
	if (!e->lost && exec_number(e, "output_sequence", 0) == 0) {
		struct array *end = exec_make(e, 3, (const int64_t[3]){ 1, x->dims[1],
		    h->dims[1] });

		for (uint64_t i = 0; end != NULL && i < end->n; i++)
			end->v[i] = last[0]->v[i];
		out = end;
	}
	exec_put(e, 0, out);
	exec_put(e, 1, last[0]);
	exec_put(e, 2, cell == CELL_LSTM ? last[1] : NULL);
}

kernel_fn *
kernel_recurrent(const struct exec *e)
{
	static const struct kernel_op ops[] = {
		{ "lstm gru rnntanh rnnrelu", "a", torch_layers },
		{ "lstm gru rnn", "o", onnx_layer },
		{ "lstm gru rnn", "m", mil_layer }
	};

	return kernel_find(ops, sizeof ops / sizeof *ops, e);
}
