/* SPDX-License-Identifier: Apache-2.0 */
/* Until drawing is here: it fails and says so. */
#include "base/ctx.h"
#include "report/dot.h"

int
dot_write(struct ctx *ctx, const struct model *m, const struct dot_options *o, int fd)
{
	(void)m;
	(void)o;
	(void)fd;
	diag_add(ctx, DIAG_WRITE_FAILED, NULL, "drawing is not in this version");
	return -1;
}

int
dot_render(struct ctx *ctx, const struct model *m, const struct dot_options *o,
    const char *format, int fd)
{
	(void)format;
	return dot_write(ctx, m, o, fd);
}
