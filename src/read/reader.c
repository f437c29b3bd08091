/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a model of any format. */
#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/formats.h"
#include "read/reader.h"

struct model *
model_read(struct ctx *ctx, const char *path, const struct read_options *opts)
{
	struct model *m = model_new(ctx, DIALECT_ONNX, "unknown");
	struct source *src = source_open(ctx, &m->arena, path);

	if (src != NULL) {
		model_add_source(m, src);
		m->encoding = "binary";
		onnx_read(ctx, m, opts);
	}
	if (m->main == NULL && m->nfunctions == 0) {
		model_free(m);
		return NULL;
	}
	return m;
}
