"""Everything that the author of a connector writes against."""

from communitykit.connector.archive import Archive
from communitykit.connector.asking import Need, ask_each, check_grants, in_groups, load_checkpoint
from communitykit.connector.declaration import (
    ArchiveDoor,
    Capabilities,
    Connector,
    Delivery,
    Reader,
    WebhookDoor,
    WireKind,
)
from communitykit.connector.flow import (
    Batch,
    Budget,
    Checkpoint,
    Cost,
    Draft,
    Flow,
    Gap,
    Ignored,
    Privacy,
    Rejected,
    Request,
    Response,
    Selection,
    Slice,
    Swept,
    ask,
    ask_all,
)
from communitykit.connector.hookspec import hookimpl
from communitykit.connector.oauth import AuthFlow, Credential, bearer
from communitykit.connector.paging import Listing, Pages, cursor_pager, link_pager
from communitykit.connector.parts import in_part
from communitykit.connector.payload import as_list, as_mapping, as_text, look, required_list, sound_and_odd
from communitykit.connector.settings import Address, Lookback, Settings, SettingsKeywords, lookback_length
from communitykit.model import make_event_id, make_id, parse_id
from communitykit.model.drafts import acted, membership, occurred, reacted, tombstone
from communitykit.model.values import JSON
from communitykit.printable import counted

__all__ = [
    "JSON",
    "Address",
    "Archive",
    "ArchiveDoor",
    "AuthFlow",
    "Batch",
    "Budget",
    "Capabilities",
    "Checkpoint",
    "Connector",
    "Cost",
    "Credential",
    "Delivery",
    "Draft",
    "Flow",
    "Gap",
    "Ignored",
    "Listing",
    "Lookback",
    "Need",
    "Pages",
    "Privacy",
    "Reader",
    "Rejected",
    "Request",
    "Response",
    "Selection",
    "Settings",
    "SettingsKeywords",
    "Slice",
    "Swept",
    "WebhookDoor",
    "WireKind",
    "acted",
    "as_list",
    "as_mapping",
    "as_text",
    "ask",
    "ask_all",
    "ask_each",
    "bearer",
    "check_grants",
    "counted",
    "cursor_pager",
    "hookimpl",
    "in_groups",
    "in_part",
    "link_pager",
    "load_checkpoint",
    "look",
    "lookback_length",
    "make_event_id",
    "make_id",
    "membership",
    "occurred",
    "parse_id",
    "reacted",
    "required_list",
    "sound_and_odd",
    "tombstone",
]
