#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sanitised ONNX models give what they gave before, by ONNX Runtime.
python=${MLINSPECT_PYTHON:-python3}
shared=${MLINSPECT_SHARED:-$top_srcdir/../shared}
if ! "$python" -c 'import numpy, onnx, onnxruntime' >/dev/null 2>&1; then
	echo "1..0 # SKIP no onnxruntime: make venv, set MLINSPECT_PYTHON"
	exit
fi
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
"$python" "$top_srcdir/tests/convert/sanitize.py" "$top_builddir/mlinspect" "$scratch" \
	"$shared/corpus/onnx-node-tests.tar.xz"
