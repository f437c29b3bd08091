/* SPDX-License-Identifier: Apache-2.0 */
/* Of two versions: which argument or weight differs, and what either side has there. Of weights
 * how many numbers are others, and by how much at most. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "align/setting.h"
#include "base/str.h"
#include "ir/tensor.h"
#include "ops/sig.h"

enum { NAMED = 96, WORDS_MAX = 200, FEW_NUMBERS = 4, LARGE = 4 << 20, LONG = 96 };

static bool
is_long(const char *what)
{
	return what != NULL && strlen(what) > LONG;
}

/* The parameter that operand i is. */
static void
put_param(const struct node *n, uint32_t i, char to[NAMED])
{
	struct sig sig;

	if (i < n->nnamed && n->in_name[i] != NULL)
		snprintf(to, NAMED, "%s", n->in_name[i]->s);
	else if (n->op != NULL && sig_parse(n->op, &sig) && i < sig.nin)
		snprintf(to, NAMED, "%.*s", (int)sig.in[i].name_len, sig.in[i].name);
	else
		snprintf(to, NAMED, "operand %u", (unsigned)i);
}

static bool
put_numbers(const struct setting *s, char *to, size_t room)
{
	if (s->n > FEW_NUMBERS || (s->n == 0 && s->text[0] == '\0'))
		return false;
	setting_put(to, room, s);
	return true;
}

/* "f32[10,64]". */
static void
put_type(const struct tensor *t, char *to, size_t room)
{
	size_t n = (size_t)snprintf(to, room, "%s[", dtype_name(t->dtype));

	for (uint32_t i = 0; i < t->rank && n < room; i++)
		n += (size_t)snprintf(to + n, room - n, "%s%lld", i > 0 ? "," : "",
		    (long long)t->dims[i]);
	if (n < room)
		snprintf(to + n, room - n, "]");
}

/* What stands there: a few numbers, a weight by its type, a result by its name, what is taken
 * where nothing is given. */
static void
put_value(struct aligner *al, unsigned k, const struct node *n, const char *param,
	const struct value *v, char to[WORDS_MAX])
{
	struct settings in = settings_of(al, &al->side[k]);
	struct setting s = { .n = 0 };
	const struct tensor *t = wire_constant(v);

	if (v == NULL && setting_of(&s, al, &al->side[k], n, param) &&
	    put_numbers(&s, to, WORDS_MAX))
		return;
	if (v == NULL || (t != NULL && t->dtype == DT_NONE && t->items == NULL))
		snprintf(to, WORDS_MAX, "none");
	else if (wire_is_weight(v) && setting_of_value(&s, &in, v) &&
	    put_numbers(&s, to, WORDS_MAX))
		return;
	else if (t != NULL)
		put_type(t, to, WORDS_MAX);
	else if (wire_unpacked_by(v) != NULL)
		snprintf(to, WORDS_MAX, "%s", wire_unpacked_by(v)->type->s);
	else if (v->name->len > 0)
		snprintf(to, WORDS_MAX, "%s", v->name->s);
	else
		snprintf(to, WORDS_MAX, "%s", v->producer != NULL ? v->producer->type->s : "?");
}

/* How many numbers of the two differ, and how far they are at most. false: not known. */
static bool
count_apart(struct aligner *al, const struct tensor *t, const struct tensor *u, uint64_t *n,
	double *most)
{
	bool unread[2] = { al->unread[0], al->unread[1] };
	struct arena scratch;
	const double *a, *b;

	if (t->numel != u->numel || t->numel > LARGE || (t->flags | u->flags) & TENSOR_MISSING)
		return false;
	arena_init(&scratch, al->ctx);
	a = near_numbers(al, 0, &scratch, t);
	b = near_numbers(al, 1, &scratch, u);
	*n = 0;
	*most = 0;
	for (uint64_t i = 0; a != NULL && b != NULL && i < t->numel; i++) {
		double d = fabs(a[i] - b[i]);

		*n += a[i] != b[i] && !(isnan(a[i]) && isnan(b[i]));
		*most = d > *most ? d : *most;
	}
	arena_free(&scratch);
	al->unread[0] = unread[0];
	al->unread[1] = unread[1];
	return a != NULL && b != NULL && *n > 0;
}

void
detail_weight(struct aligner *al, const char **what, const struct node *m, uint32_t i,
	const struct value *v, const struct node *n, const struct value *w)
{
	const struct tensor *t = wire_constant(v), *u = wire_constant(w);
	char param[NAMED], a[WORDS_MAX], b[WORDS_MAX];
	uint64_t apart;
	double most;

	if (is_long(*what))
		return;
	put_param(m, i, param);
	put_value(al, 0, m, param, v, a);
	put_value(al, 1, n, param, w, b);
	if (v->flags & VALUE_INITIALIZER && v->name->len > 0 && t != NULL && t->numel > 1)
		snprintf(param, sizeof param, "%s", v->name->s);
	if (t != NULL && u != NULL && wire_same_type(t, u) && t->numel > FEW_NUMBERS &&
	    count_apart(al, t, u, &apart, &most))
		*what = arena_printf(al->result,
		    "%s%s%s: %llu of %llu numbers differ, by %.2g at most",
		    *what != NULL ? *what : "", *what != NULL ? ", " : "", param,
		    (unsigned long long)apart, (unsigned long long)t->numel, most);
	else if (strcmp(a, b) != 0)
		setting_say_words(al, what, param, a, b);
}

void
detail_operand(struct aligner *al, const char **what, const struct node *m, uint32_t i,
	const struct value *v, const struct node *n, const struct value *w)
{
	char param[NAMED], a[WORDS_MAX], b[WORDS_MAX];

	if (is_long(*what))
		return;
	put_param(v != NULL ? m : n, i, param);
	if ((v == NULL && node_attr(m, param) != NULL) ||
	    (w == NULL && node_attr(n, param) != NULL))
		return; /* that is said of the attribute */
	put_value(al, 0, m, param, v, a);
	put_value(al, 1, n, param, w, b);
	if (strcmp(a, b) == 0) /* results of one name that are no counterparts */
		snprintf(b, sizeof b, "another %.*s", WORDS_MAX - 10, a);
	setting_say_words(al, what, param, a, b);
}

void
detail_attr(struct aligner *al, const char **what, const struct node *m, const struct attr *a,
	const struct node *n, const struct attr *b)
{
	const struct attr *own[2] = { a, b };
	const struct node *nodes[2] = { m, n };
	struct setting s[2] = { { .n = 0 }, { .n = 0 } };
	const struct str *name = (a != NULL ? a : b)->name;

	if (is_long(*what))
		return;
	for (unsigned k = 0; k < 2; k++) {
		bool known = own[k] != NULL ? setting_of_attr(&s[k], al->ctx, own[k]) :
		    setting_of(&s[k], al, &al->side[k], nodes[k], name->s);

		if (!known && (own[k] == NULL || own[k]->kind == ATTR_NONE))
			s[k] = (struct setting){ .text = "none" };
	}
	setting_say(al, what, name->s, name->len, &s[0], &s[1]);
}
