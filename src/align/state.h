/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the alignment share. An item is a node with what can be
 * compared across formats; items stand in file order, regions behind the node
 * that holds them. */
#ifndef ALIGN_STATE_H
#define ALIGN_STATE_H

#include "align/align.h"
#include "base/arena.h"
#include "base/source.h"
#include "ir/graph.h"
#include "ops/op.h"

enum { ITEM_NAMES = 2, ITEM_FROM = 6, NAME_MAX_KEPT = 192, OPS = 16 };

struct item {
	/* what most passes look at stands together */
	const struct node *n;
	const struct type *type;  /* of the first result, or NULL */
	uint64_t op;              /* hash of domain and type, dialect included */
	enum sem sem;
	enum dialect dialect;
	uint32_t pair;            /* item of the other side it is paired with */
	uint32_t guess;           /* the same of an earlier search, or ALIGN_NONE */
	uint32_t chief;           /* item of its own side it belongs to; itself */
	unsigned evidence;
	uint32_t with;            /* item of the other side one of whose results it has the
				   * name of, but of the first; ALIGN_NONE */
	unsigned char dense;      /* pairs of its stretch, per cent of what could be paired */
	bool scoped;              /* scope is there */
	bool apart;               /* not paired by itself: it goes with another item */
	bool idle;                /* the result is of its operand's type, as a slice of all */
	bool dead;                /* no result of the model comes from it */
	bool fixed;               /* it follows from constants and sizes alone */
	bool moved;               /* the pair crosses others */
	bool made;                /* its name was counted up: a step, not the result of a node */
	bool ordered;             /* the pair is one of order alone */
	bool twin;                /* another item of its group computes the same from the same */
	uint64_t names[ITEM_NAMES]; /* cleaned names of its results and itself; 0 none */
	uint64_t weak;            /* a name that may have been counted up; 0 none */
	uint64_t scope;           /* hash of the module path; 0 none; see item_scope */
	uint32_t from[ITEM_FROM]; /* items whose results it works on, ALIGN_NONE behind them:
				   * through casts, lists and copies */
};

/* A weight or other constant that items read. */
struct weight {
	const struct value *v;
	uint32_t first, n;        /* its readers: items readers[first ..] */
};

struct side {
	const struct align_side *given;
	const struct uses *uses;
	struct item *items;
	uint32_t n;
	uint32_t *of;             /* item by node id; ALIGN_NONE */
	struct weight *weights;
	uint32_t nweights;
	uint32_t *readers;
	bool hands_on;            /* an item gives back its operand as it is */
	struct { const struct str *type, *domain; uint64_t op; } ops[OPS]; /* of the last ones */
};

/* Keys of the first side with the item of either side that has each: ALIGN_NONE when none
 * does. */
struct keys {
	struct entry { uint64_t key; uint32_t item[2]; } *list;
	uint32_t n;
	uint32_t *slots;
	uint32_t mask, room;      /* slots in use less one, and all */
};
#define KEY_SEVERAL (ALIGN_NONE - 1)

/* Nodes that only move data, up to which what they move is looked for. */
enum { HOPS = 16 };

/* Of one side: windows on the weights, and the one used last. */
struct stored { struct window windows[2]; unsigned last; };

/* Outputs of a model up to which they are held against one another. */
enum { ALIGN_OUTPUTS = 256 };

struct aligner {
	struct ctx *ctx;
	struct arena *arena;      /* of all tables; gone when the result is there */
	struct arena *result;
	const struct align_options *options;
	struct side side[2];
	struct keys keys;         /* of what is being searched */
	uint64_t compared;        /* bytes of counterparts' weights so far */
	bool rough;               /* one is compared by what does not depend on order alone */
	double lost;              /* of weights of the group that are stored in fewer bits, in
				   * parts of their deviation; below 0: there is none */
	bool unread[2];           /* a weight of the group at hand cannot be read */
	bool same_output[ALIGN_OUTPUTS]; /* by place: computed, and the same */
	uint32_t sampled;         /* weights that were compared by a sample */
	unsigned char *block[2];  /* numbers that are being compared */
	unsigned char *sample[2]; /* of content.c */
	struct stored stored[2];  /* of stored.c */
	uint32_t *alike;          /* by value of the first model, once weights were compared: one of
				   * the second that has the same bytes, from 1; 0: not known */
	bool same_format;         /* operands, attributes and all can be compared */
};

