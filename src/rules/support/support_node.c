/* SPDX-License-Identifier: Apache-2.0 */
/* One call: arguments counted, converter run, results bound. A refusal becomes a
 * blocker, and the results are not known from then on. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sink.h"
#include "ir/frame.h"
#include "ops/op.h"
#include "ops/sig.h"
#include "rules/support/support_run.h"

const char *
support_op_name(struct run *r, const struct node *n)
{
	const char *over = n->overload != NULL && n->overload->len > 0 ? n->overload->s : NULL;
	const char *domain = n->domain->s;

	if (r->c.ts)
		return arena_printf(r->c.a, "%s::%s", domain, n->type->s);
	if (strcmp(domain, "_operator") == 0 || strcmp(domain, "math") == 0 ||
	    strcmp(domain, "torch") == 0 || strcmp(domain, "higher_order") == 0 || *domain == '\0')
		return n->type->s;
	return arena_printf(r->c.a, "%s::%s%s%s", domain, n->type->s, over != NULL ? "." : "",
	    over != NULL ? over : "");
}

/* Of a node, b having reason, stage and operator. */
static void
block_at(struct run *r, struct blocker b, const struct node *n, const char *fmt, va_list ap)
{
	char text[300], ref[NODE_REF];

	vsnprintf(text, sizeof text, fmt, ap);
	b.node = n;
	b.count = 1;
	b.message = arena_strdup(r->c.a, text, strlen(text));
	b.name = n == NULL ? "" : n->name->len > 0 ? n->name->s : arena_strdup(r->c.a,
	    node_ref(n, ref), strlen(node_ref(n, ref)));
	b.scope = n != NULL && n->scope != NULL ? n->scope->s : "";
	b.line = n != NULL ? node_line(r->c.m, n, r->c.a) : "";
	b.fix = r->c.advice;
	r->c.advice = NULL;
	support_block(r, &b);
}

void
support_block_node(struct run *r, const struct node *n, const char *op, enum reason reason,
	const char *stage, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	block_at(r, (struct blocker){ .reason = reason, .stage = stage, .op = op,
	    .unreached = r->complete }, n, fmt, ap);
	va_end(ap);
}

void
support_silent_node(struct run *r, const struct node *n, enum reason reason, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	block_at(r, (struct blocker){ .reason = reason, .stage = "frontend",
	    .op = n != NULL ? support_op_name(r, n) : "", .silent = true }, n, fmt, ap);
	va_end(ap);
}

void
cv_block(struct conv *c, enum reason reason, const char *stage, const char *fmt, ...)
{
	char text[300];
	struct blocker b = { .reason = reason, .stage = stage, .op = "", .name = "", .scope = "",
	    .line = "", .count = 1 };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	b.message = arena_strdup(c->a, text, strlen(text));
	b.fix = c->advice;
	c->advice = NULL;
	support_block((struct run *)c, &b); /* its first member */
}

void
cv_fail(struct conv *c, enum reason reason, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	c->pending.reason = reason;
	c->pending.message = arena_strdup(c->a, text, strlen(text));
	longjmp(*c->refuse, 1);
}

const char support_training[] =
    "the model was made in training mode: call .eval() before the trace or export";
const char support_five[] =
    "merge or drop dims before this operation so that no tensor has more than five";
const char support_freeze[] =
    "trace the module, or torch.jit.freeze(module.eval()) before it is saved: "
    "then its attributes are constants";

void
cv_fail_text(struct conv *c, enum reason reason, const char *what)
{
	c->advice = support_freeze;
	cv_fail(c, reason, "%s is an attribute of a module, which reaches the converter as "
	    "its name", what);
}

/* "56": five or six; "2+": two at least. */
static bool
counts(const char *spec, uint32_t n)
{
	size_t k = strlen(spec);

	if (k == 0)
		return true;
	if (spec[k - 1] == '+')
		return n >= (uint32_t)(spec[0] - '0');
	return n < 10 && strchr(spec, '0' + (int)n) != NULL;
}

const char *
support_counts(struct arena *a, const char *spec)
{
	struct sink text;
	const char *words;

	if (*spec == '\0')
		return "any number";
	if (strchr(spec, '+') != NULL)
		return arena_printf(a, "at least %.1s", spec);
	sink_init(&text, -1);
	for (const char *p = spec; *p != '\0'; p++)
		sink_printf(&text, "%s%c", p == spec ? "" : p[1] == '\0' ? " or " : ", ", *p);
	words = arena_printf(a, "%.*s", (int)text.n, text.buf);
	sink_fini(&text);
	return words;
}

static void
convert(struct run *r, const struct support_op *row)
{
	struct conv *c = &r->c;
	const char *spec = c->ts ? row->ts : row->ep;

	if (!c->ts && *spec >= '0' && *spec <= '9' && c->nin < (uint32_t)(*spec - '0'))
		c->advice = "convert with --cure=defaults, which fills in what the exporter "
		    "dropped; or give a value that is not the default (norm='backward', "
		    "eps=1e-6), or convert a traced model";
	if (!counts(spec, c->nin))
		cv_fail(c, REASON_INPUT_COUNT, "%u argument%s; the converter takes %s", c->nin,
		    plural(c->nin), support_counts(c->a, spec));
	for (uint32_t i = 0; i < c->nin; i++)
		if (c->in[i] == NULL)
			cv_fail(c, REASON_MISSING, "argument %u was never bound", i + 1);
	/* converters of these look at None themselves; most take x.dtype at once */
	c->param = row->param;
	row->convert(c);
	support_unread(r);
}

