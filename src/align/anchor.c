/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs that hold wherever they stand: a key, be it a name, a weight or what
 * surrounds a node, that one item of each side has. */
#include <string.h>

#include "align/state.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "ir/tensor.h"

/* Beside the evidence: the name as it stands. */
enum { NAME_KEPT = 1 << 16 };
/* Evidence of a pair that nothing but its surroundings speaks for. */
enum { AROUND_ONLY = ALIGN_BY_NEIGHBOURS | ALIGN_BY_SHAPE | ALIGN_BY_SCOPE };

void
pair_items(struct aligner *al, uint32_t a, uint32_t b, unsigned evidence)
{
	struct item *x = &al->side[0].items[a], *y = &al->side[1].items[b];

	x->pair = b;
	y->pair = a;
	x->evidence |= evidence;
	if (kin_shape(x, y) > 0)
		x->evidence |= ALIGN_BY_SHAPE;
	if (item_same_scope(x, y))
		x->evidence |= ALIGN_BY_SCOPE;
}

static bool
both_free(const struct aligner *al, uint32_t a, uint32_t b)
{
	return a != ALIGN_NONE && b != ALIGN_NONE && item_free(&al->side[0].items[a]) &&
	    item_free(&al->side[1].items[b]);
}

/* Names agree by chance now and then: the kinds have to as well, or the dims of a
 * result that other nodes were merged into. Those that stand in another version as they
 * do in the first were kept when the operation was changed. Of what only moves data there is
 * much of one name, which converters count up. */
static bool
believable(const struct item *x, const struct item *y, unsigned evidence)
{
	if (x->dialect != y->dialect && kin_layout(x) && kin_layout(y) && kin_shape(x, y) < 0)
		return false;
	return kin_ops(x, y) >= KIN_MAY || kin_shape(x, y) > 0 || evidence & NAME_KEPT;
}

typedef uint64_t key_fn(const struct item *);

static uint64_t
result_name(const struct item *x)
{
	return x->names[0];
}

static uint64_t
own_name(const struct item *x)
{
	return x->names[1];
}

static uint64_t
exact_result(const struct item *x)
{
	const struct node *n = x->n;

	return n->nout > 0 && n->out[0] != NULL ? name_exact(n, n->out[0]->name) : 0;
}

/* Names of nodes mislead in programs. */
static uint64_t
exact_own(const struct item *x)
{
	return x->dialect != DIALECT_MIL ? name_exact(x->n, x->n->name) : 0;
}

static uint64_t
printed_result(const struct item *x)
{
	const struct node *n = x->n;

	return n->nout > 0 && n->out[0] != NULL ? name_printed(n, n->out[0]->name) : 0;
}

static void
pair_by(struct aligner *al, unsigned evidence)
{
	const struct keys *k = &al->keys;

	for (uint32_t i = 0; i < k->n; i++) {
		uint32_t x = k->list[i].item[0], y = k->list[i].item[1];

		if (keys_pair(k, i) && both_free(al, x, y) &&
		    believable(&al->side[0].items[x], &al->side[1].items[y], evidence))
			pair_items(al, x, y, evidence & ~(unsigned)NAME_KEPT);
	}
}

static uint32_t
count_free(const struct side *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++)
		n += s->items[i].pair == ALIGN_NONE;
	return n;
}

/* Has any item without a pair a key? */
static bool
has_key(const struct side *s, key_fn *fn)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->items[i].pair == ALIGN_NONE && fn(&s->items[i]) != 0)
			return true;
	return false;
}

/* By keys of items that have no pair. */
static void
pair_keys(struct aligner *al, key_fn *a, key_fn *b, unsigned evidence)
{
	key_fn *const fn[2] = { a, b };

	if (!has_key(&al->side[0], a) || !has_key(&al->side[1], b))
		return;
	keys_init(&al->keys, al->arena, count_free(&al->side[0]));
	for (unsigned k = 0; k < 2; k++) {
		const struct side *s = &al->side[k];

		for (uint32_t i = 0; i < s->n; i++)
			if (s->items[i].pair == ALIGN_NONE)
				keys_put(&al->keys, k, fn[k](&s->items[i]), i);
	}
	pair_by(al, evidence);
}

void
anchor_printed(struct aligner *al)
{
	pair_keys(al, printed_result, printed_result, ALIGN_BY_NAME);
}

void
anchor_exact(struct aligner *al)
{
	pair_keys(al, exact_result, exact_result, ALIGN_BY_NAME | NAME_KEPT);
	pair_keys(al, exact_own, exact_own, ALIGN_BY_NAME | NAME_KEPT);
}

