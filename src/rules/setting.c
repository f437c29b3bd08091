/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "rules/setting.h"

/* Sources: facts/ane-background.md section 4. */
static const struct chip { const char *name; int h_lo, h_hi; } chips[] = {
	{ "M1", 13, 13 }, { "M2", 14, 14 }, { "M3", 14, 15 }, { "M4", 16, 16 }, { "M5", 17, 17 },
	{ "A11", 10, 10 }, { "A12", 11, 11 }, { "A13", 12, 12 }, { "A14", 13, 13 },
	{ "A15", 14, 14 }, { "A16", 14, 15 }, { "A17", 15, 16 }, { "A18", 16, 17 },
	{ "A19", 17, 18 }
};

static const char *const units[UNITS_COUNT] = { "CPU_AND_NE", "ALL", "CPU_AND_GPU", "CPU_ONLY" };

void
setting_init(struct setting *s)
{
	memset(s, 0, sizeof *s);
	s->h_lo = 13;
	s->h_hi = 18;
	s->ios_lo = 15;
	s->ios_hi = 26;
	s->precision = "f16";
}

static bool
starts(const char *s, const char *with)
{
	for (; *with != '\0'; s++, with++)
		if ((*s | 32) != (*with | 32))
			return false;
	return true;
}

const char *
setting_chip_name(uint32_t i)
{
	return i < sizeof chips / sizeof *chips ? chips[i].name : NULL;
}

bool
setting_chip(struct setting *s, const char *text)
{
	static const char *const grades[] = { "", "Pro", "Max", "Ultra", NULL };

	for (uint32_t i = 0; i < sizeof chips / sizeof *chips; i++) {
		const char *rest = text + strlen(chips[i].name);
		int g;

		if (!starts(text, chips[i].name) || (*rest >= '0' && *rest <= '9'))
			continue;
		rest += strspn(rest, " -");
		for (g = 0; grades[g] != NULL; g++)
			if (strlen(rest) == strlen(grades[g]) && starts(rest, grades[g]))
				break;
		if (grades[g] == NULL)
			return false;
		s->chip = chips[i].name;
		s->h_lo = chips[i].h_lo;
		s->h_hi = chips[i].h_hi;
		if (s->platform == NULL)
			s->platform = *chips[i].name == 'M' ? "macos" : "ios";
		return true;
	}
	return false;
}

/* A text that is shown as it is: plans come from anywhere. */
static bool
is_plain(const char *s)
{
	while (*s >= ' ' && *s <= '~')
		s++;
	return *s == '\0';
}

bool
setting_os(struct setting *s, const char *text)
{
	bool mac = starts(text, "macos"), ios = starts(text, "ios") || starts(text, "ipados");
	const char *p = text + strcspn(text, "0123456789");
	int major = 0, minor = 0;

	if ((!mac && !ios) || *p == '\0' || !is_plain(text))
		return false;
	for (; *p >= '0' && *p <= '9' && major < 1000; p++)
		major = major * 10 + (*p - '0');
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9' && minor < 1000; p++)
			minor = minor * 10 + (*p - '0');
	if (*p != '\0' && *p != '.')
		return false;
	s->os = text;
	s->platform = mac ? "macos" : "ios";
	/* macOS 10.15 came with iOS 13, 11 with 14, 15 with 18; both are 26 now */
	if (mac && major < 20)
		major = major == 10 ? (minor >= 15 ? 13 : 12) : major + 3;
	s->ios_lo = s->ios_hi = major;
	return true;
}

bool
setting_units(struct setting *s, const char *text)
{
	for (int i = 0; i < UNITS_COUNT; i++) {
		if (strlen(text) != strlen(units[i]) || !starts(text, units[i]))
			continue;
		s->units = (enum units)i;
		s->units_given = true;
		return true;
	}
	return false;
}

const char *
units_name(enum units u)
{
	return units[u];
}
