#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh [OPTIONS] SCRIPT [ARG...]: boots the lab and runs SCRIPT (sh) in it.
#
# The lab is Linux with its own, unmodified KVM and a software TDX module under it:
# 2 packages, 4 CPUs, 1 GiB, 15 HKIDs for TDs. Kernel and emulator are built and fetched
# into the cache when they are not there yet. LAB_KERNEL and LAB_LINUX choose the kernel,
# see kernel.sh.
#
#   -d            the debug kernel (KASAN, lockdep, kmemleak)
#   -f FILE[:TO]  put FILE into the guest, as TO (/bin/NAME when it is executable,
#                 /suite/NAME otherwise); with the libraries it needs. A *.ko
#                 goes where modprobe finds it. Repeatable.
#   -m "ARGS"     arguments of kvm_intel ("tdx=1"); -m none leaves it unloaded
#   -c P:C:T      another shape: packages, cores of each, threads of each (2:2:1)
#   -k            the script lets the kernel panic: its crash kernel reports
#   -a "ARGS"     more kernel arguments
#   -o DIR        results, console, out/ and what Bochs said (default: $O/lab, O=build)
#   -t SECONDS    give up after so long (600)
#   -i            no script: a shell on this terminal, Ctrl-A x ends it
#
# In the guest: busybox, every module of the kernel for modprobe, the usual file
# systems mounted, cgroup2 at /sys/fs/cgroup, debugfs. SCRIPT's output appears
# here; what it leaves in /out is copied to DIR/out/; its exit status is run.sh's
# (124: timeout, 125: panic, 126: Bochs died). The kernel's log is DIR/console.
# A lab is one thread: as many run at a time as there are CPUs, others wait.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
export LAB_CACHE=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tdxctl/lab}
variant=lab cpus=2:2:1 kvm_args=tdx=1 crash='' append='' out=${O:-$top/build}/lab timeout=600 interactive=''
files=()

