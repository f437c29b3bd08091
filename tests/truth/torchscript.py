# SPDX-License-Identifier: Apache-2.0
"""Types of values of TorchScript models against what running them gives.
torchscript.py PROGRAM SHARED [-v] [PART OF A CASE'S NAME ...]: the graph of each of
the oracle's models is inlined by torch and run with inputs of the case's shapes, so
that every tensor of its main block comes out; what the program's 'shapes' says of the
values of the same operations, in order, is held against these."""
import difflib
import json
import os
import re
import subprocess
import sys
import warnings

import torch

warnings.filterwarnings("ignore")
DTYPES = {torch.float32: "f32", torch.float16: "f16", torch.float64: "f64",
          torch.bfloat16: "bf16", torch.int64: "i64", torch.int32: "i32",
          torch.int16: "i16", torch.int8: "i8", torch.uint8: "u8", torch.bool: "bool",
          torch.complex64: "c64", torch.complex128: "c128", torch.quint8: "u8",
          torch.qint8: "i8", torch.qint32: "i32"}
NAMES = {name: dtype for dtype, name in DTYPES.items() if not dtype.is_complex}
NAMES.update(u8=torch.uint8, i8=torch.int8, i32=torch.int32, c64=torch.complex64)


def sample(dtype, shape):
    if dtype == torch.bool:
        return torch.zeros(shape, dtype=dtype)
    if dtype.is_floating_point or dtype.is_complex:
        return torch.rand(shape).to(dtype)
    return torch.zeros(shape, dtype=dtype)


def dims_of(text):
    """The smallest shape an input may have."""
    out = []
    for d in filter(None, (p.strip() for p in re.split(r",(?![^{]*})", text))):
        d = d.split("=")[-1]
        d = d.strip("{}").split(",")[0].split("..")[0]
        out.append(int(d))
    return out


def inputs_of(text):
    """[tensor], and what the program is told of inputs; None: not these forms."""
    if text in ("", "-", "none"):
        return None
    out = []
    for piece in re.findall(r"[^,\[\]]*\[[^\]]*\]", text):
        m = re.match(r",?([^\[]*)\[([^\]]*)\]", piece.strip())
        head, shape = m[1], dims_of(m[2])
        if head.startswith("state:"):
            continue
        dtype = torch.float32 if head.startswith("image:") else \
            NAMES.get(head.split(":")[-1], torch.float32)
        out.append(sample(dtype, shape))
    return out


def run_all(path, inputs):
    """(kind, output number, tensor or None) of what the main block makes."""
    module = torch.jit.load(path).eval()
    graph = module.forward.graph.copy()
    torch._C._jit_pass_inline(graph)
    found = []
    for n in graph.nodes():
        if n.kind() in ("prim::Constant", "prim::GetAttr"):
            continue
        for i, v in enumerate(n.outputs()):
            tensor = v.type().kind() == "TensorType"
            found.append((n.kind(), i, tensor))
            if tensor:
                graph.registerOutput(v)
    tensors = sum(row[2] for row in found)
    kept = len(list(graph.outputs())) - tensors
    graph.makeMultiOutputIntoTuple()
    fn = torch._C._create_function_from_graph("forward", graph)
    with torch.no_grad():
        got = fn(module._c, *inputs)
    got = iter(got[kept:] if isinstance(got, tuple) else [got][kept:])
    return [(k, i, next(got) if tensor else None) for k, i, tensor in found]


def type_of(t):
    if not isinstance(t, torch.Tensor):
        return None
    text = "%s[%s]" % (DTYPES.get(t.dtype, "?"), ",".join(map(str, t.shape)))
    return "sparse(%s)" % text if t.layout == torch.sparse_coo else text


def ours(program, path, given):
    args = [program, "--format=json", "-e", "nodes", "-e", "shapes"]
    for name, t in given:
        args.append("--input=%s:%s" % (name, type_of(t)))
    done = subprocess.run(args + [path], capture_output=True, text=True, timeout=60)
    by = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        by[row["command"]] = row["result"]
    if not by.get("nodes") or not by.get("shapes"):
        return None
    types = {(v["graph"], v["name"]): v["type"] for v in by["shapes"]["values"]}
    main = min(n["graph"] for n in by["nodes"])
    return [(n["op"], i, types.get((main, name)))
            for n in by["nodes"] if n["graph"] == main
            for i, name in enumerate(n["outputs"]) if name is not None]


def input_names(program, path):
    done = subprocess.run([program, "--format=json", "-e", "info", path],
                          capture_output=True, text=True, timeout=60)
    for line in done.stdout.splitlines():
        row = json.loads(line)
        if row["result"]:
            return [v["name"] for v in row["result"]["inputs"]]
    return []


def compare(truth, said, sums, show):
    kinds = [(k, i) for k, i, _ in truth]
    match = difflib.SequenceMatcher(None, kinds, [(k, i) for k, i, _ in said], False)
    for a, b, n in match.get_matching_blocks():
        for j in range(n):
            want, got = type_of(truth[a + j][2]), said[b + j][2]
            if want is None:
                continue
            if got == want:
                sums["equal"] += 1
                continue
            wd, gd = want.split("[")[0], re.split(r"[\[*]", got or "?")[0]
            known = re.match(r"\w+\[([-\d,]*)\]$", got or "")
            wrong = known is not None or (gd not in ("?", wd)) or (
                "[" in (got or "") and got.count(",") != want.count(","))
            sums["wrong" if wrong else "less"] += 1
            show("%s.%d: runs as %s, inferred %s" % (truth[a + j][:2] + (want, got)))
    sums["unmatched"] += len(kinds) - sum(m.size for m in match.get_matching_blocks())


def main():
    program, shared = sys.argv[1:3]
    verbose = "-v" in sys.argv
    wanted = [a for a in sys.argv[3:] if a != "-v"]
    sums = dict(equal=0, less=0, wrong=0, unmatched=0)
    files = skipped = unread = 0
    seen = set()
    with open(shared + "/oracle/cases.tsv") as f:
        head = f.readline().rstrip("\n").split("\t")
        rows = [dict(zip(head, line.rstrip("\n").split("\t"))) for line in f]
    for row in rows:
        path = os.path.join(shared, "oracle", row["model"])
        if row["format"] != "torchscript" or path in seen or \
                (wanted and not any(w in row["id"] for w in wanted)):
            continue
        try:
            inputs = inputs_of(row["inputs"])
            truth = run_all(path, inputs or [])
        except Exception:  # no such inputs, or torch refuses them
            continue
        seen.add(path)
        names = input_names(program, path)
        said = ours(program, path, list(zip(names, inputs or [])))
        if said is None:
            unread += 1
            continue
        files += 1
        compare(truth, said, sums,
                lambda text: verbose and print("# %s: %s" % (row["model"], text)))
    skipped = len({r["model"] for r in rows if r["format"] == "torchscript"}) - len(seen)
    print("%d files: %d equal, %d less, %d contradictions, %d not matched by kind; "
          "%d files not read, %d not run" % (files, sums["equal"], sums["less"],
          sums["wrong"], sums["unmatched"], unread, skipped))


if __name__ == "__main__":
    main()
