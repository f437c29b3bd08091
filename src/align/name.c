/* SPDX-License-Identifier: Apache-2.0 */
/* Names without what exporters and converters hang on them: p_n1_weight_to_fp16 is
 * n1.weight, view_1_cast_fp16 is view_1, /conv/Conv_output_0 is /conv/Conv. */
#include <string.h>

#include "align/state.h"
#include "base/hash.h"
#include "base/str.h"

/* Names that collide are passed over as ambiguous: the key need not be secret. */
#define NAME_KEY UINT64_C(0x51a3b9c7d2e4f687)

struct word { const char *s; uint32_t n; };
#define WORD(s) { s, sizeof s - 1 }
/* Times a byte: it in each of eight. */
#define EACH UINT64_C(0x0101010101010101)

/* Endings that say how a result was stored, not what it is. */
static const struct word endings[] = {
	WORD("_cast_fp16"), WORD("_cast_fp32"), WORD("_cast_uint16"), WORD("_cast_int16"),
	WORD("_cast"), WORD("_to_fp16"), WORD("_to_fp32"), WORD("_to_uint16"), WORD("_to_int16"),
	WORD("_output"), WORD("_quantized"), WORD("_palettized"), WORD("_sparsified")
};
/* Beginnings that a pass of a converter, or an exporter, puts before one. */
static const struct word beginnings[] = { WORD("inversed_"), WORD("node_") };

/* What each byte below 0x80 is in a clean name: letters in lower case, digits as they are,
 * 0 for all else. */
#define LETTERS(x) \
	[x + 1] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', \
	'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z'
static const char kept[0x80] = {
	['0'] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', LETTERS(0x40), LETTERS(0x60)
};

/* A bit in each of eight bytes below 0x80 that lie between the two. */
static uint64_t
between(uint64_t bytes, unsigned from, unsigned to)
{
	return (bytes + EACH * (0x80 - from)) & ~(bytes + EACH * (0x7f - to)) & EACH * 0x80;
}

/* Up to eight bytes as plain wants them; 0: one is not ASCII, or what is no letter or digit
 * stands beside another, or before says it does. */
static uint32_t
plain_eight(char *to, const char *s, uint32_t n, bool before)
{
	uint64_t x = EACH * 'a', letters, others;

	if (n >= 8)
		memcpy(&x, s, n = 8);
	else
		memcpy(&x, s, n);
	letters = between(x | EACH * 0x20, 'a', 'z');
	others = EACH * 0x80 & ~(letters | between(x, '0', '9'));
	if ((x & EACH * 0x80) != 0 || (others & others << 8) != 0 ||
	    (before && kept[(unsigned char)s[0]] == '\0'))
		return 0;
	x |= letters >> 2;
	others = (others >> 7) * 0xff;
	x = (x & ~others) | (EACH * '_' & others);
	memcpy(to, &x, 8);
	return n;
}

/* Lower case, one _ for all that is no letter or digit; none at either end. */
static uint32_t
plain(char *to, const char *s, uint32_t n)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < n && k < NAME_MAX_KEPT - 1;) {
		uint32_t some = k + 8 < NAME_MAX_KEPT ?
		    plain_eight(&to[k], &s[i], n - i, k == 0 || to[k - 1] == '_') : 0;
		unsigned char c = (unsigned char)s[i];
		char to_c = c >= 0x80 ? (char)c : kept[c];

		if (some == 0) {
			/* no branch: what comes next is anybody's guess */
			to[k] = to_c != '\0' ? to_c : '_';
			k += to_c != '\0' || (k > 0 && to[k - 1] != '_');
		}
		i += some > 0 ? some : 1;
		k += some;
	}
	while (k > 0 && to[k - 1] == '_')
		k--;
	to[k] = '\0';
	return k;
}

/* The letters that a name begins with when it is clean, four at most, packed: numbers make many
 * of one. 0: that is not seen at once, since a beginning may be cut from it. */
static uint32_t
first_word(const struct str *name)
{
	enum { NOTHING = 1, NODE = 0x6e6f6465, INVE = 0x696e7665 };
	const unsigned char *s = (const unsigned char *)name->s, *end = s + name->len;
	uint32_t word = 0;

	while (s < end && *s < 0x80 && kept[*s] == '\0')
		s++;
	for (; s < end && word >> 24 == 0; s++) {
		unsigned char c = *s < 0x80 ? (unsigned char)kept[*s] : *s;

		if (c <= '9')
			break;
		word = word << 8 | c;
	}
	return word == 0 ? NOTHING : word == NODE || word == INVE ? 0 : word;
}

