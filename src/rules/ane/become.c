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

static const struct becomes *
named_row(int dialect, const char *name)
{
	return row_of(dialect, name, strlen(name));
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
		if ((row = named_row(DIALECT_NN, name)) != NULL)
			return row;
	}
	if ((a = node_attr(n, "isDeconvolution")) != NULL && a->kind == ATTR_INT && a->v.i != 0)
		return named_row(DIALECT_NN, "convolution.transposed");
	return row_of(DIALECT_NN, n->type->s, n->type->len);
}

/* An operator of PyTorch that has places beside the values. */
static const char *
extremes(const struct rule_env *env, const struct node *n)
{
	bool places = n->nout == 2 && n->out[1] != NULL && rule_is_read(env, n->out[1]);

	return n->type->s[1] == 'a' ? places ? "max.dim" : "max.values" :
	    places ? "min.dim" : "min.values";
}

static const struct becomes *
operator_row(const struct rule_env *env, const struct node *n)
{
	static const struct { const char *name; int from; } newer[] = {
		{ "scaled_dot_product_attention", 18 }
	};
	const char *name = n->type->s;
	size_t len = n->type->len;
	char at[80];

	/* in place or not is the same computation */
	if (len > 1 && name[len - 1] == '_' && name[len - 2] != '_')
		len--;
	if (n->nout == 2 && len == 3 && (strcmp(name, "max") == 0 || strcmp(name, "min") == 0))
		return named_row(DIALECT_ATEN, extremes(env, n));
	for (size_t i = 0; i < sizeof newer / sizeof *newer; i++)
		if (strcmp(newer[i].name, name) == 0 && env->setting != NULL &&
		    env->setting->target >= newer[i].from) {
			snprintf(at, sizeof at, "%s.iOS%d", name, newer[i].from);
			return named_row(DIALECT_ATEN, at);
		}
	return row_of(DIALECT_ATEN, name, len);
}

const struct becomes *
become_find(const struct rule_env *env, const struct node *n)
{
	int dialect = (int)env->m->dialect;

	if (dialect == DIALECT_MIL || (dialect == DIALECT_ONNX && n->domain->len > 0 &&
	    strcmp(n->domain->s, "ai.onnx") != 0 && strcmp(n->domain->s, "com.microsoft") != 0))
		return NULL;
	return dialect == DIALECT_NN ? layer_row(n) : dialect == DIALECT_ATEN ?
	    operator_row(env, n) : row_of(dialect, n->type->s, n->type->len);
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

/* Are places read from v of 16 bits? From iOS 16 on the converter makes them so, when
 * those of the axis fit. Source: its pass add_int16_cast. */
static bool
is_short_place(struct rule_env *env, const struct value *v)
{
	enum { FIRST_TARGET = 16, PLACES = 32767 };
	const struct becoming *b = env->user;
	const struct value *x = env->n->nin > 0 ? env->n->in[0] : NULL;
	const struct type *t = x != NULL ? rule_type_of(env, x) : NULL;
	struct rule_param p;
	struct rule_list axis;
	double at;

	if (env->setting == NULL || env->setting->target < FIRST_TARGET || v == x ||
	    v->producer == env->n || b->part == NULL || (strcmp(b->part, "gather") != 0 &&
	    strcmp(b->part, "gather_along_axis") != 0))
		return false;
	if (t == NULL || !t->has_rank || !rule_param(env, "axis", &p))
		return true;
	rule_param_list(env, &p, RULE_NUM, &axis);
	at = axis.n == 1 ? axis.num[0].lo + (axis.num[0].lo < 0 ? t->rank : 0) : -1;
	return at < 0 || at >= t->rank || rule_dim(env, t->dims[(uint32_t)at]).lo <= PLACES;
}

/* coremltools makes f16 of all floats, unless told not to, and i32 of integers. */
static enum dtype
view_dtype(struct rule_env *env, const struct value *v, enum dtype d)
{
	if (dtype_class(d) == DC_FLOAT && dtype_bits(d) >= 16)
		return env->setting != NULL && strcmp(env->setting->precision, "f32") == 0 ?
		    DT_F32 : DT_F16;
	if (d == DT_I64 || d == DT_U64 || d == DT_U32 || d == DT_I32)
		return is_short_place(env, v) ? DT_I16 : DT_I32;
	return d;
}

static const struct type *
view_type(struct rule_env *env, const struct value *v)
{
	return env->m->dialect == DIALECT_NN ? infer_network(env->types, env->n, v) :
	    infer_type(env->types, v);
}

const struct rule_view become_view = { view_op, view_param, view_dtype, view_type };
