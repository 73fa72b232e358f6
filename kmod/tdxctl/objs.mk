# SPDX-License-Identifier: GPL-2.0-only
TDXCTL_VERSION ?= unknown
ccflags-y += -DTDXCTL_VERSION=\"$(TDXCTL_VERSION)\"
ccflags-y += $(if $(shell grep -ls first_waiter $(srctree)/include/linux/mutex*.h),-DCOMPAT_MUTEX_FIRST_WAITER)
ccflags-y += $(if $(shell grep -ls system_dfl_wq $(srctree)/include/linux/workqueue.h),-DCOMPAT_SYSTEM_DFL_WQ)

tdxctl-y := tdxctl/main.o tdxctl/probe.o tdxctl/sym.o tdxctl/observe.o \
	    tdxctl/cpus.o tdxctl/locks.o tdxctl/dev.o tdxctl/snapshot.o \
	    tdxctl/cpucheck.o tdxctl/seamcall.o tdxctl/release.o \
	    tdxctl/job.o tdxctl/td.o tdxctl/layout.o tdxctl/vmgone.o tdxctl/adopt.o \
	    tdxctl/early.o tdxctl/sept.o tdxctl/hook.o tdxctl/kick.o \
	    tdxctl/kvm-known.o \
	    tdxctl/vmfile.o tdxctl/debugfs.o tdxctl/wire.o \
	    $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/core/ledger*.c))
