/* SPDX-License-Identifier: Apache-2.0 */
/* DOT: what is drawn, hostile names, the same bytes each time, helpers. The
 * text is read back by cgraph. */
#include "unit.h"

#include <cgraph.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ctx.h"
#include "ir/build.h"
#include "ops/op.h"
#include "report/dot.h"

struct fixture {
	struct ctx ctx;
	struct model *m;
	struct decl_table decls;
	struct dot_options o;
};

static const struct str *
text(struct fixture *t, const char *s)
{
	return str_internz(&t->m->strs, s);
}

static void
start(struct fixture *t)
{
	memset(t, 0, sizeof *t);
	ctx_init(&t->ctx);
	t->o.fold = DOT_FOLD_NONE;
	t->m = model_new(&t->ctx, DIALECT_ONNX, "test");
	model_add_opset(t->m, t->m->empty, 17);
}

static struct node *
add(struct fixture *t, struct graph *g, const char *type, const char *in, const char *out)
{
	struct node *n = graph_add_node(t->m, g);

	n->type = text(t, type);
	n->name = text(t, out);
	if (in != NULL)
		node_add_operand_name(t->m, n, text(t, in));
	node_add_output(t->m, n, text(t, out));
	return n;
}

static void
output(struct fixture *t, struct graph *g, const char *name)
{
	decl_add(&t->m->arena, &t->decls, g, (struct decl){ .name = text(t, name),
	    .output = true });
}

static void
bind(struct fixture *t)
{
	struct arena scratch;

	arena_init(&scratch, &t->ctx);
	model_bind(t->m, &scratch, &t->decls);
	arena_free(&scratch);
	ops_bind(t->m);
}

static void
end(struct fixture *t)
{
	model_free(t->m);
	assert_int_equal(t->ctx.used, 0);
	ctx_fini(&t->ctx);
}

/* The drawing as text; free it. */
static char *
drawn(struct fixture *t)
{
	FILE *f = tmpfile();
	char *s;
	long n;

	assert_non_null(f);
	assert_int_equal(dot_write(&t->ctx, t->m, &t->o, fileno(f)), 0);
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	s = calloc(1, (size_t)n + 1);
	assert_int_equal(fread(s, 1, (size_t)n, f), n);
	fclose(f);
	return s;
}

static Agraph_t *
parsed(struct fixture *t)
{
	char *s = drawn(t);
	Agraph_t *g = agmemread(s);

	assert_non_null(g);
	free(s);
	return g;
}

static Agnode_t *
node_named(Agraph_t *g, const char *name)
{
	char copy[32];

	snprintf(copy, sizeof copy, "%s", name);
	return agnode(g, copy, 0);
}

static const char *
attribute(void *object, const char *name)
{
	char copy[32];
	const char *v;

	snprintf(copy, sizeof copy, "%s", name);
	v = agget(object, copy);
	return v != NULL ? v : "";
}

/* x -> Relu -> Neg -> output, all of them called name. */
static struct graph *
tame(struct fixture *t, const char *name, uint32_t n)
{
	const struct str *s = str_intern(&t->m->strs, name, n);
	struct graph *g = graph_new(t->m, GRAPH_MAIN, NULL, NULL);
	struct node *a, *b;

	graph_add_value(t->m, g, s, VALUE_INPUT);
	a = add(t, g, "Relu", NULL, "a");
	node_add_operand_name(t->m, a, s);
	b = add(t, g, "Neg", "a", "b");
	a->name = b->name = s;
	output(t, g, "b");
	bind(t);
	return g;
}

static void
names_inject_nothing(void **state)
{
	static const char *const names[] = {
		"<b>", "<<b>&amp;</b>>", "a\"b", "a\\", "\\", "\\\"", "x|y", "{x}", "a\\N", "\\G\\E\\T",
		"%s%n", "a\nb", "\"];evil[label=\"", "a  b ", "&quot;", "subgraph", "->", "\xff\xfe",
		"\xe2\x80\xaex", "\\\\|", "<f0> x", "\\l\\r", "a:b", "#", "//", "/*"
	};
	struct fixture t;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		Agraph_t *g;

		start(&t);
		tame(&t, names[i], (uint32_t)strlen(names[i]));
		g = parsed(&t);
		/* input, two nodes, output, three colours of the legend */
		assert_int_equal(agnnodes(g), 7);
		assert_int_equal(agnedges(g), 5);
		assert_string_equal(attribute(node_named(g, "n0"), "fillcolor"), "#fbb4ae");
		assert_string_equal(attribute(node_named(g, "n0"), "URL"), "");
		/* one record field: nothing in a name ends it */
		assert_null(strpbrk(attribute(node_named(g, "n1"), "label"), "|{}<>"));
		agclose(g);
		end(&t);
	}
}

