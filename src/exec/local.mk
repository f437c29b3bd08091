# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libexec.a
%C%_libexec_a_SOURCES = \
	%D%/array.c \
	%D%/element.c \
	%D%/exec.c \
	%D%/exec.h \
	%D%/index.c \
	%D%/kernel.h \
	%D%/norm.c \
	%D%/product.c \
	%D%/recurrent.c \
	%D%/reduce.c \
	%D%/remap.c \
	%D%/sample.c \
	%D%/scalar.c \
	%D%/scalar.h \
	%D%/shape.c \
	%D%/taps.h \
	%D%/window.c
