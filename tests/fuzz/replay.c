/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the fuzzing harness over files: the corpus in make check, and what a
 * fuzzer found. TAP on stdout. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { INPUT_MAX = 1 << 20 };

int
main(int argc, char **argv)
{
	unsigned char *buf = malloc(INPUT_MAX);
	size_t n;
	FILE *f;

	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc && buf != NULL; i++) {
		if ((f = fopen(argv[i], "rb")) == NULL) {
			printf("not ok %d - %s cannot be opened\n", i, argv[i]);
			continue;
		}
		n = fread(buf, 1, INPUT_MAX, f);
		fclose(f);
		LLVMFuzzerTestOneInput(buf, n);
		printf("ok %d - %s\n", i, argv[i]);
		fflush(stdout);
	}
	free(buf);
	return 0;
}
