/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of Core ML as one table, oldest first. */
#include <string.h>

#include "ir/spec.h"

static const struct spec specs[] = {
	{ 1, "1", NULL, 11, "iOS 11, macOS 10.13" },
	{ 2, "1.2", NULL, 11, "iOS 11.2, macOS 10.13.2" },
	{ 3, "2", NULL, 12, "iOS 12, macOS 10.14" },
	{ 4, "3", "CoreML3", 13, "iOS 13, macOS 10.15, watchOS 6, tvOS 13" },
	{ 5, "4", "CoreML4", 14, "iOS 14, macOS 11, watchOS 7, tvOS 14" },
	{ 6, "5", "CoreML5", 15, "iOS 15, macOS 12, watchOS 8, tvOS 15" },
	{ 7, "6", "CoreML6", 16, "iOS 16, macOS 13, watchOS 9, tvOS 16" },
	{ 8, "7", "CoreML7", 17, "iOS 17, macOS 14, watchOS 10, tvOS 17" },
	{ 9, "8", "CoreML8", 18, "iOS 18, macOS 15, watchOS 11, tvOS 18" },
	{ 10, "9", "CoreML9", 26, "iOS 26, macOS 26, watchOS 26, tvOS 26, visionOS 26" },
};
enum { NSPECS = sizeof specs / sizeof *specs };

const struct spec *
spec_find(int64_t version)
{
	for (int i = 0; i < NSPECS; i++)
		if (specs[i].version == version)
			return &specs[i];
	return NULL;
}

int64_t
spec_opset(const char *name)
{
	int64_t v = 0;
	int i;

	for (i = 0; i < NSPECS; i++)
		if (specs[i].opset != NULL && strcmp(specs[i].opset, name) == 0)
			return specs[i].since;
	if (strncmp(name, "ios", 3) != 0)
		return 0;
	for (i = 3; name[i] >= '0' && name[i] <= '9' && v < 1000; i++)
		v = v * 10 + (name[i] - '0');
	return name[i] == '\0' ? v : 0;
}
