#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Classes of failed conversions against those of a table of real ones.
shared=${MLINSPECT_SHARED:-$top_srcdir/../shared}
cases=$shared/oracle/cases.tsv
echo 1..1
[ -r "$cases" ] || { echo "ok 1 # SKIP no $cases: set MLINSPECT_SHARED"; exit; }
awk -F '\t' '$7 == "failed" { print $8 "\t" $9 "\t" $10 "\t" $14 }' "$cases" |
	"$top_builddir/tests/corpus/reasons" | awk '
	{ print }
	/^# [0-9]+ of [0-9]+$/ { right = $2; all = $4 }
	END { print (all > 0 && right >= .99 * all ? "ok" : "not ok") " 1 - " \
		"at least 99 of 100 failures are in the right class" }'
