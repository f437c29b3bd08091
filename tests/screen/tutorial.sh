#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Presses the keys of doc/TUTORIAL.md: each line <!-- run: MODELS | KEYS | TEXT -->
# must give a screen that holds TEXT, and each <!-- keys: N | MODELS | KEYS | TEXT -->
# with N keys.
MLI=$top_builddir/mlinspect
scratch=$top_builddir/tests/tutorial.tmp
rm -rf "$scratch"
cp -R "$top_srcdir/examples" "$scratch" && chmod -R u+w "$scratch" && cd "$scratch" || exit 99
sed -n -e 's/^<!-- run: \(.*\) -->$/ | \1/p' -e 's/^<!-- keys: \(.*\) -->$/\1/p' \
	"$top_srcdir/doc/TUTORIAL.md" | {
	n=0
	while IFS='|' read -r count models keys text; do
		n=$((n + 1))
		keys=$(echo "$keys" | sed 's/^ //; s/ $//')
		pressed=$(printf %s "$keys" | sed 's/<[^>]*>/k/g')
		count=${count%% *}
		text=${text# }
		# shellcheck disable=SC2086
		if screen=$("$MLI" --size=120x40 --keys="$keys" $models 2>&1) &&
			printf '%s\n' "$screen" | grep -q -F -e "$text" &&
			[ "${count:-${#pressed}}" = ${#pressed} ]
		then
			echo "ok $n - $models: $keys"
		else
			printf '%s\n' "$screen" | head -n 20 | sed 's/^/# /'
			echo "not ok $n - $models: $keys shows $text"
		fi
	done
	echo "1..$n"
}
cd / && rm -rf "$scratch"
