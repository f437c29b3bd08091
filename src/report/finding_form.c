/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as JUnit XML, SARIF 2.1.0, Markdown and workflow commands. What a model
 * contains goes through sink_safe first, then through the escapes of the form. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sink.h"
#include "report/finding.h"
#include "report/json.h"

static const char *const names[] = { "", "junit", "sarif", "markdown", "github" };

enum finding_form
finding_form(const char *name)
{
	for (enum finding_form f = FINDING_JUNIT; f <= FINDING_GITHUB; f++)
		if (strcmp(names[f], name) == 0)
			return f;
	return FINDING_NONE;
}

/* Safe text with the characters of a table replaced. */
struct escape { char c; const char *with; };

static void
escaped(struct sink *out, const char *s, const struct escape *table)
{
	struct sink safe;

	if (s == NULL)
		return;
	sink_init(&safe, -1);
	sink_safe(&safe, s, strlen(s), 0);
	for (size_t i = 0; i < safe.n; i++) {
		const struct escape *e = table;

		while (e->c != '\0' && e->c != safe.buf[i])
			e++;
		if (e->c != '\0')
			sink_puts(out, e->with);
		else
			sink_write(out, safe.buf + i, 1);
	}
	sink_fini(&safe);
}

static void
place_words(struct sink *out, const struct diag *d, const struct escape *table)
{
	const char *sep = "";

	if (d->line != 0)
		sink_printf(out, "line %" PRIu32, d->line), sep = ", ";
	else if (d->off != DIAG_NO_OFFSET)
		sink_printf(out, "offset %" PRIu64, d->off), sep = ", ";
	if (*sep == ',' && d->member != NULL) {
		sink_puts(out, " of ");
		escaped(out, d->member, table);
		sink_puts(out, " in the archive");
	}
	if (d->node != NULL) {
		sink_printf(out, "%snode ", sep), sep = ", ";
		escaped(out, d->node, table);
	} else if (d->path != NULL) {
		sink_puts(out, sep), sep = ", ";
		escaped(out, d->path, table);
	}
	if (d->python != NULL) {
		sink_puts(out, sep);
		escaped(out, d->python, table);
	}
}

static bool
has_place(const struct diag *d)
{
	return d->line != 0 || d->off != DIAG_NO_OFFSET || d->node != NULL || d->path != NULL;
}

/* The id that a finding goes by: its rule's behind the kind. */
static void
id_of(struct sink *out, const struct diag *d, const struct escape *table)
{
	sink_puts(out, diag_name(d->id));
	if (d->rule != NULL) {
		sink_puts(out, "/");
		escaped(out, d->rule, table);
	}
}

static bool
fails(const struct diag *d, enum diag_level fail)
{
	return d->level >= fail && !d->known;
}

/* ---- JUnit ---- */

