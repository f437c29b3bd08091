/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "convert/inplace.h"
#include "ir/graph.h"

/* The operator's own name: "add_" of "aten::add_.Tensor". */
static size_t
bare(const char *type, const char **start)
{
	const char *colons = strstr(type, "::");

	*start = colons != NULL ? colons + 2 : type;
	return strcspn(*start, ".");
}

bool
inplace_writes(const struct node *n)
{
	const char *s;
	size_t k = bare(n->type->s, &s);

	return k > 1 && s[k - 1] == '_' && s[0] != '_' && n->nin > 0 && n->in[0] != NULL;
}

bool
inplace_is_view(const struct node *n)
{
	static const char views[] = " slice select view reshape narrow transpose t permute "
	    "squeeze unsqueeze expand expand_as detach alias view_as diagonal unfold flatten ";
	const char *s, *p = views;
	size_t k = bare(n->type->s, &s);

	for (; (p = strchr(p, ' ')) != NULL && p[1] != '\0'; p++)
		if (strncmp(p + 1, s, k) == 0 && p[1 + k] == ' ')
			return true;
	return inplace_writes(n);
}

const struct value *
inplace_base(const struct value *v, uint32_t most)
{
	while (v->producer != NULL && most-- > 0 && v->producer->nin > 0 &&
	    v->producer->in[0] != NULL && inplace_is_view(v->producer))
		v = v->producer->in[0];
	return v;
}
