/* SPDX-License-Identifier: Apache-2.0 */
/* info, of exported programs: what inputs and outputs are for, and what
 * symbols may be. All of these write nothing for a model without. */
#ifndef CMD_INFO_EXPORT_H
#define CMD_INFO_EXPORT_H

struct json;
struct model;
struct sink;
struct value;

/* Members of the result. */
void info_export_json(struct json *, const struct model *);
/* Lines below inputs and outputs. */
void info_export_text(struct sink *, const struct model *);
/* Behind an output: "  mutates buffer count". */
void info_export_output(struct sink *, const struct value *);

#endif
