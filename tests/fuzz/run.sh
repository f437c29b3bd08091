#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Replays the seeds and all that fuzzers found through the fuzzing harness.
# To fuzz, in a build of its own:
#   ../configure CC=clang --enable-fuzzers --enable-sanitizers && make
#   tests/fuzz/fuzz -max_len=16384 -dict=SRC/tests/fuzz/dict NEW-CORPUS SRC/tests/seeds
# or with CC=afl-clang-fast:
#   afl-fuzz -m none -t 2000+ -x SRC/tests/fuzz/dict -i SRC/tests/seeds -o OUT -- tests/fuzz/fuzz
cd "$top_srcdir" || exit 99
set --
for f in tests/seeds/* tests/fuzz/corpus/*; do
	[ -f "$f" ] && set -- "$@" "$f"
done
exec "$top_builddir/tests/fuzz/replay" "$@"
