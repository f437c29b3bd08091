/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that look for each number of the result at a place of the operand. */
#include <math.h>
#include <string.h>

#include "exec/kernel.h"
#include "base/str.h"
#include "infer/axes.h"

/* Each result is the operand's at what fn makes of its place; negative: a filling. */
typedef int64_t place_fn(int64_t at, int64_t size, const double *arg);

static void
remap(const struct array *x, struct array *to, place_fn *fn, const double arg[][2], double fill)
{
	int64_t at[EXEC_RANK] = { 0 };

	for (uint64_t i = 0; i < to->n; i++) {
		int64_t from = 0;

		for (uint32_t d = 0; d < to->rank && from >= 0; d++) {
			int64_t p = fn(at[d], x->dims[d], arg[d]);

			from = p < 0 || p >= x->dims[d] ? -1 : from * x->dims[d] + p;
		}
		to->v[i] = from < 0 ? fill : x->v[from];
		for (uint32_t d = to->rank; d-- > 0 && ++at[d] == to->dims[d];)
			at[d] = 0;
	}
}

static int64_t
at_constant(int64_t at, int64_t size, const double *arg)
{
	(void)size;
	return at - (int64_t)arg[0];
}

static int64_t
at_edge(int64_t at, int64_t size, const double *arg)
{
	at -= (int64_t)arg[0];
	return at < 0 ? 0 : at >= size ? size - 1 : at;
}

static int64_t
at_mirror(int64_t at, int64_t size, const double *arg)
{
	at -= (int64_t)arg[0];
	at = at < 0 ? -at : at;
	return at >= size ? 2 * (size - 1) - at : at;
}

static int64_t
at_wrap(int64_t at, int64_t size, const double *arg)
{
	at -= (int64_t)arg[0];
	return size > 0 ? ((at % size) + size) % size : 0;
}

static place_fn *
mode_of(struct exec *e)
{
	struct setting mode;

	if (strncmp(e->name, "reflection", 10) == 0)
		return at_mirror;
	if (strncmp(e->name, "replication", 11) == 0)
		return at_edge;
	exec_word(e, "mode", &mode);
	if (strcmp(mode.text, "reflect") == 0)
		return at_mirror;
	if (strcmp(mode.text, "edge") == 0 || strcmp(mode.text, "replicate") == 0)
		return at_edge;
	if (strcmp(mode.text, "wrap") == 0 || strcmp(mode.text, "circular") == 0)
		return at_wrap;
	e->lost |= mode.text[0] != '\0' && strcmp(mode.text, "constant") != 0;
	return at_constant;
}

/* Of ONNX what is added may be computed on the way. */
static bool
room_of(struct exec *e, const struct array *x, double room[EXEC_RANK][2])
{
	struct setting pads;
	struct axes axes;

	if (axes_of_pad(&e->in, e->n, &axes)) {
		for (uint32_t i = 0; i < axes.n; i++) {
			room[i][0] = axes.lo[i];
			room[i][1] = axes.hi[i];
		}
		return axes.n == x->rank;
	}
	if (e->in.model->dialect != DIALECT_ONNX || exec_arg(e, "axes") != NULL ||
	    !exec_numbers(e, "pads", &pads) || pads.n != 2 * x->rank)
		return false;
	for (uint32_t i = 0; i < x->rank; i++) {
		room[i][0] = pads.v[i];
		room[i][1] = pads.v[x->rank + i];
	}
	return true;
}

static void
pad(struct exec *e)
{
	double room[EXEC_RANK][2] = { { 0 } };
	const struct array *x = exec_main(e);
	int64_t dims[EXEC_RANK] = { 0 };
	struct array *to;

	if (x == NULL)
		return;
	e->lost |= !room_of(e, x, room);
	for (uint32_t i = 0; i < x->rank; i++)
		dims[i] = x->dims[i] + exec_whole(e, room[i][0]) +
		    exec_whole(e, room[i][1]);
	if (e->lost || (to = exec_make(e, x->rank, dims)) == NULL)
		return;
	remap(x, to, mode_of(e), (const double (*)[2])room,
	    exec_number(e, "value constant_value constant_val", 0));
	exec_put(e, 0, to);
}

