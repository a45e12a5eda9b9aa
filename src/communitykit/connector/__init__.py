"""Everything that the author of a connector writes against."""

from communitykit.clock import Clock
from communitykit.connector.archive import Archive
from communitykit.connector.declaration import (
    FEATURES,
    ArchiveDoor,
    Capabilities,
    Connector,
    Context,
    Delivery,
    Translator,
    WebhookDoor,
    WireKind,
)
from communitykit.connector.flow import (
    JSON,
    Batch,
    Budget,
    Checkpoint,
    Cost,
    Draft,
    Flow,
    Gap,
    Ignored,
    Rejected,
    Request,
    Response,
    Selection,
    Slice,
    Swept,
)
from communitykit.connector.hookspec import hookimpl
from communitykit.connector.json_stream import JSONItem, json_items
from communitykit.connector.oauth import (
    AuthFlow,
    Authorize,
    Credential,
    bearer,
    client_credentials,
    refresh_token,
    token_answer,
    token_from,
)
from communitykit.connector.odata import odata_batch, odata_batch_answers, odata_error, odata_pager, odata_rows
from communitykit.connector.paging import Listing, Pages, cursor_pager, link_pager
from communitykit.connector.parts import in_part
from communitykit.connector.settings import Lookback, Settings, lookback_length
from communitykit.connector.signatures import verify_age, verify_hmac
from communitykit.connector.usage import is_concealed, report_rows
from communitykit.model import make_event_id, make_id, parse_id

__all__ = [
    "FEATURES",
    "JSON",
    "Archive",
    "ArchiveDoor",
    "AuthFlow",
    "Authorize",
    "Batch",
    "Budget",
    "Capabilities",
    "Checkpoint",
    "Clock",
    "Connector",
    "Context",
    "Cost",
    "Credential",
    "Delivery",
    "Draft",
    "Flow",
    "Gap",
    "Ignored",
    "JSONItem",
    "Listing",
    "Lookback",
    "Pages",
    "Rejected",
    "Request",
    "Response",
    "Selection",
    "Settings",
    "Slice",
    "Swept",
    "Translator",
    "WebhookDoor",
    "WireKind",
    "bearer",
    "client_credentials",
    "cursor_pager",
    "hookimpl",
    "in_part",
    "is_concealed",
    "json_items",
    "link_pager",
    "lookback_length",
    "make_event_id",
    "make_id",
    "odata_batch",
    "odata_batch_answers",
    "odata_error",
    "odata_pager",
    "odata_rows",
    "parse_id",
    "refresh_token",
    "report_rows",
    "token_answer",
    "token_from",
    "verify_age",
    "verify_hmac",
]
