/* SPDX-License-Identifier: Apache-2.0 */
/* info: what inputs and outputs of exported programs are for, what symbols may
 * be, what types the user gave. All of these write nothing when there is none. */
#ifndef CMD_INFO_EXPORT_H
#define CMD_INFO_EXPORT_H

struct json;
struct model;
struct session;
struct sink;
struct value;

/* Members of the result. */
void info_export_json(struct json *, const struct model *);
/* Lines below inputs and outputs. */
void info_export_text(struct sink *, const struct model *);
/* Behind an output: "  mutates buffer count". */
void info_export_output(struct sink *, const struct value *);

/* Types of inputs that the user gave. */
void info_given_json(struct json *, const struct session *);
void info_given_text(struct sink *, const struct session *);

#endif
