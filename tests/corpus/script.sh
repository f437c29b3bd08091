#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# TorchScript archives against what torch says of them: the corpus, and samples of
# three releases with changed copies.
shared=${MLINSPECT_SHARED-$top_srcdir/../shared}
[ -d "$shared/corpus" ] || { echo "1..0 # SKIP no corpus: set MLINSPECT_SHARED"; exit; }
script=$top_builddir/tests/corpus/script
[ -x "$script" ] || { echo "1..0 # SKIP built without jansson"; exit; }
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
tar xJf "$shared/facts/torch-samples.tar.xz" -C "$dir"
run() {
	"$script" "$top_builddir/mlinspect" "$shared/expected/$1" "$2" "$3" \
		"$top_srcdir/tests/corpus/script-known.tsv"
}
{
	run torch-expected.tsv "$shared/corpus" corpus
	run torch-samples-expected.tsv "$dir" samples
} | awk '
	/^1\.\./ { next }
	/^(not )?ok/ { sub(/ok [0-9]+/, "ok " ++n) }
	{ print }
	END { print "1.." n }'
