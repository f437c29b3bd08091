/* SPDX-License-Identifier: Apache-2.0 */
/* Between formats: parameters that each writes in an order of its own. Axes, the room that
 * is added at both ends of each, the order they are brought to and the place where a slice
 * begins are made one form, and compared where both are known. */
#include <math.h>
#include <string.h>

#include "align/setting.h"
#include "base/str.h"
#include "infer/axes.h"
#include "ir/dim.h"

static const struct value *
input_of(const struct item *x)
{
	uint32_t i = item_main(x);

	return i != ALIGN_NONE ? x->n->in[i] : NULL;
}

static bool
rank_of(const struct side *s, const struct value *v, uint32_t *rank)
{
	const struct type *t = v != NULL ? item_type(s, v) : NULL;

	if (t == NULL || t->tag != TY_TENSOR || !t->has_rank || t->rank > AXES_MOST)
		return false;
	*rank = t->rank;
	return true;
}

/* The size of an axis of what x works on. */
static bool
size_of(const struct side *s, const struct item *x, uint32_t axis, double *size)
{
	const struct type *t = item_type(s, input_of(x));
	int64_t n;

	if (axis >= t->rank || !dim_number(t->dims[axis], &n))
		return false;
	*size = (double)n;
	return true;
}

/* Which axes: lo is 1 of each; of a reduction that names none all of them. */
static bool
axes_of(struct aligner *al, const struct side *s, const struct item *x, struct axes *f)
{
	const struct value *v = x->sem != SEM_STACK ? input_of(x) :
	    x->n->nout > 0 ? x->n->out[0] : NULL;
	struct setting a;
	uint32_t at;

	if (!rank_of(s, v, &f->n))
		return false;
	if (!setting_of(&a, al, s, x->n, "dim dims axis axes") && !a.absent)
		return false;
	if (a.n == 0 && strcmp(x->n->type->s, "embedding") == 0)
		a.n = 1;
	if (a.n == 0 && x->sem != SEM_REDUCE)
		return false;
	for (uint32_t i = 0; i < f->n; i++)
		f->lo[i] = a.n == 0;
	for (uint32_t i = 0; i < a.n; i++) {
		if (!axes_at(a.v[i], f->n, &at))
			return false;
		f->lo[at] = 1;
	}
	return true;
}

/* Said as PyTorch writes it, from the last axis to the first. */
static bool
pad_of(struct aligner *al, const struct side *s, const struct item *x, struct axes *f)
{
	struct settings in = settings_of(al, s);
	struct axes pad;

	if (!axes_of_pad(&in, x->n, &pad))
		return false;
	f->n = pad.n;
	for (uint32_t i = 0; i < f->n; i++) {
		f->lo[i] = pad.lo[f->n - 1 - i];
		f->hi[i] = pad.hi[f->n - 1 - i];
	}
	return true;
}

static bool begins_of(struct aligner *, const struct side *, const struct item *, struct axes *);

/* What is cut off at the beginnings behind a transposed convolution counts as its padding. */
static bool
add_crop(struct aligner *al, const struct side *s, const struct item *x, struct axes *f)
{
	static const char *const names[] = { "crop_height", "crop_width" };
	uint32_t r = item_reader(s, x);
	const struct item *y = r != ALIGN_NONE ? &s->items[r] : NULL;
	struct axes cut = { .n = 0 };
	struct setting a;

	if (y == NULL || y->dialect != DIALECT_MIL || (y->sem != SEM_CROP && y->sem != SEM_SLICE))
		return true;
	if (y->sem == SEM_SLICE && (!begins_of(al, s, y, &cut) || cut.n != f->n + 2))
		return false;
	for (uint32_t i = 0; i < f->n; i++) {
		if (y->sem == SEM_SLICE)
			f->lo[i] += cut.lo[i + 2];
		else if (f->n != 2 || !setting_of(&a, al, s, y->n, names[i]) || a.n != 2)
			return false;
		else
			f->lo[i] += a.v[0];
	}
	return true;
}

/* What a convolution or pooling adds round its operand. */
static bool
border_of(struct aligner *al, const struct side *s, const struct item *x, struct axes *f)
{
	struct settings in = settings_of(al, s);

	return axes_of_border(&in, x->n, f) &&
	    (x->sem != SEM_CONV_TRANSPOSE || x->dialect != DIALECT_MIL || add_crop(al, s, x, f));
}

static bool
order_of(struct aligner *al, const struct side *s, const struct item *x, struct axes *f)
{
	struct settings in = settings_of(al, s);

	return axes_of_order(&in, x->n, f);
}

