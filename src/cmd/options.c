/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing argv by the table. Options and models may be mixed; -- ends the
 * options. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/inputs.h"
#include "base/near.h"
#include "base/sink.h"
#include "base/slurp.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "report/dot.h"
#include "rules/support/support.h"

const struct option_row option_rows[OPT_COUNT] = {
#define OPTION(id, letter, name, arg, help) { letter, name, arg, help },
#include "cmd/options.def"
#undef OPTION
};

static bool
complain(const struct options *o, const char *what, const char *text)
{
	struct sink err, *out = o->complaint != NULL ? o->complaint : &err;

	sink_init(&err, 2);
	sink_puts(out, o->complaint == NULL ? "mlinspect: " : out->n > 0 ? "; " : "");
	sink_puts(out, what);
	if (o->complaint == NULL)
		sink_safe(out, text, strlen(text), 0);
	else	/* a diagnostic of it is made safe where it is printed */
		sink_puts(out, text);
	sink_puts(out, o->complaint == NULL ? "\n" : "");
	sink_fini(&err);
	return false;
}

static bool
add(const struct options *o, const char ***list, uint32_t *n, const char *s)
{
	const char **more = realloc(*list, (*n + 1) * sizeof *more);

	if (more == NULL)
		return complain(o, "out of memory", "");
	*list = more;
	more[(*n)++] = s;
	return true;
}

static bool
number(const struct options *o, enum opt id, const char *s, uint32_t min, uint32_t max, uint32_t *v)
{
	char *end, what[80];
	unsigned long x;

	errno = 0;
	x = strtoul(s, &end, 10);
	*v = (uint32_t)x;
	if (*s >= '0' && *s <= '9' && *end == '\0' && errno == 0 && x >= min && x <= max)
		return true;
	snprintf(what, sizeof what, "--%s wants %sa number from %" PRIu32 " to %" PRIu32 ", not ",
	    option_rows[id].name, id == OPT_FOLD ? "auto or " : "", min, max);
	return complain(o, what, s);
}

/* Lines of a script as commands. */
static bool
read_script(struct options *o, const char *path)
{
	size_t n, len;
	char *text = slurp(path, &n), *line, *next, *s;
	bool ok = true;

	if (text == NULL)
		return complain(o, errno == EFBIG ? "--script is endless or too big: " :
		    "--script cannot be read: ", path);
	for (line = text; ok && line < text + n; line = next) {
		len = strcspn(line, "\n");
		next = line + len + 1;
		while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
			len--;
		line[len] = '\0';
		s = line + strspn(line, " \t");
		if (*s != '\0' && *s != '#')
			ok = (s = strdup(s)) != NULL && add(o, &o->script, &o->nscript, s) &&
			    add(o, &o->commands, &o->ncommands, s);
	}
	free(text);
	o->batch = true;
	if (ok && o->nscript == 0)
		return complain(o, "--script holds no command: ", path);
	return ok;
}

static bool
set_baseline(struct options *o, const char *arg)
{
	baseline_free(o->known);
	o->known = baseline_read(arg);
	if (o->known != NULL)
		return true;
	return complain(o, errno == EINVAL ?
	    "--baseline is no result of --format=json or --format=sarif: " : errno == EFBIG ?
	    "--baseline is endless or too big: " : "--baseline cannot be read: ", arg);
}

static bool
set_map(struct options *o, const char *arg)
{
	struct stat st;

	o->map = arg;
	errno = 0;
	if (stat(arg, &st) == 0 && S_ISREG(st.st_mode) && access(arg, R_OK) == 0)
		return true;
	return complain(o, errno != 0 ? "--map cannot be read: " : "--map is no file: ", arg);
}

static bool
set_color_by(struct options *o, const char *arg)
{
	static const char *const ways[] = { "support", "ane", "cost", "scope" };

	for (int i = 0; i < 4; i++)
		if (strcmp(arg, ways[i]) == 0)
			return o->color_by = i + 1, true;
	return complain(o, "--color-by is support, ane, cost or scope, not ", arg);
}

