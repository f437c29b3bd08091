# SPDX-License-Identifier: Apache-2.0
# Every test speaks TAP. One alone: make check TESTS=tests/unit/test_x
TEST_EXTENSIONS = .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/unit/run.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	COMPILE='$(CC) $(AM_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS)'; export COMPILE; \
	LC_ALL=C; export LC_ALL;

# One line a unit test: tests/unit/test_x is built from tests/unit/test_x.c
# and has one group of tests.
unit_tests =
unit_tests += %D%/unit/test_archive
unit_tests += %D%/unit/test_base
unit_tests += %D%/unit/test_beside
unit_tests += %D%/unit/test_bind
unit_tests += %D%/unit/test_bits
unit_tests += %D%/unit/test_convert
unit_tests += %D%/unit/test_coreml
unit_tests += %D%/unit/test_dot
unit_tests += %D%/unit/test_dtype
unit_tests += %D%/unit/test_exec
unit_tests += %D%/unit/test_external
unit_tests += %D%/unit/test_filter
unit_tests += %D%/unit/test_fold
unit_tests += %D%/unit/test_infer
unit_tests += %D%/unit/test_json_in
unit_tests += %D%/unit/test_layers
unit_tests += %D%/unit/test_lint
unit_tests += %D%/unit/test_lint_coreml
unit_tests += %D%/unit/test_map
unit_tests += %D%/unit/test_ops
unit_tests += %D%/unit/test_ort
unit_tests += %D%/unit/test_package
unit_tests += %D%/unit/test_packing
unit_tests += %D%/unit/test_pt2
unit_tests += %D%/unit/test_rows
unit_tests += %D%/unit/test_pickle
unit_tests += %D%/unit/test_rule
unit_tests += %D%/unit/test_scan
unit_tests += %D%/unit/test_sink
unit_tests += %D%/unit/test_sniff
unit_tests += %D%/unit/test_splice
unit_tests += %D%/unit/test_strided
unit_tests += %D%/unit/test_tensor
unit_tests += %D%/unit/test_text
unit_tests += %D%/unit/test_torch_tensor
unit_tests += %D%/unit/test_dim
unit_tests += %D%/unit/test_type
unit_tests += %D%/unit/test_wire

LDADD = $(LINK_LIBS) $(CMOCKA_LIBS)
if CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
else
TESTS += %D%/unit/without-cmocka.sh
endif

dist_check_SCRIPTS = \
	%D%/lint/headers.sh \
	%D%/lint/layers.sh \
	%D%/lint/listed.sh \
	%D%/lint/purity.sh \
	%D%/lint/sizes.sh \
	%D%/damage/half-1.sh \
	%D%/damage/half-2.sh \
	%D%/golden/run.sh \
	%D%/ops/run.sh \
	%D%/screen/layout.sh \
	%D%/screen/monkey.sh \
	%D%/screen/tutorial.sh \
	%D%/tty/run.sh
TESTS += $(dist_check_SCRIPTS)

check_PROGRAMS += %D%/tty/pty
%C%_tty_pty_SOURCES = %D%/tty/pty.c %D%/tty/screen.c %D%/tty/screen.h
%C%_tty_pty_LDADD =

check_PROGRAMS += %D%/screen/monkey
%C%_screen_monkey_SOURCES = %D%/screen/monkey.c
%C%_screen_monkey_LDADD = ui/libui.a src/cmd/libcmd.a $(LINK_LIBS) $(CURSES_LIBS)

drive_sources = %D%/drive.c %D%/drive.h %D%/output.c %D%/output.h
check_PROGRAMS += %D%/damage/damage
%C%_damage_damage_SOURCES = %D%/damage/damage.c $(drive_sources)
%C%_damage_damage_LDADD = src/cmd/libcmd.a $(LINK_LIBS)
EXTRA_DIST += \
	%D%/ops/aten.py \
	%D%/ops/mil.py \
	%D%/seeds/bytecode.ptl \
	%D%/seeds/compiled.bin \
	%D%/make-seeds.py \
	%D%/seeds/arrays.npz \
	%D%/seeds/attributes.pt \
	%D%/seeds/recurrent.pt \
	%D%/seeds/before.pt2 \
	%D%/seeds/everything.textproto \
	%D%/seeds/hostile.pt \
	%D%/seeds/legacy.pt \
	%D%/seeds/legacy-tar.pt \
	%D%/seeds/network.json \
	%D%/seeds/old-script.pt \
	%D%/seeds/package.zip \
	%D%/seeds/packaged.pt \
	%D%/seeds/packed.mil \
	%D%/seeds/packed.pt \
	%D%/seeds/pipeline.mlmodel \
	%D%/seeds/script.pt \
	%D%/seeds/small-export.json \
	%D%/seeds/small.json \
	%D%/seeds/small.mil \
	%D%/seeds/small.mlmodel \
	%D%/seeds/package.pt \
	%D%/seeds/programs.pt2 \
	%D%/seeds/small.onnxtxt \
	%D%/seeds/small.pt2 \
	%D%/seeds/state.pt \
	%D%/seeds/weights.gguf \
	%D%/seeds/weights.safetensors \
	%D%/seeds/small.ort