static void
nul_and_long_names(void **state)
{
	static char big[70000];
	struct fixture t;
	Agraph_t *g;

	(void)state;
	memset(big, 'n', sizeof big);
	start(&t);
	tame(&t, big, sizeof big);
	g = parsed(&t);
	assert_true(strlen(attribute(node_named(g, "n0"), "label")) < 100);
	assert_true(strlen(attribute(node_named(g, "n0"), "tooltip")) > 1000);
	agclose(g);
	end(&t);
	start(&t);
	tame(&t, "a\0b", 3);
	g = parsed(&t);
	assert_non_null(strstr(attribute(node_named(g, "n0"), "label"), "&#92;&#92;x00b"));
	agclose(g);
	end(&t);
}

static void
same_bytes_each_time(void **state)
{
	struct fixture t;
	char *a, *b;

	(void)state;
	start(&t);
	tame(&t, "m/n/o", 5);
	a = drawn(&t);
	b = drawn(&t);
	assert_string_equal(a, b);
	free(a);
	free(b);
	end(&t);
}

/* An If with two branches; one reads x of the main graph. */
static struct node *
branches(struct fixture *t)
{
	struct graph *g = graph_new(t->m, GRAPH_MAIN, NULL, NULL), *b;
	struct node *n;

	graph_add_value(t->m, g, text(t, "x"), VALUE_INPUT);
	add(t, g, "Abs", "x", "a");
	n = add(t, g, "If", "x", "y");
	output(t, g, "y");
	b = graph_new(t->m, GRAPH_SUBGRAPH, n, text(t, "then_branch"));
	add(t, b, "Neg", "a", "p");
	output(t, b, "p");
	b = graph_new(t->m, GRAPH_SUBGRAPH, n, text(t, "else_branch"));
	add(t, b, "Made.Up", NULL, "q");
	output(t, b, "q");
	bind(t);
	return n;
}

static void
regions_are_clusters(void **state)
{
	struct fixture t;
	Agraph_t *g, *c;
	Agedge_t *e;
	char name[] = "cluster_g1";

	(void)state;
	start(&t);
	branches(&t);
	g = parsed(&t);
	c = agsubg(g, name, 0);
	assert_non_null(c);
	assert_non_null(strstr(attribute(c, "label"), "then_branch"));
	assert_int_equal(agnnodes(c), 2);
	/* captured: Abs -> Neg */
	e = agedge(g, node_named(g, "n0"), node_named(g, "n2"), NULL, 0);
	assert_non_null(e);
	assert_string_equal(attribute(e, "style"), "dashed");
	assert_string_equal(attribute(node_named(g, "n3"), "style"), "filled,dashed");
	agclose(g);
	end(&t);
}

/* Training graphs have a role and no node that holds them. */
static void
training_graphs_are_clusters(void **state)
{
	struct fixture t;
	struct graph *g;
	Agraph_t *d;

	(void)state;
	start(&t);
	g = graph_new(t.m, GRAPH_MAIN, NULL, NULL);
	add(&t, g, "Constant", NULL, "c");
	g = graph_new(t.m, GRAPH_TRAINING, NULL, text(&t, "algorithm"));
	add(&t, g, "Neg", "c", "d");
	bind(&t);
	d = parsed(&t);
	assert_non_null(node_named(d, "n1"));
	agclose(d);
	end(&t);
}

static void
focus_has_stubs(void **state)
{
	struct fixture t;
	Agraph_t *g;
	struct graph *main_graph;
	char in[16] = "x", out[16];

	(void)state;
	start(&t);
	main_graph = graph_new(t.m, GRAPH_MAIN, NULL, NULL);
	graph_add_value(t.m, main_graph, text(&t, "x"), VALUE_INPUT);
	for (int i = 0; i < 20; i++) {
		snprintf(out, sizeof out, "v%d", i);
		add(&t, main_graph, "Relu", in, out);
		memcpy(in, out, sizeof in);
	}
	bind(&t);
	t.o.focus = main_graph->nodes[10];
	t.o.radius = 2;
	g = parsed(&t);
	for (int i = 0; i < 20; i++) {
		snprintf(out, sizeof out, "n%d", i);
		assert_int_equal(node_named(g, out) != NULL, i >= 8 && i <= 12);
	}
	assert_non_null(node_named(g, "y8"));
	assert_non_null(node_named(g, "z12"));
	assert_null(node_named(g, "v0"));
	agclose(g);
	end(&t);
}

