/* SPDX-License-Identifier: Apache-2.0 */
/* check PROGRAM SHARED KNOWN: runs the program over the corpora in SHARED and
 * compares its JSON with what the reference libraries say (SHARED/expected).
 * TAP: one test a corpus and column; differences are comments. Rows of KNOWN
 * (file, column, reason) are differences in which we are right or that wait
 * for a later capability; a row that is no longer needed fails. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

enum { CHUNK = 200, SHOWN = 40 };

static struct table known_rows;
static bool *known_used;
static int ntests, nfailed;

static bool
is_known(const char *file, const char *column)
{
	for (size_t i = 0; i < known_rows.n; i++) {
		if (strcmp(known_rows.row[i][0], file) == 0 &&
		    strcmp(known_rows.row[i][1], column) == 0) {
			known_used[i] = true;
			return true;
		}
	}
	return false;
}

/* Histogram of a JSON object {op: count}, as the tables write it. */
static const char *
histogram(json_t *ops)
{
	struct text t = { 0 };
	const char *key;
	char num[32];
	json_t *count, *name;

	json_object_foreach(ops, key, count) {
		if (t.n > 0)
			addz(&t, ",");
		if (strstr(key, "::") == NULL)
			addz(&t, "ai.onnx::");
		name = json_string(key);
		add_name(&t, name);
		json_decref(name);
		snprintf(num, sizeof num, ":%lld", json_integer_value(count));
		addz(&t, num);
	}
	return dash(&t);
}

static const char *
features(json_t *list)
{
	struct text t = { 0 };
	const char *type;
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		addz(&t, i ? ";" : "");
		add_name(&t, json_object_get(v, "name"));
		addz(&t, ":");
		type = json_string_value(json_object_get(v, "type"));
		addz(&t, strcmp(type, "?") == 0 ? "-" : type); /* no type at all */
	}
	return dash(&t);
}

static const char *
names(json_t *list, const char *member)
{
	struct text t = { 0 };
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		addz(&t, i ? ";" : "");
		add_name(&t, member ? json_object_get(v, member) : v);
	}
	return dash(&t);
}

static const char *
opsets(json_t *map)
{
	struct text t = { 0 };
	const char *key;
	char num[32];
	json_t *v;

	json_object_foreach(map, key, v) {
		addz(&t, t.n ? ";" : "");
		addz(&t, key);
		snprintf(num, sizeof num, ":%lld", json_integer_value(v));
		addz(&t, num);
	}
	return dash(&t);
}

static const char *
number(json_t *v)
{
	char *s = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);

	if (json_is_null(v))
		return "-";
	if (json_is_string(v))
		return json_string_value(v);

	return s ? s : "(absent)";
}

/* Function bodies: all graphs but training, less what total counts. */
static const char *
function_ops(json_t *result)
{
	json_t *sum = json_object(), *g, *count;
	const char *key;
	size_t i;

	json_array_foreach(json_object_get(result, "graphs"), i, g)
		if (strcmp(json_string_value(json_object_get(g, "kind")), "training") != 0)
			json_object_foreach(json_object_get(g, "ops"), key, count)
				json_object_set_new(sum, key, json_integer(
				    json_integer_value(count) +
				    json_integer_value(json_object_get(sum, key))));
	json_object_foreach(json_object_get(result, "total"), key, count) {
		json_int_t left = json_integer_value(json_object_get(sum, key)) -
		    json_integer_value(count);

		if (left == 0)
			json_object_del(sum, key);
		else
			json_object_set_new(sum, key, json_integer(left));
	}
	return sorted(histogram(sum), ",");
}

/* What we say for a column of a command's result; NULL: not this command's. */
static const char *
ours(const char *command, json_t *line, const char *column)
{
	json_t *r = json_object_get(line, "result"), *ext = json_object_get(r, "external_data");
	static const char *const same[][2] = {
		{ "ir_version", "ir_version" }, { "nodes", "nodes" }, { "nodes_all", "nodes_all" },
		{ "initialisers", "initializers" }, { "initialiser_bytes", "parameter_bytes" },
		{ "sub_initialisers", "sub_initializers" },
		{ "sub_initialiser_bytes", "sub_initializer_bytes" },
		{ "sparse_initialisers", "sparse_initializers" }
	};

	if (strcmp(command, "ops") == 0)
		return strcmp(column, "ops") == 0 ?
		    sorted(histogram(json_object_get(r, "total")), ",") :
		    strcmp(column, "function_ops") == 0 ? function_ops(r) : NULL;
	if (strcmp(command, "info") != 0)
		return NULL;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (strcmp(column, same[i][0]) == 0)
			return number(json_object_get(r, same[i][1]));
	if (strcmp(column, "opsets") == 0)
		return sorted(opsets(json_object_get(r, "opsets")), ";");
	if (strcmp(column, "producer") == 0) {
		struct text t = { 0 };

		add_name(&t, json_object_get(r, "producer"));
		return dash(&t);
	}
	if (strcmp(column, "inputs") == 0 || strcmp(column, "outputs") == 0)
		return features(json_object_get(r, column));
	if (strcmp(column, "functions") == 0)
		return names(json_object_get(r, "functions"), NULL);
	if (strcmp(column, "external") == 0)
		return number(json_object_get(ext, "tensors"));
	if (strcmp(column, "external_files") == 0)
		return sorted(names(json_object_get(ext, "files"), "location"), ";");
	return NULL;
}

