# SPDX-License-Identifier: GPL-2.0-only
# Wraps the kernel's Makefile: one more directory to descend into, no file of
# the kernel changed. Run as: make --no-print-directory -f lab.mk
include Makefile
ARCH_DRIVERS += tdxlab/
