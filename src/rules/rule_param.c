/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters by name: what type a rule may take one for, judged by the
 * signatures of the ops it is for, and what a node gives for it. In programs
 * they are operands with names, elsewhere operands by place and attributes; one
 * that is left out has the signature's default. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/infer.h"
#include "ir/tensor.h"
#include "rules/rule_state.h"

enum { SHOWN = 64 }; /* elements of a constant that rules see */

/* ---- types ---- */

static enum rule_type
type_of_set(const struct sig_set *set)
{
	uint64_t t = set->of[FORM_TENSOR];

	if (!set->any && t == UINT64_C(1) << DT_STR)
		return RULE_WORD;
	return !set->any && t == UINT64_C(1) << DT_BOOL ? RULE_BOOL : RULE_NUM;
}

static bool
row_is_for(const struct op *row, const struct rule_target *t)
{
	size_t domain = strlen(row->domain);

	switch (t->by) {
	case FOR_MODEL:
		return false;
	case FOR_ALL:
		return true;
	case FOR_KIND:
		return (int)row->sem == t->number;
	case FOR_FAMILY:
		return (int)sem_family(row->sem) == t->number;
	case FOR_OP:
		break;
	}
	return strcmp(row->name, t->name) == 0 || (strncmp(t->name, row->domain, domain) == 0 &&
	    strncmp(t->name + domain, "::", 2) == 0 &&
	    strcmp(t->name + domain + 2, row->name) == 0);
}

static bool
targeted(const struct rule_file *f, const struct op *row)
{
	for (uint32_t i = 0; i < f->ntargets; i++)
		if (row_is_for(row, &f->targets[i]))
			return true;
	return f->ntargets == 0;
}

static uint32_t
common_start(const char *a, uint32_t na, const char *b, uint32_t nb)
{
	uint32_t i = 0;

	while (i < na && i < nb && a[i] == b[i])
		i++;
	return i;
}

/* The more alike of two names: the longer common start. */
static void
keep_near(struct rule_file *f, const char *name, const char *s, uint32_t n, const char **near)
{
	uint32_t len = (uint32_t)strlen(name), have = *near == NULL ? 1 :
	    common_start(name, len, *near, (uint32_t)strlen(*near));

	if (common_start(name, len, s, n) > have)
		*near = arena_strdup(f->arena, s, n);
}

static bool
find_in_sig(struct rule_file *f, const struct sig *sig, const char *name, enum rule_type *type,
	const char **choices, uint32_t *nchoices, const char **near)
{
	uint32_t len = (uint32_t)strlen(name);

	for (uint32_t i = 0; i < sig->nin; i++) {
		const struct sig_arg *a = &sig->in[i];

		keep_near(f, name, a->name, a->name_len, near);
		if (a->name_len != len || memcmp(a->name, name, len) != 0)
			continue;
		*type = type_of_set(&sig->set[a->set]);
		*choices = a->choices;
		*nchoices = a->choices_len;
		return true;
	}
	for (uint32_t i = 0; i < sig->nattr; i++) {
		const struct sig_attr *a = &sig->attr[i];

		keep_near(f, name, a->name, a->name_len, near);
		if (a->name_len != len || memcmp(a->name, name, len) != 0)
			continue;
		*type = a->kind == ATTR_STRING || a->kind == ATTR_STRINGS ? RULE_WORD : RULE_NUM;
		return true;
	}
	return false;
}

bool
rule_param_type(struct rule_file *f, const char *name, enum rule_type *type,
	const char **choices, uint32_t *nchoices, const char **near)
{
	struct sig *sig = arena_alloc(f->arena, sizeof *sig);

	*near = *choices = NULL;
	*nchoices = 0;
	*type = RULE_NUM;
	for (int d = 0; d < DIALECT_COUNT; d++) {
		uint32_t n;
		const struct op *rows = op_rows((enum dialect)d, &n);

		if (f->dialect >= 0 && f->dialect != d)
			continue;
		for (uint32_t i = n; i-- > 0;) {
			if (!targeted(f, &rows[i]) || !sig_parse(&rows[i], sig))
				continue;
			if (find_in_sig(f, sig, name, type, choices, nchoices, near))
				return true;
		}
	}
	/* attributes of layers are in no signature */
	return f->dialect == DIALECT_NN;
}

/* ---- a node's own ---- */

