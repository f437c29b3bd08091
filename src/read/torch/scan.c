/* SPDX-License-Identifier: Apache-2.0 */
/* Containers are told by their content, never by a name. A pickle that breaks is
 * a finding, and what can still be seen behind the break is looked for. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "base/str.h"
#include "read/archive.h"
#include "read/archive_bytes.h"
#include "read/tar.h"
#include "read/torch/pickle.h"
#include "read/torch/scan.h"
#include "read/torch/scan_text.h"
#include "read/torch/torch_object.h"
#include "read/torch/torch_tar.h"

enum { LEVELS = 4, JOINED_MAX = 1000, PLAIN_MAX = 1 << 20, SEEN_MAX = 16 << 20,
	SCRIPT_MAX = 4 << 20 };

struct scanner {
	struct ctx *ctx;
	struct arena *a;         /* of the result */
	struct arena *scratch;   /* of one member */
	struct scan *out;
	unsigned level;
};

static void scan_bytes(struct scanner *, const struct source *, const char *called);

static void
find(struct scanner *s, enum diag_id id, const struct source *src, uint64_t off, const char *what,
    const char *detail)
{
	s->out->findings++;
	diag_add(s->ctx, id, &(struct where){ .loc = { src, off, 0 } }, "%s: %s%s", src->name,
	    what, detail);
}

static struct scan_global *
enter(struct scanner *s, const char *module, const char *name)
{
	char *text = arena_printf(s->scratch, "%s\n%s", module, name);
	uint32_t before = s->out->names.n;
	const struct str *key = str_internz(&s->out->names, text);
	struct scan_global *g;

	if (key->id < before)
		return &s->out->globals[key->id];
	s->out->globals = arena_grow(s->a, s->out->globals, s->out->nglobals,
	    sizeof *s->out->globals);
	g = &s->out->globals[s->out->nglobals++];
	memset(g, 0, sizeof *g);
	g->module = arena_strdup(s->a, module, strlen(module));
	g->name = arena_strdup(s->a, name, strlen(name));
	g->verdict = scan_judge(module, name);
	return g;
}

/* First of its name: said at once, with its place. */
static void
add_global(struct scanner *s, const struct source *src, const char *module, const char *name,
    uint64_t off, bool called)
{
	struct scan_global *g = enter(s, module, name);

	if (g->count++ == 0) {
		g->file = arena_strdup(s->a, src->name, strlen(src->name));
		g->off = off;
		if (g->verdict == SCAN_RUNS_CODE)
			find(s, DIAG_SCAN_CODE, src, off, called ?
			    "loading it with Python calls " : "it names ",
			    arena_printf(s->scratch, "%s.%s", module, name));
		else if (g->verdict == SCAN_UNKNOWN)
			find(s, DIAG_SCAN_UNKNOWN, src, off, called ?
			    "loading it with Python calls or makes " : "it names ",
			    arena_printf(s->scratch, "%s.%s", module, name));
	}
	g->called |= called;
}

/* A class that old files keep beside its source: (class, file, text), in the
 * later ones of these with "module" in front. It is among the names. */
static bool
is_class(const struct pickle_value *call)
{
	const struct pickle_value *callee = call->kind == PK_CALL ? call->v.call->callee : NULL;
	const struct pickle_value *id = callee != NULL && callee->kind == PK_PERSISTENT ?
	    callee->v.id : NULL, *first = pickle_item(id, 0);

	if (first != NULL && first->kind == PK_STR)
		first = pickle_item(id, 1);
	return first != NULL && first->kind == PK_GLOBAL;
}

static void
add_globals(struct scanner *s, const struct source *src, const struct pickle *p)
{
	const struct pickle_value *v;

	for (uint32_t i = 0; i < p->globals.n; i++) {
		v = p->globals.list[i];
		if (v->flags & PICKLE_EXTENSION)
			find(s, DIAG_SCAN_ODD, src, v->off, "a name by its number in a registry "
			    "that is not in the file", "");
		else if (v->flags & PICKLE_COMPUTED)
			find(s, DIAG_SCAN_ODD, src, v->off, "a name that is no text", "");
		else
			add_global(s, src, v->v.global.module, v->v.global.name, v->off,
			    v->flags & (PICKLE_CALLED | PICKLE_BUILT));
	}
	/* the result of a call that is called: getattr and the like stand before */
	for (uint32_t i = 0; i < p->strange.n; i++) {
		if (is_class(p->strange.list[i]))
			continue;
		find(s, DIAG_SCAN_ODD, src, p->strange.list[i]->off, "a call of what is no name, "
		    "such as the result of another call", "");
		break;
	}
}

