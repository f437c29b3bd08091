#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The exporter gets one operator wrong: `parity full` has to fail, and both of its
# comparisons have to name the tensor of that node first; alone, no other differs.
needs='torch, onnx, onnxruntime, onnxscript'
. "$top_srcdir/tests/convert/python.sh"
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MLINSPECT_SHARE=$scratch WRONG_NAME=$scratch/name
export OPENBLAS_NUM_THREADS OMP_NUM_THREADS MLINSPECT_SHARE WRONG_NAME
cp "$top_srcdir/share/mlinspect/"*.py "$scratch" || exit 99
cat >>"$scratch/probes.py" <<'END'


plain_export = export


def export(r, say):
    import onnx
    plain_export(r, lambda *_, **__: None)
    model = onnx.load(r["out"])
    was, now = os.environ["WRONG"].split()
    node = next(n for n in model.graph.node if n.op_type == was)
    node.op_type = now
    onnx.save(model, r["out"])
    with open(os.environ["WRONG_NAME"], "w") as f:
        f.write(node.output[0])
    say("made", what="onnx", out=r["out"])
    say("made", what="pt2", out=r["out"] + ".pt2")
END
n=0
for WRONG in "Softmax LogSoftmax" "Add Sub"; do
	export WRONG
	n=$((n + 1))
	"$top_builddir/mlinspect" -e "parity full $scratch/out$n" >"$scratch/said" 2>&1
	status=$?
	name=$(cat "$WRONG_NAME")
	tr -s ' \n' ' ' <"$scratch/said" >"$scratch/flat"
	if [ $status = 1 ] && grep -q "accumulated: [0-9]* of [0-9]* tensors differ; the first is '$name'" \
		"$scratch/flat" && grep -q "alone: 1 of [0-9]* tensors differ; the first is '$name'" \
		"$scratch/flat"
	then echo "ok $n - $WRONG"
	else
		sed 's/^/# /' "$scratch/said"
		echo "not ok $n - $WRONG: status $status, not first at '$name'"
	fi
done
echo "1..$n"
