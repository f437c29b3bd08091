/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a message again with some fields changed. What is not changed keeps
 * its bytes, fields that no schema of ours has included; the lengths of the
 * messages around a change follow it. Changes are said while the message is
 * walked (read/wire.h), in file order:
 *
 *	wire_root(&w, ...); splice_init(&s, &arena, src);
 *	while (wire_next(&w, &f))
 *		if (f.number == 1)
 *			splice_field(&s, &w, &f, bytes, n);
 *	splice_append(&s, &w, more, nmore);
 *	splice_write(&s, &out);
 */
#ifndef READ_SPLICE_H
#define READ_SPLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct sink;
struct source;
struct wire;
struct wire_field;

struct splice {
	struct arena *a;
	const struct source *src;
	struct splice_message *messages; /* with changes in them, outer before inner */
	struct splice_edit *edits;
	uint32_t nmessages, nedits;
	uint32_t *chain;        /* messages around the last change, outermost first */
	uint32_t nchain, cchain;
	uint64_t end;           /* of the last change */
	bool finished;
};

void splice_init(struct splice *, struct arena *, const struct source *);
/* Put n bytes, which must outlive the splice, in place of the field that
 * wire_next has just given, its tag included; none removes it. false: it is
 * damaged, or lies before an earlier change. */
bool splice_field(struct splice *, const struct wire *, const struct wire_field *,
    const void *, size_t n);
/* Put n bytes at the end of the message that wire_next has just ended. */
bool splice_append(struct splice *, const struct wire *, const void *, size_t n);
/* Write the whole; no changes can be said after it. false: the source could
 * not be read, or out has an error. */
bool splice_write(struct splice *, struct sink *out);

#endif
