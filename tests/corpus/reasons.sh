#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Classes of failed conversions against those of a table of real ones, and of the
# catalogue of messages: none of them is of no class.
shared=${MLINSPECT_SHARED:-$top_srcdir/../shared}
cases=$shared/oracle/cases.tsv facts=$shared/facts/conversion-pipeline.md
echo 1..2
if [ -r "$cases" ]; then
	awk -F '\t' '$7 == "failed" { print $8 "\t" $9 "\t" $10 "\t" $14 }' "$cases" |
		"$top_builddir/tests/corpus/reasons" | awk '
		{ print }
		/^# [0-9]+ of [0-9]+$/ { right = $2; all = $4 }
		END { print (all > 0 && right >= .99 * all ? "ok" : "not ok") " 1 - " \
			"at least 99 of 100 failures are in the right class" }'
else
	echo "ok 1 # SKIP no $cases: set MLINSPECT_SHARED"
fi
[ -r "$facts" ] || { echo "ok 2 # SKIP no $facts: set MLINSPECT_SHARED"; exit; }
# | stage | exception | `pattern` | cause | remedy |, of which `a` / `b` are two
awk -F ' [|] ' 'BEGIN {
		split("args input-validation load load op frontend pass pass: check check " \
			"nn backend image backend save save", list, " ")
		for (i = 1; i in list; i += 2)
			stage[list[i]] = list[i + 1]
	}
	/^### 10.3/ { exit }
	{ sub(/^[|] /, "") }
	$1 in stage {
		n = split($3, part, "`")
		for (i = 2; i <= n; i += 2)
			print stage[$1] "\t" $2 "\t" part[i] "\t"
	}' "$facts" | "$top_builddir/tests/corpus/reasons" | awk '
	/not unknown$/ { print; unknown++ }
	/^# [0-9]+ of [0-9]+$/ { all = $4 }
	END {
		print "# " all " messages of the catalogue, " unknown + 0 " of no class"
		print (all > 60 && !unknown ? "ok" : "not ok") " 2 - the catalogue of messages"
	}'
