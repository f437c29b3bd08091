/* SPDX-License-Identifier: Apache-2.0 */
/* monkey [-t] KEYS SEED MODEL...: presses random keys at the screen, in this process
 * and without a terminal, so that a build with sanitizers plays thousands a second.
 * One model or two at a time, for some thousand keys: sizes, mouse, counts, prompts,
 * commands, files that change or break while they are shown. After each key the
 * grid must hold what a terminal may be sent, and the cursor must be on it. The keys
 * of a run that ends badly are written to monkey.keys, for mlinspect --keys=@monkey.keys.
 * @FILE instead of models: a list of them, one a line. -t: jobs run in threads, as they
 * do on a terminal; such a run does not repeat. Files are written where it runs. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/slurp.h"
#include "ui/job.h"
#include "ui/key.h"
#include "ui/script.h"
#include "ui/state.h"

enum { EPISODE = 2000, PATIENCE = 120 };

/* What sanitizers bring, where they are built in. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
void __sanitizer_set_death_callback(void (*)(void)) __attribute__((weak));

static struct ui ui;
static struct {
	uint64_t random;
	char *keys;             /* of this episode, as scripts have them */
	size_t nkeys, cap;
	uint64_t pressed, all;
	const char *models[2];
	uint32_t nmodels;
	char **list;
	uint32_t nlist;
	bool threads, bad;
	char copy[2][32];       /* a model that may change while it is shown */
} m;

