#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Inferred types of the corpus against true ones: corpus/types.c. The floors are
# what has been reached.
shared=${MLINSPECT_SHARED-$top_srcdir/../shared}
types=$top_builddir/tests/corpus/types
[ -d "$shared/corpus" ] || { echo "1..0 # SKIP no corpus: set MLINSPECT_SHARED"; exit; }
[ -x "$types" ] || { echo "1..0 # SKIP built without $types"; exit; }
table() { # FILES TABLE FLOOR
	case $2 in *.xz) xz -dc "$2" ;; *) cat "$2" ;; esac | "$types" "$1" "$3" $quiet
}
exported() { # FOLDER FLOOR
	"$top_builddir/mlinspect" -e ops "$1/net-attn-causal.pt2" >/dev/null 2>&1 ||
		{ echo "# skipped: archives are not read"; return; }
	(cd "$1" && find . -name '*.pt2' | sort) | "$types" "$1" "$2" $quiet
}
quiet=${TYPES_QUIET:+quiet}
# numbered on from one table to the next
{
	echo "# ML Programs"
	table "$shared/corpus" "$shared/expected/coreml-expected.tsv" 1000
	table "$shared/corpus-gen/coreml" "$shared/corpus-gen/coreml/coreml-expected.tsv" 997
	echo "# ONNX"
	table "$shared/corpus" "$shared/expected/onnx-shapes.tsv.xz" 999
	table "$shared/corpus-gen/onnx" "$shared/corpus-gen/onnx/onnx-shapes.tsv.xz" 1000
	echo "# exported programs"
	exported "$shared/oracle/models" 995
} | awk '/^1\.\./ { next } /^(not )?ok/ { n++; sub(/ok [0-9]+/, "ok " n) } { print }
	END { print "1.." n }'