/* What stands for a node of the side. */
static inline const struct item *
side_item(const struct side *s, const struct node *n)
{
	return &s->items[s->of[n->id]];
}

/* item.c: fill a side, without names; what is given of both is there. */
void item_collect(struct aligner *, struct side *);
/* Of the items that have no pair: names, false when all are others than those of the other
 * side; the weights that they read; module paths and what they work on; whether no result of
 * the model comes from them. */
bool item_names(struct aligner *);
void item_weights(struct aligner *, struct side *);
void item_places(struct aligner *, struct side *);
void item_dead(struct aligner *, struct side *);
bool item_any_free(const struct side *);
/* The hash of the module path of any item; those that have a pair early lack it. */
uint64_t item_scope(const struct item *);
/* Are both in one module? */
bool item_same_scope(const struct item *, const struct item *);
/* When both are there: items that stand for a part of another are set apart. */
void item_nest(struct aligner *);
/* As inferred, else as declared; or NULL. */
const struct type *item_type(const struct side *, const struct value *);
/* The item that makes operand i of x, or ALIGN_NONE. */
static inline uint32_t
item_producer(const struct side *s, const struct item *x, uint32_t i)
{
	const struct value *v = x->n->in[i];

	return v != NULL && v->producer != NULL ? s->of[v->producer->id] : ALIGN_NONE;
}
/* The operand that x works on: of named ones whatever place it has in the file. ALIGN_NONE:
 * it has no operands. */
static inline uint32_t
item_main(const struct item *x)
{
	return op_main(x->n);
}
/* The item that makes it. */
uint32_t item_source(const struct side *, const struct item *x);
/* Does x take nothing of the operand but how large it is? */
bool item_measures(const struct item *x, uint32_t operand);
/* The only reader of its first result; ALIGN_NONE: there are others, or none. */
uint32_t item_reader(const struct side *, const struct item *x);
/* The operands of one parameter stand together: the last of those around operand i
 * (below nnamed) in direction 1 or -1. */
uint32_t node_named_edge(const struct node *, uint32_t i, int dir);
/* Which of the operands of one parameter operand i of n is, from 0: lists have several. */
uint32_t node_nth_named(const struct node *, uint32_t i);
/* The place of operand i as a number: of named ones the same in whatever order. */
uint64_t node_named_place(const struct node *, uint32_t i);
static inline uint64_t
item_place(const struct item *x, uint32_t i)
{
	return i < x->n->nnamed ? node_named_place(x->n, i) : i;
}

/* name.c: what names of results are worth: those of another version of the same format
 * (counted ones say little), kept from one format to the other, by exporters of programs
 * with what builders count up among them, or in code that counts by itself. */
enum naming { NAMES_OWN, NAMES_KEPT, NAMES_EXPORTED, NAMES_CODE };
void name_item(struct item *, enum naming);
/* The name of a node or its result as it stands, hashed; 0: it says nothing. */
uint64_t name_exact(const struct node *, const struct str *);
/* Of code that torch printed, the name of a result in its module: what the printer counts up
 * (_12, x.3) is another number in the next version. 0: it says nothing. */
uint64_t name_printed(const struct node *, const struct str *);
/* Without what exporters and converters add to one; 0: nothing is left. */
uint64_t name_clean(const char *, uint32_t n);
/* What names begin with: those of which the other side has no such one need not be cleaned.
 * Empty: all 0. */
enum { WORDS = 16381 };
struct words { uint64_t bits[WORDS / 64 + 1]; bool any; };
void words_add(struct words *, const struct str *);
/* May one of the one be one of the other? */
bool words_share(const struct words *, const struct words *);
/* May one of them be the same as this one, both clean? */
bool words_has(const struct words *, const struct str *);
/* The same of a weight of an ML Program. */
uint64_t name_held(const char *, uint32_t n);
/* The module path, from the format or out of an ONNX name; 0: it has none. */
struct scopes { char path[NAME_MAX_KEPT]; uint32_t n; uint64_t hash; };
uint64_t name_scope(struct scopes *, const struct node *);
/* Is there one? */
bool name_has_scope(const struct node *);

/* The counterpart as far as is known: the pair or a guess. */
static inline uint32_t
item_other(const struct item *x)
{
	return x->pair != ALIGN_NONE ? x->pair : x->guess;
}

/* May it be paired still? */
static inline bool
item_free(const struct item *x)
{
	return x->pair == ALIGN_NONE && !x->apart;
}

