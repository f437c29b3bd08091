#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the command goldens. A case is a folder COMMAND/NAME with
#   cmd      a line of shell; $MLI is the program; it runs in the case folder
#   out      what it writes to stdout (no file: nothing)
#   err      what it writes to stderr (no file: nothing)
#   status   its exit status (no file: 0)
# and any input files. Cases run in a scratch copy of the tree, where
# ../../../../examples and ../../../seeds stand as they do here.
#   CASES=dot/ make check TESTS=tests/golden/run.sh    some cases only
#   REGEN=1    writes what came out over what was expected
here=$top_srcdir/tests/golden
MLI=$top_builddir/mlinspect
TZ=UTC COLUMNS=80 TERM=dumb
export MLI TZ COLUMNS TERM
unset POSIXLY_CORRECT NO_COLOR XDG_STATE_HOME

[ -x "$MLI" ] || { echo "1..0 # SKIP there is no mlinspect program"; exit; }
scratch=$top_builddir/tests/golden.tmp
rm -rf "$scratch"
mkdir -p "$scratch/tests" &&
	cp -R "$here" "$scratch/tests/golden" &&
	cp -R "$top_srcdir/tests/seeds" "$scratch/tests/seeds" &&
	cp -R "$top_srcdir/examples" "$scratch/examples" &&
	chmod -R u+w "$scratch" || exit 99

# A file that holds what a missing FILE stands for.
expected() { # FILE DEFAULT
	if [ -f "$1" ]; then cat "$1"; elif [ -n "$2" ]; then echo "$2"; fi
}

keep() { # GOT NAME DEFAULT
	if [ "$(cat "$1")" = "$3" ]; then rm -f "$here/$case/$2"
	else cp "$1" "$here/$case/$2"; fi
}

n=0
for cmd in "$here"/*/*/cmd; do
	[ -f "$cmd" ] || continue
	case=${cmd#"$here"/} case=${case%/cmd}
	case $case in *"${CASES-}"*) ;; *) continue ;; esac
	n=$((n + 1))
	got=$scratch/got.$n
	mkdir "$got"
	(cd "$scratch/tests/golden/$case" && sh ./cmd </dev/null \
		>"$got/out" 2>"$got/err"; echo $? >"$got/status")
	if [ -n "${REGEN-}" ]; then
		keep "$got/out" out ""
		keep "$got/err" err ""
		keep "$got/status" status 0
	fi
	differ=$(for part in status err out; do
		default=
		[ $part = status ] && default=0
		expected "$here/$case/$part" $default | diff -u - "$got/$part" |
			sed -e "1s|.*|--- expected $part|" -e '2s|.*|+++ got|' -e 's/^/# /'
	done)
	if [ -z "$differ" ]; then
		echo "ok $n - $case"
		rm -rf "$got"
	else
		printf '%s\n' "$differ" | head -n 60
		echo "not ok $n - $case"
	fi
done
echo "1..$n"
