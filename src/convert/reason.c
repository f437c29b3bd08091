/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "convert/reason.h"

static const struct { const char *word, *meaning; } reasons[WHY_COUNT] = {
#define REASON(id, word, meaning) { word, meaning },
#include "convert/reason.def"
};

static const struct rule {
	const char *stage, *exception, *text;
	enum why reason;
	const char *cause, *cure;
} rules[] = {
#define RULE(stage, exception, text, reason, cause, cure) \
	{ stage, exception, text, WHY_##reason, cause, cure },
#include "convert/reason.def"
};

const char *
reason_word(enum why r)
{
	return reasons[r].word;
}

const char *
reason_meaning(enum why r)
{
	return reasons[r].meaning;
}

/* Does text have the parts of pattern, between its stars, in that order? */
static int
has(const char *text, const char *pattern)
{
	size_t n = strcspn(pattern, "*");

	for (; *text != '\0' || n == 0; text++)
		if (strncmp(text, pattern, n) == 0)
			return pattern[n] == '\0' || has(text + n, pattern + n + 1);
	return 0;
}

struct reason_found
reason_find(const char *stage, const char *exception, const char *message)
{
	struct reason_found f = { WHY_UNKNOWN, reasons[WHY_UNKNOWN].meaning, "" };

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		const struct rule *r = &rules[i];

		if (strncmp(stage, r->stage, strlen(r->stage)) == 0 &&
		    (*r->exception == '\0' || strcmp(exception, r->exception) == 0) &&
		    has(message, r->text)) {
			f.reason = r->reason;
			f.cause = *r->cause != '\0' ? r->cause : reasons[r->reason].meaning;
			f.cure = r->cure;
			break;
		}
	}
	return f;
}
