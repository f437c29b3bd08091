/* SPDX-License-Identifier: Apache-2.0 */
/* The one fuzzing harness, for libFuzzer and AFL++: the content tells the
 * format, so one harness reaches every reader. */
#include <stdlib.h>

#include "../drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct drive_result r = drive(data, n, 0, UINT64_C(256) << 20);

	/* what is no finding for a sanitizer and a finding all the same */
	if (!drive_is_good(&r))
		abort();
	return 0;
}
