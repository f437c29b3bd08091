#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The damage tests over every second seed: two programs, for two cores.
exec "$top_builddir/tests/damage/damage" 2/2 "$top_srcdir"/tests/seeds/*
