"""Usage reports: a redirect to a CSV file that wants no credential, with names or without."""

from __future__ import annotations

import csv
import hashlib
import io

from communitykit.connector import JSON
from communitykit.sandbox import Answer, Message, from_us
from communitykit_teams.sandbox import directory, naming
from communitykit_teams.sandbox.desk import Asked, Refused, TeamsDesk

_COLUMNS = (
    "Report Refresh Date", "Tenant Display Name", "Shared Channel Tenant Display Names", "User Id",
    "User Principal Name", "Last Activity Date", "Is Deleted", "Deleted Date", "Assigned Products",
    "Team Chat Message Count", "Private Chat Message Count", "Call Count", "Meeting Count", "Post Messages",
    "Reply Messages", "Urgent Messages", "Has Other Action", "Is Licensed", "Report Period",
)  # fmt: skip
"""As of 2024: columns were put into the middle since 2021."""


def report(desk: TeamsDesk, asked: Asked) -> JSON:
    """Redirect to the file."""
    if asked.parts["report"] != "getTeamsUserActivityUserDetail":
        raise Refused(400, "BadRequest", "No such report.")
    path = f"/v1.0/reports/download/{asked.parts['report']}/{asked.parts['period']}.csv"
    return Answer(302, b"", {"location": f"{desk.site.url}{path}?sig=signed"})


def download(desk: TeamsDesk, asked: Asked) -> JSON:
    """Return the file, with a byte order mark; whoever brings a credential along is refused, as a storage would."""
    if asked.call.bearer() is not None:
        raise Refused(400, "AuthenticationFailed", "Only one authentication mechanism is allowed.")
    counts: dict[int, list[int]] = {}
    for place in desk.places.values():
        for message in desk.world.messages(place):
            counts.setdefault(message.author, [0, 0])[_is_reply(message)] += 1
    today = from_us(desk.world.now_us).date().isoformat()
    file = io.StringIO()
    rows = csv.DictWriter(file, _COLUMNS, restval="")
    rows.writeheader()
    for person in desk.world.people:
        if not directory.listed(person):
            continue
        posts, replies = counts.get(person.number, [0, 0])
        name = naming.principal_name(person)
        concealed = bool(desk.site.options.get("concealed"))
        rows.writerow(
            {
                "Report Refresh Date": today,
                "Tenant Display Name": "Aurora Instruments",
                "User Id": _hidden(name) if concealed else naming.user(desk.world, person),
                "User Principal Name": _hidden(name) if concealed else name,
                "Is Deleted": "False",
                "Team Chat Message Count": posts + replies,
                "Private Chat Message Count": 0,
                "Post Messages": posts,
                "Reply Messages": replies,
                "Has Other Action": "No",
                "Is Licensed": "Yes",
                "Report Period": asked.parts["period"].removeprefix("D"),
            }
        )
    body = ("\ufeff" + file.getvalue()).encode()
    return Answer(200, body, {"content-type": "application/octet-stream"})


def _is_reply(message: Message) -> bool:
    return message.root is not None


def _hidden(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32].upper()
