/* SPDX-License-Identifier: Apache-2.0 */
/* Longest-path layers; a dummy for every layer that an edge passes; one
 * barycentre sweep down and one up; then each layer is placed from the left,
 * everything as near to the middle of its neighbours as the order lets it. */
#include <stdlib.h>

#include "base/arena.h"
#include "layout/layers.h"

/* A box, or a bend of an edge. */
struct item {
	int32_t layer, width, x;
	double weight;      /* barycentre */
	uint32_t order;     /* in its layer */
};

struct link { uint32_t up, down; }; /* items of neighbouring layers */

struct work {
	struct layers *l;
	struct arena *a;
	struct item *items;
	struct link *links;
	uint32_t nitems, nlinks;
	uint32_t *first, *list; /* items of layer i in order: list[first[i]] ... */
};

/* Depth first without recursion; an edge to what is still open goes up. */
static void
turn_cycles(struct work *w)
{
	struct layers *l = w->l;
	uint8_t *state = arena_array(w->a, l->nboxes, 1);
	uint32_t *stack = arena_array(w->a, (size_t)l->nboxes + 1, sizeof *stack);
	uint32_t *next = arena_array(w->a, (size_t)l->nboxes + 1, sizeof *next), n;

	for (uint32_t root = 0; root < l->nboxes; root++) {
		n = 0;
		if (state[root] == 0)
			stack[n++] = root, state[root] = 1;
		while (n > 0) {
			uint32_t at = stack[n - 1], e = next[at]++;

			if (e >= l->nedges) {
				state[at] = 2;
				n--;
				continue;
			}
			if (l->edges[e].from != at || l->edges[e].turned)
				continue;
			if (state[l->edges[e].to] == 1)
				l->edges[e].turned = true;
			else if (state[l->edges[e].to] == 0)
				stack[n++] = l->edges[e].to, state[l->edges[e].to] = 1;
		}
	}
}

static uint32_t
above(const struct layer_edge *e)
{
	return e->turned ? e->to : e->from;
}

static uint32_t
below(const struct layer_edge *e)
{
	return e->turned ? e->from : e->to;
}

/* Longest path from the top; at most as many rounds as there are boxes. */
static void
find_layers(struct work *w)
{
	struct layers *l = w->l;
	bool moved = true;

	for (uint32_t round = 0; moved && round <= l->nboxes; round++) {
		moved = false;
		for (uint32_t e = 0; e < l->nedges; e++) {
			const struct layer_box *up = &l->boxes[above(&l->edges[e])];
			struct layer_box *down = &l->boxes[below(&l->edges[e])];

			if (down->layer <= up->layer && up != down) {
				down->layer = up->layer + 1;
				moved = true;
			}
		}
	}
	for (uint32_t i = 0; i < l->nboxes; i++)
		if ((uint32_t)l->boxes[i].layer + 1 > l->nlayers)
			l->nlayers = (uint32_t)l->boxes[i].layer + 1;
}

static void
add_link(struct work *w, uint32_t up, uint32_t down)
{
	w->links = arena_grow(w->a, w->links, w->nlinks, sizeof *w->links);
	w->links[w->nlinks++] = (struct link){ up, down };
}

/* false: more dummies than are drawn. */
static bool
add_dummies(struct work *w)
{
	struct layers *l = w->l;

	w->items = arena_array(w->a, LAYERS_BOXES + LAYERS_DUMMIES, sizeof *w->items);
	for (uint32_t i = 0; i < l->nboxes; i++)
		w->items[i] = (struct item){ .layer = l->boxes[i].layer,
			.width = l->boxes[i].width };
	w->nitems = l->nboxes;
	for (uint32_t e = 0; e < l->nedges; e++) {
		struct layer_edge *edge = &l->edges[e];
		uint32_t last = above(edge);
		int32_t from = l->boxes[last].layer, to = l->boxes[below(edge)].layer;

		edge->cut = to - from > LAYERS_LONG || from == to;
		if (edge->cut)
			continue;
		edge->nbends = (uint32_t)(to - from - 1);
		edge->bends = arena_array(w->a, (size_t)edge->nbends + 1, sizeof *edge->bends);
		for (int32_t layer = from + 1; layer < to; layer++) {
			if (w->nitems == LAYERS_BOXES + LAYERS_DUMMIES)
				return false;
			w->items[w->nitems] = (struct item){ .layer = layer, .width = 1 };
			edge->bends[layer - from - 1] = (int32_t)w->nitems;
			add_link(w, last, w->nitems);
			last = w->nitems++;
		}
		add_link(w, last, below(edge));
	}
	return true;
}

