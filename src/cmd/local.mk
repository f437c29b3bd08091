# SPDX-License-Identifier: Apache-2.0
bin_PROGRAMS += mlinspect
mlinspect_SOURCES = \
	%D%/main.c
mlinspect_LDADD = $(LINK_LIBS)
