# SPDX-License-Identifier: GPL-2.0-only
tdx_emul-y := $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/emul/*.c)) emul/seamcall.o
tdx_emul-y += $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/core/seam/*.c $(src)/core/tdmgr/*.c))
