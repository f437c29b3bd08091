# SPDX-License-Identifier: Apache-2.0
# Every test speaks TAP: cmocka programs by CMOCKA_MESSAGE_OUTPUT (one group a
# program), scripts by themselves. `make check TESTS=tests/unit/test_x` runs one.
TEST_EXTENSIONS = .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	CC='$(CC)'; export CC; \
	LC_ALL=C; export LC_ALL; \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT;

# One line a unit test: tests/unit/test_x is built from tests/unit/test_x.c.
unit_tests =

LDADD = $(LINK_LIBS) $(CMOCKA_LIBS)

if CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
else
TESTS += %D%/unit/without-cmocka.sh
endif
EXTRA_DIST += %D%/unit/without-cmocka.sh
