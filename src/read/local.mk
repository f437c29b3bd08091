# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libread.a
%C%_libread_a_SOURCES = \
	%D%/external.c \
	%D%/external.h \
	%D%/flat.c \
	%D%/flat.h \
	%D%/formats.def \
	%D%/formats.h \
	%D%/lexer.c \
	%D%/lexer.h \
	%D%/onnx.c \
	%D%/onnx_node.c \
	%D%/onnx_read.h \
	%D%/onnx_tensor.c \
	%D%/onnx_text.c \
	%D%/onnx_text.h \
	%D%/onnx_text_value.c \
	%D%/onnx_type.c \
	%D%/ort.c \
	%D%/proto_json.c \
	%D%/proto_text.c \
	%D%/put.c \
	%D%/put.h \
	%D%/reader.c \
	%D%/reader.h \
	%D%/sniff.c \
	%D%/sniff.h \
	%D%/text.h \
	%D%/typed.c \
	%D%/typed.h \
	%D%/wire.c \
	%D%/wire.h \
	%D%/wirebuf.c \
	%D%/wirebuf.h
