#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds the Debian packages in a fresh root of each release: twice, with the same result;
# lintian has no complaint; they install, work and leave nothing when they are purged.
#   run.sh [SUITE...]    default: bookworm trixie
set -euo pipefail

cd "$(dirname "$0")/../.."
O=${O:-build}
cache=$(dirname "$(tests/kernels.sh cache)")/chroot
suites=("$@")
[ ${#suites[@]} != 0 ] || suites=(bookworm trixie)
passed=0 failed=0

ok()
{
	passed=$((passed + 1))
	echo "ok   $1"
}

nok()
{
	failed=$((failed + 1))
	echo "FAIL $1"
	[ -z "${2:-}" ] || tail -n 30 "$2" | sed 's/^/     /'
}

# step NAME COMMAND...: one check, with its output in a log.
step()
{
	local name=$1 log=$O/packages/log.$suite
	shift
	if "$@" >"$log" 2>&1; then
		ok "$name"
	else
		nok "$name" "$log"
	fi
}

[ "$(id -u)" = 0 ] || {
	echo "packages: run as root, for debootstrap and chroot" >&2
	exit 1
}
# shellcheck disable=SC2016 # apt expands these
site=$(apt-get indextargets --format '$(CREATED_BY) $(REPO_URI) $(ORIGIN) $(CODENAME)' |
	awk '$1 == "Packages" && $3 == "Debian" && $4 !~ /security/ { print $2; exit }')
mkdir -p "$cache" "$O/packages"

# A root with the build dependencies, packed in the cache until these change.
prepare()
{
	local key packed=$cache/$suite.tar root=$1

	key=$({ sed -n '/^Build-Depends/,/^Standards/p' .packaging/debian/control && echo "$site $tools"; } |
		sha256sum | cut -c1-16)
	if [ "$(cat "$packed.key" 2>/dev/null)" != "$key" ]; then
		debootstrap --variant=minbase "$suite" "$root" "$site"
		cp .packaging/debian/control "$root/tmp/control"
		inside "$root" "apt-get -q update && apt-get -q -y --no-install-recommends install $tools
			if [ $suite = trixie ]; then
				echo 'deb $site trixie-backports main' >/etc/apt/sources.list.d/backports.list
				apt-get -q update && apt-get -q -y -t trixie-backports install linux-headers-amd64
			fi
			mk-build-deps -i -r -t 'apt-get -q -y --no-install-recommends' /tmp/control; apt-get clean"
		tar -C "$root" -cf "$packed.new" .
		mv "$packed.new" "$packed"
		echo "$key" >"$packed.key"
	else
		tar -C "$root" -xf "$packed"
	fi
}
tools="git lintian dpkg-dev devscripts equivs clang linux-headers-amd64"

# inside ROOT SCRIPT: in namespaces of its own, which end with it.
inside()
{
	unshare --mount --pid --fork --kill-child --mount-proc="$1/proc" \
		chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive sh -euc "$2"
}

same()
{
	(cd "$1" && sha256sum -- *.deb) >"$1.sums" || return
	(cd "$2" && sha256sum -- *.deb) >"$2.sums" || return
	diff "$1.sums" "$2.sums"
}

for suite in "${suites[@]}"; do
	root=$(mktemp -d)
	trap 'rm -rf "$root"' EXIT
	step "$suite: a root with the build dependencies" prepare "$root"
	git clone -q --no-hardlinks . "$root/tmp/tdxctl"
	inside "$root" 'git config --global --add safe.directory /tmp/tdxctl'

	step "$suite: build" inside "$root" 'bash /tmp/tdxctl/.packaging/deb.sh /tmp/one'
	# Another directory, another umask, another time zone, in another hour.
	step "$suite: build again" inside "$root" 'umask 077; export TZ=Pacific/Auckland; mkdir -p /srv/b
		cp -r /tmp/tdxctl /srv/b; git config --global --add safe.directory /srv/b/tdxctl
		TMPDIR=/srv/b bash /srv/b/tdxctl/.packaging/deb.sh /tmp/two'
	step "$suite: both builds are the same" same "$root/tmp/one" "$root/tmp/two"
	# The version of the policy is that of Debian 12, whose lintian wants an init script for each
	# service without a timer: tdxctl-textfile.service starts tdxctl-nfd.service.
	step "$suite: lintian" inside "$root" 'lintian --allow-root --pedantic --display-info --suppress-tags out-of-date-standards-version,package-supports-alternative-init-but-no-init.d-script --fail-on=error,warning,info,pedantic /tmp/one/*.changes'
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
	mkdir -p "$O/packages/$suite"
	cp "$root"/tmp/one/*.deb "$O/packages/$suite/"
	rm -rf "$root"
done
echo "packages: $passed passed, $failed failed"
[ "$failed" = 0 ]
