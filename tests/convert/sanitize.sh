#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sanitised ONNX models give what they gave before, by ONNX Runtime.
shared=${MLINSPECT_SHARED:-$top_srcdir/../shared}
needs='numpy, onnx, onnxruntime'
. "$top_srcdir/tests/convert/python.sh"
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
"$python" "$top_srcdir/tests/convert/sanitize.py" "$top_builddir/mlinspect" "$scratch" \
	"$shared/corpus/onnx-node-tests.tar.xz"
