"""How a shell is answered that asks what completes a line, and how it is taught to ask."""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Callable
from contextlib import redirect_stdout

from communitykit.cli import completing
from communitykit.cli.output import Exit, say, warn

PROGRAM = "communitykit"
_ASKED_BY = "_COMMUNITYKIT_COMPLETE"
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
"""Those for which Typer has a script."""
_LONGEST_HINT = 76
_OPTION = re.compile(r"--[\w-]+=")
"""An option at the beginning of the word that holds its value."""
_GOES_ON = "=:,"
"""How a value ends that something is to follow: no blank."""

SCRIPTS = {
    "bash": """
%(complete_func)s() {
    local IFS=$'\n'
    COMPREPLY=( $( env COMP_LINE="${COMP_LINE:0:$COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
                   %(autocomplete_var)s=complete_bash $1 ) )
    return 0
}

complete -o default -F %(complete_func)s %(prog_name)s
""",
    "zsh": """
#compdef %(prog_name)s

%(complete_func)s() {
  eval "$(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" %(autocomplete_var)s=complete_zsh %(prog_name)s)"
}

if [[ $funcstack[1] = _%(prog_name)s ]]; then
  %(complete_func)s "$@"
else
  compdef %(complete_func)s %(prog_name)s
fi
""",
    "fish": """
function %(complete_func)s
    set -l found (env %(autocomplete_var)s=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args \\
        _TYPER_COMPLETE_ARGS=(commandline -cp | string collect) %(prog_name)s)
    if test (count $found) -gt 0
        printf '%%s\\n' $found
    else
        set -l before (string match -r '^.*=' -- (commandline -ct))
        for file in (__fish_complete_path (string replace -r '^.*=' '' -- (commandline -ct)))
            echo "$before$file"
        end
    end
end

complete --command %(prog_name)s --no-files --arguments "(%(complete_func)s)"
""",
}
"""Scripts of ours in place of Typer's.

Bash gives its line, not words that it took apart at `=` and `:`. What zsh loads when TAB is pressed first completes at
once, not from the second time on. Fish asks once, not twice, and looks for files where it is told nothing.
"""


def asked() -> str | None:
    """Return the shell that asks what completes a line; None where none does."""
    instruction, _, shell = os.environ.get(_ASKED_BY, "").partition("_")
    return shell if instruction == "complete" and shell else None


def answer(shell: str, run: Callable[[], int]) -> int:
    """Run what a shell asks, print what it is told, and return the exit code.

    Typer tells a shell to complete names of files wherever nothing else completes. Here that is where a file is meant;
    elsewhere the shell shows what is.
    """
    line = os.environ.get("COMP_LINE" if shell == "bash" else "_TYPER_COMPLETE_ARGS", "")
    words = completing.words_of(line)
    if shell == "bash" and line:
        os.environ.update(COMP_WORDS=shlex.join(words), COMP_CWORD=str(len(words) - 1))
    with redirect_stdout(io.StringIO()) as told:
        try:
            code = run()
        except SystemExit as ended:
            code = int(ended.code or 0)
    text, asked_for = told.getvalue(), completing.ASKED_FOR
    if asked_for["found"]:
        text = _of_values(shell, asked_for["found"], words[-1])
    elif not text.strip() or text.strip() == "_files":
        text = _of_files(shell, text) if asked_for["may be a file"] else _nothing(shell, asked_for["hint"], words[-1])
    sys.stdout.write(text)
    return code


def _of_values(shell: str, found: list[str], last: str) -> str:
    """Return values as a shell is told them: as whole words, to bash what stands behind its last break of the word."""
    option = _OPTION.match(last)
    whole = [f"{option[0]}{one}" if option else one for one in found]
    if shell == "zsh":
        on = [shlex.quote(one) for one in whole if one.endswith(tuple(_GOES_ON))]
        ended = [shlex.quote(one) for one in whole if not one.endswith(tuple(_GOES_ON))]
        adds = [f"compadd {how}-- {' '.join(ones)}" for how, ones in (("-S '' ", on), ("", ended)) if ones]
        return "\n".join([*adds, ""])
    if shell == "bash":
        breaks = {"=", ":"}.intersection(os.environ.get("COMP_WORDBREAKS", ""))
        kept = max(map(last.rfind, breaks), default=-1) + 1
        whole = [one[kept:] for one in whole]
        if len(whole) == 1 and whole[0].endswith(tuple(_GOES_ON)):
            whole.append(f"{whole[0]}…")  # of two words bash inserts what both begin with, and no blank
    return "\n".join([*whole, ""])


def _of_files(shell: str, text: str) -> str:
    return "compset -P '*='; _files\n" if shell == "zsh" else "" if shell == "fish" else text


def _nothing(shell: str, hint: str, last: str) -> str:
    """Return what keeps a shell from completing names of files, and shows what is meant instead."""
    told = textwrap.shorten(hint, _LONGEST_HINT, placeholder="…") or "nothing is known that begins so"
    words = f"({told})"
    if shell == "zsh":
        return f"_message -r {shlex.quote(words)}\n"
    if shell == "fish":  # told nothing it looks for files; of two words it inserts what both begin with
        return f"{last}\t{told}\n{last}…\n"
    return f" \n{words}\n" if shell == "bash" else ""  # of two words that begin differently bash inserts neither


def teach(words: list[str]) -> int | None:
    """Print, or install, the completion of a shell that is named; Typer itself knows that in which it runs.

    Returns the exit code; None where no shell is named.
    """
    if words[:1] in (["--show-completion"], ["--install-completion"]):
        from typer import _completion_shared as typers  # noqa: PLC0415 # it takes no script otherwise

        typers._completion_scripts.update(SCRIPTS)  # noqa: SLF001 # same
    match words:
        case ["--show-completion", shell]:
            from typer.completion import (  # type: ignore[attr-defined] # theirs, not exported # noqa: PLC0415
                get_completion_script,
            )

            if shell in SHELLS:
                script = get_completion_script(prog_name=PROGRAM, complete_var=_ASKED_BY, shell=shell)
                sys.stdout.write(f"{script}\n")
                return Exit.COMPLETE
        case ["--install-completion", shell]:
            from typer.completion import install  # type: ignore[attr-defined] # same # noqa: PLC0415

            if shell in SHELLS:
                _, path = install(shell=shell, prog_name=PROGRAM)
                say(f"{path}: completion for {shell}, from its next start on.")
                return Exit.COMPLETE
        case _:
            return None
    warn(f"Error: there is no completion for {shell!r}. Shells: {', '.join(SHELLS)}.")
    return Exit.USAGE
