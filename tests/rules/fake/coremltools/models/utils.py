# SPDX-License-Identifier: Apache-2.0
from typing import Optional


def compile_model(model, destination_path: Optional[str] = None) -> str:
    return model.rsplit(".", 1)[0] + ".mlmodelc"
