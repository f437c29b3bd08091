/* SPDX-License-Identifier: Apache-2.0 */
/* Words that somebody may have meant. */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

/* Of candidates given one by one: is s nearer to want than best (may be NULL)?
 * Edit distance, at most a third of the letters. */
const char *nearest(const char *want, const char *best, const char *s);

#endif
