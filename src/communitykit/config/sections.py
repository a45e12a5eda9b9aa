"""The parts of a configuration, as they stand in its file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from communitykit.config.secret import Secret
from communitykit.connector.times import Moment, parse_length, read_moment
from communitykit.errors import SettingsError
from communitykit.model.values import Value


def _moment(value: Value) -> Value:
    try:
        read_moment(value)
    except (SettingsError, TypeError) as error:
        raise ValueError(str(error)) from None
    return value


def _length(value: str) -> str:
    try:
        parse_length(value)
    except SettingsError as error:
        raise ValueError(str(error)) from None
    return value


def _globs(value: object) -> Value:
    return [value] if isinstance(value, str) else value


def _is_form(value: Path) -> Path:
    if value.suffix not in {".txt", ".md", ".html"}:
        raise ValueError("is to end in .txt, .md or .html")
    return value


def _is_language(value: str) -> str:
    if value not in {"en", "fr"}:
        raise ValueError("is to be 'en' or 'fr'")
    return value


When = Annotated[Value, BeforeValidator(_moment)]
"""A moment, as `since` takes it: `90d`, a date, a date and time."""
Globs = Annotated[tuple[str, ...], BeforeValidator(_globs)]
Group = Literal["department", "country", "community"]
Language = Annotated[str, AfterValidator(_is_language)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class StoreSection(_Section):
    """`[store]`: the file that everything is read into."""

    path: Path = Path("activity.duckdb")
    keep_raw: bool = False
    """Keep each scrubbed payload beside its record."""


class SourceSection(_Section):
    """One of `[[sources]]`: a platform or an archive, and what is asked of it.

    Every other name is a setting of the connector, or an option of its archives.
    """

    connector: str
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    """What it is called, here and in `COMMUNITYKIT_<NAME>_<SETTING>`. Default: as its connector."""
    archive: Path | None = None
    """An export to read, in place of the platform."""
    communities: Globs = ()
    since: When | None = None
    until: When | None = None
    include_private: bool = False
    include_direct: bool = False
    settings: dict[str, Value] = Field(default_factory=dict, repr=False)
    """The settings, secrets as `Secret`."""

    @property
    def prefix(self) -> str:
        """How the names of its environment variables begin."""
        return f"COMMUNITYKIT_{self.name.upper().replace('-', '_')}_"

    @property
    def window(self) -> tuple[Moment | None, Moment | None]:
        """Since and until, as they were written."""
        return self.since, self.until


class PrivacySection(_Section):
    """`[privacy]`: what of texts and people is let in, and how long it is kept."""

    content: Literal["full", "features", "none"] = "full"
    opt_out: Path | None = None
    opt_out_key: Secret | None = None
    keep: Annotated[str, AfterValidator(_length)] | None = None
    """How long: what is older is erased after each run, and not read again."""


class LeadersTable(_Section):
    """`leaders` of `[people]`: who leads, by these rules."""

    listed: tuple[str, ...] = ()
    titles: str | None = None
    depth: int | None = None


class PeopleSection(_Section):
    """`[people]`: the roster, and what is declared about the accounts. See `communitykit.people.Options`."""

    roster: Path | None = None
    roster_options: dict[str, Value] = Field(default_factory=dict)
    """Options of the roster's archive: `{ whole = true }`."""
    domains: dict[str, str] = Field(default_factory=dict)
    handles: dict[str, str] = Field(default_factory=dict)
    shared: tuple[str, ...] = ()
    leaders: LeadersTable = LeadersTable()


class AnalysisSection(_Section):
    """`[analysis]`: the tables without text, names or native ids."""

    to: Path
    key: Secret | None = None
    zone: str = "UTC"
    min_group: int = Field(default=5, ge=1)


class ReportSection(_Section):
    """`[report]`: the pages."""

    to: Path
    languages: tuple[Language, ...] = ("en",)
    per: Annotated[tuple[Group, ...], BeforeValidator(_globs)] = ()
    """One more page for each department, country or community."""
    k: int = Field(default=5, ge=1)
    zone: str | None = None
    """Default: that of `[analysis]`."""


class BriefSection(_Section):
    """`[brief]`: what to do this week, into a file: `.txt`, `.md` or `.html`."""

    to: Annotated[Path, AfterValidator(_is_form)]
    language: Language = "en"
    communities: Globs = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration: `path` is its file, to whose folder relative paths belong; they are made whole already."""

    path: Path
    store: StoreSection = field(default_factory=StoreSection)
    sources: tuple[SourceSection, ...] = ()
    people: PeopleSection | None = None
    privacy: PrivacySection = field(default_factory=PrivacySection)
    analysis: AnalysisSection | None = None
    report: ReportSection | None = None
    brief: BriefSection | None = None

    @property
    def folder(self) -> Path:
        """Where relative paths begin."""
        return self.path.parent

    @property
    def zone(self) -> str:
        """The reporter's zone."""
        told = self.report.zone if self.report else None
        return told or (self.analysis.zone if self.analysis else "UTC")
