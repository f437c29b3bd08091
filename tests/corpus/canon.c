/* SPDX-License-Identifier: Apache-2.0 */
/* Our JSON Lines on stdin in a form for diff: one line for each element of a
 * result, members sorted, and the inputs of a node by parameter where order
 * says nothing. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* {parameter: [names]} in place of two lists. */
static void
name_inputs(json_t *node)
{
	json_t *inputs = json_object_get(node, "inputs");
	json_t *names = json_object_get(node, "parameters"), *by_name, *list, *name;
	size_t i;

	if (!json_is_array(names))
		return;
	by_name = json_object();
	json_array_foreach(names, i, name) {
		list = json_object_get(by_name, json_string_value(name));
		if (list == NULL) {
			list = json_array();
			json_object_set_new(by_name, json_string_value(name), list);
		}
		json_array_append(list, json_array_get(inputs, i));
	}
	json_object_set_new(node, "inputs", by_name);
	json_object_del(node, "parameters");
}

static void
put(json_t *one)
{
	if (json_is_object(one))
		name_inputs(one);
	json_dumpf(one, stdout, JSON_SORT_KEYS | JSON_ENCODE_ANY);
	putchar('\n');
}

int
main(void)
{
	static char buf[64 << 20];
	json_error_t err;
	json_t *line, *result, *one;
	size_t i;

	while (fgets(buf, sizeof buf, stdin) != NULL) {
		line = json_loads(buf, 0, &err);
		result = json_object_get(line, "result");
		if (result == NULL) {
			fprintf(stderr, "no result: %.200s\n", buf);
			return 1;
		}
		if (json_is_array(result))
			json_array_foreach(result, i, one)
				put(one);
		else
			put(result);
		json_decref(line);
	}
	return 0;
}
