#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The damage tests over all seeds.
exec "$top_builddir/tests/damage/damage" "$top_srcdir"/tests/seeds/*
