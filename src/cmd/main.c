/* SPDX-License-Identifier: Apache-2.0 */
/* mlinspect: shows what is in a machine-learning model. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>

#include "base/sink.h"
#include "cmd/batch.h"
#include "cmd/cleanup.h"
#include "cmd/help.h"
#include "cmd/options.h"
#include "cmd/print.h"
#include "ui/script.h"
#include "ui/ui.h"

static int
print_help(void)
{
	struct sink out;

	sink_init(&out, 1);
	help_print(&out);
	return batch_end(&out);
}

static int
print_version(void)
{
	struct sink out;

	sink_init(&out, 1);
	sink_printf(&out, "mlinspect %s\nprotobuf-c %s, zlib %s, graphviz %s, %s\n"
	    "ONNX: IR 1 to 14, ai.onnx 1 to 28; Core ML: specification 1 to 10\n",
	    PACKAGE_VERSION, PROTOBUF_C_VERSION, ZLIB_BUILT_WITH, CGRAPH_VERSION,
	    CURSES_VERSION);
	return batch_end(&out);
}

static int
print_made(const char *what)
{
	struct sink out;
	bool known;
	int status;

	sink_init(&out, 1);
	known = print_page(&out, what);
	status = batch_end(&out);
	if (!known)
		fprintf(stderr, "mlinspect: --print: of a model rows, overview, problems, detail, "
		    "options, columns or help can be printed\n");
	return status != EXIT_CLEAN || known ? status : EXIT_BAD_INPUT;
}

/* What runs when nothing is asked for: the report, or the drawing. */
static const char *default_command[] = { "info" };
static const char *dot_command[] = { "dot" };

/* Nothing is asked for but models: people want the screen. */
static bool
wants_screen(const struct options *o)
{
	return !o->batch && !o->dot && !o->json && o->ncommands == 0 && o->nmodels <= 2 &&
	    ui_possible();
}

static int
run(struct options *o)
{
	const char **mine = o->commands;
	int status;

	if (o->help)
		return print_help();
	if (o->version)
		return print_version();
	if (o->print != NULL)
		return (status = script_print(o, o->print)) >= 0 ? status : print_made(o->print);
	if (o->keys != NULL)
		return script_run(o);
	if (wants_screen(o) && (status = ui_run(o)) >= 0)
		return status;
	if (o->nmodels == 0 && o->ncommands == 0) {
		fputs("usage: mlinspect [OPTION]... MODEL...\n"
		    "mlinspect --help says more\n", stderr);
		return EXIT_BAD_INPUT;
	}
	if (o->dot && o->dot_out != NULL && o->nmodels > 1) {
		fputs("mlinspect: --dot=OUT takes one model\n", stderr);
		return EXIT_BAD_INPUT;
	}
	if (o->ncommands == 0) {
		o->commands = o->dot ? dot_command : default_command;
		o->ncommands = 1;
	}
	status = batch_run(o);
	if (mine != o->commands)
		o->commands = mine;
	return status;
}

/* Streams that the caller closed: a model must not be opened in their place.
 * Writing to what is put there fails, and is reported. */
static void
fill_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
			return;
}

int
main(int argc, char **argv)
{
	struct options o;
	int status = EXIT_BAD_INPUT;

	fill_streams();
	cleanup_init();
	if (options_parse(&o, argc, argv))
		status = run(&o);
	options_free(&o);
	return status;
}
