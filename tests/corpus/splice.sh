#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every Core ML specification of the corpus written again: corpus/splice.c.
shared=${MLINSPECT_SHARED-$top_srcdir/../shared}
[ -d "$shared/corpus" ] || { echo "1..0 # SKIP no corpus: set MLINSPECT_SHARED"; exit; }
splice=$top_builddir/tests/corpus/splice
[ -x "$splice" ] || { echo "1..0 # SKIP built without $splice"; exit; }
cd "$shared" || exit 99
find corpus/mlmodel corpus/mlpackage corpus-gen/coreml -name '*.mlmodel' -type f -size +0 |
	sort | tr '\n' '\0' | xargs -0 "$splice"
