#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Small TorchScript models in cases.txt, and the nodes and types that they give.
python=${MLINSPECT_PYTHON-python3}
mli=$top_builddir/mlinspect
"$python" -c '' 2>/dev/null || { echo "1..0 # SKIP no python3: set MLINSPECT_PYTHON"; exit; }
[ -x "$mli" ] || { echo "1..0 # SKIP there is no mlinspect program"; exit; }
tmp=$top_builddir/tests/script.tmp
rm -rf "$tmp" && mkdir -p "$tmp" || exit 99
"$python" "$top_srcdir/tests/script/cases.py" "$mli" "$top_srcdir/tests/script/cases.txt" "$tmp"
rm -rf "$tmp"
