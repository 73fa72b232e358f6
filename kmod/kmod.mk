# SPDX-License-Identifier: GPL-2.0-only
# make kmod KVER=...   builds both modules in $(O)/kmod/$(KVER), never in the tree
KVER	?= $(shell uname -r)
# Headers of an installed kernel, else the headers that "make deps" unpacked.
KDIR	?= $(or $(wildcard /lib/modules/$(KVER)/build),$(shell tests/kernels.sh | awk '$$1 == "$(KVER)" { print $$2 }'))
KCOPY	:= $(O)/kmod/$(KVER)
KARGS	?=

# O is for this makefile; a kernel's makefile reads another meaning into it, even if empty.
# The object lists are wildcards: a source that was removed or renamed must not stay behind.
.PHONY: kmod
kmod:
	$(if $(KDIR),,$(error no headers of kernel $(KVER); make deps fetches those of the tested kernels))
	@mkdir -p $(KCOPY)
	$(Q)cp -a --update kmod/. $(KCOPY)/
	$(Q)cd $(KCOPY) && find . -name '*.[chS]' ! -name '*.mod.c' \
		-exec sh -c 'for f; do [ -e "$(CURDIR)/kmod/$$f" ] || rm "$$f"; done' sh {} +
	$(Q)MAKEFLAGS='$(filter-out O=%,$(MAKEFLAGS))' $(MAKE) --no-print-directory -C $(KDIR) M=$(abspath $(KCOPY)) CC=gcc \
		TDXCTL_WERROR=y TDXCTL_VERSION=$(VERSION) $(KARGS) modules
