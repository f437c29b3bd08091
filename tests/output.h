/* SPDX-License-Identifier: Apache-2.0 */
/* Is what the program wrote fit for its reader, whatever the model held? */
#ifndef TESTS_OUTPUT_H
#define TESTS_OUTPUT_H

#include <stddef.h>

/* Text for a terminal: no control bytes but newlines, no C1 controls. */
int output_is_plain(const char *, size_t n);
/* Lines of JSON: each one value, strict, nested at most 1000 deep. */
int output_is_json(const char *, size_t n);

#endif
