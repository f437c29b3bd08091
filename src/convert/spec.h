/* SPDX-License-Identifier: Apache-2.0 */
/* Features of a conversion, read by ir/wanted.h, in the words of Python: the driver
 * has no notation of its own. */
#ifndef CONVERT_SPEC_H
#define CONVERT_SPEC_H

struct wanted;
struct sink;

/* As the request's JSON has it. */
void spec_json(struct sink *, const struct wanted *);
/* As the call in Python that makes it. */
void spec_python(struct sink *, const struct wanted *);

#endif
