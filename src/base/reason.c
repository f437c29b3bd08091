/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stddef.h>

#include "base/reason.h"

static const struct { const char *name, *word, *says, *advice; } reasons[REASON_COUNT] = {
#define REASON(id, word, says, advice) [REASON_##id] = { #id, word, says, advice },
#include "rules/support_reason.def"
#include "base/reason.def"
#undef REASON
};

const char *
reason_word(enum reason r)
{
	return reasons[r].word;
}

const char *
reason_says(enum reason r)
{
	return reasons[r].says;
}

const char *
reason_advice(enum reason r)
{
	return reasons[r].advice;
}

int
reason_of(const char *name)
{
	for (int i = 0; i < REASON_COUNT; i++) {
		const char *p = name, *q = reasons[i].name;

		while (*p != '\0' && *q == (*p == '-' ? '_' : toupper((unsigned char)*p)))
			p++, q++;
		if (*p == '\0' && *q == '\0')
			return i;
	}
	return -1;
}
