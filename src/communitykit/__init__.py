"""communitykit: one neutral record of who takes part in a company's communities, whatever the platform."""

import sys

# The command: what is imported below takes a while, and an interrupt that falls into it would be a traceback.
if (sys.argv[:1] == ["-m"] and {"communitykit", "communitykit.cli"} & set(sys.orig_argv)) or (
    sys.argv[:1] and sys.argv[0].replace("\\", "/").rpartition("/")[2] in {"communitykit", "communitykit.exe"}
):
    from communitykit.cli.interrupts import install

    install()

from communitykit.connector.flow import Gap
from communitykit.doors.api import Session, connect
from communitykit.doors.api_async import AsyncSession, connect_async
from communitykit.doors.archive import ArchiveSession, read_archive
from communitykit.doors.options import ReadOptions
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
from communitykit.pull import pull
from communitykit.result import PullResult

__all__ = [
    "ArchiveError",
    "ArchiveSession",
    "AsyncSession",
    "Attachment",
    "Community",
    "CommunityKitError",
    "Counts",
    "Coverage",
    "CredentialError",
    "CursorError",
    "Discovery",
    "EngagementEvent",
    "Features",
    "ForeignHostError",
    "Gap",
    "Issue",
    "Measure",
    "Member",
    "Membership",
    "Mention",
    "ObjectUnavailableError",
    "PermissionMissingError",
    "Poll",
    "PollOption",
    "Post",
    "ProtocolError",
    "Provenance",
    "PullResult",
    "RateLimitedError",
    "ReadOptions",
    "Received",
    "Record",
    "RecordSource",
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
