/* SPDX-License-Identifier: Apache-2.0 */
#include "drive.h"

#include <stdio.h>
#include <string.h>

#include "app/session.h"
#include "base/hash.h"
#include "base/sink.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "ir/build.h"
#include "ir/verify.h"
#include "ops/op.h"
#include "ops/packing.h"
#include "read/reader.h"
#include "output.h"
#include "report/dot.h"

/* What a user can ask; the first constant and node stand for all. */
static const char *const lines[] = { "info", "ops", "nodes", "nodes op=If or op~e", "node #0",
    "tensors", "lint", "scan", "shapes", "cost" };

struct run {
	struct session s;
	struct options opts;
	struct sink out;   /* in memory, of one command */
	bool bad_output;
};

static void
prepare(void *arg)
{
	struct run *r = arg;

	ops_bind(r->s.model);
	model_verify(&r->s.ctx, r->s.model);
}

static void
look_at_tensor(struct ctx *ctx, const struct tensor *t)
{
	struct tensor_stats s;

	if (t != NULL && tensor_bytes(t) < 1 << 20)
		tensor_stats(t, ctx, true, &s);
}

static void
look_at_node(struct ctx *ctx, const struct node *n)
{
	for (uint32_t i = 0; i < n->nattrs; i++) {
		if (n->attrs[i].kind == ATTR_TENSOR)
			look_at_tensor(ctx, n->attrs[i].v.t);
		look_at_tensor(ctx, n->attrs[i].list);
	}
}

static void
look_at_tensors(void *arg)
{
	struct run *r = arg;
	const struct graph *g;

	for (uint32_t i = 0; i < r->s.model->ngraphs; i++) {
		g = r->s.model->graphs[i];
		for (uint32_t j = 0; j < g->nvalues; j++) {
			look_at_tensor(&r->s.ctx, g->values[j]->constant);
			look_at_tensor(&r->s.ctx, packing_tensor(g->values[j], &r->s.arena));
		}
		for (uint32_t j = 0; j < g->nnodes; j++)
			look_at_node(&r->s.ctx, g->nodes[j]);
	}
}

static void
run_command(struct run *r, const char *line)
{
	command_run(&r->s, &r->opts, line, &r->out);
	r->bad_output |= r->opts.json ? !output_is_json(r->out.buf, r->out.n) :
	    !output_is_plain(r->out.buf, r->out.n);
	r->out.n = 0;
}

static void
run_commands(struct run *r)
{
	const struct graph *g = r->s.model->main;
	char line[100];

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		run_command(r, lines[i]);
	if (g != NULL && g->ninitializers > 0) {
		snprintf(line, sizeof line, "tensor %s", g->initializers[0]->name->s);
		run_command(r, line);
	}
}

static void
draw(struct run *r)
{
	static const int folds[] = { DOT_FOLD_NONE, DOT_FOLD_AUTO };

	r->opts.json = true;
	for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
		r->opts.fold = folds[i];
		run_command(r, "dot");
	}
}

/* cgraph is slow beside the rest: small models only, and one input in eight,
 * told by its content so that a run can be repeated. Half are JSON. */
static void
look(struct run *r, uint64_t hash)
{
	r->opts.json = hash & 8;
	r->opts.deep = true;
	ctx_protect(&r->s.ctx, prepare, r);
	ctx_protect(&r->s.ctx, look_at_tensors, r);
	run_commands(r);
	if (r->s.model->nnodes < 60 && (r->s.ctx.fail_at != 0 || hash % 8 == 0))
		draw(r);
}

bool
drive_is_good(const struct drive_result *r)
{
	return (r->opened || r->ndiags > 0) && r->leaked == 0 && !r->bad_output;
}

static void
begin(struct run *r)
{
	memset(r, 0, sizeof *r);
	ctx_init(&r->s.ctx);
	r->s.ctx.hash_key = 1; /* a run can be repeated, and fuzzers see the same paths */
	arena_init(&r->s.arena, &r->s.ctx);
	sink_init(&r->out, -1);
	setting_init(&r->opts.session.setting);
	r->s.options = &r->opts.session;
	r->s.path = "memory";
}

static struct drive_result
end(struct run *r)
{
	struct drive_result result = { .opened = r->s.model != NULL,
		.bad_output = r->bad_output, .ndiags = r->s.ctx.diags.n };

	sink_fini(&r->out);
	model_free(r->s.model);
	arena_free(&r->s.arena);
	result.leaked = r->s.ctx.used;
	result.allocs = r->s.ctx.allocs;
	ctx_fini(&r->s.ctx);
	return result;
}

struct drive_result
drive(const void *bytes, size_t n, uint64_t fail_at, uint64_t budget)
{
	struct run r;

	begin(&r);
	r.s.ctx.fail_at = fail_at;
	if (budget != 0)
		r.s.ctx.limits.memory = budget;
	r.s.model = model_read_memory(&r.s.ctx, r.s.path, bytes, n,
	    &(struct read_options){ .methods = true });
	if (r.s.model != NULL)
		look(&r, hash_bytes(0, bytes, n));
	return end(&r);
}

/* What rules and plans are held against. */
static const char program[] = "program(1.3)\n{\n func main<ios17>(tensor<fp16, [1, 3, 8, ?]> x) {\n"
	"  tensor<fp16, [4, 3, 3, 3]> w = const()[name=string(\"w\"), val=tensor<fp16, [4, 3, 3, 3]>"
	"(BLOBFILE(path=string(\"@model_path/w.bin\"), offset=uint64(64)))];\n"
	"  string pt = const()[name=string(\"pt\"), val=string(\"valid\")];\n"
	"  tensor<fp16, [1, 4, 6, ?]> c = conv(x=x, weight=w, pad_type=pt)[name=string(\"c\")];\n"
	"  tensor<fp16, [1, 4, 6, ?]> y = relu(x=c)[name=string(\"y\")];\n } -> (y);\n}\n";

struct drive_result
drive_setting(const void *bytes, size_t n, enum drive_setting what)
{
	static const char *const asked[] = { "lint", "ane", "rules" };
	FILE *f = tmpfile();
	char name[32];
	const char *path = name;
	struct run r;

	begin(&r);
	r.s.model = model_read_memory(&r.s.ctx, r.s.path, program, sizeof program - 1,
	    &(struct read_options){ .methods = true });
	if (f != NULL && fwrite(bytes, 1, n, f) == n && fflush(f) == 0) {
		snprintf(name, sizeof name, "/dev/fd/%d", fileno(f));
		r.opts.session.rules = what == DRIVE_RULES ? &path : NULL;
		r.opts.session.nrules = what == DRIVE_RULES;
		r.opts.session.plans = what == DRIVE_PLAN ? &path : NULL;
		r.opts.session.nplans = what == DRIVE_PLAN;
		ctx_protect(&r.s.ctx, prepare, &r);
		for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
			run_command(&r, asked[i]);
	}
	if (f != NULL)
		fclose(f);
	return end(&r);
}
