/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed hash of bytes: eight at a time, each block multiplied into the state
 * to 128 bits and folded, with the secret key on both sides. */
#include <string.h>

#include "base/hash.h"

/* The n < 8 bytes at p, the first lowest: loads that overlap, no loop. */
static uint64_t
tail(const unsigned char *p, size_t n)
{
	uint32_t lo, hi;

	if (n == 0)
		return 0;
	if (n < 4)
		return p[0] | (uint64_t)p[n / 2] << (n / 2 * 8) |
		    (uint64_t)p[n - 1] << ((n - 1) * 8);
	memcpy(&lo, p, 4);
	memcpy(&hi, p + n - 4, 4);
	return lo | (uint64_t)hi << ((n - 4) * 8);
}

uint64_t
hash_bytes(uint64_t key, const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t second = hash_mix(key), h = key ^ n, w;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&w, p, 8);
		h = hash_fold(h ^ w ^ second, second | 1) + w;
	}
	w = tail(p, n);
	return hash_mix(hash_fold(h ^ w ^ second, second | 1) + w);
}
