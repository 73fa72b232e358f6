# SPDX-License-Identifier: GPL-2.0-only
# make demo | make check | make install     (V=1 shows commands, O=DIR builds there)

PREFIX	?= /usr
SBINDIR	?= $(PREFIX)/sbin
MANDIR	?= $(PREFIX)/share/man
BASHDIR	?= $(PREFIX)/share/bash-completion/completions
# zsh looks into vendor-completions below /usr only.
ZSHDIR	?= $(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
UNITDIR	?= $(PREFIX)/lib/systemd/system
UDEVDIR	?= $(PREFIX)/lib/udev/rules.d
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
DOCDIR	?= $(PREFIX)/share/doc/tdxctl
FISHDIR	?= $(PREFIX)/share/fish/vendor_completions.d
O	?= build
CC	?= gcc
CLANG	?= clang
PKG_CONFIG ?= pkg-config
PYTHON	?= /usr/bin/python3
CFLAGS	?= -O2 -g
WERROR	?=
Q	:= $(if $(V),,@)

VERSION := $(shell cat VERSION)
# Loaded when first used: see lib/base/lazy.h.
LAZY_PKGS := json-c zlib libkmod libsystemd ncursesw libnl-genl-3.0 libbpf
WARN	:= -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wno-unused-parameter $(WERROR)
CPPFLAGS_ALL := -D_GNU_SOURCE -DTDXCTL_VERSION='"$(VERSION)"' -Ikmod/uapi -Ikmod/core -Ilib $(CPPFLAGS)
CFLAGS_ALL   = -std=gnu11 $(WARN) $(CFLAGS) $(shell $(PKG_CONFIG) --cflags $(LAZY_PKGS) 2>/dev/null)
LIBS	= -lpthread -ldl

# The BPF programs of the observer, which clang compiles. BPF=no: without them.
BPF	?= yes
BPF_SRC	:= $(wildcard lib/bpf/*.bpf.c)
BPF_OBJ	:= $(if $(filter no,$(BPF)),,$(BPF_SRC:lib/bpf/%.bpf.c=$(O)/bpf/%.o))

CORE_SRC := $(wildcard kmod/core/*/*.c)
LIB_SRC	 := $(filter-out $(BPF_SRC),$(wildcard lib/*.c lib/*/*.c))
CMD_SRC	 := $(wildcard cmd/*.c cmd/*/*.c)

.DELETE_ON_ERROR:
.PHONY: all clean FORCE
all: $(O)/tdxctl $(O)/vmm

# Builds of the same sources: plain, ASan+UBSan, TSan, libFuzzer (clang only).
SAN_plain :=
SAN_asan  := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN_tsan  := -fsanitize=thread
SAN_fuzz  := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
CC_fuzz	  := $(CLANG)

define flavour
OBJ_$(1) := $$(patsubst %.c,$(O)/$(1)/%.o,$$(CORE_SRC) $$(LIB_SRC))
CMDOBJ_$(1) := $$(patsubst %.c,$(O)/$(1)/%.o,$$(CMD_SRC))
$(O)/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(if $$(Q),@echo "  CC      $$(if $$(filter-out plain,$(1)),$(1) )$$<")
	$$(Q)$$(or $$(CC_$(1)),$$(CC)) $$(CPPFLAGS_ALL) $$(if $$(filter lib/% kmod/%,$$<),,-Icmd) $$(CFLAGS_ALL) $$(DEFINES) $$(SAN_$(1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach f,plain asan tsan fuzz,$(eval $(call flavour,$(f))))

# The image is a part of an object, also when only the choice of BPF changes.
$(O)/bpf/choice: FORCE
	@mkdir -p $(@D)
	@echo "$(BPF)" | cmp -s - $@ || echo "$(BPF)" >$@

$(O)/bpf/%.o: lib/bpf/%.bpf.c $(wildcard lib/bpf/*.h)
	@mkdir -p $(@D)
	@command -v $(CLANG) >/dev/null || { echo "make: the BPF programs need clang (CLANG=): install it," \
		"or build without them: make BPF=no" >&2; exit 1; }
	$(if $(Q),@echo "  BPF     $<")
	$(Q)$(CLANG) -target bpf -mcpu=v3 -O2 -g -fdebug-compilation-dir=. -Wall -Wextra -Wno-unused-parameter $(WERROR) -c -o $@ $<

%/lib/bpf/image.o: private DEFINES := $(if $(BPF_OBJ),-DBPF_DIR='"$(O)/bpf"')
$(foreach f,plain asan tsan fuzz,$(O)/$(f)/lib/bpf/image.o): $(BPF_OBJ) $(O)/bpf/choice

$(O)/tdxctl: $(CMDOBJ_plain) $(OBJ_plain)
	$(if $(Q),@echo "  LD      $@")
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/tdxctl-asan: $(CMDOBJ_asan) $(OBJ_asan)
	$(if $(Q),@echo "  LD      $@")
	$(Q)$(CC) $(CFLAGS_ALL) $(SAN_asan) $(LDFLAGS) -o $@ $^ $(LIBS)

# Static: it runs in an initramfs without any library.
$(O)/vmm: $(wildcard tests/vmm/*.c) $(wildcard tests/vmm/*.h)
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) $(CPPFLAGS_ALL) -Ikmod/compat -std=gnu11 $(WARN) $(CFLAGS) -static -o $@ $(filter %.c,$^) -lpthread

$(O)/unit/test-%: $(O)/asan/tests/unit/test-%.o $(O)/asan/tests/unit/host.o $(OBJ_asan)
	@mkdir -p $(@D)
	$(if $(Q),@echo "  LD      $@")
	$(Q)$(CC) $(SAN_asan) $(LDFLAGS) -o $@ $^ $(LIBS)

# A verb without the process around it.
$(O)/unit/test-cmd-%: $(O)/asan/tests/unit/test-cmd-%.o $(OBJ_asan) $(filter-out %/cmd/main.o,$(CMDOBJ_asan))
	@mkdir -p $(@D)
	$(if $(Q),@echo "  LD      $@")
	$(Q)$(CC) $(SAN_asan) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/unit/tsan-%: $(O)/tsan/tests/unit/tsan-%.o $(O)/tsan/tests/unit/host.o $(OBJ_tsan)
	@mkdir -p $(@D)
	$(if $(Q),@echo "  LD      $@")
	$(Q)$(CC) $(SAN_tsan) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/bench-%: $(O)/plain/tests/bench/bench-%.o $(OBJ_plain)
	$(if $(Q),@echo "  LD      $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# Everything but main(): a fuzz target has libFuzzer's.
$(O)/fuzz/fuzz-%: $(O)/fuzz/tests/fuzz/fuzz-%.o $(OBJ_fuzz) $(filter-out %/cmd/main.o,$(CMDOBJ_fuzz))
	$(if $(Q),@echo "  LD      $@")
	$(Q)$(CC_fuzz) -fsanitize=fuzzer,address,undefined $(LDFLAGS) -o $@ $^ $(LIBS)

.SECONDARY:

include tests/tests.mk
include kmod/kmod.mk

MAN_SRC	:= $(wildcard man/*.scd)
MAN	:= $(MAN_SRC:%.scd=$(O)/%)

$(O)/man/%: man/%.scd
	@mkdir -p $(@D)
	$(Q)scdoc <$< >$@

.PHONY: man install uninstall deb rpm
man: $(MAN)

# The helper goes in as source, for DKMS: it must match the running kernel. The module for
# tests and its software TDX module stay out.
SRCDIR	:= $(PREFIX)/src/tdxctl-$(VERSION)
KMOD_FILES = kmod/Kbuild $(shell find kmod \( -path kmod/emul -o -path kmod/core/seam -o -path kmod/core/tdmgr \) \
	-prune -o -type f \( -name '*.[chS]' -o -name objs.mk \) -print)

# fill FILE,DIR: FILE with what is only known here, to DIR.
fill = install -d $(DESTDIR)$(2) && \
	sed -e 's|@VERSION@|$(VERSION)|' -e 's|@SBINDIR@|$(SBINDIR)|' $(1) >$(DESTDIR)$(2)/$(notdir $(1)) && \
	chmod 644 $(DESTDIR)$(2)/$(notdir $(1))

install: $(O)/tdxctl $(MAN)
	install -D -m 755 $(O)/tdxctl $(DESTDIR)$(SBINDIR)/tdxctl
	for page in $(MAN); do \
		install -D -m 644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/} || exit 1; \
	done
	install -D -m 644 completions/tdxctl.bash $(DESTDIR)$(BASHDIR)/tdxctl
	install -D -m 644 completions/_tdxctl $(DESTDIR)$(ZSHDIR)/_tdxctl
	install -D -m 644 completions/tdxctl.fish $(DESTDIR)$(FISHDIR)/tdxctl.fish
	for file in $(KMOD_FILES:kmod/%=%); do \
		install -D -m 644 kmod/$$file $(DESTDIR)$(SRCDIR)/$$file || exit 1; \
	done
	$(call fill,kmod/dkms.conf,$(SRCDIR))
	install -D -m 644 cmd/etc/60-tdxctl.rules $(DESTDIR)$(UDEVDIR)/60-tdxctl.rules
	install -D -m 644 cmd/etc/sysusers.conf $(DESTDIR)$(SYSUSERSDIR)/tdxctl.conf
	$(foreach unit,$(wildcard cmd/etc/*.service cmd/etc/*.timer cmd/etc/*.socket),$(call fill,$(unit),$(UNITDIR)) &&) true
	$(call fill,cmd/etc/tdxctl.cron,$(DOCDIR)/examples)
	$(call fill,cmd/etc/nrpe.cfg,$(DOCDIR)/examples)
	$(call fill,cmd/etc/tdxctl.conf,$(DOCDIR)/examples)
	for script in cmd/etc/examples/*; do \
		install -D -m 755 $$script $(DESTDIR)$(DOCDIR)/examples/$${script##*/} || exit 1; \
	done
	$(call fill,cmd/etc/nfd/tdxctl-rule.yaml,$(DOCDIR)/examples/nfd)
	$(call fill,cmd/etc/prometheus/tdxctl.rules.yml,$(DOCDIR)/examples/prometheus)
	$(call fill,cmd/etc/prometheus/tdxctl-dashboard.json,$(DOCDIR)/examples/prometheus)

# Removes what "make install" with the same variables installs.
uninstall:
	@list=$$(mktemp -d) && $(MAKE) --no-print-directory -s O=$(O) DESTDIR=$$list install >/dev/null && \
		(cd $$list && find . -type f) | while read -r file; do rm -fv "$(DESTDIR)/$$file"; done && \
		rm -rf $$list "$(DESTDIR)$(SRCDIR)"

deb:
	@.packaging/deb.sh $(O)/deb

rpm:
	@.packaging/rpm.sh $(O)/rpm

clean:
	rm -rf $(O)

-include $(shell find $(O) -name '*.d' 2>/dev/null)
