/* SPDX-License-Identifier: Apache-2.0 */
/* An open model and what the screen has made of it: module trees with folds and
 * sums, rows, findings by node. A doc is filled by jobs (ui/job.h): first the
 * model is read, then it is shown, then its analyses come in. */
#ifndef UI_DOC_H
#define UI_DOC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "app/session.h"
#include "ir/device.h"
#include "layout/fold.h"
#include "layout/rows.h"

struct job;
struct ui;

enum doc_state {
	DOC_READING, /* a job has the session */
	DOC_OPEN,    /* the model can be looked at; a job analyses it */
	DOC_READY,
	DOC_FAILED   /* no model: diagnostics say why */
};

/* What lies in a module, everything below it included. */
struct sums {
	uint32_t nodes, errors, warnings, notes;
	uint64_t bytes;           /* of constants, as they are stored */
	uint64_t macs;            /* what is known of them */
	uint32_t judged, engine;  /* nodes that do work; those placed on the Neural Engine */
};

/* Columns that op, name (most of them; the longest) and type would like to have. */
struct needs { int op, name, longest, type; };

/* Of rows and what is folded into them. */
struct total { uint64_t macs, weights; uint32_t nodes, problems; };

/* What a tree takes from its graph alone. */
struct outline {
	struct scopes s;
	bool *mute;           /* by node->index: results without a lane */
	struct rows_wires wires;
};

struct tree {
	struct scopes s;
	uint8_t *folds;       /* enum fold by scope id */
	struct sums *sums;    /* by scope id */
	bool *mute;           /* by node->index: results without a lane */
	struct rows_wires wires;
	struct arena a;       /* of rows */
	struct rows rows;
	uint64_t version;     /* of the rows: another number whenever they are made */
	uint32_t cap;         /* lanes of the rows */
	struct doc *of;
	bool *filter;         /* by node->index, or NULL: all are shown */
	bool *marks;          /* room for that; NULL: not needed yet */
	const uint32_t *by_name; /* sort_names of it; NULL: not needed yet */
	const bool *all;      /* of no filter; NULL: not needed yet */
	const bool *shown;    /* a flat list of those, filtered or sorted; NULL: the graph */
	int sort;             /* enum column; COL_COUNT: graph order */
	bool stale;           /* rows must be made anew */
	bool tallied;         /* the sums hold findings */
	struct needs needs;   /* ui/geometry.h */
	struct total *totals; /* by row: of all rows before it; NULL: not known */
	uint8_t *levels;      /* by row: worst in it, 1 + enum diag_level; NULL: not known */
};

enum finding_source { FROM_LINT, FROM_SUPPORT, FROM_RUN };

/* What is wrong, why, and what helps; of a node or of the whole model. */
struct finding {
	const char *name, *message, *fix; /* fix "" when nobody knows */
	const struct node *node;          /* NULL: about no node */
	enum diag_level level;
	enum finding_source source;
	bool stops;                       /* a conversion ends here first */
};

/* When a file was written, how long it is: another file, another stamp. */
struct stamp { time_t time; long nanoseconds; off_t size; ino_t inode; };
bool doc_same_stamp(const struct stamp *, const struct stamp *);

/* What became of a conversion that was run: it says more than what is expected of one. */
struct ran {
	enum { RAN_NEVER, RAN_MADE, RAN_FAILED } end;
	struct stamp of;           /* of the file that it was */
	const char *name;          /* reason_word */
	uint32_t node;             /* id of the one it stopped at; UINT32_MAX: none is known */
	char message[400], fix[200];
};

struct doc {
	struct doc *next;
	char *path;
	enum doc_state state;
	struct session *s;         /* NULL: not read yet */
	struct holder *holder;     /* the memory of s */
	const struct outline *outline; /* of the main graph, made while it was read; or NULL */
	struct ran ran;            /* of the last conversion; see doc_ran */
	bool closing;              /* goes away when its job ends */
	bool again;                /* is read once more when its job ends */
	bool changed;              /* the file on disk is another by now */
	struct stamp stamp, read;  /* of what is shown; of what is being read */
	struct arena arena;        /* of the screen's thread */
	struct tree **trees;       /* by graph id */
	uint32_t ntrees;
	/* by the analysis; in the session's arena */
	struct finding *findings;  /* worst first, then file order */
	uint32_t nfindings, counts[LEVEL_COUNT];
	uint8_t *worst;            /* by node id: 0, or 1 + enum diag_level */
	uint32_t *first_finding;   /* by node id: index + 1, or 0 */
	const uint32_t *by_name;   /* sort_names of the main graph */
	const struct uses *uses;
	const struct support *support; /* or NULL */
	const struct costs *costs;
	const struct notes *notes; /* the Neural Engine's verdicts, or NULL */
	const char *kept_back;     /* why nodes that it could run do not run there */
	bool analysed;
	bool dated;                /* settings have changed since the job began */
	bool superseded;           /* which was stopped for that */
	struct job *job;           /* that reads or analyses, or NULL */
};

/* Start to read a model. NULL after a message. */
struct doc *doc_open(struct ui *, const char *path);
/* Read its file again. */
void doc_reload(struct ui *, struct doc *);
/* Once more with other settings, now or when the job that has it ends. */
void doc_analyse(struct ui *, struct doc *);
/* Of the last conversion of this very file; end RAN_NEVER: none was run. */
const struct ran *doc_ran(const struct doc *);
/* Has the file changed on disk since it was read? */
bool doc_changed(struct doc *);
/* Work on its model has ended: do what waited for that. false: it was closed. */
bool doc_idle(struct ui *, struct doc *);
/* Close now, or as soon as its job has ended. */
void doc_close(struct ui *, struct doc *);
/* Modules of a graph with their repetitions, in the arena; with them what its nodes read: most
 * of what a tree takes. */
void tree_scopes(struct scopes *, struct arena *, const struct model *, const struct graph *);
void tree_outline(struct outline *, struct arena *, const struct model *, const struct graph *);
/* The tree of a graph, made when first asked for; rows are fresh. May leave
 * through the screen's escape. */
struct tree *doc_tree(struct ui *, struct doc *, const struct graph *);
/* The same with rows as they were when it was looked at last. */
struct tree *doc_tree_before(struct ui *, struct doc *, const struct graph *);
/* Rows made anew where folds, filter or lanes changed. */
void tree_refresh(struct tree *, struct ui *);
/* Folds as they are at first: repeats together, and as many modules open as
 * give rows that can be read. */
void tree_fold_start(struct tree *);
/* Room for a mark on each node of the graph, used for its filter. */
bool *tree_marks(struct tree *);
/* Open whatever hides the node. */
bool tree_reveal(struct tree *, const struct node *);
/* The node's first finding at index i or behind it, or UINT32_MAX. */
uint32_t doc_finding(const struct doc *, const struct node *, uint32_t i);
/* Where a node will run, as estimated; DEVICE_UNKNOWN for what does no work. */
enum device doc_placed(const struct doc *, const struct node *);
/* What the worst finding in each row is: tree.levels. */
void doc_levels(struct doc *, struct tree *);
/* What lies in a module. */
const struct sums *doc_sums(struct doc *, struct tree *, const struct scope *);

#endif
