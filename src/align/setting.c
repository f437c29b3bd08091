/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of the nodes of either side, and what is said of two that differ. */
#include <stdio.h>
#include <string.h>

#include "align/setting.h"

/* Bytes of a parameter's value as text, and of a name. */
enum { TEXT = 96, WORD = 200 };

struct settings
settings_of(const struct aligner *al, const struct side *s)
{
	return (struct settings){ al->ctx, s->given->model, s->given->types };
}

bool
setting_of(struct setting *to, struct aligner *al, const struct side *s, const struct node *n,
	const char *names)
{
	struct settings in = settings_of(al, s);

	return setting_find(to, &in, n, names);
}

bool
setting_number(double *to, struct aligner *al, const struct side *s, const struct node *n,
	const char *names, double other)
{
	struct settings in = settings_of(al, s);

	return setting_find_number(to, &in, n, names, other);
}

void
setting_put(char *buf, size_t size, const struct setting *a)
{
	size_t n = 0;

	if (a->n == 0) {
		snprintf(buf, size, "%s", a->text[0] != '\0' ? a->text : "?");
		return;
	}
	for (uint32_t i = 0; i < a->n && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%.7g", i > 0 ? "," : "", a->v[i]);
}

/* "name a -> b" behind what is there already. */
static void
say(struct aligner *al, const char **what, const char *name, size_t len, const char *a,
	const char *b)
{
	*what = arena_printf(al->result, "%s%s%.*s %s -> %s", *what != NULL ? *what : "",
	    *what != NULL ? ", " : "", (int)(len < WORD ? len : WORD), name, a, b);
}

void
setting_say(struct aligner *al, const char **what, const char *name, uint32_t len,
	const struct setting *a, const struct setting *b)
{
	char x[TEXT], y[TEXT];

	setting_put(x, sizeof x, a);
	setting_put(y, sizeof y, b);
	say(al, what, name, len, x, y);
}

bool
setting_say_numbers(struct aligner *al, const char **what, const char *name, double x, double y)
{
	struct setting a = { .v = { x }, .n = 1 }, b = { .v = { y }, .n = 1 };

	setting_say(al, what, name, (uint32_t)strlen(name), &a, &b);
	return true;
}

/* Names may be of any length: the beginning, whole characters of it. */
static void
put_word(char buf[WORD], const char *s)
{
	size_t n = strlen(s);

	if (n >= WORD) {
		n = WORD - sizeof "...";
		while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
		strcpy(buf + n, "...");
	} else {
		buf[n] = '\0';
	}
	memcpy(buf, s, n);
}

void
setting_say_words(struct aligner *al, const char **what, const char *name, const char *a,
	const char *b)
{
	char x[WORD], y[WORD];

	put_word(x, a);
	put_word(y, b);
	say(al, what, name, strlen(name), x, y);
}

bool
setting_is_default(struct aligner *al, const struct side *s, const struct node *n, const char *name)
{
	struct node bare = *n;
	struct setting a, b;

	bare.nattrs = bare.nin = bare.nnamed = 0;
	if (!setting_of(&a, al, s, n, name))
		return a.absent;
	return setting_of(&b, al, s, &bare, name) && a.n == b.n && strcmp(a.text, b.text) == 0 &&
	    memcmp(a.v, b.v, a.n * sizeof *a.v) == 0;
}
