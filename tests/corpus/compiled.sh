#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Core ML packages of the corpus beside what Apple's compiler made of them:
# nodes with operands by parameter, attributes, what weights unpack into, and
# statistics, histogram and first values of every constant are the same lines.
# What the compiler changed, and is not compared: operands by name in the order
# of the alphabet, opsets spelled ios16, the order of features, buildInfo and
# metadata. One pair was compiled from another run of the same conversion: two
# palettes differ in their last digits, so only its graph is compared. Other
# corpus pairs of one name are different releases of a model.
shared=${MLINSPECT_SHARED-$top_srcdir/../shared}
[ -d "$shared/corpus" ] || { echo "1..0 # SKIP no corpus: set MLINSPECT_SHARED"; exit; }
canon=$top_builddir/tests/corpus/canon
[ -x "$canon" ] || { echo "1..0 # SKIP built without $canon"; exit; }
mli=$top_builddir/mlinspect
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

# model OUT WHAT
lines() {
	"$mli" --format=json -e nodes -e tensors "$1" | "$canon" >"$2" 2>&1
	[ "$3" = graph ] && return
	"$mli" -e tensors "$1" | awk '/^[^ ]/ { print "tensor " $1 }' >"$tmp/names"
	"$mli" --format=json --script="$tmp/names" "$1" | "$canon" >>"$2" 2>&1
}

# What diff says of the two: the same, or weights alone.
verdict() {
	"$mli" --format=json -e diff "$1" "$2" | tr -d ' ' >"$tmp/diff"
	grep -q '"modified":0,"added":0,"removed":0,"layout":0,"unknown":0' "$tmp/diff" &&
		verdict=same && return
	grep -q '"added":0,"removed":0,"layout":0,"unknown":0' "$tmp/diff" &&
		! grep -o '"changes":[^]]*' "$tmp/diff" | grep -qv '\[\("weights"\)*$' &&
		verdict=weights && return
	verdict=differ
}

n=0
while read -r package compiled what; do
	n=$((n + 1))
	pair="$package and $compiled, $what"
	lines "$shared"/corpus/mlpackage/$package/*.mlpackage "$tmp/package" $what
	lines "$shared"/corpus/mlmodelc/$compiled/*.mlmodelc "$tmp/compiled" $what
	if [ "$(wc -l <"$tmp/package")" -gt 100 ] && cmp -s "$tmp/package" "$tmp/compiled"; then
		echo "ok $n - compiled as the package: $pair ($(wc -l <"$tmp/package") lines)"
	else
		echo "not ok $n - compiled as the package: $pair"
		diff "$tmp/package" "$tmp/compiled" | head -20 | sed 's/^/# /'
	fi
	n=$((n + 1))
	verdict "$shared"/corpus/mlpackage/$package/*.mlpackage \
		"$shared"/corpus/mlmodelc/$compiled/*.mlmodelc
	want=same
	[ $what = graph ] && want=weights
	[ $verdict = $want ] || printf 'not '
	echo "ok $n - diff of $pair: $verdict"
done <<PAIRS
mlp-0015 mlc-0021 all
mlp-0017 mlc-0023 all
mlp-0041 mlc-0040 graph
mlp-0042 mlc-0041 all
PAIRS
# Layers of a network's compiled form are the compiler's own: each has its counterpart.
n=$((n + 1))
verdict=$("$mli" -e diff "$shared"/corpus/mlmodel/mlm-0046/*.mlmodel \
	"$shared"/corpus/mlmodelc/mlc-0066/*.mlmodelc | tail -n 1)
case $verdict in
*"+ 0 added  - 0 removed  l 0 layout  ? 0 unknown") ;;
*) printf 'not ' ;;
esac
echo "ok $n - diff of a network and its compiled form: $verdict"
echo "1..$n"
