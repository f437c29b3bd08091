#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The real coremltools on a real terminal: each stage is seen, stopped, tried again; and
# models that hang or take all memory, in batch and on the screen.
needs='torch, coremltools'
. "$top_srcdir/tests/convert/python.sh"
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
"$python" "$top_srcdir/tests/convert/models.py" "$scratch" >/dev/null 2>&1 || exit 99
pty=$(cd "$top_builddir" && pwd)/tests/tty/pty
MLI=$(cd "$top_builddir" && pwd)/mlinspect
MLINSPECT_SHARE=$(cd "$top_srcdir/share/mlinspect" && pwd)
OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 TERM=xterm-256color
XDG_CONFIG_HOME=$scratch/home XDG_STATE_HOME=$scratch/home MLINSPECT_PYTHON=$python
export OPENBLAS_NUM_THREADS OMP_NUM_THREADS TERM MLINSPECT_SHARE XDG_CONFIG_HOME \
	XDG_STATE_HOME MLINSPECT_PYTHON
cd "$scratch" || exit 99
n=0
judge() { # NAME STATUS: what was said is in the file said
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	else
		head -n 60 said | sed 's/^/# /'
		echo "not ok $n - $1"
	fi
}
left() {
	set -- *.part-*
	[ -e "$1" ]
}
screen() { # NAME MODEL OPTIONS STEP...
	name=$1 model=$2 options=$3
	shift 3
	"$pty" 110x50 'text:runs on' keys:C text:start "$@" -- "$MLI" $options "$model" >said 2>&1
	status=$?
	left && echo "left: *.part-*" >>said && status=1
	judge "$name, screen" $status
}
batch() { # NAME MODEL STATUS WORDS OPTION...
	name=$1 model=$2 want=$3 words=$4
	shift 4
	timeout 120 "$MLI" -e convert "$@" "$model" >said 2>&1
	status=$?
	tr -s ' \n' ' ' <said >flat
	grep -q "$words" flat && [ $status = "$want" ] && ! left
	judge "$name, batch" $?
}

# stages as they go by, with the module path, the number of passes and a pass by its name
screen 'all stages are seen' deep.pt '' 'keys:\r' text:import text:frontend 'text:body.' \
	text:passes text:/95 text:common:: text:Converted: 'text:operations from' keys:q \
	'text:<->' keys:Q exit:0
for stage in import frontend common::; do
	rm -rf deep.mlpackage*
	screen "stopped in $stage" deep.pt '' 'keys:\r' "text:$stage" 'keys:^C' \
		'text:stopped on request' text:target keys:Q exit:0
	[ ! -e deep.mlpackage ] || echo "not ok - there is a package"
done
screen 'tried again by Enter' newer.pt --target=iOS15 'keys:\r' text:needs-target \
	'text:--target=iOS16' 'keys:ggj\r' text:Converted: keys:Q exit:0
rm -rf newer.mlpackage*
screen 'tried again by its name' newer.pt --target=iOS15 'keys:\r' text:needs-target \
	'text:--target=iOS16' 'keys::retry\r' text:Converted: keys:Q exit:0
for how in batch screen; do
	case $how in
	batch)
		batch 'a state that is set for ever' spin.pt 3 \
			'Class: timeout.*took more than 12 s' --timeout=12 --input='x:f32[2,3]'
		batch 'a state that takes all memory' grow.pt 3 'Class: tool.*; raise --memory' \
			--memory=6 --input='x:f32[2,3]'
		batch 'a constant that takes all memory' huge.pt 3 \
			"Node: #1 zeros.*Class: tool.*; raise --memory" \
			--memory=6 --input='x:f32[2,3]' ;;
	screen)
		screen 'a state that is set for ever' spin.pt '--timeout=12 --input=x:f32[2,3]' \
			'keys:\r' text:timeout 'text:more than 12 s' keys:Q exit:0
		screen 'a state that takes all memory' grow.pt '--memory=6 --input=x:f32[2,3]' \
			'keys:\r' 'text:memory ended' keys:Q exit:0
		screen 'a constant that takes all memory' huge.pt '--memory=6 --input=x:f32[2,3]' \
			'keys:\r' 'text:memory ended' keys:Q exit:0 ;;
	esac
done

# what a pipeline has made, the next one replaces
for again in first second; do
	n=$((n + 1))
	if timeout 300 "$MLI" -e "pipeline made" plain.pt >said 2>&1 && grep -q '^PASSED' said; then
		echo "ok $n - a pipeline, the $again time"
	else
		sed 's/^/# /' said
		echo "not ok $n - a pipeline, the $again time"
	fi
done

# the network, asked for from within the real process
cat >sitecustomize.py <<'END'
import os, socket, sys
class Ask:
    def find_spec(self, name, path=None, target=None):
        if name != "coremltools":
            return None
        try:
            socket.create_connection(("127.0.0.1", int(os.environ["PORT"])), timeout=5).close()
            said = "reached"
        except OSError as e:
            said = "refused"
        with open(os.environ["TOLD"], "w") as f:
            f.write(said)
        return None
sys.meta_path.insert(0, Ask())
END
PORT=$("$python" -c 'import socket, os, sys, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
if os.fork() == 0:
    os.close(1)
    os.close(2)
    while os.path.exists(sys.argv[1]):
        s.settimeout(2)
        try: s.accept()
        except OSError: pass
' "$scratch/sitecustomize.py")
for how in refused reached; do
	n=$((n + 1))
	[ $how = refused ] && set -- || set -- --network
	PYTHONPATH=$scratch TOLD=$scratch/told PORT=$PORT \
		timeout 120 "$MLI" -e convert "$@" --force plain.pt >said 2>&1
	told=$(cat told 2>/dev/null)
	if [ "$told" = $how ]; then
		echo "ok $n - the network is $how"
	elif [ $how = refused ] && "$MLI" -e doctor 2>&1 | grep -q 'network'; then
		echo "ok $n - the network # SKIP this system does not let it be taken away"
	else
		sed 's/^/# /' said
		echo "not ok $n - the network is $how: $told"
	fi
done
rm -f sitecustomize.py
# signals at any moment
for wait in 0.3 1 2 3 4; do
	n=$((n + 1))
	rm -rf deep.mlpackage*
	"$MLI" -e convert deep.pt >said 2>&1 &
	pid=$!
	sleep $wait
	kill -INT $pid 2>/dev/null
	kill -TERM $pid 2>/dev/null
	wait $pid
	status=$?
	if ! left && [ ! -e deep.mlpackage ] && [ $status -gt 128 ]; then
		echo "ok $n - a signal after $wait s"
	elif [ $status = 0 ] && ! left; then
		echo "ok $n - a signal after $wait s # SKIP it was done"
	else
		echo "not ok $n - a signal after $wait s: status $status, $(ls -d deep.*)"
	fi
done
echo "1..$n"
