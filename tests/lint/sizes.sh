#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files and functions stay small enough to read. Caps fail; what comes near
# them and the distribution are printed, so that drift is seen early.
cd "$top_srcdir" || exit 99
files=$(find src ui tests -name '*.[ch]' 2>/dev/null | sort)
echo 1..4

# Prints "LINES FILE FUNCTION" for every function: its name starts a line in
# column 0, its body ends with a brace there.
functions() {
	awk '
		FNR == 1 { name = "" }
		/^[a-z_][A-Za-z0-9_]*\(/ { name = $0; sub(/\(.*/, "", name); start = FNR }
		/;[ \t]*$/ && name != "" && !body { name = "" }
		/^\{/ { body = name != "" }
		/^\}/ { if (body) print FNR - start + 1, FILENAME, name; body = 0; name = "" }
	' "$@"
}

verdict() { # NUMBER WHAT COMPLAINTS
	[ -z "$3" ] && { echo "ok $1 - $2"; return; }
	printf '%s\n' "$3" | sed 's/^/# /'
	echo "not ok $1 - $2"
}

all=$(functions $(printf '%s\n' $files | grep -E '^(src|ui)/.*\.c$') | sort -n)
printf '%s\n' "$all" | awk '
	{ n[NR] = $1 }
	END { if (NR) printf "# %d functions: median %d lines, 90 %% within %d, longest %d\n",
		NR, n[int((NR + 1) / 2)], n[int(NR * .9 + .5)], n[NR] }'
printf '%s\n' "$all" | awk '$1 > 60 { print "# near the cap: " $0 }'
verdict 1 "functions have at most 80 lines" "$(printf '%s\n' "$all" | awk '$1 > 80')"

long=$(wc -l $files | awk '$2 != "total" && $2 ~ /^(src|ui)\/.*\.c$/ && $1 > 800')
verdict 2 "files have at most 800 lines" "$long"

wide=$(for f in $(printf '%s\n' $files | grep -v '^tests/'); do expand "$f" | awk -v f="$f" \
	'length > 100 { print f ":" NR ": " length " columns" }'; done)
verdict 3 "lines have at most 100 columns" "$wide"

bare=$(for f in $files; do
	head -n 1 "$f" | grep -q SPDX-License-Identifier || echo "$f"; done)
verdict 4 "files start with their licence" "$bare"
