"""An export's lists: its people, its conversations, and which folder is whose. Pure.

How private a conversation is, is the strictest that its lists, its row, its id and its name say: exporters put private
channels into channels.json. What no list names is private, for nobody knows.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from communitykit import ArchiveError
from communitykit.connector import JSON, Privacy, as_list, as_mapping, as_text
from communitykit.connector.payload import as_mappings, as_texts, each_object
from communitykit_slack.archive.days import messages_of
from communitykit_slack.archive.parts import LISTINGS, USERS, Part
from communitykit_slack.ids import Bots, bots_of
from communitykit_slack.translate.people import teams_of
from communitykit_slack.visibility import stricter, told_by

_PROBED = 20


class Conversation(NamedTuple):
    """A conversation that a list names."""

    native: str
    privacy: Privacy
    name: str


@dataclass(slots=True)
class Export:
    """An export's lists. `of_folder` holds the conversations that a folder's name fits: more than one is a doubt.

    `mapped` is what the caller says of folders: it decides, and `of_folder` is what would be known without it.
    """

    part: Part
    team: str
    enterprise: str
    users: list[JSON]
    rows: list[tuple[Privacy, dict[str, JSON]]] = field(default_factory=list)  # privacy, row
    odd_rows: list[JSON] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    of_folder: dict[str, list[Conversation]] = field(default_factory=dict)
    mapped: dict[str, Conversation] = field(default_factory=dict)
    logs: list[JSON] = field(default_factory=list)
    workspace: dict[str, JSON] = field(default_factory=dict)
    _known: Bots | None = None

    @property
    def context(self) -> dict[str, JSON]:
        """What translating needs to know everywhere in this export."""
        people = self.enterprise or self.team
        return {"team": self.team, "people": people, "origin": "archive", "bots": self._bots()}

    def _bots(self) -> Bots:
        if self._known is None:
            self._known = bots_of(self.users)
        return self._known

    def find(self, folder: str) -> list[Conversation]:
        """Return the conversations that a folder may hold: the one that it is mapped to, if it is."""
        told = self.mapped.get(folded(folder))
        return self.fitting(folder) if told is None else [told]

    def fitting(self, folder: str) -> list[Conversation]:
        """Return the conversations that a folder's name fits."""
        return self.of_folder.get(folded(folder), [])

    def lists(self, native: str) -> bool:
        """Tell whether a list names this conversation."""
        return any(row["id"] == native for _, row in self.rows)

    def folders(self) -> list[str]:
        """List the folders that hold conversations: listed ones, and those with files named like days."""
        days = set(self.part.day_folders())
        return [one for one in self.part.folders() if one in days or (self.find(one) and self.part.files(one))]


def open_export(
    part: Part, *, network: str | None, enterprise: str | None, mapped: Mapping[str, str], organization: bool = False
) -> Export:
    """Read an export's lists; what cannot be read of them is kept as a problem.

    What stands at the top of an `organization`'s export is no one workspace's: channels that several share, and direct
    talk. Its network is the enterprise, as it is in the API.

    Raises ArchiveError when nothing tells the workspace's id.
    """
    problems: list[str] = []
    people = part.users_from()
    users = [row for name in USERS for row in _rows(people, name, problems)]
    told = [(by_list, row) for name, by_list in LISTINGS.items() for row in _rows(part, name, problems)]
    belonging = _in_general(users, told) or (users if people.prefix == part.prefix else [])
    whole = enterprise or _enterprise_of(users) if organization else None
    team = network or whole or _team_of(belonging, part, problems) or _team_of_messages(part)
    if not team:
        said = f": {'; '.join(problems)}" if problems else ""
        raise ArchiveError(
            f"nothing in this export tells which workspace it is of{said}",
            platform="slack",
            subject=part.label,
            remedy="Give its id (T…, in the address of Slack in a browser) as `network`.",
        )
    export = Export(part, team, enterprise or whole or _enterprise_of(users, team), users, unreadable=problems)
    export.logs = _rows(part, "integration_logs.json", problems)
    take_rows(export, told)
    by_id = {one.native: one for found in export.of_folder.values() for one in found}
    for folder, native in mapped.items():
        export.mapped[folded(folder)] = by_id.get(native, Conversation(native, "private", folder))
    return export


def take_rows(export: Export, told: Iterable[tuple[Privacy, JSON]]) -> None:
    """Keep rows of conversations, each with how private its list is; of several about one the strictest counts."""
    merged: dict[str, tuple[Privacy, dict[str, JSON]]] = {}
    for by_list, row in told:
        if not as_text(as_mapping(row).get("id")):
            export.odd_rows.append(row)
            continue
        privacy, known = merged.get(row["id"], ("public", {}))
        merged[row["id"]] = (stricter(privacy, by_list, *told_by(row)), {**known, **row})
    export.rows = [(privacy, _marked(row, privacy)) for privacy, row in merged.values()]
    export.of_folder = _by_folder(export.rows)


