#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every header compiles alone, and a second time behind itself.
cd "$top_builddir" || exit 99
n=0
for name in $(cd "$top_srcdir/src" && find . -name '*.h' | sed 's|^./||' | sort); do
	n=$((n + 1))
	if printf '#include "%s"\n#include "%s"\n' "$name" "$name" |
		$COMPILE -Werror -fsyntax-only -x c - 2>&1 | sed 's/^/# /' | grep .
	then echo "not ok $n - $name"
	else echo "ok $n - $name"
	fi
done
echo "1..$n"
