/* SPDX-License-Identifier: Apache-2.0 */
/* How alike two nodes are by what they compute. Across dialects the semantic
 * kinds of their rows speak, and for PyTorch and ML Programs the table of what
 * a converter makes of each operation. */
#include <stdlib.h>
#include <string.h>

#include "align/state.h"
#include "base/str.h"
#include "ir/dim.h"

struct lower { const char *name, *becomes; };
static const struct lower lower[] = {
#define LOWER(name, becomes) { name, becomes },
#include "align/lower.def"
#undef LOWER
};

/* Results that a node may have, up to which one of them says something. */
enum { FEW = 4 };

/* Kinds that stand for one another when one is rewritten as the other. */
static const enum sem rewrites[][2] = {
	{ SEM_DIV, SEM_MUL }, { SEM_SUB, SEM_ADD }, { SEM_GEMM, SEM_MATMUL },
	{ SEM_RELU, SEM_CLIP }, { SEM_POW, SEM_MUL }, { SEM_SQRT, SEM_POW },
	{ SEM_GLOBAL_POOL, SEM_REDUCE }, { SEM_GLOBAL_POOL, SEM_AVG_POOL },
	{ SEM_AVG_POOL, SEM_REDUCE }, { SEM_SPLIT, SEM_SLICE }, { SEM_EXPAND, SEM_TILE },
	{ SEM_SLICE, SEM_GATHER }, { SEM_BATCH_NORM, SEM_SCALE }, { SEM_SWISH, SEM_MUL },
	{ SEM_FLATTEN, SEM_RESHAPE }, { SEM_SQUEEZE, SEM_RESHAPE }, { SEM_UNSQUEEZE, SEM_RESHAPE },
	{ SEM_CONV, SEM_MATMUL }, { SEM_CONV, SEM_GEMM }, { SEM_LAYER_NORM, SEM_INSTANCE_NORM },
	{ SEM_SPACE_DEPTH, SEM_RESHAPE }, { SEM_CROP, SEM_SLICE }, { SEM_STACK, SEM_CONCAT },
	{ SEM_BATCH_NORM, SEM_ADD }, { SEM_GROUP_NORM, SEM_INSTANCE_NORM },
	{ SEM_GROUP_NORM, SEM_BATCH_NORM }, { SEM_LOGIC, SEM_BITWISE },
	{ SEM_SLICE, SEM_REVERSE }, { SEM_CLIP, SEM_MAX }, { SEM_CLIP, SEM_MIN },
	{ SEM_EINSUM, SEM_MATMUL }, { SEM_SELECT, SEM_ADD }
};

/* What is written as several, and the one of these that has the result; where no table
 * says what a converter makes of it. */
static const enum sem ends[][2] = {
	{ SEM_GROUP_NORM, SEM_ADD }, { SEM_GROUP_NORM, SEM_RESHAPE }, { SEM_LAYER_NORM, SEM_ADD },
	{ SEM_LAYER_NORM, SEM_MUL }, { SEM_RMS_NORM, SEM_MUL }, { SEM_INSTANCE_NORM, SEM_RESHAPE },
	{ SEM_LP_NORM, SEM_DIV }, { SEM_GELU, SEM_MUL }, { SEM_HARD_SWISH, SEM_MUL },
	{ SEM_HARD_SWISH, SEM_DIV }, { SEM_HARD_SIGMOID, SEM_DIV }, { SEM_MISH, SEM_MUL },
	{ SEM_GLU, SEM_MUL }, { SEM_SOFTPLUS, SEM_LOG }, { SEM_LOG_SOFTMAX, SEM_LOG },
	{ SEM_GEMM, SEM_ADD }, { SEM_MATMUL, SEM_ADD }, { SEM_ATTENTION, SEM_MATMUL },
	{ SEM_SPACE_DEPTH, SEM_TRANSPOSE }, { SEM_STACK, SEM_UNSQUEEZE }, { SEM_SPLIT, SEM_SQUEEZE }
};

static int
by_name(const void *key, const void *row)
{
	return strcmp(key, ((const struct lower *)row)->name);
}

