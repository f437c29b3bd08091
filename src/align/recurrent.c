/* SPDX-License-Identifier: Apache-2.0 */
/* Between formats: recurrent layers. One node may be several layers and directions, and what a
 * format has no parameter for is done in one way alone: PyTorch has neither peepholes nor bounds
 * nor functions of the gates, and applies the reset of a GRU behind the product. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "align/setting.h"
#include "base/str.h"
#include "ir/tensor.h"

enum { FUNCTIONS = 3, TEXT_MAX = 64, FORWARD = 1, BACK = 2 };

/* Of all recurrent nodes of one side of a group. */
struct habit {
	uint32_t n;
	bool known;
	unsigned ways;           /* FORWARD, BACK */
	bool turned;             /* a node of the group reverses something */
	char functions[TEXT_MAX]; /* of gates, cell and output; of gates and state; of the state */
	bool peepholes, coupled, after;
	double clip;             /* INFINITY: none */
};

static const char *
functions_of(enum sem sem)
{
	return sem == SEM_LSTM ? "sigmoid,tanh,tanh" : sem == SEM_GRU ? "sigmoid,tanh" : "tanh";
}

static uint32_t
count_functions(enum sem sem)
{
	return sem == SEM_LSTM ? 3 : sem == SEM_GRU ? 2 : 1;
}

/* One more function, in small letters. */
static bool
add_function(struct habit *h, const char *s)
{
	size_t n = strlen(h->functions);

	if (n + strlen(s) + 2 > TEXT_MAX)
		return false;
	if (n > 0)
		h->functions[n++] = ',';
	for (; *s != '\0'; s++)
		h->functions[n++] = (char)tolower((unsigned char)*s);
	h->functions[n] = '\0';
	return true;
}

/* Functions of one direction after the other: they have to be the same. */
static bool
read_functions(struct habit *h, const struct attr *a, enum sem sem)
{
	uint32_t n = count_functions(sem);

	if (a == NULL)
		return add_function(h, functions_of(sem));
	if (a->kind != ATTR_STRINGS || a->v.strings == NULL || a->n == 0 || a->n % n != 0)
		return false;
	for (uint64_t i = 0; i < a->n; i++)
		if (i >= n ? !wire_same_name(a->v.strings[i], a->v.strings[i % n]) :
		    !add_function(h, a->v.strings[i]->s))
			return false;
	return true;
}

static bool
is_there(struct aligner *al, const struct value *v)
{
	const struct tensor *t = wire_constant(v);
	struct tensor_stats st;

	if (v == NULL || (t != NULL && t->dtype == DT_NONE))
		return false;
	if (t == NULL || t->flags & TENSOR_MISSING)
		return true;
	tensor_stats(t, al->ctx, false, &st);
	return !st.complete || st.min != 0 || st.max != 0;
}

static const struct value *
operand(const struct node *n, const char *name)
{
	for (uint32_t i = 0; i < n->nnamed; i++)
		if (strcmp(n->in_name[i]->s, name) == 0)
			return n->in[i];
	return NULL;
}

static void
add_way(struct habit *h, const struct setting *way)
{
	bool both = strcmp(way->text, "bidirectional") == 0;

	h->ways |= both ? FORWARD | BACK : strcmp(way->text, "reverse") == 0 ? BACK : FORWARD;
}

static bool
read_onnx(struct aligner *al, const struct side *s, const struct item *x, struct habit *h)
{
	enum { LENGTHS = 4, PEEPHOLES = 7 };
	const struct node *n = x->n;
	struct setting way;
	double clip, coupled, after;

	setting_of(&way, al, s, n, "direction");
	add_way(h, &way);
	h->peepholes = x->sem == SEM_LSTM && n->nin > PEEPHOLES && is_there(al, n->in[PEEPHOLES]);
	if (!setting_number(&clip, al, s, n, "clip", INFINITY) ||
	    !setting_number(&coupled, al, s, n, "input_forget", 0) ||
	    !setting_number(&after, al, s, n, "linear_before_reset", 0))
		return false;
	h->clip = clip;
	h->coupled = coupled != 0;
	h->after = after != 0;
	return (n->nin <= LENGTHS || n->in[LENGTHS] == NULL) &&
	    node_attr(n, "activation_alpha") == NULL && node_attr(n, "activation_beta") == NULL &&
	    read_functions(h, node_attr(n, "activations"), x->sem);
}

