# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libalign.a
%C%_libalign_a_SOURCES = \
	%D%/align.c \
	%D%/align.h \
	%D%/anchor.c \
	%D%/around.c \
	%D%/bridge.c \
	%D%/change.c \
	%D%/content.c \
	%D%/flow.c \
	%D%/given.c \
	%D%/item.c \
	%D%/join.c \
	%D%/keys.c \
	%D%/kin.c \
	%D%/lower.def \
	%D%/name.c \
	%D%/params.c \
	%D%/path.c \
	%D%/state.h \
	%D%/stored.c \
	%D%/verdict.c \
	%D%/weights.c \
	%D%/wire.c
