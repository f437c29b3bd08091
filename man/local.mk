# SPDX-License-Identifier: Apache-2.0
# The manual and the completions are made by the program from its own tables.
pages = %D%/mlinspect.1 %D%/mlinspect-rules.7 %D%/mlinspect.bash %D%/_mlinspect %D%/mlinspect.fish
nodist_man1_MANS = %D%/mlinspect.1
nodist_man7_MANS = %D%/mlinspect-rules.7
CLEANFILES += $(pages)
bashcompdir = $(datadir)/bash-completion/completions
zshcompdir = $(datadir)/zsh/site-functions
fishcompdir = $(datadir)/fish/vendor_completions.d
nodist_zshcomp_DATA = %D%/_mlinspect
nodist_fishcomp_DATA = %D%/mlinspect.fish
all-local: $(pages)

%D%/mlinspect.1: mlinspect$(EXEEXT)
	@$(MKDIR_P) %D%
	$(AM_V_GEN)./mlinspect --print=mdoc >$@.part && mv $@.part $@
%D%/mlinspect-rules.7: mlinspect$(EXEEXT)
	@$(MKDIR_P) %D%
	$(AM_V_GEN)./mlinspect --print=rules >$@.part && mv $@.part $@
%D%/mlinspect.bash: mlinspect$(EXEEXT)
	@$(MKDIR_P) %D%
	$(AM_V_GEN)./mlinspect --print=bash >$@.part && mv $@.part $@
%D%/_mlinspect: mlinspect$(EXEEXT)
	@$(MKDIR_P) %D%
	$(AM_V_GEN)./mlinspect --print=zsh >$@.part && mv $@.part $@
%D%/mlinspect.fish: mlinspect$(EXEEXT)
	@$(MKDIR_P) %D%
	$(AM_V_GEN)./mlinspect --print=fish >$@.part && mv $@.part $@

# bash looks for a file of the command's name
install-data-hook:
	$(MKDIR_P) $(DESTDIR)$(bashcompdir)
	$(INSTALL_DATA) %D%/mlinspect.bash $(DESTDIR)$(bashcompdir)/mlinspect
uninstall-hook:
	rm -f $(DESTDIR)$(bashcompdir)/mlinspect
