#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The documents for CI against the structure that their schemas ask for and against
# the findings of --format=json (forms.py): models of each kind, with names that need
# escapes, rules of a team, a baseline, no finding at all.
python=${MLINSPECT_PYTHON:-python3}
here=$top_srcdir/tests/forms
MLI=$top_builddir/mlinspect
tmp=$top_builddir/tests/forms.tmp
[ -x "$MLI" ] || { echo "1..0 # SKIP there is no mlinspect program"; exit; }
"$python" -c '' 2>/dev/null || { echo "1..0 # SKIP no python3: set MLINSPECT_PYTHON"; exit; }
rm -rf "$tmp" && mkdir -p "$tmp" || exit 99
n=0

same() { # NAME ARGUMENT...: both forms of what a run finds
	name=$1
	shift
	(cd "$tmp" && "$MLI" --format=json "$@" >json 2>/dev/null)
	for form in sarif junit; do
		n=$((n + 1))
		(cd "$tmp" && "$MLI" --format=$form "$@" >$form 2>/dev/null)
		if out=$("$python" "$here/forms.py" $form "$tmp/$form" "$tmp/json" 2>&1); then
			echo "ok $n - $form: $name"
		else
			printf '%s\n' "$out" | sed 's/^#* */# /' | head -n 20
			echo "not ok $n - $form: $name"
		fi
	done
}

mil='program(1.3)
{
 func main<ios18>(tensor<fp32, [1, 4, 8, 8]> x) {
  tensor<fp32, [1, 4, 8, 8]> y = sin(x=x)[name = string("a<b>&\"c\"")];
 } -> (y);
}'
printf '%s\n' "$mil" >"$tmp/a b&<%é>'\".mil"
cat >"$tmp/my.rules" <<'RULES'
rule no/sine
says: "no" <sine> & no {op}
for: sin
verdict: error
advice: take a <table>
RULES
cp "$top_srcdir"/tests/golden/ane/mil/block.mil "$top_srcdir"/tests/seeds/* "$tmp/"

same "a program" --chip=M1 -e lint -e ane block.mil
same "names that need escapes" --chip=M1 -e ane "a b&<%é>'\".mil"
same "several models and commands" -e lint -e ane block.mil small.onnxtxt small.mlmodel small.pt2
same "lines of sources" -e support small.pt2 script.pt
same "offsets of what is damaged" -e lint small.mlmodel package.zip pipeline.mlmodel
(cd "$tmp" && "$MLI" --format=json --chip=M1 -e ane block.mil >base.json)
same "a baseline" --baseline=base.json --chip=M1 -e ane block.mil "a b&<%é>'\".mil"
same "rules of a team" --rules=my.rules -e lint "a b&<%é>'\".mil"
echo "1..$n"
rm -rf "$tmp"
