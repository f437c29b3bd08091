#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measure on a Mac where Core ML runs each op of a model, for mlinspect --plan.

usage: export-plan.py [-u CPU_AND_NE|ALL|CPU_AND_GPU|CPU_ONLY] [-o PLAN.json] MODEL

MODEL is a .mlmodelc, or a package or specification, which is compiled first.
Needs macOS 14.4 and coremltools 8.1 or newer. The file is the exchange form of
coremltools with an object "plan" that says where it was measured.
"""
import argparse
import datetime
import json
import platform
import subprocess
import sys

UNITS = ("CPU_AND_NE", "ALL", "CPU_AND_GPU", "CPU_ONLY")
DEVICES = {
    "MLCPUComputeDevice": "cpu",
    "MLGPUComputeDevice": "gpu",
    "MLNeuralEngineComputeDevice": "neuralEngine",
}


def device(d):
    """{"neuralEngine": {"totalCoreCount": 16}}"""
    name = DEVICES.get(type(d).__name__, type(d).__name__)
    cores = getattr(d, "total_core_count", None)
    return {name: {"totalCoreCount": cores} if cores is not None else {}}


def usage(u):
    if u is None:
        return None
    return {
        "preferred": device(u.preferred_compute_device),
        "supported": [device(d) for d in u.supported_compute_devices],
    }


def info(path, device_usage, cost, operator):
    entry = {"path": {"components": path}, "deviceUsage": usage(device_usage)}
    entry["estimatedCost"] = None if cost is None else cost.weight
    entry["operator"] = operator
    return entry


def operations(plan, block, path, index=-1):
    """Every op of a block and of the blocks inside it."""
    path = path + [{"programBlock": {"data": {"index": index}}}]
    for op in block.operations:
        name = op.outputs[0].name if op.outputs else None
        here = path + [{"programOperation": {"data": {"outputName": name}}}]
        device_usage = plan.get_compute_device_usage_for_mlprogram_operation(op)
        if name is not None and device_usage is not None:
            cost = plan.get_estimated_cost_for_mlprogram_operation(op)
            yield info(here, device_usage, cost, op.operator_name)
        for i, inner in enumerate(op.blocks):
            yield from operations(plan, inner, here, i)


def layers(plan, network, before):
    for layer in network.layers:
        path = before + [{"neuralNetwork": {}},
                         {"neuralNetworkLayer": {"data": {"name": layer.name}}}]
        device_usage = plan.get_compute_device_usage_for_neuralnetwork_layer(layer)
        if device_usage is not None:
            yield info(path, device_usage, None, layer.type)


def infos(plan, structure, before=()):
    before = list(before)
    if structure.program is not None:
        for name, function in structure.program.functions.items():
            path = before + [{"program": {}}, {"programFunction": {"data": {"name": name}}}]
            yield from operations(plan, function.block, path)
    elif structure.neuralnetwork is not None:
        yield from layers(plan, structure.neuralnetwork, before)
    elif structure.pipeline is not None:
        for name, stage in structure.pipeline.sub_models:
            path = before + [{"pipeline": {}}, {"pipelineModel": {"data": {"name": name}}}]
            yield from infos(plan, stage, path)
    elif not before:
        sys.exit("export-plan: neither a program, a network nor a pipeline: nothing to measure")


def command(*words):
    try:
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def place(model, units, tool):
    brand = command("sysctl", "-n", "machdep.cpu.brand_string") or ""
    return {
        "chip": brand.replace("Apple ", "") or None,
        "device": command("sysctl", "-n", "hw.model"),
        "os": "macOS " + platform.mac_ver()[0],
        "compute_units": units,
        "model": model,
        "tool": tool,
        "kind": "plan",
        "date": datetime.date.today().isoformat(),
    }


def compiled(ct, model):
    return model if model.rstrip("/").endswith(".mlmodelc") else ct.models.utils.compile_model(model)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-u", "--compute-units", choices=UNITS, default="CPU_AND_NE")
    parser.add_argument("-o", "--output", help="file to write; standard output without it")
    parser.add_argument("model")
    args = parser.parse_args()
    if sys.platform != "darwin":
        sys.exit("export-plan: only macOS can measure a plan")
    import coremltools as ct
    from coremltools.models.compute_plan import MLComputePlan

    plan = MLComputePlan.load_from_path(
        compiled(ct, args.model), compute_units=getattr(ct.ComputeUnit, args.compute_units))
    tool = "coremltools " + ct.__version__
    result = {"plan": place(args.model, args.compute_units, tool),
              "infos": list(infos(plan, plan.model_structure))}
    text = json.dumps(result, indent=1) + "\n"
    if args.output:
        with open(args.output, "w", encoding="utf-8") as f:
            f.write(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
