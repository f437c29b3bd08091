/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "base/near.h"

/* Edit distance of two words, both cut to 31 bytes. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[32], na = (unsigned)strlen(a), nb = (unsigned)strlen(b), i, j, diagonal, above;

	na = na > 31 ? 31 : na;
	nb = nb > 31 ? 31 : nb;
	for (j = 0; j <= nb; j++)
		row[j] = j;
	for (i = 1; i <= na; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= nb; j++) {
			above = row[j];
			row[j] = diagonal + (a[i - 1] != b[j - 1]);
			if (above + 1 < row[j])
				row[j] = above + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			diagonal = above;
		}
	}
	return row[nb];
}

const char *
nearest(const char *want, const char *best, const char *s)
{
	unsigned d = distance(want, s);

	if (d > strlen(want) / 3 + 1)
		return best;
	return best == NULL || d < distance(want, best) ? s : best;
}