/* Numbers of ops of one function in a Core ML column, op:count,..}; const is
 * counted there and is no node here. */
static const char *
coreml_ops(const char *p, const char *end)
{
	json_t *sum = json_object();
	const char *colon;
	char op[128];

	while (p < end && (colon = strchr(p, ':')) != NULL && colon < end) {
		snprintf(op, sizeof op, "%.*s", (int)(colon - p), p);
		if (strcmp(op, "const") != 0)
			json_object_set_new(sum, op, json_integer(atoi(colon + 1)));
		p = colon + 1 + strspn(colon + 1, "0123456789");
		p += *p == ',';
	}
	return sorted(histogram(sum), ",");
}

static void
add_ops(json_t *sum, json_t *ops)
{
	const char *key;
	json_t *count;

	json_object_foreach(ops, key, count)
		json_object_set_new(sum, key, json_integer(json_integer_value(count) +
		    json_integer_value(json_object_get(sum, key))));
}

/* The same of our result: the function with the blocks that follow it. A
 * network has no functions; in a pipeline it has its stage's name. */
static const char *
our_coreml_ops(json_t *result, const char *function, size_t n)
{
	json_t *sum = json_object(), *g;
	const char *name, *kind;
	bool in = false;
	size_t i;

	json_array_foreach(json_object_get(result, "graphs"), i, g) {
		name = json_string_value(json_object_get(g, "name"));
		kind = json_string_value(json_object_get(g, "kind"));
		if (strcmp(kind, "block") != 0)
			in = strncmp(name, function, n) == 0 &&
			    (name[n] == '\0' || name[n] == '<');
		in |= *name == '\0' && n == 4 && strncmp(function, "main", 4) == 0;
		if (in)
			add_ops(sum, json_object_get(g, "ops"));
	}
	return sorted(histogram(sum), ",");
}

/* Stages as path=kind, depth first; a stage without a name is its index. */
static void
add_stages(struct text *t, json_t *list, const char *before)
{
	struct text path;
	const char *name;
	char index[24];
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		memset(&path, 0, sizeof path);
		name = json_string_value(json_object_get(v, "name"));
		snprintf(index, sizeof index, "%zu", i);
		addz(&path, before);
		addz(&path, *name != '\0' ? name : index);
		addz(t, t->n ? ";" : "");
		addz(t, path.s);
		addz(t, "=");
		addz(t, json_string_value(json_object_get(v, "kind")));
		addz(&path, "/");
		add_stages(t, json_object_get(v, "stages"), path.s);
		free(path.s);
	}
}

/* One line of the interface, [function/]name:type[=default][?]; -1 is no limit. */
static void
add_feature(struct text *t, json_t *v)
{
	json_t *f = json_object_get(v, "function"), *value = json_object_get(v, "default");
	const char *type = json_string_value(json_object_get(v, "type")), *p;
	char num[40];

	if (f != NULL)
		add_name(t, f), addz(t, "/");
	add_name(t, json_object_get(v, "name"));
	addz(t, ":");
	for (p = strcmp(type, "?") == 0 ? "-" : type; *p != '\0'; p++) {
		add(t, p, 1);
		if (p > type && p[-1] == '.' && *p == '.' && strchr("},] ", p[1]) != NULL)
			addz(t, "-1");
	}
	if (value != NULL) {
		snprintf(num, sizeof num, "=%g", json_number_value(value));
		addz(t, num);
	}
	addz(t, json_is_true(json_object_get(v, "optional")) ? "?" : "");
}

static const char *
interface(json_t *list)
{
	struct text t = { 0 };
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		addz(&t, i ? ";" : "");
		add_feature(&t, v);
	}
	return dash(&t);
}

