/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "convert/pass.h"

const struct convert_pass convert_passes[] = {
#define PASS(group, name, what) { group, name, what },
#include "convert/pass.def"
	{ NULL, NULL, NULL }
};

const struct convert_pass *
pass_find(const char *word, size_t n)
{
	for (const struct convert_pass *p = convert_passes; p->name != NULL; p++) {
		size_t group = strlen(p->group);
		bool full = n > group + 2 && strncmp(word, p->group, group) == 0 &&
		    strncmp(word + group, "::", 2) == 0;
		size_t skip = full ? group + 2 : 0;

		if (strlen(p->name) == n - skip && strncmp(word + skip, p->name, n - skip) == 0)
			return p;
	}
	return NULL;
}

/* How many bytes of the words of a name, with _ between, are words of the other, so
 * that conv counts for more than to. */
static size_t
shared(const char *name, const char *word, size_t n)
{
	size_t k, m, sum = 0;

	for (size_t i = 0; i < n; i += k + 1) {
		k = strcspn(word + i, "_,:");
		k = k > n - i ? n - i : k;
		for (const char *p = name; k > 1 && *p != '\0'; p += m + (p[m] == '_')) {
			m = strcspn(p, "_");
			if (m == k && strncmp(p, word + i, k) == 0)
				sum += k;
		}
	}
	return sum;
}

const char *
pass_near(struct arena *a, const char *word, size_t n)
{
	enum { MOST = 5 };
	size_t best = 0;
	const char *list = "";
	uint32_t many = 0;

	for (const struct convert_pass *p = convert_passes; p->name != NULL; p++)
		if (shared(p->name, word, n) > best)
			best = shared(p->name, word, n);
	for (const struct convert_pass *p = convert_passes; p->name != NULL; p++)
		if (best > 0 && shared(p->name, word, n) == best && many++ < MOST)
			list = arena_printf(a, "%s%s%s", list, many > 1 ? ", " : "", p->name);
	return many > 0 ? arena_printf(a, "%s %s near; 'convert passes' lists all", list,
	    many > 1 ? "are" : "is") : "'convert passes' lists all";
}
