#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Random keys and sizes in script mode: nothing may crash, hang or leave control
# bytes on the screen. MONKEY_KEYS keys (2,000) for each seed of MONKEY_SEEDS
# ("1 2") and each model of MONKEY_MODELS; long runs are made by hand in a build with
# sanitizers.
keys=${MONKEY_KEYS:-2000}
MLI=$top_builddir/mlinspect
scratch=$top_builddir/tests/screen.tmp
rm -rf "$scratch"
mkdir -p "$scratch" || exit 99
models=${MONKEY_MODELS:-$top_srcdir/examples/tiny.onnx $top_srcdir/tests/seeds/everything.textproto
	$top_srcdir/tests/seeds/small.mil $top_srcdir/tests/seeds/small-export.json}

# Mostly motion; sometimes a prompt with something typed into it.
random_keys() { # SEED
	awk -v seed="$1" -v n="$keys" 'BEGIN {
		srand(seed)
		m = split("j k h l g G <C-d> <C-u> <PgDn> <PgUp> <Down> <Up> <Enter> <Enter> <Esc> q " \
		    "z1 z2 z3 z4 zM zR zx zc zo <Space> <Space> - = , . <lt> > i I n N * e E ] [ p P L " \
		    "<Tab> M s S \\ + _ O ma '"'"'a <C-o> <C-n> u <C-r> a t r J ? ~ yn ys yj yp 1 2 3 7 " \
		    "<C-l> <C-e> <C-y> <F1> <F2> <F3> <F4> <F5> <Home> <End> <BS> <Left> <Right> o d D x v V fa fb v", key, " ")
		w = split("/a<Enter>;/conv<Enter>;&op=Relu<Enter>;&<C-u><Enter>;&scope=~<Enter>;:info<Enter>;" \
		    ":ops<Enter>;:3<Enter>;:lint<Enter>;:nosuch<Enter>;:li<Tab><Tab><Esc>;:read<Enter>;" \
		    ":graph 1<Enter>;:shapes<Enter>;:<Up><Up><Enter>;:map x down<Enter>;:close<Enter>;&problems<Enter>;&placed=cpu cost>1k<Enter>;&pair!=same<Enter>;#3<Enter>;:write-yank y<Enter>", word, ";")
		z = split("40x10 80x24 120x40 300x80 41x11 99x15 20x5", size, " ")
		for (i = 0; i < n; i++) {
			r = rand()
			if (r < .03) print word[1 + int(rand() * w)]
			else if (r < .05) print "<size:" size[1 + int(rand() * z)] ">"
			else print key[1 + int(rand() * m)]
		}
	}' | tr -d '\n'
}

n=0
for seed in ${MONKEY_SEEDS:-1 2}; do
	random_keys "$seed" >"$scratch/keys"
	last=
	for model in $models; do
		n=$((n + 1))
		(cd "$scratch" && timeout 300 "$MLI" --keys=@keys ${last:+"$last"} "$model") \
			>"$scratch/out" 2>"$scratch/err"
		status=$?
		if [ $status -ne 0 ] || [ -s "$scratch/err" ]; then
			head -n 20 "$scratch/err" | sed 's/^/# /'
			echo "# status $status"
			echo "not ok $n - seed $seed, $model"
		elif tr -d '\n' <"$scratch/out" | LC_ALL=C grep -q '[[:cntrl:]]'; then
			echo "not ok $n - seed $seed, $model: control bytes on the screen"
		else
			echo "ok $n - seed $seed, ${model##*/}"
		fi
		last=$model
	done
done
echo "1..$n"
rm -rf "$scratch"
