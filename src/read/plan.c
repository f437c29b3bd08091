/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "read/json_in.h"
#include "read/plan.h"

enum { PLAN_MAX = 64 << 20, COLUMNS = 32 };

/* Fields about the place, by what both forms call them. */
static const char *const place_keys[] = { "chip", "os", "compute_units", "device", "tool", "date",
	"kind", "model", NULL };

static const char **
place_field(struct plan *p, int i)
{
	const char **fields[] = { &p->chip, &p->os, &p->units, &p->device, &p->tool, &p->date,
	    &p->kind, &p->model };

	return fields[i];
}

static struct plan_op *
add_op(struct plan *p, struct arena *a, uint32_t line)
{
	p->ops = arena_grow(a, p->ops, p->n, sizeof *p->ops);
	p->ops[p->n] = (struct plan_op){ .weight = NAN, .ms = NAN, .line = line };
	return &p->ops[p->n++];
}

/* ---- JSON ---- */

struct reading { struct ctx *ctx; struct arena *a; struct json_in j; struct plan *plan; };

static const char *
text(struct reading *r)
{
	struct json_in_text t;

	return json_in_string(&r->j, &t) ? arena_strdup(r->a, t.s, t.n) : NULL;
}

/* {"data":{"name":...}}: the member of that name; the rest is passed over. */
static const char *
data_member(struct reading *r, const char *name)
{
	const char *const data[] = { "data", NULL }, *const members[] = { name, NULL };
	const char *found = NULL;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return NULL;
	while (json_in_field(&r->j, data) == 0) {
		if (!json_in_open(&r->j, JSON_IN_OBJECT))
			continue;
		while (json_in_field(&r->j, members) == 0)
			found = text(r);
	}
	return found;
}

/* One step of a path names a function, an operation or a layer. */
static void
read_component(struct reading *r, struct plan_op *op)
{
	static const char *const kinds[] = { "programFunction", "programOperation",
	    "neuralNetworkLayer", NULL };
	int kind;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((kind = json_in_field(&r->j, kinds)) >= 0) {
		const char *s = data_member(r, kind == 1 ? "outputName" : "name");

		if (s != NULL)
			*(kind == 0 ? &op->function : &op->output) = s;
	}
}

static void
read_path(struct reading *r, struct plan_op *op)
{
	static const char *const keys[] = { "components", NULL };

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while (json_in_field(&r->j, keys) == 0)
		if (json_in_open(&r->j, JSON_IN_ARRAY))
			while (json_in_item(&r->j))
				read_component(r, op);
}

/* {"cpu":{}}: the key is the device. */
static enum device
read_device(struct reading *r)
{
	enum device d = DEVICE_UNKNOWN;
	struct json_in_text key;

	if (json_in_kind(&r->j) == JSON_IN_STRING)
		return json_in_string(&r->j, &key) ? device_parse(key.s, key.n) : d;
	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return d;
	while (json_in_key(&r->j, &key)) {
		d = device_parse(key.s, key.n);
		json_in_skip(&r->j);
	}
	return d;
}

static void
read_usage(struct reading *r, struct plan_op *op)
{
	static const char *const keys[] = { "preferred", "supported", NULL };
	int key;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((key = json_in_field(&r->j, keys)) >= 0) {
		if (key == 0)
			op->preferred = read_device(r);
		else if (json_in_open(&r->j, JSON_IN_ARRAY))
			while (json_in_item(&r->j))
				op->supported |= 1u << read_device(r);
	}
}

static void
read_info(struct reading *r)
{
	static const char *const keys[] = { "path", "deviceUsage", "estimatedCost", "operator",
	    "reason", NULL };
	struct plan_op *op;
	int key;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	op = add_op(r->plan, r->a, r->j.line);
	while ((key = json_in_field(&r->j, keys)) >= 0) {
		if (key == 0)
			read_path(r, op);
		else if (key == 1)
			read_usage(r, op);
		else if (key == 2)
			json_in_double(&r->j, &op->weight);
		else
			*(key == 3 ? &op->op : &op->reason) = text(r);
	}
	if (op->output == NULL)
		r->plan->n--; /* a path to no operation */
}

static void
read_json(struct reading *r, const struct source *src)
{
	static const char *const keys[] = { "infos", "plan", NULL };
	int key, i;

	json_in_init(&r->j, r->ctx, src, r->a);
	if (json_in_open(&r->j, JSON_IN_OBJECT))
		while ((key = json_in_field(&r->j, keys)) >= 0) {
			if (key == 0 && json_in_open(&r->j, JSON_IN_ARRAY))
				while (json_in_item(&r->j))
					read_info(r);
			else if (key == 1 && json_in_open(&r->j, JSON_IN_OBJECT))
				while ((i = json_in_field(&r->j, place_keys)) >= 0)
					*place_field(r->plan, i) = text(r);
		}
	json_in_end(&r->j);
}

/* ---- columns ---- */

enum column {
	COLUMN_FUNCTION, COLUMN_OUTPUT, COLUMN_OP, COLUMN_PREFERRED, COLUMN_SUPPORTED,
	COLUMN_WEIGHT, COLUMN_REASON, COLUMN_MS, COLUMN_COUNT
};
static const char *const column_names[COLUMN_COUNT] = {
	"function", "output_name", "op_type", "preferred", "supported", "weight", "reason", "est_ms"
};

