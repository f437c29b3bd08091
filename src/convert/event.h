/* SPDX-License-Identifier: Apache-2.0 */
/* One line of what the driver says, as a struct. Text of it comes from Python
 * and the model: it is shown through sink_safe alone. */
#ifndef CONVERT_EVENT_H
#define CONVERT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct ctx;

enum event_id {
	EVENT_NONE, /* no event: the line is not one that the driver writes */
#define EVENT(id, word) EVENT_##id,
#include "convert/event.def"
	EVENT_COUNT
};

struct event_list { const char **s; uint32_t n; };

/* Members that a line does not have are NULL, 0, false or empty. */
struct event {
	enum event_id id;
#define event_TYPE_text const char *
#define event_TYPE_word const char *
#define event_TYPE_number int64_t
#define event_TYPE_real double
#define event_TYPE_yes bool
#define event_TYPE_list struct event_list
#define MEMBER(how, name) event_TYPE_##how name;
#include "convert/event.def"
};

static inline const char *
event_text(const char *member)
{
	return member != NULL ? member : "";
}

/* Read a line of n bytes. Texts lie in the arena, those of a line of the log in the one for
 * what passes, and end in NUL. false, with id EVENT_NONE: it is broken or no event; nothing
 * is reported. */
bool event_read(struct event *, struct arena *, struct arena *passing, const char *line, size_t n);

#endif
