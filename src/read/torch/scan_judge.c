/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>

#include "read/torch/scan.h"

static const struct verdict {
	const char *module, *name;
	enum scan_verdict verdict;
} verdicts[] = {
#define VERDICT(module, name, verdict) { module, name, SCAN_##verdict },
#include "read/torch/scan.def"
#undef VERDICT
};

const char *
scan_verdict_name(enum scan_verdict v)
{
	static const char *const names[] = { "data", "unknown", "code" };

	return names[v];
}

/* How exactly a row fits: 0 not at all; then the length of its module, then
 * that of its name without wildcards. */
static size_t
fit(const struct verdict *v, const char *module, const char *name)
{
	size_t n = strlen(v->module), k = strlen(v->name);

	if (strncmp(v->module, module, n) != 0 || (module[n] != '\0' && module[n] != '.'))
		return 0;
	if (strcmp(v->name, "[A-Z]*") == 0)
		return name[0] >= 'A' && name[0] <= 'Z' && strchr(name, '.') == NULL ?
		    n * 256 + 2 : 0;
	if (k > 0 && v->name[k - 1] == '*')
		return strncmp(v->name, name, k - 1) == 0 && (k == 1 ||
		    strchr(name, '.') == NULL) ? n * 256 + k : 0;
	return module[n] == '\0' && strcmp(v->name, name) == 0 ? n * 256 + 255 : 0;
}

static enum scan_verdict
judge(const char *module, const char *name)
{
	enum scan_verdict verdict = SCAN_UNKNOWN;
	size_t best = 0, f;

	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
		f = fit(&verdicts[i], module, name);
		if (f > best) {
			best = f;
			verdict = verdicts[i].verdict;
		}
	}
	return verdict;
}

/* Does the way from attribute to attribute lead through a module that runs code, which
 * this one has imported: path.os.system? */
static bool
leads_to_code(const char *name)
{
	char module[64];
	size_t n;

	for (; (n = strcspn(name, ".")), name[n] == '.'; name += n + 1) {
		if (n >= sizeof module)
			continue;
		memcpy(module, name, n);
		module[n] = '\0';
		if (judge(module, name + n + 1) == SCAN_RUNS_CODE)
			return true;
	}
	return false;
}

enum scan_verdict
scan_judge(const char *module, const char *name)
{
	enum scan_verdict verdict = judge(module, name);

	/* an attribute of an attribute: pickle follows the dots */
	if (strchr(name, '.') == NULL || verdict == SCAN_RUNS_CODE)
		return verdict;
	return leads_to_code(name) ? SCAN_RUNS_CODE : SCAN_UNKNOWN;
}
