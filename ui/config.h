/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept between runs: a file of settings that the user writes, and the
 * list of recent models. Lines of the former: map KEYS REQUEST, unmap KEYS, or any
 * command of the : prompt. */
#ifndef UI_CONFIG_H
#define UI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct ui;

/* Run the user's file, when there is one, or this one. */
void config_read(struct ui *, const char *path);
/* Path of a file of ours: "config" in $XDG_CONFIG_HOME, "recent" in
 * $XDG_STATE_HOME, there as well the folder "convert". false: nowhere. */
enum config_file { CONFIG_SETTINGS, CONFIG_RECENT, CONFIG_CONVERT };
bool config_path(enum config_file, char *buf, size_t n);
/* Make each folder on the way to a file. */
void config_folders(char *path);
/* Put a model in front of the list of recent ones. */
void config_recent_add(struct ui *, const char *path);

#endif
