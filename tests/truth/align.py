# SPDX-License-Identifier: Apache-2.0
"""How well diff pairs PyTorch models with their Core ML packages: against the
exact maps that the converter keeps (convert_and_retrieve_op_mapping), for
converting models of the oracle. Packages and maps are made once, in WORK.

usage: align.py MLINSPECT ORACLE WORK [MAX] [-v] [--fresh=SEED]

With --fresh models that align_fresh.py makes up stand in the place of the oracle's, MAX
of them (20) that convert.
"""
import contextlib, csv, io, json, logging, os, re, subprocess, sys, warnings
from collections import Counter

FAMILIES = ("net", "script", "class")
csv.field_size_limit(1 << 30)


def split(text):
    """At commas outside brackets."""
    return re.split(r",(?![^\[{(]*[\]})])", text)


def dim(text):
    import coremltools as ct
    text = text.split("=")[-1]
    if ".." in text:
        lo, hi = text.split("..")
        return ct.RangeDim(int(lo), -1 if hi == "inf" else int(hi))
    return int(text)


def tensor(text):
    import coremltools as ct
    import numpy as np
    dtypes = {"f32": np.float32, "f16": np.float16, "i32": np.int32, "i64": np.int64, "bool": bool,
              "f64": np.float64, "i16": np.int16, "i8": np.int8, "u8": np.uint8, "auto": None}
    m = re.fullmatch(r"(state:)?(\w*):(\w+)\[(.*)\]", text)
    if not m or "{" in text:
        raise ValueError("input " + text)
    state, name, dtype, dims = m.groups()
    shape = tuple(dim(d) for d in dims.split(",")) if dims else ()
    t = ct.TensorType(name=None if state else name, shape=shape, dtype=dtypes[dtype])
    return ct.StateType(wrapped_type=t, name=name) if state else t


def arguments(row):
    import coremltools as ct
    args = {"skip_model_load": True}
    options = dict(o.split("=", 1) for o in row["options"].split())
    if set(options) - {"target", "precision", "inputs", "decompose"}:
        raise ValueError("options " + row["options"])
    if "target" in options:
        args["minimum_deployment_target"] = getattr(ct.target, options["target"])
    if "precision" in options:
        args["compute_precision"] = {"f16": ct.precision.FLOAT16, "f32": ct.precision.FLOAT32}[options["precision"]]
    if options.get("inputs") != "none" and row["inputs"] not in ("", "-"):
        parts = split(row["inputs"])
        args["inputs"] = [tensor(p) for p in parts if not p.startswith("state:")]
        states = [tensor(p) for p in parts if p.startswith("state:")]
        if states:
            args["states"] = states
    return args, options.get("decompose") == "yes"


def walk(block):
    for n in block.nodes():
        yield n
        for b in n.blocks():
            yield from walk(b)


def nodes_of(row, model, mapping):
    """(node, kind as mlinspect writes it, name) in the order of the program."""
    if row["format"] == "pt2":
        for n in model.graph_module.graph.nodes:
            if n.op == "call_function":
                yield n, "::".join(str(n.target).split(".")[:2]), n.name
    else:
        # the map is in no order of the program's; the graph, inlined for it, is
        infos = {name: n for n in mapping.node_to_operations_map for name in n.output_names}
        for n in walk(model.graph):
            names = [o.debugName() for o in n.outputs()]
            yield next((infos[x] for x in names if x in infos), None), n.kind(), ";".join(names)


def make_map(row, oracle, base):
    """A package, and a line OUTPUT OP KIND N NAME for each of its operations, N
    counting the source nodes of a kind."""
    import torch
    from coremltools.models.ml_program.experimental.torch import debugging_utils as du
    path = os.path.join(oracle, row["model"])
    args, decompose = arguments(row)
    if row["format"] == "pt2":
        model = torch.export.load(path)
        if decompose:
            model = model.run_decompositions({})
    else:
        model = torch.jit.load(path).eval()
    package, mapping = du.convert_and_retrieve_op_mapping(model, **args)
    package.save(base + ".mlpackage")
    count, lines = Counter(), []
    for node, kind, name in nodes_of(row, model, mapping):
        for op in mapping.node_to_operations_map.get(node, []):
            if op.type != "const" and op.outputs:
                lines.append("\t".join([op.outputs[0].name, op.type, kind, str(count[kind]), name]))
        count[kind] += 1
    with open(base + ".part", "w") as f:
        f.write("\n".join(dict.fromkeys(lines)) + "\n")
    os.rename(base + ".part", base + ".tsv")


def make_maps(oracle, work, most):
    """Rows of the oracle whose maps are there."""
    seen, rows = set(), []
    with open(os.path.join(oracle, "cases.tsv")) as f:
        for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["outcome"] != "converted" or row["family"] not in FAMILIES or row["model"] in seen:
                continue
            if len(rows) >= most:
                break
            base = os.path.join(work, row["id"])
            try:
                if not os.path.exists(base + ".tsv"):
                    with contextlib.redirect_stderr(io.StringIO()):
                        make_map(row, oracle, base)
            except Exception:
                continue  # options that are not for this, or a model without a map
            seen.add(row["model"])
            rows.append(row)
    return rows


