#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Types of small models, one a line of cases.tsv, against the official inference.
cases=shapes/cases.tsv
. "$top_srcdir/tests/cases.sh"
