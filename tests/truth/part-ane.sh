#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Precision and recall of the ops that do not run on the Neural Engine, by model and by
# confidence of the rule; unknown counts as not said. The direct compiles on M3 are the
# part that no rule was tuned on, but some rules cite the same author.
[ -f "$shared/facts/ane-ground-truth.tsv" ] || { echo "skipped: no published placements"; exit 0; }
sh "$top_srcdir/tests/truth/ane.sh" | awk -F '|' '
	function add(k) { n[k]++; no[k] += $3 == "no"; said[k] += $4 == "no"
		right[k] += $3 == "no" && $4 == "no"; open[k] += $4 == "unknown" }
	$4 == "skipped" { skipped++; next }
	{ add("model " $1); add("confidence " $2); add("all") 
	  if ($3 != $4) wrong = wrong "  " $1 " " $5 ": " $3 ", said " $4 "\n" }
	END { for (k in n) printf "%-38s %4d ops %3d not on ANE  precision %s recall %s  unknown %d\n",
		k, n[k], no[k], said[k] ? sprintf("%5.1f %%", 100 * right[k] / said[k]) : "      -",
		no[k] ? sprintf("%5.1f %%", 100 * right[k] / no[k]) : "      -", open[k] | "sort"
	  close("sort"); printf "without a form: %d\ndifferences:\n%s", skipped, wrong }'
