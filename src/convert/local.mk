# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libconvert.a
%C%_libconvert_a_SOURCES = \
	%D%/child.c \
	%D%/child.h \
	%D%/doctor.c \
	%D%/doctor.def \
	%D%/doctor.h \
	%D%/event.c \
	%D%/event.def \
	%D%/event.h
