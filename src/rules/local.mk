# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/librules.a
%C%_librules_a_SOURCES = \
	%D%/interim.c \
	%D%/lint.def \
	%D%/lint.h
