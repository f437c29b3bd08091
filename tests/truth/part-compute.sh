#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the interpreter computes of operations: against the node tests of ONNX and against
# PyTorch. MLINSPECT_PYTHON is a python with torch and onnx.
compute=$top_builddir/tests/truth/compute
nodes=$shared/corpus/onnx-node-tests.tar.xz
[ -x "$compute" ] || { echo "skipped: $compute has not been built"; exit 0; }
[ -n "$MLINSPECT_PYTHON" ] || { echo "skipped: set MLINSPECT_PYTHON"; exit 0; }
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/nodes" "$tmp/onnx" "$tmp/torch"
run()
{
	echo "$1"
	"$MLINSPECT_PYTHON" "$top_srcdir/tests/truth/compute.py" "$@" 2>"$tmp/err" >"$tmp/table"
	"$compute" <"$tmp/table" 2>>"$tmp/err" | grep -A1 -e '^wrong' -e '^# [0-9]* same'
}
if [ -f "$nodes" ] && xz -dc "$nodes" | tar -xf - -C "$tmp/nodes"; then
	run onnx "$tmp/nodes" "$tmp/onnx"
else
	echo "skipped: no node tests of ONNX"
fi
run torch "$tmp/torch"
