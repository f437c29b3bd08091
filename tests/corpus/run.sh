#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds the readers against a corpus of real models that is not part of this
# tree: $MLINSPECT_SHARED, or ../shared beside it.
shared=${MLINSPECT_SHARED-$top_srcdir/../shared}
[ -d "$shared/corpus" ] || { echo "1..0 # SKIP no corpus: set MLINSPECT_SHARED"; exit; }
check=$top_builddir/tests/corpus/check
[ -x "$check" ] || { echo "1..0 # SKIP built without jansson"; exit; }
exec "$check" "$top_builddir/mlinspect" "$shared" "$top_srcdir/tests/corpus/known.tsv"
