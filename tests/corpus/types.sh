#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Inferred against declared types of the corpus' ML Programs: corpus/types.c.
shared=${MLINSPECT_SHARED-$top_srcdir/../shared}
types=$top_builddir/tests/corpus/types
[ -d "$shared/corpus" ] || { echo "1..0 # SKIP no corpus: set MLINSPECT_SHARED"; exit; }
[ -x "$types" ] || { echo "1..0 # SKIP built without $types"; exit; }
# numbered on from one table to the next
{
	"$types" "$shared/corpus" 1000 <"$shared/expected/coreml-expected.tsv"
	"$types" "$shared/corpus-gen/coreml" 997 <"$shared/corpus-gen/coreml/coreml-expected.tsv"
} | awk '/^1\.\./ { next } /^(not )?ok/ { n++; sub(/ok [0-9]+/, "ok " n) } { print }
	END { print "1.." n }'
