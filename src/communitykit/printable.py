"""Text of others, made fit for a terminal and a line of a log: what would steer either is shown instead. Pure."""

from __future__ import annotations

import re

# Control characters (C0, DEL, C1), separators of lines, marks that turn the direction of what follows, lone halves of
# characters, invisible annotations and tags. What joins emoji or shapes scripts stays.
_STEERS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


BETWEEN = " · "
"""What stands between several reasons in one text."""


def several(reason: str) -> list[str]:
    """Return the reasons that stand in one text."""
    return reason.split(BETWEEN)


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return the text with what steers a terminal escaped (`\x1b`, `\u202e`); with `lines` it may have several."""
    if lines:
        return "\n".join(printable(line) for line in text.split("\n"))
    return _STEERS.sub(_escaped, text) if _STEERS.search(text) else text


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number and what is counted, as `1 post` or `2,000 posts`; `many` where it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def printable_json(text: str) -> str:
    r"""Return JSON that says the same without what steers a terminal: its line ends stay, and strings have `\u009b`."""
    return "\n".join(_STEERS.sub(_escaped_json, line) for line in text.split("\n"))


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004


def _escaped_json(found: re.Match[str]) -> str:
    halves = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{halves[at]:02x}{halves[at + 1]:02x}" for at in range(0, len(halves), 2))
