#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each message that coremltools has for refusing something is of a class; those of which
# nothing is known are listed.
needs='coremltools'
. "$top_srcdir/tests/convert/python.sh"
echo 1..1
"$python" "$top_srcdir/tests/convert/raises.py" 2>/dev/null |
	"$top_builddir/tests/corpus/reasons" | awk '
	/not unknown$/ { print; unknown++ }
	/^# [0-9]+ of [0-9]+$/ { all = $4 }
	END {
		print "# " all " messages, " unknown + 0 " of no class"
		print (all > 1000 && !unknown ? "ok" : "not ok") " 1 - classes of messages"
	}'
