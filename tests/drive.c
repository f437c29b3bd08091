/* SPDX-License-Identifier: Apache-2.0 */
#include "drive.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "ir/build.h"
#include "ir/verify.h"
#include "ops/op.h"
#include "read/reader.h"
#include "report/dot.h"
#include "rules/lint.h"

struct run { struct ctx ctx; struct model *m; };

static void
look_at_tensor(struct ctx *ctx, const struct tensor *t)
{
	struct tensor_stats s;

	if (t != NULL && tensor_bytes(t) < 1 << 20)
		tensor_stats(t, ctx, true, &s);
}

static void
look_at_node(struct ctx *ctx, struct sink *out, const struct node *n)
{
	for (uint32_t i = 0; i < n->nattrs; i++) {
		sink_json(out, n->attrs[i].name->s, n->attrs[i].name->len);
		if (n->attrs[i].kind == ATTR_TENSOR)
			look_at_tensor(ctx, n->attrs[i].v.t);
		look_at_tensor(ctx, n->attrs[i].list);
	}
	sink_safe(out, n->name->s, n->name->len, 40);
}

static void
look_at_graph(struct ctx *ctx, struct sink *out, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nvalues; i++) {
		type_print(out, g->values[i]->type);
		look_at_tensor(ctx, g->values[i]->constant);
	}
	for (uint32_t i = 0; i < g->nnodes; i++)
		look_at_node(ctx, out, g->nodes[i]);
}

static void
analyse(void *arg)
{
	struct run *r = arg;

	ops_bind(r->m);
	model_verify(&r->ctx, r->m);
	lint_model(&r->ctx, r->m, &(struct lint_options){ .deep = true });
}

static void
look(void *arg)
{
	struct run *r = arg;
	struct sink out;

	sink_init(&out, -1);
	for (uint32_t i = 0; i < r->m->ngraphs; i++) {
		look_at_graph(&r->ctx, &out, r->m->graphs[i]);
		out.n = 0;
	}
	sink_fini(&out);
}

enum { DRAWN = 60 }; /* nodes: cgraph is slow beside the rest */

static void
draw(void *arg)
{
	struct run *r = arg;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dot_write(&r->ctx, r->m, &(struct dot_options){ .fold = DOT_FOLD_NONE }, fd);
	dot_write(&r->ctx, r->m, &(struct dot_options){ .fold = DOT_FOLD_AUTO }, fd);
	close(fd);
}

struct drive_result
drive(const void *bytes, size_t n, uint64_t fail_at, uint64_t budget)
{
	struct drive_result result = { 0, 0, 0, 0 };
	struct run r;

	ctx_init(&r.ctx);
	r.ctx.fail_at = fail_at;
	if (budget != 0)
		r.ctx.limits.memory = budget;
	r.m = model_read_memory(&r.ctx, "memory", bytes, n, &(struct read_options){ false });
	if (r.m != NULL) {
		result.opened = 1;
		ctx_protect(&r.ctx, analyse, &r);
		ctx_protect(&r.ctx, look, &r);
		if (r.m->nnodes < DRAWN)
			ctx_protect(&r.ctx, draw, &r);
	}
	model_free(r.m);
	result.ndiags = r.ctx.diags.n;
	result.leaked = r.ctx.used;
	result.allocs = r.ctx.allocs;
	ctx_fini(&r.ctx);
	return result;
}