# The fuzzing harness is always built with a main of its own, which replays
# files in make check; libFuzzer and AFL++ bring another main.
check_PROGRAMS += %D%/fuzz/replay
%C%_fuzz_replay_SOURCES = %D%/fuzz/fuzz.c %D%/fuzz/replay.c $(drive_sources)
%C%_fuzz_replay_LDADD = src/cmd/libcmd.a $(LINK_LIBS)
dist_check_SCRIPTS += %D%/fuzz/run.sh
dist_check_SCRIPTS += %D%/rules/run.sh
dist_check_SCRIPTS += %D%/rules/placements.sh
dist_check_SCRIPTS += %D%/rules/facts.sh
dist_check_SCRIPTS += %D%/rules/plan.sh
dist_check_SCRIPTS += %D%/forms/run.sh
dist_check_SCRIPTS += %D%/shapes/run.sh
EXTRA_DIST += %D%/cases.sh %D%/why.sh %D%/shapes/cases.py %D%/shapes/cases.tsv
dist_check_SCRIPTS += %D%/support/run.sh
dist_check_SCRIPTS += %D%/driver/run.sh %D%/driver/doctor.sh
EXTRA_DIST += %D%/driver/driver.py %D%/driver/coremltools.py %D%/driver/doctor.py
dist_check_SCRIPTS += %D%/script/run.sh
EXTRA_DIST += %D%/support/cases.py %D%/support/cases.tsv
EXTRA_DIST += %D%/script/cases.py %D%/script/cases.txt
EXTRA_DIST += %D%/forms/forms.py %D%/screen/layout.py
EXTRA_DIST += %D%/rules/ane.tsv %D%/rules/frame.mil %D%/rules/model.tsv \
	%D%/rules/models.sh %D%/rules/ops.tsv %D%/rules/facts.tsv \
	%D%/rules/plan.py %D%/rules/fake/coremltools/__init__.py \
	%D%/rules/fake/coremltools/models/__init__.py \
	%D%/rules/fake/coremltools/models/compute_device.py \
	%D%/rules/fake/coremltools/models/compute_plan.py \
	%D%/rules/fake/coremltools/models/utils.py \
	%D%/corpus/ane.sh %D%/truth/ane.sh %D%/truth/part-ane.sh %D%/truth/placements.tsv
if FUZZERS
noinst_PROGRAMS = %D%/fuzz/fuzz
%C%_fuzz_fuzz_SOURCES = %D%/fuzz/fuzz.c $(drive_sources)
%C%_fuzz_fuzz_LDADD = src/cmd/libcmd.a $(LINK_LIBS)
%C%_fuzz_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
endif

# The cases go into the release as they stand; EXTRA_DIST on the folder would
# bring the logs of this build along.
dist-hook:
	for d in golden fuzz/corpus; do \
		test ! -d $(srcdir)/%D%/$$d || \
			cp -R $(srcdir)/%D%/$$d $(distdir)/%D%/`dirname $$d`; \
	done
	chmod -R u+w $(distdir)/%D%
	rm -f $(distdir)/%D%/golden/run.log $(distdir)/%D%/golden/run.trs

EXTRA_DIST += \
	%D%/fuzz/dict \
	%D%/fuzz/script_seed.py \
	%D%/corpus/compiled.sh \
	%D%/corpus/known.tsv \
	%D%/corpus/oracle.py \
	%D%/corpus/oracle.sh \
	%D%/corpus/reasons.sh \
	%D%/corpus/run.sh \
	%D%/corpus/script-known.tsv \
	%D%/corpus/script.sh \
	%D%/corpus/splice.sh \
	%D%/corpus/support.sh \
	%D%/corpus/torch.sh \
	%D%/corpus/types.sh \
	%D%/corpus/values.sh \
	%D%/unit/run.sh \
	%D%/unit/folder.h \
	%D%/unit/unit.h \
	%D%/unit/zipped.h \
	%D%/unit/without-cmocka.sh

EXTRA_PROGRAMS += %D%/corpus/check
corpus_run = %D%/corpus/run.c %D%/corpus/run.h %D%/corpus/table.c %D%/corpus/table.h
%C%_corpus_check_CPPFLAGS = -D_GNU_SOURCE $(JANSSON_CFLAGS)
%C%_corpus_check_LDADD = $(JANSSON_LIBS)
%C%_corpus_check_SOURCES = %D%/corpus/check.c $(corpus_run)

EXTRA_PROGRAMS += %D%/corpus/torch
%C%_corpus_torch_CPPFLAGS = -D_GNU_SOURCE $(JANSSON_CFLAGS)
%C%_corpus_torch_LDADD = $(JANSSON_LIBS)
%C%_corpus_torch_SOURCES = %D%/corpus/torch.c $(corpus_run)

