/* SPDX-License-Identifier: Apache-2.0 */
/* torch PROGRAM TABLE BASE TITLE: runs the program over the exported programs
 * and checkpoints of a table and compares its JSON with what torch says of them.
 * TAP: one test a column; differences are comments. Ours holds more than torch
 * loads where torch refuses the file; those rows only have to open. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

enum { LINES = 3, SHOWN = 20 };

struct tally { size_t compared, differ; } tally[COLUMNS];

/* The results of info, nodes and tensors for a file, or a program in it. */
struct ours { json_t *line[LINES]; };

static json_t *
result(const struct ours *o, int i)
{
	return json_object_get(o->line[i], "result");
}

static const char *
string(json_t *v, const char *member)
{
	const char *s = json_string_value(json_object_get(v, member));

	return s != NULL ? s : "";
}

static struct ours
run(const char *program, const char *path, const char *stage)
{
	const char *argv[] = { program, "--batch", "--format=json", "-e", "info", "-e", "nodes",
	    "-e", "tensors", path, stage, NULL };
	struct ours o = { { NULL } };
	struct run r;

	run_start(&r, argv);
	for (int i = 0; i < LINES && run_line(&r, &o.line[i]);)
		i++;
	run_end(&r);
	return o;
}

/* aten.add.Tensor as torch prints it; getitem has no node in the file. */
static const char *
ops(json_t *nodes)
{
	static const char *const plain[] = { "_operator", "math", "torch", "builtins" };
	json_t *sum = json_object(), *n, *count;
	struct text op, all = { 0 };
	const char *name, *colon, *key;
	char num[32];
	bool bare;
	size_t i;

	json_array_foreach(nodes, i, n) {
		memset(&op, 0, sizeof op);
		name = string(n, "op");
		colon = strstr(name, "::");
		bare = colon != NULL && strncmp(name, "higher_order", 12) == 0;
		for (size_t k = 0; k < sizeof plain / sizeof *plain && colon != NULL; k++)
			bare |= strlen(plain[k]) == (size_t)(colon - name) &&
			    strncmp(name, plain[k], (size_t)(colon - name)) == 0;
		if (colon != NULL && strncmp(name, "higher_order", 12) != 0)
			add(&op, name, (size_t)(colon - name)), addz(&op, ".");
		addz(&op, colon != NULL ? colon + 2 : name);
		if (!bare)
			addz(&op, "."), addz(&op, json_object_get(n, "overload") != NULL ?
			    string(n, "overload") : "default");
		json_object_set_new(sum, op.s, json_integer(1 +
		    json_integer_value(json_object_get(sum, op.s))));
	}
	json_object_foreach(sum, key, count) {
		addz(&all, all.n ? "," : "");
		addz(&all, key);
		snprintf(num, sizeof num, ":%lld", json_integer_value(count));
		addz(&all, num);
	}
	return sorted(dash(&all), ",");
}

/* Without the nodes that torch makes while it loads. */
static const char *
without_getitem(const char *want)
{
	char *copy = strdup(want), *part;
	struct text t = { 0 };

	while ((part = strsep(&copy, ",")) != NULL) {
		if (strncmp(part, "_operator.getitem:", 18) == 0)
			continue;
		addz(&t, t.n ? "," : "");
		addz(&t, part);
	}
	return dash(&t);
}

static const char *
type_of(const char *type)
{
	return strcmp(type, "int64") == 0 ? "SymInt" : strcmp(type, "double") == 0 ? "SymFloat" :
	    strcmp(type, "bool") == 0 ? "SymBool" : type;
}

static const char *
type_by_name(json_t *list, const char *name)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (strcmp(string(v, "name"), name) == 0)
			return string(v, "type");
	return "?";
}

/* The user's inputs or outputs, in their order. */
static const char *
features(json_t *info, bool output)
{
	struct text t = { 0 };
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(info, "signature"), i, v) {
		const char *role = string(v, "role");
		bool literal = strcmp(role, "literal") == 0;

		if (json_is_true(json_object_get(v, "output")) != output ||
		    (strcmp(role, "user") != 0 && !literal) || (literal && !output))
			continue;
		addz(&t, t.n ? ";" : "");
		add_name(&t, json_object_get(v, literal ? "target" : "name"));
		addz(&t, ":");
		addz(&t, literal ? "constant" : type_of(output ?
		    type_by_name(json_object_get(info, "outputs"), string(v, "name")) :
		    string(v, "type")));
	}
	return dash(&t);
}

