/* SPDX-License-Identifier: Apache-2.0 */
/* What Tab offers at the prompt: names of commands, and arguments by what the usage of
 * the command says that they are. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/filter.h"
#include "cmd/command.h"
#include "ui/prompt.h"
#include "ui/settings.h"
#include "ui/state.h"

static bool
is_bundle(const char *s)
{
	static const char *const ends[] = { ".mlpackage", ".mlmodelc" };

	for (int i = 0; i < 2; i++)
		if (strlen(s) > strlen(ends[i]) &&
		    strcmp(s + strlen(s) - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

/* The next entry of the folder that the word is in. */
static const char *
complete_file(struct folder *f, const char *word, char *buf, size_t n)
{
	const char *base = strrchr(word, '/');
	size_t dir = base != NULL ? (size_t)(base - word) + 1 : 0;
	struct dirent *e;
	struct stat st;

	snprintf(buf, n, "%.*s", (int)dir, word);
	if (f->d == NULL && (f->d = opendir(dir > 0 ? buf : ".")) == NULL)
		return NULL;
	do
		e = readdir(f->d);
	while (e != NULL && (e->d_name[0] == '.' ||
	    strncmp(e->d_name, word + dir, strlen(word + dir)) != 0));
	if (e == NULL) {
		closedir(f->d);
		f->d = NULL;
		return NULL;
	}
	snprintf(buf, n, "%.*s%s", (int)dir, word, e->d_name);
	if (stat(buf, &st) == 0 && S_ISDIR(st.st_mode) && !is_bundle(buf) && strlen(buf) + 2 < n)
		strcat(buf, "/");
	return buf;
}

const char *
complete_filter(const char *line, uint32_t i, size_t *start)
{
	const char *help, *end = line + strlen(line);

	while (end > line && strchr(" (", end[-1]) == NULL)
		end--;
	*start = (size_t)(end - line);
	return filter_key(i, &help);
}

static const char *
complete_request(uint32_t i, char *buf, size_t n)
{
	if (i >= REQ_COUNT)
		return NULL;
	snprintf(buf, n, "%.*s", (int)strcspn(request_rows[i].name, "@"), request_rows[i].name);
	return buf;
}

static const char *
complete_command(uint32_t i)
{
	for (uint32_t k = 0; commands[k] != NULL; k++)
		if (i-- == 0)
			return commands[k]->name;
	return NULL;
}

static uint32_t
count_commands(void)
{
	uint32_t n = 0;

	while (commands[n] != NULL)
		n++;
	return n;
}

/* Nodes of the graph that is shown; those without a name by their number. */
static const char *
complete_node(const struct graph *g, uint32_t i, char *buf, size_t n)
{
	if (g == NULL || i >= g->nnodes)
		return NULL;
	if (g->nodes[i]->name->len > 0)
		return g->nodes[i]->name->s;
	snprintf(buf, n, "#%u", (unsigned)g->nodes[i]->id);
	return buf;
}

/* Values that are there in the file; "" for others, which is offered to nobody. */
static const char *
complete_tensor(const struct graph *g, uint32_t i)
{
	if (g == NULL || i >= g->nvalues)
		return NULL;
	return g->values[i]->constant != NULL ? g->values[i]->name->s : "";
}

/* The usage of the command that the line begins with; NULL: none. */
static const char *
usage_of(const char *line, size_t len)
{
	const char *name, *args, *help;
	const struct command *c;

	for (uint32_t i = 0; (name = command_own(i, &args, &help)) != NULL; i++)
		if (strlen(name) == len && memcmp(name, line, len) == 0)
			return args;
	c = command_find(line, (unsigned)len, &help);
	return c != NULL ? c->args : NULL;
}

static const char *
complete_argument(const struct ui *ui, const char *line, size_t len, uint32_t i, size_t *start,
    struct folder *f, char *buf, size_t n)
{
	const struct graph *g = ui->panes[ui->focus].graph;
	const char *usage = usage_of(line, len), *word = strrchr(line, ' ') + 1;
	bool first = word == line + len + 1;

	*start = (size_t)(word - line);
	if (usage == NULL)
		return NULL;
	if (strstr(usage, "FILTER") != NULL && (!first || strstr(usage, "FILE ") == NULL))
		return complete_filter(line, i, start);
	if (strcmp(usage, "NAME [VALUE]") == 0)
		return first ? settings_name(i) : settings_value(ui, line + len + 1, i);
	if (strcmp(usage, "[COLUMN]") == 0)
		return i < COL_COUNT ? column_rows[i].name : i == COL_COUNT ? "graph" : NULL;
	if (strcmp(usage, "layout [FILE]") == 0 && first)
		return i == 0 ? "layout" : NULL;
	if (strcmp(usage, "KEYS REQUEST") == 0)
		return first ? NULL : complete_request(i, buf, n);
	if (strstr(usage, "FILE") != NULL || strstr(usage, "FOLDER") != NULL ||
	    strcmp(usage, "OUT") == 0)
		return complete_file(f, word, buf, n);
	if (strstr(usage, "COMMAND") != NULL)
		return complete_command(i);
	if (strstr(usage, "NODE") != NULL || strstr(usage, "#ID") != NULL)
		return complete_node(g, i, buf, n);
	return strcmp(usage, "NAME") == 0 ? complete_tensor(g, i) : NULL;
}

const char *
command_complete(const struct ui *ui, const char *line, uint32_t i, size_t *start,
    struct folder *f, char *buf, size_t n)
{
	const char *name, *args, *help;
	size_t len = strcspn(line, " ");
	uint32_t own = 0;

	*start = 0;
	if (line[len] != '\0')
		return complete_argument(ui, line, len, i, start, f, buf, n);
	while ((name = command_own(own, &args, &help)) != NULL && own != i)
		own++;
	if (name != NULL)
		return name;
	if (i - own < count_commands())
		return complete_command(i - own);
	return complete_request(i - own - count_commands(), buf, n);
}
