"""`amitui completion SHELL`: a script that completes amitui's command line in a shell, by asking amitui itself.

`amitui completion words -- WORD…` is what the scripts ask: one candidate a line, what it means behind a tab. Lines
that begin with a colon are for the script: `:files`, and `:open` before candidates that no blank follows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from amitui.cli.candidates import Candidate, Line, candidates

if TYPE_CHECKING:
    from amitui.cli.options import CommandParser

OPEN: Final = ":open"

BASH: Final = r"""# amitui's completion for bash: source <(amitui completion bash)
_amitui() {
    local -a words=() lines=()
    local line value current left
    # The words as they stand: bash would part them at colons and equals signs, of which queries are full.
    read -r -a words <<< "${COMP_LINE:0:COMP_POINT}"
    [[ ${COMP_LINE:0:COMP_POINT} == *[[:blank:]] ]] && words+=("")
    current=${words[${#words[@]}-1]}
    # bash replaces only what stands behind the last of those signs.
    left=
    [[ $current == *[:=]* && $COMP_WORDBREAKS == *:* ]] && left=${current%"${current##*[:=]}"}
    COMPREPLY=()
    while IFS= read -r line; do
        value=${line%%$'\t'*}
        case $value in
            :files) compopt -o default ;;
            :open) compopt -o nospace ;;
            *) printf -v value '%q' "${value#"$left"}"; COMPREPLY+=("$value") ;;
        esac
    done < <(command "${words[0]}" completion words -- "${words[@]:1}" 2> /dev/null)
}
complete -F _amitui amitui
"""

ZSH: Final = r"""#compdef amitui
# amitui's completion for zsh: source <(amitui completion zsh), or write it to a file _amitui in a folder of $fpath
_amitui() {
    local -a values shown
    local line value about
    local -a space
    while IFS= read -r line; do
        value=${line%%$'\t'*}
        case $value in
            :files) _files; continue ;;
            :open) space=(-S ''); continue ;;
        esac
        about=${line#*$'\t'}
        values+=("$value")
        if [[ $about == $line || -z $about ]]; then shown+=("$value"); else shown+=("$value  -- $about"); fi
    done < <(command ${(Q)words[1]} completion words -- "${(@Q)words[2,CURRENT]}" 2> /dev/null)
    (( $#values )) && compadd -l -d shown "${space[@]}" -a values
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _amitui "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _amitui amitui
fi
"""

FISH: Final = r"""# amitui's completion for fish: amitui completion fish | source
function __amitui_words
    set -l words (commandline -opc) (commandline -ct)
    for line in (command $words[1] completion words -- $words[2..-1] 2> /dev/null)
        switch $line
            case ':files'
                __fish_complete_path (commandline -ct)
            case ':*'
            case '*'
                printf '%s\n' $line
        end
    end
end
complete -c amitui -f -k -a '(__amitui_words)'
"""

SCRIPTS: Final = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def print_script(shell: str) -> int:
    """Print the script for one shell."""
    sys.stdout.write(SCRIPTS[shell])
    return 0


def print_candidates(
    words: Sequence[str], commands: Sequence[str], parser_of: Callable[[str], CommandParser]
) -> int:
    """Print what can stand in the place of the last word, for a script.

    Args:
        words: behind the program's name; the last is being typed and may be empty.
    """
    line = Line(words[:-1], words[-1] if words else "", commands, parser_of)
    found = candidates(line)
    if any(isinstance(one, Candidate) and one.open for one in found):
        sys.stdout.write(f"{OPEN}\n")
    for one in found:
        if isinstance(one, str):
            sys.stdout.write(f"{one}\n")
        # Of a profile's name or a file's, what is no text cannot be typed either.
        elif one.value.isprintable():
            about = " ".join(one.about.split())
            sys.stdout.write(f"{one.value}\t{about}\n" if about else f"{one.value}\n")
    return 0