/* Operands of that name, whether given by name or by place. */
static bool
find_operands(struct rule_env *env, const struct node *n, const char *name,
	const struct sig *sig, struct rule_param *out)
{
	struct rule_scratch *s = env->scratch;
	uint32_t first = s->nvalue, len = (uint32_t)strlen(name);

	for (uint32_t i = 0; i < n->nin; i++) {
		const struct sig_arg *a = i < n->nnamed || sig == NULL ? NULL :
		    sig_arg_at(sig->in, sig->nin, i);
		bool is = i < n->nnamed ? n->in_name[i]->len == len &&
		    memcmp(n->in_name[i]->s, name, len) == 0 :
		    a != NULL && a->name_len == len && memcmp(a->name, name, len) == 0;

		if (is && n->in[i] != NULL && s->nvalue < s->cap)
			s->value[s->nvalue++] = n->in[i];
	}
	out->values = s->value + first;
	out->nvalues = s->nvalue - first;
	return out->nvalues > 0;
}

static bool
find_default(const struct sig *sig, const char *name, struct rule_param *out)
{
	uint32_t len = (uint32_t)strlen(name);

	for (uint32_t i = 0; i < sig->nin; i++) {
		const struct sig_arg *a = &sig->in[i];

		if (a->name_len == len && memcmp(a->name, name, len) == 0 && a->text_default) {
			out->text = a->text_default;
			out->len = a->default_len;
		}
	}
	for (uint32_t i = 0; i < sig->nattr; i++) {
		const struct sig_attr *a = &sig->attr[i];

		if (a->name_len == len && memcmp(a->name, name, len) == 0 && a->text_default) {
			out->text = a->text_default;
			out->len = a->default_len;
		}
	}
	return out->text != NULL;
}

/* Operand number i. */
static bool
find_place(struct rule_env *env, const struct node *n, uint32_t i, struct rule_param *out)
{
	struct rule_scratch *s = env->scratch;

	if (i >= n->nin || n->in[i] == NULL || s->nvalue == s->cap)
		return false;
	s->value[s->nvalue] = n->in[i];
	out->values = &s->value[s->nvalue++];
	out->nvalues = 1;
	return true;
}

bool
rule_param(struct rule_env *env, const char *name, struct rule_param *out)
{
	const struct node *n = env->n;
	const char *text = NULL;
	struct sig sig;
	bool known;

	memset(out, 0, sizeof *out);
	if (n == NULL)
		return false;
	if (env->view != NULL && env->view->param != NULL)
		name = env->view->param(env, name, &text);
	if (text != NULL) {
		out->text = text;
		out->len = (uint32_t)strlen(text);
		return true;
	}
	if (name == NULL)
		return out->unknown = true;
	if (*name == '#')
		return find_place(env, n, (uint32_t)atoi(name + 1), out);
	if (n->nnamed == n->nin && n->nin > 0 && find_operands(env, n, name, NULL, out))
		return true;
	if ((out->attr = node_attr(n, name)) != NULL)
		return true;
	known = n->op != NULL && sig_parse(n->op, &sig);
	if (find_operands(env, n, name, known ? &sig : NULL, out))
		return true;
	return known && find_default(&sig, name, out);
}

/* ---- values ---- */

/* A default as its text has it: 1, [1,2], true, a word. */
static void
list_of_text(struct rule_env *env, const struct rule_param *p, enum rule_type type,
	struct rule_list *out)
{
	const char *s = p->text, *end = s + p->len;
	uint32_t n = SHOWN, used = 0;
	struct rule_num *num;
	const char **word;

	if (p->len > 0 && *s == '[')
		s++, end--;
	if (type == RULE_WORD) {
		n = 1;
		word = rule_words(env, &n);
		if (n == 1)
			word[0] = arena_strdup(env->arena, s, (size_t)(end - s));
		out->word = word;
		out->n = n;
		return;
	}
	num = rule_nums(env, &n);
	while (s < end && used < n) {
		char *after;
		double v = strncmp(s, "true", 4) == 0 ? 1 : strtod(s, &after);

		num[used++] = (struct rule_num){ v, v };
		while (s < end && *s != ',')
			s++;
		s++;
	}
	out->num = num;
	out->n = used;
}

