# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libops.a
%C%_libops_a_SOURCES = \
	%D%/aten.def \
	%D%/mil.def \
	%D%/nn.def \
	%D%/onnx.def \
	%D%/op.c \
	%D%/op.h \
	%D%/ops.c \
	%D%/packing.c \
	%D%/packing.h \
	%D%/sem.def \
	%D%/sig.c \
	%D%/sig.h \
	%D%/unpack.c \
	%D%/unpack.h
