/* SPDX-License-Identifier: Apache-2.0 */
/* Little-endian numbers: of zip records, weight files, compiled models. */
#ifndef READ_ARCHIVE_BYTES_H
#define READ_ARCHIVE_BYTES_H

#include <stdint.h>

static inline uint16_t
get16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
get32(const unsigned char *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static inline uint64_t
get64(const unsigned char *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

#endif
