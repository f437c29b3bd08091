/* SPDX-License-Identifier: Apache-2.0 */
/* Products of matrices, sums over named axes, attention. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "align/probe/probe.h"
#include "base/str.h"

/* The last two axes change places. */
static const struct array *
turned(struct run *r, const struct array *x)
{
	struct array *to;
	int64_t h, w;

	if (x == NULL || x->rank < 2) {
		r->lost |= x == NULL;
		return x;
	}
	to = probe_like(r, x);
	if (to == NULL)
		return NULL;
	h = x->dims[x->rank - 2];
	w = x->dims[x->rank - 1];
	to->dims[x->rank - 2] = w;
	to->dims[x->rank - 1] = h;
	for (uint64_t i = 0; i < x->n; i++) {
		int64_t b = (int64_t)i / (h * w), row = (int64_t)i / w % h, column = (int64_t)i % w;

		to->v[(b * w + column) * h + row] = x->v[i];
	}
	return to;
}

/* With axes of one in front, or behind. */
static struct array
ranked(const struct array *x, uint32_t rank, bool behind)
{
	struct array a = *x;

	a.rank = rank > x->rank ? rank : x->rank;
	for (uint32_t i = 0; i < a.rank; i++)
		a.dims[i] = behind ? i < x->rank ? x->dims[i] : 1 :
		    i < a.rank - x->rank ? 1 : x->dims[i - (a.rank - x->rank)];
	return a;
}

/* As of matrices in the last two axes; those before are broadcast. */
static struct array *
multiply(struct run *r, const struct array *x, const struct array *y)
{
	struct array a, b, left, right, shape, *to;
	uint64_t n, k, m;
	const double *p, *q;

	if (r->lost || x->rank == 0 || y->rank == 0 ||
	    ((x->rank == 1 || y->rank == 1) && !probe_is_typed(r, 0))) {
		r->lost = true;
		return NULL;
	}
	a = ranked(x, 2, false);
	b = ranked(y, 2, y->rank == 1);
	n = (uint64_t)a.dims[a.rank - 2];
	k = (uint64_t)a.dims[a.rank - 1];
	m = (uint64_t)b.dims[b.rank - 1];
	r->lost |= k != (uint64_t)b.dims[b.rank - 2];
	left = a;
	right = b;
	left.rank -= 2;
	right.rank -= 2;
	if (!probe_broadcast(r, (const struct array *const[2]){ &left, &right }, 2, &shape))
		return NULL;
	shape.rank += 2;
	shape.dims[shape.rank - 2] = (int64_t)n;
	shape.dims[shape.rank - 1] = (int64_t)k;
	p = probe_spread(r, &a, &shape);
	shape.dims[shape.rank - 2] = (int64_t)k;
	shape.dims[shape.rank - 1] = (int64_t)m;
	q = probe_spread(r, &b, &shape);
	shape.dims[shape.rank - 2] = (int64_t)n;
	to = r->lost ? NULL : probe_like(r, &shape);
	if (to == NULL || !probe_spend(r, (double)to->n * (double)k))
		return NULL;
	for (uint64_t i = 0; i < to->n; i++) {
		uint64_t batch = i / (n * m), row = i / m % n, column = i % m;
		double sum = 0;

		for (uint64_t c = 0; c < k; c++)
			sum += p[(batch * n + row) * k + c] * q[(batch * k + c) * m + column];
		to->v[i] = sum;
	}
	return to;
}

/* x * alpha + beta * c, c broadcast. */
static void
finish(struct run *r, struct array *x, double alpha, const struct array *c, double beta)
{
	const double *p = x != NULL && c != NULL ? probe_spread(r, c, x) : NULL;

	for (uint64_t i = 0; x != NULL && !r->lost && i < x->n; i++)
		x->v[i] = x->v[i] * alpha + (p != NULL ? p[i] * beta : 0);
	probe_put(r, 0, x);
}

static void
matmul(struct run *r)
{
	const struct array *x = probe_need(r, "self x A"), *y;

	y = probe_need(r, "other y B mat2 vec tensor vec2");
	if (r->side->given->model->dialect == DIALECT_MIL) {
		if (probe_number(r, "transpose_x", 0) != 0)
			x = turned(r, x);
		if (probe_number(r, "transpose_y", 0) != 0)
			y = turned(r, y);
	}
	probe_put(r, 0, multiply(r, x, y));
}

