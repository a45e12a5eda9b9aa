"""A company's roster for communitykit: CSV, XLSX, SCIM and LDIF of any HR system or directory."""

from __future__ import annotations

from importlib.metadata import version

from communitykit.connector import Capabilities, Connector, hookimpl
from communitykit_directory.archive import DOOR
from communitykit_directory.settings import DirectorySettings, RosterOptions
from communitykit_directory.translate import IGNORED, TRANSLATORS

CAPABILITIES = Capabilities(
    records=frozenset({"member"}),
    member_fields=frozenset(
        {
            "username",
            "display_name",
            "email",
            "job_title",
            "department",
            "division",
            "organization",
            "location",
            "country",
            "manager_id",
            "employee_number",
            "directory_id",
            "language",
        }
    ),
    features=frozenset({"directory", "deactivated"}),
    unreadable={
        "communities, posts and acts": "A roster says who works in the company, and nothing of what they do.",
        "who left, from one roster alone": "Say that it is whole (`whole`), and the next one tells.",
        "managers by name": "Two people may have it: managers are found by number, address or directory name.",
    },
)

DIRECTORY = Connector(
    name="directory",
    title="Roster",
    version=version("communitykit-directory"),
    settings=DirectorySettings,
    capabilities=CAPABILITIES,
    translators=TRANSLATORS,
    ignored=IGNORED,
    archive=DOOR,
)


@hookimpl
def communitykit_connector() -> Connector:
    """Return the connector."""
    return DIRECTORY


__all__ = ["CAPABILITIES", "DIRECTORY", "DirectorySettings", "RosterOptions", "communitykit_connector"]
