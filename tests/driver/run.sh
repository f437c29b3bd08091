#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The helper of conversions misbehaves in every way that is known; any Python will do.
# DRIVER=doctor: environments that are damaged.
python=${MLINSPECT_PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1; then
	echo "1..0 # SKIP no Python 3.9"
	exit
fi
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
MLINSPECT_SHARE=$(cd "$top_srcdir/share/mlinspect" && pwd)
PYTHONDONTWRITEBYTECODE=1
export MLINSPECT_SHARE PYTHONDONTWRITEBYTECODE
"$python" "$top_srcdir/tests/driver/${DRIVER:-driver}.py" "$top_builddir/mlinspect" \
	"$top_srcdir/tests/seeds/small.pt2" "$scratch"
