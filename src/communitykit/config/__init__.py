"""`communitykit.toml`: what is read, into which store, and what is made of it, in one file without secrets."""

from communitykit.config.declaring import declared, installed
from communitykit.config.loading import CONFIG_FILE, configure, load
from communitykit.config.named import Cut, NamedSource
from communitykit.config.opening import ROSTER, opened, people_options, roster, run_options, source
from communitykit.config.refreshing import refresh
from communitykit.config.secret import Secret
from communitykit.config.sections import (
    AnalysisSection,
    BriefSection,
    Config,
    PeopleSection,
    PrivacySection,
    ReportSection,
    SourceSection,
    StoreSection,
)
from communitykit.config.unopened import UnopenedSource

__all__ = [
    "CONFIG_FILE",
    "ROSTER",
    "AnalysisSection",
    "BriefSection",
    "Config",
    "Cut",
    "NamedSource",
    "PeopleSection",
    "PrivacySection",
    "ReportSection",
    "Secret",
    "SourceSection",
    "StoreSection",
    "UnopenedSource",
    "configure",
    "declared",
    "installed",
    "load",
    "opened",
    "people_options",
    "refresh",
    "roster",
    "run_options",
    "source",
]