bool
geometry_order(struct aligner *al, const struct side *s, const struct item *x, uint32_t *order,
	uint32_t room, uint32_t *n)
{
	struct axes f;

	if (!order_of(al, s, x, &f) || f.n > room)
		return false;
	for (uint32_t i = 0; i < f.n; i++)
		order[i] = (uint32_t)f.lo[i];
	*n = f.n;
	return true;
}

/* One axis of a slice begins at a place, counted from either end, and goes in steps. */
static bool
begin_axis(const struct side *s, const struct item *x, struct axes *f, double axis,
	double begin, double step)
{
	uint32_t at;
	double size;

	if (!axes_at(axis, f->n, &at))
		return false;
	if (begin < 0 || step < 0) {
		if (!size_of(s, x, at, &size))
			return false;
		begin += begin < 0 ? size : 0;
		begin = fmax(0, fmin(begin, step < 0 ? size - 1 : size));
	}
	f->lo[at] = begin;
	f->hi[at] = step;
	return true;
}

static bool
begins_onnx(struct aligner *al, const struct side *s, const struct item *x, struct axes *f)
{
	struct setting begin, axes, steps;

	if (!setting_of(&begin, al, s, x->n, "starts") || begin.n > f->n ||
	    (!setting_of(&axes, al, s, x->n, "axes") && !axes.absent) ||
	    (!setting_of(&steps, al, s, x->n, "steps") && !steps.absent))
		return false;
	for (uint32_t i = 0; i < begin.n; i++)
		if (!begin_axis(s, x, f, axes.n == begin.n ? axes.v[i] : i, begin.v[i],
		    steps.n == begin.n ? steps.v[i] : 1))
			return false;
	return true;
}

static bool
begins_mil(struct aligner *al, const struct side *s, const struct item *x, struct axes *f)
{
	struct setting begin, mask, steps;

	if (!setting_of(&begin, al, s, x->n, "begin") || begin.n != f->n ||
	    (!setting_of(&mask, al, s, x->n, "begin_mask") && !mask.absent) ||
	    (!setting_of(&steps, al, s, x->n, "stride") && !steps.absent))
		return false;
	for (uint32_t i = 0; i < f->n; i++)
		if (!begin_axis(s, x, f, i, mask.n == f->n && mask.v[i] != 0 ?
		    steps.n == f->n && steps.v[i] < 0 ? -1 : 0 : begin.v[i],
		    steps.n == f->n ? steps.v[i] : 1))
			return false;
	return true;
}

/* Where a slice begins, and in which steps it goes on. */
static bool
begins_of(struct aligner *al, const struct side *s, const struct item *x, struct axes *f)
{
	struct setting axis;
	double begin, step;

	if (!rank_of(s, input_of(x), &f->n))
		return false;
	for (uint32_t i = 0; i < f->n; i++)
		f->hi[i] = 1;
	if ((x->sem == SEM_SLICE || x->sem == SEM_SLICE_UPDATE) && x->dialect != DIALECT_ATEN)
		return x->dialect == DIALECT_ONNX ? begins_onnx(al, s, x, f) :
		    begins_mil(al, s, x, f);
	if (!setting_of(&axis, al, s, x->n, "dim axis") || axis.n != 1 ||
	    !setting_number(&begin, al, s, x->n, "start index indices", 0) ||
	    !setting_number(&step, al, s, x->n, "step", 1))
		return false;
	return begin_axis(s, x, f, axis.v[0], begin, step);
}

bool
geometry_reverses(struct aligner *al, const struct side *s, const struct item *x)
{
	struct axes f = { .n = 0 };

	if (x->sem != SEM_SLICE || !begins_of(al, s, x, &f))
		return false;
	for (uint32_t i = 0; i < f.n; i++)
		if (f.hi[i] < 0)
			return true;
	return false;
}

static bool
diagonal_of(struct aligner *al, const struct side *s, const struct item *x, struct axes *f)
{
	bool upper;

	f->n = 1;
	return triangle_of(al, s, x, &upper, &f->lo[0]);
}

static bool
same_forms(const struct axes *a, const struct axes *b, bool open)
{
	bool same = true;

	if (a->n != b->n)
		return true;
	for (uint32_t i = 0; i < a->n; i++)
		same = same && a->lo[i] == b->lo[i] && (open || a->hi[i] == b->hi[i]);
	return same;
}

/* Axes that are 1, or the numbers of all. */
static void
put_form(struct setting *to, const struct axes *f, bool axes, bool both)
{
	*to = (struct setting){ .n = 0 };
	for (uint32_t i = 0; i < f->n; i++) {
		if (axes && f->lo[i] != 0)
			to->v[to->n++] = i;
		else if (!axes)
			to->v[to->n++] = f->lo[i];
		if (!axes && both && to->n < SETTINGS)
			to->v[to->n++] = f->hi[i];
	}
}

