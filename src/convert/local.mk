# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += %D%/libconvert.a
%C%_libconvert_a_SOURCES = \
	%D%/cause.c \
	%D%/cause.def \
	%D%/cause.h \
	%D%/child.c \
	%D%/child.h \
	%D%/doctor.c \
	%D%/doctor.def \
	%D%/doctor.h \
	%D%/event.c \
	%D%/event.def \
	%D%/event.h \
	%D%/exact.c \
	%D%/exact.h \
	%D%/fate.c \
	%D%/fate.h \
	%D%/inplace.c \
	%D%/inplace.h \
	%D%/objections.c \
	%D%/offer.c \
	%D%/offer.h \
	%D%/parity.c \
	%D%/parity.h \
	%D%/pass.c \
	%D%/pass.def \
	%D%/pass.h \
	%D%/place.c \
	%D%/place.h \
	%D%/prefill.c \
	%D%/prefill.h \
	%D%/publish.c \
	%D%/publish.h \
	%D%/request.c \
	%D%/request.h \
	%D%/run.c \
	%D%/run.h \
	%D%/sanitize.c \
	%D%/sanitize.def \
	%D%/sanitize.h \
	%D%/sanitize_find.c \
	%D%/sanitize_write.c \
	%D%/spec.c \
	%D%/spec.h \
	%D%/toy.c \
	%D%/toy.h
