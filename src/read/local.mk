# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libread.a
%C%_libread_a_SOURCES = \
	%D%/reader.h \
	%D%/text.h \
	%D%/wirebuf.h