static const char *
placeholders(json_t *info)
{
	static const char *const kinds[][2] = { { "user", "USER_INPUT" }, { "literal", "USER_INPUT" },
	    { "parameter", "PARAMETER" }, { "buffer", "BUFFER" }, { "constant", "CONSTANT_TENSOR" },
	    { "object", "CUSTOM_OBJ" }, { "token", "TOKEN" } };
	struct text t = { 0 };
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(info, "signature"), i, v) {
		const char *role = string(v, "role"), *target = string(v, "target");

		if (json_is_true(json_object_get(v, "output")))
			continue;
		addz(&t, t.n ? ";" : "");
		add_name(&t, json_object_get(v, "name"));
		addz(&t, ":");
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			if (strcmp(kinds[k][0], role) == 0)
				addz(&t, kinds[k][1]);
		addz(&t, ":");
		addz(&t, strcmp(role, "literal") != 0 ? string(v, "type") :
		    strcmp(target, "True") == 0 || strcmp(target, "False") == 0 ? "bool" :
		    strchr(target, '.') != NULL ? "float" : "int");
	}
	return dash(&t);
}

static void
add_bound(struct text *t, json_t *v, const char *none)
{
	char num[32];

	snprintf(num, sizeof num, "%lld", json_integer_value(v));
	addz(t, json_is_string(v) ? json_string_value(v) : json_is_null(v) ? none : num);
}

static const char *
symbols(json_t *info)
{
	struct text t = { 0 };
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(info, "symbols"), i, v) {
		addz(&t, t.n ? ";" : "");
		addz(&t, string(v, "name"));
		addz(&t, ":");
		add_bound(&t, json_object_get(v, "min"), "-int_oo");
		addz(&t, "..");
		add_bound(&t, json_object_get(v, "max"), "int_oo");
	}
	return sorted(dash(&t), ";");
}

static const char *
names(json_t *tensors)
{
	struct text t = { 0 };
	char num[32];
	size_t i, k;
	json_t *v, *d;

	json_array_foreach(tensors, i, v) {
		addz(&t, t.n ? ";" : "");
		/* what is a tensor itself has no name there */
		if (json_array_size(tensors) > 1 || strcmp(string(v, "name"), "tensor") != 0)
			add_name(&t, json_object_get(v, "name"));
		addz(&t, ":");
		addz(&t, string(v, "dtype"));
		addz(&t, "[");
		json_array_foreach(json_object_get(v, "dims"), k, d) {
			snprintf(num, sizeof num, "%s%lld", k ? "," : "", json_integer_value(d));
			addz(&t, num);
		}
		addz(&t, "]");
	}
	return sorted(dash(&t), ";");
}

static const char *
count(json_t *v)
{
	char *s = malloc(32);

	snprintf(s, 32, "%lld", json_integer_value(v));
	return s;
}

