/* SPDX-License-Identifier: Apache-2.0 */
/* Pipelines: steps one after the other, each with a verdict. What is missing makes
 * a step SKIP, with the reason; nothing that was not done is ever a PASS. */
#ifndef CMD_PIPE_H
#define CMD_PIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/command.h"
#include "convert/child.h"
#include "convert/doctor.h"
#include "convert/request.h"

struct beside;
struct convert_options;
struct request;
struct convert_run;
struct session;

enum verdict { STEP_PASS, STEP_SKIP, STEP_FAIL };

struct step { const char *name, *why; enum verdict verdict; double seconds; };

struct pipe {
	struct call *call;
	const char *title;
	const char *folder;       /* of everything that is made */
	struct step *steps;
	uint32_t nsteps;
	double began, last;       /* clock: start of the whole, end of the last step */
	struct child_options o;
	struct child child;       /* asked again and again; started by the first */
	bool started;
	bool replace;             /* what stands in the folder may be written anew */
	struct doctor doctor;
	const char *missing;      /* why Python cannot be used, or NULL */
	bool absent;              /* what was asked last lacked a module */
};

/* Make the folder, check versions as the first step; without a folder nothing is going to
 * be made, and neither is done. names: of all that is going to be
 * written there, NULL behind the last. needs: tools with blanks between without which
 * nothing can be converted. false after a diagnostic. */
bool pipe_open(struct pipe *, struct call *, const char *title, const char *folder,
    const char *const *names, const char *needs);
/* Of that: the folder, and whether each name in it is free or an earlier run's, or may be
 * replaced because the user says so. false after a diagnostic. */
bool pipe_claim(struct pipe *, const char *const *names);
/* A folder in the folder, for what the child makes; beside_drop removes it. NULL, or why
 * there is none. */
const char *pipe_scratch(struct pipe *, struct beside *);
/* Move what has been made there into the folder: those of the names that are there. NULL,
 * or why not. */
const char *pipe_land(struct pipe *, const struct beside *, const char *const *names);
/* A step that has been done, or not. */
void pipe_step(struct pipe *, const char *name, enum verdict, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Is one of these tools, with blanks between, not there? Then why. */
const char *pipe_lacks(struct pipe *, const char *needs);
/* A path in the folder. */
const char *pipe_path(struct pipe *, const char *name);
/* Ask the child and hear its answer. NULL, or why it failed. */
const char *pipe_ask(struct pipe *, const char *json, size_t n,
    void (*hear)(void *, const struct event *), void *arg);
/* In the place of all steps, where the model is a placeholder: one that is skipped, for
 * --junit; the caller says why. */
enum exit_status pipe_skipped(struct pipe *, struct call *, const char *title);
/* What a step is whose request failed: a module that is missing is nobody's fault. */
enum verdict pipe_failed(const struct pipe *);
/* Is that exception of Python of this kind? */
bool pipe_absent(const char *exception);
/* Report, end the child. EXIT_FINDINGS when a step failed. */
enum exit_status pipe_close(struct pipe *);

/* Steps that several pipelines have; each adds its own to the table. */
void pipe_convert(struct pipe *, const char *model, enum convert_format, const char *made,
    const struct convert_options *);
/* What loading the call's model would do to Python; false: it is not to be loaded. */
bool pipe_scan(struct pipe *);
void pipe_ane(struct pipe *, const char *what, const char *model);
/* The program as ONNX, probe.onnx in the folder; false: there is none. */
bool pipe_export(struct pipe *, const char *program);
/* That against the program it was made from, at every tensor. */
void pipe_parity(struct pipe *, bool exported);
void pipe_coreml_values(struct pipe *);
/* Write the sanitised model; false: a step failed. */
bool pipe_sanitize(struct pipe *, const char *in, const char *out);

enum exit_status smoke_toy(struct call *, const char *folder);
enum exit_status smoke_torch(struct call *, const char *folder);
enum exit_status parity_full(struct call *, const char *folder);

#endif
