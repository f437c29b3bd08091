/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a pickle: arguments of opcodes by their form. */
#ifndef READ_PICKLE_IN_H
#define READ_PICKLE_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/source.h"

enum pickle_form {
	F_NONE, F_U1, F_U2, F_U4, F_I4, F_U8, F_DOUBLE, F_LINE, F_LINES,
	F_TEXT1, F_TEXT4, F_TEXT_I4, F_TEXT8 /* behind a length of so many bytes */
};

struct pickle_arg {
	int64_t i;
	double f;
	char *s;          /* NUL behind it; NULL: too long to keep */
	uint64_t n, at;   /* bytes of s, and where they lie */
	char *second;     /* the other line of two */
	int what;         /* for the caller: of the opcode, whatever its argument */
};

struct pickle_in {
	struct arena *a;     /* of texts */
	struct window win;
	uint64_t pos;        /* next byte */
	const char *problem; /* what made a call return false; static text */
};

/* n bytes as a number, the lowest first. */
bool pickle_in_number(struct pickle_in *, unsigned n, uint64_t *v);
bool pickle_in_arg(struct pickle_in *, enum pickle_form, struct pickle_arg *);

#endif
