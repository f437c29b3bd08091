#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make-seeds.py DIR: writes the seeds that are archives and pickles. Every byte is chosen
here, with Python's own library alone, so that they exercise what real files have
and stay small."""
import io, json, os, struct, sys, tarfile, zipfile


def text(s):
    b = s.encode()
    return b"X" + struct.pack("<I", len(b)) + b


def integer(i):
    return b"K" + bytes([i]) if 0 <= i < 256 else b"J" + struct.pack("<i", i)


def tup(*items):
    return b"(" + b"".join(items) + b"t"


def glob(module, name):
    return ("c%s\n%s\n" % (module, name)).encode()


def storage(kind, key, numel, *more):
    return tup(text("storage"), glob("torch", kind + "Storage"), text(key), text("cpu"),
               integer(numel), *more) + b"Q"


def tensor(where, offset, size, stride):
    return (glob("torch._utils", "_rebuild_tensor_v2") +
            tup(where, integer(offset), tup(*map(integer, size)), tup(*map(integer, stride)),
                b"\x89", glob("collections", "OrderedDict") + b")R") + b"R")


def parameter(inner):
    return (glob("torch._utils", "_rebuild_parameter") +
            tup(inner, b"\x88", glob("collections", "OrderedDict") + b")R") + b"R")


def dictionary(**items):
    return b"}(" + b"".join(text(k) + v for k, v in items.items()) + b"u"


def write(path, members):
    """members: name -> bytes; code and long texts are deflated, as PyTorch does."""
    with zipfile.ZipFile(path, "w") as z:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            packed = len(data) > 99999 or (
                len(data) > 99 and name.endswith((".json", ".py", "debug_pkl")))
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            z.writestr(info, data)


FLOATS = struct.pack("<6f", *range(6))
HALVES = struct.pack("<4e", 1, 2, 3, 4)


def state():
    weight = tensor(storage("Float", "0", 6), 0, (2, 3), (3, 1))
    pickle = b"\x80\x02" + dictionary(
        weight=weight, turned=tensor(storage("Float", "0", 6), 0, (3, 2), (1, 3)),
        bias=parameter(tensor(storage("Half", "1", 4), 1, (2,), (1,))), epoch=integer(7)) + b"."
    return {"state/data.pkl": pickle, "state/data/0": FLOATS, "state/data/1": HALVES,
            "state/byteorder": b"little", "state/version": b"3\n"}


def legacy():
    out = b"\x80\x02\x8a\x0a" + bytes.fromhex("6cfc9c46f9206aa85019") + b"."
    out += b"\x80\x02M\xe9\x03."
    out += b"\x80\x02" + dictionary(protocol_version=b"M\xe9\x03", little_endian=b"\x88") + b"."
    out += b"\x80\x02" + glob("collections", "OrderedDict") + b")R(" + b"".join([
        text("a"), tensor(storage("Float", "77", 6, b"N"), 0, (6,), (1,)),
        text("b"), tensor(storage("Half", "78", 4, tup(text("79"), integer(1), integer(2))), 0,
                          (2,), (1,))]) + b"u."
    out += b"\x80\x02](" + text("77") + text("78") + b"e."
    return out + struct.pack("<q", 6) + FLOATS + struct.pack("<q", 4) + HALVES


def legacy_tar():
    """Of PyTorch 0.1.1: a module with its source, a variable, and two views of a storage."""
    pickle = lambda *parts: b"\x80\x02" + b"".join(parts) + b"."
    storages = pickle(integer(2)) + b"".join(
        pickle(tup(integer(key), text("cpu"), glob("torch", kind + "Storage"))) +
        struct.pack("<q", n) + data for key, kind, n, data in
        ((1000, "Float", 6, FLOATS), (1001, "Half", 4, HALVES)))
    storages += pickle(b"](" + tup(integer(1002), integer(1001), integer(1), integer(2)) + b"e")
    shapes = ((2000, 1000, "Float", (2, 3), (3, 1), 0), (2001, 1000, "Float", (3,), (2,), 1),
              (2002, 1002, "Half", (2,), (1,), 0))
    tensors = pickle(integer(len(shapes))) + b"".join(
        pickle(tup(integer(key), integer(held), glob("torch", kind + "Tensor"))) +
        struct.pack("<2i%dq" % (2 * len(size) + 1), len(size), 0, *size, *stride, offset)
        for key, held, kind, size, stride, offset in shapes)
    ident = lambda key: integer(key) + b"Q"
    linear = tup(glob("torch.nn.modules.linear", "Linear"), text("linear.py"), text("pass\n")) + b"Q"
    variable = glob("torch.nn.parameter", "Parameter") + b")\x81" + tup(
        ident(2000), b"N", glob("collections", "OrderedDict") + b")R", b"\x88", b"\x89") + b"b"
    module = linear + b")\x81" + dictionary(
        _parameters=dictionary(weight=variable), _buffers=dictionary(half=ident(2002))) + b"b"
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in (("sys_info", pickle(dictionary(protocol_version=b"M\xe8\x03",
                                                          little_endian=b"\x88"))),
                           ("pickle", pickle(dictionary(net=module, again=ident(2000),
                                                        view=ident(2001)))),
                           ("tensors", tensors), ("storages", storages)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue().rstrip(b"\0") + bytes(1024)


def meta(sizes, strides, dtype=7, offset=0):
    number = lambda n: {"as_int": n}
    return {"dtype": dtype, "sizes": [number(n) for n in sizes], "requires_grad": False,
            "device": {"type": "cpu", "index": None}, "strides": [number(n) for n in strides],
            "storage_offset": number(offset), "layout": 7}


def argument(name, **arg):
    return {"name": name, "arg": arg, "kind": 1}


def program():
    value = lambda name: {"as_tensor": {"name": name}}
    symbol = {"as_expr": {"expr_str": "Symbol('s0', positive=True, integer=True)",
                          "hint": {"as_int": 4}}}
    dynamic = dict(meta([1, 3], [3, 1]), sizes=[symbol, {"as_int": 3}])
    stack = "L__self__,,m.Net;L__self__fc,fc,torch.nn.modules.linear.Linear"
    branch = lambda op: {"inputs": [value("y")], "outputs": [value("z")], "nodes": [
        {"target": "torch.ops.aten.%s.default" % op, "inputs": [argument("self", **value("y"))],
         "outputs": [value("z")], "metadata": {}, "name": "z"}],
        "tensor_values": {"y": dynamic, "z": dynamic}, "sym_int_values": {},
        "sym_bool_values": {}, "is_single_tensor_return": True}
    nodes = [
        {"target": "torch.ops.aten.linear.default", "inputs": [
            argument("input", **value("x")), argument("weight", **value("p_fc_weight")),
            argument("bias", **value("p_fc_bias"))], "outputs": [value("linear")],
         "metadata": {"nn_module_stack": stack, "stack_trace":
                      'File "net.py", line 7, in forward\n    return self.fc(x)'},
         "is_hop_single_tensor_return": None, "name": "linear"},
        {"target": "torch.ops.aten.sym_size.int", "inputs": [
            argument("self", **value("x")), argument("dim", as_int=0)],
         "outputs": [{"as_sym_int": {"as_name": "n"}}], "metadata": {}, "name": "n"},
        {"target": "torch.ops.higher_order.cond", "inputs": [
            argument("", **value("c_flag")),
            argument("", as_graph={"name": "true", "graph": branch("relu")}),
            argument("", as_graph={"name": "false", "graph": branch("neg")}),
            argument("", as_tensors=[{"name": "linear"}])],
         "outputs": [value("cond")], "metadata": {}, "name": "cond"}]
    spec = lambda kind, name, **more: {kind: dict({"arg": {"name": name}}, **more)}
    return {"graph_module": {"graph": {
        "inputs": [value(n) for n in ("p_fc_weight", "p_fc_bias", "c_flag", "x")],
        "outputs": [value("cond"), {"as_sym_int": {"as_name": "n"}}], "nodes": nodes,
        "tensor_values": {"p_fc_weight": meta([3, 3], [3, 1]), "p_fc_bias": meta([3], [1]),
                          "c_flag": meta([], [], 12), "x": dynamic, "linear": dynamic,
                          "cond": dynamic},
        "sym_int_values": {"n": symbol}, "sym_bool_values": {}, "sym_float_values": {},
        "is_single_tensor_return": False, "custom_obj_values": {}},
        "signature": {"input_specs": [
            spec("parameter", "p_fc_weight", parameter_name="fc.weight"),
            spec("parameter", "p_fc_bias", parameter_name="fc.bias"),
            spec("tensor_constant", "c_flag", tensor_constant_name="flag"),
            {"user_input": {"arg": value("x")}}],
            "output_specs": [{"user_output": {"arg": value("cond")}},
                             {"user_output": {"arg": {"as_sym_int": {"as_name": "n"}}}}]},
        "module_call_graph": [], "metadata": {}},
        "opset_version": {"aten": 10}, "range_constraints": {"s0": {"min_val": 1, "max_val": 8}},
        "schema_version": {"major": 8, "minor": 20}, "verifiers": ["ATEN"],
        "torch_version": "2.14.1"}


def tiny():
    """relu(x + b)"""
    value = lambda name: {"as_tensor": {"name": name}}
    node = lambda op, out, **ins: {
        "target": "torch.ops.aten." + op, "outputs": [value(out)], "metadata": {},
        "inputs": [argument(k, **value(v)) for k, v in ins.items()]}
    return {"graph_module": {"graph": {
        "inputs": [value("b"), value("x")], "outputs": [value("relu")],
        "nodes": [node("add.Tensor", "add", self="x", other="b"),
                  node("relu.default", "relu", self="add")],
        "tensor_values": {n: {"dtype": 7, "sizes": [{"as_int": 3}]}
                          for n in ("b", "x", "add", "relu")}},
        "signature": {"input_specs": [
            {"parameter": {"arg": {"name": "b"}, "parameter_name": "fc.bias"}},
            {"user_input": {"arg": value("x")}}],
            "output_specs": [{"user_output": {"arg": value("relu")}}]}},
        "schema_version": {"major": 8, "minor": 2}}


def dump(value):
    return json.dumps(value).encode()


def config(**tensors):
    return dump({"config": {
        name.replace("_", "."): {"path_name": path, "is_param": True, "use_pickle": False,
                                 "tensor_meta": m} for name, (path, m) in tensors.items()}})


def nested(folder, pickle, **storages):
    """An archive of torch.save as bytes."""
    import io
    out = io.BytesIO()
    write(out, dict({folder + "/data.pkl": pickle},
                    **{"%s/data/%s" % (folder, k[1:]): v for k, v in storages.items()}))
    return out.getvalue()


def exported():
    weights = struct.pack("<12f", *range(12))
    return {"net/data/weights/weight_0": weights,
            "net/data/weights/model_weights_config.json": config(
                fc_weight=("weight_0", meta([3, 3], [3, 1])),
                fc_bias=("weight_0", meta([3], [1], 7, 9)),
                spare=("weight_0", meta([4], [3]))),
            "net/data/constants/tensor_0": b"\1",
            "net/data/constants/model_constants_config.json": config(
                flag=("tensor_0", meta([], [], 12))),
            "net/models/model.json": dump(program()),
            "net/archive_version": b"0"}


def exported_before():
    state = nested("archive", b"\x80\x02" + b"}(" + text("fc.bias") + parameter(
        tensor(storage("Float", "0", 6), 3, (3,), (1,))) + b"u.", _0=FLOATS)
    return {"serialized_exported_program.json": dump(tiny()),
            "serialized_state_dict.pt": state, "serialized_constants.pt": b"",
            "version": b"8.2"}


def programs():
    sample = nested("archive", b"\x80\x02" + tup(
        tup(tensor(storage("Float", "0", 6), 0, (2, 3), (3, 1))), b"}") + b".", _0=FLOATS)
    both = {"net/data/weights/weight_0": FLOATS, "net/data/sample_inputs/a.pt": sample,
            "net/extra/note.txt": b"hello"}
    for name in ("a", "b"):
        both["net/models/%s.json" % name] = dump(tiny())
        both["net/data/weights/%s_weights_config.json" % name] = config(
            fc_bias=("weight_0", meta([3], [1], 7, 2)))
    return both


def package():
    pickle = b"\x80\x03" + dictionary(w=tensor(
        tup(text("storage"), glob("torch", "FloatStorage"), integer(0), text("cpu"),
            integer(6)) + b"Q", 0, (6,), (1,)), net=glob("net", "Net") + b")\x81") + b"."
    return {"p/.data/extern_modules": b"os\nsys\n", "p/.data/0.storage": FLOATS,
            "p/res/m.pkl": pickle, "p/net.py": b"import os\nos.system('true')\n",
            "p/.data/version": b"6\n"}


def module(name, code=None, **more):
    arena = {"torchscriptArena": {"key": code}} if code else {}
    return {"name": name, **arena, **more}


def old_tensor(key, kind, dims, strides):
    return {"dims": dims, "offset": "0", "strides": strides, "dataType": kind,
            "data": {"key": "tensors/%d" % key}, "device": "cpu"}


def old_script():
    """The layout of PyTorch 1.0 to 1.2: 64-bit numbers are strings in this JSON."""
    fc = module("fc", "code/fc.py", parameters=[{"tensorId": "0", "name": "weight"},
                                                {"tensorId": "1", "name": "bias"}])
    steps = module("0", parameters=[{"isBuffer": True, "tensorId": "2", "name": "steps"}])
    root = module("net", "code/net.py", submodules=[fc, steps],
                  attributes=[{"type": "float", "name": "scale", "id": "0"}])
    tensors = [old_tensor(0, "FLOAT", ["2", "3"], ["3", "1"]),
               old_tensor(1, "FLOAT16", ["2"], ["1"]), old_tensor(2, "INT64", [], [])]
    head = b"op_version_set = 0\ndef forward(self,\n    x: Tensor) -> Tensor:\n"
    return {"net/version": b"1\n", "net/attributes.pkl": b"\x80\x02(G" +
            struct.pack(">d", 0.5) + b"t.", "net/tensors/0": FLOATS,
            "net/tensors/1": HALVES[:4], "net/tensors/2": struct.pack("<q", 7),
            "net/code/net.py": head + b"  _0 = (self.fc).forward(x)\n"
            b"  _1 = torch.mul(_0, self.scale)\n"
            b"  return torch.reshape(_1, ops.prim.shape(_0))\n",
            "net/code/fc.py": head + b"  return torch.addmm(self.bias, x, "
            b"torch.t(self.weight), beta=1, alpha=1)\n",
            "net/model.json": dump({"protoVersion": "4", "mainModule": root,
                                    "producerName": "pytorch", "producerVersion": "1.1",
                                    "tensors": tensors})}


def quantised(where, size, stride, *scheme):
    return (glob("torch._utils", "_rebuild_qtensor") +
            tup(where, integer(0), tup(*map(integer, size)), tup(*map(integer, stride)),
                tup(*scheme), b"\x89", glob("collections", "OrderedDict") + b")R") + b"R")


def number(x):
    return b"G" + struct.pack(">d", x)


def made(module, name, state):
    return glob(module, name) + b")\x81" + state + b"b"


def listed(*items):
    return b"](" + b"".join(items) + b"e"


def attributes():
    """What modules hold beside tensors and modules, and weights packed for kernels."""
    scales = tensor(storage("Double", "1", 2), 0, (2,), (1,))
    zeros = tensor(storage("Long", "2", 2), 0, (2,), (1,))
    weight = quantised(storage("QInt8", "0", 4), (2, 2, 1, 1), (2, 1, 1, 1),
                       glob("torch", "per_channel_affine"), scales, zeros, integer(0))
    whole = quantised(storage("QUInt8", "0", 4), (4,), (1,),
                      glob("torch", "per_tensor_affine"), number(0.5), integer(3))
    conv = made("__torch__.q", "Conv", tup(tup(integer(2), integer(1)), weight, b"N", integer(1)))
    packed = made("__torch__.torch.classes.quantized", "Conv2dPackedParamsBase",
                  tup(integer(3), listed(integer(2), integer(1)), listed(b"N", weight, b"N")))
    state = dictionary(
        sizes=glob("torch.jit._pickle", "build_intlist") + listed(integer(1), integer(2)) +
        b"\x85R", table=dictionary(a=listed(number(0.5)), w=whole), pair=tup(integer(7), b"N"),
        counter=made("__torch__", "Counter", dictionary(n=integer(3), names=listed(text("x")))),
        color=glob("__torch__", "Color") + integer(2) + b"R", conv=conv, packed=packed,
        sub=made("__torch__", "Impl", dictionary(w=tensor(storage("Double", "1", 2), 0, (2,),
                                                          (1,)))))
    code = b"""class Net(Module):
  __parameters__ = []
  __buffers__ = []
  sizes : List[int]
  table : Dict[str, List[float]]
  pair : Tuple[int, Optional[int]]
  counter : __torch__.Counter
  color : __torch__.Color
  conv : __torch__.q.Conv
  packed : __torch__.torch.classes.quantized.Conv2dPackedParamsBase
  sub : __torch__.Iface
  def forward(self: __torch__.Net,
    x: Tensor) -> Tensor:
    sub = self.sub
    x0 = (sub).one(x, )
    conv = self.conv
    x1 = (conv).forward(x0, )
    packed = self.packed
    x2 = ops.quantized.conv2d(x1, packed, 0.5, 0)
    sizes = self.sizes
    x3 = torch.reshape(x2, sizes)
    table = self.table
    pair = self.pair
    a, b, = pair
    counter = self.counter
    n = (counter).count(table, )
    color = self.color
    same = torch.eq(color, __torch__.Color.GREEN)
    _0 = torch.mul(torch.add(x3, n), a)
    return torch.mul(_0, same)
