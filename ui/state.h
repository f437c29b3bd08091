/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the terminal interface. The loop changes it key by key; views
 * draw it. The cursor of a pane is a place in the graph, not on the screen:
 * views, folds and filters come and go around it. */
#ifndef UI_STATE_H
#define UI_STATE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/sink.h"
#include "cmd/options.h"
#include "ui/cell.h"
#include "ui/column.h"
#include "ui/doc.h"
#include "ui/page.h"
#include "ui/request.h"

struct filter;
struct converting;
struct job;
struct ui;

/* Where the cursor is: exactly one of these, or none at all. */
struct place {
	const struct node *node;
	struct scope *scope;
	const struct value *value;
};

/* One model on the screen. */
struct pane {
	struct doc *doc;
	const struct graph *graph;  /* that is shown; NULL: nothing yet */
	struct place at;
	uint32_t row;               /* of at in the tree's rows */
	uint32_t top;               /* first row on the screen */
	char *filter;               /* text, or NULL */
	bool selecting;             /* rows from anchor to at are selected */
	struct place anchor;
};

struct vframe;

/* A view: one file in ui/views that ends in its entry, one row in views.def. */
struct view {
	const char *name;           /* as it is typed at the prompt */
	unsigned mask;              /* enum view_mask */
	/* A page view fills frame->page for a width. */
	void (*build)(struct ui *, struct vframe *, unsigned width);
	/* Others keep their place in view (settle) and draw; draw changes nothing. */
	void (*settle)(struct ui *, struct vframe *, const struct area *);
	void (*draw)(const struct ui *, const struct vframe *, const struct area *);
	/* false: not its affair. key: what follows a request that awaits one. */
	bool (*request)(struct ui *, struct vframe *, enum req, uint32_t count, uint32_t key);
	void (*title)(const struct ui *, const struct vframe *, struct sink *);
	/* The mouse at a cell of the view's area; NULL: nothing comes of it. */
	void (*click)(struct ui *, const struct area *, int y, int x);
	const enum req *footer; /* the likeliest, ended by REQ_NONE */
	const char *about;      /* what keys do here that they do nowhere else; or NULL */
};

#define VIEW(id, entry) extern const struct view entry;
#include "ui/views.def"
#undef VIEW
enum view_id {
#define VIEW(id, entry) VIEW_##id,
#include "ui/views.def"
#undef VIEW
	VIEW_COUNT
};
extern const struct view *const views[VIEW_COUNT];

/* A view on the stack, with its own scroll. */
struct vframe {
	const struct view *view;
	struct arena a;         /* of the page */
	struct page page;
	bool fresh;             /* the page is made */
	unsigned width;         /* it was made for */
	uint32_t top, left, cursor, height;
	uint32_t number;        /* the view's own: hops, sort column */
	struct place subject;   /* detail, boxes */
	char *text;             /* output: owned */
	size_t ntext;
	char heading[64];
	bool wraps;             /* output: lines are broken to the width; its text ends in NUL */
	void *state;            /* the view's own, in a */
};
enum { FRAMES = 16 };

/* What verdicts depend on, in the order of the options view. */
enum verdict_set {
	SET_TARGET, SET_PRECISION, SET_CHIP, SET_OS, SET_UNITS, VERDICT_SETTINGS
};

enum prompt_kind { PROMPT_NONE, PROMPT_COMMAND, PROMPT_SEARCH, PROMPT_FILTER };
enum { PROMPT_MAX = 512, HISTORY = 100 };

struct prompt {
	enum prompt_kind kind;
	char text[PROMPT_MAX];
	size_t n, at, given;     /* given: what stood there at first, that ^U leaves */
	char *history[HISTORY];
	char before[PROMPT_MAX]; /* what was typed before the history was asked */
	uint32_t nhistory, from; /* from: lines back in the history; 0: none */
	char hint[PROMPT_MAX];   /* completions, or what is wrong */
};

/* A place to come back to. */
struct jump { struct doc *doc; const struct graph *graph; struct place at; };
enum { JUMPS = 64, MARKS = 26, UNDOS = 32 };

/* What undo takes back: folds, filter, place, columns, order. */
struct snapshot {
	struct doc *doc;
	const struct graph *graph;
	struct place at;
	char *filter;
	uint8_t *folds;
	uint32_t nfolds;
	bool columns[COL_COUNT];
	enum column sort;
};

