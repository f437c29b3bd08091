#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# doctor in environments that are damaged, made of empty packages.
DRIVER=doctor exec sh "$top_srcdir/tests/driver/run.sh"