static bool
set_fold(struct options *o, const char *arg)
{
	uint32_t depth;

	o->fold = DOT_FOLD_AUTO;
	if (strcmp(arg, "auto") == 0)
		return true;
	if (!number(o, OPT_FOLD, arg, 0, 1000, &depth))
		return false;
	o->fold = (int)depth;
	return true;
}

static bool
one_of(const char *arg, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(arg, *list) == 0)
			return true;
	return false;
}

static bool
set_word(struct options *o, enum opt id, const char *arg)
{
	static const char *const formats[] = { "text", "json", NULL };
	static const char *const pictures[] = { "svg", "png", "pdf", NULL };
	static const char *const colors[] = { "auto", "always", "never", NULL };
	int level;

	if (id == OPT_FORMAT) {
		o->form = finding_form(arg);
		if (!one_of(arg, formats) && o->form == FINDING_NONE)
			return complain(o, "--format is text, json, junit, sarif, markdown or "
			    "github, not ", arg);
		o->json = strcmp(arg, "json") == 0;
	} else if (id == OPT_COLOR) {
		if (!one_of(arg, colors))
			return complain(o, "--color is auto, always or never, not ", arg);
		o->color = arg;
	} else if (id == OPT_RENDER) {
		if (!one_of(arg, pictures))
			return complain(o, "-T is svg, png or pdf, not ", arg);
		o->render = arg;
	} else {
		if ((level = level_parse(arg)) < 0)
			return complain(o, "--fail-on is note, warn, error, unsupp, fatal or bug, "
			    "not ", arg);
		o->fail_on = (enum diag_level)level;
	}
	return true;
}

/* Rules, and where the model is to run or was measured. */
static bool
set_place(struct options *o, enum opt id, const char *arg)
{
	struct setting *s = &o->session.setting;

	if (id == OPT_RULES)
		return add(o, &o->session.rules, &o->session.nrules, arg);
	if (id == OPT_PLAN)
		return add(o, &o->session.plans, &o->session.nplans, arg);
	if (id == OPT_CHIP)
		return setting_chip(s, arg) ||
		    complain(o, "--chip is M1 to M5 or A11 to A19, not ", arg);
	if (id == OPT_OS)
		return setting_os(s, arg) ||
		    complain(o, "--os is a system with its version, macOS14 or iOS17, not ", arg);
	o->convert.compute_units = arg;
	return setting_units(s, arg) || complain(o, "--compute-units is CPU_AND_NE, ALL, "
	    "CPU_AND_GPU or CPU_ONLY, not ", arg);
}

static bool
add_input(struct options *o, const char *arg)
{
	uint32_t column;
	char what[64];

	/* images, and that nothing is passed, are words of conversions alone */
	if (strcmp(arg, "none") != 0 && input_check(arg, &column))
		return add(o, &o->session.inputs, &o->session.ninputs, arg) &&
		    add(o, &o->convert.inputs, &o->convert.ninputs, arg);
	if (strncmp(arg, "image:", 6) == 0 || strcmp(arg, "none") == 0)
		return add(o, &o->convert.inputs, &o->convert.ninputs, arg);
	snprintf(what, sizeof what, "--input: no type is at column %" PRIu32 " of ", column + 1);
	return complain(o, what, arg);
}

/* Where an option that is only a text, or only said, is kept. NULL: it is another. */
static const char **
text_of(struct options *o, enum opt id)
{
	struct convert_options *c = &o->convert;
	const struct { enum opt id; const char **at; } table[] = {
		{ OPT_FOCUS, &o->focus }, { OPT_DIFF, &o->diff },
		{ OPT_STAGE, &o->session.stage },
		{ OPT_KEYS, &o->keys }, { OPT_PRINT, &o->print }, { OPT_PYTHON, &o->python },
		{ OPT_ONLY, &o->only }, { OPT_SKIP, &o->skip }, { OPT_JUNIT, &o->junit },
		{ OPT_TARGET, &c->target }, { OPT_CONVERT_TO, &c->convert_to },
		{ OPT_PRECISION, &c->precision }, { OPT_OUTPUTS, &c->outputs },
		{ OPT_STATES, &c->states }, { OPT_PASSES, &c->passes },
		{ OPT_WITHOUT, &c->without }, { OPT_LABELS, &c->labels }, { OPT_CURE, &c->cure },
		{ OPT_NO_CURE, &c->no_cure }, { OPT_OUT, &c->out },
		{ OPT_RECORD, &o->record }
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].id == id)
			return table[i].at;
	return NULL;
}

