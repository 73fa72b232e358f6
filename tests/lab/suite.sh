#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# suite.sh [-i] VARIANT [PATTERN...]: builds what the lab's guests need, boots them, one per CPU
# at a time, deals the cases out to them and judges all. Last line: "lab: N passed, N failed",
# and the number of cases that this kernel cannot have, if any (see needs).
# What guest N left behind is in $O/lab/N, O=build. VARIANT: lab, debug.
# LAB_KERNEL, LAB_LINUX: another kernel, see kernel.sh; the results are in $O/lab-VERSION.
# LAB_CASES: directories of cases; those of faults lose HKIDs for the rest of a boot and
# come last. Guests of their own, for cases of any directory: see boots.
# LAB_BOOTS: names of those guests, if only these are wanted.
# -i: a shell on this terminal instead.
set -euo pipefail

interactive=
if [ "${1-}" = -i ]; then
	interactive=-i
	shift
fi
variant=$1
shift
name=lab
[ "$variant" = lab ] || name=lab-$variant
[ -z "${LAB_KERNEL-}" ] || name+=-$LAB_KERNEL
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cd "$top"
export O=${O:-build}
make=${MAKE:-make}
python=${PYTHON:-/usr/bin/python3}
read -ra dirs <<<"${LAB_CASES:-tests/lab/cases tests/lab/faults tests/lab/absent tests/lab/wide tests/lab/lockdown tests/lab/crash}"

fail()
{
	echo "$1" >&2
	echo "$name: 0 passed, 1 failed"
	exit 1
}

# A kernel's build leaves CPUs idle as it links.
bash tests/lab/bochs.sh >/dev/null &
kernel=$(bash tests/lab/kernel.sh "$variant") || fail "the lab's kernel does not build"
tree=$kernel/linux
wait $! || fail "the lab's Bochs does not build"
release=$(cat "$tree/include/config/kernel.release")
[ -z "${LAB_LINUX-}" ] || name+=-${release%%-*}
out=$O/${LAB_NAME:-$name}
mkdir -p "$out"
"$make" --no-print-directory -s O="$O" "$O/tdxctl" "$O/vmm" "$O/jget" "$O/kexec" "$O/fuzz-device" "$O/replay" || fail "no programs"
"$make" --no-print-directory -s O="$O" kmod KVER="$release" KDIR="$tree" >"$out/kmod.log" 2>&1 || {
	tail -n 20 "$out/kmod.log" >&2
	fail "the helper does not build for $release"
}
args=(-f "$O/vmm" -f "$O/jget" -f "$O/kexec" -f "$O/fuzz-device" -f "$O/replay" -f "$O/tdxctl" -f "$O/kmod/$release/tdxctl.ko"
	-f tests/vm/suite.sh:/suite/run-cases.sh -f tests/vm/lib.sh:/suite/vm-lib.sh
	-f tests/lab/parts.sh -f tests/lab/lib.sh:/suite/lib.sh -f tests/lab/agree.awk:/suite/agree.awk
	-f tests/lab/expect:/suite/expect -f cmd/etc/examples/tdx-shim-stop:/suite/tdx-shim-stop
	-f cmd/etc/examples/tdx-shutdown:/suite/tdx-shutdown
	-f "$(command -v setpriv):/usr/bin/setpriv")
for f in ${LAB_FILES-}; do
	args+=(-f "$f")
