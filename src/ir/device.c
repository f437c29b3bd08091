/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "ir/device.h"

static const struct { const char *word; enum device device; } words[] = {
	{ "neuralengine", DEVICE_ANE }, { "neural engine", DEVICE_ANE }, { "ane", DEVICE_ANE },
	{ "ne", DEVICE_ANE }, { "gpu", DEVICE_GPU }, { "mps_graph", DEVICE_GPU },
	{ "mps", DEVICE_GPU }, { "metal", DEVICE_GPU }, { "cpu", DEVICE_CPU },
	{ "bnns", DEVICE_CPU }, { "classic_cpu", DEVICE_CPU }, { "e5_minimal_cpu", DEVICE_CPU },
	{ "MLNeuralEngineComputeDevice", DEVICE_ANE }, { "MLGPUComputeDevice", DEVICE_GPU },
	{ "MLCPUComputeDevice", DEVICE_CPU }
};

const char *
device_name(enum device d)
{
	static const char *const names[] = { "unknown", "ane", "gpu", "cpu" };

	return names[d];
}

enum device
device_parse(const char *s, size_t n)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const char *w = words[i].word;
		size_t k = 0;

		while (k < n && w[k] != '\0' && (s[k] | 32) == (w[k] | 32))
			k++;
		/* a detail may stand behind in parentheses */
		if (w[k] == '\0' && (k == n || s[k] == '('))
			return words[i].device;
	}
	return DEVICE_UNKNOWN;
}
