/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX nodes with bodies, sequences, optional values, text and the operators
 * of classical machine learning. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "infer/calc.h"
#include "infer/onnx/onnx_kinds.h"
#include "ir/tensor.h"

void
infer_if(struct infer *f, const struct node *n)
{
	struct graph *yes = region_of(n, "then_branch"), *no = region_of(n, "else_branch");
	int64_t cond;

	if (yes == NULL || no == NULL)
		return;
	infer_graph(f, yes);
	infer_graph(f, no);
	if (yes->noutputs != no->noutputs || yes->noutputs != n->nout)
		misfit(f, n, "%" PRIu32 " output%s, its branches give %" PRIu32 " and %" PRIu32,
		    n->nout, plural(n->nout), yes->noutputs, no->noutputs);
	for (uint32_t i = 0; i < n->nout && i < yes->noutputs && i < no->noutputs; i++) {
		enum dtype a = elem_dtype(fact_of(f, yes->outputs[i])->type);
		enum dtype b = elem_dtype(fact_of(f, no->outputs[i])->type);

		if (a != b && a != DT_NONE && b != DT_NONE)
			misfit(f, n, "output %" PRIu32 " is %s by one branch and %s by the other",
			    i, dtype_name(a), dtype_name(b));
	}
	if (!f->opts->constants_only && number_of(f, operand(n, 0), &cond))
		yes = no = cond ? yes : no;
	for (uint32_t i = 0; i < n->nout && i < yes->noutputs && i < no->noutputs; i++)
		set_output(f, n, i, type_join(f, fact_of(f, yes->outputs[i])->type,
		    fact_of(f, no->outputs[i])->type),
		    yes == no ? val_of(f, yes->outputs[i]) : NULL);
}

void
infer_settle(struct infer *f, struct graph *body, const struct type **carried, uint32_t n,
	uint32_t in_from, uint32_t out_from)
{
	struct fact *others = arena_array(f->arena, body->ninputs, sizeof *others);
	bool quiet = f->quiet, changed = true;

	for (uint32_t i = 0; i < body->ninputs; i++)
		others[i] = *fact_of(f, body->inputs[i]);
	for (int turn = 0; turn < 4 && changed; turn++) {
		changed = false;
		f->quiet = true;
		for (uint32_t i = 0; i < n && in_from + i < body->ninputs; i++)
			set_value(f, body->inputs[in_from + i], (struct fact){ carried[i], NULL });
		infer_graph(f, body);
		for (uint32_t i = 0; i < n && out_from + i < body->noutputs; i++) {
			const struct type *out = fact_of(f, body->outputs[out_from + i])->type, *j;

			j = out == NULL || turn == 3 ? (turn == 3 && out != carried[i] ? NULL :
			    carried[i]) : type_join(f, carried[i], out);
			changed |= j != carried[i];
			carried[i] = j;
		}
		f->quiet = quiet;
		if (!changed && quiet)
			return; /* else once more, for what is found with types that last */
		infer_forget(f, body);
		for (uint32_t i = 0; i < body->ninputs; i++)
			if (i < in_from || i >= in_from + n)
				set_value(f, body->inputs[i], others[i]);
	}
	for (uint32_t i = 0; i < n && in_from + i < body->ninputs; i++)
		set_value(f, body->inputs[in_from + i], (struct fact){ carried[i], NULL });
	infer_graph(f, body);
}

/* Does a body take as many operands, and declare them to be what they are? */
static void
check_body(struct infer *f, const struct node *n, const struct graph *body, uint32_t nin,
	uint32_t nout)
{
	if (body->ninputs != nin || body->noutputs != nout)
		misfit(f, n, "its body has %" PRIu32 " input%s and %" PRIu32 " output%s, it gives "
		    "and takes %" PRIu32 " and %" PRIu32, body->ninputs, plural(body->ninputs),
		    body->noutputs, plural(body->noutputs), nin, nout);
	for (uint32_t i = 0; i < nin && i < body->ninputs; i++) {
		enum dtype has = elem_dtype(body->inputs[i]->type);
		enum dtype given = i == 0 ? DT_I64 : elem_dtype(operand_fact(f, n, i)->type);

		if (has != DT_NONE && given != DT_NONE && has != given)
			misfit(f, n, "input %" PRIu32 " of its body is declared %s, it is %s", i,
			    dtype_name(has), dtype_name(given));
	}
}

