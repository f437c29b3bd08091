/* SPDX-License-Identifier: Apache-2.0 */
/* What must not stay behind when a signal ends the program: a file that is
 * half written, processes that work for it. */
#ifndef CMD_CLEANUP_H
#define CMD_CLEANUP_H

#include <signal.h>
#include <stdint.h>

/* Most processes at a time; --jobs allows no more. */
enum { CLEANUP_JOBS = 1024 };

/* From now on HUP, INT, QUIT and TERM clean up before they end the program, unless
 * they were ignored. */
void cleanup_init(void);
/* Remove this file on the way out; NULL: it is whole, or gone. The path is
 * borrowed. */
void cleanup_file(const char *path);
/* Where the pid of the helper program stands while it runs, 0 when it does not. */
volatile sig_atomic_t *cleanup_helper(void);
/* The same of the process of job i < CLEANUP_JOBS. */
volatile sig_atomic_t *cleanup_job(uint32_t i);
/* From now on the first signal only sets this, which the caller looks at; NULL: it
 * ends the program again. */
void cleanup_ask(volatile sig_atomic_t *);
/* In a new process: nothing of the parent's is its own. */
void cleanup_forget(void);

#endif
