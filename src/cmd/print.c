/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "app/filter.h"
#include "base/sink.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "cmd/print.h"
#include "ui/request.h"

void
mdoc_text(struct sink *out, const char *s)
{
	bool start = true;

	for (; *s != '\0'; s++) {
		if (start && (*s == '.' || *s == '\''))
			sink_puts(out, "\\&");
		if (*s == '\\')
			sink_puts(out, "\\e");
		else if (*s == '-')
			sink_puts(out, "\\-");
		else
			sink_write(out, s, 1);
		start = *s == '\n';
	}
}

/* A sentence a line, as mdoc wants it, and no line of more than 80 bytes. */
static void
mdoc_paragraph(struct sink *out, const char *s)
{
	enum { WIDTH = 72 }; /* room for escapes */
	size_t column = 0;

	for (; *s != '\0'; s++) {
		char one[2] = { *s, '\0' };
		bool ends = *s == ' ' && (s[-1] == '.' || s[-1] == ':') && s[1] >= 'A' &&
		    s[1] <= 'Z';

		if (ends || (*s == ' ' && column + strcspn(s + 1, " ") > WIDTH)) {
			sink_puts(out, "\n");
			column = 0;
		} else {
			mdoc_text(out, one);
			column++;
		}
	}
	sink_puts(out, "\n");
}

static void
mdoc_option(struct sink *out, const struct option_row *r, enum opt id)
{
	sink_puts(out, ".It ");
	if (r->letter != 0)
		sink_printf(out, "Fl %c , ", r->letter);
	sink_printf(out, "Fl \\-%s", r->name);
	if (option_takes_arg(id))
		sink_printf(out, " Ns = Ns Ar %s", r->arg);
	else if (*r->arg != '\0')
		sink_puts(out, " Ns Op = Ns Ar OUT");
	sink_puts(out, "\n");
	mdoc_text(out, r->help);
	sink_puts(out, ".\n");
}

static void
mdoc_options(struct sink *out)
{
	sink_puts(out, ".Bl -tag -width Ds\n");
	for (enum opt id = 0; id < OPT_COUNT; id++)
		if (*option_rows[id].help != '\0')
			mdoc_option(out, &option_rows[id], id);
	sink_puts(out, ".El\n");
}

static void
mdoc_commands(struct sink *out)
{
	sink_puts(out, ".Sh COMMANDS\n.Bl -tag -width Ds\n");
	for (const struct command *const *c = commands; *c != NULL; c++) {
		sink_printf(out, ".It Ic %s%s%s\n", (*c)->name, *(*c)->args ? " Ar " : "",
		    (*c)->args);
		mdoc_paragraph(out, (*c)->text);
	}
	sink_puts(out, ".El\n");
}

static void
mdoc_filters(struct sink *out)
{
	const char *key, *help;

	sink_puts(out, ".Sh NODE FILTERS\nTerms are\n.Ar KEY Ns = Ns Ar VALUE ,\n"
	    ".Ar KEY Ns != Ns Ar VALUE ,\n.Ar KEY Ns ~ Ns Ar REGEX\n"
	    "(POSIX extended) or a bare word, a part of the op or the name.\n"
	    "Terms side by side must all hold;\n.Cm and ,\n.Cm or ,\n.Cm not\n"
	    "and parentheses join them.\n.Bl -tag -width Ds\n");
	for (uint32_t i = 0; (key = filter_key(i, &help)) != NULL; i++) {
		sink_printf(out, ".It Cm %s\n", key);
		mdoc_text(out, help);
		sink_puts(out, ".\n");
	}
	sink_puts(out, ".El\n");
}

/* Keys of the screen, from the table that makes its help. */
static void
mdoc_keys(struct sink *out)
{
	sink_puts(out, ".Sh SCREEN\nOn a terminal, models that come without commands are shown "
	    "on the screen: one, or two\nside by side.\nKeys by their names, as\n.Cm map\n"
	    "in the file\n.Pa ~/.config/mlinspect/config\ntakes them:\n.Bl -tag -width Ds\n");
	for (int i = 0; i < REQ_COUNT; i++) {
		sink_puts(out, ".It Cm ");
		mdoc_text(out, request_rows[i].keys);
		sink_puts(out, "\n");
		mdoc_text(out, request_rows[i].name);
		sink_puts(out, ":\n");
		mdoc_text(out, request_rows[i].help);
		sink_puts(out, ".\n");
	}
	sink_puts(out, ".El\n");
}

