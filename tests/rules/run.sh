#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each rule about the Neural Engine has a statement at which it holds and one at which
# it does not (ane.tsv), set into the program frame.mil. Rules without a case are
# listed in open.txt, and only there.
here=$top_srcdir/tests/rules
MLI=$top_builddir/mlinspect
tmp=$top_builddir/tests/rules.tmp
[ -x "$MLI" ] || { echo "1..0 # SKIP there is no mlinspect program"; exit; }
rm -rf "$tmp" && mkdir -p "$tmp" || exit 99

# One program for each statement: CHIP_SYSTEM.ID.holds.mil, CHIP_SYSTEM.ID.not.mil
grep -v '^#' "$here/ane.tsv" | awk -F '\t' -v frame="$here/frame.mil" -v tmp="$tmp" '
	BEGIN { while ((getline line < frame) > 0) text = text line "\n"
		at = index(text, "@STATEMENT@")
		before = substr(text, 1, at - 1); after = substr(text, at + 11) }
	{ for (i = 4; i <= 5; i++) {
		file = tmp "/" $2 "_" $3 "." $1 (i == 4 ? ".holds.mil" : ".not.mil")
		printf "%s%s%s", before, $i, after >file; close(file) } }'

for place in $(grep -v '^#' "$here/ane.tsv" | cut -f2,3 | tr '\t' '_' | sort -u); do
	(cd "$tmp" && "$MLI" --format=json --chip="${place%_*}" --os="${place#*_}" \
		-e 'explain n' "$place".*.mil)
done >"$tmp/out"

# "PLACE.ID.holds yes" where the rule holds
awk '{ match($0, /"model":"[^"]*"/); file = substr($0, RSTART + 9, RLENGTH - 14)
	split(file, part, "."); at = index($0, "\"rule\":\"" part[2] "\",\"set\"")
	rest = substr($0, at);
	holds = at > 0 && match(rest, /"holds":"[a-z]*"/) ? substr(rest, RSTART + 9, RLENGTH - 10) : "no"
	print part[2], part[3], holds }' "$tmp/out" >"$tmp/verdicts"

n=0
for id in $("$MLI" --format=json -e rules | grep -o '"id":"[^"]*","set":"ane"' | cut -d'"' -f4); do
	n=$((n + 1))
	if grep -q "^$id holds yes" "$tmp/verdicts" && ! grep -q "^$id not yes" "$tmp/verdicts" &&
	    grep -q "^$id not" "$tmp/verdicts" && ! grep -qx "$id" "$here/open.txt"; then
		echo "ok $n - $id"
	elif grep -qx "$id" "$here/open.txt" && ! grep -q "^$id " "$tmp/verdicts"; then
		echo "ok $n - $id # SKIP no case yet"
	else
		grep "^$id " "$tmp/verdicts" | sed 's/^/# /'
		echo "not ok $n - $id"
	fi
done
echo "1..$n"
rm -rf "$tmp"
