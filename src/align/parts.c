/* SPDX-License-Identifier: Apache-2.0 */
/* Between formats one operation may be several: which of these have a part in what the other
 * side computes? One that has none was left out on the other side, or put in. */
#include <string.h>

#include "align/setting.h"
#include "base/str.h"
#include "ir/tensor.h"
#include "ops/op.h"

enum { PARTS = 14 };
/* Of larger groups nobody knows which node is part of what. */
enum { PAIRS = 1 << 20 };

/* What exporters and converters write as several, and the operations these are of, beside
 * layout, in any number. */
static const struct { enum sem whole, parts[PARTS]; } wholes[] = {
	{ SEM_GELU, { SEM_ERF, SEM_TANH, SEM_MUL, SEM_DIV, SEM_ADD, SEM_POW, SEM_SIGMOID } },
	{ SEM_SWISH, { SEM_SIGMOID, SEM_MUL } },
	{ SEM_HARD_SWISH, { SEM_HARD_SIGMOID, SEM_MUL, SEM_ADD, SEM_DIV, SEM_CLIP, SEM_RELU,
	    SEM_SHRINK, SEM_MIN, SEM_MAX } },
	{ SEM_HARD_SIGMOID, { SEM_ADD, SEM_CLIP, SEM_DIV, SEM_MUL, SEM_RELU, SEM_MIN } },
	{ SEM_MISH, { SEM_SOFTPLUS, SEM_TANH, SEM_MUL, SEM_EXP, SEM_ADD, SEM_LOG } },
	{ SEM_GLU, { SEM_SPLIT, SEM_SLICE, SEM_SIGMOID, SEM_MUL } },
	{ SEM_SOFTPLUS, { SEM_EXP, SEM_ADD, SEM_LOG, SEM_MUL, SEM_DIV } },
	{ SEM_SOFTSIGN, { SEM_ABS, SEM_ADD, SEM_DIV } },
	{ SEM_ELU, { SEM_EXP, SEM_SUB, SEM_MUL, SEM_SELECT, SEM_COMPARE, SEM_MIN, SEM_RELU } },
	{ SEM_PRELU, { SEM_RELU, SEM_MUL, SEM_NEG, SEM_ADD, SEM_SUB, SEM_ABS } },
	{ SEM_LEAKY_RELU, { SEM_MUL, SEM_MAX, SEM_RELU, SEM_SELECT, SEM_COMPARE } },
	{ SEM_SHRINK, { SEM_COMPARE, SEM_SELECT, SEM_MUL, SEM_ADD, SEM_SUB, SEM_LOGIC, SEM_ABS,
	    SEM_SIGN } },
	{ SEM_CLIP, { SEM_MIN, SEM_MAX, SEM_RELU } },
	{ SEM_SOFTMAX, { SEM_EXP, SEM_REDUCE, SEM_DIV, SEM_SUB } },
	{ SEM_LOG_SOFTMAX, { SEM_SOFTMAX, SEM_LOG, SEM_REDUCE, SEM_SUB, SEM_EXP } },
	{ SEM_LAYER_NORM, { SEM_REDUCE, SEM_SUB, SEM_MUL, SEM_POW, SEM_ADD, SEM_SQRT, SEM_DIV,
	    SEM_RECIPROCAL, SEM_BATCH_NORM, SEM_INSTANCE_NORM } },
	{ SEM_INSTANCE_NORM, { SEM_REDUCE, SEM_SUB, SEM_MUL, SEM_POW, SEM_ADD, SEM_SQRT, SEM_DIV,
	    SEM_RECIPROCAL, SEM_BATCH_NORM, SEM_TILE } },
	{ SEM_GROUP_NORM, { SEM_REDUCE, SEM_SUB, SEM_MUL, SEM_POW, SEM_ADD, SEM_SQRT, SEM_DIV,
	    SEM_RECIPROCAL, SEM_INSTANCE_NORM, SEM_BATCH_NORM } },
	{ SEM_BATCH_NORM, { SEM_MUL, SEM_ADD, SEM_SUB, SEM_DIV, SEM_SQRT, SEM_REDUCE } },
	{ SEM_RMS_NORM, { SEM_MUL, SEM_POW, SEM_REDUCE, SEM_ADD, SEM_SQRT, SEM_DIV,
	    SEM_RECIPROCAL, SEM_CLIP } },
	{ SEM_LP_NORM, { SEM_REDUCE, SEM_DIV, SEM_MAX, SEM_CLIP, SEM_POW, SEM_SQRT, SEM_ABS,
	    SEM_TILE } },
	{ SEM_ATTENTION, { SEM_MATMUL, SEM_SOFTMAX, SEM_MUL, SEM_DIV, SEM_ADD, SEM_SQRT,
	    SEM_SELECT, SEM_TRI, SEM_LOGIC, SEM_SUB, SEM_TILE, SEM_CLASSIFY, SEM_CONCAT } },
	{ SEM_GEMM, { SEM_MATMUL, SEM_ADD, SEM_MUL } },
	{ SEM_EINSUM, { SEM_MATMUL, SEM_MUL, SEM_REDUCE } },
	{ SEM_UNFOLD, { SEM_GATHER, SEM_PAD, SEM_SLICE, SEM_CONCAT, SEM_CONV } },
	{ SEM_FOLD, { SEM_SCATTER_ND, SEM_SCATTER_ELEMENTS, SEM_GATHER, SEM_ADD, SEM_REDUCE,
	    SEM_PAD, SEM_GATHER_ELEMENTS, SEM_SELECT, SEM_COMPARE, SEM_SLICE } },
	{ SEM_GRID_SAMPLE, { SEM_GATHER_ND, SEM_MUL, SEM_ADD, SEM_SUB, SEM_ROUND } },
	{ SEM_RESIZE, { SEM_GATHER, SEM_MUL, SEM_ADD, SEM_CROP } },
	{ SEM_SPLIT, { SEM_SLICE, SEM_GATHER } }, { SEM_STACK, { SEM_CONCAT } },
	{ SEM_REVERSE, { SEM_SLICE, SEM_CONCAT, SEM_GATHER } },
	{ SEM_TILE, { SEM_CONCAT, SEM_GATHER } },
	{ SEM_TOP_K, { SEM_ARG_REDUCE, SEM_GATHER_ELEMENTS } },
	{ SEM_ARG_REDUCE, { SEM_TOP_K, SEM_GATHER, SEM_REVERSE } },
	{ SEM_QUANT_OP, { SEM_QUANTIZE, SEM_DEQUANTIZE, SEM_CONV, SEM_GEMM, SEM_ADD, SEM_MUL,
	    SEM_RELU } },
	{ SEM_QUANTIZE, { SEM_DEQUANTIZE } }, { SEM_RNN, { SEM_RNN } }, { SEM_LSTM, { SEM_LSTM } },
	{ SEM_GRU, { SEM_GRU } },
	{ SEM_REDUCE, { SEM_POW, SEM_SQRT, SEM_ABS, SEM_MUL, SEM_DIV, SEM_SUB, SEM_EXP, SEM_LOG,
	    SEM_ADD, SEM_COMPARE } },
	{ SEM_GLOBAL_POOL, { SEM_REDUCE } },
	{ SEM_CUMULATIVE, { SEM_MATMUL } }, { SEM_ONE_HOT, { SEM_COMPARE, SEM_SELECT } },
	{ SEM_TRI, { SEM_SELECT, SEM_MUL, SEM_LOGIC, SEM_COMPARE } },
	{ SEM_COMPARE, { SEM_LOGIC } }, { SEM_RECIPROCAL, { SEM_DIV } },
	{ SEM_ROUND, { SEM_SIGN, SEM_ABS, SEM_MUL, SEM_SELECT, SEM_COMPARE } },
	{ SEM_MOD, { SEM_DIV, SEM_ROUND, SEM_MUL, SEM_SUB } },
	{ SEM_LOG, { SEM_ADD, SEM_DIV, SEM_MUL } }, { SEM_EXP, { SEM_SUB, SEM_POW } },
	{ SEM_SQRT, { SEM_RECIPROCAL, SEM_DIV, SEM_POW } },
	{ SEM_TRIG, { SEM_DIV, SEM_SQRT, SEM_ADD, SEM_LOG, SEM_MUL, SEM_SUB, SEM_EXP } },
	{ SEM_SELECT, { SEM_MUL, SEM_ADD, SEM_SUB, SEM_LOGIC, SEM_COMPARE } },
	{ SEM_LOGIC, { SEM_COMPARE, SEM_MUL } }, { SEM_PAD, { SEM_CONCAT, SEM_SLICE } },
	{ SEM_GATHER, { SEM_COMPARE, SEM_ADD, SEM_SELECT, SEM_SLICE } },
	{ SEM_GATHER_ELEMENTS, { SEM_COMPARE, SEM_ADD, SEM_SELECT } },
	{ SEM_GATHER_ND, { SEM_COMPARE, SEM_ADD, SEM_SELECT, SEM_CONCAT } },
	{ SEM_LOCAL_NORM, { SEM_POW, SEM_PAD, SEM_AVG_POOL, SEM_MUL, SEM_ADD, SEM_DIV, SEM_CONV } },
	{ SEM_CONV, { SEM_PAD, SEM_SPLIT, SEM_CONCAT } }, { SEM_CONV_TRANSPOSE, { SEM_CROP,
	    SEM_SLICE } },
	{ SEM_MAX_POOL, { SEM_PAD } }, { SEM_AVG_POOL, { SEM_PAD, SEM_MUL, SEM_DIV } },
	{ SEM_SCALE, { SEM_MUL, SEM_ADD, SEM_SUB, SEM_DIV } }, { SEM_SUB, { SEM_MUL, SEM_NEG } },
	{ SEM_ADD, { SEM_MUL } }, { SEM_MUL, { SEM_NEG } }, { SEM_NEG, { SEM_MUL, SEM_SUB } },
	{ SEM_DIV, { SEM_RECIPROCAL, SEM_MUL, SEM_ROUND, SEM_ABS, SEM_SIGN } }
};

