# SPDX-License-Identifier: GPL-2.0-only
TDXCTL_VERSION ?= unknown
ccflags-y += -DTDXCTL_VERSION=\"$(TDXCTL_VERSION)\"
ccflags-y += $(if $(shell grep -ls first_waiter $(srctree)/include/linux/mutex*.h),-DCOMPAT_MUTEX_FIRST_WAITER)
ccflags-y += $(if $(shell grep -ls system_dfl_wq $(srctree)/include/linux/workqueue.h),-DCOMPAT_SYSTEM_DFL_WQ)
ccflags-y += $(if $(shell grep -ls WQ_PERCPU $(srctree)/include/linux/workqueue.h),-DCOMPAT_WQ_PERCPU)
ccflags-y += $(if $(shell grep -ls rdmsrq_safe $(srctree)/arch/x86/include/asm/msr.h),-DCOMPAT_RDMSRQ)
ccflags-y += $(if $(shell grep -ls 'movdir64b.void __iomem' $(srctree)/arch/x86/include/asm/special_insns.h),-DCOMPAT_MOVDIR64B_IOMEM)
ccflags-y += $(if $(shell grep -ls cache_state_incoherent $(srctree)/arch/x86/include/asm/processor.h),-DCOMPAT_CACHE_STATE)

tdxctl-y := $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/tdxctl/*.c $(src)/tdxctl/*/*.c))
tdxctl-y += $(patsubst $(src)/%.S,%.o,$(wildcard $(src)/tdxctl/*/*.S))
tdxctl-y += $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/core/btf/*.c $(src)/core/layout/*.c $(src)/core/ledger/*.c $(src)/core/sept/*.c))