static void
list_layers(struct work *w)
{
	uint32_t n = w->l->nlayers;

	w->first = arena_array(w->a, (size_t)n + 2, sizeof *w->first);
	w->list = arena_array(w->a, w->nitems, sizeof *w->list);
	for (uint32_t i = 0; i < w->nitems; i++)
		w->first[w->items[i].layer + 2]++;
	for (uint32_t i = 2; i < n + 2; i++)
		w->first[i] += w->first[i - 1];
	for (uint32_t i = 0; i < w->nitems; i++) {
		struct item *it = &w->items[i];

		it->order = w->first[it->layer + 1] - w->first[it->layer];
		w->list[w->first[it->layer + 1]++] = i;
	}
	for (uint32_t k = 0; k < n; k++)
		for (uint32_t i = w->first[k]; i < w->first[k + 1]; i++)
			w->items[w->list[i]].order = i - w->first[k];
}

/* Insertion sort: stable, and layers are nearly in order after the first time. */
static void
sort_layer(struct work *w, uint32_t layer)
{
	uint32_t from = w->first[layer], to = w->first[layer + 1];

	for (uint32_t i = from + 1; i < to; i++) {
		uint32_t x = w->list[i], k = i;

		for (; k > from && w->items[w->list[k - 1]].weight > w->items[x].weight; k--)
			w->list[k] = w->list[k - 1];
		w->list[k] = x;
	}
	for (uint32_t i = from; i < to; i++)
		w->items[w->list[i]].order = i - from;
}

/* Order a layer by the middle of its neighbours above or below. */
static void
sweep(struct work *w, bool down)
{
	uint32_t *count = arena_array(w->a, w->nitems, sizeof *count);
	double *sum = arena_array(w->a, w->nitems, sizeof *sum);

	for (uint32_t step = 0; step < w->l->nlayers; step++) {
		uint32_t layer = down ? step : w->l->nlayers - 1 - step;

		for (uint32_t i = w->first[layer]; i < w->first[layer + 1]; i++) {
			struct item *it = &w->items[w->list[i]];

			it->weight = count[w->list[i]] > 0 ?
			    sum[w->list[i]] / count[w->list[i]] : it->order;
		}
		sort_layer(w, layer);
		for (uint32_t i = 0; i < w->nlinks; i++) {
			uint32_t near = down ? w->links[i].up : w->links[i].down;
			uint32_t far = down ? w->links[i].down : w->links[i].up;

			if (w->items[near].layer != (int32_t)layer)
				continue;
			sum[far] += w->items[near].order;
			count[far]++;
		}
	}
}

/* From the left, each at the middle of its neighbours above if there is room. */
static void
place(struct work *w, int32_t gap)
{
	double *sum = arena_array(w->a, w->nitems, sizeof *sum);
	uint32_t *count = arena_array(w->a, w->nitems, sizeof *count);

	for (uint32_t layer = 0; layer < w->l->nlayers; layer++) {
		int32_t x = 0;

		for (uint32_t i = w->first[layer]; i < w->first[layer + 1]; i++) {
			struct item *it = &w->items[w->list[i]];
			uint32_t id = w->list[i];
			int32_t want = count[id] > 0 ?
			    (int32_t)(sum[id] / count[id]) - it->width / 2 : x;

			it->x = want > x ? want : x;
			x = it->x + it->width + gap;
		}
		for (uint32_t i = 0; i < w->nlinks; i++) {
			const struct item *up = &w->items[w->links[i].up];

			if (up->layer != (int32_t)layer)
				continue;
			sum[w->links[i].down] += up->x + up->width / 2;
			count[w->links[i].down]++;
		}
		if (x - gap > w->l->width)
			w->l->width = x - gap;
	}
}

bool
layers_make(struct layers *l, int32_t gap, struct arena *a)
{
	struct work w = { .l = l, .a = a };

	l->nlayers = 0;
	l->width = 0;
	if (l->nboxes > LAYERS_BOXES)
		return false;
	turn_cycles(&w);
	find_layers(&w);
	if (!add_dummies(&w))
		return false;
	list_layers(&w);
	sweep(&w, true);
	sweep(&w, false);
	place(&w, gap);
	for (uint32_t i = 0; i < l->nboxes; i++)
		l->boxes[i].x = w.items[i].x;
	for (uint32_t e = 0; e < l->nedges; e++)
		for (uint32_t i = 0; i < l->edges[e].nbends; i++)
			l->edges[e].bends[i] = w.items[l->edges[e].bends[i]].x;
	return true;
}