void
anchor_names(struct aligner *al)
{
	pair_keys(al, result_name, result_name, ALIGN_BY_NAME);
	pair_keys(al, own_name, result_name, ALIGN_BY_NAME);
	pair_keys(al, result_name, own_name, ALIGN_BY_NAME);
	pair_keys(al, own_name, own_name, ALIGN_BY_NAME);
}

/* Results but the first are not what items are paired by: who bears the name of one
 * goes with the item that has it. */
static void
note_results(struct aligner *al, const struct side *a, struct side *b)
{
	struct keys *k = &al->keys;
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n; i++)
		n += a->items[i].n->nout > 1 ? a->items[i].n->nout - 1 : 0;
	keys_init(k, al->arena, n);
	for (uint32_t i = 0; i < a->n; i++)
		for (uint32_t o = 1; o < a->items[i].n->nout; o++)
			if (a->items[i].n->out[o] != NULL)
				keys_add(k, name_clean(a->items[i].n->out[o]->name->s,
				    a->items[i].n->out[o]->name->len), i);
	for (uint32_t i = 0; i < b->n; i++)
		if (b->items[i].pair == ALIGN_NONE)
			b->items[i].with = keys_find(k, b->items[i].names[0]);
}

void
anchor_results(struct aligner *al)
{
	note_results(al, &al->side[0], &al->side[1]);
	note_results(al, &al->side[1], &al->side[0]);
}

/* What only moves a weight may be left out, so that the next one reads it. */
static bool
may_share(const struct item *x, const struct item *y)
{
	int kin = kin_ops(x, y);

	return kin_layout(x) == kin_layout(y) ? kin > 0 : kin >= KIN_BECOMES;
}

void
pair_readers(struct aligner *al, const struct weight *v, const struct weight *w,
	unsigned evidence)
{
	const struct side *a = &al->side[0], *b = &al->side[1];

	for (uint32_t i = 0; i < v->n && v->n == w->n; i++) {
		uint32_t x = a->readers[v->first + i], y = b->readers[w->first + i];

		if (both_free(al, x, y) && may_share(&a->items[x], &b->items[y]))
			pair_items(al, x, y, evidence);
	}
}

bool
weight_is_open(const struct side *s, const struct weight *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		uint32_t r = s->readers[w->first + i];

		if (r != ALIGN_NONE && s->items[r].pair == ALIGN_NONE)
			return true;
	}
	return false;
}

void
pair_weights(struct aligner *al, unsigned evidence)
{
	const struct weight *a = al->side[0].weights, *b = al->side[1].weights;
	const struct keys *k = &al->keys;

	for (uint32_t i = 0; i < k->n; i++)
		if (keys_pair(k, i))
			pair_readers(al, &a[k->list[i].item[0]], &b[k->list[i].item[1]], evidence);
}

/* Of a weight that could pair a reader; else 0. */
static uint64_t
weight_name(const struct side *s, const struct weight *w)
{
	const struct str *name = w->v->name;

	if (!weight_is_open(s, w))
		return 0;
	return s->given->model->dialect == DIALECT_MIL ? name_held(name->s, name->len) :
	    name_clean(name->s, name->len);
}

void
anchor_weights(struct aligner *al)
{
	const struct side *a = &al->side[0], *b = &al->side[1];
	struct words *words = NULL;

	if (al->same_format && a->given->model->dialect != DIALECT_MIL) {
		words = arena_alloc(al->arena, sizeof *words);
		for (uint32_t i = 0; i < b->nweights; i++)
			words_add(words, b->weights[i].v->name);
	}
	keys_init(&al->keys, al->arena, a->nweights);
	for (uint32_t i = 0; i < a->nweights; i++)
		if (words == NULL || words_has(words, a->weights[i].v->name))
			keys_add(&al->keys, weight_name(a, &a->weights[i]), i);
	for (uint32_t i = 0; i < b->nweights && al->keys.n > 0; i++)
		keys_match(&al->keys, weight_name(b, &b->weights[i]), i);
	pair_weights(al, ALIGN_BY_WEIGHT);
}

/* Everything before a node, and everything behind it, as hashes. */
struct surround { uint64_t *before, *behind; };

static uint64_t
tensor_hash(const struct tensor *t)
{
	uint64_t h = hash_join(7, (uint64_t)t->dtype);

	for (uint32_t i = 0; i < t->rank; i++)
		h = hash_join(h, (uint64_t)t->dims[i]);
	return h;
}

static uint64_t
operand_hash(const struct side *s, const struct surround *h, const struct item *x, uint32_t i)
{
	const struct value *v = x->n->in[i];
	uint32_t p = item_producer(s, x, i);

	if (v == NULL)
		return 3;
	if (p != ALIGN_NONE)
		return hash_join(h->before[p], v->slot);
	return v->constant != NULL ? tensor_hash(v->constant) : 5;
}

