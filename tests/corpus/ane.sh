#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The table of published placements (tests/truth/placements.tsv) against the publications.
# Floors of the verdicts stand in tests/rules/placements.sh.
shared=${MLINSPECT_SHARED-$top_srcdir/../shared}
if [ ! -f "$shared/facts/ane-ground-truth.tsv" ]; then
	echo "1..0 # SKIP no published placements: set MLINSPECT_SHARED"
	exit
fi
echo 1..1
awk -F '\t' '
	NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; next }
	{ op = $col["op_or_component"]; kind = $col["kind"]; note = $col["reason_or_note"] }
	kind ~ /^per-op\/MLComputePlan-supported-set/ {
		print "probe-M4\tM4\tmacOS26\t" op "\t" \
			($col["supported_devices"] ~ /includes ANE/ ? "yes" : "no") }
	kind == "per-op/direct-compile" && $col["chip"] ~ /M3 Pro/ && note !~ /artefact/ {
		sub(/\(constant\)/, "", op)
		print "direct-M3\tM3\tmacOS15\t" op "\t" ($col["preferred_device"] == "accept" ? "yes" : "no") }
	kind == "per-op/e5-analytics" {
		name = op; sub(/^ios[0-9]*\./, "", op); sub(/ ->.*/, "", op)
		if (note ~ /fp32/) op = op (name ~ /to_fp32/ ? "_to_f32" : "_f32")
		print "MobilenetEdgeTPU-M1\tM1\tmacOS14\t" op "\t" ($col["preferred_device"] ~ /ANE/ ? "yes" : "no") }
' "$shared/facts/ane-ground-truth.tsv" | sort | uniq -c |
	awk '{ print $2 "\t" $3 "\t" $4 "\t" $5 "\t" $6 "\t" $1 }' >"$top_builddir/tests/ane-placements"
if grep -v '^#' "$top_srcdir/tests/truth/placements.tsv" | diff - "$top_builddir/tests/ane-placements"; then
	echo "ok 1 - the table of placements"
else
	echo "not ok 1 - the table of placements"
fi | sed 's/^[<>]/# &/'
rm -f "$top_builddir/tests/ane-placements"