/* splitmix64 */
static uint64_t
draw_lot(uint64_t below)
{
	uint64_t z = (m.random += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return below > 0 ? (z ^ (z >> 31)) % below : 0;
}

#define ONE_OF(a) ((a)[draw_lot(sizeof (a) / sizeof *(a))])

/* ---- what is left behind when it ends badly ---- */

static void
write_keys(void)
{
	FILE *f = m.keys != NULL ? fopen("monkey.keys", "w") : NULL;

	if (f == NULL)
		return;
	fwrite(m.keys, 1, m.nkeys, f);
	fclose(f);
	fprintf(stderr, "monkey: %" PRIu64 " keys in all; monkey.keys has those of: mlinspect "
	    "--keys=@monkey.keys %s %s\n", m.all, m.models[0],
	    m.nmodels > 1 ? m.models[1] : "");
}

static void
on_alarm(int sig)
{
	(void)sig;
	fprintf(stderr, "monkey: a key takes longer than %d s\n", PATIENCE);
	write_keys();
	signal(SIGABRT, SIG_DFL);
	abort();
}

static void
on_crash(int sig)
{
	write_keys();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
wrong(const char *what)
{
	fprintf(stderr, "monkey: %s\n", what);
	write_keys();
	m.bad = true;
}

/* ---- what holds after each key ---- */

static bool
may_be_sent(uint32_t ch)
{
	return ch >= ' ' && ch != 0x7f && !(ch >= 0x80 && ch < 0xa0) && ch <= 0x10ffff &&
	    !(ch >= 0x202a && ch <= 0x202e) && !(ch >= 0x2066 && ch <= 0x2069) &&
	    !(ch >= 0xd800 && ch <= 0xdfff) && ch != 0x200e && ch != 0x200f;
}

static void
check_grid(void)
{
	const struct grid *g = &ui.grid;

	for (size_t i = 0; i < (size_t)g->w * (size_t)g->h; i++) {
		const struct cell *c = &g->cells[i];

		if ((c->ch != 0 && !may_be_sent(c->ch)) || (c->mark != 0 && !may_be_sent(c->mark)))
			wrong("a character that no terminal should get");
		else if (g->ascii && c->ch > 0x7e)
			wrong("a character that is not ASCII");
		else if (c->style >= ST_COUNT)
			wrong("a style that there is not");
		else
			continue;
		return;
	}
}

static void
check_cursor(void)
{
	const struct pane *p = ui_pane(&ui);
	int h = ui.grid.h - 3 - 2; /* bar, titles, message, keys */

	if (ui.grid.w < 40 || ui.grid.h < 10 || ui_top(&ui)->view->mask != V_ROWS ||
	    ui.joint || ui.stacked || p->graph == NULL)
		return;
	if (p->row < p->top || p->row > p->top + (uint32_t)h + 1)
		wrong("the cursor is not on the screen");
}

/* ---- keys ---- */

static void
note(const char *s)
{
	size_t n = strlen(s);

	if (m.nkeys + n > m.cap) {
		size_t cap = 2 * (m.nkeys + n);
		char *more = realloc(m.keys, cap);

		if (more == NULL)
			exit(99);
		m.keys = more;
		m.cap = cap;
	}
	memcpy(m.keys + m.nkeys, s, n);
	m.nkeys += n;
}

static void
play(const char *s)
{
	size_t n = strlen(s), used;

	note(s);
	while (n > 0) {
		alarm(PATIENCE);
		if (n > 6 && *s == '<' && s[1] != ' ' && memchr(s, ':', n) != NULL) {
			script_keys(&ui, s, n, NULL);
			used = n;
			m.pressed++, m.all++;
		} else {
			ui_key(&ui, key_parse(s, n, &used));
			if (ui.threads)
				ui_collect(&ui);
			m.pressed++, m.all++;
		}
		ui.quit = ui.suspend = false;
		ui_draw(&ui, ui.grid.w, ui.grid.h);
		check_grid();
		check_cursor();
		s += used;
		n -= used;
	}
}

/* Any of the bindings there are; every other time one of motions and folds. */
static void
play_binding(void)
{
	static const enum req costly[] = { REQ_RELOAD, REQ_TARGET, REQ_CONVERT };
	uint32_t i = (uint32_t)draw_lot(ui.keys.n);
	const struct binding_row *b = &ui.keys.list[i];
	char text[BINDING_KEYS * K_NAME] = "", key[K_NAME];

	for (int k = 0; k < 8 && b->request > REQ_DETAIL && draw_lot(2) == 0; k++)
		b = &ui.keys.list[draw_lot(ui.keys.n)];
	for (size_t k = 0; k < sizeof costly / sizeof *costly; k++)
		if (b->request == costly[k] && draw_lot(10) != 0)
			return;
	for (int k = 0; k < BINDING_KEYS && b->keys[k] != 0; k++)
		strcat(text, b->keys[k] == ' ' ? "<Space>" : key_spell(b->keys[k], key));
	if (b->keys[0] != K_CLICK && b->keys[0] != K_DOUBLE)
		play(text);
}

static void
play_words(void)
{
	static const char *const words[] = {
		"/a<Enter>", "/conv<Enter>", "&op=Relu<Enter>", "&op~conv<Enter>", "&<C-u><Enter>",
		"&scope=~<Enter>", ":info<Enter>", ":ops<Enter>", ":3<Enter>", ":lint<Enter>",
		":nosuch<Enter>", ":li<Tab><Tab><Esc>", ":read<Enter>", ":graph 1<Enter>",
		":graph 0<Enter>", ":shapes<Enter>", ":<Up><Up><Enter>", ":map x down<Enter>",
		":unmap x<Enter>", "&problems<Enter>", "&placed=cpu cost>1k<Enter>",
		"&pair!=same<Enter>", "#3<Enter>", ":write-yank y<Enter>", ":ane<Enter>",
		":support<Enter>", ":cost<Enter>", ":tensors<Enter>", ":nodes<Enter>",
		":diff<Enter>", ":explain E1<Enter>", ":export x.dot<Enter>",
		":export x.json<Enter>", ":export x.txt<Enter>", ":set target iOS18<Enter>",
		":set target iOS15<Enter>", ":set precision f32<Enter>", ":op~a<Enter>",
		":node #1<Enter>", ":scan<Enter>", ":<Tab><Tab><Tab><Enter>", ":help<Enter>",
		":e<Tab><Enter>", ":close<Enter>", ":save s<Enter>", ":set columns<Enter>",
		":set mouse on<Enter>", ":script<Enter>", ":command<Enter>", ":rules<Enter>",
		":sort <Enter>", ":sort cost<Enter>", ":sort graph<Enter>", ":dump layout<Enter>",
		":extract e.onnx<Enter>", ":extract! e.onnx op~a<Enter>", "x<Enter>",
		"&(op~a or op~b) and not op=Add<Enter>", "/\xe6\xbc\xa2<Enter>",
		"&op=\xd7\x90<Enter>", "&&<Enter>", ":filter op~r<Enter>", "&<Tab><Tab><Enter>",
		"&<Up><Up><Enter>", ":<C-a><C-e><C-w><C-k><Enter>",
	};

	play(ONE_OF(words));
}

static void
play_size(void)
{
	static const char *const sizes[] = { "40x10", "80x24", "120x40", "300x80", "41x11",
		"99x15", "20x5", "100x30", "60x15", "132x50", "40x80", "300x10", "1x1", "200x60" };
	char text[40];

	snprintf(text, sizeof text, "<size:%s>", ONE_OF(sizes));
	play(text);
}

static void
play_mouse(void)
{
	char text[60];

	snprintf(text, sizeof text, "<%s:%dx%d>", draw_lot(3) == 0 ? "double" : "click",
	    (int)draw_lot((uint64_t)ui.grid.w + 1), (int)draw_lot((uint64_t)ui.grid.h + 1));
	play(text);
}

static void
play_any(void)
{
	static const char *const rare[] = { "\xc3\xa4", "\xe6\xbc\xa2", "\xf0\x9f\x92\xa5",
		"\xcc\x81", "<C-x>", "<Ins>", "<Del>", "<S-Tab>", "<F12>", "<lt>", "\xe2\x80\xae" };
	char c[2] = { (char)(' ' + draw_lot(95)), '\0' };

	play(draw_lot(4) == 0 ? ONE_OF(rare) : *c == '<' ? "<lt>" : c);
}

/* The copy of the model becomes another one, is cut off, or goes. */
static void
change_file(void)
{
	const char *path = m.copy[draw_lot(2)];
	FILE *f;
	size_t n;
	char *text;

	if (*path == '\0')
		return;
	switch (draw_lot(4)) {
	case 0:
		unlink(path);
		break;
	case 1:
		if (truncate(path, (off_t)draw_lot(4000)) != 0)
			break;
		break;
	default:
		text = slurp(m.list[draw_lot(m.nlist)], &n);
		if (text != NULL && n < 200000 && (f = fopen(path, "w")) != NULL)
			fwrite(text, 1, n, f), fclose(f);
		free(text);
	}
	play("r");
}

static void
play_something(void)
{
	uint64_t lot = draw_lot(1000);

	if (lot < 20)
		play_words();
	else if (lot < 30)
		play_size();
	else if (lot < 50)
		play_mouse();
	else if (lot < 100)
		play_any();
	else if (lot < 102)
		change_file();
	else
		play_binding();
}

/* ---- episodes ---- */

/* Small files are copied now and then, so that they can change. */
static void
pick_models(void)
{
	struct stat st;
	size_t n;
	char *text;
	FILE *f;

	m.nmodels = 1 + (draw_lot(3) == 0);
	for (uint32_t i = 0; i < 2; i++) {
		m.models[i] = m.list[draw_lot(m.nlist)];
		*m.copy[i] = '\0';
		if (draw_lot(4) != 0 || stat(m.models[i], &st) != 0 || !S_ISREG(st.st_mode) ||
		    st.st_size > 200000 || (text = slurp(m.models[i], &n)) == NULL)
			continue;
		snprintf(m.copy[i], sizeof m.copy[i], "model%d", (int)i);
		if ((f = fopen(m.copy[i], "w")) != NULL) {
			fwrite(text, 1, n, f);
			fclose(f);
			m.models[i] = m.copy[i];
		}
		free(text);
	}
	if (draw_lot(50) == 0)
		m.nmodels = 0;
}

static void
episode(uint64_t keys)
{
	static char size[] = "--size=120x40", none[] = "--keys=", name[] = "mlinspect",
	    python[] = "--python=/nonexistent";
	char *argv[] = { name, size, none, python, NULL };
	struct options o;

	pick_models();
	m.nkeys = m.pressed = 0;
	if (!options_parse(&o, 4, argv))
		exit(99);
	o.models = m.models;
	o.nmodels = m.nmodels;
	if (!ui_init(&ui, &o))
		exit(99);
	ui.threads = m.threads;
	grid_clear(&ui.grid, o.columns, o.lines);
	ui_start(&ui);
	ui_draw(&ui, ui.grid.w, ui.grid.h);
	while (m.pressed < keys && !m.bad)
		play_something();
	ui_fini(&ui);
	o.models = NULL;
	o.nmodels = 0;
	options_free(&o);
	if (__lsan_do_recoverable_leak_check != NULL && __lsan_do_recoverable_leak_check() != 0)
		wrong("memory was lost");
}

static bool
read_list(const char *path)
{
	size_t n;
	char *text = slurp(path, &n), *line;
	uint32_t cap = 0;

	for (size_t i = 0; text != NULL && i < n; i++)
		cap += text[i] == '\n';
	if (text == NULL || (m.list = calloc(cap + 1, sizeof *m.list)) == NULL)
		return false;
	for (line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		m.list[m.nlist++] = line;
	return m.nlist > 0;
}

int
main(int argc, char **argv)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGABRT };
	uint64_t keys, seed;
	uint32_t n = 0;
	clock_t began = clock();

	if (argc > 1 && strcmp(argv[1], "-t") == 0) {
		m.threads = true;
		argc--, argv++;
	}
	if (argc < 4) {
		fputs("usage: monkey [-t] KEYS SEED MODEL... or @LIST\n", stderr);
		return 99;
	}
	keys = strtoull(argv[1], NULL, 10);
	m.random = seed = strtoull(argv[2], NULL, 10);
	if (*argv[3] != '@') {
		m.list = argv + 3;
		m.nlist = (uint32_t)(argc - 3);
	} else if (!read_list(argv[3] + 1)) {
		fprintf(stderr, "monkey: %s: %s\n", argv[3] + 1, strerror(errno));
		return 99;
	}
	signal(SIGALRM, on_alarm);
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(write_keys);
	else
		for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
			signal(crashes[i], on_crash);
	for (; m.all < keys && !m.bad; n++)
		episode(keys - m.all < EPISODE ? keys - m.all : EPISODE);
	printf("%s %" PRIu64 " keys, seed %" PRIu64 ", %u runs, %.0f s%s\n", m.bad ? "FAILED" : "ok",
	    m.all, seed, (unsigned)n, (double)(clock() - began) / CLOCKS_PER_SEC,
	    m.threads ? ", in threads" : "");
	free(m.keys);
	m.keys = NULL;
	return m.bad;
}
