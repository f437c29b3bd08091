/* SPDX-License-Identifier: Apache-2.0 */
/* Weights that were packed for kernels: objects made in C++, which the pickle
 * keeps as their state, or calls of functions that pack. Layouts:
 * facts/torchscript-format.md section 3. */
#include <stddef.h>
#include <string.h>

#include "read/torch/ts_object.h"

const char *const TS_STATE_NAME[] = { "state" };

/* Arguments of the functions, and states that are tuples of the same. */
static const struct row {
	const char *name;       /* of the class or function */
	const char *names[TS_PACKED_MAX];
} rows[] = {
	{ "LinearPackedParamsBase", { "weight", "bias" } },
	{ "linear_prepack", { "weight", "bias" } },
	{ "linear_prepack_fp16", { "weight", "bias" } },
	{ "conv1d_prepack", { "weight", "bias", "stride", "padding", "dilation", "groups" } },
	{ "conv2d_prepack", { "weight", "bias", "stride", "padding", "dilation", "groups" } },
	{ "conv3d_prepack", { "weight", "bias", "stride", "padding", "dilation", "groups" } },
	{ "conv_transpose1d_prepack", { "weight", "bias", "stride", "padding",
	    "output_padding", "dilation", "groups" } },
	{ "conv_transpose2d_prepack", { "weight", "bias", "stride", "padding",
	    "output_padding", "dilation", "groups" } },
	{ "conv_transpose3d_prepack", { "weight", "bias", "stride", "padding",
	    "output_padding", "dilation", "groups" } },
	{ "embedding_bag_prepack", { "weight" } }
};

/* Convolutions: ("2", [config tensor, weight], [bias]), or since then
 * (3, [config numbers], [None, weight, bias]); before, the arguments. */
static uint32_t
convolution(const struct pickle_value *state, struct pickle_value **parts,
    const char *const **names)
{
	static const char *const now[] = { "weight", "bias", "config" };
	static const char *const before[] = { "weight", "bias", "stride", "padding", "dilation",
		"groups" };
	struct pickle_value *first = ts_unwrap(pickle_item(state, 0));
	struct pickle_value *a = ts_unwrap(pickle_item(state, 1));
	struct pickle_value *b = ts_unwrap(pickle_item(state, 2));
	int64_t version;

	*names = now;
	if (pickle_int(first, &version)) {
		parts[0] = pickle_item(b, 1);
		parts[1] = pickle_item(b, 2);
		parts[2] = a;
		return 3;
	}
	if (pickle_str(first) != NULL) {
		parts[0] = pickle_item(a, 1);
		parts[1] = pickle_item(b, 0);
		parts[2] = pickle_item(a, 0);
		return 3;
	}
	*names = before;
	for (uint32_t i = 0; i < 6; i++)
		parts[i] = pickle_item(state, i);
	return first != NULL ? 6 : 0;
}

/* (version, [weight], [], [bit rate]) */
static uint32_t
embedding(const struct pickle_value *state, struct pickle_value **parts,
    const char *const **names)
{
	static const char *const list[] = { "weight", "bit_rate" };

	*names = list;
	parts[0] = pickle_item(ts_unwrap(pickle_item(state, 1)), 0);
	parts[1] = pickle_item(ts_unwrap(pickle_item(state, 3)), 0);
	return parts[0] != NULL ? 2 : 0;
}

uint32_t
ts_packed(const struct pickle_value *v, struct pickle_value *parts[TS_PACKED_MAX],
    const char *const **names)
{
	const struct pickle_value *callee = v->kind == PK_CALL ? v->v.call->callee : NULL;
	const struct pickle_value *state;
	const char *name;
	uint32_t n = 0;

	if (callee == NULL || callee->kind != PK_GLOBAL || callee->v.global.name == NULL)
		return 0;
	name = callee->v.global.name;
	state = v->v.call->made ? ts_state(v) : v->v.call->args;
	if (state == NULL || state->kind != PK_TUPLE)
		return 0;
	if (strncmp(name, "Conv", 4) == 0 && strstr(name, "PackedParamsBase") != NULL)
		return convolution(state, parts, names);
	if (strcmp(name, "EmbeddingPackedParamsBase") == 0)
		return embedding(state, parts, names);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		*names = rows[i].names;
		while (n < TS_PACKED_MAX && n < state->n && rows[i].names[n] != NULL) {
			parts[n] = pickle_item(state, n);
			n++;
		}
	}
	return n;
}
