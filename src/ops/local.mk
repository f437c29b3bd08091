# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libops.a
%C%_libops_a_SOURCES = \
	%D%/op.h \
	%D%/sig.h