typedef bool form_fn(struct aligner *, const struct side *, const struct item *, struct axes *);

static const struct {
	enum sem sem;
	form_fn *form;
	const char *name;
	bool axes, both;         /* of a word a number is 1; two numbers count */
} forms[] = {
	{ SEM_REDUCE, axes_of, "axes", true, false },
	{ SEM_ARG_REDUCE, axes_of, "axis", true, false },
	{ SEM_CUMULATIVE, axes_of, "axis", true, false },
	{ SEM_TOP_K, axes_of, "axis", true, false },
	{ SEM_GATHER, axes_of, "axis", true, false },
	{ SEM_GATHER_ELEMENTS, axes_of, "axis", true, false },
	{ SEM_REVERSE, axes_of, "axes", true, false },
	{ SEM_SPLIT, axes_of, "axis", true, false },
	{ SEM_STACK, axes_of, "axis", true, false },
	{ SEM_SOFTMAX, axes_of, "axis", true, false },
	{ SEM_LOG_SOFTMAX, axes_of, "axis", true, false },
	{ SEM_PAD, pad_of, "padding", false, true },
	{ SEM_CONV, border_of, "padding", false, true },
	{ SEM_MAX_POOL, border_of, "padding", false, true },
	{ SEM_AVG_POOL, border_of, "padding", false, true },
	{ SEM_CONV_TRANSPOSE, border_of, "padding", false, false },
	{ SEM_TRI, diagonal_of, "diagonal", false, false },
	{ SEM_TRANSPOSE, order_of, "order", false, false },
	{ SEM_SLICE, begins_of, "begin", false, true },
	{ SEM_SLICE_UPDATE, begins_of, "begin", false, true }
};

/* A pooling that rounds its size up adds at the end as much as it needs. */
static bool
is_open(struct aligner *al, const struct side *s, const struct item *x)
{
	double up;

	return x->sem == SEM_CONV_TRANSPOSE || !setting_number(&up, al, s, x->n, "ceil_mode", 0) ||
	    up != 0;
}

/* Is what an average pooling adds counted as zeros? Nobody can tell where nothing is added. */
static bool
counts_border(struct aligner *al, const struct side *s, const struct item *x, double *counts)
{
	struct axes f = { .n = 0 };
	bool some = false;

	if (!border_of(al, s, x, &f))
		return false;
	for (uint32_t i = 0; i < f.n; i++)
		some = some || f.lo[i] != 0 || f.hi[i] != 0;
	if (!some)
		return false;
	if (x->dialect != DIALECT_MIL)
		return setting_number(counts, al, s, x->n, "count_include_pad", 0);
	if (!setting_number(counts, al, s, x->n, "exclude_padding_from_average", 0))
		return false;
	*counts = *counts == 0;
	return true;
}

static bool
border_differs(struct aligner *al, const struct item *x, const struct item *y,
	const char **what)
{
	double a, b;

	if (x->sem != SEM_AVG_POOL || y->sem != SEM_AVG_POOL ||
	    !counts_border(al, &al->side[0], x, &a) ||
	    !counts_border(al, &al->side[1], y, &b) || (a != 0) == (b != 0))
		return false;
	setting_say_words(al, what, "padding in averages", a != 0 ? "counted" : "left out",
	    b != 0 ? "counted" : "left out");
	return true;
}

bool
geometry_differs(struct aligner *al, const struct item *x, const struct item *y,
	const char **what)
{
	bool differ = border_differs(al, x, y, what);

	for (size_t i = 0; i < sizeof forms / sizeof *forms && x->sem == y->sem; i++) {
		struct axes f = { .n = 0 }, g = { .n = 0 };
		struct setting a, b;

		if (forms[i].sem != x->sem || !forms[i].form(al, &al->side[0], x, &f) ||
		    !forms[i].form(al, &al->side[1], y, &g))
			continue;
		if (same_forms(&f, &g, is_open(al, &al->side[0], x) ||
		    is_open(al, &al->side[1], y)))
			continue;
		put_form(&a, &f, forms[i].axes, forms[i].both);
		put_form(&b, &g, forms[i].axes, forms[i].both);
		setting_say(al, what, forms[i].name, (uint32_t)strlen(forms[i].name), &a, &b);
		differ = true;
	}
	return differ;
}

bool
geometry_known(struct aligner *al, const struct item *x, const struct item *y)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct axes f = { .n = 0 }, g = { .n = 0 };

		if (forms[i].sem == x->sem && (!forms[i].form(al, &al->side[0], x, &f) ||
		    !forms[i].form(al, &al->side[1], y, &g)))
			return false;
	}
	return true;
}
