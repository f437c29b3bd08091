# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libbase.a
%C%_libbase_a_SOURCES = \
	%D%/arena.c \
	%D%/arena.h \
	%D%/beside.c \
	%D%/beside.h \
	%D%/ctx.c \
	%D%/ctx.h \
	%D%/diag.c \
	%D%/diag.def \
	%D%/diag.h \
	%D%/dtype.c \
	%D%/dtype.def \
	%D%/dtype.h \
	%D%/hash.c \
	%D%/hash.h \
	%D%/near.c \
	%D%/near.h \
	%D%/reason.c \
	%D%/reason.def \
	%D%/reason.h \
	%D%/regular.c \
	%D%/regular.h \
	%D%/sink.c \
	%D%/sink.h \
	%D%/sink_text.c \
	%D%/slurp.c \
	%D%/slurp.h \
	%D%/source.c \
	%D%/source.h \
	%D%/str.c \
	%D%/str.h \
	%D%/strmap.c \
	%D%/strmap.h \
	%D%/utf8.c \
	%D%/utf8.h
