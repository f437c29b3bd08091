#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# facts.tsv: each rule about the Neural Engine stands for a fact, each fact has a rule
# or a reason, and none of $MLINSPECT_SHARED's table of facts is missing.
here=$top_srcdir/tests/rules
shared=${MLINSPECT_SHARED-$top_srcdir/../shared}
echo 1..3

verdict() { # NUMBER WHAT COMPLAINTS
	[ -z "$3" ] && echo "ok $1 - $2" && return
	printf '%s\n' "$3" | sed 's/^/# /'
	echo "not ok $1 - $2"
}

there=$(sed -n 's/^rule //p' "$top_srcdir/src/rules/ane/ane.rules" "$top_srcdir/examples/ort-coreml.rules")
verdict 1 "rules of the table exist, and all about the engine are in it" "$(
	{ printf 'rule %s\n' $there; grep -v '^#' "$here/facts.tsv"; } | awk -F '\t' '
		/^rule / { there[substr($0, 6)] = 1; next }
		{ n = split($2, rule, " "); for (i = 1; i <= n; i++) if (rule[i] != "-") {
			named[rule[i]] = 1
			if (!(rule[i] in there)) print $1 ": there is no rule " rule[i] } }
		END { for (r in there) if (!(r in named)) print "no fact for " r }')"
verdict 2 "a fact without a rule of its name has a reason" "$(
	awk -F '\t' '!/^#/ && $1 != "-" && index(" " $2, " " $1) != 1 && $3 == "" { print $1 }
		!/^#/ && $1 != "-" && seen[$1]++ { print $1 " twice" }' "$here/facts.tsv")"
if [ -f "$shared/facts/ane-rules.tsv" ]; then
	verdict 3 "all facts are in the table" "$(awk -F '\t' 'NR == FNR { have[$1] = 1; next }
		FNR > 1 && !($1 in have) { print $1 }' "$here/facts.tsv" "$shared/facts/ane-rules.tsv")"
else
	echo "ok 3 - all facts are in the table # SKIP no shared facts"
fi
