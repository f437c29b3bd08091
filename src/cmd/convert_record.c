/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/session.h"
#include "base/arena.h"
#include "base/regular.h"
#include "base/sink.h"
#include "cmd/command.h"
#include "cmd/convert_record.h"
#include "cmd/options.h"
#include "convert/event.h"

bool
record_possible(struct call *call)
{
	const char *file = call->opts->record;

	if (file == NULL || (!session_holds(call->s, file) &&
	    (call->opts->convert.force || access(file, F_OK) != 0)))
		return true;
	diag_add(&call->s->ctx, DIAG_USAGE, NULL, "--record: %s is there already: only --force "
	    "replaces it, and never a model", file);
	return false;
}

void
record_begin(struct sink *out, const struct request *r)
{
	sink_puts(out, "{\"event\":\"asked\",\"name\":");
	sink_jsonz(out, r->model);
	sink_puts(out, ",\"out\":");
	sink_jsonz(out, r->o->out != NULL ? r->o->out : "");
	sink_puts(out, "}\n");
}

void
record_write(struct call *call, const struct sink *record)
{
	int err = regular_write(call->opts->record, record->buf, record->n);

	if (err != 0)
		diag_add(&call->s->ctx, DIAG_WRITE_FAILED, NULL, "%s: %s", call->opts->record,
		    regular_says(err));
}

const char *
record_asked(struct call *call, const char *file, struct convert_options *o)
{
	enum { FIRST = 1 << 16 };
	char *line = arena_alloc(call->arena, FIRST), *end;
	struct event e;
	int fd = regular_open(file);
	ssize_t n = fd >= 0 ? read(fd, line, FIRST) : -1;
	int err = errno;

	if (fd >= 0)
		close(fd);
	if (n < 0) {
		diag_add(&call->s->ctx, DIAG_USAGE, NULL, "convert replay: %s: %s", file,
		    regular_says(err));
		return NULL;
	}
	end = memchr(line, '\n', (size_t)n);
	if (end == NULL || !event_read(&e, call->arena, call->arena, line, (size_t)(end - line)) ||
	    e.id != EVENT_ASKED) {
		diag_add(&call->s->ctx, DIAG_USAGE, NULL, "convert replay: %s is no record of a "
		    "conversion: convert --record FILE makes one", file);
		return NULL;
	}
	o->out = *event_text(e.out) != '\0' ? e.out : NULL;
	return event_text(e.name);
}