static const char *
stages(json_t *result)
{
	struct text t = { 0 };

	add_stages(&t, json_object_get(result, "stages"), "");
	return dash(&t);
}

struct tally { size_t compared, differ, shown; };

static void
compare(struct tally *t, const char *file, const char *column, const char *want, const char *got)
{
	t->compared++;
	if (strcmp(want, got) == 0)
		return;
	if (is_known(file, column))
		return;
	if (t->differ++ < SHOWN)
		printf("# %s %s: expected %.300s, got %.300s\n", file, column, want, got);
}

static bool
is_list(const char *column)
{
	return strcmp(column, "ops") == 0 || strcmp(column, "function_ops") == 0;
}

/* Function by function: name{op:count,..};name{..} */
static void
judge_coreml_ops(struct tally *t, const char *file, const char *column, const char *want, json_t *r)
{
	const char *name, *open, *end;

	for (name = want; *name != '\0'; name = end + 1 + (end[1] == ';')) {
		if ((open = strchr(name, '{')) == NULL || (end = strchr(open, '}')) == NULL)
			break;
		compare(t, file, column, coreml_ops(open + 1, end),
		    our_coreml_ops(r, name, (size_t)(open - name)));
	}
}

/* What info says for a column of a Core ML model; NULL: nothing. */
static const char *
ours_coreml(json_t *r, const char *file, const char *column)
{
	/* compiled models and texts state their interface in other words */
	bool spec = strstr(file, ".mil") == NULL && strstr(file, ".mlmodelc") == NULL;

	if (strcmp(column, "spec_version") == 0)
		return number(json_object_get(r, "spec_version"));
	if (strcmp(column, "blob_refs") == 0)
		return number(json_object_get(json_object_get(r, "external_data"), "tensors"));
	if (strcmp(column, "type") == 0)
		return json_is_object(r) ? json_string_value(json_object_get(r, "kind")) : "-";
	if (strcmp(column, "stages") == 0)
		return stages(r);
	if (spec && (strcmp(column, "inputs") == 0 || strcmp(column, "outputs") == 0 ||
	    strcmp(column, "states") == 0))
		return interface(json_object_get(r, column));
	return NULL;
}

/* A line about a Core ML model against its row. */
static void
judge_coreml(const struct table *t, struct tally *tally, size_t row, json_t *line)
{
	const char *file = t->row[row][0], *column, *want, *got;
	bool ops = strcmp(json_string_value(json_object_get(line, "command")), "ops") == 0;
	json_t *r = json_object_get(line, "result");

	for (size_t i = 1; i < t->ncol && strcmp(cell(t, row, "loads"), "yes") == 0; i++) {
		column = t->head[i];
		want = t->row[row][i];
		if (strcmp(want, "-") == 0)
			continue;
		if (ops && (strcmp(column, "ops") == 0 || strcmp(column, "layers") == 0))
			judge_coreml_ops(&tally[i], file, column, want, r);
		else if (!ops && (got = ours_coreml(r, file, column)) != NULL)
			compare(&tally[i], file, column, want, got);
	}
}

static size_t
errors_of(json_t *line)
{
	json_t *d;
	size_t i, n = 0;

	json_array_foreach(json_object_get(line, "diagnostics"), i, d) {
		const char *level = json_string_value(json_object_get(d, "level"));

		n += strcmp(level, "note") != 0 && strcmp(level, "warn") != 0;
	}
	return n;
}

/* One line of output against its row. */
static void
judge(const struct table *t, struct tally *tally, size_t row, json_t *line)
{
	const char *file = t->row[row][0], *want, *got, *column;
	const char *command = json_string_value(json_object_get(line, "command"));
	bool loads = strcmp(cell(t, row, "loads"), "yes") == 0;
	size_t i;

	if (strcmp(t->head[t->ncol - 1], "compiler_histogram") == 0) {
		if (strcmp(command, "lint") != 0)
			judge_coreml(t, tally, row, line);
		return;
	}
	for (i = 1; i < t->ncol && loads; i++) {
		column = t->head[i];
		if ((got = ours(command, line, column)) == NULL)
			continue;
		want = t->row[row][i];
		if (is_list(column))
			want = sorted(want, ",");
		else if (strcmp(column, "opsets") == 0 || strcmp(column, "external_files") == 0)
			want = sorted(want, ";");
		compare(&tally[i], file, column, want, got);
	}
	if (strcmp(command, "info") == 0 && loads)
		compare(&tally[1], file, "loads", "ok",
		    json_string_value(json_object_get(line, "status")));
	for (i = 1; i < t->ncol && loads && strcmp(command, "lint") == 0; i++)
		if (strcmp(t->head[i], "checker") == 0)
			compare(&tally[i], file, "checker", strcmp(t->row[row][i], "ok") == 0 ?
			    "ok" : "rejected", errors_of(line) ? "rejected" : "ok");
}

