"""`communitykit run`: everything that a configuration says, in one go, for a nightly job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from communitykit.cli import interrupts, reading
from communitykit.cli.app import Json, app, errors
from communitykit.cli.interrupts import stopping
from communitykit.cli.output import Exit, code_of, console, error_data, print_json, print_table, say, warn
from communitykit.errors import CommunityKitError, SettingsError, StoreError

if TYPE_CHECKING:
    from communitykit.config import AnalysisSection, BriefSection, Config, ReportSection, UnopenedSource
    from communitykit.doors.options import RecordsKeywords
    from communitykit.model.values import JSON
    from communitykit.result import PullResult

ConfigFile = Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration.")]
DEFAULT = Path("communitykit.toml")
ASKED_BY = {
    "include_private": "include_private = true",
    "include_direct": "include_direct = true",
    "force": "--force",
    "`max_time`": "--max-time",
}
"""How options of Python, which Coverage names, are written in a configuration."""


@app.command()
def run(
    *,
    config: ConfigFile = DEFAULT,
    max_time: Annotated[
        str | None, typer.Option("--max-time", metavar="2h", help="Stop reading after that (30min, 2h).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Read again what a polling rule would skip.")] = False,
    as_json: Json = False,
) -> None:
    """Do all that a configuration says. Read its sources, find the persons, make analysis tables, report and brief."""
    from communitykit.config import load  # noqa: PLC0415 # imported only when used
    from communitykit.connector.times import parse_length  # noqa: PLC0415 # same

    with errors():
        limit = parse_length(max_time).total_seconds() if max_time else None
        done = _Run(load(config), silent=as_json or console.quiet)
        done.read(limit, force=force)
        done.make()
        if as_json:
            print_json(done.document())
    raise typer.Exit(done.code())


class _Run:
    """One run of a configuration: what each step told, and what went wrong."""

    def __init__(self, config: Config, *, silent: bool) -> None:
        self.config = config
        self.store = config.store.path
        self.told: dict[str, JSON] = {"config": str(config.path), "store": None}
        self._silent = silent
        self._interrupted = False
        self._store_failed = False
        self._codes: list[Exit] = []
        self._errors: list[dict[str, JSON]] = []
        self.told["errors"] = self._errors

    def document(self) -> dict[str, JSON]:
        """Return what each step told, below whether it was stopped and all that went wrong."""
        return {
            "interrupted": self._interrupted,
            **self.told,
            "store": str(self.store) if self.store.exists() else None,
        }

    def code(self) -> Exit:
        """Return the exit code: failed, stopped, store taken, something left out that was asked for, or complete."""
        failed = self._store_failed or (Exit.FAILED in self._codes and interrupts.code() is None)
        if self._interrupted and not failed:
            return Exit.INTERRUPTED
        return next((one for one in (Exit.FAILED, Exit.BUSY, Exit.PARTIAL) if one in self._codes), Exit.COMPLETE)

    def read(self, max_time: float | None, *, force: bool) -> None:
        """Read every source side by side; one that fails, or cannot be opened, ends itself alone.

        Raises CommunityKitError where nothing can be kept at all: the store is busy. Where another run reads one of
        the sources into it all of it is refused, before anything is sent: half a night is not what was asked for.
        """
        from communitykit.config import opened, run_options  # noqa: PLC0415 # imported only when used
        from communitykit.sinks.permissions import make_folder  # noqa: PLC0415 # same

        make_folder(self.store.parent)
        unopened: list[UnopenedSource] = []
        asked: RecordsKeywords = {**run_options(self.config), "force": force}
        with opened(self.config, unopened=unopened) as sources:
            result, archives, windows = reading.read_named(
                sources, unopened, self.store, silent=self._silent, max_time=max_time, **asked
            )
        told = {"sources": list(result.by_source), "windows": windows, "archives": archives}
        self.told["pull"] = {**reading.as_data(result, self.store), **told}
        self._errors += map(error_data, result.errors)  # the summary says them
        self._interrupted = result.interrupted
        self._store_failed = any(isinstance(error, StoreError) for error in result.errors)
        self._codes.append(reading.code(result))
        self._summary(result)

    def _summary(self, result: PullResult) -> None:
        if self._silent:
            reading.warn_of_missing(result, asked_by=ASKED_BY)
        else:
            reading.print_summary(result, self.store, asked_by=ASKED_BY)

    def make(self) -> None:
        """Make what is configured of the store, one step after the other; a step that fails ends itself alone."""
        config = self.config
        if self._store_failed or not self.store.exists():  # nothing could be read, or kept, which was said
            return
        if config.privacy.keep is not None:
            self._step("erased", partial(self._erase, config.privacy.keep))
        self._step("people", self._people)
        if config.analysis is not None:
            self._step("analysis", partial(self._analysis, config.analysis))
        if config.report is not None:
            self._step("report", partial(self._report, config.report))
        if config.brief is not None:
            self._step("brief", partial(self._brief, config.brief))
        if not self._interrupted:
            self._say_unmade()

    def _say_unmade(self) -> None:
        """Say what the configuration has no section for, and so is not made."""
        config = self.config
        sections = {"analysis": config.analysis, "report": config.report, "brief": config.brief}
        left = [name for name, section in sections.items() if section is None]
        if left:
            what = _told(["analysis tables" if one == "analysis" else one for one in left], last="or")
            add = _told([f"[{one}]" for one in left], last="and")
            self._say(f"No {what}: add {add} to {config.path.name}.")

    def _step(self, name: str, make: Callable[[], JSON]) -> None:
        if self._interrupted:
            return
        try:
            with stopping() as stop:
                self.told[name] = make()
                self._interrupted = stop.is_set()
        except CommunityKitError as error:
            self._wrong(f"{name}: {error}", code_of(error), error)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("communitykit"):
                raise
            extra = name if name in {"analysis", "report"} else "report"
            self._wrong(f"{name} is left out. It needs: pip install 'communitykit[{extra}]'", Exit.PARTIAL, error)

    def _wrong(self, sentence: str, code: Exit, error: Exception) -> None:
        self._errors.append({**error_data(error), "message": sentence})
        self._codes.append(code)
        warn(f"Error: {sentence}")

    def _erase(self, keep: str) -> dict[str, JSON]:
        from communitykit.connector.times import parse_length  # noqa: PLC0415 # imported only when used
        from communitykit.privacy.cutoff import cutoff  # noqa: PLC0415 # duckdb is imported only when used
        from communitykit.privacy.erasing import prune  # noqa: PLC0415 # same

        now = datetime.now(UTC)
        taken = cutoff(self.store, before=now - parse_length(keep))
        self._say(taken.in_words)
        if remark := taken.remark(now):
            warn(f"Look at this: {remark}")
        erased = prune(self.store, before=taken.before, now=now)
        return {**asdict(erased), "cutoff": {**asdict(taken), "remark": remark}}

    def _people(self) -> dict[str, JSON]:
        from communitykit.cli.people import print_resolution, warn_of_remarks  # noqa: PLC0415 # same
        from communitykit.config import people_options  # noqa: PLC0415 # same
        from communitykit.people import resolve  # noqa: PLC0415 # same
        from communitykit.people.asking import require_networks  # noqa: PLC0415 # same

        options = people_options(self.config)
        require_networks(self.store, options.handles if options else ())
        found = resolve(self.store, options)
        if not self._silent:
            print_resolution(found)
        warn_of_remarks(found)
        return found.as_data()

    def _analysis(self, told: AnalysisSection) -> dict[str, JSON]:
        from communitykit.analysis import analyse, load_key  # noqa: PLC0415 # same
        from communitykit.sinks.permissions import make_folder  # noqa: PLC0415 # same

        make_folder(told.to.parent)
        key = load_key(**told.key.places(self.config.folder)) if told.key else None
        made = analyse(self.store, told.to, key=key, zone=told.zone, min_group=told.min_group)
        if not self._silent:
            print_table(str(told.to), ("table", "rows"), made.rows.items())
            for sentence in made.missing:
                say(sentence)
        return {"to": str(told.to), "rows": made.rows, "about": made.about, "not_in_it": list(made.missing)}

    def _report(self, told: ReportSection) -> dict[str, JSON]:
        from communitykit.report import make_report  # noqa: PLC0415 # same

        made = make_report(self.store, told.to, languages=told.languages, per=told.per, k=told.k, zone=self.config.zone)
        for language, page in made.pages.items():
            for sentence in made.findings[language]:
                self._say(f"- {sentence}")
            self._say(str(page))
        return {"pages": dict(made.pages), "data": made.data, "answer": dict(made.findings), "groups": made.groups}

    def _brief(self, told: BriefSection) -> dict[str, JSON]:
        from communitykit import report  # noqa: PLC0415 # same
        from communitykit.sinks.permissions import make_folder  # noqa: PLC0415 # same
        from communitykit.sinks.targets import write_text  # noqa: PLC0415 # same

        forms = {".txt": report.as_text, ".md": report.as_markdown, ".html": report.as_html}
        made = report.brief(self.store, communities=told.communities, language=told.language, without=told.without)
        try:
            make_folder(told.to.parent)
            write_text(told.to, forms[told.to.suffix](made), "brief", inputs=[self.store])
        except OSError as error:
            raise SettingsError(f"cannot be written: {error.strerror}", subject=str(told.to)) from None
        self._say(str(told.to))
        return {"to": str(told.to), **report.as_data(made)}

    def _say(self, sentence: str) -> None:
        if not self._silent:
            say(sentence)


def _told(words: list[str], *, last: str) -> str:
    """Return words as a sentence tells them."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))
