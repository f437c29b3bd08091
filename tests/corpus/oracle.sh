#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds TorchScript graphs against torch itself, on the small models of the shared
# folder: make check-torch. Needs Python with torch in $MLINSPECT_PYTHON.
shared=${MLINSPECT_SHARED-$top_srcdir/../shared}
[ -d "$shared/oracle/models" ] || { echo "1..0 # SKIP no models: set MLINSPECT_SHARED"; exit; }
[ -n "$MLINSPECT_PYTHON" ] && "$MLINSPECT_PYTHON" -c 'import torch' 2>/dev/null ||
	{ echo "1..0 # SKIP no torch: set MLINSPECT_PYTHON"; exit; }
exec "$MLINSPECT_PYTHON" "$top_srcdir/tests/corpus/oracle.py" "$top_builddir/mlinspect" \
	"$shared"/oracle/models/*.pt
