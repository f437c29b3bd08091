# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/librules.a
%C%_librules_a_SOURCES = \
	%D%/lint.c \
	%D%/lint.def \
	%D%/lint.h \
	%D%/lint_coreml.c \
	%D%/lint_function.c \
	%D%/lint_graph.c \
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
	%D%/rule_param.c \
	%D%/rule_state.h \
	%D%/setting.c \
	%D%/setting.h
