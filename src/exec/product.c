/* SPDX-License-Identifier: Apache-2.0 */
/* Products of matrices, sums over named axes, attention. */
#include <math.h>
#include <string.h>

#include "exec/kernel.h"
#include "base/str.h"

/* The last two axes change places. */
static const struct array *
turned(struct exec *e, const struct array *x)
{
	struct array *to;
	int64_t h, w;

	if (x == NULL || x->rank < 2) {
		e->lost |= x == NULL;
		return x;
	}
	to = exec_like(e, x);
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
multiply(struct exec *e, const struct array *x, const struct array *y)
{
	struct array a, b, left, right, shape, *to;
	uint64_t n, k, m;
	const double *p, *q;

	if (e->lost || x->rank == 0 || y->rank == 0 ||
	    ((x->rank == 1 || y->rank == 1) && !exec_is_typed(e, 0))) {
		e->lost = true;
		return NULL;
	}
	a = ranked(x, 2, false);
	b = ranked(y, 2, y->rank == 1);
	n = (uint64_t)a.dims[a.rank - 2];
	k = (uint64_t)a.dims[a.rank - 1];
	m = (uint64_t)b.dims[b.rank - 1];
	e->lost |= k != (uint64_t)b.dims[b.rank - 2];
	left = a;
	right = b;
	left.rank -= 2;
	right.rank -= 2;
	if (!exec_broadcast(e, (const struct array *const[2]){ &left, &right }, 2, &shape))
		return NULL;
	shape.rank += 2;
	shape.dims[shape.rank - 2] = (int64_t)n;
	shape.dims[shape.rank - 1] = (int64_t)k;
	p = exec_spread(e, &a, &shape);
	shape.dims[shape.rank - 2] = (int64_t)k;
	shape.dims[shape.rank - 1] = (int64_t)m;
	q = exec_spread(e, &b, &shape);
	shape.dims[shape.rank - 2] = (int64_t)n;
	to = e->lost ? NULL : exec_like(e, &shape);
	if (to == NULL || !exec_spend(e, (double)to->n * (double)k))
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
finish(struct exec *e, struct array *x, double alpha, const struct array *c, double beta)
{
	const double *p = x != NULL && c != NULL ? exec_spread(e, c, x) : NULL;

	for (uint64_t i = 0; x != NULL && !e->lost && i < x->n; i++)
		x->v[i] = x->v[i] * alpha + (p != NULL ? p[i] * beta : 0);
	exec_put(e, 0, x);
}

static void
matmul(struct exec *e)
{
	const struct array *x = exec_need(e, "self x A"), *y;

	y = exec_need(e, "other y B mat2 vec tensor vec2");
	if (e->in.model->dialect == DIALECT_MIL) {
		if (exec_number(e, "transpose_x", 0) != 0)
			x = turned(e, x);
		if (exec_number(e, "transpose_y", 0) != 0)
			y = turned(e, y);
	}
	exec_put(e, 0, multiply(e, x, y));
}

static void
linear(struct exec *e)
{
	const struct array *x = exec_main(e), *w = exec_need(e, "weight"), *b;

	b = exec_arg(e, "bias");
	w = e->lost ? NULL : turned(e, w);
	finish(e, multiply(e, x, w), 1, b, 1);
}

static void
gemm(struct exec *e)
{
	const struct array *a = exec_need(e, "A mat1 batch1 mat vec1"), *b, *c;

	b = exec_need(e, "B mat2 batch2 vec vec2");
	c = exec_arg(e, "C self input");
	if (e->in.model->dialect == DIALECT_ONNX) {
		if (exec_number(e, "transA", 0) != 0)
			a = turned(e, a);
		if (exec_number(e, "transB", 0) != 0)
			b = turned(e, b);
	}
	finish(e, multiply(e, a, b), exec_number(e, "alpha", 1), c, exec_number(e, "beta", 1));
}

/* Axes by letters, of operands and the result; how far each goes. */
enum { LETTERS = 52, OPERANDS = 3 };
struct equation {
	char of[OPERANDS + 1][EXEC_RANK];
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
read_equation(struct equation *q, const char *text)
{
	bool result = false;

	memset(q, 0, sizeof *q);
	q->n = 1;
	for (; *text != '\0'; text++) {
		uint32_t k = result ? OPERANDS : q->n - 1;

		if (*text == ' ' || *text == '>')
			continue;
		if (*text == '-' && !result)
			result = true;
		else if (*text == ',' && !result && q->n < OPERANDS)
			q->n++;
		else if (letter(*text) >= 0 && q->rank[k] < EXEC_RANK)
			q->of[k][q->rank[k]++] = (char)letter(*text);
		else
			return false;
		if (letter(*text) >= 0 && !result)
			q->count[letter(*text)]++;
	}
	for (int c = 0; c < LETTERS && !result; c++) /* each letter that is there once */
		if (q->count[c] == 1 && q->rank[OPERANDS] < EXEC_RANK)
			q->of[OPERANDS][q->rank[OPERANDS]++] = (char)c;
	return true;
}

static void
sum_up(struct exec *e, const struct equation *q, const struct array *const *list, struct array *to)
{
	int64_t at[LETTERS] = { 0 };
	double steps = 1;
	bool more = true;

	for (uint32_t c = 0; c < LETTERS; c++)
		steps *= q->count[c] > 0 ? (double)q->size[c] : 1;
	if (!exec_spend(e, steps * 4) || steps == 0)
		return;
	while (more) {
		int64_t own = 0;
		double product = 1;

		for (uint32_t k = 0; k < q->n; k++) {
			int64_t from = 0;

			for (uint32_t d = 0; d < q->rank[k]; d++)
				from = from * list[k]->dims[d] + (list[k]->dims[d] == 1 ? 0 :
				    at[(int)q->of[k][d]]);
			product *= list[k]->v[from];
		}
		for (uint32_t d = 0; d < q->rank[OPERANDS]; d++)
			own = own * to->dims[d] + at[(int)q->of[OPERANDS][d]];
		to->v[own] += product;
		more = false;
		for (uint32_t c = 0; c < LETTERS && !more; c++) {
			if (q->count[c] == 0)
				continue;
			more = ++at[c] < q->size[c];
			if (!more)
				at[c] = 0;
		}
	}
}

static void
einsum(struct exec *e)
{
	const struct array *list[EXEC_LIST];
	int64_t dims[EXEC_RANK] = { 0 };
	struct setting text;
	struct equation q;
	struct array *to;
	uint32_t n = exec_list(e, "tensors values Inputs", list);

	q.n = 0;
	exec_word(e, "equation", &text);
	e->lost |= strlen(text.text) + 1 >= sizeof text.text || !read_equation(&q, text.text) ||
	    q.n != n;
	if (e->lost)
		return;
	for (uint32_t k = 0; k < n && !e->lost; k++) {
		e->lost |= list[k] == NULL || list[k]->list != NULL || list[k]->n == 0 ||
		    list[k]->rank != q.rank[k];
		for (uint32_t d = 0; !e->lost && d < q.rank[k]; d++) {
			int64_t *size = &q.size[(int)q.of[k][d]];

			e->lost |= *size > 1 && list[k]->dims[d] != 1 && list[k]->dims[d] != *size;
			*size = *size > 1 ? *size : list[k]->dims[d];
		}
	}
	for (uint32_t d = 0; d < q.rank[OPERANDS] && !e->lost; d++) {
		e->lost |= q.count[(int)q.of[OPERANDS][d]] == 0;
		dims[d] = q.size[(int)q.of[OPERANDS][d]];
	}
	if (e->lost || (to = exec_make(e, q.rank[OPERANDS], dims)) == NULL)
		return;
	sum_up(e, &q, list, to);
	exec_put(e, 0, to);
}

/* Scores of all keys for each query, and a mask: truths say which count, numbers are added. */
static void
weigh(struct exec *e, struct array *scores, const struct array *mask, bool causal)
{
	int64_t keys = scores->dims[scores->rank - 1], queries = scores->dims[scores->rank - 2];
	const double *p = mask != NULL ? exec_spread(e, mask, scores) : NULL;

	for (uint64_t i = 0; i < scores->n && !e->lost; i++) {
		if (mask != NULL)
			scores->v[i] = !mask->whole ? scores->v[i] + p[i] : p[i] != 0 ?
			    scores->v[i] : -INFINITY;
		if (causal && (int64_t)i % keys > (int64_t)i / keys % queries)
			scores->v[i] = -INFINITY;
	}
	for (uint64_t o = 0; o < scores->n && !e->lost; o += (uint64_t)keys) {
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
attention(struct exec *e)
{
	const struct array *q = exec_need(e, "query Q"), *k = exec_need(e, "key K"), *v, *mask;
	bool causal = exec_number(e, "is_causal", 0) != 0;
	struct array *scores;
	double scale;

	v = exec_need(e, "value V");
	mask = exec_arg(e, "attn_mask");
	/* what a cache or paddings change is not followed */
	e->lost |= exec_arg(e, "past_key") != NULL || exec_arg(e, "past_value") != NULL ||
	    exec_arg(e, "nonpad_kv_seqlen") != NULL;
	e->lost |= exec_number(e, "dropout_p", 0) != 0 || exec_number(e, "enable_gqa", 0) != 0 ||
	    exec_number(e, "q_num_heads", 0) != 0 || exec_number(e, "softcap", 0) != 0;
	if (e->lost || q->rank < 2)
		return;
	scale = exec_number(e, "scale", 1 / sqrt((double)q->dims[q->rank - 1]));
	scores = multiply(e, q, turned(e, k));
	for (uint64_t i = 0; scores != NULL && i < scores->n; i++)
		scores->v[i] *= scale;
	if (scores != NULL)
		weigh(e, scores, mask, causal);
	if (scores != NULL)
		exec_put(e, 0, multiply(e, scores, v));
}

kernel_fn *
kernel_product(const struct exec *e)
{
	static const struct kernel_op ops[] = {
		{ "matmul", "aom", matmul }, { "mm bmm mv dot", "a", matmul },
		{ "linear", "am", linear }, { "gemm", "o", gemm },
		{ "addmm baddbmm addmv", "a", gemm }, { "einsum", "aom", einsum },
		{ "scaleddotproductattention", "am", attention }, { "attention", "o", attention }
	};

	return kernel_find(ops, sizeof ops / sizeof *ops, e);
}
