#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Replays the seeds and all that fuzzers found through the fuzzing harness.
# To fuzz: ./configure CC=clang --enable-fuzzers && make, then
#   tests/fuzz/fuzz -max_len=65536 NEW-CORPUS SRC/tests/fuzz/corpus SRC/tests/seeds
# or with CC=afl-clang-fast: make check TESTS=, then
#   afl-fuzz -i SRC/tests/seeds -o OUT -- tests/fuzz/replay @@
set --
for f in "$top_srcdir"/tests/seeds/* "$top_srcdir"/tests/fuzz/corpus/*; do
	[ -f "$f" ] && set -- "$@" "$f"
done
exec "$top_builddir/tests/fuzz/replay" "$@"
