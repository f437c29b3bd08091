/* SPDX-License-Identifier: Apache-2.0 */
/* Prints of findings and baselines of them. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/slurp.h"
#include "report/finding.h"

enum { BASELINE_MAX = 256 << 20, PRINT_DIGITS = 16 };

static int
order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Every text of sixteen hexadecimal digits in quotes. */
static uint32_t
scan(const char *s, size_t n, uint64_t *prints)
{
	uint32_t found = 0;

	for (size_t i = 0; i + PRINT_DIGITS + 1 < n; i++) {
		size_t k = 0;

		while (s[i] == '"' && k < PRINT_DIGITS && s[i + 1 + k] != '\0' &&
		    strchr("0123456789abcdef", s[i + 1 + k]) != NULL)
			k++;
		if (k < PRINT_DIGITS || s[i + 1 + PRINT_DIGITS] != '"')
			continue;
		if (prints != NULL)
			prints[found] = strtoull(s + i + 1, NULL, 16);
		found++;
	}
	return found;
}

/* Results of ours in either form: both name the program. */
static bool
is_result(const char *s)
{
	return s[strspn(s, " \t\r\n")] == '{' && (strstr(s, "\"mlinspect/") != NULL ||
	    (strstr(s, "\"runs\"") != NULL && strstr(s, "\"mlinspect\"") != NULL));
}

struct baseline *
baseline_read(const char *path)
{
	size_t n = 0;
	char *all = slurp_most(path, BASELINE_MAX, &n);
	struct baseline *b = NULL;

	if (all != NULL && !is_result(all))
		errno = EINVAL;
	else if (all != NULL && (b = calloc(1, sizeof *b)) != NULL &&
	    (b->prints = calloc((size_t)scan(all, n, NULL) + 1, sizeof *b->prints)) != NULL)
		b->n = scan(all, n, b->prints);
	free(all);
	if (b != NULL && b->prints == NULL) {
		free(b);
		return NULL;
	}
	if (b != NULL)
		qsort(b->prints, b->n, sizeof *b->prints, order);
	return b;
}

void
baseline_free(struct baseline *b)
{
	if (b == NULL)
		return;
	free(b->prints);
	free(b);
}

static uint64_t
text_hash(uint64_t h, const char *s)
{
	return hash_pair(h, s == NULL ? 0 : hash_bytes(1, s, strlen(s)));
}

/* A place without its numbers: they move when something is put before it. */
static uint64_t
place_hash(uint64_t h, const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		if (*s < '0' || *s > '9')
			h = hash_pair(h, (unsigned char)*s);
	return h;
}

static uint64_t
print_of(const struct diag *d, const char *name)
{
	uint64_t h = text_hash(text_hash(0, name), diag_name(d->id));

	h = text_hash(h, d->rule);
	if (d->node != NULL && d->node[0] != '#')
		return text_hash(h, d->node);
	return place_hash(h, d->path);
}

void
findings_print(struct diags *d, const char *path, const struct baseline *b)
{
	const char *name = strrchr(path, '/');
	uint64_t print, *plain = calloc((size_t)d->n + 1, sizeof *plain);

	name = name == NULL ? path : name + 1;
	for (uint32_t i = 0; i < d->n; i++) {
		uint64_t alike = 0;

		print = print_of(&d->list[i], name);
		for (uint32_t k = 0; plain != NULL && k < i; k++)
			alike += plain[k] == print;
		if (plain != NULL)
			plain[i] = print;
		d->list[i].print = hash_pair(print, alike);
		d->list[i].known = b != NULL && bsearch(&d->list[i].print, b->prints, b->n,
		    sizeof *b->prints, order) != NULL;
	}
	free(plain);
}

int
findings_worst(const struct diags *d)
{
	int worst = -1;

	if (d->dropped > 0)
		return diags_worst(d);
	for (uint32_t i = 0; i < d->n; i++)
		if (!d->list[i].known && (int)d->list[i].level > worst)
			worst = (int)d->list[i].level;
	return worst;
}
