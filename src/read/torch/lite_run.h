/* SPDX-License-Identifier: Apache-2.0 */
/* Bytecode of PyTorch's lite interpreter, run on names in the place of values:
 * what is on its stack is followed from operator to operator. */
#ifndef READ_LITE_RUN_H
#define READ_LITE_RUN_H

#include "read/torch/ts_lower.h"

struct lite_code {
	struct ctx *ctx;
	struct ts_lowering *low;        /* literals, objects, names, declarations */
	const struct source *src;       /* of the bytecode, for places */
	struct pickle_value *root;      /* the module, or NULL */
	struct pickle_value *instructions, *operators, *constants, *arguments;
};

/* Fill g, which is empty: conditions and loops become nodes with blocks. NULL, or why
 * operators are listed without operands from some instruction on: its effect on the
 * stack is not known, or a budget is used up. */
const char *lite_run(const struct lite_code *, struct graph *g);

#endif
