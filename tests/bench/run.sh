#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints what the program takes, CPU seconds and peak MB of the whole process,
# beside the goal and the reference library doing the nearest thing (its import
# included, as a user waits for it). Nothing is asserted.
#
# BENCH_MODELS   folder of the models; made there by shared/bench when they are
#                missing and BENCH_PYTHON has onnx (4 GB)
# BENCH_PYTHON   python3; without its onnx the reference columns stay empty
# BENCH_PEERS    no: leave the reference out
: "${top_builddir:=.}" "${top_srcdir:=.}"
models=${BENCH_MODELS:-$top_builddir/bench-models}
python=${BENCH_PYTHON:-python3}
shared=${MLINSPECT_SHARED:-$top_srcdir/../shared}
program=${MLINSPECT:-$top_builddir/mlinspect}
measure=$top_builddir/tests/bench/measure
# idle threads of numpy's library would be counted as the peer's work
OPENBLAS_NUM_THREADS=1
export OPENBLAS_NUM_THREADS

if [ ! -x "$program" ]; then
	echo "skipped: there is no $program"
	exit 0
fi
peers=no
if [ "$BENCH_PEERS" = no ]; then
	echo "reference left out: BENCH_PEERS=no"
elif "$python" -c 'import onnx' 2>/dev/null; then
	peers=yes
else
	echo "reference skipped: $python has no onnx (set BENCH_PYTHON)"
fi

# model [OPTION...]: make it when it is missing and can be made.
make_model() {
	dir=$1 file=$2
	shift 2
	if [ ! -e "$dir/$file" ] && [ $peers = yes ] && [ -e "$shared/bench/make_models.py" ]; then
		echo "making $dir/$file" >&2
		"$python" "$shared/bench/make_models.py" "$dir" --only "$file" "$@" >&2
	fi
	[ -e "$dir/$file" ]
}

quick=$models/quick
for name in blocks10k blocks100k heavy heavy_ext nest200; do
	make_model "$models" $name.onnx || echo "skipped: no $models/$name.onnx"
done
# made by a python with coremltools, which may be another: make them once
for name in big.mlpackage deep.mlpackage big.mlmodel big.pt2 deep.pt2 \
		big.pt deep.pt ops30k.pt; do
	make_model "$models" $name || echo "skipped: no $models/$name"
done
# a tenth of 50,000 nodes
make_model "$quick" blocks50k.onnx --quick || echo "skipped: no $quick/blocks50k.onnx"

load='import onnx, sys; onnx.load(sys.argv[1])'
count='import onnx, sys, collections
m = onnx.load(sys.argv[1]); collections.Counter(n.op_type for n in m.graph.node)'
load_spec='import coremltools, sys; coremltools.utils.load_spec(sys.argv[1])'
load_script='import torch, sys; torch._C._jit_pass_inline(torch.jit.load(sys.argv[1]).graph)'
load_export='import torch, sys; torch.export.load(sys.argv[1])'
check='import onnx, sys; onnx.checker.check_model(sys.argv[1])'

# peer MODEL CODE: "cpu mb" of the reference, or "- -"
peer() {
	if [ $peers = no ] || [ -z "$2" ]; then
		echo - -
		return
	fi
	"$measure" "$python" -c "$2" "$1" | awk '$3 != 0 { print "fails", "-"; next } { print $1, $2 }'
}

line='%-30s %9s %8s   %9s %8s   %9s %8s\n'
# row TITLE GOAL-SECONDS GOAL-MB MODEL PEER-CODE ARGUMENT...: the model's name
# goes behind the arguments
row() {
	title=$1 goal=$2 goal_mb=$3 model=$4 code=$5
	shift 5
	[ -z "$model" ] || [ -e "$model" ] || return 0
	set -- $("$measure" "$program" "$@" ${model:+"$model"}) "$(peer "$model" "$code")"
	cpu=$1 mb=$2 status=$3
	set -- $4
	# 1 says findings: the models are sound, but a rule may speak
	[ "$status" -gt 1 ] && cpu=failed
	printf "$line" "$title" "$cpu" "$mb" "$goal" "$goal_mb" "$1" "$2"
}

