# SPDX-License-Identifier: GPL-2.0-only
# make kmod KVER=...   builds both modules in $(O)/kmod/$(KVER), never in the tree
KVER	?= $(shell uname -r)
KDIR	?= /lib/modules/$(KVER)/build
KCOPY	:= $(O)/kmod/$(KVER)

.PHONY: kmod
kmod:
	@mkdir -p $(KCOPY)
	$(Q)cp -a --update kmod/. $(KCOPY)/
	$(Q)$(MAKE) --no-print-directory -C $(KDIR) M=$(abspath $(KCOPY)) CC=gcc O= TDXCTL_WERROR=y modules
