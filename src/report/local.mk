# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libreport.a
%C%_libreport_a_SOURCES = \
	%D%/attr.c \
	%D%/interim.c \
	%D%/json.c \
	%D%/json.h \
	%D%/text.c \
	%D%/text.h \
	%D%/dot.h
