/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed hash of bytes: eight at a time, each block multiplied into the state
 * to 128 bits and folded, with the secret key on both sides. */
#include <string.h>

#include "base/hash.h"

static uint64_t
fold(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint64_t
hash_bytes(uint64_t key, const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t second = hash_mix(key), h = key ^ n, w;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&w, p, 8);
		h = fold(h ^ w ^ second, second | 1) + w;
	}
	w = 0;
	if (n > 0)
		memcpy(&w, p, n);
	return hash_mix(fold(h ^ w ^ second, second | 1) + w);
}