/* What the converter makes of an ATen operation: words, or NULL. */
static const char *
becomes(const struct node *n)
{
	char name[64];
	const char *s = n->type->s;
	const struct lower *row;
	size_t len;

	while (*s == '_')
		s++;
	len = strlen(s);
	while (len > 0 && s[len - 1] == '_')
		len--;
	if (len == 0 || len >= sizeof name)
		return NULL;
	memcpy(name, s, len);
	name[len] = '\0';
	row = bsearch(name, lower, sizeof lower / sizeof *lower, sizeof *lower, by_name);
	return row != NULL ? row->becomes : NULL;
}

static const char *
find_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	if (n == 0)
		return NULL;
	for (const char *at = strstr(list, word); at != NULL; at = strstr(at + 1, word))
		if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return at;
	return NULL;
}

/* How much it says that b is named in the list: less when much else may be, least
 * when it is a step on the way. */
static int
weigh(const char *list, const char *word)
{
	const char *at = find_word(list, word);
	size_t results = strcspn(list, "|");
	unsigned n = 0;

	if (at == NULL)
		return 0;
	if ((size_t)(at - list) > results)
		return KIN_FAR;
	for (size_t i = 0; i < results; i++)
		n += list[i] == ' ';
	return n < FEW ? KIN_BECOMES : KIN_MAY;
}

/* Is b named among what the converter makes of a? Kin, or -1: it says nothing. */
static int
made_of(const struct item *a, const struct item *b)
{
	const char *list;

	if (a->dialect != DIALECT_ATEN || b->dialect != DIALECT_MIL)
		return -1;
	list = becomes(a->n);
	return list != NULL ? weigh(list, b->n->type->s) : -1;
}

static bool
has_row(const enum sem table[][2], size_t n, enum sem a, enum sem b)
{
	for (size_t i = 0; i < n; i++)
		if ((table[i][0] == a && table[i][1] == b) ||
		    (table[i][0] == b && table[i][1] == a))
			return true;
	return false;
}

static bool
is_layout(enum sem s)
{
	return s == SEM_IDENTITY || s == SEM_RESHAPE || s == SEM_FLATTEN || s == SEM_SQUEEZE ||
	    s == SEM_UNSQUEEZE || s == SEM_TRANSPOSE || s == SEM_EXPAND || s == SEM_CAST;
}

bool
kin_layout(const struct item *x)
{
	const char *op = x->n->type->s;

	return is_layout(x->sem) || x->sem == SEM_DROPOUT || x->sem == SEM_SHAPE ||
	    x->sem == SEM_SIZE || x->sem == SEM_SEQUENCE || x->sem == SEM_DEVICE_COPY ||
	    (x->dialect == DIALECT_ATEN && ((strcmp(x->n->domain->s, "prim") == 0 &&
	    x->n->nregions == 0) ||
	    strcmp(op, "contiguous") == 0 || strcmp(op, "clone") == 0));
}

bool
kin_hands_on(const struct item *x)
{
	enum { SINCE = 7, MODE = 2 }; /* before, dropping out was what is done by default */

	if (x->dialect == DIALECT_ATEN || x->n->nregions > 0 || x->n->nin == 0)
		return false;
	if (x->sem == SEM_DROPOUT)
		return x->dialect == DIALECT_ONNX && x->n->op->since >= SINCE &&
		    (x->n->nin <= MODE || x->n->in[MODE] == NULL);
	return x->sem == SEM_IDENTITY && x->n->nout == 1;
}

bool
kin_is_scale(const struct item *x)
{
	enum family f = sem_family(x->sem);

	return f == FAM_NORM || f == FAM_ELEMENTWISE;
}

bool
kin_takes_scale(const struct item *x)
{
	enum family f = sem_family(x->sem);

	return f == FAM_CONV || f == FAM_MATMUL;
}

bool
kin_ends(const struct item *a, const struct item *b)
{
	return has_row(ends, sizeof ends / sizeof *ends, a->sem, b->sem);
}