/* kin.c: how alike two nodes are by what they compute: 0 not at all, KIN_SAME
 * the same op. */
enum { KIN_SAME = 8, KIN_KIND = 7, KIN_BECOMES = 6, KIN_MAY = 4, KIN_FAR = 2 };
int kin_ops(const struct item *, const struct item *);
/* Is one written as several nodes of which the other is the last? */
bool kin_ends(const struct item *, const struct item *);
/* Can b be one of several operations that a is turned into? */
bool kin_part(const struct item *a, const struct item *b);
/* Does a converter's table say that b is among what it makes of a? */
bool kin_made_of(const struct item *a, const struct item *b);
/* Does it say so of a step on the way to the result? */
bool kin_is_step(const struct item *a, const struct item *b);
/* Does it move, reshape, cast or collect data at most? */
bool kin_layout(const struct item *);
/* Does it give back its operand as it is? */
bool kin_hands_on(const struct item *);
/* Can it be a scale or an offset; are those behind it folded into its weights? */
bool kin_is_scale(const struct item *);
bool kin_takes_scale(const struct item *);
/* Number of dims that agree, compared across models: 1 all known and equal, -1
 * different for sure, 0 not known. */
int kin_dims(const struct type *, const struct type *);
/* Have both types as many elements, for sure? */
bool kin_as_many(const struct type *, const struct type *);
/* Are transpositions a part of what x is? */
bool kin_turns(const struct item *x);
/* Is one written as several of which the other is one, with axes that are cut in another way? */
bool kin_recut(const struct item *, const struct item *);
/* The same of two items' results: of networks and their compiled form dims of 1 in front say
 * nothing. */
int kin_shape(const struct item *, const struct item *);

/* given.c: groups of counterparts that are known. */
void given_pair(struct aligner *, const struct align_given *);

/* keys.c: room for n keys, those of before are gone; key 0 is none. */
void keys_init(struct keys *, struct arena *, uint32_t n);
/* An item of the first side has the key. */
void keys_add(struct keys *, uint64_t key, uint32_t item);
/* When all of the first are there: an item of the second has it. */
void keys_match(struct keys *, uint64_t key, uint32_t item);
/* The one or the other, by side. */
void keys_put(struct keys *, unsigned side, uint64_t key, uint32_t item);
/* Has one item of each side the key of list[i]? */
bool keys_pair(const struct keys *, uint32_t i);
/* Do items of both sides have it, several of one? */
bool keys_shared(const struct keys *, uint64_t key);
/* The item of the first side that was given; ALIGN_NONE too when several have the key. */
uint32_t keys_find(const struct keys *, uint64_t key);

/* anchor.c: pairs that need no order. */
void anchor_exact(struct aligner *); /* by names as they stand */
void anchor_printed(struct aligner *); /* of TorchScript: by names in their modules */
void anchor_names(struct aligner *);
void anchor_results(struct aligner *); /* no pairs: item.with */
void anchor_weights(struct aligner *);
void anchor_structure(struct aligner *);
/* The same of what is a few steps off, not everything; a pair has to keep the order. */
void anchor_around(struct aligner *);
/* around.c: the hash of the surroundings of each item that has no pair, by item. */
const uint64_t *around_hashes(struct aligner *, const struct side *);
/* Mark as moved the pairs that cross others, the fewest that do. */
void anchor_order(struct aligner *);
/* stored.c: the n bytes of a small weight of side k, valid until the next of the side; NULL: it
 * has to be read in other ways. */
const unsigned char *stored_bytes(struct aligner *, unsigned k, const struct tensor *, uint64_t n);
/* content.c */
void anchor_contents(struct aligner *);
/* Are the two weights known to be the same bytes? */
bool content_known(const struct aligner *, const struct value *, const struct value *);
bool content_equal(struct aligner *, const struct tensor *, const struct tensor *);
/* Of floats of two widths, 16 bits at least: is one the other one rounded? */
bool content_rounded(struct aligner *, const struct tensor *, const struct tensor *);
void pair_items(struct aligner *, uint32_t a, uint32_t b, unsigned evidence);
/* Has it a reader without a pair? */
bool weight_is_open(const struct side *, const struct weight *);
/* Pair the readers of the weights that have a key alone on either side. */
void pair_weights(struct aligner *, unsigned evidence);
/* Pair the readers of two weights that are one; several in their order. */
void pair_readers(struct aligner *, const struct weight *, const struct weight *,
	unsigned evidence);

