# SPDX-License-Identifier: GPL-2.0-only
# Written by completions/gen.py from `tdxctl dump-cli`; do not edit.
# shellcheck shell=bash

# Offers the lines of standard input. They may contain anything, and compgen -W would expand it.
_tdxctl_offer()
{
	local w

	while read -r w; do
		[[ $w == "$cur"* ]] || continue
		COMPREPLY+=("$head$(printf %q "$w")")
		[[ $w != *= ]] || compopt -o nospace 2>/dev/null
	done
}

# The files, or with -d the directories, that start with $cur.
_tdxctl_files()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -P "$head" "${1:--f}" -- "$cur")
	# With the option before it, readline does not recognize a directory.
	if [[ -n $head && ${#COMPREPLY[@]} == 1 && -d ${COMPREPLY[0]#"$head"} ]]; then
		COMPREPLY[0]+=/
		compopt -o nospace 2>/dev/null
	fi
}

_tdxctl_words()
{
	_tdxctl_offer < <(tdxctl complete-words "$@" 2>/dev/null)
}

# One of the words of a list, after "+" or "-".
_tdxctl_columns()
{
	local done=${cur%"${cur##*,}"}

	[[ -n $done || $cur != [+-]* ]] || done=${cur:0:1}
	cur=${cur#"$done"} head+=$done
	compopt -o nospace 2>/dev/null
	_tdxctl_words columns "$verb" "$noun"
}

_tdxctl_vms()
{
	_tdxctl_offer < <(tdxctl "${host[@]}" complete-vms 2>/dev/null)
}

_tdxctl_complete()
{
	local prev='' verb='' noun='' words=() host=() rest w i

	# bash splits words at each character of COMP_WORDBREAKS, such as '=' and ':'.
	COMPREPLY=()
	rest=${COMP_LINE:0:COMP_POINT}
	for ((i = 0; i <= COMP_CWORD; i++)); do
		w=${COMP_WORDS[i]}
		if [[ $i == 0 || $rest == [[:blank:]]* ]]; then
			rest=${rest#"${rest%%[![:blank:]]*}"}
			words+=('')
		fi
		((i < COMP_CWORD)) || w=$rest
		words[${#words[@]} - 1]+=$w
		rest=${rest#"$w"}
	done
	cur=${words[-1]}
	unset 'words[-1]'

	for ((i = 1; i < ${#words[@]}; i++)); do
		prev=''
		case ${words[i]} in
		--emulate|--emulate=*|--root=*|--from-report=*) host+=("${words[i]}") ;;
		--color|--root|--from-report|--state|--columns|--sort|--time|--count|--delay|--view|--only|--td|--group|--explain|--fail-on|--vm-log|--format|--warning|--critical|--config|--timeout|--hkids-free|--gone|--textfile|--nfd|--leaf|--longer|--duration|--interval|--strategy|--cpus|--file|--packages|--cpus-per-package|--mktme-keyids|--tdx-keyids|--speed|--from|--step|--bits|--split|-o|-n|-d|-w|-c|-t)
			prev=${words[i]}
			case $prev in
			--root|--from-report) host+=("${words[@]:i:2}") ;;
			esac
			((++i)) ;;
		-*) ;;
		*)
			if [ -z "$verb" ]; then
				verb=${words[i]}
			elif [ -z "$noun" ]; then
				noun=${words[i]}
			fi ;;
		esac
	done
	# It has its value, unless that is the word at the cursor.
	((i > ${#words[@]})) || prev=''

	case $cur in
	--*=*)
		prev=${cur%%=*}= cur=${cur#*=}
		# Readline replaces only the part of the word behind '='.
		[[ $COMP_WORDBREAKS == *=* ]] || head=$prev ;;
	esac

	case $verb:$prev in
	*:--color=|*:--color) mapfile -t COMPREPLY < <(compgen -P "$head" -W $'auto\nalways\nnever' -- "$cur"); return ;;
	*:--root=|*:--root) _tdxctl_files -d; return ;;
	*:--emulate=) _tdxctl_files; return ;;
	*:--from-report=|*:--from-report) _tdxctl_files; return ;;
	hkid:--state=|hkid:--state) mapfile -t COMPREPLY < <(compgen -P "$head" -W $'unknown\nfree\nassigned\nconfigured\nflushing\nleaked' -- "$cur"); return ;;
	hkid:--columns=|hkid:--columns|hkid:-o) _tdxctl_columns; return ;;
	hkid:--sort=|hkid:--sort) _tdxctl_columns; return ;;
	hkid:--time=|hkid:--time) mapfile -t COMPREPLY < <(compgen -P "$head" -W $'age\niso' -- "$cur"); return ;;
	top:--view=|top:--view) mapfile -t COMPREPLY < <(compgen -P "$head" -W $'tds\nleaves\ncpus' -- "$cur"); return ;;
	top:--columns=|top:--columns|top:-o) _tdxctl_columns; return ;;
	top:--sort=|top:--sort) _tdxctl_columns; return ;;
	monitor:--only=|monitor:--only) _tdxctl_words events; return ;;
	td:--state=|td:--state) mapfile -t COMPREPLY < <(compgen -P "$head" -W $'unknown\nassigned\nkeys-configured\ninitialized\nrunnable\nblocked\nteardown\nleaked' -- "$cur"); return ;;
	td:--columns=|td:--columns|td:-o) _tdxctl_columns; return ;;
	td:--sort=|td:--sort) _tdxctl_columns; return ;;
	td:--time=|td:--time) mapfile -t COMPREPLY < <(compgen -P "$head" -W $'age\niso' -- "$cur"); return ;;
	lock:--columns=|lock:--columns|lock:-o) _tdxctl_columns; return ;;
	lock:--sort=|lock:--sort) _tdxctl_columns; return ;;
	lock:--time=|lock:--time) mapfile -t COMPREPLY < <(compgen -P "$head" -W $'age\niso' -- "$cur"); return ;;
	cpu:--columns=|cpu:--columns|cpu:-o) _tdxctl_columns; return ;;
	cpu:--sort=|cpu:--sort) _tdxctl_columns; return ;;
	doctor:--group=|doctor:--group) mapfile -t COMPREPLY < <(compgen -P "$head" -W $'core\ncapacity\nteardown\nupdate\nattestation' -- "$cur"); return ;;
	doctor:--explain=|doctor:--explain) _tdxctl_words rules; return ;;
	doctor:--fail-on=|doctor:--fail-on) mapfile -t COMPREPLY < <(compgen -P "$head" -W $'info\nwarn\nfail' -- "$cur"); return ;;
	doctor:--vm-log=|doctor:--vm-log) _tdxctl_files; return ;;
	check:--format=|check:--format) mapfile -t COMPREPLY < <(compgen -P "$head" -W $'text\nnagios\njson\nprom' -- "$cur"); return ;;
	check:--warning=|check:--warning|check:-w) _tdxctl_words limits; return ;;
	check:--critical=|check:--critical|check:-c) _tdxctl_words limits; return ;;
	check:--config=|check:--config) _tdxctl_files; return ;;
	wait:--gone=|wait:--gone) _tdxctl_vms; return ;;
	metrics:--textfile=|metrics:--textfile) _tdxctl_files; return ;;
	metrics:--nfd=|metrics:--nfd) _tdxctl_files; return ;;
	release:--strategy=|release:--strategy) mapfile -t COMPREPLY < <(compgen -P "$head" -W $'auto\nterminate\nrelease\nearly\nstop' -- "$cur"); return ;;
	helper:--file=|helper:--file) _tdxctl_files; return ;;
	keys:--columns=|keys:--columns|keys:-o) _tdxctl_columns; return ;;
	keys:--sort=|keys:--sort) _tdxctl_columns; return ;;
	fleet:--columns=|fleet:--columns|fleet:-o) _tdxctl_columns; return ;;
	fleet:--sort=|fleet:--sort) _tdxctl_columns; return ;;
	*:?*) return ;;
	esac

	case $cur in
	-*)
		case $verb in
		status) mapfile -t COMPREPLY < <(compgen -W $'--bytes\n--watch\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-b\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		hkid) mapfile -t COMPREPLY < <(compgen -W $'--all\n--state\n--columns\n--sort\n--no-headers\n--time\n--watch\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-a\n-o\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		top) mapfile -t COMPREPLY < <(compgen -W $'--batch\n--count\n--delay\n--view\n--columns\n--sort\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-b\n-n\n-d\n-o\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		monitor) mapfile -t COMPREPLY < <(compgen -W $'--only\n--td\n--initial\n--count\n--delay\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-n\n-d\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		td) mapfile -t COMPREPLY < <(compgen -W $'--state\n--columns\n--sort\n--no-headers\n--bytes\n--time\n--watch\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-o\n-b\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		lock) mapfile -t COMPREPLY < <(compgen -W $'--columns\n--sort\n--no-headers\n--time\n--watch\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-o\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		cpu) mapfile -t COMPREPLY < <(compgen -W $'--columns\n--sort\n--no-headers\n--watch\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-o\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		doctor) mapfile -t COMPREPLY < <(compgen -W $'--group\n--explain\n--short\n--fail-on\n--attestation\n--vm-log\n--watch\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-s\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		check) mapfile -t COMPREPLY < <(compgen -W $'--format\n--warning\n--critical\n--config\n--timeout\n--watch\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-w\n-c\n-t\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		wait) mapfile -t COMPREPLY < <(compgen -W $'--hkids-free\n--gone\n--timeout\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		metrics) mapfile -t COMPREPLY < <(compgen -W $'--textfile\n--nfd\n--per-td\n--http\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		trace) mapfile -t COMPREPLY < <(compgen -W $'--td\n--leaf\n--errors\n--longer\n--duration\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		stat) mapfile -t COMPREPLY < <(compgen -W $'--td\n--leaf\n--interval\n--duration\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		release) mapfile -t COMPREPLY < <(compgen -W $'--dry-run\n--yes\n--building\n--bytes\n--strategy\n--cpus\n--timeout\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-n\n-y\n-b\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		helper) mapfile -t COMPREPLY < <(compgen -W $'--file\n--watch\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		emulate) mapfile -t COMPREPLY < <(compgen -W $'--packages\n--cpus-per-package\n--mktme-keyids\n--tdx-keyids\n--force\n--speed\n--from\n--step\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-f\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		keys) mapfile -t COMPREPLY < <(compgen -W $'--columns\n--sort\n--no-headers\n--bits\n--split\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-o\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		decode) mapfile -t COMPREPLY < <(compgen -W $'--features\n--attributes\n--xfam\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		report) mapfile -t COMPREPLY < <(compgen -W $'--no-redact\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		fleet) mapfile -t COMPREPLY < <(compgen -W $'--columns\n--sort\n--no-headers\n--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-o\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		help) mapfile -t COMPREPLY < <(compgen -W $'--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		*) mapfile -t COMPREPLY < <(compgen -W $'--json\n--quiet\n--verbose\n--color\n--no-color\n--root\n--emulate\n--from-report\n--help\n--version\n-j\n-q\n-v\n-h\n-V' -- "$cur") ;;
		esac
		# An optional value follows '=', not a blank.
		[[ ${COMPREPLY[*]} != --emulate ]] || compopt -o nospace 2>/dev/null
		return ;;
	esac

	case $verb in
	'') mapfile -t COMPREPLY < <(compgen -W $'status\nhkid\ntop\nmonitor\ntd\nlock\ncpu\ndoctor\ncheck\nwait\nmetrics\ntrace\nstat\nrelease\nhelper\nemulate\nkeys\ndecode\nreport\nfleet\nhelp' -- "$cur") ;;
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
		'') mapfile -t COMPREPLY < <(compgen -W $'init\nplay' -- "$cur") ;;
		init) _tdxctl_files ;;
		play) _tdxctl_files ;;
		esac ;;
	decode) _tdxctl_words names ;;
	fleet) _tdxctl_files ;;
	help) [ -n "$noun" ] || mapfile -t COMPREPLY < <(compgen -W $'status\nhkid\ntop\nmonitor\ntd\nlock\ncpu\ndoctor\ncheck\nwait\nmetrics\ntrace\nstat\nrelease\nhelper\nemulate\nkeys\ndecode\nreport\nfleet\nhelp' -- "$cur") ;;
	esac
}

_tdxctl()
{
	local cur='' head='' breaks=${COMP_WORDBREAKS//[^=:]/} keep=''
	local IFS=$'\n'

	_tdxctl_complete
	# Readline replaces only the part of the word behind the last of these characters.
	[[ -z $breaks || $cur != *[$breaks]* ]] || keep=$head${cur%"${cur##*["$breaks"]}"}
	COMPREPLY=("${COMPREPLY[@]#"$keep"}")
}

complete -F _tdxctl tdxctl
