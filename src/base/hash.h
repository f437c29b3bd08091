/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes: a keyed one for text from files, a mixer for numbers. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Finaliser with full avalanche (constants of splitmix64). */
static inline uint64_t
hash_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static inline uint64_t
hash_pair(uint64_t a, uint64_t b)
{
	return hash_mix(a + UINT64_C(0x9e3779b97f4a7c15) * (b + 1));
}

static inline uint64_t
hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* Quicker than hash_pair, and no file has what it gives. */
static inline uint64_t
hash_join(uint64_t a, uint64_t b)
{
	return hash_fold(a ^ UINT64_C(0xa0761d6478bd642f), b ^ UINT64_C(0xe7037ed1a0b428db));
}

/* Keyed: who does not know the key cannot choose texts that collide. */
uint64_t hash_bytes(uint64_t key, const void *, size_t n);

#endif
