#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Rows, lanes, folds, boxes and lines of two models as :dump layout gives them keep the
# rules of layout.py, of random graphs: SEEDS of them (6).
python=${MLINSPECT_PYTHON:-python3}
MLI=$top_builddir/mlinspect
here=$top_srcdir/tests/screen
tmp=$top_builddir/tests/screen-layout.tmp
[ -x "$MLI" ] || { echo "1..0 # SKIP there is no mlinspect program"; exit; }
"$python" -c '' 2>/dev/null || { echo "1..0 # SKIP no python3: set MLINSPECT_PYTHON"; exit; }
rm -rf "$tmp" && mkdir -p "$tmp" || exit 99
n=0

keeps() { # WHAT KEYS MODEL...
	n=$((n + 1))
	what=$1 keys=$2
	shift 2
	if says=$("$MLI" --size=120x40 --keys="$keys" "$@" >"$tmp/dump" &&
	    "$python" "$here/layout.py" check "$tmp/dump" 2>&1); then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what: $(printf '%s' "$says" | tail -n 1)"
	fi
}

echo "1..$((2 * ${SEEDS:-6}))"
for seed in $(seq "${SEEDS:-6}"); do
	"$python" "$here/layout.py" make "$seed" "$tmp/a.onnxtxt" "$tmp/b.onnxtxt"
	keeps "graph $seed" 'zR<layout>zM<layout>zR<layout>jjjjz3<layout>Q' "$tmp/a.onnxtxt"
	keeps "graph $seed and a twin" '<layout>zM<layout>zR<layout>Q' \
		"$tmp/a.onnxtxt" "$tmp/b.onnxtxt"
done
rm -rf "$tmp"
