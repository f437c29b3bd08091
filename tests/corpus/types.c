/* SPDX-License-Identifier: Apache-2.0 */
/* Inferred types against true ones, over files below the folder that is the first
 * argument; the second is how many of a thousand types have to be equal or more
 * precise, the third may be quiet: the sums alone. On stdin is one of
 *   a table of ML Programs (shared/expected, coreml-expected), or paths, one a line:
 *	types are inferred with the declared ones hidden, against those;
 *   a table of values (shared/expected, onnx-shapes), with file, name, element type
 *	and shape: against these.
 * TAP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/sink.h"
#include "base/str.h"
#include "infer/infer.h"
#include "ir/build.h"
#include "ir/dim.h"
#include "ops/op.h"
#include "read/reader.h"

enum verdict { EQUAL, MORE, LESS, WRONG, VERDICTS };
enum { FILE_NAME, LOADS = 2, KIND = 5, COLUMNS };

static const struct type *
plain(const struct type *t)
{
	while (t != NULL && (t->tag == TY_STATE || t->tag == TY_RANGE || t->tag == TY_ENUM))
		t = t->elem;
	return t;
}

static enum verdict
judge_dim(const struct dim *want, const struct dim *got)
{
	int64_t a, b;

	if (want == got)
		return EQUAL;
	/* u0: a size that only the run tells */
	if (want->kind == DIM_UNKNOWN)
		return dim_has_anon(got) ? EQUAL : MORE;
	if (want->kind == DIM_SYM && want->sym->s[0] == 'u' && want->sym->s[1] >= '0' &&
	    want->sym->s[1] <= '9')
		return EQUAL;
	if (want->kind == DIM_SYM || want->op != NULL)
		return dim_number(got, &b) ? MORE : LESS;
	if (!dim_number(want, &a))
		return dim_has_anon(got) ? EQUAL : MORE;
	return dim_number(got, &b) && a != b ? WRONG : LESS;
}

static enum verdict
judge(const struct type *want, const struct type *got)
{
	enum verdict worst = EQUAL, v;

	if (want == got)
		return EQUAL;
	if (got == NULL)
		return LESS;
	if (want->tag != got->tag)
		return WRONG;
	if (want->tag == TY_LIST)
		v = judge_dim(want->dims[0], got->dims[0]);
	if (want->tag == TY_LIST)
		return v == WRONG || v == LESS ? v : judge(want->elem, got->elem);
	if (want->tag == TY_SEQ || want->tag == TY_OPT || want->tag == TY_MAP)
		return want->dtype == got->dtype ? judge(want->elem, got->elem) : WRONG;
	if (want->tag != TY_TENSOR && want->tag != TY_SPARSE)
		return WRONG;
	if (got->dtype != want->dtype)
		return got->dtype == DT_NONE ? LESS : WRONG;
	if (!got->has_rank || !want->has_rank)
		return !want->has_rank ? MORE : LESS;
	if (got->rank != want->rank)
		return WRONG;
	for (uint32_t i = 0; i < want->rank; i++) {
		v = judge_dim(want->dims[i], got->dims[i]);
		worst = v > worst ? v : worst;
	}
	return worst;
}

static void
show(const char *file, const struct node *n, const struct value *v, const struct type *got,
	const char *why)
{
	struct sink out;

	sink_init(&out, -1);
	type_print(&out, v->type);
	sink_puts(&out, ", inferred ");
	type_print(&out, got);
	sink_write(&out, "", 1);
	printf("# %s: %s %s: declared %s%s%s\n", file, n->type->s, v->name->s, out.buf,
	    why != NULL ? ": " : "", why != NULL ? why : "");
	sink_fini(&out);
}

static bool shown = true;

static void
count_model(struct infer *f, const struct model *m, const char *file, unsigned *sums)
{
	for (uint32_t g = 0; g < m->ngraphs; g++) {
		for (uint32_t i = 0; i < m->graphs[g]->nnodes; i++) {
			const struct node *n = m->graphs[g]->nodes[i];

			for (uint32_t k = 0; k < n->nout; k++) {
				const struct type *want = plain(n->out[k]->type);
				const struct type *got = infer_type(f, n->out[k]);
				enum verdict v;

				if (want == NULL)
					continue;
				v = judge(want, got);
				sums[v]++;
				if (v == WRONG && shown)
					printf("# a contradiction:\n");
				if (v >= LESS && shown)
					show(file, n, n->out[k], got, infer_lost(f, n));
			}
		}
	}
}

/* One model open at a time. */
static struct opened {
	struct ctx ctx;
	struct arena a;
	struct model *m;
	struct infer *f;
	char *name;
} now;

static void
close_model(void)
{
	if (now.name == NULL)
		return;
	model_free(now.m);
	arena_free(&now.a);
	ctx_fini(&now.ctx);
	free(now.name);
	now.name = NULL;
}

