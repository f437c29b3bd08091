/* SPDX-License-Identifier: Apache-2.0 */
/* info: where weights lie, and how they are compressed. */
#ifndef CMD_INFO_WEIGHTS_H
#define CMD_INFO_WEIGHTS_H

struct call;
struct json;
struct sink;
struct weights_info;

/* Counted over the model of the call, in its arena. */
const struct weights_info *info_weights(struct call *);
void info_weights_text(struct sink *, const struct weights_info *);
/* "external_data" and "compressed" of doc/JSON.md. */
void info_weights_json(struct json *, const struct weights_info *);

#endif
