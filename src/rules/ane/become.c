/* SPDX-License-Identifier: Apache-2.0 */
/* Models of other formats as rules of ML Programs see them: names and parameters
 * by the table become.def, element types as the converter changes them. */
#include <stdio.h>
#include <string.h>

#include "infer/infer.h"
#include "rules/ane/ane_state.h"
#include "rules/rule_state.h"
#include "rules/setting.h"

static const struct becomes rows[] = {
#define BECOMES(dialect, op, ops, params) { DIALECT_##dialect, op, ops, params },
#include "rules/ane/become.def"
#undef BECOMES
};
enum { NROWS = sizeof rows / sizeof *rows };

static int
order(const struct becomes *r, int dialect, const char *name, size_t n)
{
	int d = r->dialect - dialect;

	if (d == 0 && (d = strncmp(r->op, name, n)) == 0)
		d = r->op[n] != '\0';
	return d;
}

static const struct becomes *
row_of(int dialect, const char *name, size_t len)
{
	size_t lo = 0, hi = NROWS;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int d = order(&rows[mid], dialect, name, len);

		if (d == 0)
			return &rows[mid];
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* A layer of a network by the type that an attribute says, or as it is without. */
static const struct becomes *
layer_row(const struct node *n)
{
	static const char *const types[] = { "NonlinearityType", "PaddingType", "type", "mode" };
	const struct becomes *row;
	const struct attr *a;
	char name[64];

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if ((a = node_attr(n, types[i])) == NULL || a->kind != ATTR_STRING)
			continue;
		snprintf(name, sizeof name, "%s.%s", n->type->s, a->v.s->s);
		if ((row = row_of(DIALECT_NN, name, strlen(name))) != NULL)
			return row;
	}
	if ((a = node_attr(n, "isDeconvolution")) != NULL && a->kind == ATTR_INT && a->v.i != 0)
		return row_of(DIALECT_NN, "convolution.transposed", 22);
	return row_of(DIALECT_NN, n->type->s, n->type->len);
}

const struct becomes *
become_find(const struct model *m, const struct node *n)
{
	size_t len = n->type->len;
	int dialect = (int)m->dialect;

	if (dialect == DIALECT_MIL || (dialect == DIALECT_ONNX && n->domain->len > 0 &&
	    strcmp(n->domain->s, "ai.onnx") != 0 && strcmp(n->domain->s, "com.microsoft") != 0))
		return NULL;
	/* in place or not is the same computation */
	if (dialect == DIALECT_ATEN && len > 1 && n->type->s[len - 1] == '_' &&
	    n->type->s[len - 2] != '_')
		len--;
	/* with places beside the values */
	if (dialect == DIALECT_ATEN && n->nout == 2 && len == 3 &&
	    (strcmp(n->type->s, "max") == 0 || strcmp(n->type->s, "min") == 0))
		return row_of(dialect, n->type->s[1] == 'a' ? "max.dim" : "min.dim", 7);
	return dialect == DIALECT_NN ? layer_row(n) : row_of(dialect, n->type->s, len);
}

const char *
become_next(struct arena *a, const char **p)
{
	size_t n;

	*p += strspn(*p, " ");
	n = strcspn(*p, " ");
	*p += n;
	return n == 0 ? NULL : arena_strdup(a, *p - n, n);
}

static const char *
view_op(struct rule_env *env)
{
	const struct becoming *b = env->user;

	return b->part != NULL ? b->part : env->n->type->s;
}

/* "weight=#1 k='5'": what stands behind a name. */
static const char *
view_param(struct rule_env *env, const char *name, const char **text)
{
	struct becoming *b = env->user;
	size_t len = strlen(name), n;
	const char *p;
	char *to = b->param;

	if (b->row == NULL)
		return name;
	for (p = b->row->params; *p != '\0'; p += n + (p[n] == ' ')) {
		n = strcspn(p, " ");
		if (n <= len || p[len] != '=' || memcmp(p, name, len) != 0 ||
		    n - len > sizeof b->param)
			continue;
		memcpy(to, p + len + 1, n - len - 1);
		to[n - len - 1] = '\0';
		if (*to != '\'')
			return to;
		to[n - len - 2] = '\0';
		*text = to + 1;
		return NULL;
	}
	return strcmp(name, "x") == 0 ? "#0" : strcmp(name, "y") == 0 ? "#1" : NULL;
}

/* coremltools makes f16 of all floats, unless told not to, and i32 of integers. */
static enum dtype
view_dtype(struct rule_env *env, enum dtype d)
{
	if (dtype_class(d) == DC_FLOAT && dtype_bits(d) >= 16)
		return env->setting != NULL && strcmp(env->setting->precision, "f32") == 0 ?
		    DT_F32 : DT_F16;
	if (d == DT_I64 || d == DT_U64 || d == DT_U32)
		return DT_I32;
	return d;
}

static const struct type *
view_type(struct rule_env *env, const struct value *v)
{
	return env->m->dialect == DIALECT_NN ? infer_network(env->types, env->n, v) :
	    infer_type(env->types, v);
}

const struct rule_view become_view = { view_op, view_param, view_dtype, view_type };
