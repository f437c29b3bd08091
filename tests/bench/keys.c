/* SPDX-License-Identifier: Apache-2.0 */
/* keys MODEL [N]: what each key takes with the model open, processor time of the
 * screen's thread from the key to the cells it gives: while it is read, of opening all, of a search and
 * a filter as they are typed, then every request there is, three times after each other
 * in each of some states; the N slowest (10) are printed with the time of their worst press. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ui/job.h"
#include "ui/key.h"
#include "ui/script.h"
#include "ui/state.h"

struct took { const char *state; char key[16]; enum req r; double worst, first; };

static struct ui ui;
static struct took rows[REQ_COUNT * 8];
static size_t nrows;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
settle(void)
{
	struct timespec a_while = { 0, 5000000 };

	while (jobs_running(&ui) > 0) {
		nanosleep(&a_while, NULL);
		ui_collect(&ui);
	}
	ui_draw(&ui, 120, 40);
}

static double
press(uint32_t key)
{
	double began = now();

	ui_key(&ui, key);
	ui_draw(&ui, 120, 40);
	return now() - began;
}

/* The first binding of the request. */
static const struct binding_row *
binding(enum req r)
{
	for (uint32_t i = 0; i < ui.keys.n; i++)
		if (ui.keys.list[i].request == r)
			return &ui.keys.list[i];
	return NULL;
}

static void
measure(const char *state, const char *before, enum req r)
{
	const struct binding_row *b = binding(r);
	struct took *row = &rows[nrows];
	char name[K_NAME];

	if (b == NULL || r == REQ_QUIT || r == REQ_INTERRUPT || r == REQ_RELOAD || r == REQ_SUSPEND)
		return;
	*row = (struct took){ .state = state, .r = r, .first = -1 };
	for (int i = 0; i < BINDING_KEYS && b->keys[i] != 0; i++)
		strncat(row->key, key_spell(b->keys[i], name), sizeof row->key - strlen(row->key) - 1);
	script_keys(&ui, before, strlen(before), NULL);
	settle();
	for (int i = 0; i < 3; i++) {
		double took = 0;

		for (int k = 0; k < BINDING_KEYS && b->keys[k] != 0; k++)
			took += press(b->keys[k]);
		if (request_wants_key(r))
			took += press('a');
		row->worst = took > row->worst ? took : row->worst;
		row->first = row->first < 0 ? took : row->first;
		settle();
		if (ui.prompt.kind != PROMPT_NONE)
			press(K_ESCAPE);
	}
	ui.quit = false;
	while (ui.nframes > 1)
		press('q');
	nrows++;
}

/* Keys while the model is read and analysed. */
static void
meanwhile(void)
{
	struct timespec a_while = { 0, 5000000 };
	double took, worst = 0;
	unsigned n = 0;

	for (; jobs_running(&ui) > 0; n++) {
		took = press(n % 2 ? 'k' : 'j');
		worst = took > worst ? took : worst;
		nanosleep(&a_while, NULL);
		took = now();
		ui_collect(&ui);
		took = now() - took;
		worst = took > worst ? took : worst;
	}
	printf("  slowest of %u keys while it is read %6.1f ms\n", n, worst);
}

/* What all rows and lanes of the graph take, drawn, and the memory of all the screen's tables
 * with them. */
static void
layout(void)
{
	static const char shut[] = "zMgg";
	double took, worst = 0;

	for (int i = 0; i < 5; i++) {
		script_keys(&ui, shut, sizeof shut - 1, NULL);
		settle();
		took = press('z') + press('R');
		worst = took > worst ? took : worst;
	}
	printf("  layout of all rows %21.1f ms %8.1f MB\n", worst,
	    (double)ui.ctx.used / (1 << 20));
}

/* A text that few nodes have is searched, and filtered by. */
static void
typed(const char *keys)
{
	double began, took, worst = 0;

	for (const char *k = keys; *k != '\0'; k++) {
		began = now();
		ui_key(&ui, *k == '\n' ? K_ENTER : (uint32_t)*k);
		ui_draw(&ui, 120, 40);
		took = now() - began;
		worst = took > worst ? took : worst;
	}
	settle();
	printf("  slowest of %-27.*s %8.1f ms\n", (int)strcspn(keys, "\n"), keys, worst);
}

static int
by_time(const void *a, const void *b)
{
	const struct took *x = a, *y = b;

	return (x->worst < y->worst) - (x->worst > y->worst);
}

int
main(int argc, char **argv)
{
	static const struct { const char *name, *keys; enum column sort; } states[] = {
		{ "as opened", "zxz2g", COL_COUNT },
		{ "all open, middle", "zRz2#9<Enter>50<PgDn>", COL_COUNT },
		{ "filtered", "&op~a<Enter>g", COL_COUNT },
		{ "sorted", "&<C-u><Enter>g", COL_COST },
		{ "overview", "zMz1", COL_COUNT },
	};
	static char size[] = "--size=120x40", none[] = "--keys=";
	char *args[] = { argv[0], size, none, NULL };
	struct options o;
	size_t n = argc > 2 ? (size_t)atoi(argv[2]) : 10;
	const char *models[2] = { argc > 1 ? argv[1] : NULL, NULL };

	if (argc < 2 || !options_parse(&o, 3, args) || !ui_init(&ui, &o))
		return 99;
	o.models = models;
	o.nmodels = 1;
	ui.threads = true;
	grid_clear(&ui.grid, 120, 40);
	ui_start(&ui);
	meanwhile();
	settle();
	layout();
	typed("/layers.99/mlp/act/Erf\n");
	typed("&name~layers.99/mlp\n");
	for (size_t s = 0; s < sizeof states / sizeof *states; s++) {
		ui.sort = states[s].sort;
		for (int r = 0; r < REQ_COUNT; r++)
			if (r != REQ_SORT)
				measure(states[s].name, states[s].keys, (enum req)r);
	}
	measure("all open, middle", states[1].keys, REQ_SORT);
	qsort(rows, nrows, sizeof *rows, by_time);
	for (size_t i = 0; i < n && i < nrows; i++)
		printf("  %-6s %-18s %8.1f ms  %s\n", rows[i].key, request_rows[rows[i].r].name,
		    rows[i].worst, rows[i].state);
	ui_fini(&ui);
	o.models = NULL;
	o.nmodels = 0;
	options_free(&o);
	return 0;
}
