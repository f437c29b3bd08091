/* SPDX-License-Identifier: Apache-2.0 */
/* Triangles of matrices: of PyTorch and ONNX one from a diagonal on, of ML Programs a band, or
 * what is left when a band is taken away. */
#include <string.h>

#include "align/setting.h"
#include "base/str.h"

/* Is the band taken from what it is of? */
static bool
is_rest(const struct side *s, const struct item *x)
{
	uint32_t r = item_reader(s, x), own = s->of[x->n->id], with[2] = { ALIGN_NONE, ALIGN_NONE };
	const struct node *n = r != ALIGN_NONE ? s->items[r].n : NULL;

	if (n == NULL || s->items[r].sem != SEM_SUB)
		return false;
	for (uint32_t i = 0; i < n->nnamed; i++)
		if (n->in_name[i]->len == 1)
			with[n->in_name[i]->s[0] == 'y'] = item_producer(s, &s->items[r], i);
	return with[1] == own && with[0] == item_source(s, x);
}

static bool
band_of(struct aligner *al, const struct side *s, const struct item *x, bool *upper,
	double *diagonal)
{
	double below, above;
	bool rest = is_rest(s, x);

	if (!setting_number(&below, al, s, x->n, "lower", -1) ||
	    !setting_number(&above, al, s, x->n, "upper", -1) || (below < 0) == (above < 0))
		return false;
	*upper = (below >= 0) != rest;
	*diagonal = below >= 0 ? -below - rest : above + rest;
	return true;
}

bool
triangle_of(struct aligner *al, const struct side *s, const struct item *x, bool *upper,
	double *diagonal)
{
	double is = 1;

	if (x->dialect == DIALECT_MIL)
		return band_of(al, s, x, upper, diagonal);
	if (x->dialect == DIALECT_ONNX && !setting_number(&is, al, s, x->n, "upper", 1))
		return false;
	*upper = x->dialect == DIALECT_ONNX ? is != 0 : strstr(x->n->type->s, "triu") != NULL;
	return setting_number(diagonal, al, s, x->n, "diagonal k", 0);
}
