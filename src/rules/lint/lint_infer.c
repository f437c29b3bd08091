/* SPDX-License-Identifier: Apache-2.0 */
/* What inference finds: declared types that operands contradict, operands that
 * do not go together, attributes that do not fit an operand's rank. Errors are
 * what the official checker's own inference stops at, which knows the contents
 * of constants alone and says nothing behind an op without a schema; the rest
 * are warnings. Source of the table: the operators' specifications, held
 * against the checker with changed models. */
#include <inttypes.h>
#include <string.h>

#include "infer/infer.h"
#include "rules/lint/lint_state.h"

/* A finding of inference about a node; functions are visited many times. */
struct inferred {
	enum diag_id id;
	bool known;
	const char *text;
	struct inferred *next;
};

static void
keep(void *arg, const struct node *n, enum diag_id id, const char *text, bool known)
{
	struct lint *l = arg;
	struct inferred **end = &l->inferred[n->id], *f;

	for (; *end != NULL; end = &(*end)->next)
		if (strcmp((*end)->text, text) == 0)
			return;
	f = *end = arena_alloc(&l->a, sizeof *f);
	f->id = id;
	f->known = known;
	f->text = arena_strdup(&l->a, text, strlen(text));
}

static bool
is_declared(const struct value *v)
{
	return v->type != NULL && v->type->tag == TY_TENSOR && v->type->has_rank;
}

/* How much less than here the official inference knows of values: of some
 * nothing, of some the rank. */
enum { LOOSE_DIMS = 1, LOOSE_ALL };

static unsigned
reads_loose(const struct lint *l, const struct node *n)
{
	unsigned most = 0;

	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && l->loose[n->in[i]->id] > most)
			most = l->loose[n->in[i]->id];
	return most;
}

/* Does it need the content of an operand that is no constant? */
static bool
wants_content(const struct node *n)
{
	for (uint32_t i = 1; i < n->nin; i++)
		if (n->in[i] != NULL && value_tensor(n->in[i]) == NULL)
			return true;
	return false;
}

/* It begins at nodes whose outputs depend on contents, and ends where a type is
 * declared, or where all is known in spite of it. */
static void
mark_loose(struct lint *l, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];
		unsigned level = reads_loose(l, n), own = 2 - (unsigned)infer_onnx_knows(n);

		if (own > level && (infer_lost(l->infer, n) != NULL ||
		    (own == LOOSE_ALL && wants_content(n))))
			level = own;
		for (uint32_t k = 0; k < n->nout && level > 0; k++)
			if (n->out[k] != NULL && !is_declared(n->out[k]) &&
			    (level == LOOSE_ALL || infer_vague(l->infer, n->out[k])))
				l->loose[n->out[k]->id] = (uint8_t)level;
	}
}

void
lint_infer(struct lint *l)
{
	struct infer_options *o = arena_alloc(&l->a, sizeof *o);

	o->constants_only = l->m->dialect == DIALECT_ONNX;
	o->found = keep;
	o->arg = l;
	l->inferred = arena_array(&l->a, l->m->nnodes, sizeof *l->inferred);
	l->loose = arena_array(&l->a, l->m->nvalues, sizeof *l->loose);
	l->infer = infer_model(l->ctx, &l->a, l->model, o);
	for (uint32_t i = 0; i < l->m->ngraphs; i++)
		mark_loose(l, l->m->graphs[i]);
}

/* ---- attributes and operands ---- */

enum need_kind {
	NEED_RANK,    /* operand: a rank of the set */
	NEED_AXIS,    /* attribute: from -rank to rank - 1 */
	NEED_SPATIAL, /* list as long as the axes behind the second */
	NEED_PADS,    /* the same, two for each */
	NEED_DTYPE    /* number of an element type */
};

/* What an op asks of the rank of an operand. A few rows an op, in no order. */
static const struct need {
	const char *op;
	enum need_kind kind;
	uint8_t operand;
	uint16_t ranks;     /* bit per rank */
	const char *attr;
} needs[] = {
#define RANK(op, operand, ranks) { op, NEED_RANK, operand, ranks, NULL }
#define AXIS(op, attr) { op, NEED_AXIS, 0, 0, attr }
#define WINDOW(op) { op, NEED_SPATIAL, 0, 0, "kernel_shape" }, \
	{ op, NEED_SPATIAL, 0, 0, "strides" }, { op, NEED_SPATIAL, 0, 0, "dilations" }, \
	{ op, NEED_PADS, 0, 0, "pads" }
#define DTYPE(op, attr) { op, NEED_DTYPE, 0, 0, attr }
	RANK("Gemm", 0, 1 << 2), RANK("Gemm", 1, 1 << 2),
	RANK("Attention", 0, 1 << 3 | 1 << 4), RANK("Attention", 1, 1 << 3 | 1 << 4),
	RANK("Attention", 2, 1 << 3 | 1 << 4),
	RANK("ReverseSequence", 1, 1 << 1), RANK("Resize", 3, 1 << 1), RANK("Reshape", 1, 1 << 1),
	RANK("Expand", 1, 1 << 1), RANK("ConstantOfShape", 0, 1 << 1),
	RANK("AffineGrid", 1, 1 << 1),
	RANK("Col2Im", 1, 1 << 1), RANK("Col2Im", 0, 1 << 3), RANK("LinearAttention", 0, 1 << 3),
	RANK("FlexAttention", 0, 1 << 4), RANK("FlexAttention", 1, 1 << 4),
	RANK("FlexAttention", 2, 1 << 4), RANK("RoiAlign", 0, 1 << 4), RANK("OneHot", 2, 1 << 1),
	WINDOW("Conv"), WINDOW("ConvTranspose"), WINDOW("MaxPool"), WINDOW("AveragePool"),
	WINDOW("LpPool"), WINDOW("MaxUnpool"), WINDOW("ConvInteger"), WINDOW("QLinearConv"),
	AXIS("Split", "axis"), AXIS("TopK", "axis"), AXIS("ArgMax", "axis"), AXIS("ArgMin", "axis"),
	AXIS("Softmax", "axis"), AXIS("LogSoftmax", "axis"),
	AXIS("Hardmax", "axis"),
	DTYPE("Cast", "to"), DTYPE("EyeLike", "dtype"), DTYPE("BitCast", "to"),
	DTYPE("RandomNormal", "dtype"), DTYPE("RandomUniform", "dtype"),
	DTYPE("SequenceEmpty", "dtype"),
#undef RANK
#undef AXIS
#undef WINDOW
#undef DTYPE
};

