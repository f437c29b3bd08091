/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that are run: symbolic sizes of exported programs, which torch gives to
 * sympify, that is to eval of Python; and code of TorchScript, which reads and writes
 * files where it says so. Sources: torch/_export/serde/serialize.py,
 * _parse_sym_expr; aten::from_file, aten::save. */
#include <string.h>

#include "base/arena.h"
#include "base/source.h"
#include "read/torch/scan_text.h"

/* Functions of sizes: SymPy's, and those of torch.utils._sympy.functions. */
static const char *const functions[] = {
	"Symbol", "Dummy", "Integer", "Float", "Rational", "Add", "Mul", "Pow", "Min", "Max", "Mod",
	"Eq", "Ne", "Equality", "Unequality", "GreaterThan", "StrictGreaterThan", "LessThan",
	"StrictLessThan", "Gt", "Ge", "Lt", "Le", "And", "Or", "Not", "Xor", "ITE", "Abs", "sign",
	"floor", "ceiling", "Piecewise", "ExprCondPair", "sqrt", "cbrt", "exp", "log", "sin", "cos",
	"tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "FloorDiv", "TrueDiv",
	"ModularIndexing", "Where", "PythonMod", "CleanDiv", "CeilToInt", "FloorToInt", "CeilDiv",
	"LShift", "RShift", "PowByNatural", "FloatPow", "FloatTrueDiv", "IntTrueDiv",
	"IsNonOverlappingAndDenseIndicator", "TruncToFloat", "TruncToInt", "RoundToInt",
	"RoundDecimal", "ToFloat", "Identity"
};
enum { QUOTING = 4 }; /* the first of them have a text as their operand */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *
after_blanks(const char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

static const char *
after_word(const char *s)
{
	while (is_letter(*s) || is_digit(*s))
		s++;
	return s;
}

/* Number of the function that is called, or -1; OpaqueUnaryFn_sqrt and the like too. */
static int
function_of(const char *s, size_t n)
{
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (strlen(functions[i]) == n && memcmp(functions[i], s, n) == 0)
			return (int)i;
	return (n > 14 && memcmp(s, "OpaqueUnaryFn_", 14) == 0) ||
	    (n > 10 && memcmp(s, "BitwiseFn_", 10) == 0) ? QUOTING : -1;
}

/* A name, alone or called: a function of sizes, whose text has no more than a name. The
 * end of it; NULL: it is something else. */
static const char *
past_name(const char *s)
{
	const char *end = after_word(s), *next = after_blanks(end), *text;
	int f;

	for (text = s; text + 1 < end; text++)
		if (text[0] == '_' && text[1] == '_')
			return NULL;
	if (*next == '.' || *next == '\'' || *next == '"')
		return NULL; /* an attribute; a text with a prefix */
	if (*next != '(')
		return end;
	if ((f = function_of(s, (size_t)(end - s))) < 0)
		return NULL;
	next = after_blanks(next + 1);
	if (*next != '\'' && *next != '"')
		return next;
	for (text = next + 1; is_letter(*text) || is_digit(*text) || strchr(".+-", *text) != NULL;)
		if (*text++ == '\0')
			return NULL;
	return f < QUOTING && *text == *next ? text + 1 : NULL;
}

bool
scan_is_size(const char *s)
{
	while (*s != '\0') {
		if (is_letter(*s)) {
			if ((s = past_name(s)) == NULL)
				return false;
		} else if (is_digit(*s) || *s == '.') {
			while (is_digit(*s) || *s == '.')
				s++;
			if ((*s == 'e' || *s == 'E') && (is_digit(s[1]) ||
			    (s[1] != '\0' && strchr("+-", s[1]) != NULL && is_digit(s[2]))))
				s += 2;
			if (is_letter(*s))
				return false;
		} else if (*s == ')') {
			s = after_blanks(s + 1);
			if (*s == '.' || *s == '(')
				return false; /* of a result: an attribute, a call */
		} else if (is_blank(*s) || strchr("+-*/%<>=!&|~^(,", *s) != NULL) {
			s++;
		} else {
			return false;
		}
	}
	return true;
}

/* Bytes of a source one behind the other. */
struct bytes { struct window w; uint64_t at; const unsigned char *p; size_t n; };

static int
ahead(struct bytes *b)
{
	enum { STEP = 4096 };

	if (b->n == 0) {
		uint64_t left = b->w.src->size - b->at;

		b->n = left < STEP ? (size_t)left : STEP;
		if (b->n == 0 || (b->p = window_at(&b->w, b->at, b->n)) == NULL)
			return b->n = 0, -1;
	}
	return *b->p;
}

static void
step(struct bytes *b)
{
	b->p++;
	b->n--;
	b->at++;
}

/* Four digits of \u; what is no ASCII is '?', which no size has. */
static char
unicode(struct bytes *b)
{
	unsigned v = 0;
	int c;

	for (int i = 0; i < 4 && (c = ahead(b)) >= 0 && c != '"'; i++, step(b))
		v = v * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	return v > 0 && v < 0x80 ? (char)v : '?';
}

/* The text behind a quote, of which as much is kept as there is room for: what is
 * longer is cut. */
static void
read_text(struct bytes *b, char *to, size_t room)
{
	static const char from[] = "ntrbf", into[] = "\n\t\r\b\f";
	size_t n = 0;
	char c;

	for (step(b); ahead(b) >= 0 && ahead(b) != '"';) {
		c = (char)ahead(b);
		step(b);
		if (c == '\\' && ahead(b) >= 0) {
			const char *at = strchr(from, ahead(b));

			c = at != NULL && *at != '\0' ? into[at - from] : (char)ahead(b);
			step(b);
			if (c == 'u' && at == NULL)
				c = unicode(b);
		}
		if (n + 1 < room)
			to[n++] = c == '\0' ? '?' : c;
	}
	to[n] = '\0';
	if (ahead(b) == '"')
		step(b);
}

static int
ahead_of_blanks(struct bytes *b)
{
	while (ahead(b) >= 0 && is_blank((char)ahead(b)))
		step(b);
	return ahead(b);
}

bool
scan_sizes(struct arena *a, const struct source *src, uint64_t *at, const char **text)
{
	enum { ROOM = 1 << 16 };
	struct bytes b = { .at = 0 };
	char *s = arena_alloc(a, ROOM);
	bool size = false;

	window_init(&b.w, src, a, 1 << 16);
	for (;;) {
		int c = ahead_of_blanks(&b);

		if (c < 0)
			return true;
		*at = b.at;
		if (c != '"') {
			size = size && c == ':';
			step(&b);
			continue;
		}
		read_text(&b, s, ROOM);
		if (size && (strlen(s) + 1 == ROOM || !scan_is_size(s))) {
			*text = s;
			return false;
		}
		size = !size && strcmp(s, "expr_str") == 0;
	}
}

/* Start of the word that a dot before s follows, with *n bytes; NULL: there is none. */
static const char *
owner(const char *text, const char *s, size_t *n)
{
	const char *end;

	while (s > text && is_blank(s[-1]))
		s--;
	if (s == text || *--s != '.')
		return NULL;
	while (s > text && is_blank(s[-1]))
		s--;
	for (end = s; s > text && (is_letter(s[-1]) || is_digit(s[-1]));)
		s--;
	*n = (size_t)(end - s);
	return s;
}

/* Is a function of that name called there, of torch or of ops.NAMESPACE? */
static bool
calls(const char *text, const char *at, const char *name)
{
	const char *after = at + strlen(name), *s;
	size_t n;

	if (is_letter(*after) || is_digit(*after) || *after_blanks(after) != '(' ||
	    (s = owner(text, at, &n)) == NULL)
		return false;
	if (n == 5 && memcmp(s, "torch", n) == 0)
		return true;
	return (s = owner(text, s, &n)) != NULL && n == 3 && memcmp(s, "ops", n) == 0;
}

const char *
scan_torchscript(const char *text, uint64_t *at)
{
	static const char *const names[] = { "from_file", "save", "write_file", "read_file" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (const char *s = text; (s = strstr(s, names[i])) != NULL; s++)
			if (calls(text, s, names[i])) {
				*at = (uint64_t)(s - text);
				return names[i];
			}
	return NULL;
}
