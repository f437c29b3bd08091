/* SPDX-License-Identifier: Apache-2.0 */
/* Types of single operations: what torch, onnxruntime and coremltools give for the
 * same operands. A row is "DOMAIN:OPERATION.OVERLOAD NAME=WHAT ... -> TYPE ...", where WHAT is the type
 * of an operand, or an attribute: a number, numbers in (), a word. Operands of ONNX
 * that are known are numbers in {}. */
#include "unit.h"

#include <stdlib.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "infer/infer.h"
#include "ir/build.h"
#include "ops/op.h"

struct fixture {
	struct ctx ctx;
	struct arena a;
	struct model *m;
	struct graph *g;
	struct node *n;
	unsigned made;
};

static const struct str *
text(struct fixture *t, const char *s)
{
	return str_internz(&t->m->strs, s);
}

static const struct str *
fresh(struct fixture *t)
{
	char name[16];

	snprintf(name, sizeof name, "v%u", t->made++);
	return text(t, name);
}

static void
fill_attr(struct fixture *t, struct attr *a, const char *name, const char *what)
{
	int64_t *ints;
	float *floats;
	char *end;

	a->name = text(t, name);
	a->kind = ATTR_STRING;
	a->v.s = text(t, what);
	a->n = strlen(what);
	if (*what == '(' || *what == '{') {
		ints = arena_array(&t->m->arena, strlen(what), sizeof *ints);
		floats = arena_array(&t->m->arena, strlen(what), sizeof *floats);
		a->kind = strchr(what, '.') != NULL ? ATTR_FLOATS : ATTR_INTS;
		for (a->n = 0, what++; *what != ')' && *what != '}'; what += *what == ',') {
			floats[a->n] = strtof(what, &end);
			ints[a->n++] = strtoll(what, NULL, 10);
			what = end;
		}
		if (a->kind == ATTR_INTS)
			a->v.ints = ints;
		else
			a->v.floats = floats;
	} else if (*what == '-' || (*what >= '0' && *what <= '9')) {
		a->kind = strchr(what, '.') != NULL ? ATTR_FLOAT : ATTR_INT;
		if (a->kind == ATTR_FLOAT)
			a->v.f = strtod(what, NULL);
		else
			a->v.i = strtoll(what, NULL, 10);
	}
}

static void
operand(struct fixture *t, const char *name, const struct str *value)
{
	node_add_operand_name(t->m, t->n, value);
	if (t->m->dialect != DIALECT_ONNX)
		node_name_operand(t->m, t->n, text(t, name));
}

/* NAME=WHAT */
static void
argument(struct fixture *t, char *name)
{
	char *what = strchr(name, '=');
	const struct type *type;
	const struct str *made = fresh(t);
	struct node *n = t->n, *k;
	uint32_t at;

	*what++ = '\0';
	type = strchr(what, '[') == NULL ? NULL : type_parse(&t->m->types, &t->m->strs, what,
	    (uint32_t)strlen(what), &at);
	if (type != NULL) {
		graph_add_value(t->m, t->g, made, VALUE_INPUT)->type = type;
		operand(t, name, made);
	} else if (*what == '{') {
		k = graph_add_node(t->m, t->g);
		k->type = text(t, "Constant");
		fill_attr(t, node_add_attr(t->m, k), "value_ints", what);
		node_add_output(t->m, k, made);
		t->n = n;
		operand(t, name, made);
	} else if (strcmp(what, "-") == 0) {
		operand(t, name, t->m->empty);
	} else {
		fill_attr(t, node_add_attr(t->m, n), name, what);
	}
}

