"""communitykit: one neutral record of who takes part in a company's communities, whatever the platform."""

TYPE_CHECKING = False  # nothing is imported here: the sooner the command begins, the sooner Ctrl-C is its own
if TYPE_CHECKING:
    from communitykit.connector.flow import Gap
    from communitykit.doors.api import Session, connect
    from communitykit.doors.api_async import AsyncSession, connect_async
    from communitykit.doors.archive import ArchiveSession, read_archive
    from communitykit.doors.options import ReadKeywords, ReadOptions, RecordsKeywords
    from communitykit.doors.records import RecordSource, from_records
    from communitykit.doors.slicing import Discovery, SlicePlan, unknown_members
    from communitykit.doors.source import Source
    from communitykit.doors.webhook import Received, receive
    from communitykit.errors import (
        ArchiveError,
        CommunityKitError,
        CredentialError,
        CursorError,
        ForeignHostError,
        NoConnectionError,
        ObjectUnavailableError,
        PermissionMissingError,
        ProtocolError,
        RateLimitedError,
        RetryableError,
        SettingsError,
        SignatureError,
        StoreBusyError,
        StoreError,
        StoreVersionError,
        TransientError,
        UnknownConnectorError,
    )
    from communitykit.model import (
        Attachment,
        Community,
        Counts,
        Coverage,
        EngagementEvent,
        Features,
        Issue,
        Measure,
        Member,
        Membership,
        Mention,
        Poll,
        PollOption,
        Post,
        Provenance,
        Record,
        Vanished,
        make_id,
        parse_id,
    )
    from communitykit.pulling import pull
    from communitykit.reading.slices import Closed, Failed, Opened, Progress, Waiting
    from communitykit.reading.translation import Page
    from communitykit.result import PullResult

__all__ = [
    "ArchiveError",
    "ArchiveSession",
    "AsyncSession",
    "Attachment",
    "Closed",
    "Community",
    "CommunityKitError",
    "Counts",
    "Coverage",
    "CredentialError",
    "CursorError",
    "Discovery",
    "EngagementEvent",
    "Failed",
    "Features",
    "ForeignHostError",
    "Gap",
    "Issue",
    "Measure",
    "Member",
    "Membership",
    "Mention",
    "NoConnectionError",
    "ObjectUnavailableError",
    "Opened",
    "Page",
    "PermissionMissingError",
    "Poll",
    "PollOption",
    "Post",
    "Progress",
    "ProtocolError",
    "Provenance",
    "PullResult",
    "RateLimitedError",
    "ReadKeywords",
    "ReadOptions",
    "Received",
    "Record",
    "RecordSource",
    "RecordsKeywords",
    "RetryableError",
    "Session",
    "SettingsError",
    "SignatureError",
    "SlicePlan",
    "Source",
    "StoreBusyError",
    "StoreError",
    "StoreVersionError",
    "TransientError",
    "UnknownConnectorError",
    "Vanished",
    "Waiting",
    "connect",
    "connect_async",
    "from_records",
    "make_id",
    "parse_id",
    "pull",
    "read_archive",
    "receive",
    "unknown_members",
]

_HOMES = (
    "errors",
    "model",
    "connector.flow",
    "reading.slices",
    "reading.translation",
    "doors.options",
    "doors.source",
    "doors.slicing",
    "doors.api",
    "doors.api_async",
    "doors.archive",
    "doors.records",
    "doors.webhook",
    "result",
    "pulling",
)
"""Where the names are at home. They are imported when first asked for: what only names the library pays nothing, and
the command takes its signals over before anything else comes in."""


def __getattr__(name: str) -> object:
    from importlib import import_module  # noqa: PLC0415 # as above

    from communitykit.reading.garbage import fewer_collections  # noqa: PLC0415 # same

    if name == "__version__":
        return import_module("importlib.metadata").version(__name__)
    if name in __all__:
        with fewer_collections():  # imports make many objects that stay
            for home in _HOMES:
                room = import_module(f"{__name__}.{home}")
                if hasattr(room, name):
                    globals()[name] = value = getattr(room, name)
                    return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