void
words_add(struct words *w, const struct str *name)
{
	uint32_t word = first_word(name), i = word % WORDS;

	w->any = w->any || word == 0;
	w->bits[i / 64] |= UINT64_C(1) << i % 64;
}

bool
words_has(const struct words *w, const struct str *name)
{
	uint32_t word = first_word(name), i = word % WORDS;

	return w->any || word == 0 || (w->bits[i / 64] >> i % 64 & 1);
}

bool
words_share(const struct words *v, const struct words *w)
{
	bool share = v->any || w->any;

	for (uint32_t i = 0; i < sizeof v->bits / sizeof *v->bits && !share; i++)
		share = (v->bits[i] & w->bits[i]) != 0;
	return share;
}

static bool
is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool
digits(const char *s)
{
	return s[strspn(s, "0123456789")] == '\0';
}

/* s[0 .. n) without a _ and a number at its end. */
static uint32_t
before_number(const char *s, uint32_t n)
{
	uint32_t k = n;

	while (k > 0 && s[k - 1] >= '0' && s[k - 1] <= '9')
		k--;
	return k < n && k > 0 && s[k - 1] == '_' ? k - 1 : n;
}

/* Are the last two letters those of an ending? Cheap: asked of all names. */
static bool
may_end(char before, char last)
{
	return last == '6' ? before == '1' : last == '2' ? before == '3' :
	    last == 't' ? before == 's' || before == 'u' : last == 'd' && before == 'e';
}

/* Length without one ending of s[0 .. n): n when it has none, and no more than that. */
static uint32_t
without_ending(const char *s, uint32_t n)
{
	if (n < 2 || !may_end(s[n - 2], s[n - 1]))
		return n;
	for (unsigned i = 0; i < sizeof endings / sizeof *endings; i++) {
		uint32_t k = endings[i].n;

		if (n > k && s[n - 1] == endings[i].s[k - 1] &&
		    memcmp(s + n - k, endings[i].s, k) == 0)
			return n - k;
	}
	return n;
}

/* Cut all endings of s[0 .. n), also with a number behind them. Returns what is left. */
static uint32_t
cut_endings(char *s, uint32_t n)
{
	for (;;) {
		uint32_t k = without_ending(s, n), m = before_number(s, n);

		if (k == n && m < n)
			k = without_ending(s, m) < m ? without_ending(s, m) : n;
		if (k == n)
			break;
		n = k;
	}
	s[n] = '\0';
	return n;
}

/* Names that only count: 12, var_12, op_12. */
static bool
says_nothing(const char *s)
{
	if (s[0] == 'v' && (strncmp(s, "var_", 4) == 0 || strncmp(s, "val_", 4) == 0))
		s += 4;
	else if (s[0] == 'o' && strncmp(s, "op_", 3) == 0)
		s += 3;
	return (s[0] == '\0' || (s[0] >= '0' && s[0] <= '9')) && digits(s);
}

/* In buf; *n becomes the length. */
static char *
cleaned(char *buf, const char *s, uint32_t *n)
{
	char *at = buf;

	*n = cut_endings(buf, plain(buf, s, *n));
	for (unsigned i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
		const struct word *w = &beginnings[i];

		if (*n >= w->n && memcmp(at, w->s, w->n) == 0) {
			at += w->n;
			*n -= w->n;
		}
	}
	return at;
}

static uint64_t
hashed(const char *s, uint32_t n)
{
	uint64_t h;

	if (says_nothing(s))
		return 0;
	h = hash_bytes(NAME_KEY, s, n);
	return h != 0 ? h : 1;
}

uint64_t
name_clean(const char *s, uint32_t n)
{
	char buf[NAME_MAX_KEPT];
	const char *at = cleaned(buf, s, &n);

	return hashed(at, n);
}

/* torch.export calls what holds attn.weight p_attn_weight. */
uint64_t
name_held(const char *s, uint32_t n)
{
	char buf[NAME_MAX_KEPT];
	const char *at = cleaned(buf, s, &n);

	if (n > 2 && strchr("pbc", at[0]) != NULL && at[1] == '_') {
		at += 2;
		n -= 2;
	}
	return hashed(at, n);
}

/* The next part of the path in the name of a node of ONNX, *s on: *n bytes; NULL: the rest is
 * no path. A container stands before its member and in its name: it is passed over. */
