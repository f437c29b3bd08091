# SPDX-License-Identifier: Apache-2.0
# The terminal interface; term.c alone knows curses.
noinst_LIBRARIES += %D%/libui.a
%C%_libui_a_SOURCES = \
	%D%/border.c \
	%D%/cell.c \
	%D%/cell.h \
	%D%/column.c \
	%D%/column.def \
	%D%/column.h \
	%D%/command.c \
	%D%/complete.c \
	%D%/config.c \
	%D%/config.h \
	%D%/convert.c \
	%D%/convert.h \
	%D%/doc.c \
	%D%/doc.h \
	%D%/dump.c \
	%D%/dump.h \
	%D%/engine.c \
	%D%/engine.h \
	%D%/form.c \
	%D%/form.h \
	%D%/form_keep.c \
	%D%/geometry.c \
	%D%/geometry.h \
	%D%/glyph.def \
	%D%/filter.c \
	%D%/job.c \
	%D%/job.h \
	%D%/kept.c \
	%D%/kept.h \
	%D%/kept_place.c \
	%D%/key.c \
	%D%/key.h \
	%D%/loop.c \
	%D%/move.c \
	%D%/page.c \
	%D%/page.h \
	%D%/page_view.c \
	%D%/pair.c \
	%D%/pair.h \
	%D%/prompt.c \
	%D%/prompt.h \
	%D%/python.c \
	%D%/python.h \
	%D%/refs.c \
	%D%/request.c \
	%D%/request.def \
	%D%/request.h \
	%D%/script.c \
	%D%/script.h \
	%D%/seek.c \
	%D%/select.c \
	%D%/settings.c \
	%D%/settings.h \
	%D%/sort.c \
	%D%/sort.h \
	%D%/stack.c \
	%D%/state.h \
	%D%/style.def \
	%D%/supported.c \
	%D%/supported.h \
	%D%/tree.c \
	%D%/ui.h \
	%D%/undo.c \
	%D%/verdict.c \
	%D%/views.def \
	%D%/write.c \
	%D%/yank.c \
	%D%/yank.h
if CURSES
%C%_libui_a_SOURCES += %D%/term.c
else
%C%_libui_a_SOURCES += %D%/term_none.c
endif
EXTRA_DIST += %D%/term.c %D%/term_none.c
%C%_libui_a_CFLAGS = $(CURSES_CFLAGS) $(AM_CFLAGS)
