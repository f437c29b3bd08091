/* SPDX-License-Identifier: Apache-2.0 */
/* Findings for machines that gate changes: forms that CI systems read, prints by
 * which a finding is known again, and baselines of those that are known. */
#ifndef REPORT_FINDING_H
#define REPORT_FINDING_H

#include <stdint.h>

#include "base/diag.h"

struct ctx;
struct sink;

/* ---- prints and baselines ---- */

/* Prints of findings that are known; sorted. */
struct baseline { uint64_t *prints; uint32_t n; };

/* Read a result of --format=json or sarif, from a file or pipe: every print in it. NULL
 * with errno when it cannot be read; EINVAL: it is no such result. The caller frees it. */
struct baseline *baseline_read(const char *path);
void baseline_free(struct baseline *);

/* Give each finding its print: of the file's name without folders, id, rule, node or
 * place, and how many alike stand before it; not of offsets, lines and numbers in
 * messages. Those of the baseline (may be NULL) are marked as known. */
void findings_print(struct diags *, const char *path, const struct baseline *);
/* Highest level of those that are not known, or -1. */
int findings_worst(const struct diags *);

/* ---- forms ---- */

enum finding_form {
	FINDING_NONE, FINDING_JUNIT, FINDING_SARIF, FINDING_MARKDOWN, FINDING_GITHUB
};
/* Form of that name, or FINDING_NONE. */
enum finding_form finding_form(const char *name);

/* A document: begin, one section for each model and command, end. Sections stand by
 * themselves, so that several processes can write them. */
void findings_begin(struct sink *, enum finding_form);
/* Findings from number from on; those at or above fail are failures. */
void findings_section(struct sink *, enum finding_form, const char *path, const char *command,
	const struct diags *, uint32_t from, enum diag_level fail);
void findings_end(struct sink *, enum finding_form);
/* Text from anywhere as text or attribute of XML. */
void finding_xml(struct sink *, const char *s);

#endif
