/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a conversion as rows that are edited on the screen: what the model says
 * by itself, over that what was kept from the last run on it, over that what the
 * command line says. */
#ifndef UI_FORM_H
#define UI_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "convert/request.h"

struct offer;
struct session;

struct form_row {
	const char *name;          /* "target"; of inputs "input:NAME" */
	const char *option;        /* that it is, as objections name it: "--target" */
	const char *help;
	const char *const *values; /* to choose from, ended by NULL; NULL: it is a text */
	uint32_t chosen;           /* of values */
	uint32_t input;            /* which input it is; UINT32_MAX: none */
	const char *text;          /* written by somebody, or NULL */
	const char *own;           /* what the model says; "" nothing */
	const struct cure *cure;   /* that it switches, or NULL */
};

struct form {
	struct ctx ctx;
	struct arena arena;        /* of everything below */
	const char *path;          /* of the model; NULL: the form is empty */
	const char *states;        /* buffers that the model writes to, as --states */
	enum convert_format format;
	struct form_row *rows;
	uint32_t n;
};

/* Fill for the session's model; options that are given stand over what was kept.
 * keep: read what was kept. Frees what was there. */
void form_make(struct form *, const struct session *, const struct convert_options *, bool keep);
void form_free(struct form *);
/* What the row holds now: the chosen value, or the text, or what the model says. */
const char *form_text(const struct form *, uint32_t row);
/* Is the text somebody's, not the model's own? */
bool form_written(const struct form *, uint32_t row);
/* The row with this name, of inputs also without "input:", or UINT32_MAX. */
uint32_t form_find(const struct form *, const char *name, size_t n);
/* Set a row; "" takes a text back. False: a choice does not have this value. */
bool form_set(struct form *, uint32_t row, const char *value);
void form_next(struct form *, uint32_t row);
void form_previous(struct form *, uint32_t row);
/* Do what an offer says. */
void form_take(struct form *, const struct offer *);
/* The form as options, in the arena; --trust is apart from them. */
void form_options(const struct form *, struct arena *, struct convert_options *);
bool form_trust(const struct form *);
/* The row that an objection is about, or UINT32_MAX. */
uint32_t form_row_of(const struct form *, const struct objection *);

/* form_keep.c: what differs from a fresh form, in a file of the model's own below
 * $XDG_STATE_HOME/mlinspect/convert; its name follows from the model's real path, so
 * that a model that was made again finds its options. Neither --trust nor --force is kept. */
void form_keep(const struct form *);
void form_recall(struct form *);

#endif
