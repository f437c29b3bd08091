/* SPDX-License-Identifier: Apache-2.0 */
/* A tensor is a place, not bytes: dtype, shape and where the payload lies.
 * Nothing is read until somebody asks, and then in pieces. */
#ifndef IR_TENSOR_H
#define IR_TENSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/dtype.h"

struct arena;
struct ctx;
struct node;
struct str;
struct strided;
struct tensor;

/* State of a sequential read. */
struct tensor_read {
	const struct tensor *t;
	uint64_t done;       /* payload bytes delivered: tensor_next counts them */
	struct window *win;  /* the encoding's, from the scratch arena */
	uint64_t state[4];   /* the encoding's own */
};

/* How the payload is stored. Each reader brings its own rows; RAW below is
 * the plain one. */
struct tensor_enc {
	const char *name; /* "raw", "typed", "external", "sparse", ... shown to people */
	/* Deliver up to n more bytes of payload as packed little-endian
	 * elements. Returns how many (0 = end), or -1: damaged, or not readable. */
	long (*read)(struct tensor_read *, struct arena *scratch, void *buf, uint32_t n);
};
extern const struct tensor_enc TENSOR_RAW;  /* place holds the payload as it is */
extern const struct tensor_enc TENSOR_NONE; /* no payload in the file */
extern const struct tensor_enc TENSOR_ITEMS[]; /* by form of struct items: payloads are theirs */

enum tensor_flag {
	TENSOR_EXTERNAL = 1, /* payload in a side file */
	TENSOR_MISSING = 2,  /* the side file is not there, refused or too short */
	TENSOR_SCALAR_LIST = 4, /* made from an attribute's list of numbers */
	TENSOR_BAD_DIMS = 8, /* negative dim or overflow: numel is 0 or UINT64_MAX */
	TENSOR_SEGMENT = 16, /* the obsolete segment field is set */
	TENSOR_MISFIT = 32,  /* its values are not as many as its layer asks for */
	TENSOR_LITERAL = 64  /* a number or text of a program, no tensor there */
};

struct tensor {
	const struct str *name;  /* "" when it has none */
	enum dtype dtype;
	int32_t dtype_raw;       /* the file's own number */
	uint32_t rank;
	uint32_t flags;          /* enum tensor_flag */
	const int64_t *dims;
	uint64_t numel;          /* product of dims; negative dims count as 0 */
	const struct tensor_enc *enc;
	struct loc place;        /* of the payload, or of the message that holds it */
	struct loc loc;          /* of the whole tensor message */
	struct external *ext;    /* side file as written, or NULL */
	struct sparse *sparse;   /* indices of a sparse tensor, or NULL */
	const struct strided *view; /* of a storage it shares (read/torch/strided.h), or NULL */
	struct items *items;     /* what a list, tuple or dictionary holds, or NULL */
	const struct quant *quant; /* numbers that its integers stand for, or NULL */
	uint64_t fields;         /* bit per field number that was set: for lint */
	uint64_t stored;         /* bytes of the value field as encoded in the file */
};

/* external_data of ONNX, as written and as checked (facts/onnx-format.md 6). */
struct external {
	const struct str *location; /* "" when absent */
	const struct str *checksum; /* or NULL */
	uint64_t offset, length;    /* length UINT64_MAX = to the end */
	uint64_t file_size;         /* of the side file when it was found */
	uint32_t records;           /* that a weight file of Core ML says it has */
	enum { EXT_UNCHECKED, EXT_OK, EXT_ABSENT, EXT_REFUSED, EXT_SHORT } status;
	const char *why;            /* sentence when refused or short; arena */
	bool found;                 /* something is there, whatever the status */
	bool odd;                   /* refused for its text alone: a colon, a control */
	bool bad_number;            /* offset or length is no decimal number */
};

struct sparse {
	struct tensor *values, *indices;
};

/* A value that is no tensor: its parts in file order, of a dictionary keys
 * and values in turn, of an object names and values. A part that has neither
 * items nor an element type is None, or what was not followed. */
struct items {
	enum items_form { ITEMS_LIST, ITEMS_TUPLE, ITEMS_DICT, ITEMS_OBJECT } form;
	struct tensor **list;
	uint32_t n;
	bool cut;                  /* there is more than is listed */
	bool held_cut;             /* the same of anything in it; these by ir/held.h: */
	struct tensor **held;      /* all tensors in it */
	uint32_t nheld;
	uint64_t held_bytes;
	const struct str *name;    /* class of an object, else NULL */
};

/* A number is scale * (stored - zero point): quantised tensors of PyTorch. */
struct quant {
	const char *scheme;        /* "per_tensor_affine", "per_channel_affine", ... */
	double scale;              /* of the whole tensor, when scales is NULL */
	int64_t zero_point;
	struct tensor *scales, *zero_points; /* along the axis */
	int64_t axis;
};

/* Payload bytes that dtype and dims ask for (0 for strings; saturates). */
uint64_t tensor_bytes(const struct tensor *);
/* Bytes of all constants that a node reads, as they are stored; of unknown ones 0. */
uint64_t node_constant_bytes(const struct node *);

/* Set rank, dims, numel and TENSOR_BAD_DIMS; dims is kept, not copied. */
void tensor_set_dims(struct tensor *, const int64_t *dims, uint32_t rank);
/* Are the sizes the same, but for axes of one? */
bool dims_alike(const int64_t *a, uint32_t na, const int64_t *b, uint32_t nb);

void tensor_open(struct tensor_read *, const struct tensor *);
/* See tensor_enc.read; ends where dtype and dims say, even when the file has
 * more. */
long tensor_next(struct tensor_read *, struct arena *scratch, void *buf, uint32_t n);
/* The same until n bytes are there: fewer only at the end or before damage. */
long tensor_fill(struct tensor_read *, struct arena *scratch, void *buf, uint32_t n);

/* First max elements as bytes into buf (max elements must fit); returns how
 * many whole elements came. */
uint64_t tensor_first(const struct tensor *, struct arena *scratch, void *buf,
    uint64_t max);

/* The text of a single string shorter than size, with a NUL; false: t (which may
 * be NULL) is no such tensor. */
bool tensor_word(const struct tensor *t, struct arena *scratch, char *buf, uint32_t size);

struct tensor_stats {
	uint64_t n;          /* elements read */
	uint64_t nan, inf, minus_inf, zero, negative; /* inf: of either sign */
	uint64_t over_f16;   /* finite, magnitude above 65504 */
	uint64_t tiny_f16;   /* non-zero, below the smallest float16 subnormal */
	double min, max;     /* of the finite ones, as the next four; of infinities where
	                      * there is nothing else, and NaN if not even those */
	double mean, std;    /* population standard deviation */
	double bin_lo, bin_hi;
	uint64_t bins[16];   /* equal widths from bin_lo to bin_hi, when asked */
	bool complete;       /* the whole payload was there */
};
/* One pass for the numbers, a second for the bins when asked. Streams with
 * O(1) memory; stops early when ctx->cancel is set. Strings and unknown
 * dtypes give n = 0; complex numbers are taken by their real part. */
void tensor_stats(const struct tensor *, struct ctx *, bool bins, struct tensor_stats *);

#endif
