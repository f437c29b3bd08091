/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the front end of exported programs. */
#ifndef RULES_SUPPORT_EXPORT_H
#define RULES_SUPPORT_EXPORT_H

#include "rules/support/support_run.h"

/* support_decompose.c: what run_decompositions({}) changes. The operator that stands for
 * that of the node then. */
const char *decompose_name(struct run *, const struct node *, const char *op);
/* Does it become one whose result is as the program declares it, or its operand? */
bool decompose_view(const struct node *);
bool decompose_same(const struct node *);
/* The result as the program declares it. */
struct mv *decompose_result(struct run *, const struct node *, const struct value *);
/* Arguments of the one that stands for it. */
void decompose_arguments(struct run *, const struct node *);
/* Behind the call: what was written has its result from now on. */
void decompose_written(struct run *, const struct node *);
/* Is the input, a buffer, written to? User inputs that are written to are reported. */
bool decompose_mutates(struct run *, const struct role *);
void decompose_interface(struct run *);
/* Operators that hold a graph and say how torch runs it: it stands in their place. */
bool decompose_inlines(const struct node *);
/* support_export.c: the operator as the converter meets it; torch's number of a dtype. */
const char *export_operator(struct run *, const struct node *);
int64_t export_number(const char *name);
/* support_export_load.c: can it be decomposed; are there converters for all operators? */
void export_check_decompose(struct run *);
void export_check_nodes(struct run *);
/* support_export.c: an input, or a parameter, that is written to. */
void support_refuse_written(struct run *, bool parameter, const char *name);
/* Nodes whose results nobody reads go: find them once, then ask. */
void decompose_live(struct run *);
bool decompose_drops(const struct run *, const struct node *);

#endif
