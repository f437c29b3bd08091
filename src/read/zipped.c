/* SPDX-License-Identifier: Apache-2.0 */
/* What a zip archive is for, told from the names in it, the most specific
 * first: facts/torchscript-format.md section 1, pt2-format.md section 1. */
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/archive.h"
#include "read/formats.h"

/* RECORD: below the top folder, or without one. UNDER: the name begins so there.
 * The others: the whole name ends so, or has it somewhere. */
enum match { RECORD, UNDER, ENDS, HAS };

static const struct kind {
	enum match match;
	const char *name;
	const char *format;   /* what JSON calls it; NULL with read NULL */
	void (*read)(struct ctx *, struct model *, struct archive *,
	    const struct read_options *);
	const char *what, *advice; /* of one that is not read */
} kinds[] = {
	{ RECORD, "serialized_exported_program.json", "pt2", pt2_archive_read, "", "" },
	{ UNDER, "models/", "pt2", pt2_archive_read, "", "" },
	{ UNDER, "data/aotinductor/", "pt2", aotinductor_read, "", "" },
	{ RECORD, ".data/ts_code/0/data.pkl", "torchscript", torchscript_read, "", "" },
	{ RECORD, ".data/extern_modules", "pytorch", torch_package_read, "", "" },
	{ HAS, ".mlpackage/", "coreml", package_zipped_read, "", "" },
	{ HAS, "com.apple.CoreML/", "coreml", package_zipped_read, "", "" },
	{ RECORD, "Manifest.json", "coreml", package_zipped_read, "", "" },
	{ HAS, ".mlmodelc/", "coreml", package_zipped_read, "", "" },
	{ ENDS, "coremldata.bin", "coreml", package_zipped_read, "", "" },
	{ RECORD, "model.json", "torchscript", torchscript_read, "", "" },
	{ RECORD, "constants.pkl", "torchscript", torchscript_read, "", "" },
	{ UNDER, "code/", "torchscript", torchscript_read, "", "" },
	{ RECORD, "bytecode.pkl", "torchscript", torch_lite_read, "", "" },
	{ RECORD, "data.pkl", "pytorch", torch_saved_read, "", "" },
	{ RECORD, ".data/version", "pytorch", torch_package_read, "", "" },
	{ ENDS, "model.weights.h5", NULL, NULL, "a Keras model",
	    "keras.models.load_model() it and coremltools.convert() that, or tf2onnx" },
	{ ENDS, ".npy", "numpy", numpy_archive_read, "", "" },
	{ ENDS, ".onnx", NULL, NULL, "a zip archive with an ONNX model in it",
	    "unpack it and name the model" },
	{ HAS, "", NULL, NULL, "a zip archive", "unpack it and name the model in it" }
};

/* Files of PyTorch have what tells their kind behind the weights. */
static const struct kind cut_weights = { UNDER, "data/", NULL, NULL,
	"the beginning of a PyTorch file", "fetch it again: its end is missing" };
static const struct kind cut = { HAS, "", NULL, NULL, "the beginning of a zip archive",
	"fetch it again: its end is missing" };

static bool
ends(const char *s, size_t n, const char *with)
{
	size_t k = strlen(with);

	return n >= k && memcmp(s + n - k, with, k) == 0;
}

static bool
matches(const struct archive *z, const struct kind *k)
{
	const struct archive_entry *e;

	if (k->match == RECORD)
		return archive_record(z, k->name) != NULL || archive_find(z, k->name) != NULL;
	for (uint32_t i = 0; i < z->n; i++) {
		e = &z->entries[i];
		if (k->match == UNDER ? strncmp(archive_base(z, e), k->name, strlen(k->name)) == 0 :
		    k->match == ENDS ? ends(e->name, e->len, k->name) :
		    strstr(e->name, k->name) != NULL)
			return true;
	}
	return *k->name == '\0';
}

void
zipped_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	struct archive *z = archive_open(ctx, &m->arena, m->source);
	const struct kind *k = kinds;

	if (z == NULL)
		return;
	m->partial |= z->damaged;
	while (!matches(z, k))
		k++;
	if (z->endless && *k->name == '\0')
		k = matches(z, &cut_weights) ? &cut_weights : &cut;
	if (k->read != NULL) {
		m->format = k->format;
		k->read(ctx, m, z, opts);
		return;
	}
	diag_add(ctx, DIAG_OPEN_OTHER, &(struct where){ .loc = { m->source, 0, 0 } },
	    "%s is %s; it was not read%s%s", m->source->name, k->what,
	    *k->advice ? ". To do: " : "", k->advice);
}
