/* SPDX-License-Identifier: Apache-2.0 */
/* mlinspect-rules(7): the language of rule files, facts from their tables. */
#include "app/rulebook.h"
#include "base/sink.h"
#include "cmd/print.h"
#include "rules/rule.h"

static const char head[] =
	".\\\" SPDX-License-Identifier: Apache-2.0\n"
	".\\\" Made by mlinspect --print=rules from the tables in src/rules.\n"
	".Dd November 27, 2026\n.Dt MLINSPECT-RULES 7\n.Os\n.Sh NAME\n.Nm mlinspect\\-rules\n"
	".Nd language of rule files\n.Sh DESCRIPTION\n"
	"A rule file says what shall be found in models: what the Neural Engine refuses (the\n"
	"set ane), what is wrong or odd (lint), what stops a conversion (support), what a team\n"
	"does not want (policy).\n"
	"The first three are built in as such files;\n"
	".Fl \\-rules Ns = Ns Ar FILE\n"
	"adds others, and a rule whose id is there already takes its place.\n"
	".Ql mlinspect \\-e rules\n"
	"lists them all,\n.Ql explain ID\nhas the rest of one.\n"
	".Ql mlinspect \\-e 'rules check FILE'\n"
	"reads a file and reports each error in it with line and column;\n"
	"a rule that is wrong is left out, the rest of the file stands.\n"
	".Ss Files\n"
	"Lines are\n.Ar key : text ;\n"
	"one that begins with a blank goes on with the line before, one that begins with\n"
	"# is a comment.\n"
	".Bl -tag -width Ds\n"
	".It Cm set : Ar NAME\nWho reads the file, first of all.\n"
	".It Cm alone : yes\nThe file stands in place of the built\\-in set, not beside it.\n"
	".It Cm dialect : Ar onnx | aten | mil | nn | any\n"
	"Whose names of ops and parameters the rules use.\n"
	"The set ane speaks of mil, the ops of ML Programs, and models of other kinds are\n"
	"judged by what they will become.\n"
	".It Cm let Ar NAME : Ar EXPRESSION\nA name for a set of words or an expression.\n"
	".It Cm verdict Ar ID : Ar WORD\n"
	"A rule of an earlier file of this set has another verdict, and the rest as it is:\n"
	".Ql verdict lint\\-unused\\-initializer: ignored .\n"
	".It Cm converts Ar OPERATOR : Ar TEXT\n"
	"In the set support: the operator, custom::op or aten::op, has a converter of yours\n"
	"(register_torch_op); what it gives is not followed.\n"
	".It Cm fix Ar NAME : Ar TEXT\n"
	"In the set support: advice for an operator without a converter, by its lookup name.\n"
	".It Cm rule Ar ID\nA rule begins, with these fields:\n"
	".It Cm says :\nThe reason in words, needed.\n"
	".Brq Ar EXPRESSION\nstands for a value.\n"
	".It Cm for :\nOps by name, kind:KIND, family:FAMILY, * (any op, also without this line)\n"
	"or model, separated by commas.\n"
	".It Cm when :\nThe condition; without it the rule always holds.\n"
	".It Cm check :\n"
	"Instead of the two before: the name of a check that is built in.\n"
	"It finds the place and writes the message; level and advice are those of the rule, and\n"
	"of several rules those of the last.\n"
	"Where a rule with a condition takes the place of one with a check, the check is off.\n"
	".It Cm at :\nThe path that a finding about the model is given, ir_version.\n"
	".It Cm verdict :\nA word of the set, needed.\n"
	".It Cm confidence :\ncertain (the default), documented\\-apple, measured\\-several,\n"
	"documented\\-other\\-vendor, measured\\-once, reverse\\-engineered or folklore.\n"
	".It Cm source :\nWhere that is known from; needed unless it is certain.\n"
	".It Cm advice :\nWhat to do about it.\n"
	".It Cm state :\nThe state code that Core ML gives for it, if any.\n"
	".El\n"
	".Ss Conditions\n"
	"Conditions are joined by\n.Cm and , or , not\n(or &&, ||, !) and parentheses.\n"
	"Numbers are compared with == != < <= > >= and computed with + - * / %; k, M, G, kB, MB,\n"
	"GB, KiB, MiB and GiB may follow one.\n"
	"Words are compared with == and !=;\n.Cm in\nasks for one of a set in braces.\n"
	"The functions are min, max, sum, product, len, abs, pow2 (a power of two) and has\n"
	"(is a parameter given).\n"
	".Pp\n"
	"A name is a fact, a definition or a parameter of the op: groups, strides[0], axis.\n"
	"Facts of tensors stand behind a parameter's name (weight.const, x.rank) or behind\n"
	".Cm in , out\nor\n.Cm any ,\nwhich speak of all operands, outputs or both.\n"
	"A fact that has several values holds when one of them does:\n"
	".Ql any.rank > 4\nis true as soon as one tensor has more than four axes, and\n"
	".Ql not (in.dtype != f16)\nsays that all operands are f16.\n"
	"What is absent makes every comparison false.\n"
	".Pp\n"
	"What is not known makes a condition unknown, never false, unless the rest decides it:\n"
	"a size of 1 to 8 is not above 16384, a size without limit may be.\n"
	"Parameters have the types of the op's signature, and a condition is typed when the\n"
	"file is read: a misspelt name, a word that a parameter can never be, a comparison of\n"
	"words with numbers are errors of the file.\n";