static bool
is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '_' || c == '.';
}

/* "module\nname\n" at p: lengths of both, or false. */
static bool
two_lines(const unsigned char *p, size_t n, size_t *module, size_t *name)
{
	for (*module = 0; *module < n && is_word(p[*module]); ++*module)
		continue;
	if (*module == 0 || *module >= n || p[*module] != '\n')
		return false;
	for (*name = 0; *module + 1 + *name < n && is_word(p[*module + 1 + *name]); ++*name)
		continue;
	return *name > 0 && *module + 1 + *name < n && p[*module + 1 + *name] == '\n';
}

/* Two short strings one behind the other, as STACK_GLOBAL wants them. */
static bool
two_strings(const unsigned char *p, size_t n, size_t *module, size_t *name, size_t *second)
{
	size_t at;

	if (n < 4 || p[0] != 0x8c || p[1] == 0 || (size_t)p[1] + 4 > n)
		return false;
	*module = p[1];
	at = 2 + *module;
	at += p[at] == 0x94; /* memoised */
	if (at + 2 > n || p[at] != 0x8c || p[at + 1] == 0 || at + 2 + p[at + 1] > n)
		return false;
	*name = p[at + 1];
	*second = at + 2;
	for (size_t i = 0; i < *module; i++)
		if (!is_word(p[2 + i]))
			return false;
	for (size_t i = 0; i < *name; i++)
		if (!is_word(p[*second + i]))
			return false;
	return true;
}

/* Names that can be seen behind the place where a pickle broke: those that are
 * known to run code; anything else there may be chance. */
static void
look_behind(struct scanner *s, const struct source *src, uint64_t from)
{
	uint64_t n = src->size - from < SEEN_MAX ? src->size - from : SEEN_MAX;
	unsigned char *p = arena_try(s->scratch, n, 1);
	size_t module, name, second;
	char *m, *t;
	long got;

	if (p == NULL || (got = source_read(src, from, p, n)) < 4)
		return;
	for (size_t i = 0; i < (size_t)got; i++) {
		if ((p[i] == 'c' || p[i] == 'i') &&
		    two_lines(p + i + 1, (size_t)got - i - 1, &module, &name))
			second = i + 1 + module + 1, m = (char *)p + i + 1;
		else if (p[i] == 0x8c && two_strings(p + i, (size_t)got - i, &module, &name,
		    &second))
			second += i, m = (char *)p + i + 2;
		else
			continue;
		m = arena_strdup(s->scratch, m, module);
		t = arena_strdup(s->scratch, (char *)p + second, name);
		if (scan_judge(m, t) == SCAN_RUNS_CODE)
			add_global(s, src, m, t, from + i, true);
	}
}

/* A pickle in a string or bytes of another one. */
static void
scan_nested(struct scanner *s, const struct source *src, const struct pickle *p)
{
	for (uint32_t i = 0; i < p->nested.n && s->level < LEVELS; i++) {
		const struct pickle_value *v = p->nested.list[i];
		struct source *inner = source_slice(s->scratch, arena_printf(s->scratch,
		    "%s (a pickle in its pickle)", src->name), src, v->v.text.at, v->n);
		uint32_t before = s->out->pickles;

		if (src->member != NULL)
			inner->member = arena_printf(s->scratch, "%s (a pickle in its pickle)",
			    src->member);
		s->level++;
		scan_bytes(s, inner, "");
		s->level--;
		if (s->out->pickles > before)
			find(s, DIAG_SCAN_NESTED, src, v->off, "a pickle that carries another one "
			    "as data, which its names may load", "");
	}
}

static bool
ends(const char *s, const char *with)
{
	size_t n = strlen(s), k = strlen(with);

	return n >= k && strcasecmp(s + n - k, with) == 0;
}

/* Objects of exported programs, which are unpickled by their place, whatever they are.
 * Source: torch/export/pt2_archive/_package.py. */
static bool
is_placed(const char *name)
{
	return strstr(name, "opaque_obj_") != NULL || strstr(name, "custom_obj_") != NULL ||
	    strstr(name, "sample_inputs/") != NULL;
}

/* Names under which loaders look for pickles. */
static bool
is_pickle_name(const char *name)
{
	static const char *const known[] = { ".pkl", ".pickle", ".debug_pkl", ".pt", ".pth", ".bin",
	    ".ckpt", ".p", ".joblib", ".dat", ".npy" };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (ends(name, known[i]))
			return true;
	return *name == '\0' || is_placed(name);
}

