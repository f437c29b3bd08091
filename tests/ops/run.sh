#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds the rows of the operations against the libraries they are facts of, where
# those are installed: $MLINSPECT_PYTHON, or python3.
python=${MLINSPECT_PYTHON:-python3}
here=$top_srcdir/tests/ops
if ! "$python" -c 'import coremltools' >/dev/null 2>&1; then
	echo "1..0 # SKIP no coremltools: set MLINSPECT_PYTHON"
	exit
fi
echo 1..1
rows=$(mktemp) || exit 1
trap 'rm -f "$rows"' EXIT
printf '#define OP(...) ROW(__VA_ARGS__)\n#include "ops/mil.def"\n' |
	$COMPILE -E -P -I"$top_srcdir/src" -x c - >"$rows" || exit 1
if "$python" "$here/mil.py" "$rows" 2>/dev/null; then
	echo "ok 1 - rows of ML Programs agree with coremltools"
else
	echo "not ok 1 - rows of ML Programs agree with coremltools"
fi