static const char *
path_part(const char **s, size_t *n)
{
	const char *part, *end;

	while (**s == '/' && (end = strchr(*s + 1, '/')) != NULL) {
		part = *s + 1;
		*n = (size_t)(end - part);
		*s = end;
		if (strncmp(end + 1, part, *n) != 0 || end[*n + 1] != '.')
			return part;
	}
	return NULL;
}

/* The path in the name of a node of ONNX, /body/body.0/attn/MatMul: body.0.attn. */
static uint32_t
name_path(char *to, const struct str *name)
{
	const char *s = name->s, *part;
	uint32_t k = 0;
	size_t n;

	while ((part = path_part(&s, &n)) != NULL && n + k + 2 <= NAME_MAX_KEPT) {
		memcpy(to + k, part, n);
		k += (uint32_t)n;
		to[k++] = '.';
	}
	return k;
}

static bool
has_kept(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80 || kept[(unsigned char)s[i]] != '\0')
			return true;
	return false;
}

bool
name_has_scope(const struct node *n)
{
	const char *s = n->name->s, *part;
	size_t len, sum = 0;

	if (n->scope != NULL)
		return has_kept(n->scope->s, n->scope->len < NAME_MAX_KEPT - 1 ? n->scope->len :
		    NAME_MAX_KEPT - 1);
	while ((part = path_part(&s, &len)) != NULL && len + sum + 2 <= NAME_MAX_KEPT) {
		if (has_kept(part, len))
			return true;
		sum += len + 1;
	}
	return false;
}

/* Nodes of one module stand together: the last path is kept. */
uint64_t
name_scope(struct scopes *last, const struct node *n)
{
	char path[NAME_MAX_KEPT], buf[NAME_MAX_KEPT];
	uint32_t len = n->scope == NULL ? name_path(path, n->name) :
	    n->scope->len < NAME_MAX_KEPT ? n->scope->len : NAME_MAX_KEPT;
	const char *s = n->scope == NULL ? path : n->scope->s;

	if (len == last->n && memcmp(s, last->path, len) == 0)
		return last->hash;
	memcpy(last->path, s, len);
	last->n = len;
	len = plain(buf, s, len);
	last->hash = len == 0 ? 0 : hash_bytes(NAME_KEY, buf, len);
	return last->hash;
}

/* Is s, cleaned, the kind of the node and a number at most? Builders of programs call
 * results that, and our reader those that code in TorchScript has no name for. */
static bool
is_counted(const char *s, const struct node *n, bool number)
{
	char kind[NAME_MAX_KEPT];
	uint32_t k;

	if (is_letter(n->type->s[0]) && s[0] != (n->type->s[0] | 0x20)) /* cheap: asked of all */
		return false;
	k = plain(kind, n->type->s, n->type->len);
	if (strncmp(s, kind, k) != 0)
		return false;
	return s[k] == '\0' ? !number : s[k] == '_' && s[k + 1] != '\0' && digits(s + k + 1);
}

/* Can the name, cleaned, be the kind of the node and a number? Cheap: asked of all. */
static bool
may_be_counted(const struct node *n, const struct str *name)
{
	const char *s = name->s, *end = s + name->len, *kind = n->type->s;

	if (end == s || end[-1] < '0' || end[-1] > '9')
		return false;
	while (s < end && (unsigned char)*s < 0x80 && kept[(unsigned char)*s] == '\0')
		s++;
	if ((*s | 0x20) == 'n' || (*s | 0x20) == 'i') /* of node_ and inversed_ */
		return *s == 'n' || (*s | 0x20) == (*kind | 0x20);
	for (; is_letter(*kind); kind++, s++)
		if ((*s | 0x20) != (*kind | 0x20))
			return false;
	return kind > n->type->s || (*s | 0x20) == (*kind | 0x20);
}

/* Does it, cleaned, say something beyond the count of operations? */
static bool
name_says(const struct node *n, const struct str *name)
{
	char buf[NAME_MAX_KEPT], first = name->s[0];
	uint32_t len = name->len;
	bool doubt = first >= '0' && first <= '9';

	if (len == 0)
		return false;
	if (first == 'v')
		doubt = strncmp(name->s, "var_", 4) == 0 || strncmp(name->s, "val_", 4) == 0;
	else if (first == 'o')
		doubt = strncmp(name->s, "op_", 3) == 0;
	if (doubt && name_clean(name->s, len) == 0)
		return false;
	return !may_be_counted(n, name) || !is_counted(cleaned(buf, name->s, &len), n, true);
}

uint64_t
name_exact(const struct node *n, const struct str *name)
{
	return name_says(n, name) ? hash_bytes(NAME_KEY, name->s, name->len) | 1 : 0;
}

