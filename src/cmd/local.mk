# SPDX-License-Identifier: Apache-2.0
# All but main, for tests as well.
noinst_LIBRARIES += %D%/libcmd.a
%C%_libcmd_a_CPPFLAGS = $(AM_CPPFLAGS) -DPKGDATADIR='"$(pkgdatadir)"'
%C%_libcmd_a_SOURCES = \
	%D%/ane.c \
	%D%/ane_plan.c \
	%D%/ane_plan.h \
	%D%/batch.c \
	%D%/batch.h \
	%D%/cleanup.c \
	%D%/cleanup.h \
	%D%/command.h \
	%D%/commands.c \
	%D%/commands.def \
	%D%/convert.c \
	%D%/convert_bisect.c \
	%D%/convert_bisect.h \
	%D%/convert_compare.c \
	%D%/convert_compare.h \
	%D%/convert_fate.c \
	%D%/convert_fate.h \
	%D%/convert_next.c \
	%D%/convert_next.h \
	%D%/convert_record.c \
	%D%/convert_record.h \
	%D%/convert_report.c \
	%D%/convert_report.h \
	%D%/cost.c \
	%D%/diff.c \
	%D%/doctor.c \
	%D%/dot.c \
	%D%/explain.c \
	%D%/explain_rule.c \
	%D%/explain_rule.h \
	%D%/extract.c \
	%D%/find.c \
	%D%/help.c \
	%D%/help.h \
	%D%/helper.c \
	%D%/helper.h \
	%D%/info.c \
	%D%/info_export.c \
	%D%/info_export.h \
	%D%/info_ops.c \
	%D%/info_ops.h \
	%D%/info_weights.c \
	%D%/info_weights.h \
	%D%/lint.c \
	%D%/node.c \
	%D%/nodes.c \
	%D%/ops.c \
	%D%/options.c \
	%D%/options.def \
	%D%/options.h \
	%D%/pipe.c \
	%D%/pipe.h \
	%D%/pipe_files.c \
	%D%/pipe_steps.c \
	%D%/print.c \
	%D%/print.h \
	%D%/print_rules.c \
	%D%/rules.c \
	%D%/sanitize.c \
	%D%/sanitize.h \
	%D%/scan.c \
	%D%/shapes.c \
	%D%/smoke.c \
	%D%/support.c \
	%D%/tensors.c
bin_PROGRAMS += mlinspect
mlinspect_SOURCES = %D%/main.c
mlinspect_LDADD = ui/libui.a %D%/libcmd.a $(LINK_LIBS) $(CURSES_LIBS)
