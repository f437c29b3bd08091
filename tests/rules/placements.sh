#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Floors of the verdicts about the Neural Engine against published placements: the
# ops that do not run there are found, and few others with them.
[ -x "$top_builddir/mlinspect" ] || { echo "1..0 # SKIP there is no mlinspect program"; exit; }
echo 1..2
sh "$top_srcdir/tests/truth/ane.sh" | awk -F '|' '
	$4 == "skipped" { next }
	{ no += $3 == "no"; said += $4 == "no"; right += $3 == "no" && $4 == "no" }
	END { print (no > 0 && right >= .95 * no ? "ok" : "not ok") " 1 - recall " right " of " no
		print (said > 0 && right >= .97 * said ? "ok" : "not ok") " 2 - precision " right " of " said }'
