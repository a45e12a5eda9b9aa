"""What the installed command and `python -m communitykit` begin with: Ctrl-C, SIGTERM and SIGHUP are its own from here.

Nothing is imported before that but what is built into Python, since a signal that falls into an import of ours would
end in Python's own traceback. `communitykit.cli.interrupts` takes over as soon as it is there.
"""

import _signal as signal  # type: ignore[import-not-found] # what `signal` is made of: that one reads files first
import os


def _leave(number: int, _: object) -> None:
    try:
        os.write(2, b"Stopped.\n")
    finally:  # nobody may be there to read it
        os._exit(128 + number)


if os.name == "posix":  # elsewhere Ctrl-C alone exists, and raises
    for _number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(_number) is not signal.SIG_IGN:
            signal.signal(_number, _leave)


def main() -> None:
    """Run `communitykit …`; the process exits with the command's code."""
    from communitykit.cli import main as run  # noqa: PLC0415 # as said above

    run()


if __name__ == "__main__":
    main()