uint64_t
name_printed(const struct node *n, const struct str *name)
{
	uint32_t len = name->len;
	uint64_t scope = n->scope != NULL ? hash_bytes(NAME_KEY, n->scope->s, n->scope->len) : 0;
	const char *s = name->s;

	while (len > 0 && s[len - 1] >= '0' && s[len - 1] <= '9')
		len--;
	len = len > 1 && len < name->len && s[len - 1] == '.' ? len - 1 : name->len;
	if (len == 0 || (s[0] == '_' && 1 + strspn(s + 1, "0123456789") >= len) ||
	    (n->type->len == len && memcmp(n->type->s, s, len) == 0))
		return 0;
	return hash_pair(hash_bytes(NAME_KEY, s, len), scope) | 1;
}

/* Without the number behind it. */
static uint32_t
cut_number(char *s, uint32_t n)
{
	n = before_number(s, n);
	s[n] = '\0';
	return n;
}

/* var_12_div: a step on the way to var_12. */
static bool
is_step(const char *s)
{
	const char *word;

	if (strncmp(s, "var_", 4) != 0)
		return false;
	word = s + 4 + strspn(s + 4, "0123456789");
	return word > s + 4 && word[0] == '_' && word[1] >= 'a' && word[1] <= 'z';
}

/* Casts that passes put before a reader say so in their names. */
static bool
made_for_reader(const struct str *name)
{
	static const char *const marks[] = { "_to_fp16", "_to_fp32", "_to_int16", "_to_uint16",
		"_promoted", NULL };

	for (const char *const *m = marks; *m != NULL; m++)
		if (strstr(name->s, *m) != NULL)
			return true;
	return false;
}

/* Programs are compared with code in TorchScript, whose names have numbers of their
 * own each time they are read, with exported ones, or with whatever has kept its names. */
static void
name_result(struct item *x, enum naming naming)
{
	char buf[NAME_MAX_KEPT], *at;
	const struct str *name = x->n->out[0]->name;
	bool mil = x->dialect == DIALECT_MIL;
	uint32_t n = name->len;

	at = cleaned(buf, name->s, &n);
	if (mil && x->sem == SEM_CAST) { /* named after what they cast */
		x->apart = naming > NAMES_KEPT && made_for_reader(name);
		return;
	}
	if (naming == NAMES_CODE && mil && !kin_layout(x) && is_step(at)) {
		x->made = true;
		return;
	}
	if (naming > NAMES_KEPT && mil && is_counted(at, x->n, true)) {
		x->made = true;
		x->apart = x->sem == SEM_TRANSPOSE; /* by a pass */
		x->weak = naming == NAMES_EXPORTED ? hashed(at, n) : 0;
		return;
	}
	/* the second of a name gets a number more */
	if (naming == NAMES_EXPORTED && mil && n > 2 && strcmp(at + n - 2, "_1") == 0) {
		at[n - 2] = '\0';
		x->weak = is_counted(at, x->n, true) ? hashed(at, n - 2) : 0;
		if (x->weak != 0)
			return;
		at[n - 2] = '_';
	}
	if (naming == NAMES_CODE && x->dialect == DIALECT_ATEN && is_counted(at, x->n, false))
		return;
	if (naming == NAMES_CODE && !says_nothing(at))
		n = cut_number(at, n);
	if (naming == NAMES_OWN && is_counted(at, x->n, true))
		x->weak = hashed(at, n);
	else
		x->names[0] = hashed(at, n);
}

/* PyTorch calls the result of the node of that name so. */
static bool
is_first_output(const struct str *result, const struct str *name)
{
	static const struct word end = WORD("_output_0");

	return result->len == name->len + end.n && result->len < NAME_MAX_KEPT &&
	    memcmp(result->s + name->len, end.s, end.n) == 0 &&
	    memcmp(result->s, name->s, name->len) == 0;
}

void
name_item(struct item *x, enum naming naming)
{
	const struct node *n = x->n;
	uint64_t name;

	if (n->nout > 0 && n->out[0] != NULL)
		name_result(x, naming);
	/* names of nodes mislead in programs, and are those of results in code */
	if (x->dialect == DIALECT_MIL || naming == NAMES_CODE || n->name->len == 0)
		return;
	if (x->names[0] != 0 && is_first_output(n->out[0]->name, n->name))
		name = x->names[0]; /* cleaned they are one */
	else
		name = name_clean(n->name->s, n->name->len);
	if (naming == NAMES_OWN && !name_says(n, n->name))
		x->weak = name;
	else
		x->names[1] = name;
}