static void
list_of_tensor(struct rule_env *env, const struct tensor *t, enum rule_type type,
	struct rule_list *out)
{
	unsigned char buf[SHOWN * 16];
	uint32_t n = t->numel < SHOWN ? (uint32_t)t->numel : SHOWN;
	struct arena scratch;
	struct rule_num *num;
	const char **word;
	uint64_t got;

	out->more = t->numel > SHOWN;
	if (type == RULE_WORD) {
		char text[128];

		n = 1;
		word = rule_words(env, &n);
		arena_init(&scratch, env->arena->ctx);
		if (n == 1)
			word[0] = tensor_word(t, &scratch, text, sizeof text) ?
			    arena_strdup(env->arena, text, strlen(text)) : NULL;
		arena_free(&scratch);
		out->word = word;
		out->n = n;
		return;
	}
	if (t->dtype == DT_NONE || t->dtype == DT_STR) {
		rule_give_unknown(out);
		return;
	}
	num = rule_nums(env, &n);
	arena_init(&scratch, env->arena->ctx);
	got = tensor_first(t, &scratch, buf, n);
	arena_free(&scratch);
	for (uint32_t i = 0; i < got && i < n; i++)
		num[i].lo = num[i].hi = dtype_get(t->dtype, buf, i);
	out->num = num;
	out->n = (uint32_t)got;
	out->more |= got < n;
}

static void
list_of_value(struct rule_env *env, const struct value *v, enum rule_type type,
	struct rule_list *out)
{
	const struct tensor *t = v->constant != NULL ? v->constant : value_tensor(v);
	const struct dim *const *ints = NULL;
	struct rule_num *num;
	uint32_t n = 0;

	if (env->types != NULL && type != RULE_WORD)
		ints = infer_ints(env->types, v, &n);
	if (ints == NULL) {
		if (t != NULL)
			list_of_tensor(env, t, type, out);
		else
			rule_give_unknown(out);
		return;
	}
	num = rule_nums(env, &n);
	for (uint32_t i = 0; i < n; i++)
		num[i] = ints[i]->kind == DIM_CONST ? (struct rule_num){ (double)ints[i]->lo,
		    (double)ints[i]->lo } : (struct rule_num){ -INFINITY, INFINITY };
	out->num = num;
	out->n = n;
}

static void
list_of_attr(struct rule_env *env, const struct attr *a, enum rule_type type,
	struct rule_list *out)
{
	uint32_t n = a->kind >= ATTR_INTS ? (uint32_t)(a->n < SHOWN ? a->n : SHOWN) : 1;
	struct rule_num *num;
	const char **word;

	out->more = n < a->n && a->kind >= ATTR_INTS;
	if (a->ref != NULL || a->list != NULL) {
		rule_give_unknown(out);
	} else if (a->kind == ATTR_TENSOR) {
		list_of_tensor(env, a->v.t, type, out);
	} else if (type == RULE_WORD && (a->kind == ATTR_STRING || a->kind == ATTR_STRINGS)) {
		word = rule_words(env, &n);
		for (uint32_t i = 0; i < n; i++)
			word[i] = a->kind == ATTR_STRING ? a->v.s->s : a->v.strings[i]->s;
		out->word = word;
		out->n = n;
	} else if (type != RULE_WORD && (a->kind == ATTR_INT || a->kind == ATTR_INTS ||
	    a->kind == ATTR_FLOAT || a->kind == ATTR_FLOATS)) {
		num = rule_nums(env, &n);
		for (uint32_t i = 0; i < n; i++)
			num[i].lo = num[i].hi = a->kind == ATTR_INT ? (double)a->v.i :
			    a->kind == ATTR_INTS ? (double)a->v.ints[i] :
			    a->kind == ATTR_FLOAT ? a->v.f : (double)a->v.floats[i];
		out->num = num;
		out->n = n;
	} else {
		rule_give_unknown(out);
	}
}

void
rule_param_list(struct rule_env *env, const struct rule_param *p, enum rule_type type,
	struct rule_list *out)
{
	memset(out, 0, sizeof *out);
	out->type = type;
	if (p->unknown)
		rule_give_unknown(out);
	else if (p->attr != NULL)
		list_of_attr(env, p->attr, type, out);
	else if (p->nvalues == 1)
		list_of_value(env, p->values[0], type, out);
	else if (p->nvalues > 1)
		rule_give_unknown(out);
	else if (p->text != NULL)
		list_of_text(env, p, type, out);
}
