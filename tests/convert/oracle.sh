#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# 60 conversions that failed land on the right node with the right class, 60 that
# went well show complete maps. Real ones, in one process of Python.
#	CASES=600 make check-convert	more of them
shared=${MLINSPECT_SHARED:-$top_srcdir/../shared}
cases=$shared/oracle/cases.tsv
[ -r "$cases" ] || { echo "1..0 # SKIP no $cases: set MLINSPECT_SHARED"; exit; }
needs='torch, coremltools'
. "$top_srcdir/tests/convert/python.sh"
OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
export OPENBLAS_NUM_THREADS OMP_NUM_THREADS
yes 2>/dev/null | head -c 1000000 >oracle.random
shuf --random-source=oracle.random "$cases" | "$top_builddir/tests/convert/oracle" \
	"$shared/oracle" "$python" "$top_srcdir/share/mlinspect/convert.py" \
	"${CASES:-60}" "${CASES:-60}"
rm -f oracle.random
