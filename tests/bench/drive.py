# SPDX-License-Identifier: Apache-2.0
"""What driving coremltools adds to its own time: CPU seconds of ct.convert as it is
and with the hooks of convert.py, the best of some, on models of three sizes.

usage: drive.py FOLDER-OF-CONVERT.PY
"""
import importlib.util
import os
import sys
import time

import coremltools as ct
import torch

spec = importlib.util.spec_from_file_location("convert", sys.argv[1] + "/convert.py")
source = open(spec.origin).read().rsplit("\nmain()", 1)[0]
driver = importlib.util.module_from_spec(spec)
exec(compile(source, spec.origin, "exec"), driver.__dict__)
driver.OUT = os.open(os.devnull, os.O_WRONLY)



def chain(n):
    layers = [m for _ in range(n) for m in (torch.nn.Conv2d(8, 8, 3, padding=1),
                                            torch.nn.BatchNorm2d(8), torch.nn.ReLU())]
    return torch.jit.trace(torch.nn.Sequential(*layers).eval(), torch.zeros(1, 8, 16, 16))


def convert(model):
    ct.convert(model, inputs=[ct.TensorType(shape=(1, 8, 16, 16))], skip_model_load=True,
               minimum_deployment_target=ct.target.iOS17)


def sample(model, driven):
    """In a process of its own: hooks cannot be taken out again."""
    r, w = os.pipe()
    if os.fork() == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        if driven:
            driver.start_coremltools()
        began = time.process_time()
        convert(model)
        os.write(w, repr(time.process_time() - began).encode())
        os._exit(0)
    os.close(w)
    with os.fdopen(r) as f:
        said = f.read()
    os.wait()
    return float(said)


torch.set_num_threads(1)
convert(chain(1))  # what is done once is done
for blocks, times in (10, 11), (40, 7), (160, 5):
    model = chain(blocks)
    # in turns, so that whatever else the machine does meets both
    took = [(sample(model, False), sample(model, True)) for _ in range(times)]
    plain, driven = (min(t) for t in zip(*took))
    print(f"driving coremltools, {3 * blocks} layers: {plain:.2f} s alone, {driven:.2f} s "
          f"driven, {100 * (driven / plain - 1):+.1f} % (goal: below 3 %)", flush=True)
