/* SPDX-License-Identifier: Apache-2.0 */
/* A file that stands where a model was to be and says why there is none:
 * MODEL.placeholder. Everything that meets one says SKIP and why. */
#ifndef APP_PLACEHOLDER_H
#define APP_PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* Is path a placeholder, or missing with one beside it? Then the reason is in buf. */
bool placeholder_read(const char *path, char *buf, size_t size);
/* Write the one of a model that was not made. false with errno. */
bool placeholder_write(const char *model, const char *reason);

#endif
