# SPDX-License-Identifier: Apache-2.0
"""A program with a branch, a network and a pipeline of both; what is made by "sin"
runs on the CPU, by "relu" on the Neural Engine, and nothing is known of "const"."""
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

from coremltools import ComputeUnit

from .compute_device import (MLCPUComputeDevice, MLGPUComputeDevice,
                             MLNeuralEngineComputeDevice)


@dataclass(frozen=True)
class MLModelStructureNeuralNetworkLayer:
    name: str
    type: str
    input_names: List[str]
    output_names: List[str]
    __proxy__: Any


@dataclass(frozen=True)
class MLModelStructureNeuralNetwork:
    layers: List[MLModelStructureNeuralNetworkLayer]


@dataclass(frozen=True)
class MLModelStructureProgramNamedValueType:
    name: str
    type: Any


@dataclass(frozen=True)
class MLModelStructureProgramOperation:
    inputs: Dict[str, Any]
    operator_name: str
    outputs: List[MLModelStructureProgramNamedValueType]
    blocks: List["MLModelStructureProgramBlock"]
    __proxy__: Any


@dataclass(frozen=True)
class MLModelStructureProgramBlock:
    inputs: List[MLModelStructureProgramNamedValueType]
    operations: List[MLModelStructureProgramOperation]
    output_names: List[str]


@dataclass(frozen=True)
class MLModelStructureProgramFunction:
    inputs: List[MLModelStructureProgramNamedValueType]
    block: MLModelStructureProgramBlock


@dataclass(frozen=True)
class MLModelStructureProgram:
    functions: Dict[str, MLModelStructureProgramFunction]


@dataclass(frozen=True)
class MLModelStructurePipeline:
    sub_models: Tuple[str, "MLModelStructure"]


@dataclass(frozen=True)
class MLModelStructure:
    neuralnetwork: Optional[MLModelStructureNeuralNetwork]
    program: Optional[MLModelStructureProgram]
    pipeline: Optional[MLModelStructurePipeline]


@dataclass(frozen=True)
class MLComputePlanDeviceUsage:
    preferred_compute_device: Any
    supported_compute_devices: List[Any]


@dataclass(frozen=True)
class MLComputePlanCost:
    weight: float


def operation(kind, name, *blocks):
    outputs = [MLModelStructureProgramNamedValueType(name, None)] if name else []
    return MLModelStructureProgramOperation({}, kind, outputs, list(blocks), None)


def block(*operations):
    return MLModelStructureProgramBlock([], list(operations), [])


PROGRAM = MLModelStructure(None, MLModelStructureProgram({
    "main": MLModelStructureProgramFunction([], block(
        operation("const", "w"), operation("ios17.relu", "r"),
        operation("cond", "c", block(operation("ios17.sin", "then")),
                  block(operation("ios17.relu", "else"))),
        operation("ios17.sin", "s"), operation("print", None)))}), None)
NETWORK = MLModelStructure(MLModelStructureNeuralNetwork([
    MLModelStructureNeuralNetworkLayer("first", "relu", ["x"], ["y"], None)]), None, None)
PIPELINE = MLModelStructure(None, None, MLModelStructurePipeline(
    [("one", NETWORK), ("two", PROGRAM), ("three", MLModelStructure(None, None, None))]))


class MLComputePlan:
    def __init__(self, proxy):
        self.__proxy__ = proxy

    @property
    def model_structure(self) -> MLModelStructure:
        return self.__proxy__

    def get_compute_device_usage_for_mlprogram_operation(
        self,
        operation: MLModelStructureProgramOperation,
    ) -> Optional[MLComputePlanDeviceUsage]:
        cpu, engine = MLCPUComputeDevice(), MLNeuralEngineComputeDevice()
        if operation.operator_name == "const":
            return None
        if operation.operator_name.endswith("relu"):
            return MLComputePlanDeviceUsage(engine, [cpu, MLGPUComputeDevice(), engine])
        return MLComputePlanDeviceUsage(cpu, [cpu])

    def get_compute_device_usage_for_neuralnetwork_layer(
        self,
        layer: MLModelStructureNeuralNetworkLayer,
    ) -> Optional[MLComputePlanDeviceUsage]:
        return MLComputePlanDeviceUsage(MLGPUComputeDevice(), [MLGPUComputeDevice()])

    def get_estimated_cost_for_mlprogram_operation(
        self,
        operation: MLModelStructureProgramOperation,
    ) -> Optional[MLComputePlanCost]:
        return None if operation.operator_name == "cond" else MLComputePlanCost(0.25)

    @classmethod
    def load_from_path(
        cls,
        path: str,
        compute_units: ComputeUnit = ComputeUnit.ALL,
    ) -> "MLComputePlan":
        kinds = {"program": PROGRAM, "network": NETWORK, "pipeline": PIPELINE}
        if not path.endswith(".mlmodelc"):
            raise ValueError("not compiled: " + path)
        return cls(kinds[path.split(".")[0]])
