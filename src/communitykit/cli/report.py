"""`communitykit report`: figures, and what stands out, as a page that fetches nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from communitykit.cli import completing
from communitykit.cli.app import Json, Overwrite, Zone, app, errors
from communitykit.cli.configured import FromConfig, StoreArgument, configured, store_of
from communitykit.cli.output import print_json, replacing, say, say_replaced
from communitykit.errors import SettingsError


@app.command()
def report(  # noqa: PLR0913 # the options of the command
    store: StoreArgument = None,
    *,
    config: FromConfig = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="The folder to write into. Default: report.")
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option("--language", help="en or fr; may be repeated. Default: en.", autocompletion=completing.LANGUAGES),
    ] = None,
    per: Annotated[
        list[str] | None,
        typer.Option(
            "--per",
            metavar="GROUP",
            help="department, country or community: one more page for each.",
            autocompletion=completing.PER,
        ),
    ] = None,
    k: Annotated[int | None, typer.Option("--k", help="No figure rests on fewer people. Default: 5.")] = None,
    zone: Zone = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DAY", help="The first day. Default: the last whole months, twelve."),
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="The day after the last.")] = None,
    overwrite: Overwrite = False,
    data: Annotated[bool, typer.Option("--data", help="Print every figure as JSON, and write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Write a report: one self-contained page a language. Its figures are written as JSON beside it."""
    from communitykit import report as made_by  # noqa: PLC0415 # charts and figures are imported only when used

    with errors():
        first, end = _day(since), _day(until)
        file = configured(config)
        told = file.report if file else None
        store = store_of(store, file)
        zone = zone or (file.zone if file else "UTC")
        k = k if k is not None else told.k if told else 5
        if data:
            print_json(made_by.report_data(store, k=k, zone=zone, since=first, until=end))
            return
        folder = to or (told.to if told else Path("report"))
        with replacing(*(folder.iterdir() if folder.is_dir() else ())) as replaced:
            made = made_by.make_report(
                store,
                folder,
                languages=language or (told.languages if told else ["en"]),
                per=per or (told.per if told else ()),
                k=k,
                zone=zone,
                since=first,
                until=end,
                overwrite=overwrite,
            )
        replaced = [one for one in replaced if Path(one) in {*made.pages.values(), made.data, *made.groups}]
        if as_json:
            whole = {"pages": dict(made.pages), "data": made.data, "answer": dict(made.findings)}
            print_json({**whole, "groups": made.groups, "replaced": replaced})
            return
        for spoken, page in made.pages.items():
            for sentence in made.findings[spoken]:
                say(f"- {sentence}")
            say(f"{page}")
        for page in made.groups:
            say(f"{page}")
        say(f"{made.data}")
        say_replaced(replaced)


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{text!r} is no day", remedy="Write it as 2026-05-31.") from None
