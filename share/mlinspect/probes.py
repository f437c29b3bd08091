# SPDX-License-Identifier: Apache-2.0
"""Models made for the pipelines, ONNX export, and tensors of PyTorch and ONNX Runtime
written side by side. Run by convert.py; what the numbers mean is judged by mlinspect.
"""
import os


def toy():
    import torch

    class Toy(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 4, 3, padding=1)
            self.norm = torch.nn.BatchNorm2d(4)
            self.drop = torch.nn.Dropout(0.5)
            self.head = torch.nn.Linear(4, 2)

        def forward(self, x):
            x = torch.relu(self.norm(self.conv(x)))
            return self.head(self.drop(x).mean(dim=(2, 3)))
    return Toy(), (torch.zeros(1, 3, 8, 8),)


def block():
    """A stem of convolutions, attention, an MLP: one block as models have them."""
    import torch
    from torch import nn

    class Attention(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.qkv = nn.Linear(width, 3 * width)
            self.out = nn.Linear(width, width)

        def forward(self, x):
            b, n, w = x.shape
            q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, w // self.heads) \
                .permute(2, 0, 3, 1, 4).unbind(0)
            a = torch.softmax(q @ k.transpose(-2, -1) * (w // self.heads) ** -0.5, dim=-1)
            return self.out((a @ v).transpose(1, 2).reshape(b, n, w))

    class Block(nn.Module):
        def __init__(self, width=32, heads=4):
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, stride=2, padding=1),
                                      nn.BatchNorm2d(16), nn.SiLU(),
                                      nn.Conv2d(16, width, 3, stride=2, padding=1))
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.attention = Attention(width, heads)
            self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(),
                                     nn.Linear(4 * width, width))
            self.place = nn.Parameter(torch.randn(1, 64, width) / 8)

        def forward(self, x):
            x = self.stem(x).flatten(2).transpose(1, 2)
            x = x + self.place.expand(x.shape[0], -1, -1)
            x = x + self.attention(self.norm1(x))
            return x + self.mlp(self.norm2(x))
    return Block(), (torch.randn(1, 3, 32, 32),)


def make(r, say):
    """Write a model of ours: traced, exported, as ONNX."""
    import torch
    torch.manual_seed(0)
    model, args = {"toy": toy, "block": block}[r["what"]]()
    model.eval()
    base = os.path.join(r["folder"], r["what"])
    with torch.no_grad():
        for batch in (m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)):
            batch.running_mean.uniform_(-1, 1)
            batch.running_var.uniform_(0.5, 2)
        torch.jit.trace(model, args).save(base + ".pt")
        program = torch.export.export(model, args)
    torch.export.save(program, base + ".pt2")
    say("made", what="torchscript", out=base + ".pt")
    say("made", what="pt2", out=base + ".pt2")


def export(r, say):
    """An exported program as ONNX, values keeping the names of the nodes of the program
    that the exporter took it apart into, which is written as well."""
    import torch
    program = torch.export.load(r["model"])
    try:
        made = torch.onnx.export(program, dynamo=True, optimize=False, verbose=False)
    except Exception as e:  # it tells of steps and reports; what went wrong is its cause
        while e.__cause__ is not None:
            e = e.__cause__
        raise e from None
    made.save(r["out"])
    torch.export.save(made.exported_program, r["out"] + ".pt2")
    say("made", what="onnx", out=r["out"])
    say("made", what="pt2", out=r["out"] + ".pt2")


def inputs_of(program):
    """The program's own example inputs, or numbers of their types."""
    import torch
    if program.example_inputs is not None:
        args, kwargs = program.example_inputs
        flat, _ = torch.utils._pytree.tree_flatten((args, kwargs))
    else:
        torch.manual_seed(0)
        flat = []
        for node in program.graph.nodes:
            if node.op == "placeholder" and node.name in \
                    program.graph_signature.user_inputs:
                t = node.meta["val"]
                shape = [int(d) if isinstance(d, int) else 2 for d in t.shape]
                flat.append(torch.randn(shape).to(t.dtype) if t.is_floating_point() else
                            torch.randint(0, 2, shape).to(t.dtype))
    # zeros hide differences
    return [torch.randn(t.shape, generator=torch.Generator().manual_seed(1)).to(t.dtype)
            if t.is_floating_point() and not bool(t.any()) else t for t in flat]


