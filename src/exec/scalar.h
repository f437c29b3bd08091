/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of numbers, by the name of an operation (exec.name) and the letter of its dialect
 * (kernel_dialect). NULL: there is none of the name. */
#ifndef EXEC_SCALAR_H
#define EXEC_SCALAR_H

typedef double scalar_fn(double);
typedef double scalar_two_fn(double, double);

/* One that takes parameters as well: by these names, and what they are where they are left out
 * and the signature does not say. */
struct scalar_ruled {
	const char *names, *dialects;
	double (*f)(double, const double *);
	struct { const char *names; double other; } params[3];
};

/* Of one number; in all dialects. */
scalar_fn *scalar_plain(const char *name);
const struct scalar_ruled *scalar_ruled(const char *name, const char *dialect);
scalar_two_fn *scalar_two(const char *name, const char *dialect);

double scalar_add(double, double);
double scalar_sub(double, double);
double scalar_mul(double, double);
double scalar_div(double, double);
double scalar_div_floor(double, double);
double scalar_div_trunc(double, double);
double scalar_mod_floor(double, double);
double scalar_softplus(double);
double scalar_sigmoid(double);

#endif