/* path.c: pair what is left between anchors; a second search knows what the first
 * one found round each node. Returns whether there were any. */
bool path_all(struct aligner *);

/* bridge.c: between formats, what is left by what it works on and what reads it. */
void bridge_all(struct aligner *);

/* join.c: give items without a pair to the group they belong to. */
void join_all(struct aligner *);

/* twin.c: what computes the same as an item of side k that has a pair goes with it. */
void twin_join(struct aligner *, unsigned k);

/* wire.c: NULL are one name. */
bool wire_same_name(const struct str *, const struct str *);
/* Are all dims the same; is the type of elements as well? */
bool wire_same_dims(const struct tensor *, const struct tensor *);
bool wire_same_type(const struct tensor *, const struct tensor *);
/* The tensor that is the operand, or NULL; v may be NULL in the three. */
const struct tensor *wire_constant(const struct value *v);
/* What unpacks the weight when the model is loaded; or NULL. */
const struct node *wire_unpacked_by(const struct value *v);
bool wire_is_weight(const struct value *v);
/* Operand of b that stands where operand i of a does: by place, or by parameter, of which
 * lists have several. May be NULL. */
const struct value *wire_operand(const struct node *a, uint32_t i, const struct node *b);
/* Does one result come from counterparts, from the same place among their results? */
bool wire_same(const struct aligner *, const struct value *v, const struct value *w);
/* The input or output of graph h that stands for the one, by name where h has it, else by
 * place; outputs by place alone. NULL: none, no graph, or
 * there are very many. */
const struct value *wire_input(const struct value *, const struct graph *h);
const struct value *wire_output(const struct value *, const struct graph *h);
/* Is what the model gives back given back by both, in the same place? */
bool wire_same_outputs(const struct aligner *, const struct node *, const struct node *);

/* default.c: of one format: is the parameter of that name the same in m of the first model and n
 * of the second, written out or not? */
bool default_same(struct aligner *, const struct node *m, const struct node *n,
	const char *name);
/* The same of operand i that one of them has. */
bool default_same_operand(struct aligner *, const struct node *m, const struct node *n,
	const struct node *has, uint32_t i);

/* flow.c: of two versions: pairs of what does the same behind or before pairs; then of all that
 * stands between pairs. */
void flow_same(struct aligner *);
void flow_all(struct aligner *);

/* params.c: between formats: do the two differ in a parameter that both have? What is put
 * behind *what, in the result's arena. */
bool params_differ(struct aligner *, const struct item *, const struct item *,
	const char **what);
/* Are all parameters that are compared known, or left out where what is taken then is known? The
 * same of functions of their kind, and of axes, orders and the like. */
bool params_known(struct aligner *, const struct item *, const struct item *);
bool function_known(struct aligner *, const struct item *, const struct item *);
bool geometry_known(struct aligner *, const struct item *, const struct item *);
/* function.c: do they compute two functions of one kind, said behind *what, or one the other's
 * with its operands exchanged? */
bool function_differs(struct aligner *, const struct item *, const struct item *,
	const char **what);
bool function_exchanged(struct aligner *, const struct item *, const struct item *);
/* geometry.c: do axes, paddings, orders of axes or places of slices differ? */
bool geometry_differs(struct aligner *, const struct item *, const struct item *,
	const char **what);
/* Is it a slice that goes back? */
bool geometry_reverses(struct aligner *, const struct side *, const struct item *);
/* The axis of its operand that each of the results of a transposition is, when there are room
 * at most. */
bool geometry_order(struct aligner *, const struct side *, const struct item *, uint32_t *order,
	uint32_t room, uint32_t *n);
/* norm.c: does a normalisation of the group take other means, or add something else to the
 * variance? */
bool norm_differs(struct aligner *, const struct align_group *, const char **what);
/* recurrent.c: are recurrent layers of x's kind computed in another way: direction, functions of
 * the gates, peepholes, bounds? */
bool recurrent_differs(struct aligner *, const struct align_group *, const struct item *x,
	const char **what);
/* parts.c: is there a node in the group, beside the main items, that has no part in what the
 * other side computes? */
bool parts_differ(struct aligner *, const struct align_group *, const struct item *x,
	const struct item *y, const char **what);
/* Does x scale or shift by constants? */
bool parts_is_affine(const struct item *x);
/* Is x of a kind that is written for y of the other side, with others? */
bool parts_has(const struct item *x, const struct item *y);
/* number.c: do they work with other numbers? */
bool number_differs(struct aligner *, const struct item *, const struct item *,
	const char **what);
