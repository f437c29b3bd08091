/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is, from its first bytes; its name is never asked. */
#ifndef READ_SNIFF_H
#define READ_SNIFF_H

#include <stddef.h>

#include "base/diag.h"

struct source;

enum sniffed {
	SNIFF_ONNX,       /* binary ModelProto, perhaps damaged */
	SNIFF_PROTO_TEXT, /* protobuf text format of it */
	SNIFF_PROTO_JSON,
	SNIFF_ONNX_TEXT,  /* ONNX's own text syntax */
	SNIFF_COREML,     /* binary Core ML specification */
	SNIFF_MIL_TEXT,   /* MIL: the text of a Core ML program */
	SNIFF_ESPRESSO,   /* layers of a compiled network, in JSON */
	SNIFF_COMPILED,   /* the description of a compiled Core ML model */
	SNIFF_ORT,        /* ONNX Runtime FlatBuffer */
	SNIFF_PT2_JSON,   /* the program of a torch.export archive, without the archive */
	SNIFF_TS_JSON,    /* model.json of an unpacked TorchScript archive of before 1.3 */
	SNIFF_ZIP,        /* an archive: what of is told from the names in it (zipped.c) */
	SNIFF_TORCH_LEGACY, /* torch.save before 1.6 */
	SNIFF_PICKLE,     /* of Python, protocol 2 or later */
	SNIFF_SAFETENSORS,
	SNIFF_MOBILE_FLAT, /* PyTorch mobile */
	SNIFF_NUMPY,
	SNIFF_GGUF,       /* of llama.cpp */
	SNIFF_TORCH_TAR,  /* torch.save before 0.1.10 */
	SNIFF_OTHER       /* something else: see what */
};

struct sniff {
	enum sniffed kind;
	enum diag_id id;    /* SNIFF_OTHER: the diagnostic that says so */
	const char *what;   /* SNIFF_OTHER: "a PNG image"; static */
	const char *advice; /* what to do with it, or "" */
	char begins[64];    /* unknown text: its first line, or "" */
};

/* At most SNIFF_BYTES from the start are looked at, and the tags of the
 * outermost message by hops. */
enum { SNIFF_BYTES = 4096 };
struct sniff sniff_source(const struct source *);

#endif