def make_fresh(row, base, seed):
    """A model that converts, with its map; False when coremltools does not take it."""
    import torch
    import align_fresh
    torch.set_num_threads(1)
    # exported: coremltools refuses the pooling with indices of these blocks
    module, inputs = align_fresh.model(seed, ("Pooling", "Shuffle", "Recur") if seed % 2 else ())
    with torch.no_grad():
        if row["format"] == "pt2":
            torch.export.save(torch.export.export(module, inputs).run_decompositions({}), row["model"])
        elif seed % 4 == 0:
            torch.jit.trace(module, inputs).save(row["model"])
        else:
            torch.jit.freeze(torch.jit.script(module)).save(row["model"])
    row["inputs"] = "x:%s[%s]" % ("f32" if inputs[0].is_floating_point() else "i32",
                                  ",".join(map(str, inputs[0].shape)))
    make_map(row, "", base)


def fresh_maps(work, first, most):
    """Rows as of the oracle: traced, exported, scripted in turn."""
    rows = []
    for seed in range(first, first + 3 * most):
        if len(rows) >= most:
            break
        form = "pt2" if seed % 2 else "torchscript"
        base = os.path.join(work, "fresh-%d" % seed)
        row = {"id": "fresh-%d" % seed, "family": "fresh", "format": form, "inputs": "",
               "model": os.path.abspath(base + (".pt2" if form == "pt2" else ".pt")),
               "options": "target=iOS%d" % (15 + seed % 4) + (" inputs=none" if form == "pt2" else "")}
        try:
            if not os.path.exists(base + ".tsv"):
                with contextlib.redirect_stderr(io.StringIO()):
                    make_fresh(row, base, seed)
        except Exception:
            continue  # the converter does not take it
        rows.append(row)
    return rows


def ours(mlinspect, model, package):
    """Output of each operation -> (kind, N, name) of the node it is paired with, confidence."""
    run = subprocess.run([mlinspect, "--format=json", "-e", "diff all", "-e", "nodes", model, package],
                         capture_output=True, text=True)
    diff, nodes = [json.loads(line)["result"] for line in run.stdout.splitlines()[:2]]
    if not diff or not nodes:
        raise ValueError("not read")
    count, key = Counter(), {}
    for n in nodes:
        key[n["id"]] = (n["op"], count[n["op"]], n["name"])
        count[n["op"]] += 1
    return {b["output"]: key[g["a"][0]["id"]] + (g["confidence"],) for g in diff["groups"] if g["a"] for b in g["b"] if b["output"]}


def band(confidence):
    """What a user is told: thin evidence, order alone, order and more, names and weights."""
    return next(b for b in ((0, 49), (50, 69), (70, 89), (90, 100)) if b[0] <= confidence <= b[1])


def main(mlinspect, oracle, work, most, fresh):
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    os.makedirs(work, exist_ok=True)
    total, sure = {}, Counter()
    for row in fresh_maps(work, fresh, min(most, 20)) if fresh else make_maps(oracle, work, most):
        base = os.path.join(work, row["id"])
        with open(base + ".tsv") as f:
            truth = {c[0]: c for c in (line.rstrip("\n").split("\t") for line in f) if len(c) == 5}
        sum_ = total.setdefault((row["family"], row["format"]), Counter(models=0, right=0, wrong=0, missed=0, silent=0))
        sum_["models"] += 1
        try:
            found = ours(mlinspect, os.path.join(oracle, row["model"]), base + ".mlpackage")
        except ValueError:
            print("#", row["id"], "was not read")
            found = {}
        for output, (_, op, kind, n, name) in truth.items():
            mine = found.pop(output, None)
            if kind == "prim::CallFunction":
                continue  # mlinspect says which of the nodes of the function it is
            right = mine and (mine[2] == name if row["format"] == "pt2" else mine[:2] == (kind, int(n)))
            sum_["right" if right else "wrong" if mine else "missed"] += 1
            if mine:
                sure[band(mine[3]), bool(right)] += 1
            if not right and "-v" in sys.argv:
                print("#", row["id"], op, output, "is of", kind, n, name, "; paired with", mine)
        sum_["silent"] += len(found)  # of which the map says nothing
    for (family, form), c in sorted(total.items()) + [(("all", ""), sum(total.values(), Counter()))]:
        print("align %-8s %-12s %4d models  precision %5.1f %%  recall %5.1f %%%s" % (
            family, form, c["models"], 100 * c["right"] / max(1, c["right"] + c["wrong"]),
            100 * c["right"] / max(1, sum(c[k] for k in ("right", "wrong", "missed"))),
            "  %d more pairs" % c["silent"] if c["silent"] else ""))
    for low, high in sorted({k[0] for k in sure}):
        n = sum(sure[(low, high), right] for right in (True, False))
        print("align confidence %2d to %3d %%: %5d pairs, %5.1f %% right" % (
            low, high, n, 100 * sure[(low, high), True] / n))


args = [a for a in sys.argv[1:] if not a.startswith("-")]
seeds = [int(a.split("=")[1]) for a in sys.argv if a.startswith("--fresh=")]
main(args[0], args[1], args[2], int(args[3]) if len(args) > 3 else 1 << 30, seeds[0] if seeds else None)
