/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "ui/key.h"

static const struct { const char *name; uint32_t key; } names[] = {
	{ "Enter", K_ENTER }, { "Esc", K_ESCAPE }, { "Tab", K_TAB }, { "Space", ' ' },
	{ "BS", K_BACKSPACE }, { "Up", K_UP }, { "Down", K_DOWN }, { "Left", K_LEFT },
	{ "Right", K_RIGHT }, { "PgUp", K_PGUP }, { "PgDn", K_PGDN }, { "Home", K_HOME },
	{ "End", K_END }, { "Del", K_DELETE }, { "Ins", K_INSERT },
	{ "S-Tab", K_BACKTAB }, { "lt", '<' }, { "Wheel-Up", K_WHEEL_UP },
	{ "Wheel-Down", K_WHEEL_DOWN }, { "Click", K_CLICK }, { "Double", K_DOUBLE },
};
enum { NAMES = sizeof names / sizeof *names };

/* <...> of n bytes within. */
static uint32_t
named(const char *s, size_t n)
{
	unsigned f;
	char word[K_NAME];

	if (n >= sizeof word)
		return K_NONE;
	memcpy(word, s, n);
	word[n] = '\0';
	for (size_t i = 0; i < NAMES; i++)
		if (strcmp(names[i].name, word) == 0)
			return names[i].key;
	if (n == 3 && word[0] == 'C' && word[1] == '-' && word[2] >= '@')
		return (uint32_t)(word[2] & 0x1f);
	if (sscanf(word, "F%u", &f) == 1 && f >= 1 && f <= 12)
		return K_FN1 + f - 1;
	return K_NONE;
}

uint32_t
key_parse(const char *s, size_t n, size_t *used)
{
	const char *end = *s == '<' ? memchr(s, '>', n < K_NAME ? n : K_NAME) : NULL;
	uint32_t key;

	if (end != NULL && (key = named(s + 1, (size_t)(end - s) - 1)) != K_NONE) {
		*used = (size_t)(end - s) + 1;
		return key;
	}
	*used = utf8_decode(s, n, &key);
	if (*used > 0)
		return key;
	*used = 1;
	return K_NONE;
}

const char *
key_spell(uint32_t key, char buf[K_NAME])
{
	for (size_t i = 0; i < NAMES; i++) {
		if (names[i].key == key) {
			snprintf(buf, K_NAME, "<%s>", names[i].name);
			return buf;
		}
	}
	if (key < ' ')
		snprintf(buf, K_NAME, "<C-%c>", (char)(key < 27 ? key + 'a' - 1 : key + '@'));
	else if (key >= K_FN1 && key <= K_FN12)
		snprintf(buf, K_NAME, "<F%u>", (unsigned)(key - K_FN1 + 1));
	else if (key < K_FIRST)
		buf[utf8_encode(buf, key)] = '\0';
	else
		*buf = '\0';
	return buf;
}
