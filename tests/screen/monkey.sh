#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Random keys, sizes, clicks and changes of files in the screen's own process: nothing may
# crash, hang, lose memory or leave on the screen what no terminal should get. KEYS keys
# (20,000), divided among the seeds in SEED (1 to 5); twice from them gives the same keys.
# Models are those under $MLINSPECT_SHARED when ALL=yes, else ours.
# make monkey KEYS=1000000 SEED=7 ALL=yes; in a build with sanitizers best.
monkey=$top_builddir/tests/screen/monkey
scratch=$top_builddir/tests/screen.tmp
rm -rf "$scratch"
mkdir -p "$scratch" && cd "$scratch" || exit 99
XDG_CONFIG_HOME=$scratch/config XDG_STATE_HOME=$scratch/state
export XDG_CONFIG_HOME XDG_STATE_HOME

ls -d "$top_srcdir"/examples/*.* "$top_srcdir"/tests/seeds/* >list
shared=${MLINSPECT_SHARED:-$top_srcdir/../shared}
if [ "$ALL" = yes ] && [ -d "$shared/corpus" ]; then
	find "$shared/corpus" "$shared/corpus-gen" "$shared/oracle/models" \
		\( -name '*.mlpackage' -o -name '*.mlmodelc' \) -prune -print -o \
		\( -name '*.onnx' -o -name '*.ort' -o -name '*.pt' -o -name '*.pt2' \
		-o -name '*.mlmodel' -o -name '*.mil' \) -size -4096k -print 2>/dev/null >>list
fi
seeds=${SEED:-1 2 3 4 5}
# shellcheck disable=SC2086
set -- $seeds
keys=$((${KEYS:-20000} / $#))
echo "1..$((2 * $#))"
n=0
for how in '' -t; do
	for seed; do
		n=$((n + 1))
		# shellcheck disable=SC2086
		if says=$("$monkey" $how $keys "$seed" @list 2>err); then
			echo "ok $n - $says"
		else
			sed 's/^/# /' err | head -n 40
			[ ! -e monkey.keys ] || cp monkey.keys "$top_builddir/tests/screen/"
			echo "not ok $n - seed $seed $how: $says$(sed -n \
				's/^SUMMARY: //p; s/^monkey: //p' err | tr '\n' ' ')"
		fi
	done
done
cd / && rm -rf "$scratch"