static int64_t
at_reverse(int64_t at, int64_t size, const double *arg)
{
	return arg[0] != 0 ? size - 1 - at : at;
}

static void
flip(struct exec *e)
{
	double turned[EXEC_RANK][2] = { { 0 } };
	const struct array *x = exec_main(e);
	struct array *to = exec_like(e, x);
	struct setting axes;

	if (to == NULL)
		return;
	exec_numbers(e, "dims axes", &axes);
	for (uint32_t i = 0; i < x->rank && axes.n == 0; i++)
		turned[i][0] = 1;
	for (uint32_t i = 0; i < axes.n; i++) {
		uint32_t axis = exec_axis_at(e, axes.v[i], x->rank);

		if (!e->lost)
			turned[axis][0] = 1;
	}
	remap(x, to, at_reverse, (const double (*)[2])turned, 0);
	exec_put(e, 0, to);
}

static void
roll(struct exec *e)
{
	double by[EXEC_RANK][2] = { { 0 } };
	const struct array *x = exec_main(e);
	struct array *to = exec_like(e, x);
	struct setting shifts, axes;

	if (to == NULL)
		return;
	e->lost |= !exec_numbers(e, "shifts", &shifts);
	for (uint32_t i = 0; i < shifts.n; i++)
		exec_whole(e, shifts.v[i]);
	if (!exec_numbers(e, "dims", &axes)) { /* all as one axis */
		for (uint64_t i = 0; i < x->n && !e->lost; i++)
			to->v[i] = x->v[at_wrap((int64_t)i, (int64_t)x->n, shifts.v)];
		exec_put(e, 0, to);
		return;
	}
	e->lost |= axes.n != shifts.n;
	for (uint32_t i = 0; i < axes.n && !e->lost; i++) {
		uint32_t axis = exec_axis_at(e, axes.v[i], x->rank);

		if (!e->lost)
			by[axis][0] += shifts.v[i];
	}
	remap(x, to, at_wrap, (const double (*)[2])by, 0);
	exec_put(e, 0, to);
}

/* The operand again and again along each axis. */
static void
tile(struct exec *e)
{
	const struct array *x = exec_main(e);
	double none[EXEC_RANK][2] = { { 0 } };
	int64_t dims[EXEC_RANK];
	struct array *to, wide;
	struct setting reps;

	if (x == NULL)
		return;
	e->lost |= !exec_numbers(e, "reps repeats dims", &reps) || reps.n > EXEC_RANK;
	if (e->lost)
		return;
	wide = *x;
	wide.rank = x->rank > reps.n ? x->rank : reps.n;
	for (uint32_t i = 0; i < wide.rank; i++) {
		uint32_t off = wide.rank - x->rank, first = wide.rank - reps.n;

		wide.dims[i] = i < off ? 1 : x->dims[i - off];
		dims[i] = wide.dims[i] * (i < first ? 1 : exec_whole(e, reps.v[i - first]));
	}
	if ((to = exec_make(e, wide.rank, dims)) == NULL)
		return;
	remap(&wide, to, at_wrap, (const double (*)[2])none, 0);
	exec_put(e, 0, to);
}

static int64_t
at_part(int64_t at, int64_t size, const double *arg)
{
	(void)size;
	return at / (int64_t)arg[0];
}

static void
interleave(struct exec *e)
{
	const struct array *x = exec_main(e);
	double each[EXEC_RANK][2], n = exec_number(e, "repeats", NAN);
	int64_t dims[EXEC_RANK];
	struct array *to;
	uint32_t axis;

	if (x == NULL || !(n >= 1))
		return;
	axis = exec_axis(e, "dim", NAN, x->rank);
	for (uint32_t i = 0; i < x->rank; i++) {
		each[i][0] = i == axis ? n : 1;
		dims[i] = x->dims[i] * (int64_t)each[i][0];
	}
	if (e->lost || (to = exec_make(e, x->rank, dims)) == NULL)
		return;
	remap(x, to, at_part, (const double (*)[2])each, 0);
	exec_put(e, 0, to);
}

