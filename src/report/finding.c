/* SPDX-License-Identifier: Apache-2.0 */
/* Prints of findings and baselines of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
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

static char *
read_all(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *all = NULL;
	long size = -1;

	if (f == NULL)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && size <= BASELINE_MAX &&
	    fseek(f, 0, SEEK_SET) == 0 && (all = malloc((size_t)size + 1)) != NULL) {
		*n = fread(all, 1, (size_t)size, f);
		all[*n] = '\0';
	}
	fclose(f);
	return all;
}

struct baseline *
baseline_read(const char *path)
{
	size_t n = 0;
	char *all = read_all(path, &n);
	struct baseline *b = all == NULL ? NULL : calloc(1, sizeof *b);

	if (b != NULL) {
		b->n = scan(all, n, NULL);
		b->prints = calloc((size_t)b->n + 1, sizeof *b->prints);
		if (b->prints == NULL) {
			b->n = 0;
		} else {
			scan(all, n, b->prints);
			qsort(b->prints, b->n, sizeof *b->prints, order);
		}
	}
	free(all);
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
