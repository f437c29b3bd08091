# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libinfer.a
%C%_libinfer_a_SOURCES = \
	%D%/aten.c \
	%D%/aten_arg.c \
	%D%/aten_control.c \
	%D%/aten_create.c \
	%D%/aten_element.c \
	%D%/aten_image.c \
	%D%/aten_index.c \
	%D%/aten_kinds.h \
	%D%/aten_layer.c \
	%D%/aten_linalg.c \
	%D%/aten_promote.c \
	%D%/aten_python.c \
	%D%/aten_rare.c \
	%D%/aten_reduce.c \
	%D%/aten_shape.c \
	%D%/calc.c \
	%D%/calc.h \
	%D%/calc_einsum.c \
	%D%/calc_val.c \
	%D%/cost.c \
	%D%/cost.h \
	%D%/cost_macs.c \
	%D%/cost_peak.c \
	%D%/cost_state.h \
	%D%/fact.c \
	%D%/infer.h \
	%D%/mil.c \
	%D%/mil_compressed.c \
	%D%/mil_control.c \
	%D%/mil_index.c \
	%D%/mil_kinds.h \
	%D%/mil_layer.c \
	%D%/mil_shape.c \
	%D%/onnx.c \
	%D%/onnx_attr.c \
	%D%/onnx_control.c \
	%D%/onnx_element.c \
	%D%/onnx_index.c \
	%D%/onnx_kinds.h \
	%D%/onnx_layer.c \
	%D%/onnx_shape.c \
	%D%/run.c \
	%D%/state.h \
	%D%/val.c
