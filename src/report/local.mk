# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libreport.a
%C%_libreport_a_SOURCES = \
	%D%/attr.c \
	%D%/constant.c \
	%D%/contents.c \
	%D%/contents.h \
	%D%/dot_color.c \
	%D%/dot.c \
	%D%/dot.h \
	%D%/dot_draw.c \
	%D%/dot_draw.h \
	%D%/dot_edge.c \
	%D%/dot_label.c \
	%D%/dot_pairs.c \
	%D%/dot_render.c \
	%D%/finding.c \
	%D%/finding.h \
	%D%/finding_form.c \
	%D%/json.c \
	%D%/json.h \
	%D%/packing.c \
	%D%/packing.h \
	%D%/support.c \
	%D%/support.h \
	%D%/text.c \
	%D%/text.h