/* The first pickle of PyTorch before 1.6: then come four more, and storages. */
static bool
is_legacy_magic(const struct pickle *p)
{
	return p->root != NULL && p->root->kind == PK_BIG && p->root->n == 10 &&
	    p->root->v.text.s != NULL &&
	    memcmp(p->root->v.text.s, "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10) == 0;
}

static bool
begins_pickle(const struct source *src, uint64_t at)
{
	unsigned char b[2];

	return source_read(src, at, b, 2) == 2 && b[0] == 0x80 && b[1] >= 2 && b[1] <= 5;
}

static void
judge_end(struct scanner *s, const struct source *src, const struct pickle *p, unsigned count,
    bool legacy)
{
	if (p->problem != NULL) {
		find(s, DIAG_SCAN_BROKEN, src, p->problem_at, p->problem, p->stopped ? "" :
		    "; what stands behind it was searched for names alone");
		if (!p->stopped)
			look_behind(s, src, p->end);
	} else if (p->end < src->size && !(legacy && count >= 5)) {
		find(s, DIAG_SCAN_TRAILING, src, p->end, "bytes follow the end of the pickle", "");
		look_behind(s, src, p->end);
	}
}

/* Pickles one behind the other: some loaders read them all. */
static void
scan_pickles(struct scanner *s, const struct source *src, const char *called)
{
	struct pickle p;
	uint64_t at = 0;
	bool legacy = false;
	unsigned n = 0;

	do {
		pickle_read(s->ctx, s->scratch, s->scratch, src, at, &p);
		/* two bytes may be chance: numbers of a tensor */
		if (n == 0 && !p.stopped && p.globals.n == 0 && !is_pickle_name(called))
			return;
		s->out->pickles++;
		legacy |= n++ == 0 && is_legacy_magic(&p);
		if (n == 2 && !legacy)
			find(s, DIAG_SCAN_TRAILING, src, at,
			    "another pickle follows the first", "");
		add_globals(s, src, &p);
		scan_nested(s, src, &p);
		at = p.end;
	} while (p.stopped && n < JOINED_MAX && begins_pickle(src, at) && (!legacy || n < 5));
	judge_end(s, src, &p, n, legacy);
}

/* Bytes that a pickle without PROTO, which no loader insists on, can begin with. */
static const char openings[] = "(]})cNIKJMFSVUXLTGBCi\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d"
    "\x8e\x8f\x95\x96";

/* Does what was decoded of it, up to a flaw, run code? */
static bool
has_code(const struct pickle *p)
{
	for (uint32_t i = 0; i < p->globals.n; i++) {
		const struct pickle_value *v = p->globals.list[i];

		if (!(v->flags & (PICKLE_EXTENSION | PICKLE_COMPUTED)) && scan_judge(
		    v->v.global.module, v->v.global.name) == SCAN_RUNS_CODE)
			return true;
	}
	return false;
}

/* Pickles without a mark of their own: what decodes without a flaw, and asks for a name,
 * is one; so is what runs code before its flaw. Where nothing but pickles stands all of it
 * is searched. */
static void
scan_plain(struct scanner *s, const struct source *src, const char *called)
{
	bool named = is_pickle_name(called), sound;
	struct pickle p;
	unsigned char b;

	if (source_read(src, 0, &b, 1) != 1 || (!named && (src->size > PLAIN_MAX ||
	    b == '\0' || strchr(openings, b) == NULL)))
		return;
	pickle_read(s->ctx, s->scratch, s->scratch, src, 0, &p);
	sound = p.stopped && p.globals.n > 0 && (p.problem == NULL || p.end == src->size);
	if (sound || has_code(&p)) {
		s->out->pickles++;
		add_globals(s, src, &p);
		scan_nested(s, src, &p);
		judge_end(s, src, &p, 1, false);
	} else if (is_placed(called) || ends(*called != '\0' ? called : src->name, ".pkl")) {
		look_behind(s, src, 0);
	}
}

static const struct magic { size_t at; const char *bytes; size_t n; bool native; } magics[] = {
	{ 0, "\x7f" "ELF", 4, true }, { 0, "MZ", 2, true },
	{ 0, "\xcf\xfa\xed\xfe", 4, true }, { 0, "\xca\xfe\xba\xbe", 4, true },
	{ 0, "7z\xbc\xaf\x27\x1c", 6, false }, { 0, "\xfd" "7zXZ", 5, false },
	{ 0, "\x1f\x8b\x08", 3, false }, { 0, "BZh", 3, false }, { 0, "Rar!", 4, false },
	{ 0, "\x28\xb5\x2f\xfd", 4, false }
};

static const char *
read_script(struct scanner *s, const struct source *src)
{
	uint64_t n = src->size < SCRIPT_MAX ? src->size : SCRIPT_MAX;
	char *text = arena_try(s->scratch, n + 1, 1);
	long got = text == NULL ? -1 : source_read(src, 0, text, n);

	if (got < 0)
		return "";
	for (long i = 0; i < got; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	text[got] = '\0';
	return text;
}

/* TorchScript's code can do little, but torch.jit.load runs __setstate__, and freezing
 * what is constant. */
static void
scan_code(struct scanner *s, const struct source *src)
{
	uint64_t at;
	const char *name = scan_torchscript(read_script(s, src), &at);

	if (name != NULL)
		find(s, DIAG_SCAN_FILES, src, at, "code that can be run when it is loaded calls ",
		    name);
}

/* Sizes of exported programs are texts, which torch evaluates. */
static void
scan_json(struct scanner *s, const struct source *src)
{
	const char *text;
	uint64_t at;

	if (!scan_sizes(s->scratch, src, &at, &text))
		find(s, DIAG_SCAN_SIZE, src, at, "a size that is evaluated as Python: ",
		    arena_printf(s->scratch, "%.80s", text));
}

/* Python that somebody's loader runs: torch.package does. */
static void
scan_script(struct scanner *s, const struct source *src)
{
	static const char *const words[] = { "eval(", "exec(", "__import__", "os.system",
	    "subprocess", "socket", "ctypes", "compile(", "base64", "urllib", "requests.",
	    "marshal", "pickle.loads" };
	const char *text = read_script(s, src);

	s->out->scripts++;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const char *p = strstr(text, words[i]);

		if (p != NULL) {
			find(s, DIAG_SCAN_SCRIPT, src, (uint64_t)(p - text),
			    "Python code that is run when the package is loaded has ", words[i]);
			return;
		}
	}
}

static bool
scan_magic(struct scanner *s, const struct source *src, const unsigned char *b, size_t n)
{
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		if (magics[i].at + magics[i].n > n ||
		    memcmp(b + magics[i].at, magics[i].bytes, magics[i].n) != 0)
			continue;
		if (magics[i].native) {
			s->out->native++;
			find(s, DIAG_SCAN_NATIVE, src, 0, "machine code", "");
		} else {
			find(s, DIAG_SCAN_PACKED, src, 0,
			    "an archive that was not looked into", "");
		}
		return true;
	}
	return false;
}