static void
item(struct sink *out, const char *name, const char *args, const char *help)
{
	sink_puts(out, ".It Cm ");
	mdoc_text(out, name);
	if (*args != '\0')
		sink_puts(out, " Ns ( Ar word , ... )");
	sink_puts(out, "\n");
	mdoc_text(out, help);
	sink_puts(out, ".\n");
}

static void
facts(struct sink *out, const struct rule_fact *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		item(out, list[i].name, list[i].args, list[i].help);
}

void
print_rules(struct sink *out)
{
	const struct rule_domain *d;
	const struct rule_fact *list;
	const char *name, *help;
	uint32_t n, ndomains;

	sink_puts(out, head);
	sink_puts(out, ".Ss Facts of tensors\n.Bl -tag -width Ds\n");
	for (uint32_t i = 0; (name = rule_tensor_fact(i, &help)) != NULL; i++)
		item(out, name, "", help);
	sink_puts(out, ".El\n.Ss Facts of the op, the model and the place\n.Bl -tag -width Ds\n");
	list = rule_facts(&n);
	facts(out, list, n);
	sink_puts(out, ".El\n");
	d = rule_domains(&ndomains);
	for (uint32_t i = 0; i < ndomains; i++) {
		sink_printf(out, ".Ss Set %s\nVerdicts:", d[i].name);
		for (uint32_t k = 0; d[i].verdicts[k] != NULL; k++)
			sink_printf(out, "%s %s", k > 0 ? "," : "", d[i].verdicts[k]);
		sink_puts(out, ".\n");
		if (d[i].check != NULL)
			sink_puts(out, "Rules may name a check.\n");
		if (d[i].nfacts == 0)
			continue;
		sink_puts(out, ".Bl -tag -width Ds\n");
		facts(out, d[i].facts, d[i].nfacts);
		sink_puts(out, ".El\n");
	}
	sink_puts(out, ".Sh EXAMPLES\nA team's policies:\n.Bd -literal -offset indent\n"
	    "set: policy\n\nrule rank\nsays: {op} has a tensor of {max(any.rank)} axes\n"
	    "when: any.rank > 4\nverdict: error\n\nrule cpu\nsays: {op} on the CPU\n"
	    "when: placed == cpu\nverdict: error\n\nrule size\nsays: {model.weights} bytes of "
	    "weights\nfor: model\nwhen: model.weights > 40 MB\nverdict: error\n\n"
	    "rule wide\nsays: a convolution with a window of {max(W.H, W.W)}\nfor: kind:CONV\n"
	    "when: W.rank == 4 and max(W.H, W.W) > 7\nverdict: warn\n.Ed\n"
	    ".Pp\n.Pa examples/ort-coreml.rules\nof the sources says which nodes of an ONNX "
	    "model\nthe Core ML provider of ONNX Runtime leaves to the CPU.\n"
	    ".Sh SEE ALSO\n.Xr mlinspect 1\n");
}
