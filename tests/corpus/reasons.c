/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a table of what conversions said (stage, exception, message, class; tabs
 * between, one a line) and compares our classes. Prints what differs. */
#include <stdio.h>
#include <string.h>

#include "convert/cause.h"

int
main(void)
{
	char line[4096], *field[4];
	unsigned n = 0, right = 0;

	while (fgets(line, sizeof line, stdin) != NULL) {
		char *p = line;

		line[strcspn(line, "\n")] = '\0';
		for (int i = 0; i < 4; i++) {
			field[i] = p;
			p += strcspn(p, "\t");
			if (*p == '\t')
				*p++ = '\0';
		}
		n++;
		if (strcmp(reason_word(cause_find(field[0], field[1], field[2]).reason),
		    field[3]) == 0)
			right++;
		else
			printf("# %s\t%s\t%.100s\tis %s, not %s\n", field[0], field[1], field[2],
			    field[3], reason_word(cause_find(field[0], field[1],
			    field[2]).reason));
	}
	printf("# %u of %u\n", right, n);
	return 0;
}
