/* SPDX-License-Identifier: Apache-2.0 */
/* The read functions of formats.def: fill the model whose source is open. */
#ifndef READ_FORMATS_H
#define READ_FORMATS_H

struct archive;
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

/* What torch.save wrote until PyTorch 1.5, and pickles of others. */
void torch_legacy_read(struct ctx *, struct model *, const struct read_options *);
void torch_tar_file_read(struct ctx *, struct model *, const struct read_options *);
void pickle_file_read(struct ctx *, struct model *, const struct read_options *);
void safetensors_read(struct ctx *, struct model *, const struct read_options *);
/* Arrays of NumPy, one alone; weights for llama.cpp. */
void numpy_read(struct ctx *, struct model *, const struct read_options *);
void gguf_read(struct ctx *, struct model *, const struct read_options *);
/* A module for PyTorch mobile, as FlatBuffer. */
void mobile_flat_read(struct ctx *, struct model *, const struct read_options *);

/* A zip archive: what it is, is told from the names in it (zipped.c), and one
 * of the functions below reads it. */
void zipped_read(struct ctx *, struct model *, const struct read_options *);
/* Exported programs: one becomes the model, several its stages. */
void pt2_archive_read(struct ctx *, struct model *, struct archive *,
	const struct read_options *);
/* TorchScript: code, objects and tensors. */
void torchscript_read(struct ctx *, struct model *, struct archive *,
	const struct read_options *);
/* The same of an archive that was unpacked: model.json, with the rest beside it. */
void torchscript_json_read(struct ctx *, struct model *, const struct read_options *);
/* What torch.save wrote. */
void torch_saved_read(struct ctx *, struct model *, struct archive *,
	const struct read_options *);
/* Arrays of NumPy. */
void numpy_archive_read(struct ctx *, struct model *, struct archive *,
	const struct read_options *);
/* torch.package, and what AOTInductor compiled. */
void torch_package_read(struct ctx *, struct model *, struct archive *,
	const struct read_options *);
void aotinductor_read(struct ctx *, struct model *, struct archive *,
	const struct read_options *);
/* The same for mobile, without the code. */
void torch_lite_read(struct ctx *, struct model *, struct archive *,
	const struct read_options *);
/* A package or compiled model of Core ML in an archive. */
void package_zipped_read(struct ctx *, struct model *, struct archive *,
	const struct read_options *);

#endif