static void
hash_before(const struct side *s, struct surround *h)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct item *x = &s->items[i];
		uint64_t k = hash_join(x->op, x->n->nattrs), sum = 0;

		for (uint32_t o = 0; o < x->n->nin; o++)
			sum += hash_join(item_place(x, o), operand_hash(s, h, x, o));
		h->before[i] = hash_join(k, sum);
	}
}

/* Readers' hashes are added, so that their order says nothing. */
static uint64_t
readers_hash(const struct side *s, const struct surround *h, const struct value *v)
{
	uint64_t sum = v->flags & VALUE_OUTPUT ? 11 : 0;

	for (uint32_t u = s->uses->start[v->id]; u < s->uses->start[v->id + 1]; u++)
		if (s->readers[u] != ALIGN_NONE)
			sum += hash_join(h->behind[s->readers[u]],
			    item_place(&s->items[s->readers[u]], s->uses->list[u].slot));
	return sum;
}

static void
hash_behind(const struct side *s, struct surround *h)
{
	for (uint32_t i = s->n; i-- > 0;) {
		const struct item *x = &s->items[i];
		uint64_t k = hash_join(x->op, x->n->nattrs);

		for (uint32_t o = 0; o < x->n->nout; o++)
			if (x->n->out[o] != NULL)
				k = hash_join(k, readers_hash(s, h, x->n->out[o]));
		h->behind[i] = k;
	}
}

void
anchor_structure(struct aligner *al)
{
	for (unsigned k = 0; k < 2; k++) {
		const struct side *s = &al->side[k];
		struct surround h = { arena_array(al->arena, s->n, sizeof *h.before),
			arena_array(al->arena, s->n, sizeof *h.behind) };

		hash_before(s, &h);
		hash_behind(s, &h);
		if (k == 0)
			keys_init(&al->keys, al->arena, s->n);
		for (uint32_t i = 0; i < s->n; i++)
			keys_put(&al->keys, k, hash_join(h.before[i], h.behind[i]) | 1, i);
	}
	pair_by(al, ALIGN_BY_STRUCTURE);
}

/* The longest run of pairs that rise on both sides stays; by patience. */
void
anchor_order(struct aligner *al)
{
	struct side *a = &al->side[0];
	uint32_t *tops = arena_array(al->arena, a->n, sizeof *tops), n = 0;
	uint32_t *before = arena_array(al->arena, a->n, sizeof *before);

	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t lo = 0, hi = n, pair = a->items[i].pair;

		if (pair == ALIGN_NONE)
			continue;
		if (n > 0 && a->items[tops[n - 1]].pair < pair) /* most stand in order */
			lo = n;
		while (lo < hi) {
			uint32_t mid = (lo + hi) / 2;

			if (a->items[tops[mid]].pair < pair)
				lo = mid + 1;
			else
				hi = mid;
		}
		before[i] = lo > 0 ? tops[lo - 1] : ALIGN_NONE;
		tops[lo] = i;
		n += lo == n;
		a->items[i].moved = true;
	}
	for (uint32_t i = n > 0 ? tops[n - 1] : ALIGN_NONE; i != ALIGN_NONE; i = before[i])
		a->items[i].moved = false;
	for (uint32_t i = 0; i < a->n; i++)
		if (a->items[i].pair != ALIGN_NONE)
			al->side[1].items[a->items[i].pair].moved = a->items[i].moved;
}

void
anchor_around(struct aligner *al)
{
	struct side *a = &al->side[0], *b = &al->side[1];
	uint32_t n = count_free(a);

	if (n == 0 || count_free(b) == 0)
		return;
	keys_init(&al->keys, al->arena, n);
	for (unsigned k = 0; k < 2; k++) {
		const uint64_t *h = around_hashes(al, &al->side[k]);

		for (uint32_t i = 0; i < al->side[k].n; i++)
			if (al->side[k].items[i].pair == ALIGN_NONE)
				keys_put(&al->keys, k, h[i] | 1, i);
	}
	pair_by(al, ALIGN_BY_NEIGHBOURS);
	anchor_order(al);
	for (uint32_t i = 0; i < a->n; i++) {
		struct item *x = &a->items[i], *y;

		if (x->pair == ALIGN_NONE || !x->moved || x->evidence & ~AROUND_ONLY)
			continue;
		y = &b->items[x->pair];
		x->pair = y->pair = ALIGN_NONE;
		x->evidence = 0;
		x->moved = y->moved = false;
	}
}
