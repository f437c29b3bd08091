/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of Einstein summations. */
#include <string.h>

#include "infer/calc.h"

/* Subscripts of an einsum: letters; an ellipsis is the letters 1, 2, ... from
 * the right. */
struct einsum {
	const struct dim *of[256];
	unsigned times[256];
	uint32_t ellipsis;
};

static const char *
einsum_term(struct infer *f, struct einsum *e, const char *s, const struct type *t)
{
	uint32_t letters = 0, at = 0, dots;
	const char *p;
	unsigned char c;

	for (p = s; *p != '\0' && *p != ',' && *p != '-'; p++)
		letters += *p != ' ' && *p != '.';
	if (!is_shaped(t) || letters > t->rank)
		return NULL;
	dots = t->rank - letters;
	for (p = s; *p != '\0' && *p != ',' && *p != '-'; p++) {
		uint32_t k = *p == '.' ? dots : *p != ' ';

		if (*p == '.')
			p += 2;
		else if (*p == ' ')
			continue;
		for (uint32_t i = 0; i < k; i++) {
			c = *p == '.' ? (unsigned char)(dots - i) : (unsigned char)*p;
			if (at >= t->rank)
				return NULL;
			e->of[c] = e->of[c] == NULL ? t->dims[at] :
			    dim_broadcast(f->types, e->of[c], t->dims[at], NULL);
			e->times[c]++;
			at++;
		}
		if (*p == '.' && dots > e->ellipsis)
			e->ellipsis = dots;
	}
	return at == t->rank ? p : NULL;
}

const struct type *
calc_einsum(struct infer *f, const struct type *const *t, uint32_t k, const char *s,
	enum dtype dt)
{
	struct einsum *e = arena_alloc(f->arena, sizeof *e);
	const struct dim *dims[RANK_MAX];
	uint32_t rank = 0;
	size_t len = s != NULL ? strlen(s) : 0;

	for (uint32_t i = 0; s != NULL && i < k; i++) {
		s = einsum_term(f, e, s, t[i]);
		if (s != NULL && i + 1 < k)
			s = *s == ',' ? s + 1 : NULL;
	}
	if (s == NULL || len == 0)
		return tensor_no_rank(f, dt);
	if (*s == '\0') {
		for (uint32_t i = e->ellipsis; i > 0; i--)
			dims[rank++] = e->of[i];
		for (unsigned c = 32; c < 256 && rank < RANK_MAX; c++)
			if (e->times[c] == 1)
				dims[rank++] = e->of[c];
	}
	for (s += *s == '-' ? 2 : 0; *s != '\0' && rank + e->ellipsis < RANK_MAX; s++) {
		if (*s == '.') {
			for (uint32_t i = e->ellipsis; i > 0; i--)
				dims[rank++] = e->of[i];
			s += s[1] == '.' && s[2] == '.' ? 2 : 0;
		} else if (*s != ' ') {
			dims[rank++] = e->of[(unsigned char)*s] != NULL ? e->of[(unsigned char)*s] :
			    unknown_dim(f);
		}
	}
	return tensor_of(f, dt, dims, rank);
}