static bool *
flag_of(struct options *o, enum opt id)
{
	const struct { enum opt id; bool *at; } table[] = {
		{ OPT_BATCH, &o->batch }, { OPT_DEEP, &o->deep }, { OPT_ASCII, &o->ascii },
		{ OPT_FOLLOW, &o->session.follow_links },
		{ OPT_METHODS, &o->session.methods }, { OPT_BISECT, &o->bisect },
		{ OPT_COMPARE_CURES, &o->compare_cures },
		{ OPT_FORCE, &o->convert.force }, { OPT_NETWORK, &o->network },
		{ OPT_TRUST, &o->trust }, { OPT_HELP, &o->help }, { OPT_VERSION, &o->version }
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].id == id)
			return table[i].at;
	return NULL;
}

/* Arguments of ct.convert that are rarely given. */
static bool
set_with(struct options *o, const char *arg)
{
	const struct { const char *key; const char **to; } rows[] = {
		{ "source=", &o->with.source }, { "package_dir=", &o->with.package_dir },
		{ "load=", &o->with.load }
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strncmp(arg, rows[i].key, strlen(rows[i].key)) == 0)
			return *rows[i].to = arg + strlen(rows[i].key), true;
	if (strcmp(arg, "decompose=yes") == 0 || strcmp(arg, "decompose=no") == 0)
		return o->with.decompose = arg[10] == 'y', true;
	if (strcmp(arg, "freeze=yes") == 0 || strcmp(arg, "freeze=no") == 0)
		return o->session.frozen = arg[7] == 'y', true;
	return complain(o, "--with wants source=, package_dir=, load=, decompose= or freeze=, not ",
	    arg);
}

static bool
set_support(struct options *o, enum opt id, const char *arg)
{
	static const char *const words[] = { "torchscript", "export", NULL };

	if (id == OPT_WITH)
		return set_with(o, arg);
	if (id == OPT_COREMLTOOLS)
		return strcmp(arg, "9.0") == 0 || complain(o, "--coremltools is 9.0, not ", arg);
	o->with.frontend = arg;
	return one_of(arg, words) || complain(o, "--frontend is torchscript or export, not ", arg);
}

static bool
set_size(struct options *o, const char *arg)
{
	char end;

	if (sscanf(arg, "%dx%d%c", &o->columns, &o->lines, &end) == 2 && o->columns > 0 &&
	    o->lines > 0 && o->columns <= 1000 && o->lines <= 1000)
		return true;
	return complain(o, "--size wants columns and lines such as 80x24, not ", arg);
}