class Counter:
  n : int
  names : List[str]
  def count(self: __torch__.Counter,
    t: Dict[str, List[float]]) -> int:
    n = self.n
    names = self.names
    return torch.add(torch.add(n, torch.len(names)), torch.len(t))
class Color(Enum):
  RED = 1
  GREEN = 2
class Iface(ModuleInterface):
  def one(self,
    x: Tensor) -> Tensor:
    pass
class Impl(Module):
  __parameters__ = ["w", ]
  __buffers__ = []
  w : Tensor
  def one(self: __torch__.Impl,
    x: Tensor) -> Tensor:
    w = self.w
    return torch.mul(x, w)
"""
    layer = b"""class Conv(Module):
  __parameters__ = []
  __buffers__ = []
  stride : Tuple[int, int]
  kind : int
  packed : __torch__.torch.classes.quantized.Conv2dPackedParamsBase
  def __setstate__(self: __torch__.q.Conv,
    state: Tuple[Tuple[int, int], Tensor, Optional[Tensor], int]) -> NoneType:
    self.stride = (state)[0]
    self.kind = (state)[3]
    _0 = (self).pack((state)[1], (state)[2], )
    return None
  def pack(self: __torch__.q.Conv,
    w: Tensor,
    b: Optional[Tensor]) -> NoneType:
    kind = self.kind
    if torch.eq(kind, 1):
      stride = self.stride
      _1, _2, = stride
      _3 = ops.quantized.conv2d_prepack(w, b, [_1, _2], [0, 0], [1, 1], 1)
      self.packed = _3
    else:
      ops.prim.RaiseException("no such kind")
    return None
  def forward(self: __torch__.q.Conv,
    x: Tensor) -> Tensor:
    packed = self.packed
    return ops.quantized.conv2d(x, packed, 0.25, 1)
