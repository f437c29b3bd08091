#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Replays the seeds and all that fuzzers found through the fuzzing harness.
# To fuzz: ./configure CC=clang --enable-fuzzers && make, then
#   tests/fuzz/fuzz -max_len=65536 NEW-CORPUS SRC/tests/fuzz/corpus SRC/tests/seeds
# or with CC=afl-clang-fast: make check TESTS=, then
#   afl-fuzz -i SRC/tests/seeds -o OUT -- tests/fuzz/replay @@
cd "$top_srcdir" || exit 99
set --
for f in tests/seeds/* tests/fuzz/corpus/*; do
	[ -f "$f" ] && set -- "$@" "$f"
done
exec "$top_builddir/tests/fuzz/replay" "$@"
