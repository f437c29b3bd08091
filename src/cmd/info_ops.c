/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "app/count.h"
#include "base/sink.h"
#include "cmd/info_ops.h"
#include "report/text.h"

void
info_ops_text(struct sink *out, const struct op_counts *c)
{
	enum { SHOWN = 12, WIDTH = 66 };
	struct sink word;
	unsigned column = 0;

	sink_init(&word, -1);
	for (uint32_t i = 0; i < c->n && i < SHOWN; i++) {
		word.n = 0;
		sink_printf(&word, "%" PRIu64 " ", c->list[i].count);
		text_op(&word, c->list[i].domain, c->list[i].type);
		sink_puts(&word, i + 1 < c->n ? "," : "");
		if (i == 0 || column + word.n > WIDTH) {
			sink_puts(out, i > 0 ? "\n" : "");
			text_label(out, i == 0 ? "ops" : "");
			column = 0;
		}
		sink_puts(out, column > 0 ? " " : "");
		sink_write(out, word.buf, word.n);
		column += (unsigned)word.n + 1;
	}
	if (c->n > SHOWN)
		sink_printf(out, " and %" PRIu32 " more", c->n - SHOWN);
	sink_puts(out, c->n > 0 ? "\n" : "");
	sink_fini(&word);
}
