"""`communitykit brief`: what to do this week."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from communitykit.cli import completing
from communitykit.cli.app import Json, app, errors
from communitykit.cli.configured import FromConfig, StoreArgument, configured, store_of
from communitykit.cli.output import console, print_json, say
from communitykit.cli.shared import Answering
from communitykit.errors import SettingsError


@app.command(cls=Answering)
def brief(  # the options of the command
    store: StoreArgument = None,
    *,
    config: FromConfig = None,
    community: Annotated[
        list[str] | None, typer.Option("--community", metavar="GLOB", help="Only communities whose name or id matches.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="en or fr. Default: en.", autocompletion=completing.LANGUAGES)
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="RULE", help="Switch a rule off.", autocompletion=completing.rules),
    ] = None,
    file_format: Annotated[
        str,
        typer.Option(
            "--format",
            help="text, markdown or html (the body of a mail).",
            autocompletion=completing.words("text", "markdown", "html"),
        ),
    ] = "text",
    as_json: Json = False,
) -> None:
    """Say what to do this week, in at most ten lines. Each has its why, its link, and how to switch it off."""
    from communitykit import report  # noqa: PLC0415 # duckdb and babel are imported only when used

    forms = {"text": report.as_text, "markdown": report.as_markdown, "html": report.as_html}
    with errors():
        if file_format not in forms:
            raise SettingsError(f"cannot write {file_format!r}", remedy=f"Take {', '.join(forms)}.")
        file = configured(config)
        told = file.brief if file else None
        made = report.brief(
            store_of(store, file),
            communities=community or (told.communities if told else ()),
            language=language or (told.language if told else "en"),
            without=without or (told.without if told else ()),
        )
        if as_json:
            print_json(report.as_data(made))
        else:
            text = forms[file_format](made)
            if file_format == "text" and console.is_terminal:
                say(text.rstrip("\n"))
            else:
                sys.stdout.write(text)