/* Members of the archive that are code or may hide some: all are looked at by
 * their first bytes; of packed ones those that are not too large. */
static void
scan_member(struct scanner *s, struct archive *z, struct archive_entry *e, bool constants,
    bool script)
{
	const char *base = archive_base(z, e);
	uint32_t before = s->out->pickles;
	struct source *src;

	s->out->members++;
	if (e->flags & (ENTRY_FOLDER | ENTRY_BAD) || e->size == 0)
		return;
	if ((src = archive_source(z, e, s->scratch)) == NULL)
		return;
	if (ends(base, ".py") && constants)
		scan_code(s, src);
	if (ends(base, ".py") && !script) {
		scan_script(s, src);
		return;
	}
	scan_bytes(s, src, base);
	if (s->out->pickles > before)
		archive_verify(z, e, UINT64_C(1) << 28);
}

/* Each member begins with an empty scratch arena, but for archives in archives,
 * which live there. */
static void
scan_archive(struct scanner *s, const struct source *src)
{
	struct arena *a = s->level == 0 ? s->a : s->scratch;
	struct archive *z = archive_open(s->ctx, a, src);
	bool constants, script;

	s->out->archives++;
	if (z == NULL)
		return;
	/* of a package the code is Python's, of an archive with constants TorchScript's */
	constants = archive_record(z, "constants.pkl") != NULL;
	script = constants && archive_record(z, ".data/extern_modules") == NULL;
	s->level++;
	for (uint32_t i = 0; i < z->n; i++) {
		scan_member(s, z, &z->entries[i], constants, script);
		if (s->level == 1) {
			arena_free(s->scratch);
			arena_init(s->scratch, s->ctx);
		}
	}
	s->level--;
}