static bool
set(struct options *o, enum opt id, const char *arg)
{
	const char **text = text_of(o, id);
	bool *flag = flag_of(o, id);

	if (id == OPT_PRECISION && arg != NULL)
		o->session.setting.precision = strcmp(arg, "f32") == 0 ? "f32" : "f16";
	if (id == OPT_TARGET && arg != NULL)
		o->session.setting.target = support_target(arg);
	if (text != NULL)
		return *text = arg != NULL ? arg : "", true;
	if (flag != NULL)
		return *flag = true;
	switch ((int)id) {
	case OPT_EVAL:
		return o->batch = true, add(o, &o->commands, &o->ncommands, arg);
	case OPT_SCRIPT:
		return read_script(o, arg);
	case OPT_JOBS:
		return number(o, id, arg, 1, 1024, &o->jobs);
	case OPT_BASELINE:
		return set_baseline(o, arg);
	case OPT_MAP:
		return set_map(o, arg);
	case OPT_FORMAT:
	case OPT_FAIL_ON:
	case OPT_RENDER:
	case OPT_COLOR:
		return set_word(o, id, arg);
	case OPT_DOT:
		o->dot_out = arg != NULL && strcmp(arg, "-") != 0 ? arg : NULL;
		return o->dot = true;
	case OPT_FOLD:
		return set_fold(o, arg);
	case OPT_COLOR_BY:
		return set_color_by(o, arg);
	case OPT_RADIUS:
		return number(o, id, arg, 0, 1000000, &o->radius);
	case OPT_INPUT:
		return add_input(o, arg);
	case OPT_RULES:
	case OPT_PLAN: case OPT_CHIP: case OPT_OS: case OPT_UNITS:
		return set_place(o, id, arg);
	case OPT_FRONTEND: case OPT_WITH: case OPT_COREMLTOOLS:
		return set_support(o, id, arg);
	case OPT_SIZE:
		return set_size(o, arg);
	case OPT_TIMEOUT:
		return number(o, id, arg, 1, 1000000, &o->timeout);
	case OPT_MEMORY:
		return number(o, id, arg, 1, 1000000, &o->memory);
	}
	return false;
}

bool
option_takes_arg(enum opt id)
{
	return option_rows[id].arg[0] != '\0' && option_rows[id].arg[0] != '[';
}

/* --name, --name=arg or --name arg; *i moves over an argument of its own. */
static bool
long_option(struct options *o, int argc, char **argv, int *i)
{
	const char *name = argv[*i] + 2, *eq = strchr(name, '='), *best = NULL;
	size_t n = eq != NULL ? (size_t)(eq - name) : strlen(name);
	char word[32];
	enum opt id;

	snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word), name);
	for (id = 0; id < OPT_COUNT; id++) {
		if (strlen(option_rows[id].name) == n && memcmp(option_rows[id].name, name, n) == 0)
			break;
		best = nearest(word, best, option_rows[id].name);
	}
	if (id == OPT_COUNT) {
		complain(o, "no such option: ", argv[*i]);
		return best != NULL ? complain(o, "did you mean --", best) : false;
	}
	if (eq == NULL && option_takes_arg(id)) {
		if (*i + 1 >= argc)
			return complain(o, "an argument is missing after ", argv[*i]);
		eq = argv[++*i] - 1;
	} else if (eq != NULL && option_rows[id].arg[0] == '\0') {
		return complain(o, "takes no argument: ", argv[*i]);
	}
	return set(o, id, eq != NULL ? eq + 1 : NULL);
}

/* -x, -xARG or -x ARG. */
static bool
short_option(struct options *o, int argc, char **argv, int *i)
{
	const char *p = argv[*i] + 1;
	enum opt id;

	for (; *p != '\0'; p++) {
		for (id = 0; id < OPT_COUNT && option_rows[id].letter != *p; id++)
			;
		if (id == OPT_COUNT)
			return complain(o, "no such option: ", argv[*i]);
		if (option_takes_arg(id)) {
			if (p[1] == '\0' && *i + 1 >= argc)
				return complain(o, "an argument is missing after ", argv[*i]);
			return set(o, id, p[1] != '\0' ? p + 1 : argv[++*i]);
		}
		if (!set(o, id, NULL))
			return false;
	}
	return true;
}

/* mlinspect lint MODEL: what other tools would take, and no file of that name. */
static bool
is_command(const struct options *o)
{
	const char *first = o->nmodels > 0 ? o->models[0] : "", *near;

	return command_find(first, (unsigned)strlen(first), &near) != NULL &&
	    access(first, F_OK) != 0;
}

