/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed weights in words and in JSON. */
#include <inttypes.h>

#include "base/sink.h"
#include "ops/packing.h"
#include "report/json.h"
#include "report/packing.h"

static bool
is_palette(const struct packing *p)
{
	return p->form == PACKING_PALETTE || p->form == PACKING_SPARSE_PALETTE;
}

static bool
is_scaled(const struct packing *p)
{
	return p->form == PACKING_AFFINE || p->form == PACKING_BLOCKS ||
	    p->form == PACKING_SPARSE_BLOCKS;
}

static bool
is_sparse(const struct packing *p)
{
	return p->form >= PACKING_SPARSE_PALETTE || p->form == PACKING_SPARSE;
}

/* Elements along a dim that share a palette or scale. */
static int64_t
block_of(const struct packing *p, uint32_t d)
{
	return p->dims[d] / p->groups[d];
}

/* The only dim along which there are several groups; rank: none or more. */
static uint32_t
group_axis(const struct packing *p, uint32_t *ngrouped)
{
	uint32_t axis = p->rank;

	*ngrouped = 0;
	for (uint32_t d = 0; d < p->rank; d++) {
		if (p->groups[d] == 1)
			continue;
		axis = d;
		++*ngrouped;
	}
	return *ngrouped == 1 ? axis : p->rank;
}

static void
text_groups(struct sink *out, const struct packing *p)
{
	uint32_t ngrouped, axis = group_axis(p, &ngrouped);

	if (ngrouped == 0)
		return;
	if (axis < p->rank && block_of(p, axis) == 1) {
		sink_printf(out, " per element of dim %" PRIu32, axis);
	} else if (axis < p->rank) {
		sink_printf(out, " per %" PRIi64 " of dim %" PRIu32, block_of(p, axis), axis);
	} else {
		sink_puts(out, " per block [");
		for (uint32_t d = 0; d < p->rank; d++)
			sink_printf(out, d ? ",%" PRIi64 : "%" PRIi64, block_of(p, d));
		sink_puts(out, "]");
	}
}

void
text_packing_kind(struct sink *out, const struct packing *p)
{
	if (is_sparse(p))
		sink_puts(out, "sparse ");
	if (p->form == PACKING_SPARSE)
		sink_puts(out, dtype_name(p->from));
	if (is_palette(p))
		sink_printf(out, p->vector > 1 ? "%u-bit vector palette" : "%u-bit palette",
		    dtype_bits(p->from));
	else if (is_scaled(p))
		sink_printf(out, p->form == PACKING_AFFINE ? "%s affine" : "%s blocks",
		    dtype_name(p->from));
	else if (p->form == PACKING_CAST)
		sink_printf(out, "%s cast", dtype_name(p->from));
}

void
text_packing(struct sink *out, const struct packing *p)
{
	text_packing_kind(out, p);
	if (p->why != NULL) {
		sink_printf(out, " that cannot be unpacked: %s", p->why);
		return;
	}
	if (is_palette(p) && p->vector > 1)
		sink_printf(out, " of %" PRIu64 " vectors of %" PRIu64 " %s along dim %" PRIu32,
		    p->entries, p->vector, dtype_name(p->to), p->vector_axis);
	else if (is_palette(p))
		sink_printf(out, " of %" PRIu64 " %s", p->entries, dtype_name(p->to));
	else if (p->form != PACKING_SPARSE)
		sink_printf(out, " to %s", dtype_name(p->to));
	if (is_scaled(p))
		sink_puts(out, !p->offset.given ? ", scale" :
		    p->form == PACKING_AFFINE ? ", scale and zero point" : ", scale and offset");
	text_groups(out, p);
	if (is_sparse(p))
		sink_printf(out, ", %" PRIu64 " of %" PRIu64 " kept", p->count * p->vector,
		    p->numel);
}

static void
json_dims(struct json *j, const char *key, const struct packing *p, bool block)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t d = 0; d < p->rank; d++)
		json_i64(j, block ? block_of(p, d) : p->dims[d]);
	json_close(j, ']');
}

static void
json_axis(struct json *j, const char *key, const struct packing *p, uint32_t axis)
{
	json_key(j, key);
	if (axis < p->rank)
		json_u64(j, axis);
	else
		json_null(j);
}

void
json_packing(struct json *j, const struct packing *p)
{
	uint32_t ngrouped;

	json_open(j, '{');
	json_member(j, "form", packing_name(p->form));
	json_member_u64(j, "bits", dtype_bits(p->from));
	json_member(j, "from", dtype_name(p->from));
	json_member(j, "to", dtype_name(p->to));
	json_dims(j, "dims", p, false);
	if (is_palette(p) || is_scaled(p)) {
		json_dims(j, "block", p, true);
		json_axis(j, "axis", p, group_axis(p, &ngrouped));
	}
	if (is_palette(p)) {
		json_member_u64(j, "entries", p->entries);
		json_member_u64(j, "vector", p->vector);
		json_axis(j, "vector_axis", p, p->vector > 1 ? p->vector_axis : p->rank);
	}
	if (is_scaled(p))
		json_member_bool(j, "offset", p->offset.given);
	if (is_sparse(p))
		json_member_u64(j, "kept", p->count * p->vector);
	json_member_u64(j, "stored_bytes", p->stored);
	json_member(j, "problem", p->why);
	json_close(j, '}');
}