static void
repeats_are_drawn_once(void **state)
{
	struct fixture t;
	struct graph *g;
	Agraph_t *d;
	char in[16] = "x", out[24];

	(void)state;
	start(&t);
	g = graph_new(t.m, GRAPH_MAIN, NULL, NULL);
	graph_add_value(t.m, g, text(&t, "x"), VALUE_INPUT);
	for (unsigned i = 0; i < 48; i++) {
		snprintf(out, sizeof out, "l.%u/v%u", i / 2, i % 2);
		add(&t, g, i % 2 ? "Relu" : "Neg", in, out);
		memcpy(in, out, sizeof in);
	}
	output(&t, g, in);
	bind(&t);
	t.o.fold = 0;
	d = parsed(&t);
	assert_non_null(strstr(attribute(node_named(d, "s0_1"), "label"), "x24"));
	assert_null(node_named(d, "n0"));
	agclose(d);
	t.o.fold = DOT_FOLD_AUTO;
	d = parsed(&t);
	assert_non_null(node_named(d, "n0"));
	assert_null(node_named(d, "n2"));
	agclose(d);
	end(&t);
}

/* Each allocation of the arenas fails in turn. */
static void
memory_may_end(void **state)
{
	struct fixture t;
	FILE *f = tmpfile();
	int rc = -1;

	(void)state;
	assert_non_null(f);
	for (uint64_t i = 1; rc != 0 && i < 1000; i++) {
		start(&t);
		branches(&t);
		t.o.fold = DOT_FOLD_AUTO;
		t.ctx.fail_at = t.ctx.allocs + i;
		rc = dot_write(&t.ctx, t.m, &t.o, fileno(f));
		assert_int_equal(t.ctx.diags.n, rc == 0 ? 0 : 1);
		end(&t);
	}
	assert_int_equal(rc, 0);
	fclose(f);
}

static void
failed_write_is_told(void **state)
{
	struct fixture t;

	(void)state;
	start(&t);
	branches(&t);
	assert_int_equal(dot_write(&t.ctx, t.m, &t.o, 1000), -1);
	assert_int_equal(t.ctx.diags.list[0].id, DIAG_WRITE_FAILED);
	end(&t);
}

/* A folder with a program called dot that does what is asked for. */
static void
fake_dot(char *dir, const char *script)
{
	char path[64];
	FILE *f;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/dot", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	fchmod(fileno(f), 0700);
	fclose(f);
	setenv("PATH", dir, 1);
}

static void
render_with(const char *script, int rc, enum diag_id id, const char *says)
{
	char dir[] = "dot-test-XXXXXX", path[64], *old = strdup(getenv("PATH"));
	FILE *f = tmpfile();
	struct fixture t;

	start(&t);
	branches(&t);
	if (script != NULL)
		fake_dot(dir, script);
	else
		setenv("PATH", "/nowhere", 1);
	assert_int_equal(dot_render(&t.ctx, t.m, &t.o, "svg", fileno(f)), rc);
	setenv("PATH", old, 1);
	if (rc != 0) {
		assert_int_equal(t.ctx.diags.list[0].id, id);
		assert_non_null(strstr(t.ctx.diags.list[0].message, says));
	} else {
		assert_int_equal(t.ctx.diags.n, 0);
	}
	if (script != NULL) {
		snprintf(path, sizeof path, "%s/dot", dir);
		unlink(path);
		rmdir(dir);
	}
	fclose(f);
	free(old);
	end(&t);
}

static void
helper_is_run_and_judged(void **state)
{
	(void)state;
	render_with(NULL, -1, DIAG_HELPER_MISSING, "dot");
	render_with("printf 'bad\\033[2J input\\nmore\\n' >&2; exit 3", -1, DIAG_HELPER_FAILED,
	    "status 3: bad\\x1b[2J input");
	render_with("kill -9 $$", -1, DIAG_HELPER_FAILED, "signal 9");
	render_with("test \"$*\" = -Tsvg || exit 1; read line; test \"$line\" = 'digraph model {'",
	    0, DIAG_HELPER_FAILED, "");
}

/* Builds with sanitizers tell when something stays behind. */
static void
big_drawings_leave_nothing(void **state)
{
	char name[16], next[16] = "x";
	struct fixture t;
	struct graph *g;

	(void)state;
	start(&t);
	g = graph_new(t.m, GRAPH_MAIN, NULL, NULL);
	graph_add_value(t.m, g, text(&t, next), VALUE_INPUT);
	for (int i = 0; i < 5100; i++) {
		memcpy(name, next, sizeof name);
		snprintf(next, sizeof next, "n%d", i);
		add(&t, g, "Relu", name, next);
	}
	output(&t, g, next);
	bind(&t);
	for (int i = 0; i < 2; i++)
		free(drawn(&t));
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_inject_nothing),
		cmocka_unit_test(nul_and_long_names),
		cmocka_unit_test(same_bytes_each_time),
		cmocka_unit_test(regions_are_clusters),
		cmocka_unit_test(training_graphs_are_clusters),
		cmocka_unit_test(focus_has_stubs),
		cmocka_unit_test(repeats_are_drawn_once),
		cmocka_unit_test(memory_may_end),
		cmocka_unit_test(failed_write_is_told),
		cmocka_unit_test(helper_is_run_and_judged),
		cmocka_unit_test(big_drawings_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
