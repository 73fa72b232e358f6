# SPDX-License-Identifier: GPL-2.0-only
# Written by completions/gen.py from `tdxctl dump-cli`; do not edit.
# shellcheck shell=bash

# Others choose these names, and compgen -W would expand what is in them.
_tdxctl_vms()
{
	local opt=() w

	for w in "${words[@]}"; do
		case $w in
		--emulate|--emulate=*|--root=*|--from-report=*) opt+=("$w") ;;
		esac
	done
	while read -r w; do
		[[ $w == "$cur"* ]] && COMPREPLY+=("$(printf %q "$w")")
	done < <(tdxctl "${opt[@]}" complete-vms 2>/dev/null)
}

_tdxctl()
{
	local cur prev words cword verb='' noun='' i
	local IFS=$'\n'

	# bash splits words at '='; bash-completion undoes that.
	COMPREPLY=()
	if declare -F _init_completion >/dev/null; then
		_init_completion -n =: || return
	else
		cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
		words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
		[ "$prev" != = ] || prev=${COMP_WORDS[COMP_CWORD - 2]}
		[ "$cur" != = ] || { prev=${COMP_WORDS[COMP_CWORD - 1]} cur=''; }
	fi

	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		--root|--from-report|--group|--explain|--fail-on|--format|--warning|--critical|--config|--hkids-free|--timeout|--textfile|--strategy|--file|--packages|--cpus-per-package|--mktme-keyids|--tdx-keyids|--bits|--split) ((i++)) ;;
		-*) ;;
		*)
			if [ -z "$verb" ]; then
				verb=${words[i]}
			elif [ -z "$noun" ]; then
				noun=${words[i]}
			fi ;;
		esac
	done

	case $prev in
	--root)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	--from-report)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--group)
		mapfile -t COMPREPLY < <(compgen -W $'core\ncapacity\nteardown\nupdate\nattestation' -- "$cur")
		return ;;
	--explain)
		return ;;
	--fail-on)
		mapfile -t COMPREPLY < <(compgen -W $'info\nwarn\nfail' -- "$cur")
		return ;;
	--format)
		mapfile -t COMPREPLY < <(compgen -W $'text\nnagios\njson\nprom' -- "$cur")
		return ;;
	--warning)
		return ;;
	--critical)
		return ;;
	--config)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--hkids-free)
		return ;;
	--timeout)
		return ;;
	--textfile)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--strategy)
		mapfile -t COMPREPLY < <(compgen -W $'auto\nterminate\nrelease\nearly\nstop' -- "$cur")
		return ;;
	--file)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--packages)
		return ;;
	--cpus-per-package)
		return ;;
	--mktme-keyids)
		return ;;
	--tdx-keyids)
		return ;;
	--bits)
		return ;;
	--split)
		return ;;
	esac

	case $cur in
	--emulate=*)
		cur=${cur#*=}
		mapfile -t COMPREPLY < <(compgen -P --emulate= -f -- "$cur")
		return ;;
	--root=*)
		cur=${cur#*=}
		mapfile -t COMPREPLY < <(compgen -P --root= -d -- "$cur")
		return ;;
	--from-report=*)
		cur=${cur#*=}
		mapfile -t COMPREPLY < <(compgen -P --from-report= -f -- "$cur")
		return ;;
	--group=*)
		cur=${cur#*=}
		mapfile -t COMPREPLY < <(compgen -P --group= -W $'core\ncapacity\nteardown\nupdate\nattestation' -- "$cur")
		return ;;
	--fail-on=*)
		cur=${cur#*=}
		mapfile -t COMPREPLY < <(compgen -P --fail-on= -W $'info\nwarn\nfail' -- "$cur")
		return ;;
	--format=*)
		cur=${cur#*=}
		mapfile -t COMPREPLY < <(compgen -P --format= -W $'text\nnagios\njson\nprom' -- "$cur")
		return ;;
	--config=*)
		cur=${cur#*=}
		mapfile -t COMPREPLY < <(compgen -P --config= -f -- "$cur")
		return ;;
	--textfile=*)
		cur=${cur#*=}
		mapfile -t COMPREPLY < <(compgen -P --textfile= -f -- "$cur")
		return ;;
	--strategy=*)
		cur=${cur#*=}
		mapfile -t COMPREPLY < <(compgen -P --strategy= -W $'auto\nterminate\nrelease\nearly\nstop' -- "$cur")
		return ;;
	--file=*)
		cur=${cur#*=}
		mapfile -t COMPREPLY < <(compgen -P --file= -f -- "$cur")
		return ;;
	-*)
		case $verb in
		status) mapfile -t COMPREPLY < <(compgen -W $'--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		hkid) mapfile -t COMPREPLY < <(compgen -W $'--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		td) mapfile -t COMPREPLY < <(compgen -W $'--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		lock) mapfile -t COMPREPLY < <(compgen -W $'--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		cpu) mapfile -t COMPREPLY < <(compgen -W $'--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		doctor) mapfile -t COMPREPLY < <(compgen -W $'--group\n--explain\n--short\n--fail-on\n--attestation\n--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-s\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		check) mapfile -t COMPREPLY < <(compgen -W $'--format\n--warning\n--critical\n--config\n--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-w\n-c\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		wait) mapfile -t COMPREPLY < <(compgen -W $'--hkids-free\n--timeout\n--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		metrics) mapfile -t COMPREPLY < <(compgen -W $'--textfile\n--per-td\n--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		release) mapfile -t COMPREPLY < <(compgen -W $'--dry-run\n--yes\n--strategy\n--timeout\n--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-n\n-y\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		helper) mapfile -t COMPREPLY < <(compgen -W $'--file\n--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		emulate) mapfile -t COMPREPLY < <(compgen -W $'--packages\n--cpus-per-package\n--mktme-keyids\n--tdx-keyids\n--force\n--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-f\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		keys) mapfile -t COMPREPLY < <(compgen -W $'--bits\n--split\n--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		decode) mapfile -t COMPREPLY < <(compgen -W $'--features\n--attributes\n--xfam\n--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		report) mapfile -t COMPREPLY < <(compgen -W $'--no-redact\n--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		help) mapfile -t COMPREPLY < <(compgen -W $'--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		*) mapfile -t COMPREPLY < <(compgen -W $'--json\n--quiet\n--verbose\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		esac
		return ;;
	esac

	case $verb in
	'') mapfile -t COMPREPLY < <(compgen -W $'status\nhkid\ntd\nlock\ncpu\ndoctor\ncheck\nwait\nmetrics\nrelease\nhelper\nemulate\nkeys\ndecode\nreport\nhelp' -- "$cur") ;;
	td)
		case $noun in
		'') mapfile -t COMPREPLY < <(compgen -W $'list\nshow' -- "$cur") ;;
		show) _tdxctl_vms ;;
		esac ;;
	cpu)
		case $noun in
		'') mapfile -t COMPREPLY < <(compgen -W $'check\nplan' -- "$cur") ;;
		esac ;;
	release) _tdxctl_vms ;;
	helper)
		case $noun in
		'') mapfile -t COMPREPLY < <(compgen -W $'status\nload\nunload' -- "$cur") ;;
		esac ;;
	emulate)
		case $noun in
		'') mapfile -t COMPREPLY < <(compgen -W $'init' -- "$cur") ;;
		init) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		esac ;;
	help) [ -n "$noun" ] || mapfile -t COMPREPLY < <(compgen -W $'status\nhkid\ntd\nlock\ncpu\ndoctor\ncheck\nwait\nmetrics\nrelease\nhelper\nemulate\nkeys\ndecode\nreport\nhelp' -- "$cur") ;;
	esac
}

complete -o filenames -F _tdxctl tdxctl
