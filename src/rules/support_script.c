/* SPDX-License-Identifier: Apache-2.0 */
/* The front end of TorchScript. */
#include "rules/support_run.h"

void
support_script(struct run *r)
{
	r->c.s->outcome = SUPPORT_UNKNOWN;
}