static bool
open_model(const char *base, const char *name, bool hide)
{
	static struct infer_options options;
	struct read_options read = { 0 };
	char path[4096], *inside;

	close_model();
	snprintf(path, sizeof path, "%s/%s", base, name);
	if ((inside = strstr(path, ".mlmodelc/")) != NULL)
		inside[strlen(".mlmodelc")] = '\0';
	options.hide_declared = hide;
	ctx_init(&now.ctx);
	arena_init(&now.a, &now.ctx);
	now.name = strdup(name);
	if ((now.m = model_read(&now.ctx, path, &read)) == NULL)
		return false;
	ops_bind(now.m);
	now.f = infer_model(&now.ctx, &now.a, now.m, &options);
	return now.m->main != NULL;
}

/* \xNN as the tables write bytes. */
static void
unescape(char *s)
{
	char hex[3] = { 0 }, *to = s;

	for (; *s != '\0'; s++) {
		if (s[0] == '\\' && s[1] == 'x' && s[2] != '\0' && s[3] != '\0') {
			hex[0] = s[2];
			hex[1] = s[3];
			*to++ = (char)strtol(hex, NULL, 16);
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* A value of the main graph by the names of one file, asked for in their order. */
static const struct value *
find_value(const struct graph *g, const char *name)
{
	static uint32_t next;

	for (uint32_t i = 0; i < g->nvalues; i++) {
		const struct value *v = g->values[(next + i) % g->nvalues];

		if (strcmp(v->name->s, name) == 0 && !(v->flags & VALUE_UNDEFINED)) {
			next = (next + i + 1) % g->nvalues;
			return v;
		}
	}
	return NULL;
}

/* A row of a table of values. */
static void
check_value(const char *base, char **row, unsigned *sums, bool quiet)
{
	static bool usable;
	char text[4096];
	const struct value *v;
	const struct type *want, *got;
	enum verdict verdict;
	uint32_t at;

	if (now.name == NULL || strcmp(now.name, row[0]) != 0)
		usable = open_model(base, row[0], false);
	if (!usable || strcmp(row[2], "-") == 0)
		return;
	unescape(row[1]);
	if ((v = find_value(now.m->main, row[1])) == NULL)
		return;
	/* a shape that is not known is written *, and other types in one piece */
	snprintf(text, sizeof text, "%s%s", row[2], strcmp(row[3], "-") == 0 ?
	    strpbrk(row[2], "([*") != NULL ? "" : "*" : row[3]);
	want = type_parse(&now.m->types, &now.m->strs, text, (uint32_t)strlen(text), &at);
	if (want == NULL)
		return;
	got = infer_type(now.f, v);
	verdict = judge(want, got);
	sums[verdict]++;
	if (verdict >= LESS && !quiet) {
		printf("# %s %s: want %s\n", row[0], row[1], text);
		if (v->producer != NULL)
			show(row[0], v->producer, v, got, infer_lost(now.f, v->producer));
	}
}

static void
run_file(const char *base, const char *name, unsigned *sums)
{
	if (open_model(base, name, true))
		count_model(now.f, now.m, name, sums);
	close_model();
}

int
main(int argc, char **argv)
{
	static char line[1 << 20];
	unsigned sums[VERDICTS] = { 0 }, all, good, files = 0;
	char *row[COLUMNS], last[4096] = "";
	bool values = false, quiet = argc == 4;

	if (argc < 3)
		return 99;
	shown = !quiet;
	while (fgets(line, sizeof line, stdin) != NULL) {
		char *rest = line;

		for (int i = 0; i < COLUMNS; i++) {
			row[i] = rest;
			rest += strcspn(rest, "\t");
			if (*rest != '\0')
				*rest++ = '\0';
		}
		row[FILE_NAME][strcspn(row[FILE_NAME], "\n")] = '\0';
		row[3][strcspn(row[3], "\n")] = '\0';
		if (strcmp(row[0], "file") == 0 && strcmp(row[1], "value") == 0) {
			values = true;
			continue;
		}
		if (values) {
			check_value(argv[1], row, sums, quiet);
			files += strcmp(last, row[0]) != 0;
			snprintf(last, sizeof last, "%s", row[0]);
			continue;
		}
		if (row[1][0] != '\0' && (strcmp(row[KIND], "mlProgram") != 0 ||
		    strcmp(row[LOADS], "yes") != 0))
			continue;
		run_file(argv[1], row[FILE_NAME], sums);
		files++;
	}
	close_model();
	good = sums[EQUAL] + sums[MORE];
	all = good + sums[LESS] + sums[WRONG];
	printf("# %u files, %u types: %u equal, %u more precise, %u less, %u contradictions\n",
	    files, all, sums[EQUAL], sums[MORE], sums[LESS], sums[WRONG]);
	printf("%sok 1 - no contradictions\n", sums[WRONG] > 0 ? "not " : "");
	printf("%sok 2 - %s of 1000 types are equal or more precise\n",
	    all == 0 || (uint64_t)good * 1000 < (uint64_t)all * (unsigned)atoi(argv[2]) ?
	    "not " : "", argv[2]);
	printf("1..2\n");
	return 0;
}