static void
linear(struct run *r)
{
	const struct array *x = probe_main(r), *w = probe_need(r, "weight"), *b;

	b = probe_arg(r, "bias");
	w = r->lost ? NULL : turned(r, w);
	finish(r, multiply(r, x, w), 1, b, 1);
}

static void
gemm(struct run *r)
{
	const struct array *a = probe_need(r, "A mat1 batch1 mat vec1"), *b, *c;

	b = probe_need(r, "B mat2 batch2 vec vec2");
	c = probe_arg(r, "C self input");
	if (r->side->given->model->dialect == DIALECT_ONNX) {
		if (probe_number(r, "transA", 0) != 0)
			a = turned(r, a);
		if (probe_number(r, "transB", 0) != 0)
			b = turned(r, b);
	}
	finish(r, multiply(r, a, b), probe_number(r, "alpha", 1), c, probe_number(r, "beta", 1));
}

/* Axes by letters, of operands and the result; how far each goes. */
enum { LETTERS = 52, OPERANDS = 3 };
struct equation {
	char of[OPERANDS + 1][PROBE_RANK];
	uint32_t rank[OPERANDS + 1], n;
	int64_t size[LETTERS];
	uint32_t count[LETTERS];
};

static int
letter(char c)
{
	return c >= 'a' && c <= 'z' ? c - 'a' : c >= 'A' && c <= 'Z' ? c - 'A' + 26 : -1;
}

static bool
read_equation(struct equation *e, const char *text)
{
	bool result = false;

	memset(e, 0, sizeof *e);
	e->n = 1;
	for (; *text != '\0'; text++) {
		uint32_t k = result ? OPERANDS : e->n - 1;

		if (*text == ' ' || *text == '>')
			continue;
		if (*text == '-' && !result)
			result = true;
		else if (*text == ',' && !result && e->n < OPERANDS)
			e->n++;
		else if (letter(*text) >= 0 && e->rank[k] < PROBE_RANK)
			e->of[k][e->rank[k]++] = (char)letter(*text);
		else
			return false;
		if (letter(*text) >= 0 && !result)
			e->count[letter(*text)]++;
	}
	for (int c = 0; c < LETTERS && !result; c++) /* each letter that is there once */
		if (e->count[c] == 1 && e->rank[OPERANDS] < PROBE_RANK)
			e->of[OPERANDS][e->rank[OPERANDS]++] = (char)c;
	return true;
}

static void
sum_up(struct run *r, const struct equation *e, const struct array *const *list, struct array *to)
{
	int64_t at[LETTERS] = { 0 };
	double steps = 1;
	bool more = true;

	for (uint32_t c = 0; c < LETTERS; c++)
		steps *= e->count[c] > 0 ? (double)e->size[c] : 1;
	if (!probe_spend(r, steps * 4) || steps == 0)
		return;
	while (more) {
		int64_t own = 0;
		double product = 1;

		for (uint32_t k = 0; k < e->n; k++) {
			int64_t from = 0;

			for (uint32_t d = 0; d < e->rank[k]; d++)
				from = from * list[k]->dims[d] + (list[k]->dims[d] == 1 ? 0 :
				    at[(int)e->of[k][d]]);
			product *= list[k]->v[from];
		}
		for (uint32_t d = 0; d < e->rank[OPERANDS]; d++)
			own = own * to->dims[d] + at[(int)e->of[OPERANDS][d]];
		to->v[own] += product;
		more = false;
		for (uint32_t c = 0; c < LETTERS && !more; c++) {
			if (e->count[c] == 0)
				continue;
			more = ++at[c] < e->size[c];
			if (!more)
				at[c] = 0;
		}
	}
}

