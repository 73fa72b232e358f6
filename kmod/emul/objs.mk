# SPDX-License-Identifier: GPL-2.0-only
tdx_emul-y := emul/main.o emul/seamcall.o emul/trap.o emul/mem.o emul/host.o
tdx_emul-y += emul/dev.o emul/vm.o emul/vm-tdx.o emul/gmem.o
tdx_emul-y += emul/debugfs.o emul/seam-debugfs.o emul/hold.o
tdx_emul-y += $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/core/seam/*.c $(src)/core/tdmgr/*.c))
