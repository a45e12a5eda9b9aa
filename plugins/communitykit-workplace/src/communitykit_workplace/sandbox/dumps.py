"""Archives of every kind that companies hold, of the world: dumps of the Graph and SCIM, downloads, tables."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from communitykit.connector import JSON
from communitykit.sandbox import Message, Person, Place, World
from communitykit_workplace.sandbox import asked, directory, naming, rendering
from communitykit_workplace.sandbox.expansion import JSONObject, Node, Wish, parse, select

_TOKEN = "DQVJtokenoflongago0123456789"  # noqa: S105 # dumps hold the token in the addresses of their pages
_DATE = (2026, 3, 1, 0, 0, 0)
_PAGE = 25

Files = Iterator[tuple[str, bytes]]


def write(world: World, path: Path, *, style: str = "graph") -> Path:
    """Write an archive.

    `graph`: pages of envelopes as WorkplaceTakeout writes them, in zips inside the zip. `lists`: bare lists, some
    one after the other in one file. `scim`: SCIM users of both versions beside such lists. `download`: somebody's own
    information, with broken letters. `scripts`: the CSV files of Meta's sample scripts. `tables`: the workbooks of
    its PowerShell scripts and of the employee export.
    """
    writers: dict[str, Callable[[World], Files]] = {
        "graph": _graph, "lists": _lists, "scim": _scim, "download": _download, "scripts": _scripts, "tables": _tables,
    }  # fmt: skip
    parts: dict[str, list[tuple[str, bytes]]] = {}
    for name, content in writers[style](world):
        outer, _, inner = name.rpartition("!")
        parts.setdefault(outer, []).append((inner, content))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for outer, members in parts.items():
            if outer:
                held = io.BytesIO()
                with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as inside:
                    _put(inside, members)
                members = [(outer, held.getvalue())]  # noqa: PLW2901 # the zip in place of what is in it
            _put(archive, members)
    return path


def _put(archive: zipfile.ZipFile, members: Sequence[tuple[str, bytes]]) -> None:
    for name, content in members:
        archive.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)


def whole(node: Node, wanted: str) -> JSONObject:
    """Cut an object to fields, with all of every edge in it."""

    def page(_owner: str, _edge: str, nodes: Sequence[Node], wish: Wish) -> JSONObject:
        shown = nodes if wish.limit else []
        envelope: JSONObject = {"data": [select(one, wish.below, page) for one in shown]}
        if wish.modifiers.get("summary"):
            envelope["summary"] = {"order": "chronological", "total_count": len(nodes)}
        return envelope

    return select(node, parse(wanted), page)


def _groups(world: World) -> list[Place]:
    return [place for place in world.on("workplace") if place.privacy != "direct"]


def _roots(world: World, place: Place) -> list[Message]:
    return [one for one in world.messages(place) if one.root is None and one.live]


def _posts(world: World, place: Place) -> list[JSONObject]:
    wanted = asked.POST
    found = [whole(rendering.post_node(world, one), wanted) for one in _roots(world, place)]
    return [*found, whole(rendering.story_node(world, place), wanted)]


def _members(world: World) -> list[JSONObject]:
    return [whole(rendering.member_node(world, one), asked.MEMBER) for one in directory.people(world)]


def _member_rows(world: World, place: Place) -> list[JSONObject]:
    rows = [rendering.member_row(world, place, world.people[one]) for one in place.present()]
    return [whole(row, asked.MEMBERSHIP) for row in rows]


def _events(world: World, place: Place) -> list[JSONObject]:
    return [whole(node, asked.EVENT) for node in rendering.group_node(world, place).edges["events"]()]


def _library(world: World) -> list[JSONObject]:
    return [whole(node, asked.PAGE) for node in rendering.page_nodes(world)]


def _group_rows(world: World) -> list[JSONObject]:
    return [whole(rendering.group_node(world, place), asked.GROUP) for place in _groups(world)]


def _community(world: World) -> JSONObject:
    return whole(rendering.community_node(world), "id,name,is_community")


def _pages(path: str, edge: str, rows: Sequence[JSONObject]) -> Files:
    """Write a listing as envelopes, a page a file; all but the last name the next one, token and all."""
    for number, start in enumerate(range(0, max(1, len(rows)), _PAGE), 1):
        envelope: JSONObject = {"data": rows[start : start + _PAGE], "paging": {"cursors": {"after": "QVFI"}}}
        if start + _PAGE < len(rows):
            envelope["paging"]["next"] = f"https://graph.workplace.com/v3.0/{edge}?access_token={_TOKEN}&after=QVFI"
        yield f"{path}_{number}.json", _json(envelope)


def _json(data: JSON) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()


def _graph(world: World) -> Files:
    """Write pages of envelopes, in a zip of listings and one of each group."""
    yield "listings.zip!community/community.json", _json(_community(world))
    yield from _pages("listings.zip!community/groups", "community/groups", _group_rows(world))
    yield from _pages("listings.zip!community/members", "community/members", _members(world))
    library = "community/knowledge_library_categories"
    yield from _pages(f"listings.zip!{library}", library, _library(world))
    for place in _groups(world):
        native = naming.group(world, place)
        base = f"group-{native}.zip!community/groups/{native}"
        yield from _pages(f"{base}/members", f"{native}/members", _member_rows(world, place))
        yield from _pages(f"{base}/events", f"{native}/events", _events(world, place))
        posts = _posts(world, place)
        yield from _pages(f"{base}/feed", f"{native}/feed", posts)
        for post in posts:
            if comments := post.get("comments", {}).get("data"):  # once more, as the dumper writes them
                edge = f"{post['id']}/comments"
                yield from _pages(f"{base}/posts/{post['id']}/comments", edge, comments)


def _lists(world: World) -> Files:
    """Write bare lists; posts as lists one after the other, as scripts in append mode leave them."""
    yield "dump/community.json", _json(_community(world))
    yield "dump/users/users.json", _json(_members(world))
    yield "dump/groups/groups.json", _json(_group_rows(world))
    yield "dump/library/knowledge_library_categories.json", _json(_library(world))
    posts, events = [], []
    for place in _groups(world):
        native = naming.group(world, place)
        yield f"dump/groups/{native}_members.json", _json(_member_rows(world, place))
        posts.append(_json(_posts(world, place)))
        events += _events(world, place)
    yield "dump/posts.json", b"\n".join(posts)
    yield "dump/events.json", _json(events)


def _scim(world: World) -> Files:
    """Write SCIM users of both versions, and everything else in lists."""
    people = directory.people(world)
    for version, name in ((2, "scim/Users_1.json"), (1, "scim/v1/Users.json")):
        rows = [directory.user(world, one, version=version) for one in people]
        yield name, _json(directory.envelope(rows, start=1, total=len(rows), version=version))
    for name, content in _lists(world):
        yield name, content


def _download(world: World) -> Files:
    """Write what the head of the company wrote, as a download of one's information: letters broken, names for ids."""
    me = world.people[0]
    account = world.account(me, "workplace")
    posts, comments, reactions = [], [], []
    for place in _groups(world):
        for one in [each for root in _roots(world, place) for each in (root, *(one for one, _ in naming.thread(root)))]:
            text = naming.body(world, one)
            entry = {"timestamp": naming.seconds(one.at), "title": f"{account.display_name} wrote in {place.name}."}
            if one.author == me.number and one.root is None:
                posts.append({**entry, "data": [{"post": text}]})
            elif one.author == me.number:
                comment = {"timestamp": entry["timestamp"], "comment": text, "author": account.display_name,
                           "group": place.name}  # fmt: skip
                comments.append({**entry, "data": [{"comment": comment}]})
            for act in naming.reactions(one):
                if act.person == me.number:
                    told = {"reaction": naming.reaction(act.emoji), "actor": account.display_name}
                    reactions.append({**entry, "timestamp": naming.seconds(act.at), "data": [{"reaction": told}]})
    joined = [
        {"timestamp": naming.seconds(stay.since), "title": f"You joined {place.name}.", "data": [{"name": place.name}]}
        for place in _groups(world)
        for stay in place.stays
        if stay.person == me.number
    ]
    profile = {"name": {"full_name": account.display_name}, "emails": {"emails": [account.email]}}
    base = "your_activity"
    yield f"{base}/profile_information/profile_information.json", _broken({"profile_v2": profile})
    yield f"{base}/posts/your_posts_1.json", _broken(posts)
    yield f"{base}/comments_and_reactions/comments.json", _broken({"comments_v2": comments})
    yield f"{base}/comments_and_reactions/reactions.json", _broken({"reactions_v2": reactions})
    yield f"{base}/groups/your_group_membership_activity.json", _broken({"groups_joined_v2": joined})


