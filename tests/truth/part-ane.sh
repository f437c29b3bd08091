#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Precision and recall of the ops that do not run on the Neural Engine, by model and by
# confidence of the rule; unknown counts as not said. The direct compiles on M3 are the
# part that no rule was tuned on, but some rules cite the same author.
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

# Each model with the rules off that it alone is the evidence of, then all that cite it.
MLI=$(cd "$top_builddir" && pwd)/mlinspect
ane_rules=$(cd "$top_builddir" && pwd)/tests/held-out.rules
export ane_rules
held_out() { # MODEL REPOSITORY alone|cites
	"$MLI" --format=json -e 'rules ane' | tr '{' '\n' | awk -v repo="$2" -v how="$3" '
		function field(name) {
			if (!match($0, "\"" name "\":\"[^\"]*\""))
				return ""
			return substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5)
		}
		BEGIN { print "set: ane" }
		{ n = split(field("source"), part, /; */); cited = 0
		  for (i = 1; i <= n; i++) cited += index(part[i], repo) > 0
		  if (field("verdict") != "" && cited > 0 && (how == "cites" || cited == n))
			print "verdict " field("id") ": ignored" }' >"$ane_rules"
	sh "$top_srcdir/tests/truth/ane.sh" | awk -F '|' -v model="$1" -v how="$3" \
		-v off="$(grep -c ^verdict "$ane_rules")" '
		$1 == model && $4 != "skipped" { no += $3 == "no"; said += $4 == "no"
			right += $3 == "no" && $4 == "no"; open += $4 == "unknown" }
		END { printf "%-38s %4d rules off  precision %s recall %s  unknown %d\n", model " (" how ")",
			off, said ? sprintf("%5.1f %%", 100 * right / said) : "      -",
			no ? sprintf("%5.1f %%", 100 * right / no) : "      -", open }'
	rm -f "$ane_rules"
}
echo "held out, with the rules off whose only evidence the model is (alone), or that cite it:"
for how in alone cites; do
	held_out MobilenetEdgeTPU-M1 freedomtan/coreml_modelc_profling $how
	held_out probe-M4 4rg0naut/silicon-ledger-public $how
	held_out direct-M3 jafreck/ironmill $how
done
