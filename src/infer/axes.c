/* SPDX-License-Identifier: Apache-2.0 */
/* Paddings, borders of windows and orders of axes, in one form whatever the dialect. */
#include <string.h>

#include "infer/axes.h"

#include "ir/type.h"
#include "ops/op.h"

/* Of what the node works on: how many there are. false: not known, or too many. */
static bool
axes_count(const struct settings *in, const struct node *n, uint32_t *count)
{
	uint32_t i = op_main(n);
	const struct value *v = i < n->nin ? n->in[i] : NULL;
	const struct type *t = v != NULL ? settings_type(in, v) : NULL;

	if (t == NULL || t->tag != TY_TENSOR || !t->has_rank || t->rank > AXES_MOST)
		return false;
	*count = t->rank;
	return true;
}

bool
axes_at(double axis, uint32_t rank, uint32_t *at)
{
	axis += axis < 0 ? rank : 0;
	if (!(axis >= 0) || axis >= rank)
		return false;
	*at = (uint32_t)axis;
	return true;
}

/* All beginnings, then all ends, of some axes or of all. */
static bool
pad_of_onnx(const struct settings *in, const struct node *n, const struct setting *a,
	struct axes *f)
{
	struct setting axes;
	bool some = setting_find(&axes, in, n, "axes");
	uint32_t at;

	if (some ? axes.n != a->n / 2 : !axes.absent || a->n != 2 * f->n)
		return false;
	for (uint32_t i = 0; i < a->n / 2; i++) {
		if (!axes_at(some ? axes.v[i] : i, f->n, &at))
			return false;
		f->lo[at] = a->v[i];
		f->hi[at] = a->v[a->n / 2 + i];
	}
	return true;
}

/* Beginning and end in turn of the last axes; PyTorch starts with the last one. */
bool
axes_of_pad(const struct settings *in, const struct node *n, struct axes *f)
{
	struct setting a;

	*f = (struct axes){ .n = 0 };
	if (!setting_find(&a, in, n, "pad pads padding paddings") || a.n % 2 != 0 ||
	    !axes_count(in, n, &f->n) || a.n > 2 * f->n)
		return false;
	if (in->model->dialect == DIALECT_ONNX)
		return pad_of_onnx(in, n, &a, f);
	for (uint32_t i = 0; i < a.n / 2; i++) {
		uint32_t k = in->model->dialect == DIALECT_ATEN ? i : a.n / 2 - 1 - i;

		f->lo[f->n - 1 - i] = a.v[2 * k];
		f->hi[f->n - 1 - i] = a.v[2 * k + 1];
	}
	return true;
}

bool
axes_of_border(const struct settings *in, const struct node *n, struct axes *f)
{
	bool mil = in->model->dialect == DIALECT_MIL, onnx = in->model->dialect == DIALECT_ONNX;
	struct setting a, type;

	*f = (struct axes){ .n = 0 };
	if (!axes_count(in, n, &f->n) || f->n < 3)
		return false;
	f->n -= 2;
	if ((mil || onnx) && setting_find(&type, in, n, mil ? "pad_type" : "auto_pad")) {
		if (strcmp(type.text, "valid") == 0 || strcmp(type.text, "VALID") == 0)
			return true;
		if (strcmp(type.text, "custom") != 0 && strcmp(type.text, "NOTSET") != 0)
			return false;
	}
	if (onnx && n->op != NULL && n->op->sem == SEM_CONV_TRANSPOSE &&
	    node_attr(n, "output_shape") != NULL)
		return false; /* that says it */
	if (!setting_find(&a, in, n, mil ? "pad" : onnx ? "pads" : "padding"))
		return a.absent;
	for (uint32_t i = 0; i < f->n; i++) {
		if (a.n == 1 && !mil && !onnx) {
			f->lo[i] = f->hi[i] = a.v[0];
		} else if (a.n == f->n && !mil && !onnx) {
			f->lo[i] = f->hi[i] = a.v[i];
		} else if (a.n == 2 * f->n && (mil || onnx)) {
			f->lo[i] = a.v[mil ? 2 * i : i];
			f->hi[i] = a.v[mil ? 2 * i + 1 : f->n + i];
		} else {
			return false;
		}
	}
	return true;
}

bool
axes_of_order(const struct settings *in, const struct node *n, struct axes *f)
{
	struct setting a, b;
	uint32_t at, to;

	*f = (struct axes){ .n = 0 };
	if (!axes_count(in, n, &f->n))
		return false;
	for (uint32_t i = 0; i < f->n; i++)
		f->lo[i] = i;
	if (setting_find(&a, in, n, "dim0 axis0") && setting_find(&b, in, n, "dim1 axis1")) {
		if (a.n != 1 || b.n != 1 || !axes_at(a.v[0], f->n, &at) ||
		    !axes_at(b.v[0], f->n, &to))
			return false;
		f->lo[at] = to;
		f->lo[to] = at;
		return true;
	}
	if (!setting_find(&a, in, n, "dims perm") || a.n != f->n)
		return false;
	for (uint32_t i = 0; i < f->n; i++) {
		if (!axes_at(a.v[i], f->n, &at))
			return false;
		f->lo[i] = at;
	}
	return true;
}
