"""Where in an archive exports lie: at its top, in a folder or a zip inside, or several side by side. Pure."""

from __future__ import annotations

import re

from communitykit.connector import JSON, Archive, Privacy

USERS = ("users.json", "org_users.json")
LISTINGS: dict[str, Privacy] = {
    "channels.json": "public",
    "groups.json": "private",
    "mpims.json": "direct",
    "dms.json": "direct",
}
"""Lists of conversations, with the privacy that being in them means."""

WORKSPACES = "teams/"
"""Where an organization's export keeps a folder for each workspace, below what belongs to none of them alone."""

DAY = re.compile(r"^(\d{4}-\d\d-\d\d)\.json$")


class Part:
    """One export in an archive: the members under a folder, by their names there ("" is the archive itself)."""

    def __init__(self, archive: Archive, prefix: str = "") -> None:
        """Look at the members under `prefix`, which ends with a slash."""
        self.archive = archive
        self.prefix = prefix
        self.label = prefix.rstrip("/") or archive.name

    def __contains__(self, name: str) -> bool:
        """Tell whether a member of that name is there."""
        return self.prefix + name in self.archive

    def names(self, folder: str = "") -> list[str]:
        """List member names, sorted; with `folder`, those under it."""
        return [name[len(self.prefix) :] for name in self.archive.names(self.prefix + folder)]

    def json(self, name: str) -> JSON:
        """Decode a member.

        Raises ArchiveError naming it when it is no JSON.
        """
        return self.archive.json(self.prefix + name)

    def folders(self) -> list[str]:
        """List the top folders, sorted."""
        return sorted({name.split("/", 1)[0] for name in self.names() if "/" in name})

    def files(self, folder: str) -> list[str]:
        """List the JSON files that stand in a folder itself, those named like days first."""
        names = [name for name in self.names(folder) if name.count("/") == 1 and name.endswith(".json")]
        return sorted(names, key=lambda name: (not is_day(name), name))

    def day_folders(self) -> list[str]:
        """List the folders that hold files named like days."""
        return [folder for folder in self.folders() if any(is_day(name) for name in self.files(folder))]

    def users_from(self) -> Part:
        """Return the part that lists the people: this one, or the nearest above it."""
        prefix = self.prefix
        while prefix and not any(prefix + name in self.archive for name in USERS):
            prefix = f"{prefix.rstrip('/').rpartition('/')[0]}/".removeprefix("/")
        return self if prefix == self.prefix else Part(self.archive, prefix)


def is_day(name: str) -> bool:
    """Tell whether a file is named like a day."""
    return DAY.match(name.rsplit("/", 1)[-1]) is not None


def parts_of(archive: Archive) -> list[Part]:
    """Find the exports in an archive, outermost first: where lists of conversations stand, or else folders of days."""
    names = archive.names()
    listed = {_above(name, 1) for name in names if name.rsplit("/", 1)[-1] in LISTINGS}
    found = listed or {_above(name, 2) for name in names if "/" in name and is_day(name)}
    return [Part(archive, prefix) for prefix in sorted(found, key=lambda prefix: (prefix.count("/"), prefix))]


def _above(name: str, levels: int) -> str:
    folder = name.rsplit("/", levels)[0] if name.count("/") >= levels else ""
    return f"{folder}/" if folder else ""