static bool
read_mil(struct aligner *al, const struct side *s, const struct item *x, struct habit *h)
{
	static const char *const names[FUNCTIONS] = { "recurrent_activation", "cell_activation",
		"activation" };
	struct setting way, word;
	double after;

	setting_of(&way, al, s, x->n, "direction");
	add_way(h, &way);
	for (unsigned i = 0; i < FUNCTIONS; i++) {
		if ((i == 0 && x->sem == SEM_RNN) || (i == 1 && x->sem != SEM_LSTM))
			continue;
		if (!setting_of(&word, al, s, x->n, names[i]) || !add_function(h, word.text))
			return false;
	}
	h->peepholes = is_there(al, operand(x->n, "peephole")) ||
	    is_there(al, operand(x->n, "peephole_back"));
	if (!setting_number(&h->clip, al, s, x->n, "clip", INFINITY) ||
	    !setting_number(&after, al, s, x->n, "reset_after", 0))
		return false;
	h->after = after != 0;
	return true;
}

static bool
read_aten(struct aligner *al, const struct side *s, const struct item *x, struct habit *h)
{
	double both;

	if (!setting_number(&both, al, s, x->n, "bidirectional", 0) ||
	    (x->n->overload != NULL && strcmp(x->n->overload->s, "data") == 0))
		return false;
	h->ways |= both != 0 ? FORWARD | BACK : FORWARD;
	h->after = true;
	h->clip = INFINITY;
	return add_function(h, strstr(x->n->type->s, "relu") != NULL ? "relu" :
	    functions_of(x->sem));
}

/* Is it done in another way than by the nodes before? */
static bool
is_other(const struct habit *a, const struct habit *b, enum sem sem)
{
	return strcmp(a->functions, b->functions) != 0 || a->peepholes != b->peepholes ||
	    a->coupled != b->coupled || (sem == SEM_GRU && a->after != b->after) ||
	    a->clip != b->clip;
}

static struct habit
habit_of(struct aligner *al, unsigned k, const struct align_group *g, enum sem sem)
{
	const struct side *s = &al->side[k];
	struct habit all = { .known = true };

	for (uint32_t i = 0; i < (k == 0 ? g->na : g->nb); i++) {
		const struct item *x = side_item(s, (k == 0 ? g->a : g->b)[i]);
		struct habit own = { .clip = INFINITY };

		all.turned = all.turned || x->sem == SEM_REVERSE;
		if (x->sem != sem || x->twin)
			continue;
		own.known = x->dialect == DIALECT_ONNX ? read_onnx(al, s, x, &own) :
		    x->dialect == DIALECT_MIL ? read_mil(al, s, x, &own) :
		    x->dialect == DIALECT_ATEN && read_aten(al, s, x, &own);
		own.ways |= all.ways;
		own.n = all.n + 1;
		own.turned = all.turned;
		own.known = own.known && all.known && (all.n == 0 || !is_other(&all, &own, sem));
		if (fabs(own.clip) > F16_HUGE)
			own.clip = INFINITY;
		all = own;
	}
	return all;
}

static const char *
way_name(unsigned ways)
{
	return ways == BACK ? "from the end" : ways == FORWARD ? "forward" : "both";
}

static bool
say_if(struct aligner *al, const char **what, const char *name, const char *a, const char *b)
{
	if (strcmp(a, b) == 0)
		return false;
	setting_say_words(al, what, name, a, b);
	return true;
}

static void
put_bound(struct setting *to, double bound)
{
	*to = (struct setting){ .v = { bound }, .n = !isinf(bound), .text = "none" };
}

bool
recurrent_differs(struct aligner *al, const struct align_group *g, const struct item *on,
	const char **what)
{
	enum sem sem = on->sem;
	struct setting x, y;
	struct habit a, b;
	bool differ;

	if (sem_family(sem) != FAM_RECURRENT)
		return false;
	a = habit_of(al, 0, g, sem);
	b = habit_of(al, 1, g, sem);
	if (!a.known || !b.known || a.n == 0 || b.n == 0)
		return false;
	differ = !a.turned && !b.turned &&
	    say_if(al, what, "direction", way_name(a.ways), way_name(b.ways));
	differ |= say_if(al, what, "activations", a.functions, b.functions);
	differ |= say_if(al, what, "peepholes", a.peepholes ? "some" : "none",
	    b.peepholes ? "some" : "none");
	differ |= say_if(al, what, "input and forget gate", a.coupled ? "coupled" : "apart",
	    b.coupled ? "coupled" : "apart");
	differ |= sem == SEM_GRU && say_if(al, what, "reset", a.after ? "behind the product" :
	    "before the product", b.after ? "behind the product" : "before the product");
	if (a.clip == b.clip)
		return differ;
	put_bound(&x, a.clip);
	put_bound(&y, b.clip);
	setting_say(al, what, "clip", 4, &x, &y);
	return true;
}