static const struct escape xml[] = {
	{ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\0', NULL }
};

void
finding_xml(struct sink *out, const char *s)
{
	escaped(out, s, xml);
}

static void
junit_case(struct sink *out, const struct diag *d, const char *path, const char *command,
	enum diag_level fail)
{
	const char *tag = fails(d, fail) ? "failure" : "system-out";

	sink_puts(out, "  <testcase classname=\"");
	escaped(out, path, xml);
	sink_printf(out, "\" name=\"%s: ", command);
	id_of(out, d, xml);
	if (d->node != NULL || d->path != NULL)
		sink_puts(out, " ");
	escaped(out, d->node != NULL ? d->node : d->path, xml);
	sink_printf(out, " [%016" PRIx64 "]\">\n   <%s", d->print, tag);
	if (fails(d, fail)) {
		sink_printf(out, " type=\"%s\" message=\"", level_name(d->level));
		escaped(out, d->message, xml);
		sink_puts(out, "\"");
	}
	sink_printf(out, ">%s: ", level_name(d->level));
	escaped(out, d->message, xml);
	if (has_place(d))
		sink_puts(out, "\n");
	place_words(out, d, xml);
	if (*diag_says(d) != '\0') {
		sink_puts(out, "\nfix: ");
		escaped(out, diag_says(d), xml);
	}
	sink_printf(out, "</%s>\n  </testcase>\n", tag);
}

static void
junit(struct sink *out, const char *path, const char *command, const struct diags *d,
	uint32_t from, enum diag_level fail)
{
	uint32_t failures = 0, cases = d->n - from;

	for (uint32_t i = from; i < d->n; i++)
		failures += fails(&d->list[i], fail);
	sink_puts(out, " <testsuite name=\"");
	escaped(out, path, xml);
	sink_printf(out, " %s\" tests=\"%" PRIu32 "\" failures=\"%" PRIu32 "\" errors=\"0\" "
	    "skipped=\"0\">\n", command, cases > 0 ? cases : 1, failures);
	if (cases == 0) {
		sink_puts(out, "  <testcase classname=\"");
		escaped(out, path, xml);
		sink_printf(out, "\" name=\"%s\"/>\n", command);
	}
	for (uint32_t i = from; i < d->n; i++)
		junit_case(out, &d->list[i], path, command, fail);
	sink_puts(out, " </testsuite>\n");
}

/* ---- SARIF ---- */

static void
text_member(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_open(j, '{');
	json_member(j, "text", text);
	json_close(j, '}');
}

/* A path as a relative reference: what is no plain character in percent form. */
static void
uri(struct json *j, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "-._~/";
	struct sink s;

	sink_init(&s, -1);
	for (; *path != '\0'; path++)
		if (strchr(plain, *path) != NULL)
			sink_write(&s, path, 1);
		else
			sink_printf(&s, "%%%02X", (unsigned char)*path);
	json_text(j, s.buf != NULL ? s.buf : "", s.n);
	sink_fini(&s);
}

static void
rule_id(struct json *j, const struct diag *d)
{
	static const struct escape none[] = { { '\0', NULL } };
	struct sink s;

	sink_init(&s, -1);
	id_of(&s, d, none);
	json_text(j, s.buf, s.n);
	sink_fini(&s);
}

static bool
same_id(const struct diag *a, const struct diag *b)
{
	return a->id == b->id && (a->rule == NULL) == (b->rule == NULL) &&
	    (a->rule == NULL || strcmp(a->rule, b->rule) == 0);
}

static const char *
sarif_level(const struct diag *d)
{
	return d->level == LEVEL_NOTE ? "note" : d->level == LEVEL_WARN ? "warning" : "error";
}

/* The advice of the kind of finding i, when its findings from there on have the same one. */
static const char *
common_advice(const struct diags *d, uint32_t i)
{
	const char *advice = diag_says(&d->list[i]);

	for (uint32_t k = i + 1; k < d->n; k++)
		if (same_id(&d->list[k], &d->list[i]) &&
		    strcmp(diag_says(&d->list[k]), advice) != 0)
			return "";
	return advice;
}

/* Each kind of finding once. */
static void
sarif_rules(struct json *j, const struct diags *d, uint32_t from)
{
	json_key(j, "rules");
	json_open(j, '[');
	for (uint32_t i = from; i < d->n; i++) {
		uint32_t k = from;

		while (!same_id(&d->list[k], &d->list[i]))
			k++;
		if (k < i)
			continue;
		json_open(j, '{');
		json_key(j, "id");
		rule_id(j, &d->list[i]);
		text_member(j, "shortDescription", diag_title(d->list[i].id));
		if (*common_advice(d, i) != '\0')
			text_member(j, "help", common_advice(d, i));
		json_key(j, "defaultConfiguration");
		json_open(j, '{');
		json_member(j, "level", sarif_level(&d->list[i]));
		json_close(j, '}');
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* Lines and bytes of a member are none of the archive, which is the artifact. */
static void
sarif_member(struct json *j, const struct diag *d)
{
	json_key(j, "properties");
	json_open(j, '{');
	json_member(j, "member", d->member);
	json_key(j, d->line != 0 ? "line" : "offset");
	json_u64(j, d->line != 0 ? d->line : d->off);
	json_close(j, '}');
}

/* Opens a list of one place: a file and, with a key, a region of it. The list, the object in
 * it and what else belongs to that are the caller's to end. */
static void
sarif_open_place(struct json *j, const char *list, const char *file, const char *key, uint64_t at)
{
	json_key(j, list);
	json_open(j, '[');
	json_open(j, '{');
	json_key(j, "physicalLocation");
	json_open(j, '{');
	json_key(j, "artifactLocation");
	json_open(j, '{');
	json_key(j, "uri");
	uri(j, file);
	json_close(j, '}');
	if (key != NULL) {
		json_key(j, "region");
		json_open(j, '{');
		json_member_u64(j, key, at);
		json_close(j, '}');
	}
	json_close(j, '}');
}

static void
sarif_place(struct json *j, const struct diag *d, const char *path)
{
	bool lines = d->line != 0, known = d->member == NULL && (lines || d->off != DIAG_NO_OFFSET);

	sarif_open_place(j, "locations", d->file != NULL && lines && d->member == NULL ? d->file :
	    path, !known ? NULL : lines ? "startLine" : "byteOffset", lines ? d->line : d->off);
	if (d->node != NULL) {
		json_key(j, "logicalLocations");
		json_open(j, '[');
		json_open(j, '{');
		json_member(j, "name", d->node);
		json_close(j, '}');
		json_close(j, ']');
	}
	if (d->member != NULL)
		sarif_member(j, d);
	json_close(j, '}');
	json_close(j, ']');
}

/* The line of the program that the model was made by: "model.py:12". */
static void
sarif_python(struct json *j, const struct diag *d)
{
	const char *colon = d->python != NULL ? strrchr(d->python, ':') : NULL;
	char file[200];

	if (colon == NULL)
		return;
	snprintf(file, sizeof file, "%.*s", (int)(colon - d->python), d->python);
	sarif_open_place(j, "relatedLocations", file, "startLine", strtoul(colon + 1, NULL, 10));
	json_close(j, '}');
	json_close(j, ']');
}

/* Viewers show the help of a rule once for all its findings: advice is of each. */
static void
sarif_message(struct json *j, const struct diag *d)
{
	struct sink text;

	sink_init(&text, -1);
	sink_puts(&text, d->message);
	if (*diag_says(d) != '\0')
		sink_printf(&text, "\nfix: %s", diag_says(d));
	sink_write(&text, "", 1);
	text_member(j, "message", text.buf);
	sink_fini(&text);
}

static void
sarif_result(struct json *j, const struct diag *d, const char *path)
{
	char print[24];

	json_open(j, '{');
	json_key(j, "ruleId");
	rule_id(j, d);
	json_member(j, "level", sarif_level(d));
	sarif_message(j, d);
	sarif_place(j, d, path);
	sarif_python(j, d);
	json_key(j, "partialFingerprints");
	json_open(j, '{');
	json_key(j, "mlinspect/v1");
	snprintf(print, sizeof print, "%016" PRIx64, d->print);
	json_string(j, print);
	json_close(j, '}');
	if (d->known)
		json_member(j, "baselineState", "unchanged");
	json_close(j, '}');
}

/* A run; a comma goes before, since the document has an empty one first. */
static void
sarif(struct sink *out, const char *command, const char *path, const struct diags *d,
	uint32_t from)
{
	struct json j;

	json_init(&j, out);
	sink_puts(out, path != NULL ? ",\n" : "");
	json_open(&j, '{');
	json_key(&j, "tool");
	json_open(&j, '{');
	json_key(&j, "driver");
	json_open(&j, '{');
	json_member(&j, "name", "mlinspect");
	json_member(&j, "version", PACKAGE_VERSION);
	if (d != NULL)
		sarif_rules(&j, d, from);
	json_close(&j, '}');
	json_close(&j, '}');
	if (path != NULL) {
		json_key(&j, "automationDetails");
		json_open(&j, '{');
		json_member(&j, "id", command);
		json_close(&j, '}');
	}
	json_key(&j, "results");
	json_open(&j, '[');
	for (uint32_t i = from; d != NULL && i < d->n; i++)
		sarif_result(&j, &d->list[i], path);
	json_close(&j, ']');
	json_close(&j, '}');
}

/* ---- Markdown ---- */

static const struct escape markdown_marks[] = {
	{ '|', "\\|" }, { '*', "\\*" }, { '_', "\\_" }, { '`', "\\`" }, { '<', "&lt;" },
	{ '>', "&gt;" }, { '&', "&amp;" }, { '[', "\\[" }, { ']', "\\]" }, { '#', "\\#" },
	{ '\\', "\\\\" }, { '~', "\\~" }, { '@', "&#64;" },
	{ '\0', NULL }
};

static void
markdown(struct sink *out, const char *path, const char *command, const struct diags *d,
	uint32_t from)
{
	sink_puts(out, "### ");
	escaped(out, path, markdown_marks);
	sink_printf(out, ": %s\n\n", command);
	if (from == d->n) {
		sink_puts(out, "No findings.\n\n");
		return;
	}
	sink_puts(out, "| level | finding | what | where | fix |\n|---|---|---|---|---|\n");
	for (uint32_t i = from; i < d->n; i++) {
		sink_printf(out, "| %s%s | ", level_name(d->list[i].level),
		    d->list[i].known ? " (known)" : "");
		id_of(out, &d->list[i], markdown_marks);
		sink_puts(out, " | ");
		escaped(out, d->list[i].message, markdown_marks);
		sink_puts(out, " | ");
		place_words(out, &d->list[i], markdown_marks);
		sink_puts(out, " | ");
		escaped(out, diag_says(&d->list[i]), markdown_marks);
		sink_puts(out, " |\n");
	}
	sink_puts(out, "\n");
}

/* ---- workflow commands ---- */

static const struct escape github_text[] = { { '%', "%25" }, { '\0', NULL } };
static const struct escape github_field[] = {
	{ '%', "%25" }, { ':', "%3A" }, { ',', "%2C" }, { '\0', NULL }
};

/* Where the line is that has to change: that of the program that made the model, when it is
 * known and may be of the repository. */
static void
github_place(struct sink *out, const char *path, const struct diag *f)
{
	const char *colon = f->python != NULL && *f->python != '/' ?
	    strrchr(f->python, ':') : NULL;
	char file[200];

	if (colon != NULL) {
		snprintf(file, sizeof file, "%.*s", (int)(colon - f->python), f->python);
		escaped(out, file, github_field);
		sink_printf(out, ",line=%lu", strtoul(colon + 1, NULL, 10));
		return;
	}
	escaped(out, path, github_field);
	if (f->line != 0 && f->member == NULL)
		sink_printf(out, ",line=%" PRIu32, f->line);
}

static void
github(struct sink *out, const char *path, const struct diags *d, uint32_t from)
{
	for (uint32_t i = from; i < d->n; i++) {
		const struct diag *f = &d->list[i];

		if (f->known)
			continue;
		sink_puts(out, f->level == LEVEL_NOTE ? "::notice file=" :
		    f->level == LEVEL_WARN ? "::warning file=" : "::error file=");
		github_place(out, path, f);
		sink_puts(out, ",title=");
		id_of(out, f, github_field);
		sink_puts(out, "::");
		escaped(out, f->message, github_text);
		if (has_place(f))
			sink_puts(out, "%0A");
		place_words(out, f, github_text);
		if (f->python != NULL) {
			sink_puts(out, " of ");
			escaped(out, path, github_text);
		}
		if (*diag_says(f) != '\0') {
			sink_puts(out, "%0Afix: ");
			escaped(out, diag_says(f), github_text);
		}
		sink_puts(out, "\n");
	}
}

/* ---- documents ---- */

void
findings_begin(struct sink *out, enum finding_form form)
{
	if (form == FINDING_JUNIT)
		sink_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		    "<testsuites name=\"mlinspect\">\n");
	if (form != FINDING_SARIF)
		return;
	sink_puts(out, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
	    "\"version\":\"2.1.0\",\"runs\":[\n");
	sarif(out, NULL, NULL, NULL, 0);
}

void
findings_section(struct sink *out, enum finding_form form, const char *path, const char *command,
	const struct diags *d, uint32_t from, enum diag_level fail)
{
	if (form == FINDING_JUNIT)
		junit(out, path, command, d, from, fail);
	else if (form == FINDING_SARIF)
		sarif(out, command, path, d, from);
	else if (form == FINDING_MARKDOWN)
		markdown(out, path, command, d, from);
	else if (form == FINDING_GITHUB)
		github(out, path, d, from);
}

void
findings_end(struct sink *out, enum finding_form form)
{
	if (form == FINDING_JUNIT)
		sink_puts(out, "</testsuites>\n");
	else if (form == FINDING_SARIF)
		sink_puts(out, "\n]}\n");
}
