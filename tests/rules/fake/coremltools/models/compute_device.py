# SPDX-License-Identifier: Apache-2.0
class MLCPUComputeDevice:
    pass


class MLGPUComputeDevice:
    pass


class MLNeuralEngineComputeDevice:
    @property
    def total_core_count(self) -> int:
        return 16
