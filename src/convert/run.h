/* SPDX-License-Identifier: Apache-2.0 */
/* One conversion from its start to one of its ends: what it does now, and when it
 * is over what became of it. The package is written beside its place and renamed
 * when it is whole: whatever happens, nothing half done stays. */
#ifndef CONVERT_RUN_H
#define CONVERT_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/beside.h"
#include "base/ctx.h"
#include "convert/child.h"
#include "convert/cause.h"
#include "convert/request.h"

struct model;
struct node;

enum run_end {
	RUN_GOING,
	RUN_CONVERTED,
	RUN_FAILED,      /* the converter refused the model or its options */
	RUN_REFUSED,     /* a format that it does not take, as it says itself */
	RUN_BROKEN,      /* the helper or something it needs; child, failure say what */
	RUN_CANCELLED
};

/* A node of the source as the converter knows it. Of TorchScript, line: "model.py:12", and
 * code: "code/__torch__/net.py:9", its place in the archive; origin: the node of the file that
 * it was taken out of; NULL: not said, the same. */
struct run_node { const char *kind, *name, *scope, *line, *code, *origin; };
/* An operation of the result and the source nodes it came from. */
struct run_map {
	const char *function, *op, *name, *scope;
	struct event_list outputs, sources, passes;
};
/* A pass that has run. gone: source nodes that have no operation any more; folded: those of
 * them that became constants. */
struct run_pass {
	const char *pipeline, *name;
	double seconds;
	int64_t ops;
	struct event_list gone, folded;
};
struct run_cure { const char *name; int64_t before, after; };
struct run_log { const char *level, *text; };
/* The log is kept to its first and last lines, each to so many bytes. */
enum { RUN_LOG_FIRST = 100, RUN_LOG_LAST = 100, RUN_LOG_TEXT = 2000 };
struct run_slot { char level[16], text[RUN_LOG_TEXT]; };

/* What place_blamed has found, of that model and name. */
struct run_placed { const struct model *m; const char *name; const struct node *node; };

struct convert_run {
	struct ctx ctx;
	struct arena arena;        /* of everything below */
	struct arena passing;      /* of the line of the log that has just come */
	struct child own, *child;  /* own: when it was not lent one */
	struct request *r;
	struct beside beside;      /* the folder beside the result; name NULL: none was made */
	const char *place;         /* of the result, behind links */
	/* now */
	enum run_end end;
	const char *stage;         /* "load", "frontend", ...: as coremltools goes */
	const char *pass, *pipeline;
	int64_t i, n;              /* node or pass i of n */
	struct run_node node;      /* being converted */
	double began, seconds;
	double loading;            /* seconds after which Python was ready */
	uint64_t memory, peak;
	uint32_t changes;          /* events so far that are not beats */
	/* what it said */
	struct run_node *nodes, *missing, *unreached; /* unreached: no output needs them */
	struct run_pass *passes;
	struct run_map *map;
	struct run_cure *cures;
	const char *undone;        /* a cure with which it failed in a way that tells nothing: what
	                            * is said is of a run without it; or NULL */
	struct run_log *logs, *refusals; /* refusals: by whom, and what was said */
	struct run_slot *slots;    /* of the last lines, in turn; NULL: there are none yet */
	uint64_t dropped;          /* lines between the first and the last of logs */
	uint32_t nnodes, nmissing, nunreached, npasses, nmap, ncures, nlogs, nrefusals;
	/* the end */
	const char *exception, *message;
	struct event_list frames;
	struct run_node blamed;    /* name NULL: no node is to blame */
	struct run_placed own_placed, *placed; /* place_blamed's own */
	struct cause found;
	int64_t specification;
	const char *kind;          /* "mlProgram", "neuralNetwork" */
	double took;               /* seconds inside of ct.convert */
};

/* Start on a process of its own, or on one that has answered before. It is to be
 * closed in any case. The request must outlive it. */
void run_start(struct convert_run *, struct request *, const struct child_options *);
void run_start_on(struct convert_run *, struct request *, struct child *);
/* What became of one that was recorded (child_options.record), from its file; nothing is
 * written. The file is closed with the run. */
void run_replay(struct convert_run *, struct request *, int fd);
/* Go on for at most ms (-1: to the end). True while it is going. */
bool run_step(struct convert_run *, int ms);
/* Free everything, take away what was written beside. */
void run_close(struct convert_run *);

/* Why nothing may be written to out: a sentence; NULL: it may. force: a package that is
 * there may be replaced; how: words for saying so. */
const char *run_taken(struct arena *, const char *out, bool force, const char *how);

#endif
