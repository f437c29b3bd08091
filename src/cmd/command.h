/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: the same ones in batch and at the prompt of the terminal. Each is
 * one file that ends in its entry; commands.c has the list. A command writes
 * only to the sink it is given. */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "report/json.h"

struct arena;
struct filter;
struct options;
struct session;
struct sink;

/* Exit statuses; of several the highest counts. */
enum exit_status {
	EXIT_CLEAN = 0,
	EXIT_FINDINGS = 1, /* findings at or above --fail-on */
	EXIT_BAD_INPUT = 2, /* unreadable or damaged model, or wrong usage */
	EXIT_TOOL = 3      /* a failure of ours or of a helper program */
};

/* One command being run on one model. */
struct call {
	struct session *s;           /* model is there, but for help */
	const struct options *opts;
	const char *arg;             /* text after the command's name; "" */
	struct sink *out;
	struct json *json;           /* NULL: text. The result's value is to be written */
	struct arena *arena;         /* freed after the call */
	bool partial;                /* another model that prepare opened is damaged */
	void *ready;                 /* what prepare left for run, or run for conclude */
};

struct command {
	const char *name;
	const char *args;    /* usage: "[FILTER]"; "" none */
	const char *help;    /* one line */
	const char *text;    /* paragraph of the manual */
	/* Judge the argument and look things up before anything is written.
	 * false after a diagnostic: the command fails with EXIT_BAD_INPUT. NULL:
	 * takes no argument, nothing to do. */
	bool (*prepare)(struct call *);
	/* Write the result. EXIT_CLEAN or EXIT_TOOL; findings are counted by
	 * the caller. */
	enum exit_status (*run)(struct call *);
	/* NULL, or what is done in the place of run where the model is a placeholder: the reason
	 * is said by the caller. */
	enum exit_status (*skipped)(struct call *);
	/* NULL, or what the text says behind the findings of a run. */
	void (*conclude)(struct call *);
	bool no_model;       /* works without one */
	bool any_file;       /* a file that holds no model is nothing to complain of */
	bool of_two;         /* of two models of a command line it is run on the first */
};

#define COMMAND(id) extern const struct command CMD_##id;
#include "cmd/commands.def"
#undef COMMAND
/* All of them, NULL-terminated, in the order of help. */
extern const struct command *const commands[];

/* NULL when there is none. near: the most similar name, or NULL. */
const struct command *command_find(const char *name, unsigned n, const char **near);

/* Run a command line ("nodes op=Conv") on a session; writes one JSON object
 * or a text. Returns the exit status it asks for. */
enum exit_status command_run(struct session *, const struct options *, const char *line,
    struct sink *);

/* Where words beside a result go: out, but beside a drawing on stdout, which is
 * read by another program, err. err is ready for use; the caller ends it. */
struct sink *command_beside(const struct options *, struct sink *out, struct sink *err);

/* Open a second model for a command to compare with; the caller closes it. false
 * after a diagnostic. */
bool command_other(struct call *, const char *file, struct session *other);

/* Nodes and values by what a user types: #ID or a name. */
struct node **find_nodes(struct call *, uint32_t *n);
/* For prepare: the argument is a filter; ready becomes a bool for each node id, does
 * it match? */
bool find_matching(struct call *);

#endif
