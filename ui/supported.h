/* SPDX-License-Identifier: Apache-2.0 */
/* Whether single nodes can be converted, or run where they are to: a word, and why. What
 * the verdict is about depends on the format: the model itself for PyTorch, the same model
 * in PyTorch for ONNX, the system that it needs for Core ML. */
#ifndef UI_SUPPORTED_H
#define UI_SUPPORTED_H

#include <stdbool.h>

#include "ui/cell.h"

struct doc;
struct node;
struct sink;

/* "ok", "iOS16", "?" of a node that nothing is said against; "" when there is no verdict. */
enum style supported_word(const struct doc *, const struct node *, struct sink *);
/* The same as a sentence. */
void supported_says(const struct doc *, const struct node *, struct sink *);
/* Does the verdict say anything that its mere word for the model does not? */
bool supported_differs(const struct doc *);
/* What the column is about. */
const char *supported_title(const struct doc *);

#endif
