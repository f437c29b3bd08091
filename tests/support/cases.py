# SPDX-License-Identifier: Apache-2.0
"""cases.py MLINSPECT CASES FOLDER: asks support about each case, prints TAP.

A case is a line of NAME, INPUTS in the notation of --input, OPTIONS, CODE and what is
EXPECTED: "converts", "converts, REASON OPERATOR" where what that does is lost, or stage,
reason and operator of what stops the conversion. CODE is
the body of forward (or of NAME, after "def NAME;;") as torch.jit.save writes it, its lines
parted by ;; and starting in spaces where they lie deeper; w, b, q and o are constants: 4
floats, 4 bytes, 4 quantised bytes, an object. "self A:TYPE=VALUE ...;;" ahead of it gives
the module attributes; a Tensor has that value four times and is a buffer. CODE that
begins with "export " is an exported program, of another dialect than ATEN with "TRAINING;;": lines
r = aten.NAME.OVERLOAD(PARAMETER=VALUE, ...), then "return r". What coremltools 9.0 does
with each was seen, not thought of."""
import ast, json, re, struct, subprocess, sys, zipfile


def text(s):
    return b"X" + struct.pack("<I", len(s)) + s.encode()


def constant(key, kind):
    storage = (b"(" + text("storage") + b"ctorch\n" + kind.encode() + b"Storage\n" + text(key) +
               text("cpu") + b"K\4tQ")
    if kind[0] == "Q":
        return (b"ctorch._utils\n_rebuild_qtensor\n(" + storage + b"K\0(K\4t(K\1t(ctorch\n"
                b"per_tensor_affine\nG" + struct.pack(">d", 0.5) + b"K\0t\x89ccollections\n"
                b"OrderedDict\n)RtR")
    return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\0(K\4t(K\1t\x89ccollections\n"
            b"OrderedDict\n)RtR")


OBJECT = b"c__torch__.torch.classes.quantized\nLinearPackedParamsBase\n)\x81K\0b"
CONSTANTS = (b"\x80\2(" + constant("0", "Float") + constant("1", "Byte") +
             constant("2", "QInt8") + OBJECT)
NAMES = {"w": "CONSTANTS.c0", "b": "CONSTANTS.c1", "q": "CONSTANTS.c2", "o": "CONSTANTS.c3"}


def attributes(code):
    """Attributes declared ahead of the code: name, type, value; and the rest."""
    found = re.fullmatch(r"self ([^;]*);;(.*)", code)
    if not found:
        return [], code
    return [re.fullmatch(r"(\w+):([^=]+)=(.*)", a).groups() for a in found[1].split()], found[2]


def pickled(kind, value):
    if kind == "Tensor":
        return constant("0", "Float")
    v = ast.literal_eval(value)
    return {bool: lambda: b"\x88" if v else b"\x89", type(None): lambda: b"N", str: lambda: text(v),
            int: lambda: b"J" + struct.pack("<i", v),
            float: lambda: b"G" + struct.pack(">d", v)}[type(v)]()


def write(path, inputs, code):
    own, code = attributes(code)
    code = re.sub(r"\b[wbqo]\b(?!:)", lambda m: NAMES[m[0]], code)
    method, code = re.fullmatch(r"(?:def (\w+);;)?(.*)", code).groups()
    held = ["%r" % n for n, t, _ in own if t == "Tensor"]
    lines = ["class M(Module):", "  __parameters__ = []",
             "  __buffers__ = [%s]" % "".join(n + ", " for n in held)]
    lines += ["  %s : %s" % (n, t) for n, t, _ in own]
    lines += ["  def %s(self: __torch__.M," % (method or "forward")]
    lines += ["    %s: Tensor%s" % (n, "," if i + 1 < len(inputs) else ") -> Tensor:")
              for i, n in enumerate(inputs)]
    lines += ["    " + line.rstrip() for line in code.split(";;")]
    with zipfile.ZipFile(path, "w") as z:
        state = b"".join(text(n) + pickled(t, v) + b"s" for n, t, v in own)
        z.writestr("m/data.pkl", b"\x80\2c__torch__\nM\n)\x81}" + state + b"b.")
        z.writestr("m/code/__torch__.py", "\n".join(lines) + "\n")
        for _, t, v in own:
            if t == "Tensor":
                z.writestr("m/data/0", struct.pack("<4f", *[float(v)] * 4))
        z.writestr("m/constants.pkl", CONSTANTS + b"t.")
        z.writestr("m/constants/0", struct.pack("<4f", 1, 2, 3, 4))
        z.writestr("m/constants/1", bytes([1, 0, 1, 2]))
        z.writestr("m/constants/2", bytes(4))
        z.writestr("m/version", "3\n")


DTYPES = {"u8": 1, "i32": 4, "i64": 5, "f16": 6, "f32": 7, "bool": 12, "bf16": 13}


def argument(e):
    """An argument as torch.export writes it."""
    if isinstance(e, ast.Name) and e.id in DTYPES:
        return {"as_scalar_type": DTYPES[e.id]}
    if isinstance(e, ast.Name):
        return {"as_tensor": {"name": e.id}}
    if isinstance(e, ast.List):
        parts = [argument(x) for x in e.elts]
        kinds = {k for p in parts for k in p}
        kind = kinds.pop() if len(kinds) == 1 else "as_int"
        return {kind + "s": [p[kind] for p in parts]}
    v = ast.literal_eval(e)
    kinds = {bool: "as_bool", int: "as_int", float: "as_float", str: "as_string"}
    return {"as_none": True} if v is None else {kinds[type(v)]: v}


EXAMPLE = 8  # of a size with a name or a formula


def tensor(text):
    dtype, dims = re.fullmatch(r"(\w+)\[(.*)\]", text).groups()
    sizes = [int(d) if d.isdigit() else d for d in dims.split(",") if d]
    strides = [1] * len(sizes)
    for i in range(len(sizes) - 1, 0, -1):
        strides[i - 1] = strides[i] * (sizes[i] if isinstance(sizes[i], int) else EXAMPLE)
    return {"dtype": DTYPES[dtype], "sizes": [
                {"as_int": d} if isinstance(d, int) else
                {"as_expr": {"expr_str": d, "hint": {"as_int": EXAMPLE}}} for d in sizes],
            "requires_grad": False, "device": {"type": "cpu", "index": None},
            "strides": [{"as_int": d} for d in strides], "storage_offset": {"as_int": 0},
            "layout": 7}


def export(path, inputs, code):
    dialect, code = re.fullmatch(r"(?:([A-Z]+);;)?(.*)", code).groups()
    nodes, made = [], []
    for line in ast.parse(code.replace(";;", "\n").replace("return ", "")).body:
        if isinstance(line, ast.Expr):
            made.append(line.value.id)
            continue
        call = line.value
        nodes.append({
            "target": "torch.ops." + ast.unparse(call.func), "name": line.targets[0].id,
            "inputs": [{"name": k.arg, "arg": argument(k.value), "kind": 1}
                       for k in call.keywords],
            "outputs": [{"as_tensor": {"name": line.targets[0].id}}], "metadata": {},
            "is_hop_single_tensor_return": None})
    names = [{"as_tensor": {"name": i.split(":")[0]}} for i in inputs]
    outputs = [{"as_tensor": {"name": n}} for n in made]
    ranges = {d: {"min_val": 4, "max_val": 64} for i in inputs
              for d in re.search(r"\[(.*)\]", i)[1].split(",") if d and not d.isdigit()}
    program = {
        "graph_module": {
            "graph": {
                "inputs": names, "outputs": outputs, "nodes": nodes,
                "tensor_values": {i.split(":")[0]: tensor(i.split(":")[1]) for i in inputs},
                "sym_int_values": {}, "sym_bool_values": {}, "is_single_tensor_return": False,
                "custom_obj_values": {}, "sym_float_values": {}},
            "signature": {
                "input_specs": [{"user_input": {"arg": n}} for n in names],
                "output_specs": [{"user_output": {"arg": o}} for o in outputs]},
            "module_call_graph": [], "metadata": {}, "treespec_namedtuple_fields": {}},
        "opset_version": {"aten": 10}, "range_constraints": ranges,
        "schema_version": {"major": 8, "minor": 14}, "verifiers": [dialect or "ATEN"],
        "torch_version": "2.13.0"}
    with open(path, "w") as f:
        json.dump(program, f)


def main():
    program, cases, folder = sys.argv[1:]
    n = 0
    for line in open(cases):
        if line.startswith("#") or not line.strip():
            continue
        name, inputs, options, code, expected = line.rstrip("\n").split("\t")
        n += 1
        path = "%s/%s.pt" % (folder, name)
        inputs = re.findall(r"[^,\[]+\[[^]]*\]", inputs)
        inputs = [i.lstrip(",") for i in inputs]
        args = ["--input=" + i for i in inputs] + options.split()
        if code.startswith("export "):
            export(path, inputs, code[len("export "):])
            args = options.split()
        else:
            write(path, [i.replace("image:", "").split(":")[0] for i in inputs], code)
        done = subprocess.run([program, "--batch", "--format=json", "-e", "support"] + args +
                              [path], capture_output=True)
        answer = json.loads(done.stdout)["result"]
        stop = answer["stops_at"]
        have = answer["outcome"] if stop is None else " ".join(
            [stop["stage"], stop["reason"], stop["op"]]).strip()
        if stop is None:
            have = ", ".join([have] + [w["reason"] + " " + w["op"] for w in answer["warnings"]])
        print("%s %d - %s" % ("ok" if have == expected else "not ok", n, name))
        if have != expected:
            print("# %s, expected %s" % (have, expected))
            print("# " + (stop or {}).get("message", ""))
    print("1..%d" % n)


main()