static unsigned
check(enum dialect dialect, const char *format, int64_t version, const char *row)
{
	struct fixture t = { .made = 0 };
	char buf[1000], *p, *colon, *dot, *want[8];
	struct infer_options options = { .hide_declared = true };
	struct decl_table decls;
	unsigned nwant = 0, wrong = 0;
	struct infer *f;
	struct sink out;

	ctx_init(&t.ctx);
	arena_init(&t.a, &t.ctx);
	t.m = model_new(&t.ctx, dialect, format);
	model_add_opset(t.m, t.m->empty, version);
	t.g = graph_new(t.m, GRAPH_MAIN, NULL, NULL);
	t.n = graph_add_node(t.m, t.g);
	snprintf(buf, sizeof buf, "%s", row);
	p = strtok(buf, " ");
	colon = strchr(p, ':');
	if (colon != NULL) {
		*colon = '\0';
		t.n->domain = text(&t, p);
		if (dialect == DIALECT_ONNX)
			model_add_opset(t.m, t.n->domain, 1);
		p = colon + 1;
	}
	if ((dot = strchr(p, '.')) != NULL) {
		*dot = '\0';
		t.n->overload = text(&t, dot + 1);
	}
	t.n->type = text(&t, p);
	while ((p = strtok(NULL, " ")) != NULL && strcmp(p, "->") != 0)
		argument(&t, p);
	while ((p = strtok(NULL, " ")) != NULL) {
		want[nwant++] = p;
		node_add_output(t.m, t.n, fresh(&t));
	}
	decls.of = arena_array(&t.a, 1, sizeof *decls.of);
	decls.n = 1;
	model_bind(t.m, &t.a, &decls);
	ops_bind(t.m);
	f = infer_model(&t.ctx, &t.a, t.m, &options);
	for (unsigned i = 0; i < nwant; i++) {
		sink_init(&out, -1);
		type_print(&out, infer_type(f, t.n->out[i]));
		sink_write(&out, "", 1);
		if (strcmp(out.buf, want[i]) != 0) {
			print_error("%s: output %u is %s\n", row, i, out.buf);
			wrong++;
		}
		sink_fini(&out);
	}
	arena_free(&t.a);
	model_free(t.m);
	ctx_fini(&t.ctx);
	return wrong;
}