/* Headers of 512 bytes with a name and a size in octal. */
static void
add_pickle(void *arg, const struct source *src, const struct pickle *p)
{
	struct scanner *s = arg;

	s->out->pickles++;
	add_globals(s, src, p);
	scan_nested(s, src, p);
	if (p->problem != NULL)
		find(s, DIAG_SCAN_BROKEN, src, p->problem_at, p->problem, "");
}

static void
add_rest(void *arg, const struct source *src, uint64_t at)
{
	struct scanner *s = arg;

	find(s, DIAG_SCAN_TRAILING, src, at, "bytes follow the end of the pickle", "");
	look_behind(s, src, at);
}

/* Pickles with numbers between them. */
static void
scan_torch_tar(struct scanner *s, const struct source *src)
{
	const struct torch_tar from = { src, add_pickle, add_rest, s };
	struct torch_object unused;

	memset(&unused, 0, sizeof unused);
	torch_tar_read(&unused, s->ctx, s->scratch, s->scratch, &from);
}

static void
scan_tar(struct scanner *s, const struct source *src)
{
	bool torch = torch_tar_is(src);
	struct torch_tar_parts parts;
	struct tar t = { .src = src };
	struct source *member;
	struct tar_member m;

	s->out->archives++;
	s->level++;
	torch_tar_find(src, &parts);
	if (torch)
		scan_torch_tar(s, src);
	while (tar_next(&t, &m)) {
		s->out->members++;
		if (torch && torch_tar_part(&parts, &m))
			continue;
		member = source_slice(s->scratch, arena_printf(s->scratch, "%s:%s", src->name,
		    m.name), src, m.off, m.size);
		member->member = arena_printf(s->scratch, "%s%s%s", src->member != NULL ?
		    src->member : "", src->member != NULL ? ":" : "", m.name);
		scan_bytes(s, member, member->member + strlen(member->member) - strlen(m.name));
	}
	if (t.problem != NULL)
		find(s, DIAG_SCAN_TAR, src, t.problem_at, t.problem,
		    "; what Python reads there or behind it was not seen");
	s->level--;
}

/* An array of NumPy, whose elements are a pickle behind its header when they are
 * objects. Source: numpy.lib.format. */
static bool
scan_array(struct scanner *s, const struct source *src, const unsigned char *b, size_t n)
{
	struct source *inner;
	uint64_t at;

	if (n < 12 || memcmp(b, "\x93NUMPY", 6) != 0)
		return false;
	at = b[6] > 1 ? 12 + (uint64_t)get32(b + 8) : 10 + (uint64_t)get16(b + 8);
	if (at >= src->size || !begins_pickle(src, at))
		return true;
	inner = source_slice(s->scratch, src->name, src, at, src->size - at);
	inner->member = src->member;
	scan_pickles(s, inner, "elements");
	return true;
}

/* called: the name of a member, or "" for what the user names. */
static void
scan_bytes(struct scanner *s, const struct source *src, const char *called)
{
	unsigned char b[512];
	long n = source_read(src, 0, b, sizeof b);
	uint32_t before = s->out->pickles;

	if (n < 2)
		return;
	if (ends(called, ".json") || b[0] == '{')
		scan_json(s, src);
	if (archive_is(src)) {
		if (s->level < LEVELS)
			scan_archive(s, src);
		else
			find(s, DIAG_SCAN_PACKED, src, 0, "an archive too deep to look into", "");
		/* loaders that go by the first bytes, or by the place, see a pickle */
		if (is_pickle_name(called) && (n < 4 || memcmp(b, "PK\3\4", 4) != 0))
			scan_plain(s, src, called);
	} else if (tar_is(src) && s->level < LEVELS) {
		scan_tar(s, src);
	} else if (begins_pickle(src, 0)) {
		scan_pickles(s, src, called);
	} else if (!scan_array(s, src, b, (size_t)n) && !scan_magic(s, src, b, (size_t)n)) {
		scan_plain(s, src, called);
	}
	if (s->out->pickles > before && !is_pickle_name(called))
		find(s, DIAG_SCAN_HIDDEN, src, 0,
		    "a pickle under a name that is none of pickles", "");
}

void
scan_source(struct ctx *ctx, struct arena *a, struct arena *scratch, const struct source *src,
    struct scan *out)
{
	struct scanner s = { .ctx = ctx, .a = a, .scratch = scratch, .out = out };

	memset(out, 0, sizeof *out);
	strtab_init(&out->names, a);
	scan_bytes(&s, src, "");
}

void
scan_fini(struct scan *out)
{
	strtab_free(&out->names);
}
