#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds the Debian packages in a fresh root of each release: twice, with the same result;
# lintian has no complaint; they install, work and leave nothing when they are purged.
#   run.sh [SUITE...]    default: bookworm trixie
set -euo pipefail

cd "$(dirname "$0")/../.."
name=packages
. tests/packages/lib.sh

same()
{
	(cd "$1" && sha256sum -- *.deb) >"$1.sums" || return
	(cd "$2" && sha256sum -- *.deb) >"$2.sums" || return
	diff "$1.sums" "$2.sums"
}

for suite in "${suites[@]}"; do
	root=$(mktemp -d)
	trap 'rm -rf "$root"' EXIT
	step "$suite: a root with the build dependencies" build_root "$root"
	clone_into "$root"

	step "$suite: build" inside "$root" 'bash /tmp/tdxctl/.packaging/deb.sh /tmp/one'
	# Another directory, another umask, another time zone, in another hour.
	step "$suite: build again" inside "$root" 'umask 077; export TZ=Pacific/Auckland; mkdir -p /srv/b
		cp -r /tmp/tdxctl /srv/b; git config --global --add safe.directory /srv/b/tdxctl
		TMPDIR=/srv/b bash /srv/b/tdxctl/.packaging/deb.sh /tmp/two'
	step "$suite: both builds are the same" same "$root/tmp/one" "$root/tmp/two"
	step "$suite: lintian" inside "$root" "lintian $(lintian_options) /tmp/one/*.changes"
	# Debian's C library has no CET note, so the command cannot have one: its own functions
	# begin with endbr64.
	step "$suite: gcc, optimizing at link time, without a warning" inside "$root" \
		'make -s -C /tmp/tdxctl O=/tmp/lto WERROR=-Werror CFLAGS="-O2 -g -flto=auto"'
	step "$suite: clang without a warning" inside "$root" \
		'make -s -C /tmp/tdxctl O=/tmp/clang WERROR=-Werror CC=clang'
	if [ "$suite" = trixie ]; then
		# shellcheck disable=SC2016 # for the shell inside
		step "$suite: the helper for the kernel of its backports" inside "$root" \
			'kernel=$(ls /lib/modules | sort -V | tail -n 1)
			make -s -C /tmp/tdxctl O=/tmp/kmod kmod KVER="$kernel" && ls -l "/tmp/kmod/kmod/$kernel/tdxctl.ko"'
	fi
	# shellcheck disable=SC2016 # for the shell inside
	step "$suite: hardening" inside "$root" 'dpkg-deb -x /tmp/one/tdxctl_*.deb /tmp/x
		# Only newer versions know the option. x86 has no branch protection.
		branch=$(hardening-check --help | grep -o -e --nobranchprotection | head -n 1)
		hardening-check --nocfprotection $branch /tmp/x/usr/sbin/tdxctl
		[ "$(objdump -d /tmp/x/usr/sbin/tdxctl | grep -c endbr64)" -gt 100 ]'

	step "$suite: install" inside "$root" 'apt-get -q -y --no-install-recommends install /tmp/one/tdxctl_*.deb /tmp/one/tdxctl-dkms_*.deb python3'
	for test in emulated helper; do
		step "$suite: autopkgtest $test" inside "$root" "bash /tmp/tdxctl/.packaging/debian/tests/$test"
	done
	step "$suite: purge" inside "$root" 'apt-get -q -y purge tdxctl tdxctl-dkms'
	# shellcheck disable=SC2016 # for the shell inside
	step "$suite: nothing is left" inside "$root" '[ -z "$(find / -xdev \( -path /proc -o -path /tmp -o -path /srv -o -path /var/cache -o -path /var/log \) -prune \
		-o -name "*tdxctl*" ! -name "*tdxctl-build-deps*" -print | tee /dev/stderr)" ]'
	keep "$root"
	rm -rf "$root"
done
finish
