/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch against ONNX Runtime at every tensor that both have: which these are, and
 * how far two files of numbers are apart. */
#ifndef CONVERT_PARITY_H
#define CONVERT_PARITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"

struct arena;
struct model;
struct sink;
struct str;

/* How far apart. Of integers and booleans every difference counts. */
struct parity_error {
	double absolute, relative; /* the largest; relative to the wanted value */
	uint64_t over;             /* elements beyond the tolerance, NaN against a number too */
	bool known;                /* the files were there and as long as they had to be */
};

struct parity_tensor {
	const struct str *name;
	const struct str **feeds;  /* tensors it is made from when it stands alone */
	uint32_t nfeeds;
	enum dtype dtype;
	uint64_t n;                /* elements; 0 until it was run */
	struct parity_error accumulated, isolated;
	const char *misfit;        /* other shape or type than wanted, or NULL */
	const char *broken;        /* why it does not stand alone, or NULL */
	bool ran;
};

struct parity { struct parity_tensor *list; uint32_t n, unaligned; };

/* Tensors of an exported program that the ONNX model made from it has under the same
 * name, in the order of execution. unaligned: results of the program without one. */
void parity_align(struct parity *, struct arena *, const struct model *program,
    const struct model *onnx);
/* The request for the driver. */
void parity_json(struct sink *, const struct parity *, const char *program, const char *onnx,
    const char *folder, uint32_t batch);
/* Differences of n elements in two files; element types of numpy: "float32". */
struct parity_error parity_compare(const char *wanted, const char *got, enum dtype, uint64_t n);
/* What numpy calls an element type; DT_NONE: none of ours. */
enum dtype parity_dtype(const char *numpy);
/* Beyond which differences count: |got - wanted| > absolute + relative * |wanted|. */
void parity_tolerance(enum dtype, double *absolute, double *relative);

#endif
