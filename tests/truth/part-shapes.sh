#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Types: against onnx.shape_inference for ONNX, against the declared types, hidden
# from inference, for ML Programs and exported programs, and against what running
# gives for TorchScript.
if [ -x "$top_builddir/tests/corpus/types" ]; then
	TYPES_QUIET=1 sh "$top_srcdir/tests/corpus/types.sh" | sed -n 's/^# //p'
else
	echo "skipped: $top_builddir/tests/corpus/types has not been built"
fi
echo "TorchScript"
if [ -z "$MLINSPECT_PYTHON" ]; then
	echo "skipped: set MLINSPECT_PYTHON to a python with torch"
else
	"$MLINSPECT_PYTHON" "$top_srcdir/tests/truth/torchscript.py" \
		"$top_builddir/mlinspect" "$shared"
fi