usage()
{
	sed -n '3,30s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

while getopts df:m:c:ka:o:t:ih opt; do
	case $opt in
	d) variant=debug ;;
	f) files+=("$OPTARG") ;;
	m) kvm_args=$OPTARG ;;
	c) cpus=$OPTARG ;;
	k) crash=1 ;;
	a) append=$OPTARG ;;
	o) out=$OPTARG ;;
	t) timeout=$OPTARG ;;
	i) interactive=1 timeout=0 ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ -n "$interactive" ] || [ $# -gt 0 ] || usage
mkdir -p "$out"
out=$(cd "$out" && pwd)

kernel=$(bash "$here/kernel.sh" "$variant")
tree=$kernel/linux
release=$(cat "$tree/include/config/kernel.release")
bochs=$(bash "$here/bochs.sh")

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/g"/{bin,sbin,dev,proc,sys,tmp,run,out,etc,root,var/log,usr/bin,usr/sbin,suite} "$root/iso/isolinux"
g=$root/g mods=$root/g/lib/modules/$release
mkdir -p "$mods"

cp "$(command -v busybox)" "$g/bin/busybox"
ln -s busybox "$g/bin/sh"
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n' >"$g/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$g/etc/group"
while read -r m; do
	install -D -m 644 "$tree/${m%.o}.ko" "$mods/kernel/${m%.o}.ko"
	# The emulated CPU reads and unpacks all of it; .BTF stays.
	strip --strip-debug "$mods/kernel/${m%.o}.ko"
done <"$tree/modules.order"

put()
{
	local from=${1%%:*} to=${1#*:} lib
	if [ "$to" = "$1" ]; then
		case $from in
		*.ko) to=/lib/modules/$release/updates/${from##*/} ;;
		*) if [ -x "$from" ]; then to=/bin/${from##*/}; else to=/suite/${from##*/}; fi ;;
		esac
	fi
	install -D "$from" "$g$to"
	case $to in *.ko | /bin/*) strip --strip-debug "$g$to" ;; esac
	bash "$top/tests/loaded-libs.sh" "$from" | while read -r lib; do
		[ -e "$g$lib" ] || install -D "$lib" "$g$lib"
	done
}
for f in "${files[@]}"; do
	put "$f"
done
cp "$kernel/facts" "$g/suite/facts"
# A kernel in lockdown loads no other modules.
if grep -qx CONFIG_MODULE_SIG=y "$tree/.config"; then
	hash=$(sed -n 's/^CONFIG_MODULE_SIG_HASH="\(.*\)"$/\1/p' "$tree/.config")
	find "$mods" -name '*.ko' -print0 | xargs -0 -n 1 "$tree/scripts/sign-file" "$hash" \
		"$tree/certs/signing_key.pem" "$tree/certs/signing_key.x509"
fi
cp "$tree"/modules.{order,builtin,builtin.modinfo} "$mods/"
depmod -b "$g" "$release"

# Bochs' BIOS hangs in SMM when ACPI is enabled, and XSETBV faults with AMX.
# One instruction is one tick of the TSC: at the 2.2 GHz that the model tells, a
# second in which a CPU is busy would take a minute. KVM wants 100 MHz for a TD.
machine="acpi=off clearcpuid=amx_tile,amx_bf16,amx_int8,fsrm,fsrs,fsrc,fzrm,erms nohibernate idle=halt no_timer_check tsc_early_khz=250000 tsc=reliable lpj=1000000"
install -m 755 "$here/init" "$g/init"
if [ -n "$crash" ]; then
	append+=" crashkernel=192M"
	mkdir -p "$g/crash" "$root/c"/{bin,dev,proc,out}
	cp "$g/bin/busybox" "$root/c/bin/"
	ln -s busybox "$root/c/bin/sh"
	install -m 755 "$here/crash/init" "$root/c/init"
	(cd "$root/c" && find . -print0 | sort -z | cpio -0 -o -H newc -R 0:0 --quiet) >"$g/crash/initrd"
	cp "$tree/arch/x86/boot/bzImage" "$g/crash/vmlinuz"
	echo "console=ttyS0 $machine nr_cpus=1 reset_devices panic=-1 seam_lab.absent=1" >"$g/crash/cmdline"
fi
echo "$kvm_args" >"$g/etc/lab-kvm"
if [ -n "$interactive" ]; then
	touch "$g/etc/lab-console"
else
	install -m 755 "$1" "$g/suite/.script"
	printf '%s\n' "${@:2}" >"$g/suite/.args"
fi
(cd "$g" && find . -print0 | sort -z | cpio -0 -o -H newc -R 0:0 --quiet | lz4 -l -1 -q) >"$root/iso/initrd"

cp "$tree/arch/x86/boot/bzImage" "$root/iso/vmlinuz"
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$root/iso/isolinux/"
cat >"$root/iso/isolinux/isolinux.cfg" <<END
DEFAULT lab
PROMPT 0
TIMEOUT 1
LABEL lab
 KERNEL /vmlinuz
 APPEND initrd=/initrd console=ttyS0 $machine oops=panic panic=-1 loglevel=7 $append
END
xorriso -as mkisofs -quiet -o "$root/lab.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat \
	-no-emul-boot -boot-load-size 4 -boot-info-table "$root/iso" 2>/dev/null
rm -rf "$root/g" "$root/iso" "$out/out"

status=0
slots=$(nproc) slot=0
until exec 8>"$LAB_CACHE/run.lock.$slot" && flock -n 8; do
	slot=$(((slot + 1) % slots))
	[ $slot != 0 ] || sleep 0.5
done
"${PYTHON:-/usr/bin/python3}" "$here/boot.py" "$bochs" "$root/lab.iso" "$out" "$timeout" "$cpus" \
	${interactive:+--console} ${crash:+--crash} || status=$?
exec 8>&-
mkdir -p "$out/out"
[ ! -s "$out/files.tgz" ] || tar -xmzf "$out/files.tgz" -C "$out/out" || [ $status != 0 ] || status=1
exit $status