struct ui {
	struct ctx ctx;             /* of everything that is not a session's */
	const struct options *options;
	struct grid grid;
	struct keymap keys;
	struct doc *docs;
	struct pane panes[2];
	uint32_t npanes, focus;
	bool joint;                 /* rows of both models are in one list of lines */
	bool maximised, sync, stacked; /* stacked: one above the other */
	int share;                  /* of the left side, of 100 */
	struct vframe frames[FRAMES];
	uint32_t nframes;
	struct prompt prompt;
	char search[PROMPT_MAX];
	char message[PROMPT_MAX];   /* safe text */
	enum style message_style;
	uint32_t pending[BINDING_KEYS], npending, count;
	enum req awaits;        /* wants one more key */
	struct jump jumps[JUMPS];
	uint32_t njumps, at_jump;
	struct jump marks[MARKS];
	struct snapshot undo[UNDOS];
	uint32_t nundo, at_undo;
	bool columns[COL_COUNT];    /* shown in rows */
	enum column sort;           /* of rows; COL_COUNT: graph order */
	uint32_t chosen[VERDICT_SETTINGS]; /* of the tables in verdict.c; 0: default */
	struct pairing *pair;       /* of the two panes, or NULL */
	struct converting *convert; /* or NULL: none was asked for */
	struct job *jobs;
	int wake;                   /* jobs write here; -1 */
	bool threads;
	bool quit;
	bool measured, supported;   /* those columns were shown by themselves, once */
	bool mouse, pasting;
	bool suspend, redraw;       /* for the terminal to do */
	uint64_t interrupted;       /* when ^C was pressed, if that was the last key; 0 */
	int click_y, click_x;
	const char *osc;            /* to be sent to the terminal: yanked text */
	struct sink yanked;
	struct sink recording;      /* keys so far, as key_parse reads them */
	bool replaying;             /* the key that is pressed comes from replay */
	char *replay;               /* keys of a session that are being pressed; or NULL */
	size_t nreplay, at_replay;
	bool over;                  /* the command may write over a file */
	bool sourcing;
};

/* ---- loop.c ---- */

/* A screen over no model yet; options must outlive it. false: no memory. */
bool ui_init(struct ui *, const struct options *);
void ui_fini(struct ui *);
/* Open the models of the options, or the start screen. */
void ui_start(struct ui *);
/* Take in what jobs have finished. */
void ui_collect(struct ui *);
/* One key. Cannot fail: what goes wrong is a message. */
void ui_key(struct ui *, uint32_t key);
/* Draw everything at this size into the grid. */
void ui_draw(struct ui *, int w, int h);
void ui_request(struct ui *, enum req, uint32_t count, uint32_t key);

