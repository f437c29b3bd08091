#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Verdicts of support against what coremltools 9.0 really did: all cases, then every
# fifth model, which nobody looks at while conditions are written.
if [ ! -f "$shared/oracle/cases.tsv" ]; then
	echo "skipped: no $shared/oracle/cases.tsv"
	exit 0
fi
python=${MLINSPECT_PYTHON-python3}
if ! "$python" -c '' 2>/dev/null; then
	echo "skipped: no python3; set MLINSPECT_PYTHON"
	exit 0
fi
"$python" "$top_srcdir/tests/truth/support.py" "$top_builddir/mlinspect" "$shared/oracle"
echo
echo "Every fifth model alone"
"$python" "$top_srcdir/tests/truth/support.py" "$top_builddir/mlinspect" "$shared/oracle" --held