"""
    return {"a/data.pkl": b"\x80\x02" + made("__torch__", "Net", state) + b".",
            "a/code/__torch__.py": code, "a/code/__torch__/q.py": layer,
            "a/data/0": bytes([1, 2, 255, 4]), "a/data/1": struct.pack("<2d", 0.5, 0.25),
            "a/data/2": struct.pack("<2q", 0, 5), "a/constants.pkl": b"\x80\x02).",
            "a/version": b"3\n"}


def packed():
    """Quantised layers: a convolution whose numbers stand in a configuration, with
    axes, stride, padding, dilation, padding of the output, groups and more, and a
    linear layer."""
    scheme = glob("torch", "per_tensor_affine"), number(0.5), integer(0)
    kernel = quantised(storage("QInt8", "0", 8), (4, 1, 2, 1), (2, 2, 1, 1), *scheme)
    weight = quantised(storage("QInt8", "1", 6), (3, 2), (2, 1), *scheme)
    config = listed(*map(integer, (2, 2, 1, 1, 0, 1, 1, 0, 0, 2, 0)))
    conv = made("__torch__.torch.classes.quantized", "Conv2dPackedParamsBase",
                tup(integer(3), config, listed(b"N", kernel, b"N")))
    linear = made("__torch__.torch.classes.quantized", "LinearPackedParamsBase",
                  tup(weight, b"N"))
    code = b"""class Net(Module):
  __parameters__ = []
  __buffers__ = []
  conv : __torch__.torch.classes.quantized.Conv2dPackedParamsBase
  linear : __torch__.torch.classes.quantized.LinearPackedParamsBase
  def forward(self: __torch__.Net,
    x: Tensor) -> Tensor:
    q = torch.quantize_per_tensor(x, 0.5, 0, 13)
    y = ops.quantized.conv2d_relu(q, self.conv, 0.5, 0)
    z = ops.quantized.linear(y, self.linear, 0.5, 0)
    return torch.dequantize(z)
