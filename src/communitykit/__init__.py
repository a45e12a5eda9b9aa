"""communitykit: one neutral record of who takes part in a company's communities, whatever the platform."""

from communitykit.archive import Archive
from communitykit.auth import (
    Authorize,
    AuthFlow,
    Credential,
    bearer,
    client_credentials,
    refresh_token,
    token_answer,
)
from communitykit.clock import Clock
from communitykit.connector import (
    ArchiveDoor,
    Capabilities,
    Connector,
    Delivery,
    Settings,
    WebhookDoor,
    WireKind,
)
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
from communitykit.flow import (
    JSON,
    Batch,
    Budget,
    Checkpoint,
    Draft,
    Draw,
    Flow,
    Gap,
    Ignored,
    Pages,
    Rejected,
    Request,
    Response,
    Scope,
    Slice,
    Swept,
    cursor_pager,
    link_pager,
)
from communitykit.hookspecs import hookimpl
from communitykit.model import (
    Attachment,
    Community,
    Counts,
    Coverage,
    EngagementEvent,
    Issue,
    Measure,
    Member,
    Membership,
    Mention,
    Poll,
    PollOption,
    Post,
    Record,
    Source,
    make_event_id,
    make_id,
    parse_id,
)
from communitykit.signatures import verify_age, verify_hmac