EXTRA_PROGRAMS += %D%/corpus/script
%C%_corpus_script_CPPFLAGS = -D_GNU_SOURCE $(JANSSON_CFLAGS)
%C%_corpus_script_LDADD = $(JANSSON_LIBS)
%C%_corpus_script_SOURCES = %D%/corpus/script.c $(corpus_run)

EXTRA_PROGRAMS += %D%/corpus/canon %D%/corpus/splice %D%/corpus/types %D%/corpus/values
%C%_corpus_canon_CPPFLAGS = $(JANSSON_CFLAGS)
%C%_corpus_canon_LDADD = $(JANSSON_LIBS)
%C%_corpus_splice_LDADD = $(LINK_LIBS)
%C%_corpus_types_LDADD = $(LINK_LIBS)
%C%_corpus_values_LDADD = $(LINK_LIBS)

corpus_programs = %D%/corpus/canon %D%/corpus/check %D%/corpus/splice %D%/corpus/torch \
	%D%/corpus/types %D%/corpus/values
EXTRA_PROGRAMS += %D%/corpus/reasons
%C%_corpus_reasons_LDADD = $(LINK_LIBS)
corpus_programs += %D%/corpus/reasons %D%/corpus/script
corpus_tests = %D%/corpus/ane.sh %D%/corpus/reasons.sh %D%/corpus/run.sh %D%/corpus/compiled.sh \
	%D%/corpus/script.sh %D%/corpus/splice.sh %D%/corpus/support.sh %D%/corpus/torch.sh \
	%D%/corpus/types.sh %D%/corpus/values.sh
check-corpus: all $(corpus_programs)
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(corpus_tests)' \
		TEST_SUITE_LOG=corpus-suite.log
.PHONY: check-corpus

# Against torch itself, when $$MLINSPECT_PYTHON has it.
check-torch: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS=%D%/corpus/oracle.sh \
		TEST_SUITE_LOG=torch-suite.log
.PHONY: check-torch

# With what make venv installs: real conversions, real comparisons.
EXTRA_PROGRAMS += %D%/convert/oracle
%C%_convert_oracle_LDADD = $(LINK_LIBS)
convert_tests = %D%/convert/sanitize.sh %D%/convert/oracle.sh %D%/convert/screen.sh \
	%D%/convert/wrong.sh %D%/convert/raises.sh %D%/convert/options.sh %D%/convert/live.sh
EXTRA_DIST += $(convert_tests) %D%/convert/sanitize.py %D%/convert/screen.py \
	%D%/convert/forked.py %D%/convert/raises.py %D%/convert/options.py \
	%D%/convert/models.py %D%/convert/python.sh
check-convert: all %D%/convert/oracle %D%/corpus/reasons %D%/tty/pty
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(convert_tests)' \
		TEST_SUITE_LOG=convert-suite.log
.PHONY: check-convert

# Prints numbers beside goals; nothing is asserted.
EXTRA_PROGRAMS += %D%/bench/measure
CLEANFILES += $(EXTRA_PROGRAMS)
%C%_bench_measure_LDADD =
EXTRA_PROGRAMS += %D%/bench/keys
%C%_bench_keys_LDADD = ui/libui.a src/cmd/libcmd.a $(LINK_LIBS) $(CURSES_LIBS)
EXTRA_DIST += %D%/bench/delay.py %D%/bench/drive.py %D%/bench/run.sh %D%/bench/vary.py
bench: all %D%/bench/measure %D%/bench/keys
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
		$(SHELL) $(srcdir)/%D%/bench/run.sh
.PHONY: bench

# Random keys for as long as one likes: make monkey KEYS=1000000 SEED=7 ALL=yes
monkey: %D%/screen/monkey
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' KEYS='$(KEYS)' \
		SEED='$(SEED)' ALL='$(ALL)' $(SHELL) $(srcdir)/%D%/screen/monkey.sh
.PHONY: monkey

# How far what is said agrees with the truth; nothing is asserted.
EXTRA_DIST += \
	%D%/truth/align.py \
	%D%/truth/align_fresh.py \
	%D%/truth/part-align.sh \
	%D%/truth/part-shapes.sh \
	%D%/truth/part-support.sh \
	%D%/truth/run.sh \
	%D%/truth/support.py \
	%D%/truth/torchscript.py
EXTRA_DIST += %D%/truth/compute.py %D%/truth/compute_torch.py %D%/truth/part-compute.sh
EXTRA_PROGRAMS += %D%/truth/compute
%C%_truth_compute_LDADD = $(LINK_LIBS)
bench-truth: all %D%/corpus/types %D%/truth/compute
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
		$(SHELL) $(srcdir)/%D%/truth/run.sh
.PHONY: bench-truth

mostlyclean-local:
	-rm -rf %D%/golden.tmp %D%/rules.tmp %D%/ane-truth.tmp