/* Options that belong together; a drawing's file tells what to render. */
static bool
check(struct options *o)
{
	static const char *const endings[] = { "svg", "png", "pdf" };
	const char *dot = o->dot_out != NULL ? strrchr(o->dot_out, '.') : NULL;
	bool drawing = o->dot;

	if (is_command(o))
		return complain(o, "commands stand behind -e: mlinspect -e ", o->models[0]);
	for (uint32_t i = 0; i < o->ncommands; i++)
		drawing |= strcmp(o->commands[i], "dot") == 0;
	for (int i = 0; i < 3 && dot != NULL && o->render == NULL; i++)
		if (strcmp(dot + 1, endings[i]) == 0)
			o->render = endings[i];
	if (!drawing && (o->render != NULL || o->focus != NULL || o->fold != DOT_FOLD_NONE ||
	    o->diff != NULL))
		return complain(o, "-T, --fold, --focus and --diff are for drawings: "
		    "add --dot", "");
	return true;
}

bool
options_parse(struct options *o, int argc, char **argv)
{
	bool ok = true, only_models = false;

	memset(o, 0, sizeof *o);
	setting_init(&o->session.setting);
	o->program = argc > 0 ? argv[0] : NULL;
	o->jobs = 1;
	o->timeout = 3600;
	o->memory = 32;
	o->columns = 80;
	o->lines = 24;
	o->radius = 3;
	o->fold = DOT_FOLD_NONE;
	o->fail_on = LEVEL_ERROR;
	for (int i = 1; i < argc && ok; i++) {
		if (only_models || argv[i][0] != '-' || argv[i][1] == '\0')
			ok = add(o, &o->models, &o->nmodels, argv[i]);
		else if (strcmp(argv[i], "--") == 0)
			only_models = true;
		else if (argv[i][1] == '-')
			ok = long_option(o, argc, argv, &i);
		else
			ok = short_option(o, argc, argv, &i);
	}
	return ok && (o->help || o->version || check(o));
}

/* What is about the run as a whole, or is done before a command begins. */
static bool
is_of_run(enum opt id)
{
	static const enum opt of_run[] = { OPT_BATCH, OPT_EVAL, OPT_SCRIPT, OPT_JOBS, OPT_FORMAT,
	    OPT_BASELINE, OPT_DOT, OPT_KEYS, OPT_SIZE, OPT_ASCII, OPT_COLOR, OPT_HELP, OPT_VERSION,
	    OPT_PRINT };

	for (size_t i = 0; i < sizeof of_run / sizeof *of_run; i++)
		if (of_run[i] == id)
			return true;
	return false;
}

static enum opt
find_long(const char *word)
{
	size_t n = strcspn(word, "= \t");
	enum opt id;

	for (id = 0; id < OPT_COUNT; id++)
		if (strlen(option_rows[id].name) == n &&
		    memcmp(option_rows[id].name, word, n) == 0)
			break;
	return id;
}

/* The next option of a line: -- and a letter at the start of a word. NULL: none. */
static const char *
next_option(const char *line)
{
	for (const char *s = line; (s = strstr(s, "--")) != NULL; s += 2)
		if ((s == line || s[-1] == ' ' || s[-1] == '\t') && s[2] >= 'a' && s[2] <= 'z')
			return s;
	return NULL;
}

bool
options_in_line(const char *line)
{
	return next_option(line) != NULL;
}

/* A word up to a blank that no quotes hold, written to *to without them. */
static const char *
take_word(const char *s, char **to)
{
	char quote = '\0';

	for (; *s != '\0' && (quote != '\0' || (*s != ' ' && *s != '\t')); s++) {
		if (*s == quote)
			quote = '\0';
		else if (quote == '\0' && (*s == '\'' || *s == '"'))
			quote = *s;
		else
			*(*to)++ = *s;
	}
	*(*to)++ = '\0';
	return s + strspn(s, " \t");
}

