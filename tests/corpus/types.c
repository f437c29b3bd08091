/* SPDX-License-Identifier: Apache-2.0 */
/* Types of ML Programs and exported programs inferred with the declared ones
 * hidden, against those that the file declares: a table on stdin
 * (shared/expected, coreml-expected) or paths, one a line, below the folder that
 * is the first argument; the second is how many of a thousand types have to be
 * equal. TAP. */
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
	if (want->tag != TY_TENSOR)
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
				if (v >= LESS)
					show(file, n, n->out[k], got, infer_lost(f, n));
			}
		}
	}
}

static void
run_file(const char *base, const char *name, unsigned *sums)
{
	static const struct infer_options options = { .hide_declared = true };
	struct read_options read = { 0 };
	char path[4096], *inside;
	struct arena a;
	struct ctx ctx;
	struct model *m;

	snprintf(path, sizeof path, "%s/%s", base, name);
	if ((inside = strstr(path, ".mlmodelc/")) != NULL)
		inside[strlen(".mlmodelc")] = '\0';
	ctx_init(&ctx);
	arena_init(&a, &ctx);
	m = model_read(&ctx, path, &read);
	if (m != NULL) {
		ops_bind(m);
		count_model(infer_model(&ctx, &a, m, &options), m, name, sums);
	}
	model_free(m);
	arena_free(&a);
	ctx_fini(&ctx);
}

int
main(int argc, char **argv)
{
	static char line[1 << 20];
	unsigned sums[VERDICTS] = { 0 }, all, good, files = 0;
	char *row[COLUMNS];

	if (argc != 3)
		return 99;
	while (fgets(line, sizeof line, stdin) != NULL) {
		char *rest = line;

		for (int i = 0; i < COLUMNS; i++) {
			row[i] = rest;
			rest += strcspn(rest, "\t");
			if (*rest != '\0')
				*rest++ = '\0';
		}
		row[FILE_NAME][strcspn(row[FILE_NAME], "\n")] = '\0';
		if (row[1][0] != '\0' && (strcmp(row[KIND], "mlProgram") != 0 ||
		    strcmp(row[LOADS], "yes") != 0))
			continue;
		run_file(argv[1], row[FILE_NAME], sums);
		files++;
	}
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
