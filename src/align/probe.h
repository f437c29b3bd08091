/* SPDX-License-Identifier: Apache-2.0 */
/* What is known when both models were computed on the same numbers. */
#ifndef ALIGN_PROBE_H
#define ALIGN_PROBE_H

#include "align/state.h"
#include "exec/exec.h"

struct probe {
	struct aligner *al;
	struct align *out;
	struct exec runs[2];
	const struct node **partner; /* by node id of the second: that of the first */
	const struct node **other;   /* by node id of the first: that of the second */
	double *apart;               /* by node id of the second: how far results are, else 0 */
	bool *bad;                   /* by value id of the second */
	bool *same;                  /* by value id of the second: computed on both sides */
	bool *told;                  /* by value id of the second: it differs to the end */
	double *off;                 /* by value id of the second: root mean square of how far it
				      * is, in parts of the deviation; below 0: not known */
	bool *tight[2];              /* by value id: what comes of it is for sure the same */
};

/* Is a result of node n of side k read by others than the group's, or the model's? */
bool probe_leaves(const struct probe *, unsigned k, const struct node *, uint32_t group);
/* The only node of a group whose results leave it; NULL: there are several, or none. */
const struct node *probe_way_out(const struct probe *, unsigned k, const struct node **nodes,
	uint32_t n);
/* Numbers of a type's dims that a seed gives, most between -3 and 3; NULL: it has no dims. */
struct array *probe_made_up(struct exec *, const struct type *, uint64_t seed);
bool probe_same_shape(const struct array *, const struct array *);
/* How far two arrays of a shape are from one another; 0: as far as rounding takes them. */
double probe_apart(const struct probe *, const struct array *, const struct array *);
/* The group of a node of the second model gives other results. */
void probe_tell(struct probe *, const struct node *);
/* far.c: groups that are the same near zero may have bounds. The last to be asked: it computes
 * over what the models were computed to. */
void probe_far(struct probe *);
/* clear.c: groups that differ in what they are made of are the same where what comes of them
 * is. */
void probe_clear(struct probe *);

#endif
