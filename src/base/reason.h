/* SPDX-License-Identifier: Apache-2.0 */
/* Why a conversion stops: the classes that support foretells (rules of its set that
 * have a check) and those that only a real one meets. One table for both. */
#ifndef BASE_REASON_H
#define BASE_REASON_H

enum reason {
#define REASON(id, word, says, advice) REASON_##id,
#include "rules/support_reason.def"
	REASON_CHECKS, /* how many support foretells */
	REASON_BEFORE = REASON_CHECKS - 1,
#include "base/reason.def"
#undef REASON
	REASON_COUNT
};

/* "not-registered"; what it means, and what helps in general: sentences without a full
 * stop, the latter "" when nothing is known. */
const char *reason_word(enum reason);
const char *reason_says(enum reason);
const char *reason_advice(enum reason);
/* The class of a name in capitals, "not-registered" being NOT_REGISTERED, or -1. */
int reason_of(const char *name);

#endif