int
kin_ops(const struct item *a, const struct item *b)
{
	int made;

	if (a->op == b->op)
		return KIN_SAME;
	if (a->sem == SEM_CAST || b->sem == SEM_CAST) /* many are put between */
		return a->sem == b->sem ? KIN_FAR : 0;
	made = made_of(a, b) != -1 ? made_of(a, b) : made_of(b, a);
	if (a->sem == b->sem && a->sem != SEM_NONE && made != KIN_FAR)
		return KIN_KIND;
	if (made > 0)
		return made;
	if (a->sem == SEM_NONE || b->sem == SEM_NONE)
		return 0;
	if (has_row(rewrites, sizeof rewrites / sizeof *rewrites, a->sem, b->sem) ||
	    (made < 0 && kin_ends(a, b)))
		return KIN_FAR;
	return made < 0 && is_layout(a->sem) && is_layout(b->sem) && a->sem != SEM_CAST &&
	    b->sem != SEM_CAST ? KIN_FAR : 0;
}

bool
kin_made_of(const struct item *a, const struct item *b)
{
	return made_of(a, b) > 0;
}

bool
kin_is_step(const struct item *a, const struct item *b)
{
	return made_of(a, b) == KIN_FAR;
}

bool
kin_part(const struct item *a, const struct item *b)
{
	int made = made_of(a, b);

	return made > 0 || (made < 0 && made_of(b, a) != 0);
}

/* Without the first n dims of a and the first m of b. */
static int
dims_behind(const struct type *a, uint32_t n, const struct type *b, uint32_t m)
{
	bool known = true;

	if (a->rank - n != b->rank - m)
		return -1;
	for (uint32_t i = n; i < a->rank; i++) {
		int64_t x, y;

		if (!dim_number(a->dims[i], &x) || !dim_number(b->dims[m + i - n], &y))
			known = false;
		else if (x != y)
			return -1;
	}
	return known;
}

static bool
can_compare(const struct type *a, const struct type *b)
{
	return a != NULL && b != NULL && a->tag == b->tag && a->has_rank && b->has_rank;
}

int
kin_dims(const struct type *a, const struct type *b)
{
	return can_compare(a, b) ? dims_behind(a, 0, b, 0) : 0;
}

/* Elements of a type, when all of its dims are known; else 0. */
static uint64_t
elements(const struct type *t)
{
	uint64_t n = 1;

	for (uint32_t i = 0; i < t->rank; i++) {
		int64_t size;

		if (!t->has_rank || !dim_number(t->dims[i], &size) || size <= 0)
			return 0;
		n *= (uint64_t)size;
	}
	return t->tag == TY_TENSOR ? n : 0;
}

bool
kin_as_many(const struct type *a, const struct type *b)
{
	return a != NULL && b != NULL && elements(a) == elements(b) && elements(a) != 0;
}

/* What is written as several, the axes of which may be cut in another way. */
static bool
cuts_axes(const struct item *x)
{
	return sem_family(x->sem) == FAM_NORM || kin_turns(x);
}

bool
kin_turns(const struct item *x)
{
	return x->sem == SEM_UNFOLD || x->sem == SEM_FOLD || x->sem == SEM_SPACE_DEPTH ||
	    x->sem == SEM_EINSUM;
}

bool
kin_recut(const struct item *x, const struct item *y)
{
	return (cuts_axes(x) || cuts_axes(y)) && kin_as_many(x->type, y->type) &&
	    (made_of(x, y) > 0 || parts_has(y, x) || made_of(y, x) > 0 || parts_has(x, y));
}

static uint32_t
leading_ones(const struct type *t)
{
	uint32_t n = 0;
	int64_t size;

	while (n < t->rank && dim_number(t->dims[n], &size) && size == 1)
		n++;
	return n;
}

/* A number of a program that is code, and a tensor that is more than one number. */
static bool
is_number_of(const struct type *number, const struct type *t)
{
	return number != NULL && number->tag == TY_SCALAR && t != NULL && t->tag == TY_TENSOR &&
	    t->has_rank && leading_ones(t) < t->rank;
}

int
kin_shape(const struct item *x, const struct item *y)
{
	const struct type *a = x->type, *b = y->type;

	/* layouts of recurrent layers differ */
	if (x->sem == y->sem && sem_family(x->sem) == FAM_RECURRENT)
		return kin_dims(a, b) > 0;
	if (is_number_of(a, b) || is_number_of(b, a))
		return -1;
	if (x->dialect != DIALECT_NN || y->dialect != DIALECT_NN || !can_compare(a, b))
		return kin_dims(a, b);
	return dims_behind(a, leading_ones(a), b, leading_ones(b));
}
