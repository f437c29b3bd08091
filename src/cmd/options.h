/* SPDX-License-Identifier: Apache-2.0 */
/* Command line options: one table (options.def) for parsing, --help, the
 * manual and completion. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "report/finding.h"
#include "app/session.h"
#include "convert/request.h"

struct sink;

enum opt {
#define OPTION(id, letter, name, arg, help) OPT_##id,
#include "cmd/options.def"
#undef OPTION
	OPT_COUNT
};

/* The table, OPT_COUNT rows. */
struct option_row {
	char letter;     /* 0: none */
	const char *name, *arg, *help;
};
extern const struct option_row option_rows[OPT_COUNT];
/* Does it take an argument that may stand in a word of its own? */
bool option_takes_arg(enum opt);

struct options {
	bool batch, json, dot, deep, help, version;
	const char *program;     /* argv[0] */
	const char *python;      /* or NULL */
	struct convert_options convert;
	struct conversion with;  /* what --frontend and --with say beside it */
	const char *record;      /* file for the events of a conversion, or NULL */
	bool bisect, compare_cures, network, trust;
	const char *only, *skip; /* steps, or NULL */
	const char *junit;       /* or NULL */
	uint32_t timeout, memory; /* seconds, GB */
	const char *keys;        /* for the screen without a terminal, or NULL */
	int columns, lines;      /* of that screen */
	bool ascii;
	const char *color;       /* "auto", "always", "never" or NULL */
	const char *print;       /* "mdoc", "bash", "zsh" or "fish": made at build time */
	const char **commands;   /* of -e and --script, in order */
	uint32_t ncommands;
	const char **script;     /* lines of --script, owned */
	uint32_t nscript;
	const char **models;     /* of argv */
	uint32_t nmodels;
	const char *other;       /* the second model for commands of two, or NULL */
	uint32_t jobs;           /* at least 1 */
	const char *dot_out;     /* NULL: stdout */
	struct sink *complaint;  /* where wrong options are named; NULL: stderr */
	char *words;             /* of options_of_line, owned */
	bool goes_on;            /* commands are given at the screen: nothing may pile up */
	const char *render;      /* "svg", "png", "pdf" or NULL: DOT text */
	enum finding_form form;  /* of CI; FINDING_NONE: text or JSON */
	struct baseline *known;  /* of --baseline, or NULL */
	int color_by;            /* enum dot_by */
	int fold;                /* as struct dot_options */
	const char *focus;       /* what a user types for a node, or NULL */
	uint32_t radius;
	const bool *chosen;      /* by node id: selected on the screen, for extract; or NULL */
	const char *diff;        /* file to be drawn beside the model, or NULL */
	const char *map;         /* file of exact counterparts, or NULL */
	enum diag_level fail_on;
	struct session_options session;
};

/* Fill from argv; strings point into it. false after a message on stderr. */
bool options_parse(struct options *, int argc, char **argv);
void options_free(struct options *);
/* Options in a command line ("support --target iOS15 --input 'x:f32[1, 3]'") count for
 * that command alone. Has it any? */
bool options_in_line(const char *line);
/* Fill from base and from those of the line; *rest is the line without them. false after a
 * message in complaint. Either way options_line_free is due; strings of both live until then. */
bool options_of_line(struct options *, const struct options *base, const char *line,
    struct sink *complaint, const char **rest);
void options_line_free(struct options *);
/* What they say about a conversion. */
void options_conversion(const struct options *, struct conversion *);
/* The list for --help. */
void options_help(struct sink *);

#endif
