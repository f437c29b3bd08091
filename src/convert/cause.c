/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "convert/cause.h"

static const struct rule {
	const char *stage, *exception, *text;
	enum reason reason;
	const char *cause, *cure;
} rules[] = {
#define RULE(stage, exception, text, reason, cause, cure) \
	{ stage, exception, text, REASON_##reason, cause, cure },
#include "convert/cause.def"
};

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

struct cause
cause_find(const char *stage, const char *exception, const char *message)
{
	const struct rule *r = rules, *end = r + sizeof rules / sizeof *rules;
	enum reason reason;

	while (r < end && (strncmp(stage, r->stage, strlen(r->stage)) != 0 ||
	    (*r->exception != '\0' && strcmp(exception, r->exception) != 0) ||
	    !has(message, r->text)))
		r++;
	reason = r < end ? r->reason : REASON_UNKNOWN;
	return (struct cause){ reason,
	    r < end && *r->cause != '\0' ? r->cause : reason_says(reason),
	    r < end && *r->cure != '\0' ? r->cure : reason_advice(reason) };
}
