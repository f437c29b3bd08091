#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The screen on a real terminal (a pty): kinds of terminals, resizing, every way
# to end leaves the terminal as it was.
pty=$top_builddir/tests/tty/pty
MLI=$top_builddir/mlinspect
model=$top_srcdir/examples/tiny.onnx
XDG_CONFIG_HOME=$top_builddir/tests/tty.tmp XDG_STATE_HOME=$top_builddir/tests/tty.tmp
export XDG_CONFIG_HOME XDG_STATE_HOME
unset NO_COLOR LC_ALL LANG LC_CTYPE
if "$MLI" --version | grep -q 'no ncurses'; then
	echo "1..0 # SKIP a build without curses"
	exit
fi
if ! TERM=vt100 "$pty" 80x24 text:mlinspect -- "$MLI" "$model" >/dev/null 2>&1; then
	echo "1..0 # SKIP no pty or no terminfo"
	exit
fi
n=0
check() { # NAME ENVIRONMENT SIZE STEP...
	name=$1 environment=$2 size=$3
	shift 3
	n=$((n + 1))
	if said=$(env $environment "$pty" "$size" "$@" -- "$MLI" $arguments "$model" 2>&1)
	then echo "ok $n - $name"
	else
		printf '%s\n' "$said" | head -n 30 | sed 's/^/# /'
		echo "not ok $n - $name"
	fi
}
arguments=
utf8=LC_ALL=C.UTF-8
# What is tested is what the program does in a crash, not what a sanitizer does.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_sigfpe=0
UBSAN_OPTIONS=${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}handle_sigfpe=0
export ASAN_OPTIONS UBSAN_OPTIONS
for term in xterm-256color xterm linux vt100 screen tmux-256color; do
	check "$term: opens, moves, helps, leaves" "TERM=$term $utf8" 80x24 text:LayerNormalization \
		keys:jjj keys:? text:Keys keys:q keys:Q exit:0 tty:sane
done
check "dumb: the report instead" "TERM=dumb $utf8" 80x24 exit:0 done:parameters tty:sane
check "C locale: ASCII" "TERM=xterm LC_ALL=C" 80x24 text:LayerNormalization 'done:|' keys:Q exit:0
check "NO_COLOR" "TERM=xterm-256color NO_COLOR=1 $utf8" 80x24 text:MatMul keys:Q exit:0 tty:sane
check "arrow keys and function keys" "TERM=xterm $utf8" 80x24 text:MatMul 'keys:\eOB\eOB\eOB' \
	'keys:\r' text:LayerNormalization keys:Q exit:0
check "SIGTERM" "TERM=xterm $utf8" 80x24 text:MatMul kill:15 exit:143 tty:sane
check "SIGHUP" "TERM=xterm $utf8" 80x24 text:MatMul kill:1 exit:129 tty:sane
check "SIGQUIT" "TERM=xterm $utf8" 80x24 text:MatMul kill:3 exit:131 tty:sane
check "a crash" "TERM=xterm $utf8" 80x24 text:MatMul kill:8 exit:136 done:crashed tty:sane
check "SIGUSR1" "TERM=xterm $utf8" 80x24 text:MatMul kill:10 exit:138 tty:sane
check "a crash with the mouse on" "TERM=xterm $utf8" 80x24 text:MatMul 'keys::set mouse on\r' kill:8 exit:136 \
	'done:\e[?1000l' 'done:\e[?2004l' tty:sane
check "pasted text" "TERM=xterm-256color $utf8" 80x24 text:MatMul 'sent:\e[?2004h' 'keys:\e[200~Q\r\e[201~' \
	'text:pasted text goes' keys:: 'keys:\e[200~ops\rxyz\e[201~' 'text::ops xyz' 'keys:\e' keys:Q exit:0 \
	'done:\e[?2004l' tty:sane
check "^C twice" "TERM=xterm $utf8" 80x24 text:MatMul keys:^C text:again keys:^C exit:0 tty:sane
check "stopped and resumed" "TERM=xterm $utf8" 80x24 text:MatMul suspend: stopped: tty:sane resume: \
	text:MatMul keys:j keys:Q exit:0 tty:sane
check "^Z" "TERM=xterm $utf8" 80x24 text:MatMul keys:^Z stopped: tty:sane resume: text:MatMul keys:Q \
	exit:0 tty:sane
check "^Z of a console" "TERM=linux $utf8" 80x24 text:MatMul keys:^Z stopped: tty:sane resume: \
	text:MatMul keys:Q exit:0 tty:sane
check "the mouse" "TERM=xterm-256color $utf8" 80x24 text:LayerNorm 'keys::set mouse on\r' \
	'sent:\e[?1006;1000h' 'keys:\e[<0;10;8M\e[<0;10;8m' 'text:#1 ' 'keys:\e[<65;10;8M' \
	'keys:\e[<0;10;12M\e[<0;10;12m\e[<0;10;12M\e[<0;10;12m' text:reads keys:Q exit:0 tty:sane \
	'done:\e[?1006;1000l'
