/* SPDX-License-Identifier: Apache-2.0 */
/* Where a model is to run: chip, system, compute units. What is not said is a
 * range of what it may be. Chips by the generation of their Neural Engine, H13
 * for M1 and A14; for most others sources differ, so theirs is a range as well. */
#ifndef RULES_SETTING_H
#define RULES_SETTING_H

#include <stdbool.h>
#include <stdint.h>

enum units { UNITS_CPU_AND_NE, UNITS_ALL, UNITS_CPU_AND_GPU, UNITS_CPU_ONLY, UNITS_COUNT };

struct setting {
	const char *chip;      /* "M1", "A17"; NULL: any */
	const char *os;        /* as given: "macOS 14"; NULL: any */
	const char *platform;  /* "ios", "macos"; NULL: not known */
	int h_lo, h_hi;        /* generation of the Neural Engine */
	int ios_lo, ios_hi;    /* the iOS version, or of the macOS of the same year */
	enum units units;
	bool units_given;      /* not the default */
	const char *precision; /* "f16" or "f32": of what a source model becomes */
	int target;            /* iOS version that one is converted for; 0: the default */
};

/* Nothing said: CPU and Neural Engine, float16. */
void setting_init(struct setting *);
/* "M1", "M4 Max", "A17 Pro": false when there is no such chip. */
bool setting_chip(struct setting *, const char *);
/* "macOS14", "iOS 17.4": false when it is none. */
bool setting_os(struct setting *, const char *);
/* "CPU_AND_NE", "ALL", "CPU_AND_GPU", "CPU_ONLY", in any case. */
bool setting_units(struct setting *, const char *);
const char *units_name(enum units);
/* Chip number i, NULL past the last: for help and completion. */
const char *setting_chip_name(uint32_t i);

#endif
