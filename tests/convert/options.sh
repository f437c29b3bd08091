#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each option by command line, form and script: the same package. What the map says.
needs='torch, coremltools'
. "$top_srcdir/tests/convert/python.sh"
scratch=$(mktemp -d) || exit 99
top_srcdir=$(cd "$top_srcdir" && pwd) top_builddir=$(cd "$top_builddir" && pwd)
OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 FORKED_SOCKET=$scratch/socket
MLINSPECT_SHARE=$top_srcdir/share/mlinspect
export OPENBLAS_NUM_THREADS OMP_NUM_THREADS FORKED_SOCKET MLINSPECT_SHARE
unset XDG_STATE_HOME # forms keep nothing
"$python" "$top_srcdir/tests/convert/forked.py" serve "$FORKED_SOCKET" 2>/dev/null &
server=$!
trap 'kill $server; rm -rf "$scratch"' EXIT
while [ ! -S "$FORKED_SOCKET" ] && kill -0 $server 2>/dev/null; do sleep 0.2; done
mkdir "$scratch/models"
MLINSPECT_PYTHON=$top_srcdir/tests/convert/forked.py "$python" \
	"$top_srcdir/tests/convert/options.py" "$top_builddir/mlinspect" "$scratch/models" \
	2>"$scratch/errors" || { sed 's/^/# /' "$scratch/errors"; echo "Bail out!"; }
