# SPDX-License-Identifier: Apache-2.0
"""Each option of a conversion, once through the command line and once through the form;
both packages are what the program of `convert script` makes: inputs, outputs, operations
and weights. Then what the map has to say of some models.

usage: options.py MLINSPECT SCRATCH     (python: forked.py as $MLINSPECT_PYTHON)
"""
import glob
import json
import os
import re
import subprocess
import sys

import coremltools as ct
import torch
from torch import nn

MLI, SCRATCH = sys.argv[1:3]
number = 0


class Image(nn.Module):
    def __init__(self, channels=3):
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x):
        return torch.relu(self.norm(self.conv(x)))


class Scores(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
        return self.fc(x).softmax(-1)


class Memory(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("sum", torch.zeros(1, 4, dtype=torch.float16))

    def forward(self, x):
        self.sum.add_(x)
        return self.sum * 2


class Chunk(nn.Module):
    def forward(self, x):
        a, b = torch.chunk(torch.relu(x), 2, dim=1)
        return a * b + 1


class Two(nn.Module):
    def forward(self, first, second):
        return torch.relu(first) - second, first * 2


STDIN = '''
import torch
class M(torch.nn.Module):
    def forward(self, x):
        return torch.relu(x) + 1
torch.jit.save(torch.jit.trace(M().eval(), torch.zeros(1, 4)), "stdin.pt")
'''
CASES = [  # model, options
    ("image.pt", ["--precision=f32"]),
    ("image.pt", ["--precision=f16!relu"]),
    ("image.pt", ["--precision=f16", "--compute-units=CPU_ONLY"]),
    ("image.pt2", ["--precision=f16!conv,relu", "--target=iOS17"]),
    ("image.pt", ["--without=fuse_conv_batchnorm,fuse_conv_bias"]),
    ("image.pt", ["--passes=CLEANUP"]),
    ("image.pt", ["--passes=EMPTY", "--precision=f32"]),
    ("image.pt", ["--input=image:x:rgb(scale=0.5;bias=-1|-1.5|-2)[1,3,8,8]"]),
    ("image.pt", ["--input=image:x:bgr(scale=0.1;bias=1|2|3)[1,3,8,8]", "--target=iOS16"]),
    ("gray.pt", ["--input=image:x:gray(scale=0.25;bias=1)[1,1,8,8]"]),
    ("gray.pt", ["--input=image:x:gray16[1,1,8,8]", "--target=iOS16"]),
    ("image.pt", ["--input=image:x:rgb[1,3,8..16,8..16]", "--target=iOS17"]),
    ("image.pt", ["--input=x:f32[{1,2},3,{8,16},8]", "--target=iOS16"]),
    ("image.pt", ["--input=x:f32[n=1..4,3,8,8]"]),
    ("image.pt", ["--input=x:f16[1,3,8,8]", "--outputs=y:f16", "--target=iOS16"]),
    ("two.pt", ["--outputs=a:f16,b:f32", "--target=iOS17"]),
    ("scores.pt", ["--labels=cat,dog,a bird"]),
    ("scores.pt", ["--convert-to=neuralnetwork"]),
    ("image.pt", ["--target=iOS14", "--input=image:x:rgb(scale=0.5;bias=1|2|3)[1,3,8,8]"]),
    ("memory.pt", ["--target=iOS18", "--states=state:sum:f16[1,4]", "--input=x:f16[1,4]"]),
    ("memory.pt2", ["--target=iOS18"]),
    ("scores.pt", ["--no-cure=freeze"]),
    ("scores.pt2", ["--target=iOS16"]),
    ("image.pt2", ["--cure=defaults"]),
]
ROWS = {"--compute-units": "units"}


def report(name, wrong, said=""):
    global number
    number += 1
    if wrong:
        print(f"# {wrong}")
        for line in said.splitlines()[-30:]:
            print(f"#   {line}")
    print(f"{'not ok' if wrong else 'ok'} {number} - {name}", flush=True)


def run(args):
    done = subprocess.run([MLI, *args], capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


def make():
    image, gray = torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 8, 8)
    for name, model, inputs in (
            ("image", Image(), (image,)), ("gray", Image(1), (gray,)),
            ("scores", Scores(), (torch.zeros(1, 6),)), ("two", Two(), (image, image)),
            ("memory", Memory(), (torch.zeros(1, 4, dtype=torch.float16),)),
            ("chunk", Chunk(), (torch.zeros(1, 4, 3),))):
        model = model.eval()
        torch.jit.save(torch.jit.trace(model, inputs), name + ".pt")
        if name in ("image", "memory", "scores"):
            torch.export.save(torch.export.export(model, inputs), name + ".pt2")
    subprocess.run([sys.executable, "-"], input=STDIN, text=True, check=True)


def keys(model, options, out):
    """What is pressed in the form for these options."""
    text = "C"
    for option in options:
        key, value = option[2:].split("=", 1)
        row = {"compute-units": "units"}.get(key, key)
        if key == "input":
            row = re.sub("^image:", "", value).split(":")[0]
        if key == "precision" and "!" in value:
            row, value = "in-f32", value.split("!")[1]
        if key in ("cure", "no-cure"):
            row, value = value, "off" if key == "no-cure" else "on"
        text += f":convert-set {row} {value}<Enter>"
    return f"{text}:convert-set out {out}<Enter>gg<Enter><dump>Q"


def contents(path):
    """All of a package or a model but when it was made, and by whom."""
    spec = ct.utils.load_spec(path)
    spec.description.metadata.Clear()
    if spec.WhichOneof("Type") == "mlProgram":
        spec.mlProgram.attributes.clear()
    weights = glob.glob(path + "/Data/*/weights/weight.bin")
    return spec.SerializeToString(deterministic=True), [open(w, "rb").read() for w in weights]


def by_script(model, options, out):
    """The printed program, in a process of its own; '' or what went wrong."""
    text = run(["-e", "convert script", f"--out={out}", *options, model])
    with open(out + ".py", "w") as f:
        f.write(text)
    r, w = os.pipe()
    if os.fork() == 0:
        os.dup2(w, 1)
        os.dup2(w, 2)
        try:
            exec(compile(text, "script", "exec"), {})
        except BaseException as e:
            print("FAILED", type(e).__name__, e, flush=True)
        os._exit(0)
    os.close(w)
    with os.fdopen(r) as f:
        said = f.read()
    os.wait()
    return "" if os.path.exists(out) else text + said


def option_cases():
    for i, (model, options) in enumerate(CASES):
        network = any("neuralnetwork" in o or "iOS14" in o for o in options)
        end = ".mlmodel" if network else ".mlpackage"
        a, b, c = (f"{how}{i}{end}" for how in ("batch", "form", "script"))
        name = " ".join([model, *options])
        said = run(["-e", "convert", f"--out={a}", *options, model])
        report(f"{name}: batch", "" if os.path.exists(a) else "no package", said)
        wrong = by_script(model, options, c)
        report(f"{name}: script", "no package" if wrong else "" if os.path.exists(a) and
               contents(a) == contents(c) else "another package", wrong)
        said = run(["--size=110x60", f"--keys={keys(model, options, b)}", model])
        report(f"{name}: form", "no package" if not os.path.exists(b) else "" if
               os.path.exists(a) and contents(a) == contents(b) else "another package", said)


def selector_cases():
    """The operators that are named stay in f32, and one that there is not is told."""
    spec = ct.utils.load_spec("batch1.mlpackage")
    block = list(spec.mlProgram.functions["main"].block_specializations.values())[0]
    kinds = {op.type: op.outputs[0].type.tensorType.dataType for op in block.operations}
    types = ct.proto.MIL_pb2
    report("relu stays in f32, conv does not", "" if kinds.get("relu") == types.FLOAT32 and
           kinds.get("conv") == types.FLOAT16 else str(kinds))
    said = run(["-e", "convert", "--out=none.mlpackage", "--precision=f16!conv_77", "image.pt"])
    report("an operation that does not come is told",
           "" if "no operation is called conv_77" in " ".join(said.split()) else "not told", said)


def converted(model, *options):
    said = run(["-e", "convert", "--format=json", "--force", f"--out={model}.mlpackage",
                *options, model])
    return json.loads(said)["result"]


def map_cases():
    r = converted("chunk.pt")
    nodes = {n["kind"]: n for n in r["nodes"]}
    split = [m for m in r["map"] if m["op"] == "split"]
    report("a chunk is in the map and in our graph",
           "" if len(split) == 1 and split[0]["sources"] == [nodes["constantchunk"]["name"]] and
           nodes["constantchunk"]["id"] is not None else json.dumps(nodes))
    r = converted("stdin.pt")
    lines = [n["line"] for n in r["nodes"] if n["kind"] in ("relu", "add")]
    report("lines of <stdin>", "" if lines and all(line == "<stdin>:5" for line in lines)
           else str(lines))
    placed = [n["id"] for n in r["nodes"] if n["kind"] in ("relu", "add")]
    report("and their nodes", "" if None not in placed else str(r["nodes"]))
    said = run(["-e", "convert", "--input=u:f32[1,3,8,8]", "--input=v:f32[1,3,8,8]",
                "--out=names.mlpackage", "two.pt"])
    spec = ct.utils.load_spec("names.mlpackage")
    names = [i.name for i in spec.description.input]
    report("inputs under other names go by their place", "" if names == ["u", "v"] else
           str(names), said)
    for given, word in ((["a"], "takes 2 tensors"), (["a", "b", "c"], "takes 2 tensors")):
        said = run(["-e", "convert", *[f"--input={i}:f32[1,3,8,8]" for i in given],
                    "--out=no.mlpackage", "two.pt"])
        report(f"inputs {given}", "" if word in " ".join(said.split()) and
               not os.path.exists("no.mlpackage") else "taken", said)
    said = run(["-e", "convert", "--input=second:f32[2,3,8,8]", "--input=first:f32[1,3,8,8]",
                "--out=order.mlpackage", "two.pt"])
    spec = ct.utils.load_spec("order.mlpackage")
    sizes = [(i.name, i.type.multiArrayType.shape[0]) for i in spec.description.input]
    report("inputs by their names in another order",
           "" if sizes == [("first", 1), ("second", 2)] else str(sizes), said)
    said = run(["-e", "convert", "--input=image:x:rgb(scale=0.1|0.2|0.3)[1,3,8,8]",
                "--out=scales.mlpackage", "image.pt"])
    report("a scale for each channel", "" if "one scale" in " ".join(said.split()) and
           not os.path.exists("scales.mlpackage") else "taken", said)


class Broken:
    """A node whose place torch cannot tell."""
    def sourceRange(self):
        raise RuntimeError("expected a valid index")


def place_cases():
    source = open(os.path.join(os.environ["MLINSPECT_SHARE"], "convert.py")).read()
    driver = {"__name__": "convert"}
    exec(compile(source.rsplit("\nmain()", 1)[0], "convert.py", "exec"), driver)
    report("a place that cannot be told", "" if driver["Hooks"].place_of(Broken()) == {}
           else "told")


os.chdir(SCRATCH)
make()
option_cases()
selector_cases()
map_cases()
place_cases()
print(f"1..{number}")
