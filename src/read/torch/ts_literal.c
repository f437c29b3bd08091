/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and texts in operands: named by their text, one tensor for all of the
 * same. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "base/hash.h"
#include "base/sink.h"
#include "base/source.h"
#include "read/torch/ts_lower.h"

struct ts_literal { const struct str *text; enum dtype dtype; struct tensor *t; };

static struct ts_literal *
slot_of(const struct ts_lowering *l, const struct str *text, enum dtype dtype)
{
	uint32_t i = (uint32_t)hash_pair(text->id, dtype) & l->literal_mask;

	while (l->literals[i].text != NULL &&
	    (l->literals[i].text != text || l->literals[i].dtype != dtype))
		i = (i + 1) & l->literal_mask;
	return &l->literals[i];
}

static void
grow(struct ts_lowering *l)
{
	struct ts_literal *old = l->literals;
	uint32_t n = old != NULL ? l->literal_mask + 1 : 0;

	if (old != NULL && l->nliterals * 2 < n)
		return;
	l->literal_mask = n > 0 ? 2 * n - 1 : 127;
	l->literals = arena_array(l->a, (size_t)l->literal_mask + 1, sizeof *l->literals);
	for (uint32_t i = 0; i < n; i++)
		if (old[i].text != NULL)
			*slot_of(l, old[i].text, old[i].dtype) = old[i];
}

static void
put64(unsigned char *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

static void
put_double(unsigned char *p, double f)
{
	uint64_t v;

	memcpy(&v, &f, sizeof v);
	put64(p, v);
}

/* Its bytes, as a tensor holds them. */
static uint32_t
bytes_of(struct ts_lowering *l, const struct ts_const *k, enum dtype *dtype, const void **out)
{
	unsigned char *p = arena_alloc(&l->u->m->arena, 16);

	*out = p;
	switch (k->kind) {
	case C_INT:
		*dtype = DT_I64;
		put64(p, (uint64_t)k->v.i);
		return 8;
	case C_FLOAT:
		*dtype = DT_F64;
		put_double(p, k->v.f);
		return 8;
	case C_BOOL:
		*dtype = DT_BOOL;
		*p = k->v.i != 0;
		return 1;
	case C_COMPLEX:
		*dtype = DT_C128;
		put_double(p, k->v.f);
		put_double(p + 8, k->imag);
		return 16;
	case C_STR: case C_DEVICE: case C_ENUM: case C_FN: case C_NONE: case C_TUPLE: case C_ENTRY:
		break;
	}
	*dtype = DT_STR;
	*out = k->s != NULL ? k->s->s : "";
	return k->s != NULL ? k->s->len : 0;
}

static const struct str *
text_of(struct ts_lowering *l, const struct ts_const *k)
{
	struct sink s;
	const struct str *text;

	if (k->kind == C_NONE)
		return str_internz(&l->u->m->strs, "None");
	if (k->kind == C_BOOL)
		return str_internz(&l->u->m->strs, k->v.i ? "True" : "False");
	if (k->kind == C_STR || k->kind == C_DEVICE || k->kind == C_ENUM || k->kind == C_FN)
		return k->s != NULL ? k->s : l->u->m->empty;
	if (k->kind == C_INT)
		return str_internz(&l->u->m->strs, arena_printf(l->a, "%" PRId64, k->v.i));
	sink_init(&s, -1);
	sink_double(&s, k->v.f, false, false);
	if (k->kind == C_COMPLEX) {
		sink_puts(&s, k->imag < 0 ? "" : "+");
		sink_double(&s, k->imag, false, false);
		sink_puts(&s, "j");
	}
	text = str_find(&l->u->m->strs, s.buf, (uint32_t)s.n);
	if (text == NULL) {
		/* interning may leave: the sink must not be lost */
		char copy[96];
		uint32_t n = s.n < sizeof copy ? (uint32_t)s.n : sizeof copy;

		memcpy(copy, s.buf, n);
		sink_fini(&s);
		return str_intern(&l->u->m->strs, copy, n);
	}
	sink_fini(&s);
	return text;
}

/* Strings come with their length before them. */
static long
read_text(struct tensor_read *r, struct arena *scratch, void *buf, uint32_t n)
{
	const struct loc *at = &r->t->place;
	unsigned char head[4];
	uint32_t done = 0;
	long got;

	(void)scratch;
	for (int i = 0; i < 4; i++)
		head[i] = (unsigned char)(at->len >> (8 * i));
	while (done < n && r->state[0] < 4)
		((unsigned char *)buf)[done++] = head[r->state[0]++];
	if (done == n || r->state[0] - 4 >= at->len)
		return done;
	n = n - done < at->len - (r->state[0] - 4) ? n - done :
	    (uint32_t)(at->len - (r->state[0] - 4));
	got = source_read(at->src, at->off + r->state[0] - 4, (char *)buf + done, n);
	if (got < 0)
		return -1;
	r->state[0] += (uint64_t)got;
	return (long)done + got;
}
static const struct tensor_enc TEXT = { "literal", read_text };

struct tensor *
ts_literal(struct ts_lowering *l, const struct ts_const *k, const struct str **text)
{
	struct model *m = l->u->m;
	struct ts_literal *slot;
	const void *bytes;
	enum dtype dtype;
	uint32_t n;

	*text = text_of(l, k);
	if (k->kind == C_NONE || k->kind == C_TUPLE || k->kind == C_ENTRY || k->kind == C_FN)
		return NULL;
	n = bytes_of(l, k, &dtype, &bytes);
	grow(l);
	slot = slot_of(l, *text, dtype);
	if (slot->text != NULL)
		return slot->t;
	*slot = (struct ts_literal){ *text, dtype, arena_alloc(&m->arena, sizeof *slot->t) };
	l->nliterals++;
	slot->t->name = m->empty;
	slot->t->dtype = dtype;
	slot->t->numel = 1;
	slot->t->flags = TENSOR_LITERAL;
	slot->t->enc = dtype == DT_STR ? &TEXT : &TENSOR_RAW;
	slot->t->place = (struct loc){ source_memory(&m->arena, "literal", bytes, n), 0, n };
	return slot->t;
}

bool
ts_const_of(struct ts_unit *u, const struct pickle_value *v, struct ts_const *k)
{
	const char *s;

	*k = (struct ts_const){ .kind = C_NONE };
	if (v == NULL || v->kind == PK_NONE)
		return v != NULL;
	if (v->kind == PK_BOOL || v->kind == PK_INT) {
		k->kind = v->kind == PK_BOOL ? C_BOOL : C_INT;
		k->v.i = v->v.i;
		return true;
	}
	if (v->kind == PK_FLOAT) {
		k->kind = C_FLOAT;
		k->v.f = v->v.f;
		return true;
	}
	if ((s = pickle_str(v)) == NULL)
		return false;
	k->kind = C_STR;
	k->s = str_intern(&u->m->strs, s, (uint32_t)v->n);
	return true;
}
