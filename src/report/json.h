/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON straight to a sink: nothing is kept but where commas go. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>

struct diag;
struct diags;
struct sink;
struct str;

struct json {
	struct sink *out;
	uint64_t comma;   /* bit per open level: it has an element already */
	uint64_t list;    /* bit per open level: it is a list */
	unsigned level;
	bool after_key;
};

void json_init(struct json *, struct sink *);
/* '{' or '['; and the matching close. */
void json_open(struct json *, char bracket);
void json_close(struct json *, char bracket);
/* Close what is open beyond a level: the writer was left half way. */
void json_unwind(struct json *, unsigned level);
void json_key(struct json *, const char *);
void json_key_str(struct json *, const struct str *);
void json_text(struct json *, const char *, uint64_t n);
void json_string(struct json *, const char *); /* NULL: null */
void json_str(struct json *, const struct str *); /* NULL: null */
void json_u64(struct json *, uint64_t);
void json_i64(struct json *, int64_t);
void json_double(struct json *, double, bool f32);
void json_bool(struct json *, bool);
void json_null(struct json *);
/* A key and its value. */
void json_member(struct json *, const char *key, const char *); /* NULL: null */
void json_member_str(struct json *, const char *key, const struct str *); /* NULL: null */
void json_member_u64(struct json *, const char *key, uint64_t);
void json_member_i64(struct json *, const char *key, int64_t);
void json_member_bool(struct json *, const char *key, bool);
/* The comma before a value that the caller writes by itself. */
void json_raw(struct json *);

/* "diagnostics":[...] as doc/JSON.md has them. */
void json_diags(struct json *, const struct diags *);

#endif
