/* SPDX-License-Identifier: Apache-2.0 */
/* Weight files of ML Programs: facts/coreml-format.md section 2. A header, then
 * records of 64 bytes, each followed by its payload; a program names records
 * by their offset. */
#ifndef READ_BLOB_H
#define READ_BLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"

struct ctx;
struct model;
struct read_options;
struct source;
struct tensor;

enum { BLOB_ALIGN = 64, BLOB_VERSION = 2 };
#define BLOB_SENTINEL UINT32_C(0xdeadbeef)

struct blob_header { uint32_t count, version; };
struct blob_record {
	uint32_t sentinel, code; /* code of the element type */
	uint64_t size, offset;   /* payload: bytes, place in the file */
	uint64_t padding;        /* unused bits in its last byte */
};

/* From 64 bytes as they stand in the file. */
void blob_header_decode(struct blob_header *, const unsigned char *);
void blob_record_decode(struct blob_record *, const unsigned char *);
/* DT_NONE when the code is unknown. */
enum dtype blob_dtype(uint32_t code);

/* For each tensor with ext->offset of a record: find the file by the rules for
 * side files, read the record, set ext->status, the place and the encoding.
 * Payloads are not read. What is wrong is a diagnostic; a tensor whose record
 * cannot be believed has no place. */
void blob_resolve(struct ctx *, struct model *, struct tensor **, uint32_t n,
    const struct read_options *);

#endif
