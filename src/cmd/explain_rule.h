/* SPDX-License-Identifier: Apache-2.0 */
/* What explain says of what is no node: rules, findings by their ids, operators. Text
 * goes to call->out; members of an object that is open to call->json. */
#ifndef CMD_EXPLAIN_RULE_H
#define CMD_EXPLAIN_RULE_H

#include "base/diag.h"
#include "cmd/command.h"

struct rule;
struct sink;

/* "Label         text", folded; nothing for no text. */
void say_line(struct sink *, const char *label, const char *text);
/* A member that is null for no text. */
void say_member(struct json *, const char *key, const char *value);
/* The condition on one line. */
const char *explain_condition(struct call *, const struct rule *);
void explain_rule(struct call *, const struct rule *);
void explain_finding(struct call *, enum diag_id);
/* Is it an operator of PyTorch that is known, by its own or its lookup name? */
bool explain_knows_operator(struct call *, const char *op);
void explain_operator(struct call *, const char *op);

#endif
