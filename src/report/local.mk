# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libreport.a
%C%_libreport_a_SOURCES = \
	%D%/dot.h
