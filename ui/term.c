/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal: the only file that knows curses. Whatever way the program
 * ends, the terminal is as it was: leaving, signals, a crash of ours. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "cmd/command.h"
#include "ui/config.h"
#include "ui/convert.h"
#include "ui/job.h"
#include "ui/key.h"
#include "ui/state.h"
#include "ui/ui.h"
#include "ui/yank.h"

/* last: term.h makes macros of short words such as lines and columns */
#include <curses.h>
#include <term.h>

/* For the signal handlers: what brings the terminal back. */
static char restore[512];
static size_t nrestore;
static struct termios before;
static volatile sig_atomic_t ended; /* by this signal */
static volatile sig_atomic_t stop_asked;
static bool marks_paste;            /* the terminal says what was pasted */
static int awake = -1;              /* a byte here ends the loop's wait */

static const int enders[] = {
	SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU
};
static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
enum { ENDERS = sizeof enders / sizeof *enders, CRASHES = sizeof crashes / sizeof *crashes };
static struct sigaction old_enders[ENDERS], old_crashes[CRASHES], old_size,
    old_stop;

/* Also when the signal comes between a look at what it sets and the wait. */
static void
wake_up(void)
{
	int e = errno;

	if (write(awake, "", 1) < 0)
		errno = e; /* the pipe is full: there is no wait */
}

static void
on_end(int sig)
{
	ended = sig;
	wake_up();
}

static void
on_stop(int sig)
{
	(void)sig;
	stop_asked = 1;
	wake_up();
}

/* Before curses starts, which leaves the signal alone then; its own handler is off while
 * it draws, so that a stop asked for at such a moment is lost. */
static void
catch_stop(void)
{
	struct sigaction act;

	memset(&act, 0, sizeof act);
	act.sa_handler = on_stop;
	act.sa_flags = SA_RESTART;
	sigaction(SIGTSTP, &act, &old_stop);
}

static void
on_size(int sig)
{
	if (old_size.sa_handler != SIG_DFL && old_size.sa_handler != SIG_IGN)
		old_size.sa_handler(sig);
	wake_up();
}

/* Only calls that a handler may make. */
static void
on_crash(int sig)
{
	static const char words[] = "mlinspect: crashed; this is a bug of the program\n";

	if (write(1, restore, nrestore) < 0 || tcsetattr(0, TCSANOW, &before) < 0 ||
	    write(2, words, sizeof words - 1) < 0)
		nrestore = 0;
	for (int i = 0; i < CRASHES; i++)
		if (crashes[i] == sig)
			sigaction(sig, &old_crashes[i], NULL);
	raise(sig);
}

static void
catch_signals(void)
{
	struct sigaction act;

	memset(&act, 0, sizeof act);
	act.sa_handler = on_end;
	for (int i = 0; i < ENDERS; i++)
		sigaction(enders[i], &act, &old_enders[i]);
	act.sa_handler = on_crash;
	for (int i = 0; i < CRASHES; i++)
		sigaction(crashes[i], &act, &old_crashes[i]);
	act.sa_handler = on_size;
	act.sa_flags = SA_RESTART;
	sigaction(SIGWINCH, &act, &old_size);
}

static void
release_signals(void)
{
	for (int i = 0; i < ENDERS; i++)
		sigaction(enders[i], &old_enders[i], NULL);
	for (int i = 0; i < CRASHES; i++)
		sigaction(crashes[i], &old_crashes[i], NULL);
	sigaction(SIGWINCH, &old_size, NULL);
	sigaction(SIGTSTP, &old_stop, NULL);
}

/* On terminals without a second screen the line that the shell goes on in is emptied. */
static void
leave_screen(void)
{
	const char *back = tigetstr("rmcup");

	if (back == NULL || back == (char *)-1) {
		move(LINES - 1, 0);
		clrtoeol();
		refresh();
	}
	endwin();
}

static void
add_restore(const char *s)
{
	size_t n = s != NULL && s != (char *)-1 ? strlen(s) : 0;

	/* padding such as $<5> is for terminals of another time: left out */
	for (size_t i = 0; i < n && nrestore < sizeof restore; i++) {
		if (s[i] == '$' && s[i + 1] == '<')
			i += strcspn(s + i, ">");
		else
			restore[nrestore++] = s[i];
	}
}

static void
remember_restore(void)
{
	static char names[][6] = { "sgr0", "rmkx", "cnorm", "rmcup" };

	nrestore = 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		add_restore(tigetstr(names[i]));
	if (marks_paste)
		add_restore("\033[?2004l\033[?1006l\033[?1000l");
	add_restore("\r\n");
}

/* Terminals that know a mouse know this as well: text that is pasted comes between two
 * marks, so that its lines are not taken for keys. */
enum { PASTE_STARTS = KEY_MAX + 1, PASTE_ENDS };

