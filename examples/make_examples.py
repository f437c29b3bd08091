# SPDX-License-Identifier: Apache-2.0
"""Makes the example models of doc/TUTORIAL.md beside this file: a PyTorch model
that coremltools cannot convert, its mended twin, and what that one converts to.
Needs torch, onnx, onnxscript and coremltools; the results are kept in the tree."""
import os
import pathlib
import pickle
import re
import shutil
import sys
import types

import torch


def load_source(name):
    """The module, with a file name that says nothing of the machine."""
    module = types.ModuleType(name)
    file = name + ".py"
    exec(compile(pathlib.Path(file).read_text(), file, "exec"), module.__dict__)
    sys.modules[name] = module
    return module


def without_places(value):
    """Debug records without the folder that torch was installed in."""
    if isinstance(value, str):
        value = re.sub(r"/[^ ()]*/site-packages/", "", value)
        return re.sub(r"(?<![\w.])/[^ ()\n]*/", "", value)
    if isinstance(value, tuple):
        return tuple(without_places(v) for v in value)
    return [without_places(v) for v in value] if isinstance(value, list) else value


def save(traced, path):
    traced.save(path)
    reader = torch._C.PyTorchFileReader(path)
    records = {name: reader.get_record(name) for name in reader.get_all_records()}
    writer = torch._C.PyTorchFileWriter(path)
    for name, data in records.items():
        if name.endswith(".debug_pkl"):
            data = pickle.dumps(without_places(pickle.loads(data)), protocol=2)
        if name not in ("version", "byteorder") and not name.startswith(".data/"):
            writer.write_record(name, data, len(data))
    writer.write_end_of_file()
    torch.jit.load(path)


def twins():
    module = load_source("blocked_model")
    BlockedNet, MendedNet = module.BlockedNet, module.MendedNet
    torch.manual_seed(7)
    blocked = BlockedNet().eval()
    mended = MendedNet().eval()
    mended.load_state_dict(blocked.state_dict())
    return blocked, mended


def main():
    os.chdir(pathlib.Path(__file__).parent)
    image = torch.randn(1, 3, 32, 32)
    blocked, mended = twins()
    with torch.no_grad():
        assert torch.allclose(blocked(image), mended(image), atol=1e-4)
        save(torch.jit.trace(blocked, image), "blocked.pt")
        traced = torch.jit.trace(mended, image)
    save(traced, "mended.pt")
    torch.onnx.export(mended, (image,), "mended.onnx", input_names=["image"],
                      output_names=["scores"], opset_version=17, dynamo=False)
    import coremltools as ct
    package = ct.convert(traced, inputs=[ct.TensorType("image", image.shape)],
                         minimum_deployment_target=ct.target.iOS17)
    shutil.rmtree("mended.mlpackage", ignore_errors=True)
    package.save("mended.mlpackage")


if __name__ == "__main__":
    main()
