/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and the keys that make them. */
#ifndef UI_REQUEST_H
#define UI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a request applies, and what kind of view a view is. */
enum view_mask {
	V_ROWS = 1,   /* the rows of a graph */
	V_TREE = 2,   /* overview */
	V_BOXES = 4,
	V_DETAIL = 8, /* one node */
	V_LIST = 16,  /* problems and other tables */
	V_TEXT = 32,  /* help, output */
	V_START = 64,
	V_MODEL = V_ROWS | V_TREE | V_BOXES | V_DETAIL,
	V_ALL = 127
};

enum req {
#define REQUEST(id, name, group, views, keys, help) REQ_##id,
#include "ui/request.def"
#undef REQUEST
	REQ_COUNT,
	REQ_NONE = REQ_COUNT
};

struct request_row { const char *name, *group; unsigned views; const char *keys, *help; };
extern const struct request_row request_rows[REQ_COUNT];

/* A sequence of keys for a request in some views. */
enum { BINDING_KEYS = 4 };
struct binding_row {
	uint32_t keys[BINDING_KEYS]; /* 0 behind the last */
	unsigned views;
	enum req request;
};
struct keymap { struct binding_row *list; uint32_t n, cap; };

/* The table's own keys. false: no memory. */
bool keymap_init(struct keymap *);
void keymap_free(struct keymap *);
/* What n keys mean in a view: a request; *more when longer sequences start so. */
enum req keymap_find(const struct keymap *, unsigned view, const uint32_t *keys, uint32_t n,
    bool *more);
/* Bind a sequence anew; REQ_NONE takes it away. false: no such keys or memory. */
bool keymap_bind(struct keymap *, const char *keys, unsigned views, enum req);
/* Does the request await one more key? */
bool request_wants_key(enum req);
/* By name (without @), or REQ_NONE. */
enum req request_find(const char *name, size_t n);
/* The keys of a request in a view as text with blanks between. */
void keymap_text(const struct keymap *, enum req, unsigned view, char *buf, size_t n);

#endif