/* One line cut at the separator; quotes of CSV are taken off. */
static uint32_t
cut(char *line, char separator, char **field)
{
	uint32_t n = 0;

	while (n < COLUMNS) {
		char *end = line;

		field[n++] = line;
		if (separator == ',' && *line == '"') {
			field[n - 1] = ++line;
			end = strchr(line, '"');
			end = end == NULL ? line + strlen(line) : end;
			if (*end == '"')
				*end++ = '\0';
		}
		end += strcspn(end, separator == '\t' ? "\t" : ",");
		if (*end == '\0')
			break;
		*end = '\0';
		line = end + 1;
	}
	return n;
}

static unsigned
devices_of(const char *s)
{
	unsigned set = 0;
	size_t n;

	for (; *s != '\0'; s += n + (s[n] != '\0')) {
		n = strcspn(s, "|,; ");
		if (n > 0)
			set |= 1u << device_parse(s, n);
	}
	return set;
}

static double
number(const char *s)
{
	char *end;
	double v = strtod(s, &end);

	return end == s ? NAN : v;
}

static const char *
said(const char *s)
{
	return *s == '\0' || strcmp(s, "-") == 0 ? NULL : s;
}

static void
take_row(struct reading *r, char **field, uint32_t n, const int *which, uint32_t line)
{
	struct plan_op *op = add_op(r->plan, r->a, line);

	for (uint32_t i = 0; i < n; i++) {
		const char *s = field[i];

		switch (which[i]) {
		case COLUMN_FUNCTION: op->function = said(s); break;
		case COLUMN_OUTPUT: op->output = said(s); break;
		case COLUMN_OP: op->op = said(s); break;
		case COLUMN_PREFERRED: op->preferred = device_parse(s, strlen(s)); break;
		case COLUMN_SUPPORTED: op->supported = devices_of(s); break;
		case COLUMN_WEIGHT: op->weight = number(s); break;
		case COLUMN_REASON: op->reason = said(s); break;
		case COLUMN_MS: op->ms = number(s); break;
		default: break;
		}
	}
	if (op->output == NULL)
		r->plan->n--;
}

/* "# chip: M1" above the columns. */
static void
take_comment(struct reading *r, const char *s)
{
	size_t n;

	s += strspn(s, "# ");
	n = strcspn(s, ":");
	for (int i = 0; place_keys[i] != NULL; i++)
		if (strlen(place_keys[i]) == n && strncmp(s, place_keys[i], n) == 0 && s[n] == ':')
			*place_field(r->plan, i) = s + n + 1 + strspn(s + n + 1, " ");
}

static bool
take_header(struct reading *r, char **field, uint32_t n, int *which, uint32_t line)
{
	bool output = false;

	for (uint32_t i = 0; i < n; i++) {
		which[i] = -1;
		for (int k = 0; k < COLUMN_COUNT; k++)
			if (strcmp(field[i], column_names[k]) == 0)
				which[i] = k;
		output |= which[i] == COLUMN_OUTPUT;
	}
	if (!output)
		diag_add(r->ctx, DIAG_PLAN, &(struct where){ .line = line }, "%s: line %" PRIu32
		    " does not name the columns of a plan, output_name, preferred and others",
		    r->plan->path, line);
	return output;
}

static void
read_columns(struct reading *r, char *s)
{
	char *field[COLUMNS], *next;
	int which[COLUMNS];
	char separator = strchr(s, '\t') != NULL ? '\t' : ',';
	uint32_t line = 1;
	bool header = false;

	for (; *s != '\0'; s = next, line++) {
		size_t n = strcspn(s, "\n");

		next = s + n + (s[n] != '\0');
		s[n] = '\0';
		if (n > 0 && s[n - 1] == '\r')
			s[n - 1] = '\0';
		if (*s == '#')
			take_comment(r, s);
		else if (*s != '\0' && header)
			take_row(r, field, cut(s, separator, field), which, line);
		else if (*s != '\0' && !(header = take_header(r, field, cut(s, separator, field),
		    which, line)))
			return;
	}
}

struct plan *
plan_read(struct ctx *ctx, struct arena *a, const char *path)
{
	struct source *src = source_open(ctx, a, path);
	struct reading r = { .ctx = ctx, .a = a };
	char *all;
	long n;

	if (src == NULL)
		return NULL;
	r.plan = arena_alloc(a, sizeof *r.plan);
	r.plan->path = path;
	if (src->size > PLAN_MAX || (all = arena_try(a, src->size + 1, 1)) == NULL ||
	    (n = source_read(src, 0, all, (size_t)src->size)) < 0) {
		diag_add(ctx, DIAG_PLAN, NULL, "%s could not be read", path);
		source_close(src);
		return NULL;
	}
	all[n] = '\0';
	if (all[strspn(all, " \t\r\n")] == '{')
		read_json(&r, src);
	else
		read_columns(&r, all);
	source_close(src);
	if (r.plan->n == 0)
		diag_add(ctx, DIAG_PLAN, NULL, "%s holds the device of no op", path);
	return r.plan;
}