/* An operand comes from a call that was refused: what the converter would make of that
 * is not known. */
static bool
operand_unsure(const struct conv *c)
{
	bool unsure = false;

	for (uint32_t i = 0; i < c->nin; i++)
		unsure |= c->in[i] != NULL && c->in[i]->unsure;
	for (uint32_t i = 0; i < c->nkw; i++)
		unsure |= c->kw[i].v != NULL && c->kw[i].v->unsure;
	return unsure;
}

/* Of frozen modules: torch computed it, and the converter never sees the operator. */
static bool
is_folded(const struct run *r, const struct node *n)
{
	static const char *const random[] = { "rand", "multinomial", "bernoulli", "normal" };

	if (r->frozen == NULL || n->nin == 0 || n->nregions > 0 || n->nout == 0)
		return false;
	for (size_t i = 0; i < sizeof random / sizeof *random; i++)
		if (strncmp(n->type->s, random[i], strlen(random[i])) == 0)
			return false;
	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && (n->in[i]->flags & VALUE_LITERAL) == 0 &&
		    n->in[i]->constant == NULL && !r->frozen[n->in[i]->id])
			return false;
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL)
			r->frozen[n->out[i]->id] = true;
	return true;
}

/* A size or a value that is missing is no blocker of its own then. */
static bool
follows(const struct conv *c)
{
	return operand_unsure(c) && (c->pending.reason == REASON_DYNAMIC ||
	    c->pending.reason == REASON_CONST);
}

static void
mark_unsure(struct conv *c)
{
	for (uint32_t i = 0; i < c->nout; i++)
		if (c->out[i] != NULL)
			c->out[i]->unsure = true;
}

void
support_call(struct run *r, const struct node *n, const char *op, const char *lookup)
{
	enum support_own own = support_own(r, n, op);
	const struct support_op *row = own == OWN_NONE ? support_op_find(lookup) : NULL;
	struct conv *c = &r->c;
	jmp_buf refuse, *outer = c->refuse;
	const bool folded = is_folded(r, n);

	c->n = n;
	c->kind = lookup;
	c->bound = false;
	c->last = NULL;
	if (row == NULL && own == OWN_NONE && folded) {
		c->out[0] = mv_new(c, MV_UNKNOWN);
		c->out[0]->konst = true;
	} else if (row == NULL && own == OWN_NONE) {
		support_block_node(r, n, op, REASON_NOT_REGISTERED, r->stage,
		    "%s has no converter in coremltools 9.0", op);
	} else if (row != NULL) {
		c->refuse = &refuse;
		if (setjmp(refuse) == 0)
			convert(r, row);
		else if (!follows(c) && !folded)
			support_block_node(r, n, op, c->pending.reason, r->stage, "%s",
			    c->pending.message);
		c->refuse = outer;
		if (c->bound) {
			if (folded && c->out[0] != NULL && c->out[0]->kind == MV_TENSOR)
				c->out[0]->konst = true;
			if (operand_unsure(c))
				mark_unsure(c);
			return;
		}
		if (strcmp(lookup, "_assert_scalar") == 0 ||
		    strncmp(lookup, "sym_constrain", 13) == 0)
			return;
	}
	for (uint32_t i = 0; i < c->nout; i++)
		c->out[i] = mv_new(c, MV_UNKNOWN);
	mark_unsure(c);
}

bool
support_writes(const struct node *n)
{
	/* dropout is converted as it evaluates: nothing is written */
	static const char *const no_data[] = { "alpha_dropout_", "detach_", "dropout_",
	    "feature_alpha_dropout_", "feature_dropout_", "requires_grad_" };
	const struct str *name = n->type;

	if (n->op == NULL || !(n->op->flags & OP_WRITES) || n->nin == 0 || n->in[0] == NULL ||
	    name->s[name->len - 1] != '_')
		return false;
	for (size_t i = 0; i < sizeof no_data / sizeof *no_data; i++)
		if (strcmp(name->s, no_data[i]) == 0)
			return false;
	return strcmp(n->domain->s, "aten") == 0;
}

/* A default as signatures write it: 1, 1e-05, false, [0,0], none. */
struct mv *
support_default(struct conv *c, const struct sig *sig, const struct sig_arg *arg)
{
	const char *type = arena_strdup(c->a, sig->set[arg->set].text, sig->set[arg->set].text_len);
	char *text, *end;
	int64_t list[8];
	uint32_t n = 0;

	if (arg->text_default == NULL)
		return mv_none(c);
	text = arena_strdup(c->a, arg->text_default, arg->default_len);
	if (*text == '[') {
		for (end = text + 1; *end != ']' && *end != '\0' && n < 8; end += *end == ',')
			list[n++] = strtoll(end, &end, 10);
		return mv_ints(c, n, list);
	}
	if (strncmp(type, "bool", 4) == 0)
		return mv_b(c, *text == 't');
	if (strncmp(type, "str", 3) == 0)
		return mv_s(c, text);
	if (strpbrk(text, ".e") != NULL || strncmp(type, "float", 5) == 0)
		return mv_f(c, strtod(text, NULL));
	return mv_i(c, strtoll(text, NULL, 10));
}
