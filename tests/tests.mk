# SPDX-License-Identifier: GPL-2.0-only
# The two commands, and what they are made of.

comma := ,
DEMO	:= $(O)/demo-host.json
TIERS	?=

.PHONY: deps demo check check-packages lint format hooks fuzz fuzz-long fuzz-device mutate bench unit-counts help
help:
	@echo 'Build'
	@echo '  make               the command and what the tests need of it (CC=clang: with clang)'
	@echo '  make kmod          both kernel modules [KVER=...]'
	@echo '  make man           the manual pages'
	@echo '  make install       command, manual, completions, module source [DESTDIR=... PREFIX=...]'
	@echo '  make uninstall     removes what make install installed'
	@echo '  make deb           Debian packages of the commit that is checked out, in O/deb'
	@echo '  make rpm           RPM packages of it, in O/rpm'
	@echo '  make clean         removes the build directory'
	@echo 'Try'
	@echo '  make demo          build, then the main job on an emulated host'
	@echo '  make lab           a shell in Linux 7.2 whose KVM runs TDs on the software TDX module'
	@echo 'Test'
	@echo '  make deps          install what all of this needs (Debian 12 and 13)'
	@echo '  make check         every test this machine can run [TIERS="unit cli lint vm lab ..."]'
	@echo '  make check-lab     the tests in Linux 7.2 alone [LAB_KERNEL=7.3, or LAB_LINUX=DIR: your kernel source]'
	@echo '  make check-lab-debug  the same with KASAN, lockdep and kmemleak; takes an hour'
	@echo '  make check-packages  the Debian packages: build, install, boot, Secure Boot; as root, takes an hour [SUITES=bookworm]'
	@echo '  make fuzz          ten seconds for each fuzz target'
	@echo '  make fuzz-long     an hour for each fuzz target; minimises their inputs [TARGETS="conf ..."]'
	@echo '  make fuzz-device   10^6 generated calls to /dev/tdxctl on the debug kernel [N=... SEED=... KERNEL=...]'
	@echo '  make unit-counts   how many checks each unit program makes, into tests/unit/counts'
	@echo '  make mutate        change single lines, check that a test fails [FILES=... SEED=... N=10]'
	@echo '  make bench         CPU time, sizes and overhead, as ratios'
	@echo '  make bench-release a release against what plain KVM does, in the lab'
	@echo '  make stress-release  15 releases at once, ten times, while other TDs come and go'
	@echo '  make bench-observe what it costs KVM that each SEAMCALL is counted, in the lab'
	@echo 'Contribute (see .github/CONTRIBUTING.md)'
	@echo '  make format        all C sources as .clang-format has them'
	@echo '  make lint          style, licences, layers, spelling, manual, commit subjects'
	@echo '  make hooks         install a pre-commit hook: format and lint of what is committed'
	@echo 'O=DIR builds there, V=1 shows commands.'

deps:
	@tests/deps.sh
	@mkdir -p $(O) && touch $(O)/deps.stamp

demo:
	@tests/deps.sh --build
	@$(MAKE) --no-print-directory -s O=$(O) $(O)/tdxctl
	@O=$(O) tests/demo.sh

check:
	@tests/deps.sh
	@O=$(O) MAKE="$(MAKE)" tests/check.sh $(TIERS)

# Debian packages in fresh roots and in guests: see tests/packages. Not a part of "make check".
check-packages:
	@O=$(O) bash tests/packages/all.sh $(SUITES)

lint:
	@O=$(O) bash tests/lint/run.sh

# Records the number of checks of each unit program.
unit-counts:
	@O=$(O) MAKE="$(MAKE)" bash tests/unit/counts.sh

format:
	@tests/lint/format.sh

hooks:
	@bash tests/lint/hooks.sh

fuzz:
	@O=$(O) bash tests/fuzz/run.sh

fuzz-long:
	@O=$(O) bash tests/fuzz/run.sh long $(TARGETS)

