/* SPDX-License-Identifier: Apache-2.0 */
/* FlexibleShapeInformation: what Apple's compiler writes of the sizes that inputs of a
 * function may have, as an attribute of the function. It is made of tuples, of which
 * those of two are a word and what it is about:
 *	("DefaultShapes", {NAME: sizes}) ("RangeDims", {NAME: [[lo, hi], ...]})
 *	("EnumeratedShapes", {KEY: {NAME: sizes}})
 * Where no description of the interface is there, it tells what "?" in the types of the
 * inputs stands for. Source: compiled models at hand. */
#include <string.h>

#include "ir/build.h"
#include "ir/tensor.h"
#include "read/coreml/coreml_read.h"

enum { RANK = 16, CHOICES = 64, DEPTH = 8 };

struct flexible {
	struct coreml_reader *r;
	struct graph *g;
};

static const struct tensor *
find_attr(const struct graph *g)
{
	for (uint32_t i = 0; i < g->nattrs; i++)
		if (strcmp(g->attrs[i].name->s, "FlexibleShapeInformation") == 0 &&
		    g->attrs[i].kind == ATTR_TENSOR)
			return g->attrs[i].v.t;
	return NULL;
}

static bool
is_dict(const struct tensor *t)
{
	return t->items != NULL && t->items->form == ITEMS_DICT;
}

/* Numbers of a list of at most RANK; how many there are. */
static uint32_t
numbers(struct flexible *x, const struct tensor *t, int64_t *out)
{
	unsigned char buf[RANK * 8];
	struct tensor list = *t;
	int64_t most = RANK;
	uint32_t n, i;

	if (t->items != NULL || t->ext != NULL || t->enc == &TENSOR_NONE || t->rank != 1 ||
	    dtype_class(t->dtype) != DC_INT || dtype_bits(t->dtype) < 8 || t->dims[0] > RANK)
		return 0;
	list.flags &= ~(uint32_t)TENSOR_BAD_DIMS;
	if (t->dims[0] < 0) /* "[?]": as many as there are */
		tensor_set_dims(&list, &most, 1);
	n = (uint32_t)tensor_first(&list, &x->r->scratch, buf, RANK);
	for (i = 0; i < n; i++)
		out[i] = dtype_get_int(t->dtype, buf, i);
	return n;
}

/* The input of a name when its shape has rank dims. */
static struct value *
input_of(struct flexible *x, const struct tensor *name, uint32_t rank)
{
	const struct str *text = mil_text(x->r, name);

	for (uint32_t i = 0; text != NULL && i < x->g->ninputs; i++) {
		struct value *v = x->g->inputs[i];

		if (v->name == text && v->type != NULL && v->type->tag == TY_TENSOR &&
		    v->type->has_rank && v->type->rank == rank && rank <= RANK)
			return v;
	}
	return NULL;
}

/* What the type leaves open becomes what is known of it. */
static void
set_dims(struct flexible *x, struct value *v, const struct dim *const *known)
{
	const struct type *t = v->type;
	const struct dim *dims[RANK];

	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = t->dims[i]->kind == DIM_UNKNOWN ? known[i] : t->dims[i];
	v->type = type_tensor(&x->r->m->types, t->dtype, true, t->rank, dims);
}

/* A list of lowest and highest size for each axis; highest below zero: no limit. */
static void
add_ranges(struct flexible *x, const struct tensor *name, const struct tensor *list)
{
	uint32_t n = list->items != NULL ? list->items->n : 0;
	struct value *v = input_of(x, name, n);
	const struct dim *dims[RANK];
	int64_t pair[RANK];

	for (uint32_t i = 0; v != NULL && i < n; i++) {
		if (numbers(x, list->items->list[i], pair) != 2)
			return;
		dims[i] = pair[0] == pair[1] ? dim_const(&x->r->m->types, pair[0]) :
		    dim_range(&x->r->m->types, pair[0], pair[1]);
	}
	if (v != NULL)
		set_dims(x, v, dims);
}

/* One of n sizes, which stand RANK apart. */
static const struct dim *
one_of(struct flexible *x, const int64_t *sizes, uint32_t n)
{
	int64_t list[CHOICES];
	uint32_t different = 0, k;

	for (uint32_t i = 0; i < n; i++) {
		for (k = 0; k < different && list[k] != sizes[RANK * i]; k++)
			continue;
		if (k == different)
			list[different++] = sizes[RANK * i];
	}
	return different == 1 ? dim_const(&x->r->m->types, *list) :
	    dim_choice(&x->r->m->types, list, different);
}

/* The sizes of one input in each of the shapes that there are. */
static void
add_choices(struct flexible *x, struct value *v, const struct items *shapes)
{
	const struct dim *dims[RANK];
	int64_t sizes[CHOICES][RANK];
	uint32_t n = 0;

	for (uint32_t i = 0; i < shapes->n / 2 && n < CHOICES; i++) {
		const struct tensor *one = shapes->list[2 * i + 1];

		for (uint32_t k = 0; is_dict(one) && k + 1 < one->items->n && n < CHOICES;
		    k += 2)
			if (mil_text(x->r, one->items->list[k]) == v->name &&
			    numbers(x, one->items->list[k + 1], sizes[n]) == v->type->rank)
				n++;
	}
	for (uint32_t i = 0; n > 0 && i < v->type->rank; i++)
		dims[i] = one_of(x, &sizes[0][i], n);
	if (n > 0)
		set_dims(x, v, dims);
}

static void
add_word(struct flexible *x, const struct str *word, const struct items *dict)
{
	if (strcmp(word->s, "RangeDims") == 0)
		for (uint32_t i = 0; i + 1 < dict->n; i += 2)
			add_ranges(x, dict->list[i], dict->list[i + 1]);
	if (strcmp(word->s, "EnumeratedShapes") == 0)
		for (uint32_t i = 0; i < x->g->ninputs; i++) {
			struct value *v = x->g->inputs[i];

			if (v->type != NULL && v->type->tag == TY_TENSOR && v->type->has_rank &&
			    v->type->rank <= RANK)
				add_choices(x, v, dict);
		}
}

static void
visit(struct flexible *x, const struct tensor *t, unsigned depth)
{
	const struct items *in = t->items;
	const struct str *word;

	if (in == NULL || in->form != ITEMS_TUPLE || depth == DEPTH)
		return;
	if (in->n == 2 && is_dict(in->list[1]) && (word = mil_text(x->r, in->list[0])) != NULL) {
		add_word(x, word, in->list[1]->items);
		return;
	}
	for (uint32_t i = 0; i < in->n; i++)
		visit(x, in->list[i], depth + 1);
}

void
mil_flexible(struct coreml_reader *r, struct graph *g)
{
	struct flexible x = { r, g };
	const struct tensor *t = r->m->nfeatures == 0 ? find_attr(g) : NULL;

	if (t != NULL)
		visit(&x, t, 0);
}
