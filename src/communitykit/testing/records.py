"""What a connector's records are like: pure translation, stable ids, references that resolve, nothing secret."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from communitykit.connector.declaration import Connector
from communitykit.connector.scrub import parts_of
from communitykit.doors.api import Session
from communitykit.model import parse_id, references
from communitykit.pulling import pull
from communitykit.reading.slices import Failed
from communitykit.sandbox import Platform, World, parse_fault, serve
from communitykit.testing.base import Checks, conduct, hold_none
from communitykit.testing.claims import claims_too_little
from communitykit.testing.reading import Run, read


class RecordChecks(Checks):
    """Translation, ids, references, claims and secrets."""

    def test_ids_are_unique_and_stable(self, declared: Connector, platform: Platform, whole: Run) -> None:
        """One id is one thing, and it is the same in another run with other pages."""
        kinds: dict[str, set[str]] = {}
        for record in whole.records:
            kinds.setdefault(record.id, set()).add(record.record)
            parts = parse_id(record.id)
            assert parts.platform == declared.name
            assert parts.kind == record.record
        assert {key: found for key, found in kinds.items() if len(found) > 1} == {}
        again = read(
            declared, self.make_world(), options=platform.tight, include_private=True, include_direct=True
        ).records
        assert {record.id for record in again} == set(kinds)

    def test_references_resolve(self, platform: Platform, world: World, whole: Run) -> None:
        """What a record of this platform names was told, or is there untold (deleted); every root is a root.

        A member of whom there is only a stub was not told: one that the company does not have dangles.
        """
        told = {one.id for one in whole.records if one.model_fields_set - {"record", "id", "source"}}
        there = {platform.member_id(world, one, told=way) for one in world.people for way in (True, False)}
        for place in world.on(platform.name):
            there |= {platform.post_id(world, message) for message in world.messages(place)}
        for record in whole.records:
            for name, _, value in references(record):
                assert value in told or value in there, f"{record.id}: {name} leads nowhere: {value}"
        posts = {one.id: one for one in whole.records if one.record == "post"}
        roots = {one.root_id for one in posts.values() if one.root_id is not None}
        assert {root for root in roots if root in posts and posts[root].root_id is not None} == set()

    def test_no_more_is_told_than_is_claimed(self, declared: Connector, whole: Run) -> None:
        """The capabilities name everything that the connector yields: what they leave out is absent, not hidden."""
        hold_none(claims_too_little(declared.capabilities, whole.records))
        sweeps = [sweep.swept for page in whole.pages for sweep in page.sweeps]
        swept = {one.record for one in sweeps if "id" not in one.within}  # of one record alone no list is needed
        needed = {
            name
            for record, name in {"member": "directory", "community": "closed_communities"}.items()
            if record in swept
        }
        assert needed <= declared.capabilities.features

    def test_reading_changes_nothing_on_the_platform(self, platform: Platform, whole: Run) -> None:
        """A read sends GET, or what the simulated platform names in `read_by_post`: all else could change things."""
        assert whole.site is not None
        sent = {(one.method, one.name) for one in whole.site.requests if one.method not in {"GET", "HEAD"}}
        writing = {
            f"{method} {name}"
            for method, name in sent
            if not any(fnmatchcase(name, one) for one in platform.read_by_post)
        }
        hold_none(sorted(writing), f"where these only read, {type(platform).__name__}.read_by_post names them")

    def test_the_credential_goes_to_the_connectors_own_hosts_only(
        self, declared: Connector, platform: Platform, world: World
    ) -> None:
        """An answer that points elsewhere is not followed, with or without the credential."""
        run = read(declared, world, faults=[parse_fault("foreign-link")], options=platform.tight)
        assert run.site is not None
        own = run.site.url.split("/")[2]
        assert {host for host, _ in run.hosts} == {own}

    def test_no_secret_is_kept_or_shown(
        self,
        declared: Connector,
        platform: Platform,
        world: World,
        tmp_path: Path,
    ) -> None:
        """The token is in no log line, repr, record or store, even when payloads are kept as they came."""
        with _every_line() as lines, serve(world, platform) as server:
            secrets = _secrets(declared, server.settings)
            conductor = conduct(declared, server.settings)
            with Session(declared, conductor) as session:
                result = pull(session, tmp_path / "a.duckdb", keep_raw=True)
                shown = [repr(session), repr(conductor.settings), repr(result), "".join(lines)]
        kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert kept
        assert _shown(secrets, "".join(shown)) == set()
        assert _shown(secrets, kept.decode("latin-1")) == set()

    @pytest.mark.parametrize(
        "fault", ["revoked=3", "html:share=1,times=99", "error-body:share=1,times=99", "reset", "unreadable"]
    )
    def test_no_secret_is_told_by_an_error(self, declared: Connector, world: World, fault: str) -> None:
        """What went wrong is told without the token, and without its beginning or end."""
        with _every_line() as lines:
            run = read(declared, world, faults=[parse_fault(fault)], keep_raw=True)
        assert run.site is not None
        errors = [event.error for event in run.events if isinstance(event, Failed)]
        text = "".join(lines) + repr(run.events) + "".join(f"{one} {one!r} {one.__cause__!r}" for one in errors)
        assert _shown(_secrets(declared, run.site.settings), text) == set()


@contextmanager
def _every_line() -> Iterator[list[str]]:
    """Collect every line that is logged, down to DEBUG, of every library.

    They are looked at and not shown: handlers that were there keep to warnings, so a failing
    check tells of itself alone.
    """
    lines: list[str] = []
    root, collecting = logging.getLogger(), _Collecting(lines)
    before, levels = root.level, {handler: handler.level for handler in root.handlers}
    for handler, level in levels.items():
        handler.setLevel(max(level, logging.WARNING))
    root.addHandler(collecting)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(collecting)
        root.setLevel(before)
        for handler, level in levels.items():
            handler.setLevel(level)


class _Collecting(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


def _shown(secrets: Mapping[str, str], text: str) -> set[str]:
    """Name the secrets that stand in a text, or whose beginning or end does.

    Their names only, since a failing test shows what it compares.
    """
    parts = {name: (secret, *filter(None, parts_of(secret))) for name, secret in secrets.items()}
    return {name for name, several in parts.items() if any(part in text for part in several)}


def _secrets(declared: Connector, settings: Mapping[str, object]) -> dict[str, str]:
    """Return the settings that the connector declares as secret, as they are."""
    loaded = conduct(declared, settings).settings
    return {
        name: value.get_secret_value()
        for name, value in loaded
        if hasattr(value, "get_secret_value") and value.get_secret_value()
    }