void
infer_loop(struct infer *f, const struct node *n)
{
	struct graph *body = region_of(n, "body");
	const struct type **carried;
	const struct dim *trips = dim_anon(f->types);
	uint32_t ncarried = n->nin < 2 ? 0 : n->nin - 2;
	const struct value *while_it = operand(n, 1);
	int64_t count, cond = 1, first = -1;

	if (body == NULL)
		return;
	check_body(f, n, body, n->nin, 1 + n->nout);
	if (body->noutputs < 1 + ncarried)
		return;
	infer_forget(f, body);
	carried = arena_array(f->arena, ncarried, sizeof *carried);
	for (uint32_t i = 0; i < ncarried; i++)
		carried[i] = operand_fact(f, n, i + 2)->type;
	if (body->ninputs > 0)
		set_value(f, body->inputs[0], (struct fact){ tensor_of(f, DT_I64, NULL, 0), NULL });
	/* a turn is made only while the condition holds, if there is one */
	if (body->ninputs > 1)
		set_value(f, body->inputs[1], (struct fact){ tensor_of(f, DT_BOOL, NULL, 0),
		    while_it != NULL ? val_int(f, dk(f, 1)) : NULL });
	infer_settle(f, body, carried, ncarried, 2, 1);
	if (while_it != NULL && number_of(f, while_it, &first) && !first)
		trips = dk(f, 0);
	else if (number_of(f, operand(n, 0), &count) && count >= 0 && (while_it == NULL ||
	    (first == 1 && number_of(f, body->outputs[0], &cond) && cond)))
		trips = dk(f, count);
	for (uint32_t i = 0; i < n->nout && 1 + i < body->noutputs; i++) {
		const struct type *t = fact_of(f, body->outputs[1 + i])->type;

		set_output(f, n, i, i < ncarried ? type_join(f, carried[i], t) :
		    calc_stacked(f, t, trips, 0), NULL);
	}
}

/* An axis of operand i of the scanned ones. */
static uint32_t
scan_axis(struct infer *f, const struct node *n, const char *name, uint32_t i, uint32_t rank)
{
	uint32_t k, at = 0;
	const int64_t *axes = attr_ints(f, n, name, &k);

	return axes != NULL && i < k && axis_in(axes[i], rank, &at) ? at : 0;
}

/* One slice of a scanned operand. */
static const struct type *
slice_of(struct infer *f, const struct type *t, uint32_t at)
{
	const struct dim *dims[RANK_MAX];
	uint32_t rank = 0;

	if (!is_shaped(t) || t->rank == 0)
		return tensor_no_rank(f, elem_dtype(t));
	for (uint32_t i = 0; i < t->rank; i++)
		if (i != at)
			dims[rank++] = t->dims[i];
	return tensor_of(f, t->dtype, dims, rank);
}

void
infer_scan(struct infer *f, const struct node *n)
{
	struct graph *body = region_of(n, "body");
	int64_t nscan = attr_int(f, n, "num_scan_inputs", 0);
	const struct type **carried, *t;
	const struct dim *len = dim_anon(f->types);
	uint32_t nstate, at;

	if (body == NULL || nscan < 0 || nscan > n->nin || n->op->since < 9)
		return;
	infer_forget(f, body);
	nstate = n->nin - (uint32_t)nscan;
	carried = arena_array(f->arena, nstate, sizeof *carried);
	for (uint32_t i = 0; i < nstate; i++)
		carried[i] = operand_fact(f, n, i)->type;
	for (uint32_t i = nstate; i < n->nin && i < body->ninputs; i++) {
		t = operand_fact(f, n, i)->type;
		at = is_shaped(t) ? scan_axis(f, n, "scan_input_axes", i - nstate, t->rank) : 0;
		set_value(f, body->inputs[i], (struct fact){ slice_of(f, t, at), NULL });
		if (is_shaped(t) && t->rank > 0)
			len = dim_meet(len, t->dims[at]);
	}
	infer_settle(f, body, carried, nstate, 0, 0);
	for (uint32_t i = 0; i < n->nout && i < body->noutputs; i++) {
		t = fact_of(f, body->outputs[i])->type;
		at = !is_shaped(t) ? 0 :
		    scan_axis(f, n, "scan_output_axes", i - nstate, t->rank + 1);
		set_output(f, n, i, i < nstate ? t : calc_stacked(f, t, len, at), NULL);
	}
}

static const struct type *
wrap(struct infer *f, enum type_tag tag, const struct type *elem)
{
	return type_intern(f->types, &(struct type){ .tag = tag, .elem = elem });
}

static const struct type *
elem_of(const struct type *t, enum type_tag tag)
{
	return t != NULL && t->tag == tag && t->elem->tag != TY_NONE ? t->elem : NULL;
}

static const struct type *
pieces(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct dim *dims[RANK_MAX];
	bool drop = operand(n, 1) == NULL && attr_int(f, n, "keepdims", 1) == 0;
	uint32_t at, rank = 0;

	if (!is_shaped(t) || !axis_in(attr_int(f, n, "axis", 0), t->rank, &at)) {
		if (is_shaped(t))
			misfit(f, n, "axis %" PRId64 " of %" PRIu32 " dims",
			    attr_int(f, n, "axis", 0), t->rank);
		return tensor_no_rank(f, elem_dtype(t));
	}
	for (uint32_t i = 0; i < t->rank; i++)
		if (i != at || !drop)
			dims[rank++] = i != at ? t->dims[i] : operand(n, 1) == NULL ? dk(f, 1) :
			    dim_anon(f->types);
	return tensor_of(f, t->dtype, dims, rank);
}

