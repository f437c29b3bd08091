#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Constants of the corpus' ML Programs, byte by byte: corpus/values.c.
shared=${MLINSPECT_SHARED-$top_srcdir/../shared}
values=$top_builddir/tests/corpus/values
[ -d "$shared/corpus" ] || { echo "1..0 # SKIP no corpus: set MLINSPECT_SHARED"; exit; }
[ -x "$values" ] || { echo "1..0 # SKIP built without $values"; exit; }
command -v xz >/dev/null || { echo "1..0 # SKIP there is no xz"; exit; }
# numbered on from one table to the next
{
	xz -dc "$shared/expected/coreml-values.tsv.xz" | "$values" "$shared/corpus"
	xz -dc "$shared/corpus-gen/coreml/coreml-values.tsv.xz" |
		"$values" "$shared/corpus-gen/coreml"
} | awk '/^1\.\./ { next } /^(not )?ok/ { n++; sub(/ok [0-9]+/, "ok " n) } { print }
	END { print "1.." n }'
