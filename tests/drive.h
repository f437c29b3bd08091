/* SPDX-License-Identifier: Apache-2.0 */
/* Runs everything the program can do over a model in memory: what the damage
 * tests and the fuzzers share. */
#ifndef TESTS_DRIVE_H
#define TESTS_DRIVE_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

struct drive_result {
	int opened;        /* a model came out, perhaps partial */
	uint32_t ndiags;   /* diagnostics of all kinds */
	uint64_t leaked;   /* bytes of arenas alive afterwards: must be 0 */
	uint64_t allocs;   /* allocations made */
	int bad_output;    /* JSON that is none, controls in text */
};

/* Is the result what it must be for any bytes? Something is said of what gives
 * no model, nothing is leaked, what was written can be read. */
bool drive_is_good(const struct drive_result *);

/* fail_at: that allocation fails; 0 = none. budget: bytes, 0 = the default. */
struct drive_result drive(const void *, size_t n, uint64_t fail_at, uint64_t budget);

/* The same of a small model whose rules, or whose measured plan, are these bytes. */
enum drive_setting { DRIVE_RULES, DRIVE_PLAN };
struct drive_result drive_setting(const void *, size_t n, enum drive_setting);

#endif
