/* SPDX-License-Identifier: Apache-2.0 */
/* What a conversion has written, before it comes into its place. */
#ifndef CONVERT_PUBLISH_H
#define CONVERT_PUBLISH_H

struct arena;

/* Why what was made is no model of Core ML that can be read, as a sentence in the arena;
 * NULL: it is one. */
const char *publish_judge(struct arena *, const char *made);
/* Move it to out. old: where what stands at out goes, NULL: nothing may stand there, not
 * even since a moment. 0 or an errno, EEXIST when something does. */
int publish_move(const char *made, const char *out, const char *old);

#endif