check "8 colours" "TERM=xterm $utf8" 80x24 text:LayerNorm keys:Q exit:0 'done:\e[3' 'not:38;'
check "256 colours" "TERM=xterm-256color $utf8" 80x24 text:MatMul keys:Q exit:0 'done:\e[38;5;33m'
scratch=$top_builddir/tests/tty.tmp
mkdir -p "$scratch"
cat >"$scratch/direct" <<'END'
xterm-of-ours|24 bits of colour,
	RGB, colors#0x1000000, pairs#0x7fff, setaf=\E[38\:2\:\:%p1%{65536}%/%d\:%p1%{256}%/%{255}%&%d\:%p1%{255}%&%dm,
	setab=\E[48\:2\:\:%p1%{65536}%/%d\:%p1%{256}%/%{255}%&%d\:%p1%{255}%&%dm, use=xterm-256color,
xterm-of-16|the first colours and their bright ones,
	colors#16, pairs#256, setaf=\E[%?%p1%{8}%<%t3%p1%d%e9%p1%{8}%-%d%;m,
	setab=\E[%?%p1%{8}%<%t4%p1%d%e10%p1%{8}%-%d%;m, use=xterm,
END
if tic -x -o "$scratch/terminfo" "$scratch/direct" 2>/dev/null; then
	check "true colour" "TERM=xterm-of-ours TERMINFO=$scratch/terminfo $utf8" 80x24 text:MatMul keys:Q \
		exit:0 'done:\e[38:2::38:139:210m'
	check "16 colours" "TERM=xterm-of-16 TERMINFO=$scratch/terminfo $utf8" 80x24 text:LayerNorm \
		keys:Q exit:0 'done:\e[9' 'not:38;'
fi
model=$scratch/m.mil seed=$top_srcdir/tests/seeds/small.mil
cp "$seed" "$model"
check "places outlive a change of the file" "TERM=xterm $utf8" 80x24 text:concat \
	'keys:/cat\rma/custom\rmb' 'text:b is set' \
	run:"sed -e '/custom/d' -e 's/(z);/(y);/' '$seed' >'$model'" keys:r 'text:read again' \
	"keys:'b" 'text:not set' "keys:'a" 'text:#0' keys:Q exit:0
model=$scratch/m.mlpackage
cp -R "$top_srcdir/examples/mended.mlpackage" "$model" && chmod -R u+w "$model"
check "a file in a package changes" "TERM=xterm $utf8" 80x24 text:conv \
	run:"printf x >>'$model/Data/com.apple.CoreML/weights/weight.bin'" text:changed keys:r \
	'text:read again' gone:changed keys:Q exit:0
cat >"$scratch/deaf" <<'END'
#!/bin/sh
trap '' TERM HUP INT
read -r request
printf '%s\n' '{"event":"stage","name":"load"}' >&3
while :; do sleep 1; done
END
chmod +x "$scratch/deaf"
cp "$top_srcdir/tests/seeds/small-export.json" "$scratch/deaf.json"
model=$scratch/deaf.json arguments="--python $scratch/deaf"
check "left while it converts" "TERM=xterm $utf8" 80x24 text:sym_size keys:C text:start 'keys:\r' text:load \
	keys:Q exit:0 tty:sane
check "ended while it converts" "TERM=xterm $utf8" 80x24 text:sym_size keys:C text:start 'keys:\r' text:load \
	kill:15 exit:143 tty:sane
n=$((n + 1))
if ls "$scratch" | grep -q part; then
	echo "not ok $n - a conversion that is left clears its folder away"
else
	echo "ok $n - a conversion that is left clears its folder away"
fi
arguments=
model=$top_srcdir/examples/tiny.onnx
check "resizing" "TERM=xterm $utf8" 80x24 text:MatMul size:40x10 text:tokens size:20x5 text:needs \
	size:300x80 text:MatMul size:100x20 size:41x11 size:120x40 size:80x24 keys:? text:Keys \
	keys:Q exit:0 tty:sane
check "a storm of sizes" "TERM=xterm-256color $utf8" 80x24 text:MatMul $(i=0; while [ $i -lt 60 ]; do
	i=$((i + 1)); echo size:$((20 + i * 7 % 180))x$((5 + i * 5 % 60)); done) size:100x30 text:MatMul keys:Q \
	exit:0 tty:sane
mkdir -p "$XDG_CONFIG_HOME/mlinspect"
printf '%s\n' sort columns target boxes rows split overview 5 read 'replay none' into '#3' 'set ascii on' \
	>"$XDG_CONFIG_HOME/mlinspect/config"
check "settings that ask for a view before there is a model" "TERM=xterm $utf8" 80x24 text:mlinspect keys:z2 \
	text:MatMul keys:Q exit:0 tty:sane
rm -f "$XDG_CONFIG_HOME/mlinspect/config"
if mkfifo "$XDG_CONFIG_HOME/mlinspect/config" 2>/dev/null; then
	check "settings that are a FIFO" "TERM=xterm $utf8" 80x24 text:MatMul \
		"keys::replay $XDG_CONFIG_HOME/mlinspect/config\r" 'text:not a regular file' keys:Q exit:0
	rm -f "$XDG_CONFIG_HOME/mlinspect/config"
fi
printf ':open %s<Enter>/Softmax<Enter>r&op=Softmax<Enter>z4' "$top_srcdir/examples/mended.onnx" >"$scratch/keys"
check "a session waits for its models" "TERM=xterm $utf8" 80x24 text:MatMul "keys::replay $scratch/keys\r" \
	text:details text:Softmax keys:Q exit:0 tty:sane
check "the smallest" "TERM=xterm $utf8" 40x10 text:tokens keys:jj keys:z1 text:module keys:Q exit:0
check "the largest" "TERM=xterm $utf8" 300x80 text:MatMul keys:zM keys:Q exit:0
echo "1..$n"
rm -rf "$top_builddir/tests/tty.tmp"
