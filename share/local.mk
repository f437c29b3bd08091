# SPDX-License-Identifier: Apache-2.0
# The Python side, installed as it is. A copy stands beside the program in the
# build tree, so that it is found there; make venv gives it what it needs.
python_files = \
	%D%/mlinspect/convert.py \
	%D%/mlinspect/probes.py \
	%D%/mlinspect/export-plan.py \
	%D%/mlinspect/requirements-convert.txt
dist_pkgdata_DATA = $(python_files)
all-local: %D%/copied
%D%/copied: $(srcdir)/%D%/mlinspect/*
	@$(MKDIR_P) %D%/mlinspect
	$(AM_V_GEN)for f in $(python_files); do \
		test -e "$$f" -a '$(srcdir)' = . || cp -f '$(srcdir)'/"$$f" "$$f" || exit 1; \
	done && touch $@
CLEANFILES += %D%/copied
distclean-local:
	test '$(srcdir)' = . || rm -rf %D% venv

# Any Python that coremltools has wheels for.
PYTHON3 = python3
venv: venv/made
venv/made: $(srcdir)/%D%/mlinspect/requirements-convert.txt
	$(PYTHON3) -m venv venv
	venv/bin/python -m pip install --quiet --disable-pip-version-check \
		-r '$(srcdir)/%D%/mlinspect/requirements-convert.txt'
	touch $@
.PHONY: venv

# The pipelines; what is missing is SKIP, a real failure is exit status 1.
smoke_toy: all
	./mlinspect --batch -e 'smoke toy smoke-toy'
smoke_torch: all
	./mlinspect --batch -e 'smoke torch smoke-torch'
parity_full: all
	./mlinspect --batch -e 'parity full parity-full'
.PHONY: smoke_toy smoke_torch parity_full