static void
ask_paste(bool on)
{
	if (!marks_paste)
		return;
	fputs(on ? "\033[?2004h" : "\033[?2004l", stdout);
	fflush(stdout);
}

static void
find_paste(void)
{
	static char mouse[] = "kmous";
	const char *s = tigetstr(mouse);

	marks_paste = s != NULL && s != (const char *)-1 &&
	    define_key("\033[200~", PASTE_STARTS) == OK &&
	    define_key("\033[201~", PASTE_ENDS) == OK;
}

/* ---- colours ---- */

static bool
wants_colour(const struct options *o)
{
	const char *no = getenv("NO_COLOR");

	if (o->color != NULL && strcmp(o->color, "always") == 0)
		return has_colors();
	if (o->color != NULL && strcmp(o->color, "never") == 0)
		return false;
	return (no == NULL || *no == '\0') && has_colors();
}

static void
make_pairs(void)
{
	start_color();
	use_default_colors();
	for (int i = 0; i < ST_COUNT; i++) {
		init_extended_pair(i + 1, style_colour((enum style)i, COLORS), -1);
	}
}

static attr_t
attributes(const struct cell *c, bool colour)
{
	unsigned looks = cell_looks(c, colour ? COLORS : 0);
	attr_t a = A_NORMAL;

	if (looks & LOOK_BOLD)
		a |= A_BOLD;
	if (looks & LOOK_DIM)
		a |= A_DIM;
	if (looks & LOOK_UNDERLINE)
		a |= A_UNDERLINE;
	if (looks & LOOK_REVERSE)
		a |= A_REVERSE;
	return a;
}

static void
paint(struct ui *ui, bool colour)
{
	const struct grid *g = &ui->grid;

	for (int y = 0; y < g->h && y < LINES; y++) {
		for (int x = 0; x < g->w && x < COLS; x++) {
			const struct cell *c = &g->cells[(size_t)y * (size_t)g->w + (size_t)x];
			wchar_t text[3] = { (wchar_t)c->ch, (wchar_t)c->mark, 0 };
			int pair = colour ? c->style + 1 : 0;
			cchar_t cc;

			if (c->ch == 0)
				continue;
			if (setcchar(&cc, text, attributes(c, colour), 0, &pair) == OK)
				mvadd_wch(y, x, &cc);
		}
	}
	curs_set(g->cx >= 0);
	if (g->cx >= 0)
		move(g->cy, g->cx);
	if (ui->redraw)
		clearok(stdscr, TRUE);
	ui->redraw = false;
	refresh();
}

/* ---- keys ---- */

static const struct { int code; uint32_t key; } codes[] = {
	{ KEY_UP, K_UP }, { KEY_DOWN, K_DOWN }, { KEY_LEFT, K_LEFT }, { KEY_RIGHT, K_RIGHT },
	{ KEY_PPAGE, K_PGUP }, { KEY_NPAGE, K_PGDN }, { KEY_HOME, K_HOME }, { KEY_END, K_END },
	{ KEY_DC, K_DELETE }, { KEY_IC, K_INSERT }, { KEY_BACKSPACE, K_BACKSPACE },
	{ KEY_ENTER, K_ENTER }, { KEY_BTAB, K_BACKTAB },
	{ KEY_SUSPEND, 'Z' - '@' }, /* of TERM=linux: it is ^Z there */
};

static uint32_t
mouse_key(struct ui *ui)
{
	MEVENT e;

	if (getmouse(&e) != OK)
		return K_NONE;
	ui->click_y = e.y;
	ui->click_x = e.x;
	if (e.bstate & BUTTON4_PRESSED)
		return K_WHEEL_UP;
#ifdef BUTTON5_PRESSED
	if (e.bstate & BUTTON5_PRESSED)
		return K_WHEEL_DOWN;
#endif
	if (e.bstate & BUTTON1_DOUBLE_CLICKED)
		return K_DOUBLE;
	return e.bstate & (BUTTON1_CLICKED | BUTTON1_PRESSED) ? K_CLICK : K_NONE;
}

/* The next key that is there, false: none. */
static bool
next_key(struct ui *ui, uint32_t *key)
{
	wint_t c;
	int got = get_wch(&c);

	*key = K_NONE;
	if (got == ERR)
		return false;
	if (got != KEY_CODE_YES) {
		*key = c == '\n' ? K_ENTER : c == 8 ? K_BACKSPACE : (uint32_t)c;
		return true;
	}
	if (c == PASTE_STARTS || c == PASTE_ENDS)
		ui->pasting = c == PASTE_STARTS;
	if (c == KEY_MOUSE)
		*key = mouse_key(ui);
	else if (c >= KEY_F(1) && c <= KEY_F(12))
		*key = K_FN1 + (uint32_t)(c - KEY_F(1));
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if ((wint_t)codes[i].code == c)
			*key = codes[i].key;
	return true;
}

