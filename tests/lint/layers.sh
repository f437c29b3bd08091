#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every #include in src/ stays within what doc/layers.tsv allows its folder.
cd "$top_srcdir" || exit 99
bad=$(find src ui -name '*.[chf]*' 2>/dev/null | grep -E '\.(c|h|def)$' | sort |
	xargs awk '
	BEGIN { FS = "\t"
		while ((getline < "doc/layers.tsv") > 0) {
			if (/^#/ || $1 == "folder") continue
			known[$1]
			n = split($2, words, " ")
			for (i = 1; i <= n; i++) {
				may[$1, words[i]]
				if (words[i] ~ /^</) library[words[i]]
			}
		}
	}
	!/^[ \t]*#[ \t]*include[ \t]/ { next }
	{
		folder = FILENAME
		sub(/\/[^\/]*$/, "", folder)
		if (folder ~ /^src\//) # what is in a folder of a layer is of that layer
			sub(/^src\/[^\/]*/, "&\t", folder), sub(/\t.*/, "", folder)
		split($0, part, /[<">]/)
		name = first = part[2]
		sub(/\/.*/, "", first)
		if ($0 ~ /</) {
			if (!(("<" first) in library) || (folder, "<" first) in may) next
		} else if (name !~ /\//) {
			if (name == "config.h") next
		} else if ("src/" first == folder || first == folder)
			next
		else if ((folder, first) in may || (folder, name) in may)
			next
		print "# " FILENAME ":" FNR ": " folder " may not include " name
	}
	!(folder in known) { print "# " folder " is not in doc/layers.tsv" }')
echo 1..1
[ -z "$bad" ] && { echo "ok 1 - includes follow doc/layers.tsv"; exit; }
printf '%s\n' "$bad"
echo "not ok 1 - includes follow doc/layers.tsv"