def _broken(data: JSON) -> bytes:
    r"""Write letters byte by byte, as these downloads do: é becomes "\u00c3\u00a9"."""

    def broken(value: JSON) -> JSON:
        if isinstance(value, str):
            return value.encode().decode("latin-1")
        if isinstance(value, list):
            return [broken(one) for one in value]
        return {key: broken(one) for key, one in value.items()} if isinstance(value, dict) else value

    return json.dumps(broken(data)).encode()


def _scripts(world: World) -> Files:
    """Write the CSV files of Meta's sample scripts: posts with Python lists in their cells, groups; and SCIM."""
    people = directory.people(world)
    rows = [directory.user(world, one) for one in people]
    yield "scim_users.json", _json(directory.envelope(rows, start=1, total=len(rows)))
    posts = []
    for place in _groups(world):
        for post in _posts(world, place):
            row = {
                "id": post["id"], "from": post["from"], "to": post["to"], "message": post.get("message"),
                "story": post.get("story"), "type": post["type"], "created_time": post["created_time"],
                "updated_time": post["updated_time"], "group_name": place.name,
                "reactions": post.get("reactions", {}).get("data", []),
                "comments": [
                    {"created_time": one["created_time"], "message": one["message"], "from": one["from"],
                     "permalink_url": one["permalink_url"], "comment_count": one["comment_count"]}
                    for one in post.get("comments", {}).get("data", [])
                ],
                "seenby": post.get("seen", {}).get("data", []),
            }  # fmt: skip
            posts.append(row)
    posts.sort(key=lambda row: row["message"] is None)  # the first one has a message, so the column is there
    yield "post_export.csv", _csv(posts, delimiter=";")
    groups = [
        {
            "id": naming.group(world, place), "owner": {"id": naming.user(world, world.people[place.creator])},
            "name": place.name, "privacy": "OPEN" if place.privacy == "public" else "CLOSED",
            "members": len(place.present()), "admins": _admin_cell(world, place),
        }
        for place in _groups(world)
    ]  # fmt: skip
    yield "group_export.csv", _csv(groups)
    feed = [
        {"Post ID": naming.message(world, one), "Created Time": naming.time(one.at), **_swapped(world, one),
         "Message": naming.body(world, one).encode("ascii", "ignore").decode()}
        for one in _roots(world, _groups(world)[0])
    ]  # fmt: skip
    yield "2020-01-01 general.csv", _csv(feed)