static void
torch(void **state)
{
	static const char *const rows[] = {
		"aten:atan2 self=i32[5,1] other=i32[4] -> f32[5,4]",
		"aten:copysign.Tensor self=f32[5,1] other=f32[5,5] -> f32[5,5]",
		"aten:nextafter self=f64[3,1] other=f64[2] -> f64[3,2]",
		"aten:ldexp.Tensor self=i32[10,1] other=i32[5] -> f32[10,5]",
		"aten:cov self=f32[3,4] -> f32[3,3]",
		"aten:cov self=i64[4] -> f32[]",
		"aten:corrcoef self=f64[N,4] -> f64[N,N]",
		"aten:combinations self=f32[5] r=3 -> f32[10,3]",
		"aten:combinations self=f32[5] r=2 with_replacement=1 -> f32[15,2]",
		"aten:combinations self=f32[2] r=4 -> f32[0,4]",
		"aten:cartesian_prod tensors=f32[3] tensors=i64[N] -> f32[3*N,2]",
		"aten:pdist self=f32[5,3] -> f32[10]",
		"aten:trapezoid.dx y=f32[3,4] dim=0 -> f32[4]",
		"aten:cumulative_trapezoid.dx y=i64[3,4] -> f32[3,3]",
		"aten:histogram.bin_ct self=f32[7] bins=5 -> f32[5] f32[6]",
		"aten:masked_scatter self=f32[5] mask=bool[4,5] source=f32[20] -> f32[4,5]",
		"aten:multi_margin_loss self=f32[10,5] target=i64[10] reduction=0 -> f32[10]",
		"aten:multilabel_margin_loss self=f32[10,5] target=i64[10,5] reduction=0 -> f32[10]",
		"aten:triplet_margin_loss anchor=i64[5,3] positive=i64[5,3] negative=i64[5,3] "
		    "reduction=0 -> f32[5]",
		"aten:margin_ranking_loss input1=u8[5] input2=u8[5] target=u8[5] reduction=2 "
		    "-> f32[]",
		"aten:cross_entropy_loss self=f16[2,3] target=f16[2,3] reduction=0 -> f16[2]",
		"aten:scaled_dot_product_attention query=f32[4,1,3,8] key=f32[4,6,8] "
		    "value=f32[4,6,5] -> f32[4,4,3,5]",
		"aten:std_mean.correction self=c64[3,4] dim=(0) -> f32[4] c64[4]",
		"aten:rot90 self=f32[2,3,4] k=1 dims=(0,2) -> f32[4,3,2]",
		"aten:expand_as self=f32[] other=f32[] -> f32[]",
		"aten:dstack tensors=f32[5] tensors=f32[5] -> f32[1,5,2]",
		"aten:fft_hfft2 self=c64[5,3,6] -> f32[5,3,10]",
		"aten:fft_ihfft2 self=f32[5,6,7] -> c64[5,6,4]",
		"aten:sum_to_size self=u8[5] size=(1) -> i64[1]",
		"aten:take_along_dim self=f32[5,2] indices=i64[5,2] -> f32[10]",
		"aten:unfold self=i32[] dimension=0 size=1 step=1 -> i32[1]",
		"aten:unique_consecutive self=f32[5,6] dim=0 -> f32[?,6] i64[5] i64[?]",
		"aten:linalg_lstsq self=f32[3,2] b=f32[3,4] -> f32[2,4] f32[0] i64[] f32[0]",
		"aten:linalg_lstsq self=f32[7,5,2] b=f32[7,5,4] driver=gels "
		    "-> f32[7,2,4] f32[7,4] i64[0] f32[0]",
		"aten:linalg_solve A=f32[2,1,3,3] B=f32[5,3,4] -> f32[2,5,3,4]",
		"aten:linalg_vander x=u8[2,3] -> i64[2,3,3]",
		"aten:lu_unpack LU_data=f32[3,5,4] LU_pivots=i32[3,4] "
		    "-> f32[3,5,5] f32[3,5,4] f32[3,4,4]",
		"aten:embedding_bag weight=f32[9,4] indices=i64[6] offsets=i64[2] "
		    "-> f32[2,4] i64[0] i64[2] i64[2]",
		"aten:embedding_bag weight=f32[9,4] indices=i64[6] offsets=i64[2] mode=2 "
		    "-> f32[2,4] i64[6] i64[2] i64[2,4]",
		"aten:native_batch_norm input=f32[2,3,4] weight=f32[3] training=0 "
		    "-> f32[2,3,4] f32[0] f32[0]",
		"aten:diff self=f32[5,5] n=0 dim=0 prepend=f32[1,5] -> f32[5,5]",
		"aten:dist self=c64[3] other=c64[3] -> f32[]",
		"aten:linalg_vector_norm self=c64[3,4] dim=(1) keepdim=1 dtype=c64 -> f32[3,1]",
		"aten:linalg_tensorsolve self=f32[2,3,6] other=f32[2,3] -> f32[6]",
		"aten:embedding_bag.padding_idx weight=f32[9,4] indices=i64[6] offsets=i64[2] "
		    "padding_idx=-1 -> f32[2,4] i64[6] i64[2] i64[2]",
		"aten:hsplit.array self=f32[5,6] indices=(1,4) -> f32[5,1] f32[5,3] f32[5,2]",
		"aten:multiply.Tensor self=f32[2] other=f64[3,1] -> f64[3,2]",
		"aten:upsample_bilinear2d.vec input=f32[1,2,10,20] scale_factors=(1.7,0.9) "
		    "align_corners=0 -> f32[1,2,17,18]",
		"aten:pairwise_distance x1=c64[2,3] x2=c64[2,3] -> f32[2]",
		"aten:poisson_nll_loss input=i64[2] target=i64[2] log_input=1 full=0 reduction=0 "
		    "-> f32[2]",
		"aten:triplet_margin_loss anchor=c64[2,3] positive=c64[2,3] negative=c64[2,3] "
		    "-> f32[]",
		"aten:square self=bool[2] -> i64[2]",
		/* as decompositions leave them */
		"aten:segment_reduce data=f32[5,3] reduce=sum lengths=i64[2] axis=0 -> f32[2,3]",
		"aten:segment_reduce data=f32[5,3] reduce=sum offsets=i64[3] axis=0 -> f32[2,3]",
		"aten:_cdist_forward x1=f32[5,3] x2=f32[6,3] p=2.0 -> f32[5,6]",
		"aten:_pdist_forward self=f32[5,3] p=2.0 -> f32[10]",
		"aten:_embedding_bag_forward_only weight=f32[10,4] indices=i64[15] offsets=i64[3] "
		    "mode=1 -> f32[3,4] i64[15] i64[3] i64[3]",
		"aten:_prelu_kernel self=f32[2,3] weight=f32[1,3] -> f32[2,3]",
		"aten:log_sigmoid_forward self=f16[2] -> f16[2] f16[2]",
		"aten:nll_loss_forward self=f32[4,5] target=i64[4] reduction=0 ignore_index=-100 "
		    "-> f32[4] f32[]",
		"aten:_is_all_true self=bool[4] -> bool[]",
		"aten:fake_quantize_per_tensor_affine_cachemask self=f32[4] scale=0.1 zero_point=0 "
		    "quant_min=0 quant_max=255 -> f32[4] bool[4]",
		"aten:_aminmax self=i32[4] -> i32[] i32[]",
		"aten:_trilinear i1=f32[2,1,4] i2=f32[3,4,5] i3=f32[2,5] expand1=(3) expand2=(0) "
		    "expand3=(1,2) sumdim=(2,3) -> f32[2,3]",
		"aten:_grouped_mm self=bf16[8,4] mat2=bf16[3,4,16] offs=i32[3] -> bf16[8,16]",
		"aten:_grouped_mm self=bf16[8,9] mat2=bf16[9,16] offs=i32[3] -> bf16[3,8,16]",
		"aten:_linalg_solve_ex A=f32[2,3,3] B=f32[2,3,4] -> f32[2,3,4] f32[2,3,3] i32[2,3] "
		    "i32[2]",
		"aten:_linalg_eigvals self=f64[2,3,3] -> c128[2,3]",
		"aten:endswith self=abc substr=c -> boolean",
		"aten:rfind self=abc substr=c -> int64",
		"aten:_sparse_sum self=f32[3,4] -> f32[]",
		"aten:view self=f32[] size=(1,-1) -> f32[1,1]",
		/* numbers that leave 64 bits */
		"aten:range.step start=-9223372036854775808 end=9223372036854775807 step=1 "
		    "-> f32[?]",
		"aten:slice.Tensor self=f32[9223372036854775807] start=9223372036854775806 "
		    "end=-9223372036854775808 step=1 -> f32[0]",
	};

	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		wrong += check(DIALECT_ATEN, "pt2", 1, rows[i]);
	assert_int_equal(wrong, 0);
}

