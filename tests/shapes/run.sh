#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Types of small models, one a line of cases.tsv, against the official inference.
python=${MLINSPECT_PYTHON:-python3}
mli=$top_builddir/mlinspect
"$python" -c '' 2>/dev/null || { echo "1..0 # SKIP no python3: set MLINSPECT_PYTHON"; exit; }
[ -x "$mli" ] || { echo "1..0 # SKIP there is no mlinspect program"; exit; }
tmp=$top_builddir/tests/shapes.tmp
rm -rf "$tmp" && mkdir -p "$tmp" || exit 99
"$python" "$top_srcdir/tests/shapes/cases.py" "$mli" "$top_srcdir/tests/shapes/cases.tsv" "$tmp"
rm -rf "$tmp"
