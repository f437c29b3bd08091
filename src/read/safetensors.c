/* SPDX-License-Identifier: Apache-2.0 */
/* safetensors: eight bytes of length, a JSON object of that length, then the
 * bytes of all tensors, packed and little-endian. Source: the format's README
 * (huggingface/safetensors). */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/formats.h"
#include "read/json_in.h"
#include "read/nograph.h"

struct reading {
	struct ctx *ctx;
	struct model *m;
	struct arena scratch;
	struct json_in j;
	uint64_t data;     /* where the bytes of tensors begin */
};

static enum dtype
dtype_of(const struct json_in_text *t)
{
	static const struct { const char *name; enum dtype dt; } names[] = {
		{ "F64", DT_F64 }, { "F32", DT_F32 }, { "F16", DT_F16 }, { "BF16", DT_BF16 },
		{ "I64", DT_I64 }, { "I32", DT_I32 }, { "I16", DT_I16 }, { "I8", DT_I8 },
		{ "U64", DT_U64 }, { "U32", DT_U32 }, { "U16", DT_U16 }, { "U8", DT_U8 },
		{ "BOOL", DT_BOOL }, { "F8_E4M3", DT_F8E4M3FN }, { "F8_E5M2", DT_F8E5M2 },
		{ "F8_E8M0", DT_F8E8M0 }, { "F4", DT_F4E2M1 }, { "C64", DT_C64 }
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i].name) == t->n && memcmp(names[i].name, t->s, t->n) == 0)
			return names[i].dt;
	return DT_NONE;
}

static uint32_t
read_ints(struct reading *r, int64_t **list)
{
	uint32_t n = 0;

	*list = NULL;
	if (!json_in_open(&r->j, JSON_IN_ARRAY))
		return 0;
	while (json_in_item(&r->j)) {
		*list = arena_grow(&r->m->arena, *list, n, sizeof **list);
		(*list)[n] = -1;
		json_in_int(&r->j, &(*list)[n]);
		n++;
	}
	return n;
}

static void
place(struct reading *r, struct tensor *t, const int64_t *range, uint32_t n)
{
	uint64_t all = r->m->source->size - r->data;

	if (n == 2 && range[0] >= 0 && range[1] >= range[0] && (uint64_t)range[1] <= all &&
	    (uint64_t)(range[1] - range[0]) == tensor_bytes(t) && !(t->flags & TENSOR_BAD_DIMS)) {
		t->enc = &TENSOR_RAW;
		t->place = (struct loc){ r->m->source, r->data + (uint64_t)range[0],
		    (uint64_t)(range[1] - range[0]) };
		t->stored = t->place.len;
		return;
	}
	t->flags |= TENSOR_MISSING;
	diag_add(r->ctx, DIAG_DATA_OUTSIDE, &(struct where){ .loc = t->loc },
	    "'%s' does not lie in the file as it says, or not with as many bytes as its shape "
	    "needs; its data is not shown", t->name->s);
}

static void
read_tensor(struct reading *r, const struct str *name)
{
	static const char *const names[] = { "dtype", "shape", "data_offsets", NULL };
	struct tensor *t = arena_alloc(&r->m->arena, sizeof *t);
	struct json_in_text text;
	int64_t *range = NULL, *dims = NULL;
	uint32_t nrange = 0, rank = 0;
	int i;

	t->name = name;
	t->enc = &TENSOR_NONE;
	t->loc = (struct loc){ r->m->source, 8 + json_in_at(&r->j), 0 };
	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == 0 && json_in_string(&r->j, &text))
			t->dtype = dtype_of(&text);
		else if (i == 1)
			rank = read_ints(r, &dims);
		else if (i == 2)
			nrange = read_ints(r, &range);
	}
	tensor_set_dims(t, dims, rank);
	place(r, t, range, nrange);
	nograph_add(r->m, name, t);
}

static void
read_metadata(struct reading *r)
{
	struct json_in_text key, t;
	const struct str *name;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while (json_in_key(&r->j, &key)) {
		name = str_intern(&r->m->strs, key.s, key.n);
		if (json_in_string(&r->j, &t))
			model_add_meta(r->m, name, str_intern(&r->m->strs, t.s, t.n));
	}
}

static void
read_all(void *arg)
{
	struct reading *r = arg;
	const struct source *src = r->m->source;
	struct json_in_text key;
	const struct str *name;
	unsigned char b[8];
	uint64_t n = 0;

	nograph_begin(r->m, "weights", "safetensors");
	for (int i = source_read(src, 0, b, 8) == 8 ? 8 : 0; i-- > 0;)
		n = n << 8 | b[i];
	if (n > src->size - 8) {
		r->m->partial = true;
		diag_add(r->ctx, DIAG_READ_FAILED, &(struct where){ .loc = { src, 0, 8 } },
		    "the header should have %" PRIu64 " bytes, more than the file; it was read as "
		    "far as it goes", n);
		n = src->size - 8;
	}
	r->data = 8 + n;
	json_in_init(&r->j, r->ctx, source_slice(&r->m->arena, src->name, src, 8, n),
	    &r->scratch);
	if (json_in_open(&r->j, JSON_IN_OBJECT))
		while (json_in_key(&r->j, &key)) {
			name = str_intern(&r->m->strs, key.s, key.n);
			if (strcmp(name->s, "__metadata__") == 0)
				read_metadata(r);
			else
				read_tensor(r, name);
		}
	json_in_end(&r->j);
	r->m->partial |= r->j.stopped;
	nograph_end(r->ctx, r->m, "weights by name, in the safetensors form",
	    "build the module in Python, load them with safetensors.torch.load_model(), then "
	    "torch.export.export() it and torch.export.save() that");
}

void
safetensors_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	struct reading r = { .ctx = ctx, .m = m };

	(void)opts;
	arena_init(&r.scratch, ctx);
	if (ctx_protect(ctx, read_all, &r) != 0) {
		m->partial = true;
		model_drop_graphs(m);
	}
	arena_free(&r.scratch);
}
