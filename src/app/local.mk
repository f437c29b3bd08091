# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libapp.a
%C%_libapp_a_SOURCES = \
	%D%/compare.c \
	%D%/compare.h \
	%D%/count.c \
	%D%/count.h \
	%D%/cured.c \
	%D%/cured.h \
	%D%/filter.c \
	%D%/filter.h \
	%D%/filter_key.c \
	%D%/filter_key.h \
	%D%/inputs.c \
	%D%/inputs.h \
	%D%/map.c \
	%D%/map.h \
	%D%/measured.c \
	%D%/measured.h \
	%D%/notes.c \
	%D%/notes.h \
	%D%/place.c \
	%D%/place.h \
	%D%/rulebook.c \
	%D%/rulebook.h \
	%D%/placeholder.c \
	%D%/placeholder.h \
	%D%/scan.c \
	%D%/scan.h \
	%D%/session.c \
	%D%/session.h \
	%D%/verdicts.c \
	%D%/verdicts.h
