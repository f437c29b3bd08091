# SPDX-License-Identifier: Apache-2.0
bin_PROGRAMS += mlinspect
mlinspect_SOURCES = \
	%D%/batch.c \
	%D%/batch.h \
	%D%/command.h \
	%D%/commands.c \
	%D%/dot.c \
	%D%/find.c \
	%D%/help.c \
	%D%/help.h \
	%D%/info.c \
	%D%/lint.c \
	%D%/main.c \
	%D%/node.c \
	%D%/nodes.c \
	%D%/ops.c \
	%D%/options.c \
	%D%/options.def \
	%D%/options.h \
	%D%/print.c \
	%D%/print.h \
	%D%/tensors.c
mlinspect_LDADD = $(LINK_LIBS)