/* One option at s; *to is where its words are kept. NULL after a message. */
static const char *
line_option(struct options *o, const char *s, char **to)
{
	char *argv[2] = { *to, NULL };
	enum opt id = find_long(s + 2);
	int argc = 1, i = 0;

	s = take_word(s, to);
	if (id < OPT_COUNT && is_of_run(id))
		return complain(o, "is for the whole run, not for one command: ", argv[0]), NULL;
	if (id < OPT_COUNT && option_takes_arg(id) && strchr(argv[0], '=') == NULL && *s != '\0') {
		argv[argc++] = *to;
		s = take_word(s, to);
	}
	return long_option(o, argc, argv, &i) ? s : NULL;
}

static bool
copy_list(struct options *o, const char ***list, uint32_t *n)
{
	const char *const *old = *list;
	uint32_t count = *n;
	bool ok = true;

	*list = NULL;
	*n = 0;
	for (uint32_t i = 0; ok && i < count; i++)
		ok = add(o, list, n, old[i]);
	return ok;
}

bool
options_of_line(struct options *o, const struct options *base, const char *line,
    struct sink *complaint, const char **rest)
{
	size_t n = strlen(line) + 1;
	const char *s, *from = line;
	char *to, *left;
	bool ok;

	*o = *base;
	o->complaint = complaint;
	*rest = left = o->words = malloc(3 * n);
	ok = copy_list(o, &o->session.inputs, &o->session.ninputs);
	ok &= copy_list(o, &o->session.rules, &o->session.nrules);
	ok &= copy_list(o, &o->session.plans, &o->session.nplans);
	ok &= copy_list(o, &o->convert.inputs, &o->convert.ninputs);
	if (o->words == NULL)
		return complain(o, "out of memory", "");
	for (to = left + n; ok && (s = next_option(from)) != NULL; ok = from != NULL) {
		memcpy(left, from, (size_t)(s - from));
		left += s - from;
		from = line_option(o, s, &to);
	}
	if (ok)
		left = stpcpy(left, from);
	while (left > *rest && (left[-1] == ' ' || left[-1] == '\t'))
		left--;
	*left = '\0';
	return ok;
}

void
options_line_free(struct options *o)
{
	free(o->words);
	free(o->session.inputs);
	free(o->session.rules);
	free(o->session.plans);
	free(o->convert.inputs);
}

void
options_conversion(const struct options *opts, struct conversion *c)
{
	const struct convert_options *o = &opts->convert;

	*c = opts->with;
	c->inputs = o->inputs;
	c->ninputs = o->ninputs;
	c->states = o->states;
	c->outputs = o->outputs;
	c->target = o->target;
	c->convert_to = o->convert_to;
	c->precision = o->precision;
	c->pipeline = o->passes;
	c->classifier = o->labels;
	c->as_handed = o->cure != NULL || o->no_cure != NULL;
	c->decompose |= c->as_handed && cure_used(o, "decompose");
	c->defaults = c->as_handed && cure_used(o, "defaults");
	c->freeze = c->as_handed && cure_used(o, "freeze");
}

void
options_free(struct options *o)
{
	for (uint32_t i = 0; i < o->nscript; i++)
		free((char *)(uintptr_t)o->script[i]);
	free(o->script);
	free(o->commands);
	free(o->models);
	free(o->session.inputs);
	free(o->session.rules);
	free(o->session.plans);
	baseline_free(o->known);
	free(o->convert.inputs);
}

void
options_help(struct sink *out)
{
	const struct option_row *r;
	int n;

	for (r = option_rows; r < option_rows + OPT_COUNT; r++) {
		if (*r->help == '\0')
			continue;
		if (r->letter != 0)
			sink_printf(out, "  -%c, ", r->letter);
		else
			sink_puts(out, "      ");
		n = 8 + (int)(strlen(r->name) + strlen(r->arg));
		sink_printf(out, "--%s%s%s", r->name,
		    option_takes_arg((enum opt)(r - option_rows)) ? "=" : "", r->arg);
		n += option_takes_arg((enum opt)(r - option_rows));
		sink_puts(out, n > 28 ? "\n" : "");
		sink_pad(out, n > 28 ? 30 : 30 - n);
		sink_printf(out, "%s\n", r->help);
	}
}
