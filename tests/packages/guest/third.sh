#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# After the removal and another reboot.
set -uo pipefail
check "no failed unit" [ -z "$(systemctl list-units --failed --no-legend --plain)" ]
check "no helper" not test -e /sys/module/tdxctl
