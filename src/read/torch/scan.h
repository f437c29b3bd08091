/* SPDX-License-Identifier: Apache-2.0 */
/* What a file would do to the Python program that loads it: every pickle in it,
 * wherever it hides and whatever it is called, decoded as inert data, and each
 * name it asks for judged. Archives in archives are opened; nothing is run.
 * What hostile files do: facts/format-security.md sections 1 to 3. */
#ifndef READ_SCAN_H
#define READ_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct arena;
struct ctx;
struct source;

enum scan_verdict {
	SCAN_DATA,     /* known to make data and nothing else */
	SCAN_UNKNOWN,  /* somebody's class or function: what it does is not in the file */
	SCAN_RUNS_CODE /* known to run code, open files or connections, or to lead there */
};
/* "data", "unknown", "code". */
const char *scan_verdict_name(enum scan_verdict);

/* A name that pickles ask for, once. */
struct scan_global {
	const char *module, *name;
	enum scan_verdict verdict;
	bool called;        /* somewhere a pickle calls it, or makes an object of it */
	uint32_t count;
	const char *file;   /* of the first place, and where there */
	uint64_t off;
};

struct scan {
	struct scan_global *globals;
	uint32_t nglobals;
	uint32_t pickles, archives, members, native, scripts;
	uint32_t findings;  /* of scan, not those of reading archives */
	struct strtab names; /* of globals while they are collected */
};

/* By Python's names of module and attribute. */
enum scan_verdict scan_judge(const char *module, const char *name);

/* Look through the source; findings are diagnostics in ctx (scan-...). All memory
 * is the arena's; scratch may hold as much as one member. May leave through
 * ctx->escape; scan_fini then as well. */
void scan_fini(struct scan *);
void scan_source(struct ctx *, struct arena *, struct arena *scratch, const struct source *,
	struct scan *);

#endif