def folded(name: str) -> str:
    """Return a folder's name as it is compared: file systems write accents in two ways."""
    return unicodedata.normalize("NFC", name)


def _marked(row: dict[str, JSON], privacy: Privacy) -> dict[str, JSON]:
    """Say in the row itself that it is a direct conversation, where only its list or its name did."""
    if privacy != "direct" or row.get("is_im") or row.get("is_mpim"):
        return row
    return {**row, "is_im" if row["id"].startswith("D") else "is_mpim": True}


def _by_folder(rows: list[tuple[Privacy, dict[str, JSON]]]) -> dict[str, list[Conversation]]:
    """Know a conversation by every name its folder may have: above all its id, then its name, then a former one."""
    by_id = {
        row["id"]: Conversation(row["id"], privacy, as_text(row.get("name")) or row["id"]) for privacy, row in rows
    }
    found: dict[str, list[Conversation]] = {}
    for one in by_id.values():
        found.setdefault(folded(one.name), []).append(one)
    for _, row in rows:
        for name in as_texts(row.get("previous_names")):
            found.setdefault(folded(name), [by_id[row["id"]]])
    found.update({folded(native): [one] for native, one in by_id.items()})
    return found


def _rows(part: Part, name: str, problems: list[str]) -> list[JSON]:
    """Return the rows of a list; an answer of the API that holds the list is one, too."""
    if name not in part:
        return []
    try:
        rows = part.json(name)
    except ArchiveError as error:
        problems.append(str(error))
        return []
    if isinstance(rows, dict):
        rows = next((rows[key] for key in ("members", "users", "channels") if isinstance(rows.get(key), list)), None)
    if not isinstance(rows, list):
        problems.append(f"{name} is not a list")
        return []
    return each_object(rows, name)


def _in_general(users: list[JSON], told: Iterable[tuple[Privacy, JSON]]) -> list[JSON]:
    """Return the listed people who are in #general, where all of a workspace are and nobody of another one is."""
    rows = [row for _, row in told if as_mapping(row).get("is_general") is True]
    inside = {native for row in rows for native in members_of(row) or ()}
    return [user for user in as_mappings(users) if as_text(user.get("id")) in inside]


def _team_of(users: list[JSON], part: Part, problems: list[str]) -> str | None:
    """Return the workspace that most people are in: all of them may be in another, too.

    Of several that fit alike the messages tell which it is; where they do not, and where they tell of another one,
    that is a problem.
    """
    fitting = _most(
        team
        for user in as_mappings(users)
        for team in {as_text(user.get("team_id")), *teams_of(user)}  # type: ignore[arg-type] # any JSON
    )
    told = _most(_teams_of_messages(part)) if fitting else []
    alike = _most(team for team in _teams_of_messages(part) if team in fitting) if len(fitting) > 1 else fitting
    if len(fitting) > 1 and len(alike) != 1:
        reason = f"users.json fits the workspaces {', '.join(fitting)} alike, so the first of them is taken"
        problems.append(f"{reason}; give the right one as `network`")
    elif told and alike[0] not in told:
        reason = f"most people are of the workspace {alike[0]}, which is taken, and most messages of {', '.join(told)}"
        problems.append(f"{reason}; give the right one as `network`")
    return next(iter(alike or fitting), None)


def _team_of_messages(part: Part) -> str | None:
    return next(iter(_most(_teams_of_messages(part))), None)


def _teams_of_messages(part: Part) -> Iterator[str]:
    for folder in part.day_folders()[:_PROBED]:
        for item in as_mappings(messages_of(part, part.files(folder)[0])[0]):
            yield as_text(item.get("team"))


def _most(teams: Iterator[str]) -> list[str]:
    """Return the workspaces that are named most often, sorted: one, unless several are alike."""
    counted = Counter(team for team in teams if team and not team.startswith("E"))
    return sorted(team for team in counted if counted[team] == max(counted.values()))


def _enterprise_of(users: list[JSON], team: str | None = None) -> str:
    """Return the enterprise that the users of a workspace belong to, if they do; strangers' enterprises aside."""
    counted = Counter(
        as_text(as_mapping(user.get("enterprise_user")).get("enterprise_id"))
        for user in as_mappings(users)
        if team is None or user.get("team_id") == team or team in teams_of(user)  # type: ignore[arg-type] # any JSON
    )
    del counted[""]
    return max(sorted(counted), key=counted.__getitem__) if counted else ""


def members_of(row: Mapping[str, JSON]) -> list[str] | None:
    """Return who is in a conversation, each once; None where its row does not tell."""
    members = row.get("members")
    return list(dict.fromkeys(as_texts(as_list(members)))) if isinstance(members, list) else None
