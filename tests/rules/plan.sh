#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# export-plan.py, which measures a plan on a Mac, with the coremltools of fake/: what it
# writes, and that --plan reads it. Where coremltools is installed, what fake/ stands
# for has the signatures of the real one ($MLINSPECT_PYTHON).
python=${MLINSPECT_PYTHON:-python3}
here=$top_srcdir/tests/rules
script=$top_srcdir/share/mlinspect/export-plan.py
tmp=$top_builddir/tests/plan.tmp
[ -x "$top_builddir/mlinspect" ] || { echo "1..0 # SKIP there is no mlinspect program"; exit; }
"$python" -c '' 2>/dev/null || { echo "1..0 # SKIP no python3: set MLINSPECT_PYTHON"; exit; }
rm -rf "$tmp" && mkdir -p "$tmp" || exit 99
echo 1..5

verdict() { # NUMBER WHAT EXPECTED GOT
	if [ "$3" = "$4" ]; then
		echo "ok $1 - $2"
	else
		printf '%s\n' "$4" | sed 's/^/# /'
		echo "not ok $1 - $2"
	fi
}

# Each op on a line: its path, where it runs, its share of the cost, what it is.
ops() {
	"$python" "$here/plan.py" run "$script" "$1.mlpackage" 2>&1 >"$tmp/$1.json" &&
		"$python" -c '
import json, sys
for x in json.load(open(sys.argv[1]))["infos"]:
    path = [str(v.get("data", {}).get("name", v.get("data", {}).get("outputName", "")))
            for c in x["path"]["components"] for v in c.values()]
    use = x["deviceUsage"]
    print("/".join(p for p in path if p), *use["preferred"], len(use["supported"]),
          x["estimatedCost"], x["operator"])' "$tmp/$1.json"
}

program='r neuralEngine 3 0.25 ios17.relu
c cpu 1 None cond
c/then cpu 1 0.25 ios17.sin
c/else neuralEngine 3 0.25 ios17.relu
s cpu 1 0.25 ios17.sin'
verdict 1 "a program" "$(printf '%s\n' "$program" | sed 's,^,main/,')" "$(ops program)"
verdict 2 "a network" "first gpu 1 None relu" "$(ops network)"
verdict 3 "a pipeline" "one/first gpu 1 None relu
$(printf '%s\n' "$program" | sed 's,^,two/main/,')" "$(ops pipeline)"

cat >"$tmp/model.mil" <<'END'
program(1.0)
{
    func main<ios17>(tensor<fp16, [2, 3]> x) {
            tensor<fp16, [2, 3]> r = relu(x = x)[name = string("r")];
            tensor<fp16, [2, 3]> s = sin(x = r)[name = string("s")];
        } -> (s);
}
END
verdict 4 "what was measured is shown" "r ane
s cpu" "$("$top_builddir/mlinspect" --format=json --plan="$tmp/program.json" -e ane \
	"$tmp/model.mil" 2>/dev/null | tr '{' '\n' |
	sed -n 's/.*"node":"\([rs]\)".*"measured":"\([a-z]*\)".*/\1 \2/p' | sort -u)"

if "$python" -c 'import coremltools.models.compute_plan' >/dev/null 2>&1; then
	verdict 5 "coremltools has what is called" "same, 17 names" \
		"$("$python" "$here/plan.py" same 2>/dev/null)"
else
	echo "ok 5 - coremltools has what is called # SKIP no coremltools: set MLINSPECT_PYTHON"
fi
rm -rf "$tmp"