# The fuzzer of the helper's device, in the lab or in QEMU: see tests/vm/fuzz/run.sh.
fuzz-device: | $(O)/fuzz-device
	@N=$(N) SEED=$(SEED) KERNEL=$(KERNEL) O=$(O) MAKE="$(MAKE)" bash tests/vm/fuzz/run.sh

# For example: make mutate FILES="lib/host/*.c" SEED=7 N=10
mutate:
	@O=$(O) MAKE="$(MAKE)" $(PYTHON) -B tests/mutate/mutate.py \
		$(if $(SEED),--seed $(SEED)) $(if $(N),--count $(N)) $(if $(JOBS),--jobs $(JOBS)) $(FILES)

bench: $(O)/tdxctl
	@O=$(O) MAKE="$(MAKE)" bash tests/bench/run.sh

# Fake versions of the libraries that are loaded when needed.
define fake
$(O)/unit/fake/$(1): $(2) tests/unit/fake-libs.h
	@mkdir -p $$(@D)
	$$(if $$(Q),@echo "  CC      $$@")
	$$(Q)$$(CC) -D_GNU_SOURCE -std=gnu11 $$(WARN) $$(CFLAGS) $$(shell $$(PKG_CONFIG) --cflags libnl-genl-3.0) -fPIC -shared -Wl,-soname,$(1) -o $$@ $$<
endef
$(eval $(call fake,libkmod.so.2,tests/unit/fake-kmod.c))
$(eval $(call fake,libsystemd.so.0,tests/unit/fake-journal.c))
$(eval $(call fake,libnl-genl-3.so.200,tests/unit/fake-netlink.c))
FAKED := $(addprefix $(O)/unit/,test-cmd-helper test-lib-journal test-lib-listen)
# dlopen() is called by the sanitizer, so a RUNPATH would be ignored.
$(FAKED): override LDFLAGS += -Wl,--disable-new-dtags,-rpath,'$$ORIGIN/fake'
$(FAKED): | $(addprefix $(O)/unit/fake/,libkmod.so.2 libsystemd.so.0 libnl-genl-3.so.200)

# Libraries that the tests themselves use; the parser of the helper is compared with libbpf's.
$(addprefix $(O)/unit/test-,core-btf core-layout lib-bpf-host): override LIBS += $(shell $(PKG_CONFIG) --libs libbpf 2>/dev/null)
$(O)/unit/test-cmd-late $(O)/unit/test-lib-report-values: override LIBS += $(shell $(PKG_CONFIG) --libs json-c 2>/dev/null)
$(O)/unit/test-lib-lazy $(O)/unit/test-lib-facts: override LIBS += $(shell $(PKG_CONFIG) --libs zlib 2>/dev/null)

# The test makes each allocation of the project's code fail.
WRAPPED := malloc calloc realloc reallocarray strdup strndup asprintf vasprintf
$(O)/unit/test-cmd-oom: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,$(WRAPPED))

# In the guest, static like vmm: the rules of /dev/tdxctl.
$(O)/abi: tests/vm/abi.c kmod/uapi/linux/tdxctl.h
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) $(CPPFLAGS_ALL) -std=gnu11 $(WARN) $(CFLAGS) -static -o $@ $<

# In the guest, static like vmm: a fuzzer of /dev/tdxctl.
$(O)/fuzz-device: $(wildcard tests/vm/fuzz/*.c) $(wildcard tests/vm/fuzz/*.h) kmod/uapi/linux/tdxctl.h
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) $(CPPFLAGS_ALL) -std=gnu11 $(WARN) $(CFLAGS) -static -o $@ $(filter %.c,$^)

# Loads the crash kernel in the guest.
$(O)/kexec: tests/vm/crash/kexec.c
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu11 $(WARN) $(CFLAGS) -static -o $@ $<

# Reads one value from a JSON document inside the guest; static like vmm.
$(O)/jget: tests/vm/jget.c
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu11 $(WARN) $(CFLAGS) -static -o $@ $< -ljson-c

include tests/lab/lab.mk
