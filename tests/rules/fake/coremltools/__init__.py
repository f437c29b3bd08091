# SPDX-License-Identifier: Apache-2.0
"""As much of coremltools as export-plan.py calls, with a plan that needs no Mac. The
signatures are those of coremltools 9.0: 'tests/rules/plan.py same' compares them."""
import enum

__version__ = "9.0"


class ComputeUnit(enum.Enum):
    ALL = 1
    CPU_AND_GPU = 2
    CPU_ONLY = 3
    CPU_AND_NE = 4


from . import models  # noqa: E402,F401