/* Blocks of b x b between space and depth: are the channels of a block neighbours, or those of
 * its places? */
static void
move_blocks(struct exec *e, int64_t b, bool to_space, bool neighbours)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_typed(e, 0);
	const struct array *deep = to_space ? x : to, *wide = to_space ? to : x;
	int64_t c, h, w;

	if (x == NULL || to == NULL)
		return;
	e->lost |= x->rank < 3 || to->rank != x->rank || x->n != to->n || b < 1 || b > 1 << 15;
	if (e->lost)
		return;
	c = wide->dims[x->rank - 3];
	h = deep->dims[x->rank - 2];
	w = deep->dims[x->rank - 1];
	e->lost |= c * b * b != deep->dims[x->rank - 3] || wide->dims[x->rank - 2] != h * b;
	for (uint64_t i = 0; i < x->n && !e->lost; i++) {
		int64_t at = (int64_t)i, x1 = at % (w * b), y1, ch, n, from;

		at /= w * b;
		y1 = at % (h * b);
		at /= h * b;
		ch = at % c;
		n = at / c;
		from = neighbours ? (ch * b + y1 % b) * b + x1 % b :
		    ((y1 % b) * b + x1 % b) * c + ch;
		from = ((n * c * b * b + from) * h + y1 / b) * w + x1 / b;
		to->v[to_space ? (int64_t)i : from] = x->v[to_space ? from : (int64_t)i];
	}
	exec_put(e, 0, to);
}

static void
blocks(struct exec *e)
{
	bool to_space, torch;
	struct setting mode;

	exec_word(e, "mode", &mode);
	torch = strncmp(e->name, "pixel", 5) == 0;
	to_space = strcmp(e->name, "pixelshuffle") == 0 || strcmp(e->name, "depthtospace") == 0;
	move_blocks(e, exec_whole(e, exec_number(e, "upscale_factor downscale_factor blocksize "
	    "block_size", 0)), to_space, torch || strcmp(mode.text, "CRD") == 0);
}

/* Zeros beyond so many diagonals below and above; negative: none. */
static void
keep_band(struct exec *e, double lower, double upper, bool signs)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_like(e, x);
	int64_t w, h;

	if (to == NULL || x->rank < 2)
		return;
	w = x->dims[x->rank - 1];
	h = x->dims[x->rank - 2];
	for (uint64_t i = 0; i < x->n; i++) {
		double row = (double)((int64_t)i / w % h), column = (double)((int64_t)i % w);
		bool kept = ((!signs && lower < 0) || row - column <= lower) &&
		    ((!signs && upper < 0) || column - row <= upper);

		to->v[i] = kept ? x->v[i] : 0;
	}
	exec_put(e, 0, to);
}

static void
triangle(struct exec *e)
{
	double k = exec_number(e, "diagonal k", 0);
	bool upper = strcmp(e->name, "triu") == 0 ||
	    (strcmp(e->name, "trilu") == 0 && exec_number(e, "upper", 1) != 0);

	if (strcmp(e->name, "bandpart") == 0)
		keep_band(e, exec_number(e, "lower", -1), exec_number(e, "upper", -1), false);
	else
		keep_band(e, upper ? -k : INFINITY, upper ? INFINITY : k, true);
}

kernel_fn *
kernel_remap(const struct exec *e)
{
	static const struct kernel_op ops[] = {
		{ "pad", "aom", pad }, { "constantpadnd reflectionpad1d reflectionpad2d "
		    "reflectionpad3d replicationpad1d replicationpad2d replicationpad3d",
		    "a", pad },
		{ "flip", "a", flip }, { "reverse", "m", flip }, { "roll", "a", roll },
		{ "tile", "aom", tile }, { "repeat", "a", tile },
		{ "repeatinterleave", "a", interleave },
		{ "pixelshuffle pixelunshuffle depthtospace spacetodepth", "aom", blocks },
		{ "triu tril trilu bandpart", "aom", triangle }
	};

	return kernel_find(ops, sizeof ops / sizeof *ops, e);
}
