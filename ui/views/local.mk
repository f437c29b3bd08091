# SPDX-License-Identifier: Apache-2.0
# One file a view; they belong to the library of the folder above.
ui_libui_a_SOURCES += \
	%D%/boxes.c \
	%D%/columns.c \
	%D%/convert.c \
	%D%/detail.c \
	%D%/help.c \
	%D%/jobs.c \
	%D%/options.c \
	%D%/output.c \
	%D%/overview.c \
	%D%/problems.c \
	%D%/rows.c \
	%D%/start.c
