"""A brief as text for a terminal, as Markdown, and as the body of a mail in HTML."""

from __future__ import annotations

import re
from datetime import datetime
from html import escape
from typing import Final

from communitykit.model.values import Value
from communitykit.printable import printable
from communitykit.report.briefing import Brief, Line
from communitykit.report.words import Words

_MARKS: Final = re.compile(r"([\\`*_\[\]<>#|~])")
_FONT: Final = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif"


def as_data(brief: Brief) -> dict[str, Value]:
    """Return it as plain data, ready for JSON."""
    return {
        "store": brief.store,
        "language": brief.language,
        "until": brief.until,
        "communities": list(brief.communities),
        "lines": [
            {
                "rule": one.rule,
                "title": one.title,
                "text": one.text,
                "why": one.why,
                "link": one.link,
                "place_id": one.place_id,
                "post_id": one.post_id,
                "facts": dict(one.facts),
                "off": f"--without {one.rule}",
            }
            for one in brief.lines
        ],
        "notes": list(brief.notes),
    }


def as_text(brief: Brief) -> str:
    """Return it for a terminal."""
    words = Words(brief.language)
    lines = [*_head(words, brief), ""]
    for number, one in enumerate(brief.lines, 1):
        lines.append(f"{number:>2}. {printable(one.text)}")
        lines += [f"    {name} {printable(text)}" for name, text in _under(words, one)]
        lines.append("")
    if not brief.lines:
        lines += [words.say("brief.nothing"), ""]
    return "\n".join([*lines, *map(printable, brief.notes)]) + "\n"


def as_markdown(brief: Brief) -> str:
    """Return it as Markdown."""
    words = Words(brief.language)
    title, *rest = _head(words, brief)
    lines = [f"# {_marked(title)}", "", *map(_marked, rest), ""]
    for number, one in enumerate(brief.lines, 1):
        lines.append(f"{number}. **{_marked(one.text)}**")
        for name, text in _under(words, one):
            lines.append(f"   - {name} {f'<{text}>' if text == one.link else _marked(text)}")  # one of many
        lines.append("")
    if not brief.lines:
        lines += [_marked(words.say("brief.nothing")), ""]
    lines += [f"- {_marked(note)}" for note in brief.notes]
    return "\n".join(lines) + "\n"


def as_html(brief: Brief) -> str:
    """Return it as the body of a mail: no script, nothing fetched, styles where they stand."""
    words = Words(brief.language)
    title, *rest = _head(words, brief)
    items = "".join(
        f'<li style="margin:0 0 1.2em"><strong>{_linked(one)}</strong>'
        + "".join(
            f'<br><span style="color:#555">{escape(name)}</span> {_escaped(text)}'
            for name, text in _under(words, one)
            if text != one.link
        )
        + "</li>"
        for one in brief.lines
    )
    body = f'<ol style="padding-left:1.6em">{items}</ol>' if items else f"<p>{escape(words.say('brief.nothing'))}</p>"
    notes = "<br>".join(_escaped(note) for note in brief.notes)
    return (
        f'<!DOCTYPE html>\n<html lang="{brief.language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"></head>'
        f'<body style="{_FONT};line-height:1.45;max-width:42em;margin:1.5em auto;padding:0 1em">'
        f'<h1 style="font-size:1.4em">{escape(title)}</h1><p style="color:#555">{"<br>".join(map(escape, rest))}</p>'
        f'{body}<p style="color:#555;font-size:.9em">{notes}</p></body></html>\n'
    )


def _head(words: Words, brief: Brief) -> list[str]:
    head = [words.say("brief.title")]
    head.append(words.say("brief.until", store=brief.store, day=words.day(brief.until.date(), year=True)))
    if brief.communities:
        head.append(words.say("brief.only", globs=list(brief.communities)))
    return [printable(one) for one in head]


def _under(words: Words, line: Line) -> list[tuple[str, str]]:
    """Return what stands under a line: why, its link where there is one, and its rule."""
    colon = "\u00a0:" if words.language == "fr" else ":"
    told = [(words.say("brief.why"), line.why)]
    if line.link:
        told.append((words.say("brief.link"), line.link))
    elif line.post_id and isinstance(at := line.facts.get("posted_on"), datetime):
        where = words.say("brief.no_link", place=line.facts["place"], moment=words.moment(at))
        told.append((words.say("brief.link"), where))
    told.append((words.say("brief.rule"), f"{line.title} ({words.say('brief.off', rule=line.rule)})"))
    return [(f"{name}{colon}", text) for name, text in told]


def _linked(line: Line) -> str:
    if line.link and line.link.lower().startswith(("https://", "http://")):
        return f'<a href="{escape(line.link, quote=True)}" style="color:#0b57d0">{_escaped(line.text)}</a>'
    return _escaped(line.text)


def _escaped(text: str) -> str:
    return escape(printable(text))


def _marked(text: str) -> str:
    return _MARKS.sub(r"\\\1", printable(text))
