/* SPDX-License-Identifier: Apache-2.0 */
/* What stops exported programs while the converter's graph is built of them, and before
 * that, while they are decomposed. */
#include <string.h>

#include "rules/support/support_export.h"

/* Literals that the front end cannot express stop it while the graph is built. */
static void
check_literals(struct run *r, const struct node *n, const char *op)
{
	for (uint32_t i = 0; i < n->nattrs; i++) {
		const struct attr *a = &n->attrs[i];
		size_t len = a->kind == ATTR_STRING ? a->v.s->len : 0;
		int64_t code = len > 0 ? export_number(a->v.s->s) : -1;

		if (strstr(a->name->s, "dtype") != NULL && code >= 0 &&
		    (code > 14 || (code >= 8 && code <= 10)))
			support_block_node(r, n, op, REASON_DTYPE, "load",
			    "torch.%s has no counterpart in the converter", a->v.s->s);
		else if (len > 1 && a->v.s->s[len - 1] == 'j' &&
			 strpbrk(a->v.s->s, "0123456789") != NULL)
			support_block_node(r, n, op, REASON_COMPLEX, "load",
			    "a complex number, %s", a->v.s->s);
	}
}

/* Operators that torch cannot run on tensors without contents: run_decompositions of a
 * loaded program stops at them. Source: kernels registered in torch 2.13 for none of
 * Meta, Composite* and the decompositions, and those two that call such an operator. */
static const char *const unrun[] = { "_add_relu", "_aminmax", "_compute_linear_combination",
	"_cummax_helper", "_cummin_helper", "_logcumsumexp", "_masked_softmax",
	"_sample_dirichlet", "_slow_conv2d_forward", "_standard_gamma_grad",
	"_transform_bias_rescale_qkv", "batch_norm_update_stats", "binomial", "dequantize",
	"fake_quantize_per_channel_affine", "fake_quantize_per_channel_affine_cachemask",
	"fake_quantize_per_tensor_affine", "fake_quantize_per_tensor_affine_cachemask",
	"geqrf", "histogram", "quantize_per_channel", "quantize_per_tensor_dynamic",
	"slow_conv3d_forward", "slow_conv_dilated2d", "slow_conv_dilated3d",
	"slow_conv_transpose3d", "to_mkldnn", "to_sparse" };

/* A size that is computed from others and has a range of its own: torch notes that as the
 * range of a symbol when it loads, and decomposing then asks what kind of symbol it is.
 * Source: torch 2.13, _export/serde/serialize.py (_parse_sym_expr), export/_trace.py. */
static void
check_ranges(struct run *r)
{
	const struct model *m = r->c.m;

	for (uint32_t i = 0; i < m->nsymbols; i++) {
		const char *name = m->symbols[i].name->s;

		if (strpbrk(name, "+-*/(") == NULL)
			continue;
		r->c.advice = "export with fixed sizes, or with dims that are not computed from "
		    "others: Dim(\"h\") for 2*Dim(\"h\")";
		cv_block(&r->c, REASON_LOAD, "load", "run_decompositions fails in torch itself: a "
		    "dim was given as %.40s", name);
		return;
	}
}

void
export_check_decompose(struct run *r)
{
	const struct graph *g = r->c.m->main;

	if (r->decompose)
		check_ranges(r);
	for (uint32_t i = 0; i < g->nnodes && r->decompose; i++) {
		const struct node *n = g->nodes[i];

		for (size_t k = 0; k < sizeof unrun / sizeof *unrun; k++) {
			if (n->domain->len > 0 && strcmp(n->domain->s, "aten") != 0)
				break;
			if (strcmp(n->type->s, unrun[k]) != 0)
				continue;
			r->c.advice = "convert the program as it was exported";
			support_block_node(r, n, support_op_name(r, n), REASON_LOAD, "load",
			    "run_decompositions fails at %s: torch cannot run it without data",
			    support_op_name(r, n));
			return;
		}
	}
}

/* Autocast becomes casts of what is multiplied. */
static void
check_autocast(struct run *r, const struct node *n)
{
	const struct attr *type = node_attr(n, "arg1"), *on = node_attr(n, "arg2");

	if (strcmp(n->type->s, "wrap_with_autocast") != 0 || on == NULL || on->kind != ATTR_INT ||
	    on->v.i == 0 || type == NULL || type->kind != ATTR_STRING ||
	    strcmp(type->v.s->s, "bf16") != 0)
		return;
	r->c.advice = "export without torch.autocast";
	support_block_node(r, n, "aten::_to_copy", REASON_DTYPE, "load",
	    "torch.bfloat16, to which autocast casts, has no counterpart in the converter");
}

static void
check_node(struct run *r, const struct node *n)
{
	const char *op = export_operator(r, n);

	if (r->decompose && decompose_drops(r, n))
		return;
	if (r->decompose && decompose_inlines(n)) {
		check_autocast(r, n);
		for (uint32_t i = 0; i < n->regions[0]->nnodes; i++)
			check_node(r, n->regions[0]->nodes[i]);
		return;
	}
	if (r->decompose && decompose_view(n)) {
		if (strcmp(n->type->s, "to") == 0)
			check_literals(r, n, "aten::_to_copy");
		return;
	}
	if (n->nregions > 0)
		support_block_node(r, n, op, REASON_CONTROL, "load",
		    "operators that hold graphs (%s) are not converted", n->type->s);
	if (support_op_find(support_lookup(r->c.a, op, false)) == NULL)
		support_block_node(r, n, op, REASON_NOT_REGISTERED, "load",
		    "%s has no converter in coremltools 9.0", op);
	else
		check_literals(r, n, op);
}

void
export_check_nodes(struct run *r)
{
	const struct graph *g = r->c.m->main;

	r->stage = "load";
	for (uint32_t i = 0; i < g->nnodes; i++)
		check_node(r, g->nodes[i]);
}