tiny=$top_srcdir/examples/tiny.onnx
big=$models/blocks100k.onnx
five=$quick/blocks50k.onnx
heavy=$models/heavy.onnx
printf "$line" "" "CPU s" "MB" "goal s" "goal MB" "onnx s" "onnx MB"
row "--version" 0.006 6 "" "" --version
row "info, small" 0.006 6 "$tiny" "$load" --batch -e info
row "info, 100,000 nodes" 0.11 90 "$big" "$count" --batch -e info
row "ops, 100,000 nodes" 0.11 90 "$big" "$count" --batch -e ops
row "nodes, 100,000 nodes" 0.3 100 "$big" "" --batch -e nodes
row "lint, 100,000 nodes" 0.2 100 "$big" "$check" --batch -e lint
row "diff, 100,000 nodes twice" 0.35 270 "$big" "" --batch -e "diff $big"
row "--dot, 100,000 nodes" 0.8 170 "$big" "" --dot=/dev/null
row "--fold=auto -T svg, 5,000" 0.6 - "$five" "" --dot=/dev/null --fold=auto -T svg
row "info, 1.9 GB inside" 0.008 10 "$heavy" "$load" --batch -e info
row "info, 2.0 GB external" 0.008 10 "$models/heavy_ext.onnx" "$load" --batch -e info
row "lint, 1.9 GB inside" 0.01 10 "$heavy" "$check" --batch -e lint
row "tensor of 13 MB" - - "$heavy" "" --batch -e "tensor w0"
row "info, If nested 200 deep" 0.008 10 "$models/nest200.onnx" "$load" --batch -e info
deep=$models/deep.mlpackage
row "info, 1 GB of ML Program" 0.008 10 "$models/big.mlpackage" "$load_spec" --batch -e info
row "tensor of 8 MB, ML Program" - - "$models/big.mlpackage" "" --batch -e "tensor fc0_weight_0"
row "info, 21,000 ops, 60,000 const" 0.06 60 "$deep" "$load_spec" --batch -e info
row "lint, 21,000 ops, 60,000 const" - - "$deep" "" --batch -e lint
row "info, 1 GB of .pt2" 0.008 10 "$models/big.pt2" "$load_export" --batch -e info
row "info, .pt2 of 5,000 nodes" 0.12 50 "$models/deep.pt2" "$load_export" --batch -e info
row "nodes, .pt2 of 5,000 nodes" - - "$models/deep.pt2" "" --batch -e nodes
row "scan, 1 GB of .pt2" - - "$models/big.pt2" "" --batch -e scan
row "info, 1 GB of TorchScript" 0.008 10 "$models/big.pt" "$load_script" --batch -e info
row "info, TorchScript, 200 layers" 0.075 50 "$models/deep.pt" "$load_script" --batch -e info
row "info, TorchScript, 850 layers" 0.3 160 "$models/ops30k.pt" "$load_script" --batch -e info
row "info, 208 MB of network" 0.008 10 "$models/big.mlmodel" "$load_spec" --batch -e info

# Other versions of a model: made when they are missing and can be.
versions() {
	mkdir -p "$models/var" 2>/dev/null
	for how in edited renamed "edited renamed"; do
		out=$models/var/$(basename "$1" .onnx)-$(echo "$how" | tr ' ' -).onnx
		[ -e "$out" ] || [ $peers = no ] ||
			"$python" "$top_srcdir/tests/bench/vary.py" "$1" "$out" $how
		[ -e "$out" ] && echo "$out" "$how"
	done
}
echo
echo "diff of two versions, in openings of one (goal: at most 3; 100,000 nodes: 0.35 s)"
for model in "$models/blocks10k.onnx" "$big"; do
	[ -e "$model" ] || continue
	open=$("$measure" "$program" --batch -e info "$model")
	versions "$model" | while read -r out how; do
		echo "$("$measure" "$program" --batch -e "diff $out" "$model") $open" |
			awk -v t="${model##*/}, $how" '{ printf "%-36s %9s %8s   %.1f openings\n",
			    t, $1, $2, $1 / ($4 > 0 ? $4 : 1e-4) }'
	done