static void
mdoc(struct sink *out)
{
	sink_puts(out, ".\\\" SPDX-License-Identifier: Apache-2.0\n"
	    ".\\\" Made by mlinspect --print=mdoc from the tables in src/cmd.\n"
	    ".Dd November 24, 2026\n.Dt MLINSPECT 1\n.Os\n.Sh NAME\n.Nm mlinspect\n"
	    ".Nd look into machine\\-learning models\n.Sh SYNOPSIS\n.Nm\n.Op Ar option ...\n"
	    ".Ar model ...\n.Sh DESCRIPTION\n.Nm\n"
	    "opens a model file, tells its format from the content, and shows what is\n"
	    "in it, what is wrong with it, and where.\n"
	    "It reads ONNX in binary form, protobuf text, protobuf JSON and ONNX text\n"
	    "syntax, ONNX Runtime's .ort,\n"
	    "PyTorch's TorchScript and torch.export archives,\n"
	    "and Core ML specifications, packages (zipped as well), compiled models and\n"
	    "MIL text.\n"
	    "Weights are not read until they are asked for, and nothing in a file is\n"
	    "executed.\n"
	    ".Pp\nOptions stand in front of a command and count for all, or behind it, as in\n"
	    ".Ql \\-e 'support \\-\\-target=iOS16' ,\nand count for it alone.\n"
	    ".Pp\nWithout a command it prints the report of\n.Ic info .\n.Pp\nThe options are:\n");
	mdoc_options(out);
	mdoc_commands(out);
	mdoc_filters(out);
	mdoc_keys(out);
	sink_puts(out, ".Sh EXIT STATUS\n.Bl -tag -width Ds\n.It 0\nNothing was found.\n.It 1\n"
	    "There are findings at or above the level of\n.Fl \\-fail\\-on .\n.It 2\n"
	    "A model is damaged or cannot be read, or the usage is wrong.\n.It 3\n"
	    "A failure of the program or of a helper program.\n.El\n.Pp\n"
	    "Over several models and commands the highest counts.\n"
	    ".Sh EXAMPLES\nWhat is in a model:\n.Pp\n.Dl $ mlinspect model.onnx\n.Pp\n"
	    "All convolutions of a module:\n.Pp\n"
	    ".Dl $ mlinspect \\-e 'nodes op=Conv and scope=encoder' model.onnx\n.Pp\n"
	    "A picture a person can read:\n.Pp\n"
	    ".Dl $ mlinspect \\-\\-dot=model.svg \\-T svg \\-\\-fold=auto model.onnx\n.Pp\n"
	    "A gate for CI over many models:\n.Pp\n"
	    ".Dl $ mlinspect \\-e lint \\-\\-fail\\-on=warn \\-\\-format=json *.onnx\n"
	    ".Sh SEE ALSO\n.Xr dot 1 ,\n.Xr mlinspect\\-rules 7\n");
}

/* The words of a table for a shell. */
static void
words(struct sink *out, const char *before, const char *after)
{
	for (enum opt id = 0; id < OPT_COUNT; id++)
		if (*option_rows[id].help != '\0')
			sink_printf(out, "%s--%s%s", before, option_rows[id].name, after);
}

static void
command_words(struct sink *out)
{
	for (const struct command *const *c = commands; *c != NULL; c++)
		sink_printf(out, "%s%s", c == commands ? "" : " ", (*c)->name);
}

/* The values of an option that can be completed, with blanks between; true
 * when there are any. NULL: only asks. */
static bool
value_words(struct sink *out, const struct option_row *r)
{
	bool any = false;
	size_t n;

	for (const char *p = r->arg; *p != '\0'; p += n + (p[n] == '|')) {
		n = strcspn(p, "|");
		if (*p < 'a' || *p > 'z')
			continue;
		if (out != NULL)
			sink_printf(out, "%s%.*s", any ? " " : "", (int)n, p);
		any = true;
	}
	return any;
}

