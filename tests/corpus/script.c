/* SPDX-License-Identifier: Apache-2.0 */
/* script PROGRAM TABLE BASE TITLE KNOWN: runs the program over the TorchScript archives
 * of a table and compares its JSON with what torch says of them: kinds of nodes
 * in the inlined graph, parameters and buffers. TAP: one test a column;
 * differences are comments. What torch refuses has to be refused or complained of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

enum { SHOWN = 20 };

static struct tally { size_t compared, differ; } tally[COLUMNS];

static struct table known;

static bool
is_known(const char *file, const char *column)
{
	for (size_t i = 0; i < known.n; i++)
		if (strcmp(known.row[i][0], file) == 0 && strcmp(known.row[i][1], column) == 0)
			return true;
	return false;
}

struct ours { json_t *info, *ops; };

static struct ours
run(const char *program, const char *path)
{
	const char *argv[] = { program, "--batch", "--format=json", "-e", "info", "-e", "ops", path,
	    NULL };
	struct ours o = { NULL, NULL };
	struct run r;

	run_start(&r, argv);
	if (run_line(&r, &o.info))
		run_line(&r, &o.ops);
	run_end(&r);
	return o;
}

static const char *
string(json_t *v, const char *member)
{
	const char *s = json_string_value(json_object_get(v, member));

	return s != NULL ? s : "";
}

/* Without what torch's table leaves out. */
static const char *
ops(json_t *total)
{
	struct text t = { 0 };
	const char *key;
	char num[32];
	json_t *count;

	json_object_foreach(total, key, count) {
		if (strcmp(key, "prim::GetAttr") == 0)
			continue;
		addz(&t, t.n ? "," : "");
		addz(&t, key);
		snprintf(num, sizeof num, ":%lld", json_integer_value(count));
		addz(&t, num);
	}
	return sorted(dash(&t), ",");
}

/* Names with types of what has that role; n: how many. */
static void
held(json_t *info, const char *role, struct text *t, size_t *n)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(info, "signature"), i, v) {
		if (strcmp(string(v, "role"), role) != 0)
			continue;
		addz(t, t->n ? ";" : "");
		add_name(t, json_object_get(v, "target"));
		addz(t, ":");
		addz(t, string(v, "type"));
		++*n;
	}
}

static void
compare(const struct table *t, size_t row, const char *column, const char *got)
{
	const char *want = cell(t, row, column);
	size_t c = 0;

	while (c < t->ncol && strcmp(t->head[c], column) != 0)
		c++;
	if (strcmp(column, "ops") == 0)
		want = sorted(want, ",");
	else if (strcmp(column, "names") == 0)
		want = sorted(want, ";");
	tally[c].compared++;
	if (strcmp(want, got) == 0 || is_known(t->row[row][0], column))
		return;
	if (tally[c].differ++ < SHOWN)
		printf("# %s %s: expected %.300s, got %.300s\n", t->row[row][0], column, want, got);
}

static void
judge(const struct table *t, size_t row, const struct ours *o)
{
	json_t *info = json_object_get(o->info, "result");
	struct text all = { 0 }, other = { 0 };
	size_t parameters = 0, buffers = 0;
	char num[32];

	if (strcmp(cell(t, row, "loads"), "yes") != 0) {
		tally[2].compared++;
		if (json_array_size(json_object_get(o->info, "diagnostics")) > 0 ||
		    is_known(t->row[row][0], "loads"))
			return;
		tally[2].differ++;
		printf("# %s: torch refuses it, and nothing is said\n", t->row[row][0]);
		return;
	}
	compare(t, row, "ops", ops(json_object_get(json_object_get(o->ops, "result"), "total")));
	held(info, "parameter", &all, &parameters);
	held(info, "buffer", &other, &buffers);
	addz(&all, all.n && other.n ? ";" : "");
	addz(&all, other.n ? other.s : "");
	snprintf(num, sizeof num, "%zu", parameters);
	compare(t, row, "parameters", num);
	snprintf(num, sizeof num, "%zu", buffers);
	compare(t, row, "buffers", num);
	compare(t, row, "names", sorted(dash(&all), ";"));
}

int
main(int argc, char **argv)
{
	int failed = 0, n = 0;
	struct table t;
	struct ours o;

	if (argc != 6)
		return 99;
	table_read(&known, argv[5]);
	table_read(&t, argv[2]);
	for (size_t i = 0; i < t.n; i++) {
		if (strncmp(cell(&t, i, "kind"), "torchscript", 11) != 0)
			continue;
		o = run(argv[1], join(argv[3], t.row[i][0]));
		judge(&t, i, &o);
		json_decref(o.info);
		json_decref(o.ops);
	}
	for (size_t i = 0; i < t.ncol; i++) {
		if (tally[i].compared == 0)
			continue;
		failed |= tally[i].differ > 0;
		printf("%sok %d - TorchScript %s: %s equal (%zu compared, %zu differ)\n",
		    tally[i].differ ? "not " : "", ++n, argv[4], t.head[i], tally[i].compared,
		    tally[i].differ);
	}
	printf("1..%d\n", n);
	return failed;
}
