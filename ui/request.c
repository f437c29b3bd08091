/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/key.h"
#include "ui/request.h"

const struct request_row request_rows[REQ_COUNT] = {
#define REQUEST(id, name, group, views, keys, help) { name, group, views, keys, help },
#include "ui/request.def"
#undef REQUEST
};

bool
request_wants_key(enum req r)
{
	return strchr(request_rows[r].name, '@') != NULL;
}

enum req
request_find(const char *name, size_t n)
{
	for (int i = 0; i < REQ_COUNT; i++)
		if (strcspn(request_rows[i].name, "@") == n &&
		    memcmp(request_rows[i].name, name, n) == 0)
			return (enum req)i;
	return REQ_NONE;
}

static bool
parse(const char *s, size_t n, uint32_t keys[BINDING_KEYS])
{
	uint32_t count = 0;
	size_t used;

	memset(keys, 0, BINDING_KEYS * sizeof *keys);
	for (; n > 0; s += used, n -= used) {
		if (count == BINDING_KEYS || (keys[count++] = key_parse(s, n, &used)) == K_NONE)
			return false;
	}
	return count > 0;
}

bool
keymap_bind(struct keymap *m, const char *text, unsigned views, enum req r)
{
	uint32_t keys[BINDING_KEYS];
	struct binding_row *more;

	if (!parse(text, strlen(text), keys))
		return false;
	for (uint32_t i = 0; i < m->n; i++)
		if (memcmp(m->list[i].keys, keys, sizeof keys) == 0)
			m->list[i].views &= ~views;
	if (r == REQ_NONE)
		return true;
	if (m->n == m->cap) {
		more = realloc(m->list, (m->cap + 64) * sizeof *more);
		if (more == NULL)
			return false;
		m->list = more;
		m->cap += 64;
	}
	memcpy(m->list[m->n].keys, keys, sizeof keys);
	m->list[m->n].views = views;
	m->list[m->n++].request = r;
	return true;
}

bool
keymap_init(struct keymap *m)
{
	char word[64];
	const char *s;
	size_t n;

	memset(m, 0, sizeof *m);
	for (int i = 0; i < REQ_COUNT; i++) {
		for (s = request_rows[i].keys; *s != '\0'; s += n + (s[n] == ' ')) {
			n = strcspn(s, " ");
			snprintf(word, sizeof word, "%.*s", (int)n, s);
			if (!keymap_bind(m, word, request_rows[i].views, (enum req)i))
				return false;
		}
	}
	return true;
}

void
keymap_free(struct keymap *m)
{
	free(m->list);
	memset(m, 0, sizeof *m);
}

enum req
keymap_find(const struct keymap *m, unsigned view, const uint32_t *keys, uint32_t n, bool *more)
{
	enum req found = REQ_NONE;

	*more = false;
	for (uint32_t i = 0; i < m->n && n <= BINDING_KEYS; i++) {
		const struct binding_row *b = &m->list[i];

		if ((b->views & view) == 0 || memcmp(b->keys, keys, n * sizeof *keys) != 0)
			continue;
		if (n < BINDING_KEYS && b->keys[n] != 0)
			*more = true;
		else
			found = b->request;
	}
	return found;
}

void
keymap_text(const struct keymap *m, enum req r, unsigned view, char *buf, size_t n)
{
	char name[K_NAME];
	size_t at = 0;

	*buf = '\0';
	for (uint32_t i = 0; i < m->n; i++) {
		if (m->list[i].request != r || (m->list[i].views & view) == 0)
			continue;
		if (at > 0 && at + 1 < n)
			buf[at++] = ' ';
		for (int k = 0; k < BINDING_KEYS && m->list[i].keys[k] != 0 && at < n; k++)
			at += (size_t)snprintf(buf + at, n - at, "%s",
			    key_spell(m->list[i].keys[k], name));
	}
}