static void
bash_values(struct sink *out)
{
	for (enum opt id = 0; id < OPT_COUNT; id++) {
		const struct option_row *r = &option_rows[id];

		if (*r->help == '\0' || !value_words(NULL, r))
			continue;
		sink_puts(out, "\t");
		if (r->letter != 0)
			sink_printf(out, "-%c|", r->letter);
		sink_printf(out, "--%s) COMPREPLY=($(compgen -W '", r->name);
		value_words(out, r);
		sink_puts(out, "' -- \"$cur\")); return ;;\n");
	}
}

/* The shell splits --name=value at the sign. */
static void
bash(struct sink *out)
{
	sink_puts(out, "# SPDX-License-Identifier: Apache-2.0\n_mlinspect() {\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	    "\tif [[ $cur == = ]]; then cur=\n"
	    "\telif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}\n\tfi\n"
	    "\tcase $prev in\n\t-e|--eval) COMPREPLY=($(compgen -W '");
	command_words(out);
	sink_puts(out, "' -- \"$cur\")); return ;;\n");
	bash_values(out);
	sink_puts(out, "\tesac\n\tcase $cur in\n"
	    "\t-*) COMPREPLY=($(compgen -W '");
	words(out, "", " ");
	sink_puts(out, "' -- \"$cur\")) ;;\n"
	    "\t*) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n\tesac\n}\n"
	    "complete -o filenames -F _mlinspect mlinspect\n");
}

/* Help text inside single quotes of a shell, without what _arguments reads. */
static void
quoted(struct sink *out, const char *s)
{
	for (; *s != '\0'; s++)
		sink_write(out, strchr("'[]:", *s) != NULL ? "," : s, 1);
}

static void
zsh(struct sink *out)
{
	sink_puts(out, "#compdef mlinspect\n# SPDX-License-Identifier: Apache-2.0\n"
	    "_arguments -s \\\n");
	for (enum opt id = 0; id < OPT_COUNT; id++) {
		if (*option_rows[id].help == '\0')
			continue;
		sink_printf(out, "\t'--%s%s[", option_rows[id].name,
		    option_takes_arg(id) ? "=" : "");
		quoted(out, option_rows[id].help);
		sink_puts(out, option_takes_arg(id) ? "]:argument:" : "]");
		if (value_words(NULL, &option_rows[id])) {
			sink_puts(out, "(");
			value_words(out, &option_rows[id]);
			sink_puts(out, ")");
		} else if (strcmp(option_rows[id].arg, "FILE") == 0) {
			sink_puts(out, "_files");
		}
		sink_puts(out, "' \\\n");
	}
	sink_puts(out, "\t'-e+[run a command]:command:(");
	command_words(out);
	sink_puts(out, ")' \\\n\t'*:model:_files'\n");
}

static void
fish(struct sink *out)
{
	sink_puts(out, "# SPDX-License-Identifier: Apache-2.0\n");
	for (enum opt id = 0; id < OPT_COUNT; id++) {
		if (*option_rows[id].help == '\0')
			continue;
		sink_printf(out, "complete -c mlinspect -l %s", option_rows[id].name);
		if (option_rows[id].letter != 0)
			sink_printf(out, " -s %c", option_rows[id].letter);
		sink_puts(out, option_takes_arg(id) ? " -r -d '" : " -d '");
		quoted(out, option_rows[id].help);
		sink_puts(out, "'");
		if (value_words(NULL, &option_rows[id])) {
			sink_puts(out, " -a '");
			value_words(out, &option_rows[id]);
			sink_puts(out, "'");
		}
		sink_puts(out, "\n");
	}
	sink_puts(out, "complete -c mlinspect -s e -l eval -x -a '");
	command_words(out);
	sink_puts(out, "'\n");
}

bool
print_page(struct sink *out, const char *what)
{
	static const struct { const char *what; void (*print)(struct sink *); } pages[] = {
		{ "mdoc", mdoc }, { "rules", print_rules },
		{ "bash", bash }, { "zsh", zsh }, { "fish", fish }
	};

	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		if (strcmp(pages[i].what, what) != 0)
			continue;
		pages[i].print(out);
		return true;
	}
	return false;
}
