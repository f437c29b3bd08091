/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of ML Programs with blocks, lists, states and class labels. */
#include "base/arena.h"
#include "infer/calc.h"
#include "infer/mil/mil_kinds.h"

void
mil_cond(struct infer *f, const struct node *n)
{
	struct graph *yes = region_of(n, "true"), *no = region_of(n, "false");

	if (yes == NULL || no == NULL)
		return;
	infer_graph(f, yes);
	infer_graph(f, no);
	for (uint32_t i = 0; i < n->nout && i < yes->noutputs && i < no->noutputs; i++)
		set_output(f, n, i, type_join(f, fact_of(f, yes->outputs[i])->type,
		    fact_of(f, no->outputs[i])->type), NULL);
}

void
mil_while(struct infer *f, const struct node *n)
{
	struct graph *test = region_of(n, "condition"), *body = region_of(n, "body");
	const struct type **carried;
	const struct fact *first;
	uint32_t k;

	if (test == NULL || body == NULL)
		return;
	first = params(f, n, "loop_vars", &k);
	carried = arena_array(f->arena, k, sizeof *carried);
	for (uint32_t i = 0; i < k; i++)
		carried[i] = first[i].type;
	infer_forget(f, test);
	infer_forget(f, body);
	infer_settle(f, body, carried, k, 0, 0);
	for (uint32_t i = 0; i < k && i < test->ninputs; i++)
		set_value(f, test->inputs[i], (struct fact){ carried[i], NULL });
	infer_graph(f, test);
	for (uint32_t i = 0; i < n->nout && i < k; i++)
		set_output(f, n, i, carried[i], NULL);
}

static const struct type *
made_list(struct infer *f, const struct node *n)
{
	char buf[WORD];
	enum dtype dt = dtype_of_word(param_word(f, n, "dtype", buf, "fp32"));
	uint32_t k;
	const struct fact *shape = params(f, n, "elem_shape", &k);
	const struct dim *dims[RANK_MAX], *len = dim_anon(f->types);
	int64_t fixed = 1;

	for (uint32_t i = 0; i < k && i < RANK_MAX; i++)
		dims[i] = shape[i].val != NULL && shape[i].val->kind == VAL_INTS &&
		    shape[i].val->n == 1 ? shape[i].val->u.ints[0] : dim_anon(f->types);
	/* also when it may grow: the format states the length at first */
	if (param_number(f, n, "init_length", &fixed))
		len = dk(f, fixed);
	return type_intern(f->types, &(struct type){ .tag = TY_LIST, .rank = 1, .dims = &len,
	    .elem = tensor_of(f, dt, dims, k < RANK_MAX ? k : RANK_MAX) });
}

void
mil_list(struct infer *f, const struct node *n)
{
	const struct type *list = param_type(f, n, "ls"), *i = param_type(f, n, "indices");
	const struct type *e = list != NULL && list->tag == TY_LIST ? list->elem : NULL;

	if (named(n, "make_list"))
		set_output(f, n, 0, made_list(f, n), NULL);
	else if (named(n, "list_length"))
		set_output(f, n, 0, tensor_of(f, DT_I32, NULL, 0), NULL);
	else if (named(n, "list_read"))
		set_output(f, n, 0, e, NULL);
	else if (named(n, "list_gather") && is_shaped(e))
		set_output(f, n, 0, calc_stacked(f, e, is_shaped(i) && i->rank == 1 ? i->dims[0] :
		    dim_anon(f->types), 0), NULL);
	else if (named(n, "list_write") || named(n, "list_scatter"))
		set_output(f, n, 0, list, NULL);
}

void
mil_state(struct infer *f, const struct node *n)
{
	set_output(f, n, 0, param_type(f, n, "input"), NULL);
}

/* A label, and a dictionary from labels to probabilities. */
void
mil_classify(struct infer *f, const struct node *n)
{
	const struct type *classes = param_type(f, n, "classes"), *items[2];
	const struct type *label = classes != NULL && classes->tag == TY_LIST ? classes->elem :
	    NULL;

	if (label == NULL)
		return;
	items[0] = label;
	items[1] = tensor_of(f, DT_F64, NULL, 0);
	set_output(f, n, 0, label, NULL);
	set_output(f, n, 1, type_intern(f->types, &(struct type){ .tag = TY_DICT, .nitems = 2,
	    .items = items }), NULL);
}
