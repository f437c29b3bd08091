/* SPDX-License-Identifier: Apache-2.0 */
/* Formats that ct.convert does not take: ONNX, and what is converted already. */
#include <string.h>

#include "rules/support_run.h"

void
support_onnx(struct run *r)
{
	r->c.s->note = "ct.convert does not take ONNX. Convert the PyTorch model that the file was "
	    "exported from; when there is none, write the network again in PyTorch and load the "
	    "weights from this file. onnx2pytorch and onnx2coreml are not kept up: they miss "
	    "operators and newer opsets.";
	r->c.s->outcome = SUPPORT_FAILS;
}

void
support_coreml(struct run *r)
{
	r->c.s->note = "This is a Core ML model: it is converted already.";
}
