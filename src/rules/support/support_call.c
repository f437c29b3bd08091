/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: how an operator's name becomes a lookup name, and what converters
 * ask of their arguments. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "rules/support/support_ops.h"

static const struct support_op rows[] = {
#define CONVERTER(name, convert, ts, ep, param) { name, convert, ts, ep, param },
#include "rules/support/support_ops.def"
#undef CONVERTER
};

const struct support_op *
support_op_find(const char *lookup)
{
	size_t lo = 0, hi = sizeof rows / sizeof *rows, mid;
	int order;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if ((order = strcmp(lookup, rows[mid].name)) == 0)
			return &rows[mid];
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* Last part of s behind the separator, or NULL; its start in the text. */
static char *
last_part(char *s, const char *sep)
{
	char *at = NULL, *p;

	for (p = s; (p = strstr(p, sep)) != NULL; p++)
		at = p;
	return at;
}

/* Drop a leading aten or prim, and a trailing part that tells nothing. */
static char *
strip(char *s, const char *sep)
{
	static const char *const dull[] = { "default", "int", "tensor", "tensor_mode", "scalar",
	    "tensor_scalar" };
	size_t n = strlen(sep);
	char *at = strstr(s, sep);

	if (at != NULL && at - s == 4 && (memcmp(s, "aten", 4) == 0 || memcmp(s, "prim", 4) == 0))
		s = at + n;
	at = last_part(s, sep);
	for (size_t i = 0; at != NULL && i < sizeof dull / sizeof *dull; i++)
		if (strcmp(at + n, dull[i]) == 0) {
			*at = '\0';
			break;
		}
	return s;
}

static char *
sanitize(char *s)
{
	size_t n = strlen(s);

	for (char *p = s; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (n >= 4 && memcmp(s, "__", 2) == 0 && memcmp(s + n - 2, "__", 2) == 0) {
		s[n - 2] = '\0';
		s += 2;
	}
	return strip(strip(s, "::"), ".");
}

const char *
support_lookup(struct arena *a, const char *name, bool ts)
{
	char *s = sanitize(arena_strdup(a, name, strlen(name)));
	size_t n;

	if (!ts)
		return s;
	s = sanitize(s);
	n = strlen(s);
	if (n > 0 && s[n - 1] == '_')
		s[n - 1] = '\0';
	return s;
}

const char *
support_lookup_name(struct arena *a, const char *op)
{
	return support_lookup(a, op, true);
}

const char *
support_registered(struct arena *a, const char *op, const char **ts, const char **ep)
{
	const char *lookup = support_lookup(a, op, false);
	const struct support_op *row = support_op_find(lookup);

	if (row == NULL)
		row = support_op_find(lookup = support_lookup(a, op, true));
	if (row == NULL)
		return NULL;
	*ts = row->ts;
	*ep = row->ep;
	return lookup;
}

struct mv *
cv_arg(struct conv *c, uint32_t i)
{
	return i < c->nin ? c->in[i] : NULL;
}

struct mv *
cv_need(struct conv *c, uint32_t i)
{
	if (i >= c->nin)
		cv_fail(c, REASON_INPUT_COUNT, "%u arguments, number %u is looked for", c->nin,
		    i + 1);
	return c->in[i];
}

struct mv *
cv_kw(struct conv *c, const char *name, struct mv *otherwise)
{
	for (uint32_t i = 0; i < c->nkw; i++)
		if (strcmp(c->kw[i].name, name) == 0)
			return c->kw[i].v;
	return otherwise;
}

struct mv *
cv_var(struct conv *c, struct mv *v)
{
	if (v == NULL)
		cv_fail(c, REASON_INPUT_COUNT, "an argument is missing");
	if (v->kind == MV_LIST)
		cv_fail(c, REASON_CONTROL, "a Python list or tuple where a tensor is expected");
	if (v->kind == MV_NONE)
		cv_fail(c, REASON_MISSING, "None where a tensor is expected");
	if (v->kind == MV_TEXT && c->ts)
		cv_fail_text(c, REASON_INTERNAL, "an argument");
	return v;
}

int64_t
cv_int(struct conv *c, struct mv *v, int64_t otherwise)
{
	int64_t i;

	(void)c;
	return mv_int(v, &i) ? i : otherwise;
}

double
cv_double(struct conv *c, struct mv *v, double otherwise)
{
	double d;

	(void)c;
	return mv_number(v, &d) ? d : otherwise;
}

bool
cv_bool(struct conv *c, struct mv *v, bool otherwise)
{
	double d;

	(void)c;
	return mv_number(v, &d) ? d != 0 : otherwise;
}

int
cv_axis(struct conv *c, const struct mv *x, struct mv *axis)
{
	int64_t i;
	int rank = x->rank > 0 ? x->rank : 1;

	if (!mv_int(axis, &i) || x->rank < 0)
		return -1;
	if ((i < -rank || i >= rank) && c->advice == NULL)
		c->advice = "give the input as many dims as the code works on, or correct this one";
	if (i < -rank || i >= rank)
		cv_fail(c, REASON_RANK, "dim %lld of a tensor of rank %d", (long long)i, x->rank);
	i += i < 0 ? rank : 0;
	return i < x->rank ? (int)i : -1;
}

const char *
cv_word(const struct mv *v)
{
	return v == NULL ? NULL : v->kind == MV_TEXT || v->dtype == DT_STR ? v->text : NULL;
}

void
cv_out(struct conv *c, struct mv *v)
{
	c->bound = true;
	c->out[0] = v;
}

void
cv_pair(struct conv *c, struct mv *a, struct mv *b)
{
	c->bound = true;
	if (!c->ts) {
		c->out[0] = mv_list(c, (struct mv *[]){ a, b }, 2);
		return;
	}
	c->out[0] = a;
	if (c->nout > 1)
		c->out[1] = b;
}
