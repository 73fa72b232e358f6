#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# After the installation: nothing of tdxctl runs until the administrator asks for it.
# shellcheck disable=SC2016 # evaluated by other shells
set -uo pipefail

kernel=$(uname -r)
check "DKMS has built the helper for this kernel" \
	sh -c 'modinfo -n tdxctl | grep "^/lib/modules/$(uname -r)/updates/dkms/tdxctl.ko"'
check "... and nothing else" [ "$(find "/lib/modules/$kernel/updates" -type f | wc -l)" = 1 ]
check "... as dkms status has it" sh -c 'dkms status | grep "^tdxctl/.*$(uname -r).*installed"'
check "the helper is not loaded" not test -e /sys/module/tdxctl
check "no unit of tdxctl is active" [ -z "$(systemctl list-units --no-legend --plain 'tdxctl*')" ]
check "no unit of tdxctl is enabled" \
	[ -z "$(systemctl list-unit-files --no-legend --state=enabled 'tdxctl*')" ]
check "the group exists, without members" sh -c 'getent group tdxctl | grep ":$"'
check "helper status has the module file" said exits 5 tdxctl helper status
says 'Helper +available'

check "the command of the manual" sh -ec "$(cat at-each-boot)"
check "a member of the group" sh -ec 'useradd -m member; usermod -aG tdxctl member'
check "a limit that the host exceeds" sh -ec 'echo "hkids_free_critical = 1000" >/etc/tdxctl.conf'
check "the timer of check" systemctl enable --now tdxctl-check.timer
check "the socket of metrics" systemctl enable --now tdxctl-metrics.socket
