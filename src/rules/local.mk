# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/librules.a
%C%_librules_a_SOURCES = \
	%D%/ane.c \
	%D%/ane.h \
	%D%/ane_fact.c \
	%D%/ane_place.c \
	%D%/ane_state.h \
	%D%/become.c \
	%D%/become.def \
	%D%/lint.c \
	%D%/lint.h \
	%D%/lint_coreml.c \
	%D%/lint_function.c \
	%D%/lint_graph.c \
	%D%/lint_infer.c \
	%D%/lint_mil.c \
	%D%/lint_model.c \
	%D%/lint_nn.c \
	%D%/lint_node.c \
	%D%/lint_rules.c \
	%D%/lint_scan.c \
	%D%/lint_spec.c \
	%D%/lint_state.h \
	%D%/lint_tensor.c \
	%D%/lint_type.c \
	%D%/lint_use.c \
	%D%/lint_weights.c \
	%D%/rule.h \
	%D%/rule_eval.c \
	%D%/rule_expr.c \
	%D%/rule_fact.c \
	%D%/rule_file.c \
	%D%/rule_index.c \
	%D%/rule_param.c \
	%D%/rule_state.h \
	%D%/setting.c \
	%D%/setting.h \
	%D%/support.c \
	%D%/support.h \
	%D%/support_args.c \
	%D%/support_assign.c \
	%D%/support_call.c \
	%D%/support_elem.c \
	%D%/support_export.c \
	%D%/support_index.c \
	%D%/support_layer.c \
	%D%/support_make.c \
	%D%/support_mb.c \
	%D%/support_mb_shape.c \
	%D%/support_misc.c \
	%D%/support_node.c \
	%D%/support_onnx.def \
	%D%/support_ops.def \
	%D%/support_ops.h \
	%D%/support_other.c \
	%D%/support_pad.c \
	%D%/support_passes.c \
	%D%/support_reduce.c \
	%D%/support_result.c \
	%D%/support_rules.c \
	%D%/support_run.h \
	%D%/support_script.c \
	%D%/support_script.h \
	%D%/support_state.h \
	%D%/support_value.c \
	%D%/support_view.c

# Built-in rule files are data: their bytes are arrays of C in the build tree, and the
# rows that C code knows by a constant are made of them.
nodist_%C%_librules_a_SOURCES = %D%/ane_rules.c %D%/lint_text.c %D%/lint_conditions.c \
	%D%/support_text.c
EXTRA_DIST += %D%/ane.rules %D%/lint.rules %D%/support.rules %D%/rules.awk
CLEANFILES += $(nodist_%C%_librules_a_SOURCES) %D%/lint.def %D%/support_reason.def
BUILT_SOURCES += %D%/lint.def %D%/support_reason.def
rules_bytes = { printf '\043include "rules/%s.h"\n' $${set%_*}; \
	echo "const char $${set}_rules_text[] = {"; \
	$${what:-cat} <$(srcdir)/%D%/$${set%_*}.rules | od -An -v -tu1 | sed 's/[0-9][0-9]*/&,/g'; \
	echo '0 };'; echo "const unsigned $${set}_rules_len = sizeof $${set}_rules_text - 1;"; \
	} >$@.part && mv $@.part $@
%D%/ane_rules.c: $(srcdir)/%D%/ane.rules
	@$(MKDIR_P) %D%
	$(AM_V_GEN)set=ane; $(rules_bytes)
%D%/lint_text.c: $(srcdir)/%D%/lint.rules
	@$(MKDIR_P) %D%
	$(AM_V_GEN)set=lint; $(rules_bytes)
# those of lint that are conditions: the others are known to C from lint.def
%D%/lint_conditions.c: $(srcdir)/%D%/lint.rules
	@$(MKDIR_P) %D%
	$(AM_V_GEN)set=lint_conditions; what() { $(AWK) 'BEGIN { RS = ""; ORS = "\n\n" } !/\ncheck:/'; }; \
	what=what; $(rules_bytes)
%D%/support_text.c: $(srcdir)/%D%/support.rules
	@$(MKDIR_P) %D%
	$(AM_V_GEN)set=support; $(rules_bytes)
%D%/lint.def: $(srcdir)/%D%/lint.rules $(srcdir)/%D%/rules.awk
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(AWK) -f $(srcdir)/%D%/rules.awk $(srcdir)/%D%/lint.rules >$@.part && mv $@.part $@
%D%/support_reason.def: $(srcdir)/%D%/support.rules $(srcdir)/%D%/rules.awk
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(AWK) -f $(srcdir)/%D%/rules.awk $(srcdir)/%D%/support.rules >$@.part && mv $@.part $@