static void
einsum(struct run *r)
{
	const struct array *list[PROBE_LIST];
	int64_t dims[PROBE_RANK] = { 0 };
	struct setting text;
	struct equation e;
	struct array *to;
	uint32_t n = probe_list(r, "tensors values Inputs", list);

	e.n = 0;
	probe_word(r, "equation", &text);
	r->lost |= strlen(text.text) + 1 >= sizeof text.text || !read_equation(&e, text.text) ||
	    e.n != n;
	if (r->lost)
		return;
	for (uint32_t k = 0; k < n && !r->lost; k++) {
		r->lost |= list[k] == NULL || list[k]->list != NULL || list[k]->n == 0 ||
		    list[k]->rank != e.rank[k];
		for (uint32_t d = 0; !r->lost && d < e.rank[k]; d++) {
			int64_t *size = &e.size[(int)e.of[k][d]];

			r->lost |= *size > 1 && list[k]->dims[d] != 1 && list[k]->dims[d] != *size;
			*size = *size > 1 ? *size : list[k]->dims[d];
		}
	}
	for (uint32_t d = 0; d < e.rank[OPERANDS] && !r->lost; d++) {
		r->lost |= e.count[(int)e.of[OPERANDS][d]] == 0;
		dims[d] = e.size[(int)e.of[OPERANDS][d]];
	}
	if (r->lost || (to = probe_make(r, e.rank[OPERANDS], dims)) == NULL)
		return;
	sum_up(r, &e, list, to);
	probe_put(r, 0, to);
}

/* Scores of all keys for each query, and a mask: truths say which count, numbers are added. */
static void
weigh(struct run *r, struct array *scores, const struct array *mask, bool causal)
{
	int64_t keys = scores->dims[scores->rank - 1], queries = scores->dims[scores->rank - 2];
	const double *p = mask != NULL ? probe_spread(r, mask, scores) : NULL;

	for (uint64_t i = 0; i < scores->n && !r->lost; i++) {
		if (mask != NULL)
			scores->v[i] = !mask->whole ? scores->v[i] + p[i] : p[i] != 0 ?
			    scores->v[i] : -INFINITY;
		if (causal && (int64_t)i % keys > (int64_t)i / keys % queries)
			scores->v[i] = -INFINITY;
	}
	for (uint64_t o = 0; o < scores->n && !r->lost; o += (uint64_t)keys) {
		double most = -INFINITY, sum = 0;

		for (int64_t i = 0; i < keys; i++)
			most = fmax(most, scores->v[o + (uint64_t)i]);
		for (int64_t i = 0; i < keys; i++)
			sum += scores->v[o + (uint64_t)i] = exp(scores->v[o + (uint64_t)i] - most);
		for (int64_t i = 0; i < keys; i++)
			scores->v[o + (uint64_t)i] /= sum;
	}
}

static void
attention(struct run *r)
{
	const struct array *q = probe_need(r, "query Q"), *k = probe_need(r, "key K"), *v, *mask;
	bool causal = probe_number(r, "is_causal", 0) != 0;
	struct array *scores;
	double scale;

	v = probe_need(r, "value V");
	mask = probe_arg(r, "attn_mask");
	r->lost |= probe_number(r, "dropout_p", 0) != 0 || probe_number(r, "enable_gqa", 0) != 0 ||
	    probe_number(r, "q_num_heads", 0) != 0 || probe_number(r, "softcap", 0) != 0;
	if (r->lost || q->rank < 2)
		return;
	scale = probe_number(r, "scale", 1 / sqrt((double)q->dims[q->rank - 1]));
	scores = multiply(r, q, turned(r, k));
	for (uint64_t i = 0; scores != NULL && i < scores->n; i++)
		scores->v[i] *= scale;
	if (scores != NULL)
		weigh(r, scores, mask, causal);
	if (scores != NULL)
		probe_put(r, 0, multiply(r, scores, v));
}

probe_fn *
probe_product(const struct item *x)
{
	static const struct probe_op ops[] = {
		{ "matmul", "aom", matmul }, { "mm bmm mv dot", "a", matmul },
		{ "linear", "am", linear }, { "gemm", "o", gemm },
		{ "addmm baddbmm addmv", "a", gemm }, { "einsum", "aom", einsum },
		{ "scaleddotproductattention", "am", attention }, { "attention", "o", attention }
	};

	return probe_find(ops, sizeof ops / sizeof *ops, x);
}
