#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each rule about the Neural Engine has a statement at which it holds and one at which
# it does not (ane.tsv), set into the program frame.mil; for what depends on the whole
# model or on settings there are two models with these (model.tsv).
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

# Rules about models are in the result of ane, those of ops in that of explain.
sh "$here/models.sh" "$tmp" || exit 99
holds() { # ID SETTINGS MODEL
	(cd "$tmp" && "$MLI" --format=json $2 -e ane -e 'explain n' -e 'explain #0' \
		"$3" 2>/dev/null) |
		awk '{ gsub(/"rule":/, "\n&"); print }' |
		grep -q "^\"rule\":\"$1\",\"[sv]e.*\"holds\":\"yes\""
}
tab=$(printf '\t')
grep -v '^#' "$here/model.tsv" | while IFS=$tab read -r id set1 model1 set2 model2; do
	holds "$id" "$set1" "$model1" && echo "$id holds yes" || echo "$id holds no"
	holds "$id" "$set2" "$model2" && echo "$id not yes" || echo "$id not no"
done >>"$tmp/verdicts"

n=0
for id in $("$MLI" --format=json -e rules | grep -o '"id":"[^"]*","set":"ane"' | cut -d'"' -f4); do
	n=$((n + 1))
	if grep -q "^$id holds yes" "$tmp/verdicts" && ! grep -q "^$id not yes" "$tmp/verdicts" &&
	    grep -q "^$id not" "$tmp/verdicts" && ! grep -q "^$id holds no" "$tmp/verdicts"; then
		echo "ok $n - $id"
	else
		grep "^$id " "$tmp/verdicts" | sed 's/^/# /'
		echo "not ok $n - $id"
	fi
done
echo "1..$n"
rm -rf "$tmp"
