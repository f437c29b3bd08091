/* SPDX-License-Identifier: Apache-2.0 */
/* Is there what conversion needs, in versions that go together? */
#ifndef CONVERT_DOCTOR_H
#define CONVERT_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct child;
struct child_options;

enum doctor_verdict { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_WARN, DOCTOR_FAIL };
/* "OK", "NOTE", "WARN", "FAIL". */
const char *doctor_word(enum doctor_verdict);

struct doctor_tool {
	const char *name;      /* "python", "torch", ... */
	const char *use;       /* what it is for */
	const char *version;   /* "" of parts that have none; NULL: not there */
	const char *broken;    /* why it cannot be loaded, or NULL */
	bool slow;             /* it took longer than it may, and would perhaps have worked */
	const char *odd;       /* what is wrong with it although it works, or NULL */
	const char *cure;      /* command that would help; "" none */
	const char *why;       /* one clause; "" when it is OK */
	enum doctor_verdict verdict;
};

struct doctor {
	struct doctor_tool *tools;
	uint32_t ntools;
	enum doctor_verdict worst;
	/* what the process was really held to, as a conversion is */
	uint64_t memory;       /* bytes; 0: no limit */
	bool network;          /* it has one */
	const char *uncut;     /* why that could not be taken away, or NULL */
	bool asked;            /* the helper answered; else of python alone something is known */
};

/* Ask the Python of the options; the result lies in the arena. What ends or holds up
 * Python when it is loaded is left out the next time, and said. The child is closed on
 * return and stays to be looked at. */
void doctor_ask(struct doctor *, struct child *, const struct child_options *, struct arena *);
/* The tool of that name; NULL: no such. */
const struct doctor_tool *doctor_find(const struct doctor *, const char *name);
/* <0, 0, >0: versions by their leading numbers, missing ones being equal: 2.4 is
 * 2.4.1. */
int doctor_compare(const char *a, const char *b);

#endif