static const struct type *
joined_pieces(struct infer *f, const struct node *n)
{
	const struct type *e = elem_of(operand_fact(f, n, 0)->type, TY_SEQ);
	const struct dim *dims[RANK_MAX];
	bool new_axis = attr_int(f, n, "new_axis", 0) != 0;
	uint32_t at;

	if (!is_shaped(e) || e->rank + new_axis > RANK_MAX)
		return tensor_no_rank(f, elem_dtype(e));
	if (!axis_in(attr_int(f, n, "axis", 0), e->rank + new_axis, &at)) {
		misfit(f, n, "axis %" PRId64 " of %" PRIu32 " dims", attr_int(f, n, "axis", 0),
		    e->rank + new_axis);
		return tensor_no_rank(f, elem_dtype(e));
	}
	if (new_axis)
		return calc_stacked(f, e, dim_anon(f->types), at);
	memcpy(dims, e->dims, e->rank * sizeof *dims);
	dims[at] = dim_anon(f->types);
	return tensor_of(f, e->dtype, dims, e->rank);
}

void
infer_sequence(struct infer *f, const struct node *n)
{
	const struct type *s = operand_fact(f, n, 0)->type, *t = s;
	const struct type *e = elem_of(s, TY_SEQ);

	if (named(n, "SequenceEmpty")) {
		t = wrap(f, TY_SEQ, tensor_no_rank(f, onnx_dtype(attr_int(f, n, "dtype", 1))));
	} else if (named(n, "SequenceConstruct")) {
		for (uint32_t i = 1; i < n->nin; i++)
			t = type_join(f, t, operand_fact(f, n, i)->type);
		t = wrap(f, TY_SEQ, t);
	} else if (named(n, "SequenceInsert")) {
		t = operand_fact(f, n, 1)->type;
		t = wrap(f, TY_SEQ, e != NULL && t != NULL ? type_join(f, e, t) : NULL);
	} else if (named(n, "SequenceAt")) {
		t = e;
	} else if (named(n, "SequenceLength")) {
		t = tensor_of(f, DT_I64, NULL, 0);
	} else if (named(n, "SplitToSequence")) {
		t = wrap(f, TY_SEQ, pieces(f, n));
	} else if (named(n, "ConcatFromSequence")) {
		t = joined_pieces(f, n);
	} else if (!named(n, "SequenceErase")) {
		t = NULL;
	}
	set_output(f, n, 0, t, NULL);
}

void
infer_optional(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct attr *a = attr_of(f, n, "type");

	if (named(n, "OptionalHasElement"))
		t = tensor_of(f, DT_BOOL, NULL, 0);
	else if (named(n, "OptionalGetElement"))
		t = t != NULL && t->tag == TY_OPT ? t->elem : t;
	else if (operand(n, 0) != NULL || a == NULL || a->kind != ATTR_TYPE)
		t = wrap(f, TY_OPT, t);
	else
		t = wrap(f, TY_OPT, a->v.type);
	set_output(f, n, 0, t, NULL);
}

void
infer_text(struct infer *f, const struct node *n)
{
	const struct type *t[2] = { operand_fact(f, n, 0)->type, operand_fact(f, n, 1)->type };
	const struct dim *dims[RANK_MAX];
	const struct type *out = NULL;
	int64_t most = -1;
	const int64_t *idx;
	uint32_t k;

	if (named(n, "StringConcat")) {
		out = calc_broadcast(f, n, t, 2, DT_STR);
	} else if (named(n, "RegexFullMatch") && is_tensor(t[0])) {
		out = with_dtype(f, t[0], DT_BOOL);
	} else if (named(n, "StringSplit") && is_tensor(t[0])) {
		out = is_shaped(t[0]) ? calc_stacked(f, t[0], dim_anon(f->types), t[0]->rank) :
		    tensor_no_rank(f, DT_STR);
		set_output(f, n, 1, with_dtype(f, t[0], DT_I64), NULL);
	} else if (named(n, "StringNormalizer") && is_shaped(t[0]) && t[0]->rank > 0) {
		memcpy(dims, t[0]->dims, t[0]->rank * sizeof *dims);
		if (attr_of(f, n, "stopwords") != NULL)
			dims[t[0]->rank - 1] = dim_anon(f->types);
		out = tensor_of(f, DT_STR, dims, t[0]->rank);
	} else if (named(n, "TfIdfVectorizer") && is_shaped(t[0]) && t[0]->rank > 0) {
		idx = attr_ints(f, n, "ngram_indexes", &k);
		for (uint32_t i = 0; idx != NULL && i < k; i++)
			most = idx[i] > most ? idx[i] : most;
		memcpy(dims, t[0]->dims, t[0]->rank * sizeof *dims);
		dims[t[0]->rank - 1] = most >= 0 && most < INT32_MAX ? dk(f, most + 1) :
		    dim_anon(f->types);
		out = tensor_of(f, DT_F32, dims, t[0]->rank);
	}
	set_output(f, n, 0, out, NULL);
}

