/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed weights in words and in JSON. */
#ifndef REPORT_PACKING_H
#define REPORT_PACKING_H

struct json;
struct packing;
struct sink;

/* "4-bit palette of 16 f16, one per 8 of dim 0". */
void text_packing(struct sink *, const struct packing *);
/* The value of "packing" in doc/JSON.md. */
void json_packing(struct json *, const struct packing *);
/* The kind without its sizes: "4-bit palette", "i8 affine", "sparse f16". */
void text_packing_kind(struct sink *, const struct packing *);

#endif
