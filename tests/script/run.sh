#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Small TorchScript models in cases.txt, and the nodes and types that they give.
cases=script/cases.txt
. "$top_srcdir/tests/cases.sh"
