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
	%D%/lint.def \
	%D%/lint.h \
	%D%/lint_coreml.c \
	%D%/lint_function.c \
	%D%/lint_graph.c \
	%D%/lint_infer.c \
	%D%/lint_mil.c \
	%D%/lint_model.c \
	%D%/lint_nn.c \
	%D%/lint_node.c \
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
	%D%/support_fix.def \
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
	%D%/support_reason.def \
	%D%/support_reduce.c \
	%D%/support_result.c \
	%D%/support_run.h \
	%D%/support_script.c \
	%D%/support_script.h \
	%D%/support_state.h \
	%D%/support_value.c \
	%D%/support_view.c

# Built-in rule files are data: their bytes are an array of C in the build tree.
nodist_%C%_librules_a_SOURCES = %D%/ane_rules.c
EXTRA_DIST += %D%/ane.rules
CLEANFILES += %D%/ane_rules.c
%D%/ane_rules.c: $(srcdir)/%D%/ane.rules
	@$(MKDIR_P) %D%
	$(AM_V_GEN){ echo '#include "rules/ane.h"'; echo 'const char ane_rules_text[] = {'; \
		od -An -v -tu1 $(srcdir)/%D%/ane.rules | sed 's/[0-9][0-9]*/&,/g'; \
		echo '0 };'; echo 'const unsigned ane_rules_len = sizeof ane_rules_text - 1;'; \
		} >$@.part && mv $@.part $@
