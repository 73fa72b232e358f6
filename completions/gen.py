#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the shell completions from `tdxctl dump-cli`.

gen.py BINARY            writes tdxctl.bash, _tdxctl and tdxctl.fish beside itself
gen.py --check BINARY    exit status 1 when they are not what it would write
"""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
HEAD = ("# SPDX-License-Identifier: GPL-2.0-only\n"
        "# Written by completions/gen.py from `tdxctl dump-cli`; do not edit.\n")

# What an argument or an option's value is, by its placeholder.
FILES = {"FILE", "KO", "REPORT..."}
DIRS = {"DIR"}


def verbs(cli):
    """verb -> its rows, in the order of the table, without the hidden ones."""
    table = {}
    for cmd in cli["commands"]:
        if not cmd["hidden"]:
            table.setdefault(cmd["verb"], []).append(cmd)
    return table


def words(opts):
    """The options as they are typed, long ones first."""
    out = ["--" + o["name"] for o in opts]
    return out + ["-" + o["letter"] for o in opts if o["letter"]]


def unique(opts):
    seen = {}
    for o in opts:
        seen.setdefault(o["name"], o)
    return list(seen.values())


# ---- bash

BASH = r'''
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
		@VALUED@)
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
@VALUES@	*:?*) return ;;
	esac

	case $cur in
	-*)
		case $verb in
@OPTIONS@		*) mapfile -t COMPREPLY < <(compgen -W "@GLOBAL@" -- "$cur") ;;
		esac
		# An optional value follows '=', not a blank.
		[[ ${COMPREPLY[*]} != --emulate ]] || compopt -o nospace 2>/dev/null
		return ;;
	esac

	case $verb in
	'') mapfile -t COMPREPLY < <(compgen -W "@VERBS@" -- "$cur") ;;
@ARGS@	esac
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
'''


def lines(items):
    return "$'" + "\\n".join(items) + "'"


def bash_value(opt):
    arg = opt["arg"]
    if opt["type"] == "choice":
        return f'mapfile -t COMPREPLY < <(compgen -P "$head" -W {lines(opt["values"])} -- "$cur")'
    if opt["words"] == "columns":
        return "_tdxctl_columns"
    if opt["words"] == "vms":
        return "_tdxctl_vms"
    if opt["words"]:
        return f'_tdxctl_words {opt["words"]}'
    if arg in FILES:
        return "_tdxctl_files"
    if arg in DIRS:
        return "_tdxctl_files -d"
    return None


def bash_values(verb, opts):
    text = ""
    for o in opts:
        gen = bash_value(o)
        if not gen:
            continue
        names = [f'--{o["name"]}=']
        if o["type"] != "optional":
            names += [f'--{o["name"]}'] + ([f'-{o["letter"]}'] if o["letter"] else [])
        text += "\t" + "|".join(f"{verb}:{n}" for n in names) + f") {gen}; return ;;\n"
    return text


def bash_arg(cmd):
    if cmd["args"] == "VM":
        return "_tdxctl_vms"
    if cmd["words"]:
        return f'_tdxctl_words {cmd["words"]}'
    if cmd["args"] in FILES:
        return "_tdxctl_files"
    return None


def bash(cli):
    table = verbs(cli)
    every = unique(cli["global_options"] + [o for c in cli["commands"] for o in c["options"]])
    valued = [o for o in every if o["arg"] and o["type"] != "optional"]
    values = bash_values("*", cli["global_options"])
    options, args = "", ""
    for verb, rows in table.items():
        own = unique([o for c in rows for o in c["options"]])
        opts = unique(own + cli["global_options"])
        values += bash_values(verb, own)
        options += (f'\t\t{verb}) mapfile -t COMPREPLY < <(compgen -W '
                    f'{lines(words(opts))} -- "$cur") ;;\n')
        nouns = [c["noun"] for c in rows if c["noun"]]
        if verb == "help":
            args += (f'\thelp) [ -n "$noun" ] || mapfile -t COMPREPLY < <(compgen -W '
                     f'{lines(table)} -- "$cur") ;;\n')
        elif nouns:
            args += f'\t{verb})\n\t\tcase $noun in\n'
            args += (f"\t\t'') mapfile -t COMPREPLY < <(compgen -W {lines(nouns)}"
                     ' -- "$cur") ;;\n')
            for c in rows:
                if bash_arg(c):
                    args += f'\t\t{c["noun"]}) {bash_arg(c)} ;;\n'
            args += "\t\tesac ;;\n"
        elif bash_arg(rows[0]):
            args += f'\t{verb}) {bash_arg(rows[0])} ;;\n'
    glob = words(cli["global_options"])
    text = HEAD + "# shellcheck shell=bash\n" + BASH
    for key, new in (("VALUED", "|".join(w for w in words(valued))), ("VALUES", values),
                     ("OPTIONS", options), ("ARGS", args)):
        text = text.replace(f"@{key}@", new)
    text = text.replace('"@GLOBAL@"', lines(glob))
    return text.replace('"@VERBS@"', lines(table))


# ---- zsh

def zquote(text):
    return text.replace("'", "'\\''").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def sequence(opt):
    """The function for a value that is a list."""
    return "_sequence " if opt["arg"] == "LIST" else ""


def zsh_opt(o, cmd=None):
    value = ""
    if o["arg"]:
        what = ("(" + " ".join(o["values"]) + ")" if o["values"] else
                f"{sequence(o)}_tdxctl_words columns/{cmd['verb']}/{cmd['noun'] or ''}"
                if o["words"] == "columns" else
                "_tdxctl_vms" if o["words"] == "vms" else
                f"_tdxctl_words {o['words']}" if o["words"] else
                "_files" if o["arg"] in FILES else
                "_files -/" if o["arg"] in DIRS else " ")
        value = f':{o["arg"]}:{what}'
        if o["type"] == "optional":
            value = ":" + value
    again = "*" if o["type"] in ("count", "list") else ""
    eq = "=-" if o["type"] == "optional" else "=" if o["arg"] else ""
    text = zquote(o["help"])
    if not o["letter"]:
        return [f"'{again}--{o['name']}{eq}[{text}]{value}'"]
    short, long = f"-{o['letter']}", f"--{o['name']}"
    if again:
        return [f"'*{w}[{text}]{value}'" for w in (short, long + eq)]
    return [f"'({short} {long})'{{{short},{long}{eq}}}'[{text}]{value}'"]


def zsh_arg(cmd):
    if cmd["args"] == "VM":
        return ["'1:VM:_tdxctl_vms'"]
    if cmd["words"]:
        return [f"'*:value:_tdxctl_words {cmd['words']}'"]
    if cmd["args"] in FILES:
        return [f"'{'*' if cmd['args'].endswith('...') else 1}:file:_files'"]
    return []


def zsh_specs(items, indent):
    return "".join(f" \\\n{indent}{item}" for item in items)


def zsh(cli):
    table = verbs(cli)
    glob = [s for o in cli["global_options"] for s in zsh_opt(o)]
    out = "#compdef tdxctl\n" + HEAD
    out += r'''
_tdxctl_vms()
{
	local -a vms

	vms=(${(f)"$(_call_program vms tdxctl $tdxctl_host complete-vms 2>/dev/null)"})
	compadd -a vms
}

# _arguments puts options of compadd before the kind of words, _sequence behind it.
_tdxctl_words()
{
	local -a list open opts
	local kind=$argv[-1]

	opts=("${(@)argv[1,-2]}")
	if [[ $1 != -* ]]; then
		kind=$1 opts=("${(@)argv[2,-1]}")
	fi
	list=(${(f)"$(_call_program words tdxctl complete-words ${(s./.)kind} 2>/dev/null)"})
	open=(${(M)list:#*=})
	list=(${list:#*=})
	compadd "$opts[@]" -a list
	(( ! $#open )) || compadd "$opts[@]" -S '' -a open
}

'''
    out += "_tdxctl_global=(" + "".join(f"\n\t{s}" for s in glob) + "\n)\n\n"
    out += "_tdxctl()\n{\n\tlocal curcontext=$curcontext state line\n"
    out += "\tlocal -a verbs nouns tdxctl_host\n\n"
    # _arguments takes away what stands before the verb.
    out += ("\ttdxctl_host=(${(M)words:#--emulate*} ${(M)words:#--root=*}"
            " ${(M)words:#--from-report=*})\n")
    out += "\tverbs=(\n"
    for verb, rows in table.items():
        text = next((c["summary"] for c in rows if c["default"] or not c["noun"]), rows[0]["summary"])
        out += f"\t\t'{verb}:{zquote(text)}'\n"
    out += "\t)\n\t_arguments -C -A '-*' $_tdxctl_global '1:verb:->verb' '*::argument:->rest' && return\n"
    out += "\tcase $state in\n\tverb) _describe verb verbs; return ;;\n\tesac\n"
    out += "\tcase $line[1] in\n"
    for verb, rows in table.items():
        if not rows[0]["noun"]:
            specs = [s for o in rows[0]["options"] for s in zsh_opt(o, rows[0])] + zsh_arg(rows[0])
            if verb == "help":
                specs += ["'1:verb:(" + " ".join(table) + ")'"]
            out += f"\t{verb})\n\t\t_arguments $_tdxctl_global{zsh_specs(specs, chr(9) * 3)} ;;\n"
            continue
        out += f"\t{verb})\n\t\tif (( CURRENT == 2 )); then\n\t\t\tnouns=(\n"
        for c in rows:
            out += f"\t\t\t\t'{c['noun']}:{zquote(c['summary'])}'\n"
        out += "\t\t\t)\n\t\t\t_describe noun nouns\n\t\t\treturn\n\t\tfi\n"
        out += "\t\tshift words; (( CURRENT-- ))\n\t\tcase $words[1] in\n"
        for c in rows:
            specs = [s for o in c["options"] for s in zsh_opt(o, c)] + zsh_arg(c)
            out += f"\t\t{c['noun']})\n\t\t\t_arguments $_tdxctl_global{zsh_specs(specs, chr(9) * 4)} ;;\n"
        out += "\t\tesac ;;\n"
    return out + "\tesac\n}\n\n_tdxctl \"$@\"\n"


# ---- fish

def fquote(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_opt(o, cond, cmd=None):
    line = f"complete -c tdxctl{cond} -l {o['name']}"
    if o["letter"]:
        line += f" -s {o['letter']}"
    if o["values"]:
        line += f" -x -a {fquote(' '.join(o['values']))}"
    elif o["words"] == "columns":
        words_of = f"tdxctl complete-words columns {cmd['verb']} {cmd['noun'] or ''}".rstrip()
        words_of = f'__fish_complete_list , "{words_of}"' if o["arg"] == "LIST" else words_of
        line += f" -x -a '({words_of})'"
    elif o["words"] == "vms":
        line += " -x -a '(__tdxctl_vms)'"
    elif o["words"]:
        line += f" -x -a '(tdxctl complete-words {o['words']} 2>/dev/null)'"
    elif o["arg"] in FILES and o["type"] == "optional":
        line += " -a '(__tdxctl_files)'"
    elif o["arg"] in FILES:
        line += " -r -F"
    elif o["arg"] in DIRS:
        line += " -x -a '(__fish_complete_directories)'"
    elif o["arg"] and o["type"] != "optional":
        line += " -x"
    return line + f" -d {fquote(o['help'])}\n"


def fish(cli):
    table = verbs(cli)
    names = " ".join(table)
    out = HEAD + r'''
function __tdxctl_vms
    set -l opt (string match -r -- '^--(?:emulate(?:=.*)?|root=.*|from-report=.*)$' (commandline -opc))
    tdxctl $opt complete-vms 2>/dev/null
end

# The value of an optional argument, as in --emulate=FILE.
function __tdxctl_files
    __fish_complete_path (string replace -r -- '^--[a-z-]*=' '' (commandline -ct))
end

complete -c tdxctl -f
'''
    out += "".join(fish_opt(o, "") for o in cli["global_options"])
    none = f" -n 'not __fish_seen_subcommand_from {names}'"
    for verb, rows in table.items():
        text = next((c["summary"] for c in rows if c["default"] or not c["noun"]), rows[0]["summary"])
        out += f"\ncomplete -c tdxctl{none} -a {verb} -d {fquote(text)}\n"
        nouns = " ".join(c["noun"] for c in rows if c["noun"])
        for c in rows:
            seen = f"__fish_seen_subcommand_from {verb}"
            if c["noun"]:
                out += (f"complete -c tdxctl -n '{seen}; and not __fish_seen_subcommand_from {nouns}'"
                        f" -a {c['noun']} -d {fquote(c['summary'])}\n")
                seen += f"; and __fish_seen_subcommand_from {c['noun']}"
            out += "".join(fish_opt(o, f" -n '{seen}'", c) for o in c["options"])
            if c["args"] == "VM":
                out += f"complete -c tdxctl -n '{seen}' -a '(__tdxctl_vms)'\n"
            elif c["words"]:
                out += (f"complete -c tdxctl -n '{seen}' -a "
                        f"'(tdxctl complete-words {c['words']} 2>/dev/null)'\n")
            elif c["args"] in FILES:
                out += f"complete -c tdxctl -n '{seen}' -F\n"
            elif verb == "help":
                out += f"complete -c tdxctl -n '{seen}' -a '{names}'\n"
    return out


def main():
    args = sys.argv[1:]
    check = args[:1] == ["--check"]
    binary = args[-1] if len(args) == 1 + check else sys.exit(__doc__)
    dump = subprocess.run([binary, "dump-cli"], check=True, stdout=subprocess.PIPE).stdout
    cli = json.loads(dump)
    stale = False
    for name, make in (("tdxctl.bash", bash), ("_tdxctl", zsh), ("tdxctl.fish", fish)):
        path, text = HERE / name, make(cli)
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"completions/{name} is stale: run completions/gen.py")
            stale = True
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
