# SPDX-License-Identifier: GPL-2.0-only
# Guests with the installed packages: their root, and their boots in QEMU.
# shellcheck shell=bash disable=SC2034,SC2154 # variables of lib.sh and of the callers

qemu='' work=''
trap '[ -z "$qemu" ] || kill "$qemu"; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

guest_packages="systemd systemd-sysv udev dbus kmod initramfs-tools zstd dkms mokutil openssl
	linux-image-amd64 linux-headers-amd64"

make_guest_root()
{
	debootstrap --variant=minbase "$suite" "$1" "$site" || return
	inside "$1" "apt-get -q update
		apt-get -q -y --no-install-recommends install $(tr '\n' ' ' <<<"$guest_packages"); apt-get clean
		# The boot loader that is signed, for the guest's first disk.
		mkdir -p /srv/efi && cd /srv/efi && chown _apt .
		apt-get -q download shim-signed shim-helpers-amd64-signed grub-efi-amd64-signed
		for deb in *.deb; do dpkg-deb -x \$deb .; done; rm ./*.deb"
}

# guest_root ROOT: what an administrator has: a release with its kernel, and both packages,
# installed with one command.
guest_root()
{
	packed "$suite-guest.tar" "$site $guest_packages" "$1" make_guest_root "$1" || return
	cp "$O/packages/$suite"/tdxctl_*.deb "$O/packages/$suite"/tdxctl-dkms_*.deb "$1/tmp/" || return
	inside "$1" 'apt-get -q update && apt-get -q -y install /tmp/tdxctl_*.deb /tmp/tdxctl-dkms_*.deb
		apt-get clean; rm -rf /tmp/*.deb'
}

# later DEB FILE: the package with a later version, as a build with that VERSION gives it.
later()
{
	local tree version

	tree=$(mktemp -d) && version=$(dpkg-deb -f "$1" Version) && dpkg-deb -R "$1" "$tree" &&
		mv "$tree/usr/src/tdxctl-$version" "$tree/usr/src/tdxctl-$version.1" &&
		grep -rlF "$version" "$tree" | xargs sed -i "s/\b${version//./\\.}\b/$version.1/g" &&
		(cd "$tree" && find usr -type f -exec md5sum {} + >DEBIAN/md5sums) && dpkg-deb -b "$tree" "$2" &&
		rm -rf "$tree"
}

# guest_image ROOT IMAGE: ROOT, which runs tests/packages/guest/STAGE after each boot, as a
# file system. The command that loads the helper at each boot is that of the manual.
guest_image()
{
	local size

	mkdir -p "$1/opt/test" && cp tests/packages/guest/* "$1/opt/test/" || return
	grep -o 'echo tdxctl > /etc/modules-load.d/.*' man/tdxctl.4.scd >"$1/opt/test/at-each-boot" || return
	later "$O/packages/$suite"/tdxctl-dkms_*.deb "$1/opt/test/upgrade.deb" || return
	cp "$1/opt/test/packages-test.service" "$1/etc/systemd/system/"
	ln -sf ../packages-test.service "$1/etc/systemd/system/multi-user.target.wants/packages-test.service"
	cp "$(echo "$1"/boot/vmlinuz-*)" "$2.kernel" && cp "$(echo "$1"/boot/initrd.img-*)" "$2.initrd" || return
	size=$(du -sm "$1" | cut -f 1)
	rm -f "$2"
	mke2fs -q -t ext4 -d "$1" "$2" "$((size + 800))M"
}

cmdline="root=/dev/vda rw console=ttyS0 panic=-1 oops=panic loglevel=5 rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60 random.trust_cpu=on systemd.mask=getty@tty1.service"

# machine IMAGE QEMU-OPTIONS...: at the beginning of an hour, so that no timer of five minutes
# elapses before its stage.
machine()
{
	local image=$1
	shift
	exec timeout --kill-after=5 "${VM_TIMEOUT:-3000}" qemu-system-x86_64 \
		-nodefaults -no-user-config -display none -no-reboot -nic none -accel tcg -cpu max -smp 2 \
		-m 1500M -rtc "base=$(date -u +%Y-%m-%dT%H:00:10)" \
		-drive "file=$image,if=virtio,format=raw,cache=unsafe" "$@"
}

# guest IMAGE STAGE QEMU-OPTIONS...: boots IMAGE, and counts what its stage writes to the
# second serial line.
guest()
{
	local image=$1 stage=$2 log=$O/packages/log.$name.$suite.$2 status=0 line try
	shift 2

	# As in tests/vm/run.sh: QEMU's translator may hang before anything of ours runs.
	for try in 1 2 3; do
		rm -f "$log".*
		machine "$image" -serial "file:$log.console" -serial "file:$log.results" "$@" </dev/null >"$log.qemu" 2>&1 &
		qemu=$!
		started "$log.results" && break
		echo "# $stage: boot $try did not reach the stage: $(tail -n 1 "$log.console")"
		kill "$qemu"
		wait "$qemu" || true
	done
	wait "$qemu" || status=$?
	qemu=
	while read -r line; do
		case $line in
		"ok "*) ok "$suite: ${line#ok }" ;;
		"FAIL "*) nok "$suite: ${line#FAIL }" ;;
		"end") return ;;
		*) echo "     $line" ;;
		esac
	done < <(tr -d '\r' <"$log.results" | sed -n '/^# /,$p')
	nok "$suite: $stage ends (QEMU: $status)" "$log.console"
}

started()
{
	local i

	for ((i = 0; i < ${VM_START:-600}; i++)); do
		! grep -qs '^# ' "$1" || return 0
		kill -0 "$qemu" 2>/dev/null || return 0
		sleep 1
	done
	return 1
}
