# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/librules.a
%C%_librules_a_SOURCES = \
	%D%/ane/ane.c \
	%D%/ane/ane.h \
	%D%/ane/ane_fact.c \
	%D%/ane/ane_place.c \
	%D%/ane/ane_state.h \
	%D%/ane/become.c \
	%D%/ane/become.def \
	%D%/lint/lint.c \
	%D%/lint/lint.h \
	%D%/lint/lint_coreml.c \
	%D%/lint/lint_function.c \
	%D%/lint/lint_graph.c \
	%D%/lint/lint_infer.c \
	%D%/lint/lint_mil.c \
	%D%/lint/lint_model.c \
	%D%/lint/lint_nn.c \
	%D%/lint/lint_needs.c \
	%D%/lint/lint_node.c \
	%D%/lint/lint_rules.c \
	%D%/lint/lint_scan.c \
	%D%/lint/lint_spec.c \
	%D%/lint/lint_state.h \
	%D%/lint/lint_tensor.c \
	%D%/lint/lint_type.c \
	%D%/lint/lint_use.c \
	%D%/lint/lint_weights.c \
	%D%/lint/needs.def \
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
	%D%/support/support.c \
	%D%/support/support.h \
	%D%/support/support_args.c \
	%D%/support/support_assign.c \
	%D%/support/support_blocker.c \
	%D%/support/support_call.c \
	%D%/support/support_decompose.c \
	%D%/support/support_elem.c \
	%D%/support/support_export.c \
	%D%/support/support_export.h \
	%D%/support/support_export_load.c \
	%D%/support/support_index.c \
	%D%/support/support_layer.c \
	%D%/support/support_load.c \
	%D%/support/support_lost.c \
	%D%/support/support_make.c \
	%D%/support/support_mb.c \
	%D%/support/support_mb_shape.c \
	%D%/support/support_misc.c \
	%D%/support/support_node.c \
	%D%/support/support_onnx.def \
	%D%/support/support_ops.def \
	%D%/support/support_ops.h \
	%D%/support/support_other.c \
	%D%/support/support_pad.c \
	%D%/support/support_passes.c \
	%D%/support/support_reduce.c \
	%D%/support/support_result.c \
	%D%/support/support_rules.c \
	%D%/support/support_run.h \
	%D%/support/support_script.c \
	%D%/support/support_script.h \
	%D%/support/support_state.h \
	%D%/support/support_transpose.c \
	%D%/support/support_unread.c \
	%D%/support/support_value.c \
	%D%/support/support_view.c \
	%D%/support/support_weights.c

# Built-in rule files are data: their bytes are arrays of C in the build tree, and the
# rows that C code knows by a constant are made of them.
nodist_%C%_librules_a_SOURCES = %D%/ane_rules.c %D%/lint_text.c %D%/lint_conditions.c \
	%D%/support_text.c
EXTRA_DIST += %D%/ane/ane.rules %D%/lint/lint.rules %D%/support/support.rules %D%/rules.awk
CLEANFILES += $(nodist_%C%_librules_a_SOURCES) %D%/lint.def %D%/support_reason.def
BUILT_SOURCES += %D%/lint.def %D%/support_reason.def
rules_bytes = { printf '\043include "rules/%s/%s.h"\n' $${set%_*} $${set%_*}; \
	echo "const char $${set}_rules_text[] = {"; \
	$${what:-cat} <$(srcdir)/%D%/$${set%_*}/$${set%_*}.rules | od -An -v -tu1 | sed 's/[0-9][0-9]*/&,/g'; \
	echo '0 };'; echo "const unsigned $${set}_rules_len = sizeof $${set}_rules_text - 1;"; \
	} >$@.part && mv $@.part $@
%D%/ane_rules.c: $(srcdir)/%D%/ane/ane.rules
	@$(MKDIR_P) %D%
	$(AM_V_GEN)set=ane; $(rules_bytes)
%D%/lint_text.c: $(srcdir)/%D%/lint/lint.rules
	@$(MKDIR_P) %D%
	$(AM_V_GEN)set=lint; $(rules_bytes)
# those of lint that are conditions: the others are known to C from lint.def
%D%/lint_conditions.c: $(srcdir)/%D%/lint/lint.rules
	@$(MKDIR_P) %D%
	$(AM_V_GEN)set=lint_conditions; what() { $(AWK) 'BEGIN { RS = ""; ORS = "\n\n" } !/\ncheck:/'; }; \
	what=what; $(rules_bytes)
%D%/support_text.c: $(srcdir)/%D%/support/support.rules
	@$(MKDIR_P) %D%
	$(AM_V_GEN)set=support; $(rules_bytes)
%D%/lint.def: $(srcdir)/%D%/lint/lint.rules $(srcdir)/%D%/rules.awk
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(AWK) -f $(srcdir)/%D%/rules.awk $(srcdir)/%D%/lint/lint.rules >$@.part && mv $@.part $@
%D%/support_reason.def: $(srcdir)/%D%/support/support.rules $(srcdir)/%D%/rules.awk
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(AWK) -f $(srcdir)/%D%/rules.awk $(srcdir)/%D%/support/support.rules >$@.part && mv $@.part $@