/* A message for the line above the keys; printf text must be safe. */
void ui_say(struct ui *, enum style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "read ...ame.onnx": what and the end of a path as safe text. */
void ui_short(char *buf, size_t n, const char *what, const char *path);

/* border.c: the bar above the view, messages and keys below it. */
void border_draw(struct ui *, const struct area *all);

/* write.c: may the file be written, over: also when it is there? false after a message. */
bool ui_may_write(struct ui *, const char *path, bool over);
/* Text to a file, whole or not at all, with a message. */
void ui_write(struct ui *, const char *path, bool over, const char *text, size_t n);

/* The page of a view, made when it is not fresh. */
void ui_build_page(struct ui *, struct vframe *, unsigned width);

/* page_view.c: what all views that are pages answer; false: not their affair. */
bool page_view_request(struct ui *, struct vframe *, enum req, uint32_t count);

/* ---- stack.c ---- */

/* A view on top of the others; the same view replaces itself. */
struct vframe *ui_push(struct ui *, enum view_id);
void ui_pop(struct ui *);
struct vframe *ui_top(struct ui *);
const struct vframe *ui_shown(const struct ui *);
/* Pages must be built anew. */
void ui_stale(struct ui *);
/* Show text as a page of its own; it is taken over (malloc). */
void ui_output(struct ui *, const char *heading, char *text, size_t n);
/* The same of a copy; false: there is no text, or no memory for it. */
bool ui_output_copy(struct ui *, const char *heading, const struct sink *text);

/* ---- move.c ---- */

struct pane *ui_pane(struct ui *);
struct tree *pane_tree(struct ui *, struct pane *);
/* Cursor to row of the tree. */
void pane_to_row(struct ui *, struct pane *, uint32_t row);
/* Cursor to a node, wherever it is; folds open. jump: remember where we were. */
void pane_to_node(struct ui *, struct pane *, const struct node *, bool jump);
void pane_to_graph(struct ui *, struct pane *, const struct graph *, bool jump);
/* The place at the row, or the row of the place after rows were made anew. */
void pane_settle(struct ui *, struct pane *);
/* The node under the cursor; of a module its first, NULL when there is none. */
const struct node *pane_node(struct ui *, struct pane *);
void ui_remember(struct ui *, struct pane *);
bool move_request(struct ui *, enum req, uint32_t count, uint32_t key);
/* The place from which a search goes on, as an index of the graph's nodes. */
int64_t pane_search_from(struct ui *, struct pane *, bool back);
/* seek.c: the next node that is wanted */
bool seek_request(struct ui *, enum req);
/* What is open in one of the two models is open in the other, too. */
void folds_together(struct ui *);
/* The state of folds and filter before a change, for undo. */
void ui_snapshot(struct ui *, struct pane *);
/* undo.c: back to the one before, or forth again. */
void ui_undo(struct ui *, bool forth);

/* The row of a place, or ROW_NOWHERE. */
uint32_t row_of_place(const struct tree *, const struct place *);

/* views/start.c: asks which model to put beside the one on the screen. */
void start_beside(struct ui *);

/* ---- select.c ---- */

void select_request(struct ui *, bool module);
/* First and last of the rows that are selected; false: none are. */
bool select_rows(const struct pane *, const struct tree *, uint32_t *from, uint32_t *to);
/* Call fn for each node in them, in order. */
void select_each(const struct pane *, const struct tree *,
    void (*fn)(void *, const struct node *), void *arg);
/* The same; where nothing is selected, for those of the module or the node under the cursor. */
void select_here(const struct pane *, const struct tree *,
    void (*fn)(void *, const struct node *), void *arg);
/* "12 nodes, 3.4M MACs, ..." of what is selected. */
void select_says(const struct pane *, struct tree *, struct sink *);
/* The batch command that lists them; false: it would be too long. */
bool select_command(const struct pane *, const struct tree *, char *buf, size_t n);

/* ---- refs.c: arrows to rows that are far away ---- */

/* How many the row has; the first two of them. */
enum { REFS_SHOWN = 2 };
uint32_t refs_of(const struct tree *, uint32_t row, const struct row *from[REFS_SHOWN]);
/* The letter of the row's first one; behind z there are none. */
uint32_t refs_letter(const struct ui *, const struct pane *, const struct tree *, uint32_t row);
void refs_follow(struct ui *, uint32_t key);

/* ---- filter.c ---- */

/* NULL or "": none. What is wrong with it is a message, and nothing changes. */
void ui_set_filter(struct ui *, struct pane *, const char *text);
/* Verdicts are other ones by now: what matches is marked anew. */
void ui_filter_again(struct ui *, struct pane *);

/* ---- verdict.c: what verdicts are about ---- */

/* Arguments of the conversion that is judged: those of the options, and what was
 * chosen on the screen. */
void ui_conversion(const struct ui *, struct conversion *);
/* Where models are to run: as the options say, and what was chosen on the screen. */
void ui_setting(const struct ui *, struct setting *);
/* Setting number i: its name, which value is in force. NULL behind the last. */
const char *verdict_setting(const struct ui *, uint32_t i, uint32_t *at, const char **help);
/* Value number k that it can have; NULL behind the last. */
const char *verdict_value(uint32_t i, uint32_t k);
const char *verdict_name(uint32_t i);
/* The next value, or value number k; verdicts are made anew. */
void verdict_next(struct ui *, uint32_t i);
void verdict_choose(struct ui *, uint32_t i, uint32_t k);

/* ---- of docs ---- */

void ui_opened(struct ui *, struct doc *);
void ui_analysed(struct ui *, struct doc *);
/* Nothing may point into the doc's model any more. */
void ui_leave_doc(struct ui *, struct doc *);

#endif
