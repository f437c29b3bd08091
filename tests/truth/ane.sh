#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Verdicts of `ane` against published placements, op by op: each op stands alone in
# its standard form (tests/rules/ops.tsv). Prints a line "MODEL|CONFIDENCE|TRUTH|SAID"
# for each; TRUTH and SAID are yes, no or unknown. Needs $shared.
tmp=$top_builddir/tests/ane-truth.tmp
rm -rf "$tmp" && mkdir -p "$tmp" || exit 99

# Rows of single ops: model, place, op, truth.
awk -F '\t' '
	NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; next }
	{ model = $col["model"]; op = $col["op_or_component"]; kind = $col["kind"]
	  where = $col["supported_devices"]; note = $col["reason_or_note"] }
	kind ~ /^per-op\/MLComputePlan-supported-set/ {
		print "probe-M4\tM4\tmacOS26\t" op "\t" (where ~ /includes ANE/ ? "yes" : "no") }
	kind == "per-op/direct-compile" && $col["chip"] ~ /M3 Pro/ && note !~ /artefact/ {
		sub(/\(constant\)/, "", op)
		print "direct-M3\tM3\tmacOS15\t" op "\t" ($col["preferred_device"] == "accept" ? "yes" : "no") }
	kind == "per-op/e5-analytics" {
		name = op; sub(/^ios[0-9]*\./, "", op); sub(/ ->.*/, "", op)
		if (note ~ /fp32/) op = op (name ~ /to_fp32/ ? "_to_f32" : "_f32")
		print "MobilenetEdgeTPU-M1\tM1\tmacOS14\t" op "\t" ($col["preferred_device"] ~ /ANE/ ? "yes" : "no") }
' "$shared/facts/ane-ground-truth.tsv" >"$tmp/rows"

# One program for each op that has a form.
grep -v '^#' "$top_srcdir/tests/rules/ops.tsv" | awk -F '\t' -v tmp="$tmp" \
	-v frame="$top_srcdir/tests/rules/frame.mil" '
	BEGIN { while ((getline line < frame) > 0) text = text line "\n"
		at = index(text, "@STATEMENT@") }
	{ file = tmp "/" $1 ".mil"
	  printf "%s%s%s", substr(text, 1, at - 1), $2, substr(text, at + 11) >file; close(file) }'
for place in $(cut -f2,3 "$tmp/rows" | tr '\t' '_' | sort -u); do
	(cd "$tmp" && "$top_builddir/mlinspect" --format=json --chip="${place%_*}" \
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
