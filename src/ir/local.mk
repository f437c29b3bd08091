# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libir.a
%C%_libir_a_SOURCES = \
	%D%/bind.c \
	%D%/build.c \
	%D%/build.h \
	%D%/device.c \
	%D%/device.h \
	%D%/dim.c \
	%D%/dim.h \
	%D%/frame.c \
	%D%/frame.h \
	%D%/graph.c \
	%D%/graph.h \
	%D%/held.c \
	%D%/held.h \
	%D%/spec.c \
	%D%/spec.h \
	%D%/targets.def \
	%D%/tensor.c \
	%D%/tensor.h \
	%D%/tensor_stats.c \
	%D%/type.c \
	%D%/type.h \
	%D%/type_text.c \
	%D%/verify.c \
	%D%/verify.h \
	%D%/wanted.c \
	%D%/wanted.h
