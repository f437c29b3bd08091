# SPDX-License-Identifier: Apache-2.0
"""Cases for tests/truth/compute: compute.py onnx NODES FOLDER, where NODES has the node tests of
ONNX, or compute.py torch FOLDER; models go into FOLDER, the table to stdout. Of a node test both
models are taken: as it is, and with all inputs but the first as initializers."""
import os
import struct
import sys

import numpy

NAMES = {"float64": "f64", "float32": "f32", "float16": "f16", "bool": "bool", "int64": "i64",
         "int32": "i32", "int16": "i16", "int8": "i8", "uint8": "u8", "uint16": "u16",
         "uint32": "u32", "uint64": "u64"}


def tensor(a):
    dims = ",".join(str(n) for n in a.shape)
    numbers = (struct.pack(">d", float(x)).hex() for x in a.reshape(-1))
    return "%s[%s] %s" % (NAMES[a.dtype.name], dims, " ".join(numbers))


def case(name, tolerance, path, inputs, outputs):
    if any(a.dtype.name not in NAMES or a.size > 100000 for a in inputs + outputs):
        return
    print("model", name, tolerance, path)
    for word, arrays in (("in", inputs), ("out", outputs)):
        for a in arrays:
            print(word, tensor(a))
    print("end")


def read_data(folder, word, onnx):
    arrays = []
    while os.path.exists("%s/%s_%d.pb" % (folder, word, len(arrays))):
        t = onnx.TensorProto()
        with open("%s/%s_%d.pb" % (folder, word, len(arrays)), "rb") as f:
            t.ParseFromString(f.read())
        arrays.append(onnx.numpy_helper.to_array(t))
    return arrays


def node_test(path, name, folder, onnx):
    model = onnx.load(path + "/model.onnx")
    kinds = [v.type.WhichOneof("value") for v in list(model.graph.input) + list(model.graph.output)]
    if set(kinds) != {"tensor_type"}:
        return
    inputs = read_data(path + "/test_data_set_0", "input", onnx)
    outputs = read_data(path + "/test_data_set_0", "output", onnx)
    if len(inputs) != len(model.graph.input):
        return
    half = any(a.dtype.name == "float16" for a in inputs + outputs)
    tolerance = 5e-3 if half else 1e-4
    case(name, tolerance, path + "/model.onnx", inputs, outputs)
    if len(inputs) < 2:
        return
    for value, a in list(zip(model.graph.input, inputs))[1:]:
        model.graph.initializer.append(onnx.numpy_helper.from_array(a, value.name))
    del model.graph.input[1:]
    onnx.save(model, folder + "/" + name + ".onnx")
    case(name + "+constants", tolerance, folder + "/" + name + ".onnx", inputs[:1], outputs)


def onnx_cases(nodes, folder):
    import onnx
    for name in sorted(os.listdir(nodes)):
        try:
            node_test(nodes + "/" + name, name, folder, onnx)
        except Exception as e:
            print("#", name, type(e).__name__, file=sys.stderr)


def flat(x, torch):
    if isinstance(x, torch.Tensor):
        return [x.detach().numpy()]
    return [a for part in x for a in flat(part, torch)]


def torch_cases(folder):
    import warnings
    import torch
    import compute_torch
    warnings.simplefilter("ignore")
    torch.manual_seed(1)
    counts = {}
    for name, f, *args in compute_torch.cases():
        counts[name] = counts.get(name, 0) + 1
        label = "%s.%d" % (name, counts[name])
        path = folder + "/" + label
        try:
            with torch.no_grad():
                module = f if isinstance(f, torch.nn.Module) else compute_torch.Call(f)
                outputs = flat(module(*[a.clone() for a in args]), torch)
                copies = tuple(a.clone() for a in args)
                traced = torch.jit.trace(module.eval(), copies, check_trace=False)
                torch.jit.save(traced, path + ".pt")
        except Exception as e:
            print("#", label, e, file=sys.stderr)
            continue
        inputs = [a.numpy() for a in args]
        case(label, 1e-4, path + ".pt", inputs, outputs)
        if os.environ.get("EXPORT", "yes") != "yes":
            continue
        try:
            torch.export.save(torch.export.export(module, copies), path + ".pt2")
        except Exception as e:
            print("#", label, "export", type(e).__name__, file=sys.stderr)
            continue
        case(label + "+export", 1e-4, path + ".pt2", inputs, outputs)


if sys.argv[1] == "onnx":
    onnx_cases(sys.argv[2], sys.argv[3])
else:
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    torch_cases(sys.argv[2])
