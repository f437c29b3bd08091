# SPDX-License-Identifier: Apache-2.0
"""export-plan.py without a Mac.

  plan.py run SCRIPT ARGUMENT...  the script, as on macOS, with the coremltools of fake/
  plan.py same                    compares that with the installed coremltools
"""
import dataclasses
import importlib
import inspect
import os
import runpy
import sys

FAKE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake")
MODULES = ("coremltools", "coremltools.models.utils", "coremltools.models.compute_device",
           "coremltools.models.compute_plan")


def run(script, arguments):
    sys.path.insert(0, FAKE)
    sys.dont_write_bytecode = True
    sys.platform = "darwin"
    sys.argv = [script] + arguments
    runpy.run_path(script, run_name="__main__")


def members(thing):
    """What the script may use of a module or class: names of parameters, fields, values."""
    if dataclasses.is_dataclass(thing):
        return [f.name for f in dataclasses.fields(thing)]
    if inspect.isclass(thing) and hasattr(thing, "__members__"):
        return sorted(thing.__members__)
    if inspect.isclass(thing):
        found = {}
        for name, member in vars(thing).items():
            if isinstance(member, property):
                found[name] = "property"
            elif isinstance(member, classmethod):
                found[name] = ["class"] + list(inspect.signature(member.__func__).parameters)
            elif inspect.isfunction(member) and name != "__init__":
                found[name] = list(inspect.signature(member).parameters)
        return found
    return list(inspect.signature(thing).parameters) if callable(thing) else None


def public(path):
    """Names that a module of fake/ stands for, with their members."""
    module = importlib.import_module(path)
    return {name: members(thing) for name, thing in vars(module).items()
            if getattr(thing, "__module__", None) == path and
            (name.startswith("ML") or name in ("ComputeUnit", "compile_model"))}


def same():
    ours = {}
    sys.path.insert(0, FAKE)
    for path in MODULES:
        ours[path] = public(path)
    sys.path.remove(FAKE)
    for name in [n for n in sys.modules if n.split(".")[0] == "coremltools"]:
        del sys.modules[name]
    wrong = 0
    for path in MODULES:
        theirs = importlib.import_module(path)
        for name, want in ours[path].items():
            got = getattr(theirs, name, None)
            got = members(got) if got is not None else None
            if isinstance(want, dict) and isinstance(got, dict):
                got = {k: got.get(k) for k in want}
            if got != want:
                print("# %s.%s has %s, not %s" % (path, name, got, want))
                wrong += 1
    if not wrong:
        print("same, %d names" % sum(map(len, ours.values())))
    return wrong != 0


if sys.argv[1] == "same":
    sys.exit(same())
run(sys.argv[2], sys.argv[3:])
