/* SPDX-License-Identifier: Apache-2.0 */
/* What ops ask of ranks, sizes and attributes beyond their signatures: needs.def,
 * row by row. The first row that a node does not meet is reported. */
#include <inttypes.h>
#include <string.h>

#include "infer/infer.h"
#include "ir/dim.h"
#include "rules/lint/lint_state.h"

enum need_kind {
	NEED_RANK,        /* operand a: a rank of set b */
	NEED_RANKS,       /* rank of operand a: that of b and c more */
	NEED_AXIS,        /* from -rank - b to rank - 1 + c; d: not below 0 */
	NEED_SPATIAL,     /* list: b numbers for each axis behind the second */
	NEED_PERM,        /* axes of operand a, none twice */
	NEED_LEAST,       /* number or list: none below b */
	NEED_DTYPE,       /* number of an element type */
	NEED_WORDS,       /* text: one of those that follow */
	NEED_WORD_TAKES,  /* operand a is there for these words only; b: if there is none */
	NEED_MULTIPLE,    /* number: a multiple of the other attribute */
	NEED_AT_RANK,     /* wanted where operand a has rank b, then at least c */
	NEED_NOT_AT_RANK, /* may not stand there */
	NEED_DIM,         /* dim b of operand a is dim d of operand c */
	NEED_TAIL,        /* dims from b on of operand a are those from d on of c */
	NEED_SIZE,        /* dim b of operand a is c */
	NEED_POINT,       /* last dim of operand a: axes behind the second */
	NEED_KERNEL,      /* without the list: operand b has the rank of a */
	NEED_GIVEN,       /* operands from a on, b of them, are not left out */
	NEED_TOGETHER,    /* operands a and b are both there, or neither */
	NEED_TIMES        /* behind the first a there is a multiple of b operands */
};

struct need {
	const char *op;
	uint8_t from, to; /* since versions of the row */
	enum need_kind kind;
	int a, b, c, d;
	const char *attr; /* and the words behind it, each with its NUL, then one more */
};

