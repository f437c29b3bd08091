#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Library code keeps no state of its own and leaves process and terminal alone:
# no object has a symbol in a writable section (tables of pointers, which are
# constant once relocated, sit in .data.rel.ro), none calls what is listed here.
cd "$top_builddir" || exit 99
libs=$(find src -name 'lib*.a' | grep -v '^src/cmd/' | sort)
if ! objdump -h $libs 2>/dev/null | grep -q elf; then
	echo "1..0 # SKIP needs objdump and ELF objects"
	exit
fi
if nm $libs 2>/dev/null | grep -q -E '__(asan|gcov|sancov|sanitizer_cov|afl)_'; then
	echo "1..0 # SKIP an instrumented build has variables of its own"
	exit
fi

# The end of memory outside any protected call is the one place to give up.
calls='_?exit|quick_exit|abort|__assert_fail|getenv|secure_getenv|setlocale|system|popen|fork'
calls="$calls|(__)?v?printf(_chk)?|puts|putchar|perror|std(in|out|err)"
n=0
for lib in $libs; do
	n=$((n + 1))
	bad=$({
		objdump -t "$lib" | awk '/file format/ { sub(/:$/, "", $1); object = $1 }
			/[ \t](\.(bss|data|tbss|tdata)|\*COM\*)/ && !/\.data\.rel\.ro/ &&
				!/ d  / { print "# " object ": writable " $NF }'
		nm -A -u "$lib" | sed -E 's/@.*//' | grep -E " U ($calls)\$" |
			grep -v '/libbase.a:ctx.o: *U abort$' |
			sed -E 's/ +U / uses /; s/^/# /'
	})
	if [ -z "$bad" ]; then
		echo "ok $n - $lib"
	else
		printf '%s\n' "$bad"
		echo "not ok $n - $lib"
	fi
done
echo "1..$n"