"""
    return {"a/data.pkl": b"\x80\x02" + made("__torch__", "Net", dictionary(
                conv=conv, linear=linear)) + b".",
            "a/code/__torch__.py": code, "a/data/0": bytes(range(8)),
            "a/data/1": bytes(range(6)), "a/constants.pkl": b"\x80\x02).",
            "a/version": b"3\n"}


def recurrent():
    """Weights that are parameters and items of a list; a list that nobody reads; so many
    attributes that the reader makes a table of them."""
    def at(offset, *dims):
        strides = (dims[1], 1) if len(dims) == 2 else (1,)
        return tensor(storage("Float", "0", 20), offset, dims, strides)
    weights = [at(0, 4, 2), at(8, 4, 1), at(12, 4), at(16, 4)]
    names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    sizes = ["size%d" % i for i in range(16)]
    state = dictionary(**dict(zip(names, weights)), **{s: integer(3) for s in sizes}, flat=listed(*weights, weights[0]),
                       spare=listed(tensor(storage("Float", "1", 2), 0, (2,), (1,))))
    code = b"""class Net(Module):
  __parameters__ = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", ]
  __buffers__ = []
  weight_ih_l0 : Tensor
  weight_hh_l0 : Tensor
  bias_ih_l0 : Tensor
  bias_hh_l0 : Tensor
  flat : List[Tensor]
  spare : List[Tensor]