static bool
is_part(enum sem whole, enum sem part)
{
	for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++)
		for (size_t k = 0; wholes[i].whole == whole && k < PARTS; k++)
			if (wholes[i].parts[k] == part)
				return true;
	return false;
}

static bool
works(const struct item *x)
{
	return !kin_layout(x) && !x->fixed && !x->idle && !x->twin && x->sem != SEM_STATE &&
	    x->sem != SEM_CAST && x->n->op != NULL && x->n->graph->parent == NULL;
}

/* One of its operands is constant: it scales or shifts, and may be in the weights of another. */
bool
parts_is_affine(const struct item *x)
{
	/* of an exported program numbers are attributes */
	bool fixed = x->sem == SEM_BATCH_NORM || (x->dialect == DIALECT_ATEN && x->n->nin == 1 &&
	    x->n->nattrs > 0);

	for (uint32_t i = 0; i < x->n->nin && !fixed; i++)
		fixed = wire_is_weight(x->n->in[i]);
	return fixed && (x->sem == SEM_BATCH_NORM || x->sem == SEM_ADD || x->sem == SEM_SUB ||
	    x->sem == SEM_MUL || x->sem == SEM_DIV || x->sem == SEM_SCALE);
}

/* Has it weights that what scales or shifts could be folded into? */
static bool
takes_affine(const struct item *x)
{
	bool some = false;

	for (uint32_t i = 0; i < x->n->nin && kin_takes_scale(x); i++) {
		const struct tensor *t = wire_constant(x->n->in[i]);

		some = some || wire_unpacked_by(x->n->in[i]) != NULL ||
		    (t != NULL && dtype_class(t->dtype) == DC_FLOAT && t->numel > 1);
	}
	return some;
}

