# SPDX-License-Identifier: GPL-2.0-only
TDXCTL_VERSION ?= unknown
ccflags-y += -DTDXCTL_VERSION=\"$(TDXCTL_VERSION)\"
ccflags-y += $(if $(shell grep -ls first_waiter $(srctree)/include/linux/mutex*.h),-DCOMPAT_MUTEX_FIRST_WAITER)
ccflags-y += $(if $(shell grep -ls system_dfl_wq $(srctree)/include/linux/workqueue.h),-DCOMPAT_SYSTEM_DFL_WQ)

tdxctl-y := tdxctl/main.o tdxctl/dev.o tdxctl/debugfs.o tdxctl/snapshot.o \
	    $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/tdxctl/watch/*.c)) \
	    tdxctl/watch/seamcall.o \
	    $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/tdxctl/kvm/*.c)) \
	    $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/tdxctl/release/*.c)) \
	    $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/core/ledger/*.c))
