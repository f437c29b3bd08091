/* SPDX-License-Identifier: Apache-2.0 */
/* Of one format: is a parameter the same that one side writes out and the other leaves to what
 * the operation takes, that is counted from the other end, or that an older version has as an
 * attribute and a newer one as an operand? */
#include <math.h>
#include <string.h>

#include "align/setting.h"
#include "base/str.h"
#include "ir/dim.h"
#include "ir/tensor.h"
#include "ops/sig.h"

/* Integers of 64 bits and floats of 32 stand apart from here on. */
#define NO_INTEGER 1e30
enum { LAST_SOFTMAX = 13 };

/* What ONNX takes for all numbers of a parameter that is left out, where the standard says so
 * in words alone. */
static const struct { const char *names; double number; } implied[] = {
	{ "strides dilations steps", 1 },
	{ "pads output_padding constant_value training_mode", 0 },
	{ "ratio", 0.5 }
};

static const char *
all_names(const struct node *n, const char *name)
{
	bool pad = n->op != NULL && n->op->sem == SEM_PAD;

	if (pad && setting_is_one_of("value constant_value", name, strlen(name)))
		return "value constant_value";
	return pad && strcmp(name, "paddings") == 0 ? "pads paddings" : name;
}

/* The window of a convolution is that of its weight. */
static void
window_of(struct setting *to, const struct side *s, const struct node *n)
{
	const struct type *t = n->nin > 1 && n->in[1] != NULL ? item_type(s, n->in[1]) : NULL;
	const struct tensor *w = n->nin > 1 ? wire_constant(n->in[1]) : NULL;
	int64_t size;

	for (uint32_t i = 2; w != NULL && i < w->rank && to->n < SETTINGS; i++)
		to->v[to->n++] = (double)w->dims[i];
	for (uint32_t i = 2; w == NULL && t != NULL && t->has_rank && i < t->rank; i++)
		if (to->n < SETTINGS && dim_number(t->dims[i], &size))
			to->v[to->n++] = (double)size;
}

/* As it is given or taken; other: of the other side. false: not known. */
static bool
taken(struct setting *to, struct aligner *al, unsigned k, const struct node *n,
	const char *name, const struct setting *other)
{
	if (setting_of(to, al, &al->side[k], n, all_names(n, name)))
		return true;
	if (!to->absent || al->side[k].given->model->dialect != DIALECT_ONNX)
		return false;
	if (strcmp(name, "kernel_shape") == 0)
		window_of(to, &al->side[k], n);
	for (uint32_t i = 0; strcmp(name, "perm") == 0 && i < other->n; i++)
		to->v[to->n++] = (double)(other->n - 1 - i);
	for (size_t i = 0; i < sizeof implied / sizeof *implied && to->n == 0; i++)
		while (setting_is_one_of(implied[i].names, name, strlen(name)) && to->n < other->n)
			to->v[to->n++] = implied[i].number;
	return to->n > 0;
}

/* Axes of what n works on; those of what has more axes than that are counted in its result. */
static double
rank_at(const struct side *s, const struct node *n)
{
	bool grows = n->op != NULL && (n->op->sem == SEM_UNSQUEEZE || n->op->sem == SEM_STACK);
	uint32_t main = s->of[n->id] != ALIGN_NONE ? item_main(side_item(s, n)) : 0;
	const struct value *v = grows ? n->nout > 0 ? n->out[0] : NULL :
	    main < n->nin ? n->in[main] : NULL;
	const struct type *t = v != NULL ? item_type(s, v) : NULL;

	return t != NULL && t->tag == TY_TENSOR && t->has_rank ? (double)t->rank : 0;
}

static void
count_forward(struct setting *to, double rank)
{
	for (uint32_t i = 0; i < to->n && rank > 0; i++)
		to->v[i] += to->v[i] < 0 ? rank : 0;
}

static bool
same_number(double a, double b)
{
	return a == b || ((float)a == (float)b && (a != trunc(a) || fabs(a) > NO_INTEGER));
}

static bool
same_settings(const struct setting *a, const struct setting *b)
{
	if (a->n != b->n || strcmp(a->text, b->text) != 0 ||
	    strlen(a->text) + 1 >= sizeof a->text)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!same_number(a->v[i], b->v[i]))
			return false;
	return true;
}

/* Before, all axes from that one on were one; the last one is the same in both. */
static bool
is_other_softmax(const struct node *m, const struct node *n, const struct setting *axis,
	double rank)
{
	if (m->op == NULL || n->op == NULL || (m->op->since < LAST_SOFTMAX) ==
	    (n->op->since < LAST_SOFTMAX) || (strstr(m->type->s, "Softmax") == NULL &&
	    strcmp(m->type->s, "Hardmax") != 0))
		return false;
	return axis->n != 1 || (axis->v[0] != -1 && axis->v[0] + 1 != rank);
}

bool
default_same(struct aligner *al, const struct node *m, const struct node *n, const char *name)
{
	bool axis = setting_is_one_of("axis axes dim perm", name, strlen(name));
	double p = rank_at(&al->side[0], m), q = rank_at(&al->side[1], n);
	struct setting a = { .n = 0 }, b = { .n = 0 };

	if (!setting_of(&b, al, &al->side[1], n, all_names(n, name)) && !b.absent)
		return false;
	if (!taken(&a, al, 0, m, name, &b) || (b.n == 0 && b.text[0] == '\0' &&
	    !taken(&b, al, 1, n, name, &a)))
		return false;
	if (axis && is_other_softmax(m, n, &a, p))
		return false;
	if (axis && p == q) {
		count_forward(&a, p);
		count_forward(&b, q);
	}
	return same_settings(&a, &b);
}

bool
default_same_operand(struct aligner *al, const struct node *m, const struct node *n,
	const struct node *has, uint32_t i)
{
	char name[40];
	struct sig sig;

	if (!wire_is_weight(has->in[i]))
		return false;
	if (i < has->nnamed)
		return default_same(al, m, n, has->in_name[i]->s);
	if (has->nnamed > 0 || has->op == NULL || !sig_parse(has->op, &sig) || i >= sig.nin ||
	    sig.in[i].variadic || sig.in[i].name_len >= sizeof name)
		return false;
	memcpy(name, sig.in[i].name, sig.in[i].name_len);
	name[sig.in[i].name_len] = '\0';
	return default_same(al, m, n, name);
}