/* Are the bounds known between which both keep numbers? */
bool number_bounds_known(struct aligner *, const struct item *, const struct item *);
/* Does x add one number to a result, else scale it by one? */
bool number_of_step(struct aligner *, const struct side *, const struct item *x, bool sum,
	double *number);
/* Is it a sum with 0, a product with 1 or the first power? */
bool number_is_idle(struct aligner *, const struct side *, const struct item *);
/* origin.c: does the group read anything that is no counterpart, or in another order? x and y
 * are its main items. */
bool origins_differ(struct aligner *, const struct align_group *, const struct item *x,
	const struct item *y, const char **what);
/* Do both change each number by itself, so that it is no matter in which order they come? What
 * reads the result tells. */
bool origins_turn(const struct aligner *, const struct item *x, const struct item *y);
/* Of two that only move data: do they bring the same numbers in the same order? */
bool origins_arrive(struct aligner *, const struct item *x, const struct item *y);
/* Or, for sure, counterparts alone? */
bool origins_agree(struct aligner *, const struct align_group *, const struct item *x,
	const struct item *y);
/* Do both, of counterparts, come from what is none, or from another result of it? from: what the
 * first comes from, a node of a group. */
bool origins_part(struct aligner *, const struct value *, const struct value *,
	const struct node **from);
void origins_say(struct aligner *, const char **what, const char *name, const struct value *,
	const struct value *);
/* outputs.c: of both models in the order in which they stand for one another, out of tuples, each
 * with room for ALIGN_OUTPUTS; 0: not as many, or too many. */
uint32_t outputs_pair(const struct aligner *, const struct value **, const struct value **);
/* Groups from which an output comes that comes from another on the other side are modified. */
void outputs_compare(struct aligner *, struct align *);
/* settled.c: between formats: is all that the group computes compared, though it could not be
 * computed? Else why not, in the result's arena, or NULL. */
bool settled(struct aligner *, const struct align_group *, const char **why);
/* probe.c: groups that give other results when both models are computed are modified. */
void probe_groups(struct aligner *, struct align *);
/* Is operand i of x, a constant, a weight and no parameter? */
bool params_is_weight(const struct item *x, uint32_t i);

/* change.c: in what the pair differs beside the group's changes: bits of align_change. Its
 * nodes are there; which parameters differ is put behind what. */
unsigned change_find(struct aligner *, const struct item *, const struct item *,
	struct align_group *);

/* detail.c: of two versions, said behind *what: the attribute of either name, NULL where one is
 * left out; operand i of m, or of n where v is NULL, that is a weight on both sides, or is not. */
void detail_attr(struct aligner *, const char **what, const struct node *m, const struct attr *a,
	const struct node *n, const struct attr *b);
void detail_weight(struct aligner *, const char **what, const struct node *m, uint32_t i,
	const struct value *v, const struct node *n, const struct value *w);
void detail_operand(struct aligner *, const char **what, const struct node *m, uint32_t i,
	const struct value *v, const struct node *n, const struct value *w);

/* weights.c: between formats: are there weights of the group's nodes that differ beyond what
 * conversion does to them? */
bool weights_differ(struct aligner *, const struct align_group *);

/* near.c: of floats, as many on both sides: are the numbers near, in the same order or
 * transposed, else those of all of them? */
bool near_values(struct aligner *, const struct tensor *, const struct tensor *);
/* Of a matrix and what has the dims of it transposed, axes of 1 left out, the rows; else 0. */
uint64_t near_rows(const struct tensor *, const struct tensor *);
/* Is each channel of the one that of the other, scaled? */
bool near_scaled(struct aligner *, const struct tensor *, const struct tensor *, bool packed);
/* Is u what becomes of t, either NULL being zeros, when each channel is scaled, and shifted
 * unless shift is NULL? */
bool near_folded(struct aligner *, const struct tensor *t, const struct tensor *u,
	const double *scale, const double *shift, uint64_t channels);
/* Do both have the same numbers all together? */
bool near_sorted(struct aligner *, const struct tensor *const *a, uint32_t na,
	const struct tensor *const *b, uint32_t nb);
/* All numbers of a weight of side k, in the arena; NULL: they are not all there. */
const double *near_numbers(struct aligner *, unsigned k, struct arena *, const struct tensor *);

/* verdict.c: groups in order, with verdicts. */
struct align *verdict_groups(struct aligner *);

#endif
