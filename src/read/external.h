/* SPDX-License-Identifier: Apache-2.0 */
/* Side files of a model: external_data of ONNX, weight files of Core ML. */
#ifndef READ_EXTERNAL_H
#define READ_EXTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct model;
struct read_options;
struct source;
struct str;
struct tensor;

/* For each tensor with data in a side file: judge the location by the
 * security rules (facts/onnx-format.md section 6), find the file, and set
 * ext->status, the place and the encoding. Files are looked at, not read. */
void external_resolve(struct model *, struct arena *scratch, struct tensor **, uint32_t n,
    const struct read_options *);

/* Why a location is refused whatever lies there; NULL: it may be looked up. */
const char *side_refuse(const char *location, size_t n);
/* Does the file hold what a repository has in place of a large one until it is fetched? */
bool side_is_pointer(const struct source *);
/* A side file that was looked for: its source (entered in the model), or why
 * it cannot be used. */
struct side_file {
	struct source *src; /* NULL: cannot be used */
	const char *why;
	int status;         /* of struct external */
	bool found, odd;    /* of struct external */
};

/* Find one file under the folder of the model by the same rules. A descriptor
 * that is the caller's to close, or -1: there is none, or it lies in an archive
 * (src tells). */
int side_find(struct model *, const struct str *location, bool follow, struct side_file *);

#endif
