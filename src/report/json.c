/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/sink.h"
#include "base/str.h"
#include "report/json.h"

void
json_init(struct json *j, struct sink *out)
{
	memset(j, 0, sizeof *j);
	j->out = out;
}

void
json_raw(struct json *j)
{
	uint64_t bit = UINT64_C(1) << j->level;

	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (j->comma & bit)
		sink_write(j->out, ",", 1);
	j->comma |= bit;
}

void
json_open(struct json *j, char bracket)
{
	json_raw(j);
	sink_write(j->out, &bracket, 1);
	j->level++;
	j->comma &= ~(UINT64_C(1) << j->level);
	j->list &= ~(UINT64_C(1) << j->level);
	j->list |= (uint64_t)(bracket == '[') << j->level;
}

void
json_close(struct json *j, char bracket)
{
	sink_write(j->out, &bracket, 1);
	j->level--;
}

void
json_unwind(struct json *j, unsigned level)
{
	if (j->after_key)
		json_null(j);
	while (j->level > level)
		json_close(j, j->list >> j->level & 1 ? ']' : '}');
}

void
json_key(struct json *j, const char *key)
{
	json_raw(j);
	sink_jsonz(j->out, key);
	sink_write(j->out, ":", 1);
	j->after_key = true;
}

void
json_key_str(struct json *j, const struct str *key)
{
	json_raw(j);
	sink_json(j->out, key->s, key->len);
	sink_write(j->out, ":", 1);
	j->after_key = true;
}

void
json_text(struct json *j, const char *s, uint64_t n)
{
	json_raw(j);
	sink_json(j->out, s, n);
}

void
json_string(struct json *j, const char *s)
{
	if (s == NULL)
		json_null(j);
	else
		json_text(j, s, strlen(s));
}

void
json_str(struct json *j, const struct str *s)
{
	if (s == NULL)
		json_null(j);
	else
		json_text(j, s->s, s->len);
}

void
json_u64(struct json *j, uint64_t v)
{
	json_raw(j);
	sink_u64(j->out, v);
}

void
json_i64(struct json *j, int64_t v)
{
	json_raw(j);
	sink_i64(j->out, v);
}

void
json_double(struct json *j, double v, bool f32)
{
	json_raw(j);
	sink_double(j->out, v, f32, true);
}

void
json_bool(struct json *j, bool v)
{
	json_raw(j);
	sink_puts(j->out, v ? "true" : "false");
}

void
json_null(struct json *j)
{
	json_raw(j);
	sink_puts(j->out, "null");
}

void
json_member(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_string(j, s);
}

void
json_member_str(struct json *j, const char *key, const struct str *s)
{
	json_key(j, key);
	json_str(j, s);
}

void
json_member_u64(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_u64(j, v);
}

void
json_member_i64(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_i64(j, v);
}

void
json_member_bool(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}

static void
json_where(struct json *j, const struct diag *d)
{
	json_key(j, "where");
	json_open(j, '{');
	if (d->file != NULL)
		json_member(j, "file", d->file);
	if (d->member != NULL)
		json_member(j, "member", d->member);
	if (d->off != DIAG_NO_OFFSET)
		json_member_u64(j, "offset", d->off);
	if (d->line != 0)
		json_member_u64(j, "line", d->line);
	if (d->path != NULL)
		json_member(j, "path", d->path);
	if (d->node != NULL)
		json_member(j, "node", d->node);
	if (d->python != NULL)
		json_member(j, "python", d->python);
	json_close(j, '}');
}

static void
json_diag(struct json *j, const struct diag *d)
{
	json_open(j, '{');
	json_member(j, "id", diag_name(d->id));
	json_member(j, "level", level_name(d->level));
	json_member(j, "message", d->message);
	if (d->rule != NULL)
		json_member(j, "rule", d->rule);
	if (*diag_says(d) != '\0')
		json_member(j, "advice", diag_says(d));
	json_where(j, d);
	if (d->print != 0) {
		char print[24];

		snprintf(print, sizeof print, "%016" PRIx64, d->print);
		json_member(j, "fingerprint", print);
	}
	if (d->known)
		json_member_bool(j, "known", true);
	json_close(j, '}');
}

void
json_diags(struct json *j, const struct diags *diags)
{
	json_key(j, "diagnostics");
	json_open(j, '[');
	for (uint32_t i = 0; i < diags->n; i++)
		json_diag(j, &diags->list[i]);
	json_close(j, ']');
	if (diags->dropped > 0)
		json_member_u64(j, "diagnostics_dropped", diags->dropped);
}
