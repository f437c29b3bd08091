/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/sink.h"
#include "base/str.h"
#include "convert/parity.h"
#include "ir/graph.h"

/* Tolerances are those of testing in PyTorch, a little wider: two libraries add in
 * different orders. */
static const struct { const char *numpy; enum dtype dtype; double absolute, relative; }
types[] = {
	{ "float32", DT_F32, 1e-5, 1e-4 }, { "float64", DT_F64, 1e-10, 1e-7 },
	{ "float16", DT_F16, 1e-3, 1e-2 }, { "int64", DT_I64, 0, 0 }, { "int32", DT_I32, 0, 0 },
	{ "int16", DT_I16, 0, 0 }, { "int8", DT_I8, 0, 0 }, { "uint8", DT_U8, 0, 0 },
	{ "bool", DT_BOOL, 0, 0 }
};

enum dtype
parity_dtype(const char *numpy)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].numpy, numpy) == 0)
			return types[i].dtype;
	return DT_NONE;
}

void
parity_tolerance(enum dtype t, double *absolute, double *relative)
{
	*absolute = *relative = 0;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].dtype == t) {
			*absolute = types[i].absolute;
			*relative = types[i].relative;
		}
}

static void
note(struct parity_error *e, double wanted, double got, double absolute, double relative)
{
	double d = fabs(got - wanted);

	if (wanted == got || (isnan(wanted) && isnan(got)))
		return;
	if (isnan(d) || isinf(d)) {
		e->absolute = e->relative = INFINITY;
		e->over++;
		return;
	}
	e->absolute = d > e->absolute ? d : e->absolute;
	if (wanted != 0 && d / fabs(wanted) > e->relative)
		e->relative = d / fabs(wanted);
	e->over += d > absolute + relative * fabs(wanted);
}

struct parity_error
parity_compare(const char *wanted, const char *got, enum dtype t, uint64_t n)
{
	struct parity_error e = { .known = false };
	FILE *a = fopen(wanted, "rb"), *b = fopen(got, "rb");
	unsigned char x[8192], y[8192];
	size_t size = dtype_bits(t) == 0 ? 1 : (dtype_bits(t) + 7) / 8, k, m;
	double absolute, relative;
	uint64_t done = 0;

	parity_tolerance(t, &absolute, &relative);
	while (a != NULL && b != NULL && done < n) {
		k = fread(x, size, sizeof x / size, a);
		m = fread(y, size, sizeof y / size, b);
		if (k == 0 || k != m)
			break;
		for (size_t i = 0; i < k; i++)
			note(&e, dtype_get(t, x, i), dtype_get(t, y, i), absolute, relative);
		done += k;
	}
	e.known = a != NULL && b != NULL && done == n;
	if (a != NULL)
		fclose(a);
	if (b != NULL)
		fclose(b);
	return e;
}

/* The value of that name in a graph; NULL: none, or no node makes it. */
static const struct value *
made_as(const struct graph *g, const char *name)
{
	for (uint32_t i = 0; i < g->nnodes; i++)
		for (uint32_t k = 0; k < g->nodes[i]->nout; k++)
			if (g->nodes[i]->out[k] != NULL &&
			    strcmp(g->nodes[i]->out[k]->name->s, name) == 0)
				return g->nodes[i]->out[k];
	return NULL;
}

/* Which values of the ONNX graph are aligned, by id. */
struct aligning {
	struct arena *a;
	const struct model *onnx;
	bool *aligned;
	uint32_t *seen, now;       /* by id: the tensor that saw it last */
	struct parity_tensor *t;
};

/* Walk back from a node to what is aligned or given. */
static void
find_feeds(struct aligning *s, const struct node *n, uint32_t depth)
{
	for (uint32_t i = 0; i < n->nin && depth < 500; i++) {
		const struct value *v = n->in[i];

		if (v == NULL || s->seen[v->id] == s->now)
			continue;
		s->seen[v->id] = s->now;
		if (s->aligned[v->id] || (v->producer == NULL && v->flags & VALUE_INPUT &&
		    !(v->flags & VALUE_INITIALIZER))) {
			s->t->feeds = arena_grow(s->a, s->t->feeds, s->t->nfeeds,
			    sizeof *s->t->feeds);
			s->t->feeds[s->t->nfeeds++] = v->name;
		} else if (v->producer != NULL) {
			find_feeds(s, v->producer, depth + 1);
		}
	}
}

void
parity_align(struct parity *p, struct arena *a, const struct model *program,
    const struct model *onnx)
{
	struct aligning s = { .a = a, .onnx = onnx };
	const struct value **made;

	memset(p, 0, sizeof *p);
	s.aligned = arena_array(a, onnx->nvalues + 1, sizeof *s.aligned);
	made = arena_array(a, program->nvalues + 1, sizeof *made);
	for (uint32_t i = 0; i < program->main->nnodes; i++) {
		const struct node *n = program->main->nodes[i];

		for (uint32_t k = 0; k < n->nout; k++) {
			const struct value *v = n->out[k] == NULL ? NULL :
			    made_as(onnx->main, n->out[k]->name->s);

			p->unaligned += n->out[k] != NULL && v == NULL;
			if (v == NULL)
				continue;
			p->list = arena_grow(a, p->list, p->n, sizeof *p->list);
			p->list[p->n] = (struct parity_tensor){ .name = v->name };
			made[p->n++] = v;
			s.aligned[v->id] = true;
		}
	}
	s.seen = arena_array(a, onnx->nvalues + 1, sizeof *s.seen);
	for (uint32_t i = 0; i < p->n; i++) {
		s.t = &p->list[i];
		s.now = i + 1;
		find_feeds(&s, made[i]->producer, 0);
	}
}

static void
put_name(struct sink *out, const struct str *name, uint32_t i)
{
	sink_puts(out, i > 0 ? "," : "");
	sink_json(out, name->s, name->len);
}

void
parity_json(struct sink *out, const struct parity *p, const char *program, const char *onnx,
    const char *folder, uint32_t batch)
{
	sink_puts(out, "{\"do\":\"parity\",\"model\":");
	sink_jsonz(out, program);
	sink_puts(out, ",\"onnx\":");
	sink_jsonz(out, onnx);
	sink_puts(out, ",\"folder\":");
	sink_jsonz(out, folder);
	sink_printf(out, ",\"batch\":%u,\"names\":[", batch);
	for (uint32_t i = 0; i < p->n; i++)
		put_name(out, p->list[i].name, i);
	sink_puts(out, "],\"feeds\":[");
	for (uint32_t i = 0; i < p->n; i++) {
		sink_puts(out, i > 0 ? ",[" : "[");
		for (uint32_t k = 0; k < p->list[i].nfeeds; k++)
			put_name(out, p->list[i].feeds[k], k);
		sink_puts(out, "]");
	}
	sink_puts(out, "]}");
}
