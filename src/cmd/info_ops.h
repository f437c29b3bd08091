/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_INFO_OPS_H
#define CMD_INFO_OPS_H

struct op_counts;
struct sink;

/* "16 MatMul, 4 Add, ..." over a few lines; nothing when there is none. */
void info_ops_text(struct sink *, const struct op_counts *);

#endif
