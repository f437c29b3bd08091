#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every source file is in its folder's local.mk: a forgotten one would be
# missing from the release, a forgotten test would never run.
cd "$top_srcdir" || exit 99
bad=$({
	find src ui -name '*.[chd]*' 2>/dev/null | grep -E '\.(c|h|def)$' | while read -r f; do
		case $f in
		src/*/*/*) layer=${f#src/} layer=src/${layer%%/*} ;;
		*) layer=${f%/*} ;;
		esac
		grep -q -F "%D%/${f#"$layer"/}" "$layer/local.mk" || echo "# $f is not listed"
	done
	for f in tests/unit/test_*.c; do
		[ -e "$f" ] || continue
		grep -q -w -F "unit/$(basename "$f" .c)" tests/local.mk || echo "# $f is not listed"
	done
})
echo 1..1
[ -z "$bad" ] && { echo "ok 1 - every file is in a local.mk"; exit; }
printf '%s\n' "$bad"
echo "not ok 1 - every file is in a local.mk"