/* Rows of the input: its first dim, one for a vector. */
static const struct dim *
rows(struct infer *f, const struct type *t)
{
	return !is_shaped(t) || t->rank == 0 ? dim_anon(f->types) : t->rank == 1 ? dk(f, 1) :
	    t->dims[0];
}

static uint64_t
list_length(struct infer *f, const struct node *n, const char *name)
{
	const struct attr *a = attr_of(f, n, name);

	return a == NULL ? 0 : a->n;
}

static void
classifier(struct infer *f, const struct node *n, const struct type *x)
{
	static const char *const texts[] = { "classlabels_strings", "classlabels_string", NULL };
	static const char *const ints[] = { "classlabels_int64s", "classlabels_ints", NULL };
	const struct dim *dims[2] = { rows(f, x), dim_anon(f->types) };
	uint64_t ntexts = 0, nints = 0;

	for (int i = 0; texts[i] != NULL; i++) {
		ntexts += list_length(f, n, texts[i]);
		nints += list_length(f, n, ints[i]);
	}
	set_output(f, n, 0, tensor_of(f, ntexts > 0 ? DT_STR : DT_I64, dims, 1), NULL);
	if (ntexts + nints > 0)
		dims[1] = dk(f, (int64_t)(ntexts + nints));
	set_output(f, n, 1, tensor_of(f, DT_F32, dims, 2), NULL);
}

static const struct type *
zip_map(struct infer *f, const struct node *n)
{
	struct type map = { .tag = TY_MAP, .elem = tensor_of(f, DT_F32, NULL, 0) };

	map.dtype = list_length(f, n, "classlabels_strings") > 0 ? DT_STR : DT_I64;
	return wrap(f, TY_SEQ, type_intern(f->types, &map));
}

void
infer_ml(struct infer *f, const struct node *n)
{
	const struct type *x = operand_fact(f, n, 0)->type;
	const struct dim *dims[2] = { rows(f, x), NULL };
	int64_t width = -1;
	uint64_t cats;
	size_t len = strlen(n->type->s);

	if (named(n, "ZipMap")) {
		set_output(f, n, 0, zip_map(f, n), NULL);
	} else if (len > 10 && strcmp(n->type->s + len - 10, "Classifier") == 0) {
		classifier(f, n, x);
	} else if (named(n, "TreeEnsembleRegressor") || named(n, "TreeEnsemble")) {
		width = attr_int(f, n, "n_targets", 1);
	} else if (named(n, "LinearRegressor")) {
		width = attr_int(f, n, "targets", 1);
	} else if (named(n, "SVMRegressor")) {
		width = 1;
	} else if (named(n, "LabelEncoder") && is_tensor(x) && n->op->since < 2) {
		set_output(f, n, 0, with_dtype(f, x, x->dtype == DT_STR ? DT_I64 : DT_STR), NULL);
	} else if (named(n, "LabelEncoder") && is_tensor(x)) {
		enum dtype dt = attr_of(f, n, "values_int64s") != NULL ? DT_I64 :
		    attr_of(f, n, "values_floats") != NULL ? DT_F32 :
		    attr_of(f, n, "values_strings") != NULL ? DT_STR : DT_NONE;
		const struct attr *to = attr_of(f, n, "values_tensor");

		if (to != NULL && to->kind == ATTR_TENSOR)
			dt = to->v.t->dtype;
		set_output(f, n, 0, dt != DT_NONE ? with_dtype(f, x, dt) : NULL, NULL);
	} else if (named(n, "OneHotEncoder") && is_shaped(x)) {
		cats = list_length(f, n, "cats_int64s") + list_length(f, n, "cats_strings");
		set_output(f, n, 0, calc_stacked(f, with_dtype(f, x, DT_F32), dk(f, (int64_t)cats),
		    x->rank), NULL);
	} else if (named(n, "CategoryMapper") && is_tensor(x)) {
		set_output(f, n, 0, with_dtype(f, x, x->dtype == DT_STR ? DT_I64 : DT_STR), NULL);
	}
	if (width < 0)
		return;
	dims[1] = dk(f, width);
	set_output(f, n, 0, tensor_of(f, named(n, "TreeEnsemble") ? elem_dtype(x) : DT_F32,
	    dims, 2), NULL);
}
