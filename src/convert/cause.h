/* SPDX-License-Identifier: Apache-2.0 */
/* Which class a failed conversion belongs to, with the cause in our words. */
#ifndef CONVERT_CAUSE_H
#define CONVERT_CAUSE_H

#include "base/reason.h"

struct cause {
	enum reason reason;
	const char *cause, *cure; /* sentences without a full stop; cure may be "" */
};

/* The class of what the driver said: stage, name of the exception, message. */
struct cause cause_find(const char *stage, const char *exception, const char *message);

#endif