done
# Modules with a function that later kernels have, or that make KVM fail.
mkdir -p "$O/plant/$release"
cp -u tests/vm/plant/* "$O/plant/$release/"
"$make" --no-print-directory -s -C "$tree" M="$(realpath "$O/plant/$release")" CC=gcc O= modules >"$out/plant.log" 2>&1 || {
	tail -n 20 "$out/plant.log" >&2
	fail "the planted modules do not build for $release"
}
for f in pamt freeid ftrace; do
	args+=(-f "$O/plant/$release/plant_$f.ko")
done
declare -A kind
all=()
for dir in "${dirs[@]}"; do
	for f in "$dir"/*.sh; do
		args+=(-f "$f:/suite/cases/${f##*/}")
	done
	while read -r case; do
		all+=("$case")
		kind[$case]=${dir##*/}
	done < <(sed -n 's/^case_\([a-z0-9_]*\)()$/\1/p' "$dir"/*.sh)
done
slow=1
if [ "$variant" = debug ]; then
	slow=6
	args+=(-d)
fi

if [ -n "$interactive" ]; then
	printf '%s\n' "$@" >"$out/selected"
	exec bash tests/lab/run.sh -o "$out" "${args[@]}" -f "$out/selected" -i
fi

# In the order of the files: what some cases lose, cases of earlier files must not find lost.
selected=()
declare -A used=()
for case in "${all[@]}"; do
	matches=
	for pattern in "${@:-*}"; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $case == $pattern ]] || continue
		used[$pattern]=1
		matches=1
	done
	[ -z "$matches" ] || selected+=("$case")
done
# No guest runs these, and the gate reports that.
for pattern in "${@:-*}"; do
	[ -n "${used[$pattern]-}" ] || selected+=("$pattern")
done
run=() skipped=0

# missing CASE: prints why this kernel cannot have it; false if it can.
missing()
{
	local pattern fact why has

	while IFS=$'\t' read -r pattern fact why; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $pattern != '#'* && -n $pattern && $1 == $pattern ]] || continue
		has=no
		! grep -qxF -- "${fact#!}" "$kernel/facts" || has=yes
		case $fact-$has in
		'!'*-yes | [!!]*-no)
			echo "$why"
			return
			;;
		esac
	done <tests/lab/needs
	return 1
}

for case in "${selected[@]}"; do
	if why=$(missing "$case"); then
		echo "SKIP $case: Linux ${release%%-*}: $why"
		skipped=$((skipped + 1))
	else
		run+=("$case")
	fi
done

# The cases that share guests, and the guests of their own.
shared=() boots=()
declare -A options own
for case in ${run[@]+"${run[@]}"}; do
	case ${kind[$case]-} in cases | faults | bench) shared+=("$case") ;; esac
done
while IFS=$'\t' read -r boot how patterns; do
	case $boot in '' | '#'*) continue ;; esac
	[[ " ${LAB_BOOTS-$boot} " == *" $boot "* ]] || continue
	read -ra globs <<<"$patterns"
	for case in ${run[@]+"${run[@]}"}; do
		for glob in "${globs[@]}"; do
			# shellcheck disable=SC2053 # it is a pattern
			[[ $case == $glob ]] || continue
			own[$boot]+="$case "
			break
		done
	done
	[ -z "${own[$boot]-}" ] || boots+=("$boot")
	options[$boot]=$how
done <tests/lab/boots

# As many guests run at a time as there are CPUs. Each that runs: its directory, by PID.
declare -A running=()
trap '[ ${#running[@]} = 0 ] || kill "${!running[@]}" 2>/dev/null' EXIT
trap 'exit 143' INT TERM
guests=0

# Waits for one guest to end.
reap()
{
	local status=0 pid

	wait -n -p pid || status=$?
	echo "$status" >"${running[$pid]}/status"
	unset "running[$pid]"
}

# guest OPTIONS CASE...
guest()
{
	local dir=$out/$((++guests)) case part how

	read -ra how <<<"$1"
	rm -rf "$dir"
	mkdir "$dir"
	: >"$dir/ordinary"
	: >"$dir/faults"
	for case in "${@:2}"; do
		part=ordinary
		[ "${kind[$case]-}" != faults ] || part=faults
		echo "$case" >>"$dir/$part"
	done
	printf '#!/bin/sh\nSLOW=%s sh /suite/parts.sh\n' "$slow" >"$dir/script"
	while [ ${#running[@]} -ge "$(nproc)" ]; do
		reap
	done
	bash tests/lab/run.sh ${how[@]+"${how[@]}"} -o "$dir" -t "${LAB_TIMEOUT:-$((1800 * slow))}" "${args[@]}" \
		-f "$dir/ordinary" -f "$dir/faults" "$dir/script" &
	running[$!]=$dir
}

# More guests than CPUs, so that all CPUs become idle at about the same time. A boot costs as
# much as two cases.
sharing=$(((${#shared[@]} + 19) / 20))
[ "$sharing" -ge "$(nproc)" ] || sharing=$(nproc)
[ "$sharing" -le ${#shared[@]} ] || sharing=${#shared[@]}
# The longest first.
for boot in ${boots[@]+"${boots[@]}"}; do
	read -ra dealt <<<"${own[$boot]}"
	[ ${#dealt[@]} -lt 10 ] || guest "${options[$boot]}" "${dealt[@]}"
done
for ((i = 0; i < sharing; i++)); do
	dealt=()
	for ((n = i; n < ${#shared[@]}; n += sharing)); do
		dealt+=("${shared[n]}")
	done
	guest "" "${dealt[@]}"
done
for boot in ${boots[@]+"${boots[@]}"}; do
	read -ra dealt <<<"${own[$boot]}"
	[ ${#dealt[@]} -ge 10 ] || guest "${options[$boot]}" "${dealt[@]}"
done
while [ ${#running[@]} != 0 ]; do
	reap
done
exec "$python" tests/lab/gate.py --skipped "$skipped" "$name" "$out" "$guests" ${run[@]+"${run[@]}"}