done

echo
echo "the screen, in script mode: reading, analysis and drawing in one process"
row "first picture, 10,000 nodes" 0.15 - "$models/blocks10k.onnx" "" --keys=
row "first picture, 100,000 nodes" - - "$big" "" --keys=
half=$quick/blocks50k.onnx
[ -e "$models/blocks50k.onnx" ] && half=$models/blocks50k.onnx
row "all open, 1 key" - - "$half" "" --keys=zR
thousand=$(awk 'BEGIN { for (i = 0; i < 1000; i++) printf "j" }')
# goal: 1,000 keys of at most 16 ms
row "all open, 1,001 keys" 16 - "$half" "" "--keys=zR$thousand"
again() { awk -v n="$1" -v k="$2" 'BEGIN { printf "zR"; while (n-- > 0) printf "%s", k }'; }
# goal: 16 ms a key, and what "all open, 1 key" takes
row "filtered by verdicts, 50 times" 0.8 - "$half" "" "--keys=$(again 50 '&placed=ane cost>1k<Enter>')"
row "sorted by each column, 50 keys" 0.8 - "$half" "" "--keys=$(again 50 o)"
row "next problem, 100 times" 1.6 - "$half" "" "--keys=$(again 100 e)"
row "overview, 20 times" 0.3 - "$half" "" "--keys=$(again 20 z1q)"
row "undo and redo, 50 times" 1.6 - "$half" "" "--keys=zM$(again 50 'u<C-r>')"
row "open and shut all, 20 times" 0.6 - "$half" "" \
	"--keys=$(awk 'BEGIN { for (i = 0; i < 10; i++) printf "zRzM" }')"

make_model "$models" skips50k.onnx || echo "skipped: no $models/skips50k.onnx"
echo
echo "keys (goals: 16 ms for any at 50,000 nodes; all rows laid out: 20 ms for 10,000 nodes,"
echo "100 ms and 60 MB for 50,000 with skips; an answer while 200,000 nodes are read)"
for model in "$models/blocks10k.onnx" "$models/skips50k.onnx" "$half" "$big" \
		"$models/blocks200k.onnx"; do
	[ -e "$model" ] || continue
	echo "${model##*/}"
	"$top_builddir/tests/bench/keys" "$model" 5
done

[ -e "$big" ] && [ -e "$models/blocks10k.onnx" ] || exit 0
echo
echo "growth from 10,000 to 100,000 nodes (goal: at most 12 times)"
# growth TITLE ARGUMENT...: the model's name goes behind them
growth() {
	title=$1
	shift
	a=$("$measure" "$program" "$@" "$models/blocks10k.onnx")
	b=$("$measure" "$program" "$@" "$big")
	echo "$a $b" | awk -v t="$title" '{ printf "%-28s %9s -> %s  %.1f times\n", t, $1, $4,
	    $4 / ($1 > 0 ? $1 : 1e-4) }'
}
for command in info ops nodes lint tensors; do
	growth $command --batch -e $command
done
growth --dot --dot=/dev/null

for model in "$top_srcdir/tests/seeds/small-export.json" "$models/deep.pt2" "$models/ops30k.pt"; do
	[ -e "$model" ] || continue
	python3 "$top_srcdir/tests/bench/delay.py" "$top_builddir/mlinspect" "$model" 2>/dev/null ||
		echo "events on the screen: skipped, there is no python3"
done

# Under MLINSPECT_PYTHON, which make venv makes.
if "${MLINSPECT_PYTHON:-python3}" -c 'import coremltools, torch' 2>/dev/null; then
	"${MLINSPECT_PYTHON:-python3}" "$top_srcdir/tests/bench/drive.py" \
		"$top_srcdir/share/mlinspect" 2>/dev/null
else
	echo "driving coremltools: skipped, there is none (set MLINSPECT_PYTHON)"
fi
