#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# diff against the exact maps of coremltools' converter. Maps are made once, in
# align-maps of the build folder: a second each.
if ! "${MLINSPECT_PYTHON:-false}" -c 'import coremltools, torch' 2>/dev/null; then
	echo "skipped: no torch with coremltools, set MLINSPECT_PYTHON"
	exit 0
fi
[ -d "$shared/oracle" ] || { echo "skipped: no oracle"; exit 0; }
"$MLINSPECT_PYTHON" "$top_srcdir/tests/truth/align.py" "$top_builddir/mlinspect" \
	"$shared/oracle" "$top_builddir/align-maps"
# and of models that nobody has seen: another SEED, others
exec "$MLINSPECT_PYTHON" "$top_srcdir/tests/truth/align.py" "$top_builddir/mlinspect" \
	"$shared/oracle" "$top_builddir/align-maps" 20 --fresh="${SEED-7000}"
