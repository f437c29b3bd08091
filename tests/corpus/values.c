/* SPDX-License-Identifier: Apache-2.0 */
/* Constants and literals of ML Programs, byte by byte, against what coremltools
 * reads: a table on stdin (shared/expected, coreml-values), its files below the
 * folder that is the argument. One test a file, in TAP. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "ir/build.h"
#include "ir/tensor.h"
#include "read/reader.h"

enum { FILE_NAME, FUNCTION, OP, TYPE, PARAMETER, DTYPE, SHAPE, FORM, BLOB, OFFSET, BYTES,
	CONTENT, COLUMNS };

/* SHA-256, FIPS 180-4. */
struct sha { uint32_t h[8]; unsigned char block[64]; uint64_t n; };

static uint32_t
rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void
sha_block(struct sha *s)
{
	static const uint32_t k[64] = {
		0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
		0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
		0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
		0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
		0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
		0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
		0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
		0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
		0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
		0xc67178f2
	};
	uint32_t w[64], v[8], a, b;

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)s->block[4 * i] << 24 | (uint32_t)s->block[4 * i + 1] << 16 |
		    (uint32_t)s->block[4 * i + 2] << 8 | s->block[4 * i + 3];
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		    (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
		    (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, s->h, sizeof v);
	for (int i = 0; i < 64; i++) {
		a = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) +
		    ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
		b = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) +
		    ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += a;
		v[0] = a + b;
	}
	for (int i = 0; i < 8; i++)
		s->h[i] += v[i];
}

static void
sha_add(struct sha *s, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		s->block[s->n++ % 64] = p[i];
		if (s->n % 64 == 0)
			sha_block(s);
	}
}

/* The first 16 hex digits. */
static void
sha_end(struct sha *s, char out[17])
{
	uint64_t bits = s->n * 8;
	unsigned char end = 0x80, len[8];

	sha_add(s, &end, 1);
	for (end = 0; s->n % 64 != 56;)
		sha_add(s, &end, 1);
	for (int i = 0; i < 8; i++)
		len[i] = (unsigned char)(bits >> (56 - 8 * i));
	sha_add(s, len, 8);
	sprintf(out, "%08" PRIx32 "%08" PRIx32, s->h[0], s->h[1]);
}

/* One file's model and how its rows went. */
struct file {
	struct ctx ctx;
	struct model *m;
	struct arena a;
	unsigned rows, bad;
};

static const struct value *
find_value(const struct graph *g, const char *name)
{
	for (uint32_t i = 0; i < g->nvalues; i++)
		if (strcmp(g->values[i]->name->s, name) == 0)
			return g->values[i];
	return NULL;
}

static const struct graph *
outermost(const struct graph *g)
{
	while (g->parent != NULL)
		g = g->parent->graph;
	return g;
}

/* The value that an operation makes, in a function or what is nested in it;
 * functions of a pipeline are STAGE/NAME. */
static const struct value *
find_output(const struct model *m, const char *function, const char *name)
{
	const struct value *v = NULL;
	char *slash;
	unsigned long stage = strtoul(function, &slash, 10);

	if (*slash == '/')
		return stage < m->nstages ? find_output(m->stages[stage], slash + 1, name) : NULL;
	for (uint32_t i = 0; i < m->ngraphs && v == NULL; i++)
		if (strcmp(outermost(m->graphs[i])->name->s, function) == 0)
			v = find_value(m->graphs[i], name);
	return v;
}

/* A parameter of the operation: a tensor, or an attribute that is no tensor.
 * The values of one that takes several are NAME.0, NAME.1 ... */
static const struct tensor *
find_parameter(const struct value *v, const char *name, const struct attr **attr)
{
	const struct node *n = v->producer;
	size_t len = strcspn(name, ".");
	unsigned long skip = name[len] == '.' ? strtoul(name + len + 1, NULL, 10) : 0;

	*attr = NULL;
	if (n == NULL)
		return v->constant;
	for (uint32_t i = 0; i < n->nnamed; i++)
		if (n->in_name[i]->len == len && memcmp(n->in_name[i]->s, name, len) == 0 &&
		    n->in[i] != NULL && skip-- == 0 && n->in[i]->constant != NULL)
			return n->in[i]->constant;
	*attr = node_attr(n, name);
	return *attr != NULL && (*attr)->kind == ATTR_TENSOR ? (*attr)->v.t : NULL;
}

static const char *
dtype_text(char *buf, const char *dtype)
{
	if (strcmp(dtype, "string") == 0)
		return "str";
	if (strncmp(dtype, "float", 5) == 0)
		sprintf(buf, "f%.8s", dtype + 5);
	else if (strncmp(dtype, "uint", 4) == 0)
		sprintf(buf, "u%.8s", dtype + 4);
	else if (strncmp(dtype, "int", 3) == 0)
		sprintf(buf, "i%.8s", dtype + 3);
	else
		return dtype;
	return buf;
}

static void
shape_text(char *buf, size_t cap, const struct tensor *t)
{
	size_t n = (size_t)snprintf(buf, cap, "[");

	for (uint32_t i = 0; i < t->rank && n < cap; i++)
		n += (size_t)snprintf(buf + n, cap - n, i ? ",%" PRIi64 : "%" PRIi64, t->dims[i]);
	if (n < cap)
		snprintf(buf + n, cap - n, "]");
}

