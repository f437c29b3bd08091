/* SPDX-License-Identifier: Apache-2.0 */
/* Up to four neighbours of a place along an axis, and what each counts. */
#ifndef EXEC_TAPS_H
#define EXEC_TAPS_H

#include <stdint.h>

struct taps { int64_t at[4]; double weight[4]; uint32_t n; };

/* What one that is x away counts on a cubic curve through four. */
double taps_cubic(double x, double a);

#endif