/* Operations of each kind that work, of either side of a group. */
struct kinds { uint32_t of[2][SEM_COUNT]; };

static void
count_kinds(const struct aligner *al, const struct align_group *g, struct kinds *c)
{
	memset(c, 0, sizeof *c);
	for (unsigned k = 0; k < 2; k++)
		for (uint32_t i = 0; i < (k == 0 ? g->na : g->nb); i++) {
			const struct item *x = side_item(&al->side[k], k == 0 ? g->a[i] : g->b[i]);

			c->of[k][x->sem] += works(x);
		}
}

bool
parts_has(const struct item *x, const struct item *y)
{
	if (kin_made_of(y, x) && (x->sem != y->sem || kin_is_step(y, x)))
		return true;
	if (takes_affine(y) && parts_is_affine(x))
		return true;
	return is_part(y->sem, x->sem) ||
	    (kin_is_scale(y) && parts_is_affine(x) && parts_is_affine(y));
}

/* May there be more of x beside a node that does what y does already? */
static bool
takes_more(const struct item *x, const struct item *y)
{
	enum family f = sem_family(y->sem);

	return f == FAM_CONV || f == FAM_POOL || f == FAM_MATMUL || f == FAM_INDEX ||
	    f == FAM_RECURRENT || f == FAM_QUANT || y->sem == SEM_RESIZE || kin_made_of(y, x) ||
	    (x->sem == SEM_ROUND && y->sem == SEM_DIV);
}

/* The first node of side k that has no part in the other side's; NULL: all have. */
static const struct node *
odd_one(const struct aligner *al, unsigned k, const struct align_group *g,
	const struct kinds *c)
{
	const struct node **own = k == 0 ? g->a : g->b, **others = k == 0 ? g->b : g->a;
	uint32_t nown = k == 0 ? g->na : g->nb, nothers = k == 0 ? g->nb : g->na;

	for (uint32_t i = 0; i < nown; i++) {
		const struct item *x = side_item(&al->side[k], own[i]);
		bool has = !works(x) || c->of[1 - k][x->sem] >= c->of[k][x->sem];

		for (uint32_t o = 0; o < nothers && !has; o++) {
			const struct item *y = side_item(&al->side[1 - k], others[o]);

			has = others[o]->op == NULL || others[o]->nregions > 0 ||
			    (parts_has(x, y) && (takes_more(x, y) || c->of[k][y->sem] == 0));
		}
		if (!has)
			return own[i];
	}
	return NULL;
}

bool
parts_differ(struct aligner *al, const struct align_group *g, const struct item *x,
	const struct item *y, const char **what)
{
	struct kinds c;

	if (g->na == 1 && g->nb == 1)
		return false;
	if ((uint64_t)g->na * g->nb > PAIRS) {
		al->rough = true;
		return false;
	}
	count_kinds(al, g, &c);
	for (unsigned k = 0; k < 2; k++) {
		const struct node *n = odd_one(al, k, g, &c);

		/* the main ones were held against one another */
		if (n == NULL || n == (k == 0 ? x->n : y->n))
			continue;
		setting_say_words(al, what, "part of it", k == 0 ? n->type->s : "nothing",
		    k == 0 ? "nothing" : n->type->s);
		return true;
	}
	return false;
}