/* What we say for a column; NULL: nothing to compare. */
static const char *
answer(const struct ours *o, const char *kind, const char *column)
{
	json_t *info = result(o, 0);

	if (strcmp(column, "names") == 0)
		return names(result(o, 2));
	if (strcmp(kind, "pt2") != 0)
		return strcmp(column, "parameters") == 0 ?
		    count(json_object_get(info, "initializers")) :
		    strcmp(column, "parameter_bytes") == 0 ?
		    count(json_object_get(info, "parameter_bytes")) : NULL;
	if (strcmp(column, "ops") == 0)
		return ops(result(o, 1));
	if (strcmp(column, "inputs") == 0 || strcmp(column, "outputs") == 0)
		return features(info, *column == 'o');
	if (strcmp(column, "placeholders") == 0)
		return placeholders(info);
	return strcmp(column, "symbols") == 0 ? symbols(info) : NULL;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Products of sizes with their factors in one order: a*b and b*a are one size. */
static const char *
in_order(const char *s)
{
	struct text t = { 0 };
	char *list[16], *product, *factor;
	size_t len, n;

	for (; *s != '\0'; s += len) {
		len = strcspn(s, "[],;:");
		product = strndup(s, len);
		for (n = 0; n < 16 && (factor = strsep(&product, "*")) != NULL; n++)
			list[n] = factor;
		qsort(list, n, sizeof *list, by_text);
		for (size_t i = 0; i < n; i++) {
			addz(&t, i ? "*" : "");
			addz(&t, list[i]);
		}
		len += s[len] != '\0';
		add(&t, s + len - 1, len > 0 && strchr("[],;:", s[len - 1]) != NULL);
	}
	return dash(&t);
}

static void
compare(const struct table *t, size_t row, size_t column, const char *want, const char *got)
{
	if (strcmp(t->head[column], "ops") == 0)
		want = sorted(without_getitem(want), ",");
	else if (strcmp(t->head[column], "names") == 0 || strcmp(t->head[column], "symbols") == 0)
		want = sorted(want, ";");
	else if (strcmp(t->head[column], "outputs") == 0)
		want = in_order(want), got = in_order(got);
	tally[column].compared++;
	if (strcmp(want, got) != 0 && tally[column].differ++ < SHOWN)
		printf("# %s %s: expected %.400s, got %.400s\n", t->row[row][0], t->head[column],
		    want, got);
}

/* The part of a cell that is about one of several programs: NAME/...;NAME/... */
static const char *
part_of(const char *value, const char *name, json_t *stages)
{
	const char *mine = strdup(join(name, "")), *start, *p, *end;
	char *part;
	size_t i;
	json_t *v;

	for (start = value; start != NULL && strncmp(start, mine, strlen(mine)) != 0;)
		if ((start = strchr(start, ';')) != NULL)
			start++;
	if (start == NULL)
		return "-";
	start += strlen(mine);
	end = start + strlen(start);
	json_array_foreach(stages, i, v)
		for (p = start; (p = strchr(p, ';')) != NULL; p++)
			if (strncmp(p + 1, join(string(v, "name"), ""),
			    strlen(string(v, "name")) + 1) == 0 && p < end)
				end = p;
	part = strdup(start);
	part[end - start] = '\0';
	return part;
}

static void
judge(const struct table *t, size_t row, const struct ours *o, const char *stage, json_t *stages)
{
	const char *kind = cell(t, row, "kind"), *got, *want;

	for (size_t i = 1; i < t->ncol; i++) {
		want = stage == NULL ? t->row[row][i] : part_of(t->row[row][i], stage, stages);
		if (o->line[0] != NULL && (got = answer(o, kind, t->head[i])) != NULL)
			compare(t, row, i, want, got);
	}
}

static void
judge_file(const char *program, const struct table *t, size_t row, const char *path)
{
	struct ours o = run(program, path, NULL), part;
	json_t *stages = json_object_get(result(&o, 0), "stages"), *v;
	char option[256];
	size_t i;

	tally[0].compared++;
	if (strcmp(string(o.line[0], "status"), "ok") != 0 && tally[0].differ++ < SHOWN)
		printf("# %s: %s\n", t->row[row][0], string(o.line[0], "status"));
	if (strcmp(cell(t, row, "loads"), "yes") != 0)
		return;
	if (stages == NULL)
		judge(t, row, &o, NULL, NULL);
	json_array_foreach(stages, i, v) {
		snprintf(option, sizeof option, "--stage=%s", string(v, "name"));
		part = run(program, path, option);
		judge(t, row, &part, string(v, "name"), stages);
	}
}

int
main(int argc, char **argv)
{
	static const char *const kinds[] = { "pt2", "pickle-zip", "legacy-pickle" };
	int n = 0, failed = 0;
	struct table t;

	if (argc != 5)
		return 99;
	table_read(&t, argv[2]);
	for (size_t i = 0; i < t.n; i++)
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			if (strcmp(cell(&t, i, "kind"), kinds[k]) == 0)
				judge_file(argv[1], &t, i, join(argv[3], t.row[i][0]));
	for (size_t i = 0; i < t.ncol; i++) {
		if (tally[i].compared == 0)
			continue;
		failed += tally[i].differ > 0;
		printf("%sok %d - %s: %s equal (%zu compared, %zu differ)\n",
		    tally[i].differ ? "not " : "", ++n, argv[4], i ? t.head[i] : "status",
		    tally[i].compared, tally[i].differ);
	}
	printf("1..%d\n", n);
	return failed > 0;
}
