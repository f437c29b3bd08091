/* SPDX-License-Identifier: Apache-2.0 */
/* What a conversion would meet, as JSON and for people. */
#ifndef REPORT_SUPPORT_H
#define REPORT_SUPPORT_H

struct json;
struct sink;
struct support;

void json_support(struct json *, const struct support *);
void text_support(struct sink *, const struct support *);

#endif
