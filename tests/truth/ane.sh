#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Verdicts of `ane` against published placements, op by op: each op stands alone in
# its standard form (tests/rules/ops.tsv). Prints a line "MODEL|CONFIDENCE|TRUTH|SAID"
# for each; TRUTH and SAID are yes, no or unknown. $ane_rules: a file for --rules.
tmp=$top_builddir/tests/ane-truth.tmp
rm -rf "$tmp" && mkdir -p "$tmp" || exit 99
MLI=$(cd "$top_builddir" && pwd)/mlinspect

# Rows of single ops: model, chip, system, op, truth.
awk -F '\t' '!/^#/ { for (i = 0; i < $6; i++) print $1 "\t" $2 "\t" $3 "\t" $4 "\t" $5 }' \
	"$top_srcdir/tests/truth/placements.tsv" >"$tmp/rows"

# One program for each op that has a form.
grep -v '^#' "$top_srcdir/tests/rules/ops.tsv" | awk -F '\t' -v tmp="$tmp" \
	-v frame="$top_srcdir/tests/rules/frame.mil" '
	BEGIN { while ((getline line < frame) > 0) text = text line "\n"
		at = index(text, "@STATEMENT@") }
	{ file = tmp "/" $1 ".mil"
	  printf "%s%s%s", substr(text, 1, at - 1), $2, substr(text, at + 11) >file; close(file) }'
for place in $(cut -f2,3 "$tmp/rows" | tr '\t' '_' | sort -u); do
	(cd "$tmp" && "$MLI" ${ane_rules:+--rules="$ane_rules"} --format=json --chip="${place%_*}" \
		--os="${place#*_}" -e 'ane name=n' ./*.mil) | awk -v place="$place" '
		{ match($0, /"model":"[^"]*"/); file = substr($0, RSTART + 11, RLENGTH - 16)
		  nodes = substr($0, index($0, "\"nodes\":"))
		  match(nodes, /"eligible":"[a-z]*"/); said = substr(nodes, RSTART + 12, RLENGTH - 13)
		  sure = "none"
		  if (match(nodes, /"confidence":"[a-z-]*"/)) sure = substr(nodes, RSTART + 14, RLENGTH - 15)
		  print place "\t" file "\t" said "\t" sure }'
done >"$tmp/said"
awk -F '\t' 'NR == FNR { said[$1 "\t" $2] = $3; sure[$1 "\t" $2] = $4; next }
	{ key = $2 "_" $3 "\t" $4
	  print $1 "|" (key in said ? sure[key] : "no form") "|" $5 "|" (key in said ? said[key] : "skipped") "|" $4 }' \
	"$tmp/said" "$tmp/rows"
rm -rf "$tmp"