def _admin_cell(world: World, place: Place) -> str:
    boss = world.people[place.creator]
    account = world.account(boss, "workplace")
    return f"{naming.user(world, boss)}-{account.display_name} ({account.email})|"


def _swapped(world: World, one: Message) -> dict[str, str | None]:
    """Put the author's address under "Author ID" and the id under "Author Email", as download.py does."""
    author = world.people[one.author]
    account = world.account(author, "workplace")
    return {"Author": account.display_name, "Author ID": account.email, "Author Email": naming.user(world, author)}


def _csv(rows: Sequence[JSONObject], *, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    columns = list(rows[0]) if rows else []
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row.get(name) if row.get(name) is not None else "" for name in columns])
    return text.getvalue().encode()


def _tables(world: World) -> Files:
    """Write workbooks: feeds with counts, members, comments of a post in stacked tables, the employee export."""
    general = _groups(world)[0]
    native = naming.group(world, general)
    roots = _roots(world, general)
    yield f"feed-{native}.xlsx", _book([[("Id", "Post type", "Creation Date", "Creator", "Message", "Group Name",
                                          "Total Post Like", "Total Post Love", "Total Post Comments"),
                                         *(_counted(world, general, one) for one in roots)]])  # fmt: skip
    rows = [_person(world, world.people[one], general) for one in general.present()]
    yield f"members-{native}.xlsx", _book([[("Full Name", "Id", "Email", "Location", "Department", "Administrator"),
                                            *rows]])  # fmt: skip
    answered = next(one for one in roots if naming.thread(one))
    own = naming.number(answered.place, answered.at)
    comments = [
        (*_person(world, world.people[one.author], general)[:5], naming.body(world, one),
         "Comment" if above is answered else "Comment-Reply", naming.time(one.at))
        for one, above in naming.thread(answered)
    ]  # fmt: skip
    yield f"stats-{native}_{own}.xlsx", _book(
        [[("Post", "Group"), (own, general.name)],
         [("Likes", "Loves"), (1, 0)],
         [("Full Name", "Id", "Email", "Location", "Department", "Message", "Interaction", "Date"), *comments]]
    )  # fmt: skip
    yield "employees.xlsx", _book([[_EMPLOYEE, *(_employee(world, one) for one in directory.people(world))]])


