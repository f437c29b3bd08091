#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Verdicts of support against what coremltools 9.0 really did: tests/truth/support.py.
# The floors, in per cent of the cases whose outcome agrees, are what has been reached.
shared=${MLINSPECT_SHARED-$top_srcdir/../shared}
python=${MLINSPECT_PYTHON-python3}
mli=$top_builddir/mlinspect
[ -f "$shared/oracle/cases.tsv" ] || { echo "1..0 # SKIP no oracle: set MLINSPECT_SHARED"; exit; }
"$python" -c '' 2>/dev/null || { echo "1..0 # SKIP no python3: set MLINSPECT_PYTHON"; exit; }
[ -x "$mli" ] || { echo "1..0 # SKIP there is no mlinspect program"; exit; }
n=0
floor() { # FORMAT OUTCOME STOPS
	n=$((n + 1))
	if "$python" "$top_srcdir/tests/truth/support.py" "$mli" "$shared/oracle" --format="$1" \
		--floor="$2" --stops="$3" >"$top_builddir/tests/support-$1.tmp" 2>&1
	then echo "ok $n - $1: $2 % of outcomes, $3 % of what stops"
	else echo "not ok $n - $1: $2 % of outcomes, $3 % of what stops"
	fi
	sed -n 's/^all [a-z]/# &/p; /agree/s/^/# /p' "$top_builddir/tests/support-$1.tmp"
	rm -f "$top_builddir/tests/support-$1.tmp"
}
floor pt2 99.8 99
floor torchscript 99.8 99
echo "1..$n"
