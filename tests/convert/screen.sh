#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# 60 conversions that failed, on the screen: right class, right node, cursor on it.
#	CASES=12 make check-convert	fewer of them
shared=${MLINSPECT_SHARED:-$top_srcdir/../shared}
[ -r "$shared/oracle/cases.tsv" ] ||
	{ echo "1..0 # SKIP no oracle in $shared: set MLINSPECT_SHARED"; exit; }
needs='torch, coremltools'
. "$top_srcdir/tests/convert/python.sh"
scratch=$(mktemp -d) || exit 99
OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 FORKED_SOCKET=$scratch/socket
MLINSPECT_SHARE=$top_srcdir/share/mlinspect
export OPENBLAS_NUM_THREADS OMP_NUM_THREADS FORKED_SOCKET MLINSPECT_SHARE
"$python" "$top_srcdir/tests/convert/forked.py" serve "$FORKED_SOCKET" 2>/dev/null &
server=$!
trap 'kill $server; rm -rf "$scratch"' EXIT
while [ ! -S "$FORKED_SOCKET" ] && kill -0 $server 2>/dev/null; do sleep 0.2; done
MLINSPECT_PYTHON=$top_srcdir/tests/convert/forked.py "$python" \
	"$top_srcdir/tests/convert/screen.py" "$top_builddir/mlinspect" "$shared/oracle" \
	"$scratch" "${CASES:-60}"