class Reference:
    """Runs the program and keeps the values of some nodes."""

    def __init__(self, program, flat):
        import torch

        class Keep(torch.fx.Interpreter):
            def run_node(this, node):
                value = super().run_node(node)
                if node.name in self.wanted:
                    self.kept[node.name] = value
                return value
        signature = program.graph_signature
        state = {**program.state_dict, **program.constants}
        given = dict(zip(signature.user_inputs, flat))
        self.inputs = given
        self.args = []
        for node in program.graph.nodes:
            if node.op != "placeholder":
                continue
            held = {**signature.inputs_to_parameters, **signature.inputs_to_buffers,
                    **signature.inputs_to_lifted_tensor_constants}.get(node.name)
            self.args.append(given[node.name] if node.name in given else state[held])
        self.runner = Keep(program.graph_module)

    def values(self, names):
        import torch
        self.wanted, self.kept = set(names), {}
        with torch.no_grad():
            self.runner.run(*self.args)
        all_of = {**{n: v for n, v in self.inputs.items() if n in self.wanted}, **self.kept}
        # a node may hand a parameter on as it is, which numpy does not take
        return {n: v.detach() if isinstance(v, torch.Tensor) else v
                for n, v in all_of.items()}


def session_of(model):
    import onnxruntime as ort
    ort.set_default_logger_severity(4)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(model.SerializeToString(), options,
                                providers=["CPUExecutionProvider"])


def accumulated(model, names, feed):
    """Values of ONNX Runtime with the whole model before them."""
    import onnx
    wider = onnx.ModelProto()
    wider.CopyFrom(model)
    there = {o.name for o in wider.graph.output}
    wider.graph.output.extend(onnx.ValueInfoProto(name=n) for n in names if n not in there)
    return dict(zip(names, session_of(wider).run(names, feed)))


def isolated(extractor, name, feeds, values):
    """The value with the operations between it and its feeds alone before it."""
    part = extractor.extract_model(feeds, [name])
    return session_of(part).run([name], {f: values[f].numpy() for f in feeds})[0]


def write(folder, number, kind, array):
    import numpy as np
    path = os.path.join(folder, f"{number}.{kind}")
    np.ascontiguousarray(array).tofile(path)
    return path


def parity(r, say):
    """Tensors as files, in batches: names, and for each the tensors that it is made
    from when it stands alone."""
    import onnx
    import torch
    from onnx import shape_inference
    from onnx.utils import Extractor
    program = torch.export.load(r["model"])
    reference = Reference(program, inputs_of(program))
    model = onnx.load(r["onnx"])
    feed = {n: v.numpy() for n, v in reference.inputs.items()}
    extractor = Extractor(shape_inference.infer_shapes(model))
    steps = list(zip(r["names"], r["feeds"]))
    for at in range(0, len(steps), r["batch"]):
        batch = steps[at:at + r["batch"]]
        names = [name for name, _ in batch]
        values = reference.values(set(names).union(*(set(f) for _, f in batch)))
        got = accumulated(model, names, feed)
        for number, (name, feeds) in enumerate(batch, at):
            want = values[name].numpy()
            alone, broken = None, None
            try:
                alone = isolated(extractor, name, feeds, values)
            except Exception as e:
                broken = f"{type(e).__name__}: {str(e)[:200]}"
            same = want.shape == got[name].shape and want.dtype == got[name].dtype
            say("tensor", name=name, kind=str(want.dtype), n=want.size, ok=same,
                text="" if same else f"{want.dtype}{list(want.shape)} against "
                f"{got[name].dtype}{list(got[name].shape)}",
                files=[write(r["folder"], number, "torch", want),
                       write(r["folder"], number, "onnx", got[name])] +
                ([write(r["folder"], number, "alone", alone)] if alone is not None else []),
                broken=broken)
        say("batch", i=at + len(batch), n=len(steps))
