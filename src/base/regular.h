/* SPDX-License-Identifier: Apache-2.0 */
/* Files that somebody names while the screen waits: a FIFO or a terminal would keep it
 * waiting, so that only regular ones are read or written. */
#ifndef BASE_REGULAR_H
#define BASE_REGULAR_H

#include <stddef.h>
#include <stdio.h>

/* To read; -1 with errno, EINVAL: it is no regular file. To be closed. */
int regular_open(const char *path);
/* The same as a stream; NULL with errno. */
FILE *regular_stream(const char *path);
/* Write it whole or not at all: what was there stays until the end. 0 or an errno. */
int regular_write(const char *path, const char *text, size_t n);
/* What an errno of these says. */
const char *regular_says(int error);

#endif