#define BIT(rank) (1 << (rank))
#define UP(rank) (0xffff & ~(BIT(rank) - 1))
static const struct need needs[] = {
#define NEED_(op, from, to, kind, a, b, c, d, attr) \
	{ op, from, to, NEED_##kind, a, b, c, d, attr },
#define NEED(...) NEED_(__VA_ARGS__)
#include "rules/lint/needs.def"
#undef NEED
#undef NEED_
};
enum { NEEDS = sizeof needs / sizeof *needs, RANK_BITS = 16 };

/* One row against one node. */
struct asked {
	struct lint *l;
	const struct scope *s;
	struct place at;
	const struct need *need;
	const struct attr *attr; /* that it names, or NULL */
};

/* Type of an operand when the checker knows it, but for as much as loose says. */
static const struct type *
shaped(const struct asked *q, int operand, unsigned loose)
{
	const struct node *n = q->at.n;
	const struct value *v = (uint32_t)operand < n->nin ? n->in[operand] : NULL;
	const struct type *t = v != NULL && q->l->loose[v->id] <= loose ?
	    infer_type(q->l->infer, v) : NULL;

	return t != NULL && t->tag == TY_TENSOR && t->has_rank ? t : NULL;
}

/* Rank of an operand as the checker knows it, or -1. */
static int
rank_of(const struct asked *q, int operand)
{
	const struct type *t = shaped(q, operand, LOOSE_DIMS);

	return t != NULL ? (int)t->rank : -1;
}

/* The size of one dim, where it is a number. */
static bool
size_of(const struct asked *q, int operand, int at, int64_t *size)
{
	const struct type *t = shaped(q, operand, 0);

	return t != NULL && at < (int)t->rank && dim_number(t->dims[at], size);
}

static enum diag_id
level(const struct asked *q, enum diag_id id)
{
	return lint_type_level(q->s, id, false);
}

/* The place of an operand. */
static const struct place *
at_operand(struct asked *q, int operand)
{
	q->at.field = "input";
	q->at.index = (uint32_t)operand;
	return &q->at;
}

static void
check_rank(struct asked *q)
{
	int operand = q->need->a, rank = rank_of(q, operand);

	if (rank < 0 || q->need->b >> (rank < RANK_BITS ? rank : RANK_BITS - 1) & 1)
		return;
	lint_add(q->l, level(q, DIAG_LINT_OPERAND_RANK), at_operand(q, operand),
	    "operand %d of %.*s has rank %d", operand, NAME(q->at.n->type), rank);
}

static void
check_ranks(struct asked *q)
{
	const struct need *need = q->need;
	int a = rank_of(q, need->a), b = rank_of(q, need->b);

	if (a < 0 || b < 0 || a == b + need->c || (need->kind == NEED_KERNEL && q->attr != NULL))
		return;
	lint_add(q->l, level(q, DIAG_LINT_OPERAND_RANK), at_operand(q, need->b), "operand %d of "
	    "%.*s has rank %d, operand %d has rank %d", need->b, NAME(q->at.n->type), b, need->a,
	    a);
}

static void
check_axis(struct asked *q)
{
	const struct need *need = q->need;
	int rank = rank_of(q, need->a);
	int64_t axis;

	if (rank < 0 || q->attr == NULL || q->attr->kind != ATTR_INT)
		return;
	axis = q->attr->v.i;
	if (axis < (need->d ? 0 : -(int64_t)rank - (need->c == 99 ? 0 : need->b)) ||
	    (need->c != 99 && axis >= (int64_t)rank + need->c))
		lint_add(q->l, level(q, DIAG_LINT_ATTR_AXIS), &q->at, "%s of %.*s is %" PRId64
		    ", its operand has rank %d", need->attr, NAME(q->at.n->type), axis, rank);
}

static void
check_spatial(struct asked *q)
{
	const struct need *need = q->need;
	const struct attr *a = q->attr;
	int rank = rank_of(q, need->a);

	if (rank < 2 || a == NULL || a->kind != ATTR_INTS ||
	    a->n == (uint64_t)(rank - 2) * (uint64_t)need->b)
		return;
	lint_add(q->l, level(q, DIAG_LINT_ATTR_LENGTH), &q->at, "%s of %.*s has %" PRIu64
	    " number%s for an operand of rank %d", need->attr, NAME(q->at.n->type), a->n,
	    plural(a->n), rank);
}

static void
check_perm(struct asked *q)
{
	const struct attr *a = q->attr;
	int rank = rank_of(q, q->need->a);
	uint64_t taken = 0;

	if (rank < 0 || a == NULL || a->kind != ATTR_INTS || a->v.ints == NULL)
		return;
	for (uint64_t i = 0; i < a->n; i++) {
		int64_t axis = a->v.ints[i];

		if (axis < 0 || axis >= rank || axis >= 64 || taken >> axis & 1) {
			lint_add(q->l, level(q, DIAG_LINT_ATTR_AXIS), &q->at, "%s of %.*s has %"
			    PRId64 " for an operand of rank %d%s", q->need->attr,
			    NAME(q->at.n->type), axis, rank,
			    axis >= 0 && axis < rank ? " twice" : "");
			return;
		}
		taken |= UINT64_C(1) << axis;
	}
}

static bool
below(struct asked *q, int64_t v, int64_t least)
{
	if (v < least)
		lint_add(q->l, level(q, DIAG_LINT_ATTR_RANGE), &q->at, "%s of %.*s is %" PRId64
		    ", it takes no number below %" PRId64, q->need->attr, NAME(q->at.n->type), v,
		    least);
	return v < least;
}

static void
check_least(struct asked *q)
{
	const struct attr *a = q->attr;

	if (a == NULL || rank_of(q, 0) < 0)
		return;
	if (a->kind == ATTR_INT)
		below(q, a->v.i, q->need->b);
	for (uint64_t i = 0; a->kind == ATTR_INTS && a->v.ints != NULL && i < a->n; i++)
		if (below(q, a->v.ints[i], q->need->b))
			break;
}

static void
check_dtype(struct asked *q)
{
	const struct attr *a = q->attr;

	if (a != NULL && a->kind == ATTR_INT && onnx_dtype(a->v.i) == DT_NONE)
		lint_add(q->l, level(q, DIAG_LINT_ATTR_DTYPE), &q->at, "%s of %.*s is %" PRId64,
		    q->need->attr, NAME(q->at.n->type), a->v.i);
}

/* Is the attribute's text one of the words? */
static bool
is_word(const struct asked *q)
{
	const char *word = q->need->attr + strlen(q->need->attr) + 1;

	for (; *word != '\0'; word += strlen(word) + 1)
		if (strcmp(word, q->attr->v.s->s) == 0)
			return true;
	return false;
}

static void
check_words(struct asked *q)
{
	if (q->attr != NULL && q->attr->kind == ATTR_STRING && !is_word(q))
		lint_add(q->l, level(q, DIAG_LINT_ATTR_RANGE), &q->at, "%s of %.*s is '%.*s'",
		    q->need->attr, NAME(q->at.n->type), NAME(q->attr->v.s));
}

static void
check_word_takes(struct asked *q)
{
	const struct node *n = q->at.n;
	const struct need *need = q->need;
	bool there = (uint32_t)need->a < n->nin && n->in[need->a] != NULL;
	bool wanted = q->attr == NULL ? need->b : q->attr->kind == ATTR_STRING ? is_word(q) :
	    there;

	if (there != wanted)
		lint_add(q->l, level(q, DIAG_LINT_ATTR_RANGE), &q->at, "operand %d of %.*s is %s, "
		    "which its %s does not allow", need->a, NAME(n->type),
		    there ? "there" : "left out", need->attr);
}

static void
check_multiple(struct asked *q)
{
	const char *other = q->need->attr + strlen(q->need->attr) + 1;
	const struct attr *b = node_attr(q->at.n, other);

	if (q->attr != NULL && b != NULL && q->attr->kind == ATTR_INT && b->kind == ATTR_INT &&
	    b->v.i > 0 && q->attr->v.i % b->v.i != 0)
		lint_add(q->l, level(q, DIAG_LINT_ATTR_RANGE), &q->at, "%s of %.*s is %" PRId64
		    ", no multiple of %s", q->need->attr, NAME(q->at.n->type), q->attr->v.i,
		    other);
}

static void
check_at_rank(struct asked *q)
{
	const struct need *need = q->need;
	bool wanted = need->kind == NEED_AT_RANK;

	if (rank_of(q, need->a) != need->b)
		return;
	if ((q->attr != NULL) != wanted)
		lint_add(q->l, level(q, wanted ? DIAG_LINT_ATTR_MISSING : DIAG_LINT_ATTR_RANGE),
		    &q->at, "%.*s %s %s where operand %d has rank %d", NAME(q->at.n->type),
		    wanted ? "lacks" : "does not take", need->attr, need->a, need->b);
	else if (wanted && need->c >= 0 && q->attr->kind == ATTR_INT)
		below(q, q->attr->v.i, need->c);
}

static void
differ(struct asked *q, int a, int i, int64_t x, int b, int k, int64_t y)
{
	lint_add(q->l, level(q, DIAG_LINT_SHAPE_MISFIT), at_operand(q, b), "%.*s: dim %d of "
	    "operand %d is %" PRId64 ", dim %d of operand %d is %" PRId64, NAME(q->at.n->type),
	    i, a, x, k, b, y);
}

static void
check_dim(struct asked *q)
{
	const struct need *need = q->need;
	bool tail = need->kind == NEED_TAIL;
	int64_t x, y;

	for (int i = 0; i == 0 || tail; i++) {
		if (tail && (need->b + i >= rank_of(q, need->a) ||
		    need->d + i >= rank_of(q, need->c)))
			break;
		if (!size_of(q, need->a, need->b + i, &x) ||
		    !size_of(q, need->c, need->d + i, &y) || x == y)
			continue;
		differ(q, need->a, need->b + i, x, need->c, need->d + i, y);
		break;
	}
}

static void
check_size(struct asked *q)
{
	const struct need *need = q->need;
	int64_t x;

	if (size_of(q, need->a, need->b, &x) && x != need->c)
		lint_add(q->l, level(q, DIAG_LINT_SHAPE_MISFIT), at_operand(q, need->a), "%.*s: "
		    "dim %d of operand %d is %" PRId64 ", it has to be %d", NAME(q->at.n->type),
		    need->b, need->a, x, need->c);
}

static void
check_point(struct asked *q)
{
	int operand = q->need->a, rank = rank_of(q, operand);
	int64_t x;

	if (rank > 0 && size_of(q, operand, rank - 1, &x) && x != rank - 2)
		lint_add(q->l, level(q, DIAG_LINT_SHAPE_MISFIT), at_operand(q, operand), "%.*s: "
		    "operand %d of rank %d has points of %" PRId64 " numbers",
		    NAME(q->at.n->type), operand, rank, x);
}

static void
check_given(struct asked *q)
{
	const struct node *n = q->at.n;
	uint32_t from = (uint32_t)q->need->a, to = from + (uint32_t)q->need->b;

	for (uint32_t i = from; i < n->nin && i < to; i++)
		if (n->in[i] == NULL)
			lint_add(q->l, level(q, DIAG_LINT_INPUT_EMPTY), at_operand(q, (int)i),
			    "operand %" PRIu32 " of %.*s is left out", i, NAME(n->type));
}

static void
check_together(struct asked *q)
{
	const struct node *n = q->at.n;
	uint32_t a = (uint32_t)q->need->a, b = (uint32_t)q->need->b;
	bool has_a = a < n->nin && n->in[a] != NULL, has_b = b < n->nin && n->in[b] != NULL;

	if (has_a != has_b)
		lint_add(q->l, level(q, DIAG_LINT_INPUT_COUNT), &q->at, "%.*s takes operands "
		    "%" PRIu32 " and %" PRIu32 " together only", NAME(n->type), a, b);
}

static void
check_times(struct asked *q)
{
	const struct node *n = q->at.n;
	uint32_t head = (uint32_t)q->need->a, each = (uint32_t)q->need->b;

	if (n->nin > head && (n->nin - head) % each != 0)
		lint_add(q->l, level(q, DIAG_LINT_INPUT_COUNT), &q->at, "%.*s has %" PRIu32
		    " inputs, behind the first %" PRIu32 " it takes a multiple of %" PRIu32,
		    NAME(n->type), n->nin, head, each);
}

static void (*const checks[])(struct asked *) = {
	[NEED_RANK] = check_rank, [NEED_RANKS] = check_ranks, [NEED_KERNEL] = check_ranks,
	[NEED_AXIS] = check_axis, [NEED_SPATIAL] = check_spatial,
	[NEED_PERM] = check_perm, [NEED_LEAST] = check_least,
	[NEED_DTYPE] = check_dtype, [NEED_WORDS] = check_words,
	[NEED_WORD_TAKES] = check_word_takes, [NEED_MULTIPLE] = check_multiple,
	[NEED_AT_RANK] = check_at_rank, [NEED_NOT_AT_RANK] = check_at_rank,
	[NEED_DIM] = check_dim, [NEED_TAIL] = check_dim, [NEED_SIZE] = check_size,
	[NEED_POINT] = check_point,
	[NEED_GIVEN] = check_given, [NEED_TOGETHER] = check_together, [NEED_TIMES] = check_times,
};

void
lint_needs_find(struct row *r, const struct op *op)
{
	uint16_t i = 0;

	if (*op->domain != '\0' && strncmp(op->domain, "ai.onnx.preview", 15) != 0)
		return;
	while (i < NEEDS && strcmp(needs[i].op, op->name) != 0)
		i++;
	r->need = i;
	while (i < NEEDS && strcmp(needs[i].op, op->name) == 0)
		i++;
	r->nneeds = (uint16_t)(i - r->need);
}

void
lint_needs(struct lint *l, const struct scope *s, const struct node *n, const struct row *row)
{
	uint32_t before = l->nadded;

	for (uint16_t i = 0; i < row->nneeds && before == l->nadded; i++) {
		const struct need *need = &needs[row->need + i];
		struct asked q = { l, s, { .g = s->g, .n = n, .index = NO_INDEX }, need, NULL };

		if (n->op->since < need->from || n->op->since > need->to)
			continue;
		if (need->attr != NULL)
			q.at.attr = q.attr = node_attr(n, need->attr);
		if (q.attr == NULL || q.attr->ref == NULL)
			checks[need->kind](&q);
	}
}
