"""Microsoft Graph's part of it: communities, their Microsoft 365 groups, roles, usage reports."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import quote

from communitykit.connector import JSON
from communitykit.sandbox import DAY, Answer, Call, Person, make_cursor, read_cursor
from communitykit_yammer.sandbox import naming

if TYPE_CHECKING:
    from communitykit_yammer.sandbox.desk import YammerDesk

_PAGE = 20
_ROLES = (("network-admin", "Network Admin"), ("corporate-communicator", "Corporate Communicator"))
_CODES = {
    "revoked": (401, "InvalidAuthenticationToken"), "expired": (401, "InvalidAuthenticationToken"),
    "missing": (404, "notFound"), "cursor": (400, "badRequest"),
}  # fmt: skip
_USER_COLUMNS = (
    "Report Refresh Date", "User Principal Name", "Display Name", "User State", "State Change Date",
    "Last Activity Date", "Posted Count", "Read Count", "Liked Count", "Assigned Products", "Report Period",
)  # fmt: skip
_GROUP_COLUMNS = (
    "Report Refresh Date", "Group Display Name", "Is Deleted", "Owner Principal Name", "Last Activity Date",
    "Group Type", "Office 365 Connected", "Member Count", "Posted Count", "Read Count", "Liked Count", "Report Period",
)  # fmt: skip


class GraphDesk:
    """Answers what is asked under `/graph/v1.0/`."""

    def __init__(self, desk: YammerDesk) -> None:
        """Stand beside the REST API's desk."""
        self.desk = desk
        self.world = desk.world
        self.secret = f"{self.world.seed}/graph"

    def answer(self, call: Call) -> Answer:
        """Answer a call; a report's file is given to whoever has its address, and nobody else."""
        path = call.path.removeprefix("/graph/v1.0/")
        if call.path.startswith("/graph/download/"):
            return self._download(call)
        refusal = self.desk.refusal(call, "graph")
        if refusal is not None:
            return failure(refusal)
        return self._route(call, path)

    def _route(self, call: Call, path: str) -> Answer:
        if path == "employeeExperience/communities":
            return self._page(call, self._communities())
        if path == "employeeExperience/roles":
            return self._page(call, [{"id": native, "displayName": name} for native, name in _ROLES])
        if match := re.fullmatch(r"employeeExperience/roles/([\w-]+)/members", path):
            return self._page(call, self._role_members(match[1]))
        if match := re.fullmatch(r"groups/([\w-]+)/(members|owners)", path):
            return self._members(call, match[1], match[2])
        if match := re.fullmatch(r"users/([\w-]+)", path):
            return self._user(match[1])
        if match := re.fullmatch(r"reports/(getYammer\w+)\(period='(D\d+)'\)", path):
            return Answer(302, b"", {"location": f"{self.desk.site.url}/graph/download/{match[1]}/{match[2]}"})
        return failure("missing")

    def _communities(self) -> list[dict[str, JSON]]:
        return [
            {
                "id": node_id("Group", str(number)),
                "displayName": place.name,
                "description": place.purpose,
                "privacy": place.privacy,
                "groupId": naming.office_group(self.world, place),
            }
            for number, place in sorted(self.desk.places.items(), key=lambda one: one[1].name)
            if place.privacy != "direct"
        ]

    def _role_members(self, role: str) -> list[dict[str, JSON]]:
        people = [one for one in self._people() if (one.admin if role == "network-admin" else one.leader)]
        return [{"id": one.directory_id, "userId": one.directory_id} for one in people]

    def _members(self, call: Call, group: str, what: str) -> Answer:
        for place in self.desk.places.values():
            if naming.office_group(self.world, place) != group:
                continue
            if place.number in self.desk.site.unreadable:
                return failure("missing")
            numbers = [place.creator] if what == "owners" else place.present()
            people = [self.world.people[number] for number in numbers]
            return self._page(call, [self._account(one) for one in people if one.directory_id])
        return failure("missing")

    def _user(self, native: str) -> Answer:
        found = next((one for one in self._people() if one.directory_id == native), None)
        return Answer.of(self._account(found)) if found else failure("missing")

    def _people(self) -> list[Person]:
        return [one for one in self.world.people if "yammer" in one.platforms and one.active and one.directory_id]

    def _account(self, person: Person) -> dict[str, JSON]:
        account = self.world.account(person, "yammer")
        return {
            "id": person.directory_id,
            "displayName": person.name,
            "mail": account.email,
            "userPrincipalName": account.email,
            "jobTitle": person.title,
            "officeLocation": person.site.city,
        }

    def _page(self, call: Call, rows: list[dict[str, JSON]]) -> Answer:
        size = min(int(call.fields.get("$top") or _PAGE), int(self.desk.site.options.get("top", 999)))
        start = 0
        if token := call.fields.get("$skiptoken"):
            position = read_cursor(self.secret, call.path, str(token))
            if position is None:
                return failure("cursor")
            start = int(position)
        body: dict[str, JSON] = {"value": rows[start : start + size]}
        if start + size < len(rows):
            cursor = quote(make_cursor(self.secret, call.path, str(start + size)), safe="")
            body["@odata.nextLink"] = f"{self.desk.site.url}{quote(call.path)}?$top={size}&$skiptoken={cursor}"
        return Answer.of(body)

    def _download(self, call: Call) -> Answer:
        if call.bearer():
            return Answer(403, b"AuthenticationFailed", {"content-type": "application/xml"})
        name, period = call.path.removeprefix("/graph/download/").split("/")
        days = int(period.removeprefix("D"))
        columns, rows = self._report(name, days)
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerows(rows)
        return Answer(200, b"\xef\xbb\xbf" + out.getvalue().encode(), {"content-type": "application/octet-stream"})

    def _report(self, name: str, days: int) -> tuple[tuple[str, ...], list[list[JSON]]]:
        world, today = self.world, self.world.now.date().isoformat()
        since = world.now_us - days * DAY
        concealed = bool(self.desk.site.options.get("concealed"))
        posted: Counter[int] = Counter()
        liked: Counter[int] = Counter()
        inside: Counter[int] = Counter()
        for place in self.desk.places.values():
            for one in world.messages(place):
                if one.live and one.at >= since:
                    posted[one.author] += 1
                    inside[place.number] += 1
                liked.update(reaction.person for reaction in one.reactions if reaction.at >= since and one.live)
        if name == "getYammerActivityUserDetail":
            rows = [
                [
                    today, _shown(world.account(one, "yammer").email, concealed=concealed),
                    _shown(one.name, concealed=concealed), "active", "", today, posted[one.number],
                    posted[one.number] * 7 + 3, liked[one.number], "MICROSOFT 365 E5", days,
                ]
                for one in self._people()
            ]  # fmt: skip
            return _USER_COLUMNS, rows
        if name == "getYammerGroupsActivityDetail":
            rows = [
                [
                    today, _shown(place.name, concealed=concealed), "False", "", today, place.privacy, "Yes",
                    len(place.present()), inside[place.number], "", "", days,
                ]
                for place in self.desk.places.values()
                if place.privacy != "direct"
            ]  # fmt: skip
            return _GROUP_COLUMNS, rows
        columns = ("Report Refresh Date", "Liked", "Posted", "Read", "Report Date", "Report Period")
        return columns, [[today, liked.total(), posted.total(), posted.total() * 9, today, days]]


def failure(kind: str) -> Answer:
    """Word a failure as Graph does."""
    status, code = _CODES.get(kind, (500, "generalException"))
    body = {"error": {"code": code, "message": "The request failed.", "innerError": {"date": "2026-03-02T09:00:00"}}}
    return Answer.of(body, status=status)


def _shown(text: str | None, *, concealed: bool) -> str:

    return hashlib.md5(str(text).encode(), usedforsecurity=False).hexdigest().upper() if concealed else str(text or "")


def node_id(kind: str, native: str) -> str:
    """Write a Graph node id as Graph's examples of communities show them: JSON, encoded."""
    text = f'{{"_type":"{kind}","id":"{native}"}}'
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
