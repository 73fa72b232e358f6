# SPDX-License-Identifier: GPL-2.0-only
# Linux's own KVM on the software TDX module; see run.sh. LAB_KERNEL and LAB_LINUX in the
# environment or on the command line choose the kernel, see kernel.sh.
export LAB_KERNEL LAB_LINUX
.PHONY: lab check-lab check-lab-debug bench-release bench-observe stress-release

# A shell in it, with everything the tests have.
lab:
	@tests/deps.sh
	@O=$(O) MAKE="$(MAKE)" bash tests/lab/suite.sh -i lab

# One tier of "make check", by itself and to be seen.
check-lab:
	@tests/deps.sh
	@O=$(O) MAKE="$(MAKE)" bash tests/lab/suite.sh lab

# The same cases under KASAN, lockdep, sleep checks and kmemleak: a nightly run.
check-lab-debug:
	@tests/deps.sh
	@O=$(O) MAKE="$(MAKE)" bash tests/lab/suite.sh debug

$(O)/stopwatch: tests/lab/bench/stopwatch.c
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu11 $(WARN) $(CFLAGS) -static -o $@ $<

# In the guest, static like vmm: the calls of a trace, replayed on the ledger.
$(O)/replay: tests/lab/replay.c $(wildcard kmod/core/ledger/*.[ch]) $(wildcard kmod/core/*.h)
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) $(CPPFLAGS_ALL) -std=gnu11 $(WARN) $(CFLAGS) -static -o $@ $(filter %.c,$^) -ljson-c

# Early release against KVM's own ways, and against the helper of an earlier commit.
BENCH_BASE ?= e4fd8f6
bench-release: $(O)/stopwatch
	@tests/deps.sh
	@base=$$(O=$(O) MAKE="$(MAKE)" bash tests/lab/bench/base.sh $(BENCH_BASE)) && \
		O=$(O) MAKE="$(MAKE)" LAB_CASES=tests/lab/bench LAB_NAME=lab-bench LAB_FILES="$(O)/stopwatch $$base" \
		LAB_TIMEOUT=3600 bash tests/lab/suite.sh lab release_bench
	@cat $(O)/lab-bench/1/out/release.md

# All TDs released at once on 8 CPUs, ten times, while others come and go.
stress-release:
	@tests/deps.sh
	@O=$(O) MAKE="$(MAKE)" LAB_CASES=tests/lab/storm LAB_NAME=lab-storm LAB_TIMEOUT=3600 \
		bash tests/lab/suite.sh lab wide_storm

# What it costs that each SEAMCALL is counted.
bench-observe:
	@tests/deps.sh
	@O=$(O) MAKE="$(MAKE)" LAB_CASES=tests/lab/bench LAB_NAME=lab-observe bash tests/lab/suite.sh lab observe_bench
	@cat $(O)/lab-observe/1/out/observe.md