""" + b"".join(b"  %s : int\n" % s.encode() for s in sizes) + b"""  def forward(self: __torch__.Net,
    x: Tensor) -> Tensor:
    flat = self.flat
    h = torch.zeros([1, 1, 1])
    y, _0, _1, = torch.lstm(x, [h, h], flat, True, 1, 0., False, False, False)
    n = torch.len(flat)
    size = self.size15
    return torch.mul(y, torch.sub(n, size))
"""
    return {"r/data.pkl": b"\x80\x02" + made("__torch__", "Net", state) + b".",
            "r/code/__torch__.py": code, "r/constants.pkl": b"\x80\x02).",
            "r/data/0": struct.pack("<20f", *range(20)), "r/data/1": struct.pack("<2f", 1, 2),
            "r/version": b"3\n"}


def hostile():
    """TorchScript with a pickle beside it that nobody needs, and that runs a command."""
    return {"m/version": b"3\n", "m/constants.pkl": b"\x80\x02).",
            "m/data.pkl": b"\x80\x02" + glob("__torch__.m", "Net") + b")\x81}(" +
            text("training") + b"\x89ub.", "m/extra.pkl": b"\x80\x02" +
            glob("posix", "system") + tup(text("echo caught")) + b"R.",
            "m/code/__torch__/m.py": b"class Net(Module):\n  __parameters__ = []\n"
            b"  __buffers__ = []\n  training : bool\n  def forward(self: __torch__.m.Net,\n"
            b"    x: Tensor) -> Tensor:\n    return torch.relu(x)\n"}


def places():
    """What an operator becomes depends on the target, and on who reads its results."""
    return {"m/version": b"3\n", "m/constants.pkl": b"\x80\x02).",
            "m/data.pkl": b"\x80\x02" + glob("__torch__.m", "Net") + b")\x81}(" +
            text("training") + b"\x89ub.",
            "m/code/__torch__/m.py": b"""class Net(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.m.Net,
    x: Tensor,
    i: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    best, _0, = torch.max(x, 1, False)
    most, at, = torch.max(x, 2, False)
    padded = torch.constant_pad_nd(x, [1, 1], 0)
    words = torch.embedding(x, i, -1, False, False)
    q = torch.scaled_dot_product_attention(x, x, x, None, 0., False)
    return (best, most, at, padded, words, q)
"""}


def safetensors():
    head = dump({"__metadata__": {"format": "pt"},
                 "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
                 "h": {"dtype": "F16", "shape": [4], "data_offsets": [24, 32]}})
    return struct.pack("<Q", len(head)) + head + FLOATS + HALVES


def array(descr, shape, data, columns=False):
    head = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (descr, columns, shape)
    head += " " * (-(11 + len(head)) % 16) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data


def arrays():
    return {"w.npy": array("<f4", (2, 3), FLOATS), "turned.npy": array("<f4", (3, 2), FLOATS, True),
            "big.npy": array(">i2", (2,), b"\x00\x01\xff\xfe"), "one.npy": array("<f8", (),
                                                                             struct.pack("<d", 2.5)),
            "things.npy": array("|O", (1,), b"\x80\x02N.")}


def repeated():
    """Bytecode whose instructions, and a name, are stated once and referred to many times."""
    row = lambda name, x, n: tup(text(name), integer(x), integer(n))
    pair = lambda key, value: tup(text(key), value)
    keep = lambda i: b"q" + bytes([i])
    again = lambda *items: b"h" + b"h".join(bytes([i]) for i in items)
    most = tup(text("STOREN"), b"\x8a\x08" + struct.pack("<q", 2**63 - 1), integer(2))
    ops = lambda name: tup(tup(text(name), text(""), integer(1)))
    argument = lambda name, kind: tup(pair("name", text(name)), pair("type", text(kind)))
    end = row("LOAD", 2, 0) + row("OP", 0, 0) + row("RET", 0, 0)

    def function(name, operator, rows):
        return tup(text("__torch__.N." + name), tup(
            pair("instructions", tup(row("STOREN", 1, 2), rows, end)),
            pair("operators", ops(operator)), pair("constants", tup(integer(2))),
            pair("types", tup()), pair("register_size", integer(6))),
            tup(pair("arguments", tup(argument("self", "__torch__.N"), argument("x", "Tensor"))),
                pair("returns", tup())))

    load = row("LOAD", 2, 0)
    return {"m/data.pkl": b"\x80\x02" + made("__torch__", "N", dictionary(n=integer(1))) + b".",
            "m/bytecode.pkl": b"\x80\x02" + tup(
                integer(8), function("forward", "prim::TupleUnpack", load + keep(1) + row(
                    "OP", 0, 0) + keep(2) + row("STOREN", 5, 65000) + keep(3) +
                    again(*(1, 2, 3) * 1000)),
                function("most", "aten::relu", most),
                function("unpack", "aten::relu", load + keep(1) + row("LIST_UNPACK", 65000, 0) +
                         keep(2) + row("STOREN", 5, 65000) + keep(3) + again(*(1, 2, 3) * 1000)),
                function("named", "aten::" + "x" * 200000, load + row("OP", 0, 0) + keep(1) +
                         again(*(1,) * 10000))) + b".", "m/version": b"8\n"}


def dots():
    """A key of dots alone, below a module that the code hands on."""
    one = tensor(storage("Float", "0", 6), 0, (6,), (1,))
    state = dictionary(d=b"}" + text("." * 1000000) + one + b"s", sub=made(
        "__torch__", "Sub", dictionary(w=one)))
    code = (b"class Sub(Module):\n  __parameters__ = []\n  __buffers__ = []\n  w : Tensor\n"
            b"class N(Module):\n  __parameters__ = []\n  __buffers__ = []\n"
            b"  d : Dict[str, Tensor]\n  sub : __torch__.Sub\n"
            b"  def forward(self: __torch__.N,\n    x: Tensor) -> Tuple[Tensor, __torch__.Sub]:\n"
            b"    sub = self.sub\n    return (torch.relu(x), sub)\n")
    return {"d/data.pkl": b"\x80\x02" + made("__torch__", "N", state) + b".",
            "d/data/0": FLOATS, "d/code/__torch__.py": code, "d/constants.pkl": b"\x80\x02).",
            "d/version": b"3\n"}


def bytecode():
    """What the lite interpreter runs, without code: a condition, a loop, attributes."""
    code = lambda *rows: tup(*(tup(text(r[0]), integer(r[1]), integer(r[2])) for r in rows))
    rows = code(("STOREN", 1, 2), ("LOAD", 1, 0), ("GET_ATTR", 0, 0), ("LOAD", 2, 0),
                ("OP", 0, 0), ("STORE", 3, 0), ("LOAD", 3, 0), ("LOADC", 0, 0), ("OP", 1, 0),
                ("OP", 2, 0), ("JF", 4, 0), ("LOAD", 3, 0), ("OP", 3, 0), ("JMP", 2, 0),
                ("LOAD", 3, 0), ("STORE", 4, 0), ("LOADC", 0, 0), ("LOADC", 1, 0),
                ("LOADC", 2, 0), ("LOAD", 4, 0), ("LOOP", 7, 3), ("STOREN", 5, 2),
                ("LOADC", 2, 0), ("LOAD", 6, 0), ("MOVE", 5, 0), ("OP", 1, 0), ("JMP", -6, 0),
                ("LOADC", 0, 0), ("LOADC", 1, 0), ("LIST_CONSTRUCT", 0, 2), ("OP", 4, 0),
                ("RET", 0, 0))
    ops = tup(*(tup(text(a), text(b), integer(n)) for a, b, n in (
        ("aten::mul", "Tensor", 2), ("aten::gt", "Scalar", 2), ("aten::Bool", "Tensor", 1),
        ("aten::relu", "", 1), ("aten::reshape", "", 2))))
    pair = lambda key, value: tup(text(key), value)
    argument = lambda name, kind: tup(pair("name", text(name)), pair("type", text(kind)),
                                      pair("default_value", b"N"))
    function = tup(text("__torch__.N.forward"), tup(
        pair("instructions", rows), pair("operators", ops),
        pair("constants", tup(integer(2), integer(3), b"\x88")),
        pair("types", tup(text("List[int]"))), pair("register_size", integer(6))),
        tup(pair("arguments", tup(argument("self", "__torch__.N"), argument("x", "Tensor"))),
            pair("returns", tup(argument("", "Tensor")))))
    module = made("__torch__", "N", dictionary(w=tensor(storage("Float", "0", 6), 0, (6,), (1,))))
    return {"m/data.pkl": b"\x80\x02" + module + b".", "m/data/0": FLOATS,
            "m/bytecode.pkl": b"\x80\x02" + tup(integer(8), function) + b".",
            "m/version": b"8\n"}


def packaged():
    """TorchScript in a torch.package."""
    module = made("__torch__", "N", dictionary(w=tensor(storage("Float", "0.storage", 6), 0, (6,),
                                                        (1,))))
    code = (b"class N(Module):\n  __parameters__ = [\"w\", ]\n  __buffers__ = []\n  w : Tensor\n"
            b"  def forward(self: __torch__.N,\n    x: Tensor) -> Tensor:\n    w = self.w\n"
            b"    return torch.mul(x, w)\n")
    return {"p/.data/0.storage": FLOATS, "p/.data/ts_code/0/data.pkl": b"\x80\x02" + module + b".",
            "p/.data/ts_code/0/constants.pkl": b"\x80\x02).", "p/.data/extern_modules": b"",
            "p/.data/ts_code/code/__torch__.py": code, "p/.data/version": b"6\n"}


def gguf():
    word = lambda s: struct.pack("<Q", len(s)) + s.encode()
    fact = lambda key, kind, value: word(key) + struct.pack("<I", kind) + value
    entry = lambda name, dims, kind, at: (word(name) + struct.pack("<I%dQIQ" % len(dims), len(dims),
                                                                   *dims, kind, at))
    out = b"GGUF" + struct.pack("<IQQ", 3, 3, 5)
    out += fact("general.architecture", 8, word("tiny")) + fact("general.alignment", 4,
                                                                struct.pack("<I", 32))
    out += fact("tiny.eps", 6, struct.pack("<f", 0.5)) + fact("tiny.bias", 3, b"\xff\xff")
    out += fact("tokens", 9, struct.pack("<IQ", 8, 2) + word("a") + word("b"))
    out += entry("w", (3, 2), 0, 0) + entry("blocks", (32, 1), 2, 32) + entry("h", (4,), 1, 64)
    return (out + bytes(-len(out) % 32) + FLOATS + bytes(8) + bytes(range(18)) + bytes(14) + HALVES)


def main():
    put = lambda name: os.path.join(sys.argv[1], name)
    write(put("state.pt"), state())
    write(put("small.pt2"), exported())
    write(put("before.pt2"), exported_before())
    write(put("programs.pt2"), programs())
    write(put("package.pt"), package())
    write(put("old-script.pt"), old_script())
    write(put("attributes.pt"), attributes())
    write(put("packed.pt"), packed())
    write(put("recurrent.pt"), recurrent())
    write(put("hostile.pt"), hostile())
    write(put("arrays.npz"), arrays())
    write(put("bytecode.ptl"), bytecode())
    write(put("packaged.pt"), packaged())
    # too slow to be damaged byte by byte
    write(put("../golden/nodes/bytecode-repeated/repeated.ptl"), repeated())
    write(put("../golden/tensors/dots/dots.pt"), dots())
    write(put("../golden/ane/places/places.pt"), places())
    for name, data in (("legacy.pt", legacy()), ("legacy-tar.pt", legacy_tar()),
                       ("weights.gguf", gguf()),
                       ("weights.safetensors", safetensors())):
        with open(put(name), "wb") as f:
            f.write(data)


main()
