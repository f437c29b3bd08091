# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/liblayout.a
%C%_liblayout_a_SOURCES = \
	%D%/fold.c \
	%D%/fold.h \
	%D%/lanes.c \
	%D%/lanes.h \
	%D%/layers.c \
	%D%/layers.h \
	%D%/repeats.c \
	%D%/rows.c \
	%D%/rows.h \
	%D%/scopes.c \
	%D%/twins.c \
	%D%/twins.h \
	%D%/wires.c
