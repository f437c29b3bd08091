# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libread.a
%C%_libread_a_SOURCES = \
	%D%/external.c \
	%D%/external.h \
	%D%/formats.h \
	%D%/onnx.c \
	%D%/onnx_node.c \
	%D%/onnx_read.h \
	%D%/onnx_tensor.c \
	%D%/onnx_type.c \
	%D%/reader.c \
	%D%/reader.h \
	%D%/text.h \
	%D%/wire.c \
	%D%/wire.h \
	%D%/wirebuf.h
