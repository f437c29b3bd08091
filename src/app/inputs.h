/* SPDX-License-Identifier: Apache-2.0 */
/* Types of inputs that the user gives, NAME:TYPE or TYPE for the next input
 * that is not named: x:f32[1,3,224,224]. Beyond the notation of types
 * (ir/type.h) a dim may be n=1..8, a symbol with its range; 1..inf is 1.. and
 * the element type may be ? or auto, as declared. */
#ifndef APP_INPUTS_H
#define APP_INPUTS_H

#include <stdbool.h>
#include <stdint.h>

struct session;
struct type;
struct value;

/* What was given for an input of the session's model. */
struct given {
	const struct value *value;
	const struct type *declared; /* by the file; NULL: nothing */
};

/* Is the text of that form? Else column (0-based) is that of the first wrong
 * character. */
bool input_check(const char *text, uint32_t *column);

/* Give the session's model the types of its options. Where the file declares
 * the same or less, the input's type is from now on the given one; what
 * contradicts, and names that no input has, are findings. May leave through
 * ctx.escape. */
void inputs_apply(struct session *);

/* What was given for the value, or NULL. */
const struct given *input_given(const struct session *, const struct value *);

#endif
