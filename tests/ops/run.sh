#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds the rows of the operations against the libraries they are facts of, where
# those are installed: $MLINSPECT_PYTHON, or python3.
python=${MLINSPECT_PYTHON:-python3}
here=$top_srcdir/tests/ops
rows=$(mktemp) || exit 1
trap 'rm -f "$rows"' EXIT

# Rows of a table as the compiler sees them, against what a script knows.
hold() { # NUMBER TABLE LIBRARY SCRIPT [ARGUMENT]
	if ! "$python" -c "import $3" >/dev/null 2>&1; then
		echo "ok $1 - $2 # SKIP no $3: set MLINSPECT_PYTHON"
		return
	fi
	printf '#define OP(...) ROW(__VA_ARGS__)\n#define OV OP\n#include "ops/%s"\n' "$2" |
		$COMPILE -E -P -I"$top_srcdir/src" -x c - >"$rows" || exit 1
	if "$python" "$here/$4" $5 "$rows" 2>/dev/null; then
		echo "ok $1 - $2 agrees with $3"
	else
		echo "not ok $1 - $2 agrees with $3"
	fi
}

echo 1..2
hold 1 mil.def coremltools mil.py
hold 2 aten.def torch aten.py check
