# SPDX-License-Identifier: Apache-2.0
from . import compute_device, compute_plan, utils  # noqa: F401
