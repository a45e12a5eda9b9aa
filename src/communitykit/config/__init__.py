"""`communitykit.toml`: what is read, into which store, and what is made of it, in one file without secrets."""

from communitykit.config.loading import CONFIG_FILE, load
from communitykit.config.opening import NamedSource, opened, source
from communitykit.config.secret import Secret
from communitykit.config.sections import (
    AnalysisSection,
    BriefSection,
    Config,
    PeopleSection,
    ReportSection,
    SourceSection,
    StoreSection,
)

__all__ = [
    "CONFIG_FILE",
    "AnalysisSection",
    "BriefSection",
    "Config",
    "NamedSource",
    "PeopleSection",
    "ReportSection",
    "Secret",
    "SourceSection",
    "StoreSection",
    "load",
    "opened",
    "source",
]
