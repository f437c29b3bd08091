/* SPDX-License-Identifier: Apache-2.0 */
/* All rules of a session: the built-in sets and the files of --rules, and what
 * a team's policies find. */
#ifndef APP_RULEBOOK_H
#define APP_RULEBOOK_H

#include <stdint.h>

struct rule;
struct rule_domain;
struct rule_env;
struct ruleset;
struct session;

struct rulebook {
	struct ruleset **list; /* built-in ones first */
	uint32_t n;
};

/* Which kinds of rule file there are; n of them. The first is "policy". */
const struct rule_domain *rule_domains(uint32_t *n);
/* Load once. What is wrong in a file is a finding; a rule of a later file takes
 * the place of one with the same id in its domain. May leave through ctx.escape. */
const struct rulebook *session_rules(struct session *);
/* A rule by its id, any domain; NULL when there is none. */
const struct rule *rulebook_find(const struct rulebook *, const char *id);
/* What conditions are asked of: the session's model with types and uses. */
void session_rule_env(struct session *, struct rule_env *);
/* The n sets of a domain in force, the built-in one first; of "lint" with those of policies. */
const struct ruleset *const *session_sets(struct session *, const char *domain, uint32_t *n);
/* The same as lint_options and support_options want them. env: what conditions of further
 * sets are asked of; NULL when there is none. */
const struct ruleset *const *session_rule_sets(struct session *, const char *domain,
	uint32_t *n, struct rule_env **env);

#endif
