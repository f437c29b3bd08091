/* SPDX-License-Identifier: Apache-2.0 */
/* The one fuzzing harness, for libFuzzer and AFL++: the content tells the
 * format, so one harness reaches every reader, and the files of --rules and
 * --plan. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
begins(const uint8_t *data, size_t n, const char *text)
{
	size_t len = strlen(text);

	return n >= len && memcmp(data, text, len) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct drive_result r;

	if (begins(data, n, "rule ") || begins(data, n, "set: ") || begins(data, n, "let "))
		r = drive_setting(data, n, DRIVE_RULES);
	else if (begins(data, n, "{\"infos\"") || begins(data, n, "# chip:") ||
	    begins(data, n, "output_name"))
		r = drive_setting(data, n, DRIVE_PLAN);
	else
		r = drive(data, n, 0, UINT64_C(256) << 20);
	/* what is no finding for a sanitizer and a finding all the same */
	if (!drive_is_good(&r))
		abort();
	return 0;
}
