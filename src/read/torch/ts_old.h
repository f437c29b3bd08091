/* SPDX-License-Identifier: Apache-2.0 */
/* TorchScript archives of PyTorch 1.0 to 1.2: modules and tensors stand in
 * model.json, values in attributes.pkl, and code/ has the methods of one module
 * a file, without a class around them. They are made into what later archives
 * have: objects and tensors as values of a pickle, and classes. Source:
 * facts/torchscript-format.md section 9. */
#ifndef READ_TS_OLD_H
#define READ_TS_OLD_H

#include "read/json_in.h"
#include "read/torch/ts_unit.h"

struct archive;
struct pickle_value;
struct ts_old_module;

struct ts_old {
	struct ctx *ctx;
	struct model *m;
	struct archive *z;
	struct arena *scratch;
	struct pickle_value *attributes; /* root of attributes.pkl, or NULL */
	/* what comes out */
	struct pickle_value *root;       /* the main module; NULL: there is none */
	struct pickle_value *tensors;    /* a tuple of all, as CONSTANTS numbers them */
	struct ts_old_module *modules;   /* each after the one that holds it */
	struct ts_old_module **last;
	uint32_t nmodules;
	const struct source *src;        /* of model.json */
	struct json_in j;
};

bool ts_old_is(const struct archive *);
/* Read model.json; what is damaged is a finding, and left out. */
void ts_old_read(struct ts_old *);
/* The class of each module. */
void ts_old_declare(struct ts_old *, struct ts_unit *);
/* Text of a record of code, and its source for places; NULL: it cannot be read. */
const char *ts_record_text(struct archive *, struct arena *, const char *record, size_t *n,
	const struct source **);

#endif
