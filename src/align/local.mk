# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libalign.a
%C%_libalign_a_SOURCES = \
	%D%/align.c \
	%D%/align.h \
	%D%/anchor.c \
	%D%/around.c \
	%D%/bridge.c \
	%D%/change.c \
	%D%/clear.c \
	%D%/content.c \
	%D%/default.c \
	%D%/detail.c \
	%D%/flow.c \
	%D%/function.c \
	%D%/geometry.c \
	%D%/given.c \
	%D%/item.c \
	%D%/join.c \
	%D%/keys.c \
	%D%/kin.c \
	%D%/lossy.c \
	%D%/lossy.h \
	%D%/lower.def \
	%D%/name.c \
	%D%/near.c \
	%D%/norm.c \
	%D%/number.c \
	%D%/origin.c \
	%D%/origin.h \
	%D%/outputs.c \
	%D%/params.c \
	%D%/parts.c \
	%D%/path.c \
	%D%/probe.c \
	%D%/probe.h \
	%D%/recurrent.c \
	%D%/setting.c \
	%D%/setting.h \
	%D%/settled.c \
	%D%/state.h \
	%D%/stored.c \
	%D%/trail.c \
	%D%/triangle.c \
	%D%/twin.c \
	%D%/verdict.c \
	%D%/weights.c \
	%D%/wire.c
