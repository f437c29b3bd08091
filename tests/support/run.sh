#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Small PyTorch models, one a line of cases.tsv, and what support says of each.
cases=support/cases.tsv
. "$top_srcdir/tests/cases.sh"