/* Rank of an operand as the checker knows it, or -1. */
static int
rank_of(const struct lint *l, const struct node *n, uint32_t operand)
{
	const struct value *v = operand < n->nin ? n->in[operand] : NULL;
	const struct type *t = v != NULL && !l->loose[v->id] ? infer_type(l->infer, v) : NULL;

	return t != NULL && t->tag == TY_TENSOR && t->has_rank ? (int)t->rank : -1;
}

static void
check_rank(struct lint *l, const struct place *at, enum diag_id id, const struct need *need,
    int rank)
{
	struct place operand = *at;

	if (rank > 15 || !(need->ranks >> rank & 1)) {
		operand.field = "input";
		operand.index = need->operand;
		lint_add(l, id, &operand, "operand %u of %.*s has rank %d",
		    need->operand, NAME(at->n->type), rank);
	}
}

/* The attribute against the operand's rank. */
static void
check_attr(struct lint *l, struct place at, const struct scope *s, const struct need *need,
    int rank)
{
	const struct attr *a = at.attr = node_attr(at.n, need->attr);
	uint64_t want = (uint64_t)(rank - 2) * (need->kind == NEED_PADS ? 2 : 1);

	if (a == NULL || a->ref != NULL)
		return;
	if (need->kind == NEED_DTYPE && a->kind == ATTR_INT && onnx_dtype(a->v.i) == DT_NONE)
		lint_add(l, lint_type_level(s, DIAG_LINT_ATTR_DTYPE, false), &at, "%s of %.*s is "
		    "%" PRId64, need->attr, NAME(at.n->type), a->v.i);
	if (need->kind == NEED_AXIS && a->kind == ATTR_INT && rank >= 0 &&
	    (a->v.i < -rank || a->v.i >= rank))
		lint_add(l, lint_type_level(s, DIAG_LINT_ATTR_AXIS, false), &at, "%s of %.*s is "
		    "%" PRId64 ", its operand has rank %d", need->attr, NAME(at.n->type), a->v.i,
		    rank);
	if ((need->kind == NEED_SPATIAL || need->kind == NEED_PADS) && a->kind == ATTR_INTS &&
	    rank >= 2 && a->n != want)
		lint_add(l, lint_type_level(s, DIAG_LINT_ATTR_LENGTH, false), &at, "%s of %.*s has "
		    "%" PRIu64 " number%s for an operand of rank %d", need->attr,
		    NAME(at.n->type), a->n, plural(a->n), rank);
}

uint64_t
lint_needs(const struct op *op)
{
	enum { NEEDS = sizeof needs / sizeof *needs };
	uint64_t set = 0;

	_Static_assert(NEEDS <= 64, "a row knows its needs by bit");
	for (size_t i = 0; i < NEEDS && *op->domain == '\0'; i++)
		if (strcmp(needs[i].op, op->name) == 0)
			set |= UINT64_C(1) << i;
	return set;
}

static void
check_needs(struct lint *l, const struct scope *s, const struct place *at, uint64_t set)
{
	for (; set != 0; set &= set - 1) {
		const struct need *need = &needs[__builtin_ctzll(set)];
		int rank = rank_of(l, at->n, need->operand);

		if (need->attr != NULL)
			check_attr(l, *at, s, need, rank);
		else if (rank >= 0)
			check_rank(l, at, lint_type_level(s, DIAG_LINT_OPERAND_RANK, false), need,
			    rank);
	}
}

void
lint_inferred(struct lint *l, const struct scope *s, const struct node *n, const struct row *row)
{
	const struct place at = { .g = s->g, .n = n };
	const struct inferred *f;
	uint32_t before = l->nadded;

	if (l->infer == NULL)
		return;
	f = l->inferred[n->id];
	if (row->needs != 0)
		check_needs(l, s, &at, row->needs);
	if (before != l->nadded)
		return; /* the same in other words */
	for (; f != NULL; f = f->next) {
		bool known = f->known && reads_loose(l, n) == 0;

		lint_add(l, lint_type_level(s, !known ? DIAG_LINT_SHAPE_OWN :
		    f->id == DIAG_SHAPE_CONFLICT ? DIAG_LINT_SHAPE_DECLARED :
		    DIAG_LINT_SHAPE_MISFIT, false), &at, "%.*s: %s", NAME(n->type), f->text);
	}
}

void
lint_inferred_mil(struct lint *l, const struct graph *g, const struct node *n)
{
	const struct place at = { .g = g, .n = n };
	const struct inferred *f = l->infer != NULL ? l->inferred[n->id] : NULL;

	for (; f != NULL; f = f->next)
		lint_add(l, DIAG_LINT_MIL_TYPE, &at, "%.*s: %s", NAME(n->type), f->text);
}
