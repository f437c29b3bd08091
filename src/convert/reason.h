/* SPDX-License-Identifier: Apache-2.0 */
/* Which class a failed conversion belongs to, with the cause in our words. */
#ifndef CONVERT_REASON_H
#define CONVERT_REASON_H

enum why {
#define REASON(id, word, meaning) WHY_##id,
#include "convert/reason.def"
	WHY_COUNT
};

struct reason_found {
	enum why reason;
	const char *cause, *cure; /* sentences without a full stop; cure may be "" */
};

/* "not-registered", ...; and what it means. */
const char *reason_word(enum why);
const char *reason_meaning(enum why);
/* The class of what the driver said: stage, name of the exception, message. */
struct reason_found reason_find(const char *stage, const char *exception, const char *message);

#endif