static void
suspend(struct ui *ui)
{
	struct sigaction ours;

	ui->suspend = false;
	stop_asked = 0;
	ask_paste(false);
	leave_screen();
	sigaction(SIGTSTP, &old_stop, &ours);
	raise(SIGTSTP);
	sigaction(SIGTSTP, &ours, NULL);
	def_shell_mode();
	ui->redraw = true;
	refresh();
	ask_paste(true);
}

/* What is pasted goes into the line at the bottom, or nowhere. */
static void
paste_key(struct ui *ui, uint32_t key)
{
	if (ui->prompt.kind == PROMPT_NONE)
		ui_say(ui, ST_WARN, "pasted text goes into a line of : / or &");
	else
		ui_key(ui, key < ' ' || key >= K_FIRST ? ' ' : key);
}

static void
send_clipboard(struct ui *ui)
{
	struct sink out;

	sink_init(&out, 1);
	yank_osc52(&out, ui->osc, ui->yanked.n);
	sink_fini(&out);
	ui->osc = NULL;
}

static void
after_key(struct ui *ui, bool *mouse)
{
	if (ui->suspend)
		suspend(ui);
	if (ui->osc != NULL)
		send_clipboard(ui);
	if (ui->mouse != *mouse) {
		*mouse = ui->mouse;
		mousemask(ui->mouse ? BUTTON1_CLICKED | BUTTON1_PRESSED | BUTTON1_DOUBLE_CLICKED |
		    BUTTON4_PRESSED
#ifdef BUTTON5_PRESSED
		    | BUTTON5_PRESSED
#endif
		    : 0, NULL);
	}
}

static void
check_files(struct ui *ui)
{
	for (struct doc *d = ui->docs; d != NULL; d = d->next)
		doc_changed(d);
}

static void
loop(struct ui *ui, int wake, bool colour)
{
	struct pollfd fds[2] = { { .fd = 0, .events = POLLIN }, { .fd = wake, .events = POLLIN } };
	bool mouse = false;
	uint32_t key;
	char bytes[64];

	while (!ui->quit && !ended) {
		ui_draw(ui, COLS, LINES);
		paint(ui, colour);
		if (poll(fds, 2, jobs_running(ui) > 0 ? 250 : 2000) < 0 && errno != EINTR)
			break;
		if (fds[0].revents & (POLLHUP | POLLERR) && !(fds[0].revents & POLLIN))
			break;
		while (read(wake, bytes, sizeof bytes) > 0)
			continue;
		ui_collect(ui);
		check_files(ui);
		for (int i = 0; i < 200 && !ui->quit && !ended && next_key(ui, &key); i++) {
			if (ui->pasting && key != K_NONE)
				paste_key(ui, key);
			else
				ui_key(ui, key);
			after_key(ui, &mouse);
		}
		if (stop_asked)
			suspend(ui);
	}
}

bool
ui_possible(void)
{
	const char *term = getenv("TERM");

	return isatty(0) && isatty(1) && term != NULL && *term != '\0' &&
	    strcmp(term, "dumb") != 0;
}

/* A pipe that neither blocks nor goes to children. */
static bool
make_pipe(int fds[2])
{
	if (pipe(fds) != 0)
		return false;
	for (int i = 0; i < 2; i++) {
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
		fcntl(fds[i], F_SETFL, O_NONBLOCK);
	}
	return true;
}

static bool
start_screen(void)
{
	setlocale(LC_CTYPE, "");
	tcgetattr(0, &before);
	catch_stop();
	if (newterm(NULL, stdout, stdin) == NULL) {
		sigaction(SIGTSTP, &old_stop, NULL);
		return false;
	}
	set_escdelay(25);
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	find_paste();
	remember_restore();
	catch_signals();
	ask_paste(true);
	return true;
}

int
ui_run(const struct options *o)
{
	static struct ui ui;
	bool colour;
	int fds[2];

	if (!ui_init(&ui, o) || !make_pipe(fds)) {
		ui_fini(&ui);
		return EXIT_TOOL;
	}
	awake = fds[1];
	if (!start_screen()) {
		ui_fini(&ui);
		return -1;
	}
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		ui.grid.ascii = true;
	if ((colour = wants_colour(o)))
		make_pairs();
	ui.wake = fds[1];
	ui.threads = true;
	ui_start(&ui);
	config_read(&ui, NULL); /* what it asks for needs a view */
	loop(&ui, fds[0], colour);
	ask_paste(false);
	leave_screen();
	convert_leave(&ui);
	release_signals();
	if (ended)
		raise(ended);
	/* threads may still read a model: the system takes it all */
	if (jobs_running(&ui) > 0)
		_exit(EXIT_CLEAN);
	ui_fini(&ui);
	close(fds[0]);
	close(fds[1]);
	return EXIT_CLEAN;
}