static void
onnx(void **state)
{
	static const char *const rows[] = {
		"ConvTranspose X=f32[2,4,5,7] W=f32[4,1,2,1] auto_pad=SAME_UPPER strides=(1,3) "
		    "group=2 -> f32[2,2,5,19]",
		"ReduceSum X=f32[2,3,4] axes=i64[2] keepdims=0 -> f32[?]",
		"Squeeze X=f32[2,1,4] axes=i64[1] -> f32[?,?]",
		"Unsqueeze X=f32[2,4] axes=i64[2] -> f32[?,?,?,?]",
		"AffineGrid theta=f32[N,2,3] size=i64[4] -> f32[N,?,?,2]",
		"CausalConvWithState X=f32[2,3,5] W=f32[3,1,4] -> f32[2,3,5] f32[2,3,3]",
		"LinearAttention q=f32[2,T,12] k=f32[2,T,6] v=f32[2,T,10] q_num_heads=4 "
		    "kv_num_heads=2 -> f32[2,T,20] f32[2,2,3,5]",
		"ai.onnx.ml:ArrayFeatureExtractor X=f32[2,3,5] Y=i64[4] -> f32[2,3,4]",
		"ai.onnx.ml:FeatureVectorizer X=f32[2,3] Y=f32[2,4] inputdimensions=(3,4) "
		    "-> f32[2,7]",
		"ai.onnx.ml:Scaler X=i64[2,3] -> f32[2,3]",
		"ai.onnx.preview.training:Momentum R=f32[] T=i64[] X=f32[2] Y=f32[3] G=f32[2] "
		    "H=f32[3] V=f32[2] W=f32[3] -> f32[2] f32[3] f32[2] f32[3]",
		"com.microsoft:Attention X=f32[2,T,8] W=f32[8,24] B=f32[24] M=- P=f32[2,2,4,5,2] "
		    "num_heads=4 -> f32[2,T,8] f32[2,2,4,T+5,2]",
		"com.microsoft:MultiHeadAttention Q=f32[2,3,8] K=f32[2,5,8] V=f32[2,5,6] "
		    "num_heads=2 -> f32[2,3,6]",
		"com.microsoft:GroupQueryAttention Q=f32[1,3,32] K=f32[1,3,16] V=f32[1,3,16] "
		    "P=f32[1,2,0,8] R=f32[1,2,0,8] S=i32[1] T={3} num_heads=4 kv_num_heads=2 "
		    "-> f32[1,3,32] f32[1,2,3,8] f32[1,2,3,8]",
		"com.microsoft:FusedMatMul A=f32[5,2,3] B=f32[2,3,4] transBatchA=1 -> f32[2,5,4]",
		"com.microsoft:FusedMatMul A=f32[2,3,5] B=f32[2,4,3] transA=1 transB=1 "
		    "-> f32[2,5,4]",
		"com.microsoft:MatMulNBits A=f16[N,3,64] B=u8[7,2,16] S=f16[14] K=64 N=7 bits=4 "
		    "block_size=32 -> f16[N,3,7]",
		"com.microsoft:GatherBlockQuantized D=u8[9,16] I=i64[2] S=f16[18] bits=4 "
		    "block_size=16 -> f16[2,32]",
		"com.microsoft:QLinearConcat s=f32[] z=u8[] A=u8[2,3] a=f32[] b=u8[] B=u8[2,4] "
		    "c=f32[] d=u8[] axis=1 -> u8[2,7]",
		"com.microsoft:QLinearConv X=u8[1,8,9,4] s=f32[] z=u8[] W=u8[5,4,3,2] t=f32[] "
		    "y=u8[] u=f32[] v=u8[] channels_last=1 pads=(1,0,0,1) -> u8[1,7,9,5]",
		"com.microsoft:QLinearWhere C=bool[2,1] X=u8[3] s=f32[] z=u8[] Y=u8[] t=f32[] "
		    "y=u8[] u=f32[] v=u8[] -> u8[2,3]",
		"com.microsoft:QGemm A=u8[3,2] s=f32[] z=u8[] B=u8[4,3] t=f32[] y=u8[] transA=1 "
		    "transB=1 -> f32[2,4]",
		"com.microsoft:NhwcMaxPool X=u8[1,8,9,3] kernel_shape=(2,3) strides=(2,1) "
		    "pads=(0,1,1,0) -> u8[1,4,8,3]",
		"com.microsoft:SkipLayerNormalization X=f32[2,3,4] S=f32[2,3,4] G=f32[4] "
		    "-> f32[2,3,4] f32[2,3,1] f32[2,3,1] f32[2,3,4]",
		"com.microsoft:EmbedLayerNormalization I=i32[2,3] S=i32[2,3] W=f32[9,4] P=f32[9,4] "
		    "-> f32[2,3,4] i32[2] f32[2,3,4]",
		"com.microsoft:Range A={1} B={9} -> i64[8]",
		"MaxPool X=f32[1,2,N] kernel_shape=(1) strides=(2) ceil_mode=1 "
		    "-> f32[1,2,min(N/2+1,(N+1)/2)]",
		"Split X=f32[N] num_outputs=2 -> f32[(N+1)/2] f32[N-(N+1)/2]",
		"Split X=f32[8] num_outputs=3 -> f32[3] f32[3] f32[2]",
		"DFT X=f32[1,6,10,2] L=- A={1} inverse=1 onesided=1 -> f32[1,10,10,1]",
		"DFT X=f32[1,6,10,1] L=- A=i64[] -> f32[1,6,10,2]",
		"Col2Im X=f32[1,5,5] S=i64[2] B=i64[2] -> f32[1,?,?,?]",
		/* numbers that leave 64 bits */
		"MaxPool X=f32[1,2,8,8] kernel_shape=(-9223372036854775808,2) strides=(1,2) "
		    "-> f32[1,2,?,4]",
		"MaxPool X=f32[1,2,8,8] kernel_shape=(2,3) strides=(2,1) dilations=(2,"
		    "9223372036854775807) -> f32[1,2,3,?]",
		"MaxPool X=f32[1,2,8] kernel_shape=(2) pads=(9223372036854775807,"
		    "9223372036854775807) -> f32[1,2,?]",
		"MaxPool X=f32[1,2,8] kernel_shape=(1) pads=(9223372036854775807,0) ceil_mode=1 "
		    "-> f32[1,2,?]",
		"ConvTranspose X=f32[2,4,5] W=f32[4,1,2] pads=(9223372036854775807,"
		    "9223372036854775807) -> f32[2,1,?]",
		"Split X=f32[9223372036854775807] num_outputs=2 -> f32[4611686018427387904] "
		    "f32[4611686018427387903]",
	};
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		wrong += check(DIALECT_ONNX, "onnx", 28, rows[i]);
	assert_int_equal(wrong, 0);
}

static void
mil(void **state)
{
	static const char *const rows[] = {
		"select cond=bool[2,3,4] a=f32[3,1] b=f32[4] -> f32[3,4]",
		"squeeze x=f32[1,?,1] -> f32[?]",
		"slice_update x=f32[4,5] update=f32[2,5] -> f32[4,5]",
		"concat values=i32[] values=i32[] axis={0} -> i32[2]",
	};
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		wrong += check(DIALECT_MIL, "coreml", 1, rows[i]);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(torch),
		cmocka_unit_test(onnx),
		cmocka_unit_test(mil),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
