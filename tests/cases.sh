# SPDX-License-Identifier: Apache-2.0
# For the run.sh of a folder with cases.py: runs it on $cases, a file beside it, with a
# folder to write in. TAP.
python=${MLINSPECT_PYTHON:-python3}
mli=$top_builddir/mlinspect
"$python" -c '' 2>/dev/null || { echo "1..0 # SKIP no python3: set MLINSPECT_PYTHON"; exit; }
[ -x "$mli" ] || { echo "1..0 # SKIP there is no mlinspect program"; exit; }
folder=$top_srcdir/tests/${cases%/*}
tmp=$top_builddir/tests/${cases%/*}.tmp
rm -rf "$tmp" && mkdir -p "$tmp" || exit 99
"$python" "$folder/cases.py" "$mli" "$top_srcdir/tests/$cases" "$tmp"
rm -rf "$tmp"
