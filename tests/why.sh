#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# why.sh LOG FOLDER...: what the tests that failed say of it, for those who see nothing but
# what a check prints. LOG is what make check wrote; logs of tests are looked for in the
# FOLDERs, in their order. Of each failure 30 lines at most, of each test five failures.
log=$1
shift
sed -n 's/^\(FAIL\|ERROR\|XPASS\): \([^ ]*\).*/\2/p' "$log" 2>/dev/null | sort -u | head -n 20 |
while read -r test; do
	for folder in "$@"; do
		[ -f "$folder/${test%.sh}.log" ] && break
	done
	echo "| $test:"
	# Lines before a verdict and behind it: shell tests explain first, cmocka afterwards.
	awk -v test=": $test " '
		function flush(  i) {
			for (i = 0; i < n; i++)
				if (i < 22 || i >= n - 8) print "|   " substr(line[i], 1, 200)
				else if (i == 22) print "|   ... (" n - 30 " lines)"
		}
		/^1\.\.[0-9]+/ { plan = 1; next }
		/^[A-Z]+: / && index($0, test) { next }
		/^ok / { if (after) flush(); n = after = 0; next }
		/^(not ok|Bail out)/ {
			if (++bad > 5) { if (after) flush(); after = n = 0; next }
			flush(); print "|   " $0
			n = 0; after = 1; next
		}
		{ line[n++] = $0 }
		END {
			if (after || !bad || !plan) flush()
			if (bad > 5) print "|   ... and " bad - 5 " more"
		}' "$folder/${test%.sh}.log" 2>&1
done
