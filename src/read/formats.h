/* SPDX-License-Identifier: Apache-2.0 */
/* The read functions of formats.def: fill the model whose source is open. */
#ifndef READ_FORMATS_H
#define READ_FORMATS_H

struct ctx;
struct model;
struct read_options;

/* ONNX, binary form. */
void onnx_read(struct ctx *, struct model *, const struct read_options *);
/* Core ML specification, binary form. */
void coreml_read(struct ctx *, struct model *, const struct read_options *);

/* A network that Apple's compiler made: model.espresso.net. */
void espresso_read(struct ctx *, struct model *, const struct read_options *);
/* Other models that it made: coremldata.bin. */
void compiled_read(struct ctx *, struct model *, const struct read_options *);

/* ONNX Runtime's FlatBuffer. */
void ort_read(struct ctx *, struct model *, const struct read_options *);

/* An exported program's JSON, out of its archive. */
void pt2_json_read(struct ctx *, struct model *, const struct read_options *);

#endif
