# SPDX-License-Identifier: Apache-2.0
"""check-torch: 'oracle.py PROGRAM FILE...' holds the graphs of TorchScript archives
against torch's own: kinds of nodes of forward after its inlining pass, nested
blocks included. The closure of a fork is an attribute there and a region here.
TAP."""
import collections
import json
import subprocess
import sys
import warnings

import torch

LEFT_OUT = ("prim::Constant", "prim::GetAttr")


def count(block, into):
    for node in block.nodes():
        if node.kind() not in LEFT_OUT:
            into[node.kind()] += 1
        for inner in node.blocks():
            count(inner, into)


def theirs(path):
    """Numbers by kind; None: torch does not load it."""
    try:
        module = torch.jit.load(path, map_location="cpu")  # lives on: the graph needs it
        graph = module.forward.graph.copy()
    except Exception:
        return None
    torch._C._jit_pass_inline(graph)
    kinds = collections.Counter()
    count(graph, kinds)
    return kinds


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    program, files = sys.argv[1], sys.argv[2:]
    compared = differ = refused = 0
    for start in range(0, len(files), 100):
        some = files[start:start + 100]
        out = subprocess.run([program, "--batch", "--format=json", "-e", "ops"] + some,
                             stdout=subprocess.PIPE, text=True).stdout.splitlines()
        for line in out:
            line = json.loads(line)
            want = theirs(line["model"])
            if want is None:
                refused += 1
                continue
            compared += 1
            got = {k: n for k, n in ((line["result"] or {}).get("total") or {}).items()
                   if k not in LEFT_OUT}
            if got == want or (want["prim::fork"] > 0 and all(
                    got.get(k, 0) >= n for k, n in want.items())):
                continue
            differ += 1
            print("# %s: %s" % (line["model"].rsplit("/", 1)[-1], ", ".join(
                "%s %d not %d" % (k, got.get(k, 0), want[k])
                for k in sorted(set(got) | set(want)) if got.get(k, 0) != want[k])))
    print("%sok 1 - graphs are torch's (%d compared, %d differ, %d torch does not load)" % (
        "not " if differ or not compared else "", compared, differ, refused))
    print("1..1")
    return differ > 0 or not compared


sys.exit(main())