static bool
same_bytes(struct file *f, const struct tensor *t, char *const *row)
{
	struct sha s = { .h = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
	    0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
	unsigned char buf[4096];
	struct tensor_read r;
	char hex[17];
	long n;

	tensor_open(&r, t);
	while ((n = tensor_next(&r, &f->a, buf, sizeof buf)) > 0)
		sha_add(&s, buf, (size_t)n);
	sha_end(&s, hex);
	return n == 0 && r.done == strtoull(row[BYTES], NULL, 10) &&
	    strcmp(hex, row[CONTENT]) == 0;
}

/* The first four values as the table has them. */
static bool
same_values(struct file *f, const struct tensor *t, char *const *row)
{
	unsigned char buf[64];
	char text[400] = "";
	uint64_t n = tensor_first(t, &f->a, buf, 4);

	if (t->numel != strtoull(row[BYTES], NULL, 10))
		return false;
	for (uint64_t i = 0; i < n; i++)
		sprintf(text + strlen(text), dtype_class(t->dtype) == DC_FLOAT ? "%s%.9g" :
		    "%s%.20g", i ? "," : "", dtype_get(t->dtype, buf, i));
	return strcmp(text, row[CONTENT]) == 0;
}

/* \xNN as the byte it stands for. */
static void
unescape(char *s)
{
	char *to = s;
	unsigned byte;

	for (; *s != '\0'; s++, to++) {
		*to = *s;
		if (sscanf(s, "\\x%2x", &byte) == 1) {
			*to = (char)byte;
			s += 3;
		}
	}
	*to = '\0';
}

static bool
same_text(struct file *f, const struct tensor *t, char *want)
{
	unsigned char buf[1024];
	struct tensor_read r;
	long n;

	unescape(want);
	tensor_open(&r, t);
	n = tensor_next(&r, &f->a, buf, sizeof buf);
	return n >= 4 && (size_t)n - 4 == strlen(want) && memcmp(buf + 4, want, (size_t)n - 4) == 0;
}

static bool
same_attr(const struct attr *a, const char *want)
{
	char text[40];

	if (a->kind == ATTR_STRING)
		return strcmp(a->v.s->s, want) == 0;
	if (a->kind == ATTR_INT)
		sprintf(text, "%" PRIi64, a->v.i);
	else if (a->kind == ATTR_FLOAT)
		sprintf(text, "%.9g", a->v.f);
	else
		return true;
	return strcmp(text, want) == 0;
}

static bool
same(struct file *f, char **row)
{
	const struct value *v = find_output(f->m, row[FUNCTION], row[OP]);
	const struct attr *attr;
	const struct tensor *t;
	char dtype[20], shape[256];

	if (v == NULL)
		return false;
	t = find_parameter(v, row[PARAMETER], &attr);
	if (strncmp(row[DTYPE], "list(", 5) == 0)
		return t != NULL || attr != NULL;
	if (t == NULL) /* a hash says nothing about a number */
		return attr != NULL && (strcmp(row[FORM], "immediate:bytes") == 0 ||
		    same_attr(attr, row[CONTENT]));
	shape_text(shape, sizeof shape, t);
	if (strcmp(dtype_name(t->dtype), dtype_text(dtype, row[DTYPE])) != 0 ||
	    strcmp(shape, row[SHAPE]) != 0)
		return false;
	if (strcmp(row[FORM], "blob") == 0)
		return t->ext != NULL && t->ext->offset == strtoull(row[OFFSET], NULL, 10) &&
		    (strcmp(row[BYTES], "-") == 0 ? t->flags & TENSOR_MISSING :
		    same_bytes(f, t, row));
	if (strcmp(row[FORM], "immediate:bytes") == 0)
		return same_bytes(f, t, row);
	return strcmp(row[FORM], "immediate:strings") == 0 ? t->rank > 0 ||
	    same_text(f, t, row[CONTENT]) : same_values(f, t, row);
}

static void
open_file(struct file *f, const char *base, const char *name)
{
	static const struct read_options options;
	char path[8300], *inside;

	memset(f, 0, sizeof *f);
	ctx_init(&f->ctx);
	arena_init(&f->a, &f->ctx);
	snprintf(path, sizeof path, "%s/%s", base, name);
	if ((inside = strstr(path, ".mlpackage/")) != NULL)
		inside[strlen(".mlpackage")] = '\0';
	f->m = model_read(&f->ctx, path, &options);
}

static void
close_file(struct file *f, unsigned number, const char *name)
{
	printf("%sok %u - %u values: %s\n", f->bad > 0 || f->m == NULL ? "not " : "", number,
	    f->rows, name);
	model_free(f->m);
	arena_free(&f->a);
	ctx_fini(&f->ctx);
}

static bool
split(char *line, char **row)
{
	line[strcspn(line, "\n")] = '\0';
	for (int i = 0; i < COLUMNS; i++) {
		if (line == NULL)
			return false;
		row[i] = line;
		if ((line = strchr(line, '\t')) != NULL)
			*line++ = '\0';
	}
	return true;
}

int
main(int argc, char **argv)
{
	static char line[1 << 16], name[4096];
	char *row[COLUMNS];
	unsigned files = 0;
	struct file f;

	if (argc != 2 || fgets(line, sizeof line, stdin) == NULL)
		return 99;
	while (fgets(line, sizeof line, stdin) != NULL && split(line, row)) {
		if (strcmp(row[FILE_NAME], name) != 0) {
			if (files > 0)
				close_file(&f, files, name);
			snprintf(name, sizeof name, "%s", row[FILE_NAME]);
			open_file(&f, argv[1], name);
			files++;
		}
		f.rows++;
		if (f.m == NULL || same(&f, row))
			continue;
		if (f.bad++ < 4)
			printf("# %s %s %s %s\n", row[FUNCTION], row[OP], row[PARAMETER],
			    row[CONTENT]);
	}
	if (files > 0)
		close_file(&f, files, name);
	printf("1..%u\n", files);
	return 0;
}
