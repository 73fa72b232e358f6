# SPDX-License-Identifier: GPL-2.0-only
tdx_emul-y := emul/main.o emul/seamcall.o emul/trap.o emul/mem.o emul/host.o
tdx_emul-y += emul/dev.o emul/vm.o emul/vm-tdx.o emul/gmem.o
tdx_emul-y += emul/debugfs.o emul/seam-debugfs.o emul/hold.o
tdx_emul-y += core/seam.o core/seam-config.o core/seam-fault.o core/seam-init.o
tdx_emul-y += core/seam-mem.o core/seam-meta.o core/seam-pamt.o core/seam-sys.o
tdx_emul-y += core/seam-td.o core/seam-truth.o core/seam-vp.o
tdx_emul-y += core/tdmgr.o core/tdmgr-mem.o core/tdmgr-td.o core/tdmgr-vcpu.o