_EMPLOYEE = ("Full name", "Email", "Employee ID", "Job title", "Department", "Division", "Organisation", "Location",
             "Claimed", "Claim link", "Status", "Manager email", "Followers", "Activity summary for date",
             "Posts Last 28 Days", "Comments Last Week")  # fmt: skip


def _employee(world: World, person: Person) -> tuple[JSON, ...]:
    account = world.account(person, "workplace")
    boss = world.account(world.people[person.manager], "workplace") if person.manager is not None else None
    return (
        account.display_name, account.email, person.employee_number, person.title, person.department, person.division,
        "Aurora Instruments", person.site.city, "Yes", f"{rendering.WEB}/claim/code", "Claimed" if person.active else
        "Deactivated", boss.email if boss else None, person.number, "2026-03-01", person.number * 2, 1,
    )  # fmt: skip


def _counted(world: World, place: Place, one: Message) -> tuple[JSON, ...]:
    author = world.people[one.author]
    account = world.account(author, "workplace")
    kinds = [naming.reaction(act.emoji) for act in naming.reactions(one)]
    return (
        naming.message(world, one), "mobile_status_update", naming.time(one.at),
        f"{account.display_name} ({account.email})", naming.body(world, one), place.name, kinds.count("LIKE"),
        kinds.count("LOVE"), len(naming.thread(one)),
    )  # fmt: skip


def _person(world: World, person: Person, place: Place) -> tuple[JSON, ...]:
    account = world.account(person, "workplace")
    return (account.display_name, naming.user(world, person), account.email, person.site.city, person.department,
            person.number == place.creator)  # fmt: skip


def _book(tables: Sequence[Sequence[Sequence[JSON]]]) -> bytes:
    """Write a workbook of one sheet; tables stand below one another, an empty line apart."""
    from openpyxl import Workbook  # noqa: PLC0415 # only for those who write workbooks

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet")
    for number, table in enumerate(tables):
        if number:
            sheet.append([])
        for row in table:
            sheet.append(list(row))
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()
