# SPDX-License-Identifier: Apache-2.0
# C is generated from the .proto texts at build time, never committed. It is
# not our code, so it is compiled without our warnings.
noinst_LIBRARIES += %D%/libproto.a
nodist_%C%_libproto_a_SOURCES = \
	%D%/coreml.pb-c.c \
	%D%/coreml.pb-c.h \
	%D%/coreml_data.pb-c.c \
	%D%/coreml_data.pb-c.h \
	%D%/coreml_models.pb-c.c \
	%D%/coreml_models.pb-c.h \
	%D%/coreml_nn.pb-c.c \
	%D%/coreml_nn.pb-c.h \
	%D%/mil.pb-c.c \
	%D%/mil.pb-c.h \
	%D%/onnx.pb-c.c \
	%D%/onnx.pb-c.h
%C%_libproto_a_SOURCES =
%C%_libproto_a_CFLAGS = $(OUR_CFLAGS) -w

EXTRA_DIST += \
	%D%/coreml.proto \
	%D%/coreml_data.proto \
	%D%/coreml_models.proto \
	%D%/coreml_nn.proto \
	%D%/mil.proto \
	%D%/onnx.proto

BUILT_SOURCES += $(nodist_%C%_libproto_a_SOURCES)
CLEANFILES += $(nodist_%C%_libproto_a_SOURCES)

SUFFIXES += .proto .pb-c.c
.proto.pb-c.c:
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(PROTOC_C) --proto_path=$(srcdir) --c_out=. $<
%D%/coreml.pb-c.h: %D%/coreml.pb-c.c
%D%/coreml_data.pb-c.h: %D%/coreml_data.pb-c.c
%D%/coreml_models.pb-c.h: %D%/coreml_models.pb-c.c
%D%/coreml_nn.pb-c.h: %D%/coreml_nn.pb-c.c
%D%/mil.pb-c.h: %D%/mil.pb-c.c
%D%/onnx.pb-c.h: %D%/onnx.pb-c.c