/* Compiled models are named by a file inside: the folder is what we open. */
static const char *
path_of(const char *base, const char *file)
{
	char *path = (char *)(size_t)join(base, file), *end = strstr(path, ".mlmodelc/");

	if (end != NULL)
		end[strlen(".mlmodelc")] = '\0';
	return path;
}

/* The program over rows [from, to); each gives three lines in order. */
static void
run_chunk(const char *program, const char *base, const struct table *t, struct tally *tally,
    size_t from, size_t to)
{
	const char *argv[CHUNK + 16] = { program, "--batch", "--format=json",
	    "-e", "info", "-e", "ops", "-e", "lint" };
	size_t n = 9, i;
	struct run r;
	json_t *line;

	for (i = from; i < to; i++)
		argv[n++] = path_of(base, t->row[i][0]);
	run_start(&r, argv);
	for (i = 0; run_line(&r, &line); i++) {
		if (line == NULL || from + i / 3 >= to) {
			printf("# line %zu is no JSON object: %.200s\n", i, r.buf);
			tally[0].differ++;
			continue;
		}
		judge(t, tally, from + i / 3, line);
		json_decref(line);
	}
	run_end(&r);
	tally[0].compared += 3 * (to - from);
	if (i != 3 * (to - from)) {
		printf("# %zu lines for %zu files from %s on\n", i, to - from, t->row[from][0]);
		tally[0].differ++;
	}
}

static void
check_set(const char *program, const char *title, const char *table, const char *base)
{
	struct table t;
	struct tally tally[COLUMNS] = { 0 };
	size_t i;

	table_read(&t, table);
	for (i = 0; i < t.n; i += CHUNK)
		run_chunk(program, base, &t, tally, i, i + CHUNK < t.n ? i + CHUNK : t.n);
	for (i = 0; i < t.ncol; i++) {
		if (tally[i].compared == 0)
			continue;
		nfailed += tally[i].differ > 0;
		printf("%sok %d - %s: %s equal (%zu compared, %zu differ)\n",
		    tally[i].differ ? "not " : "", ++ntests, title, i ? t.head[i] : "output",
		    tally[i].compared, tally[i].differ);
	}
	fflush(stdout);
}

static void
check_node_tests(const char *program, const char *shared)
{
	char dir[] = "node-tests.XXXXXX", command[1024];

	if (mkdtemp(dir) == NULL)
		exit(99);
	snprintf(command, sizeof command, "tar xJf '%s/corpus/onnx-node-tests.tar.xz' -C %s",
	    shared, dir);
	if (system(command) == 0)
		check_set(program, "node tests",
		    join(shared, "expected/onnx-node-tests-expected.tsv"), dir);
	else
		printf("not ok %d - node tests unpacked\n", ++ntests), nfailed++;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	if (system(command) != 0)
		nfailed++;
}

static void
check_known(void)
{
	size_t stale = 0;

	for (size_t i = 0; i < known_rows.n; i++)
		if (!known_used[i]) {
			printf("# not needed: %s %s\n", known_rows.row[i][0], known_rows.row[i][1]);
			stale++;
		}
	nfailed += stale > 0;
	printf("%sok %d - known differences still differ (%zu rows)\n", stale ? "not " : "",
	    ++ntests, known_rows.n);
}

int
main(int argc, char **argv)
{
	if (argc != 4)
		return 99;
	table_read(&known_rows, argv[3]);
	known_used = calloc(known_rows.n + 1, sizeof *known_used);
	check_set(argv[1], "onnx", join(argv[2], "expected/onnx-expected.tsv"),
	    join(argv[2], "corpus"));
	check_set(argv[1], "made onnx", join(argv[2], "corpus-gen/onnx/onnx-expected.tsv"),
	    join(argv[2], "corpus-gen/onnx"));
	check_node_tests(argv[1], argv[2]);
	check_set(argv[1], "Core ML", join(argv[2], "expected/coreml-expected.tsv"),
	    join(argv[2], "corpus"));
	check_set(argv[1], "made Core ML", join(argv[2], "corpus-gen/coreml/coreml-expected.tsv"),
	    join(argv[2], "corpus-gen/coreml"));
	check_known();
	printf("1..%d\n", ntests);
	return nfailed > 0;
}
