#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints how far what the program says agrees with the truth, a section a part. A
# part is a script part-NAME.sh beside this one: it prints its numbers, and why it
# was left out when it lacks something. Nothing is asserted here: floors stand in
# tests/corpus.
# MLINSPECT_SHARED   the corpus and the tables of truth
# MLINSPECT_PYTHON   a python with torch, for what only running a model tells
# PARTS="NAME ..."   some parts only
: "${top_builddir:=.}" "${top_srcdir:=.}"
shared=${MLINSPECT_SHARED-$top_srcdir/../shared}
export top_builddir top_srcdir shared
if [ ! -x "$top_builddir/mlinspect" ]; then
	echo "skipped: there is no $top_builddir/mlinspect"
	exit 0
fi
if [ ! -d "$shared/corpus" ]; then
	echo "skipped: no corpus, set MLINSPECT_SHARED"
	exit 0
fi
for part in "$top_srcdir"/tests/truth/part-*.sh; do
	name=${part##*/part-} name=${name%.sh}
	case " ${PARTS:-$name} " in *" $name "*) ;; *) continue ;; esac
	echo
	echo "== $name"
	sh "$part"
done
