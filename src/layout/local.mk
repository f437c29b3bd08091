# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/liblayout.a
%C%_liblayout_a_SOURCES = \
	%D%/fold.h
