"""What to ask Slack, and in which order: discovery, channels, members, profiles. Flows: nothing here sends anything."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from communitykit import (
    AuthFlow,
    Batch,
    Checkpoint,
    CommunityKitError,
    Flow,
    Gap,
    ObjectUnavailableError,
    PermissionMissingError,
    Request,
    Response,
    Scope,
    SettingsError,
    Slice,
    Swept,
    bearer,
    refresh_token,
)
from communitykit_slack.channels import SIDE_BY_SIDE, Channel
from communitykit_slack.history import read_history
from communitykit_slack.ids import SLACKBOT, community_id, place_of, ts_of
from communitykit_slack.listing import Listing
from communitykit_slack.methods import LIST_LIMIT, USERS_LIMIT, call
from communitykit_slack.people import PROFILE_LABELS
from communitykit_slack.progress import Progress
from communitykit_slack.settings import SlackSettings

Steps = Generator[Any, Any, Any]

_TALK = frozenset({"post", "event"})
_PEOPLE = frozenset({"member", "membership", "post", "event"})


@dataclass(slots=True)
class _Workspace:
    """What discovery learns on its way."""

    team: str
    url: str
    name: str
    bot: bool
    org: bool = False
    users: dict[str, int] = field(default_factory=dict)  # active people of this workspace: when they last changed
    homes: dict[str, str] = field(default_factory=dict)  # users at home elsewhere
    known: set[str] = field(default_factory=set)

    @property
    def context(self) -> dict[str, Any]:
        return {"team": self.team, "origin": "api", "url": self.url}

    def ask(self, method: str, *, subject: str = "", **form: str | int) -> Request:
        """Describe a call; a token of a whole organization must say which workspace it means."""
        extra = {"team_id": self.team} if self.org else {}
        return call(method, self.team, subject=subject, **extra, **form)


def authorize(settings: SlackSettings, saved: Mapping[str, Any] | None, now: datetime) -> AuthFlow:
    """Use the token, or rotate it: the new pair is kept by the core before its first use.

    Raises SettingsError when there is neither a token nor what rotating takes.
    """
    known = saved or {}
    refused = bool(known.get("refused"))
    token = str(known.get("access_token") or (settings.token.get_secret_value() if settings.token else ""))
    refresh = str(
        known.get("refresh_token") or (settings.refresh_token.get_secret_value() if settings.refresh_token else "")
    )
    can_rotate = bool(refresh and settings.client_id and settings.client_secret)
    expires = datetime.fromisoformat(known["expires_at"]) if known.get("expires_at") else None
    credential = bearer(token, expires_at=expires, saved=saved if known.get("access_token") else None)
    if token and not (can_rotate and (refused or not credential.fresh(now))):
        return credential
    if not can_rotate or settings.client_id is None or settings.client_secret is None:
        raise SettingsError(
            "there is no token",
            platform="slack",
            remedy="Give token, or refresh_token with client_id and client_secret (COMMUNITYKIT_SLACK_TOKEN…).",
        )
    return (
        yield from refresh_token(
            "oauth.v2.access",
            refresh_token=refresh,
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            now=now,
            platform="slack",
        )
    )


def discover(scope: Scope) -> Flow:
    """List workspaces, users, channels and user groups; give the slices to read."""
    for workspace in (yield from _workspaces()):
        yield Batch("workspace", [{"id": workspace.team, "name": workspace.name}], workspace.context)
        if scope.gives & _PEOPLE:
            yield from _users(workspace)
        if scope.gives & {"community", "membership"}:
            yield from _user_groups(workspace)
        if scope.settings.profiles and "member" in scope.gives:
            yield from _profile_slice(workspace)
        for kind in _channel_types(scope):
            try:
                yield from _channels(workspace, scope, kind)
            except PermissionMissingError as error:
                yield Gap(f"{kind.replace('_', ' ')}s cannot be listed: {error}", "denied")


def read(scope: Scope, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Read one slice."""
    what = slice_.key.split("/", 1)[0]
    if what == "messages":
        yield from _messages(scope, slice_, checkpoint)
    elif what == "members":
        yield from _members(slice_)
    else:
        yield from _profiles(slice_, checkpoint)


def resolve(scope: Scope, network: str, member_ids: tuple[str, ...]) -> Flow:
    """Look up users and bots that no list gave: people of other companies, bots of integrations."""
    if "member" not in scope.gives:
        return
    workspace = (yield from _workspaces())[0]
    wanted = [one.rsplit(":", 1)[-1] for one in member_ids]
    for start in range(0, len(wanted), SIDE_BY_SIDE):
        group = wanted[start : start + SIDE_BY_SIDE]
        answers = yield tuple(_whois(workspace, native) for native in group)
        bots = [
            _bot(native, answer, network) for native, answer in zip(group, answers, strict=True) if native[0] == "B"
        ]
        users = [answer.data["user"] for answer in answers if isinstance(answer, Response) and "user" in answer.data]
        yield Batch("user", users, workspace.context)
        yield Batch("bot", bots, workspace.context)
        yield from _denied(answers)


def preflight(scope: Scope) -> Flow:
    """Compare what the token may do with what reading needs: required scopes are an error, others a gap.

    Raises PermissionMissingError naming the scope, what it is for and how to grant it.
    """
    response = yield call("auth.test", subject="token")
    granted = response.headers.get("x-oauth-scopes")
    if granted is None:
        yield Gap("the answer does not say which scopes the token has: reading will tell")
        return
    held = {one.strip() for one in granted.split(",")}
    for needed in needs(scope):
        if needed.scope in held:
            continue
        text = f"the token lacks {needed.scope}: {needed.use} cannot be read"
        remedy = f"Grant {needed.scope} on the app's page, 'OAuth & Permissions', and install the app again."
        if needed.required:
            raise PermissionMissingError(text, subject="token", code="missing_scope", remedy=remedy)
        yield Gap(f"{text}. {remedy}", "denied")


def estimate(scope: Scope, slice_: Slice, checkpoint: Checkpoint | None) -> Mapping[str, int]:
    """Tell about how many requests a slice takes; a channel never read does not say how long it is."""
    what = slice_.key.split("/", 1)[0]
    if what == "members":
        return {"conversations.members": 1 + int(slice_.params.get("size") or 0) // LIST_LIMIT}
    if what == "profiles":
        return {"users.profile.get": len(_changed(slice_, checkpoint))}
    progress = Progress.load(checkpoint)
    if progress.high is None or slice_.params.get("closed"):
        return {}
    threads = len(progress.roots) if scope.settings.threads == "all" else len(progress.pending)
    return {"conversations.history": 1, **({"conversations.replies": threads} if threads else {})}


@dataclass(frozen=True, slots=True)
class Need:
    """A scope, what it is for, and whether nothing goes without it."""

    scope: str
    use: str
    required: bool = False


def needs(scope: Scope) -> list[Need]:
    """List the scopes that a run needs."""
    found = [
        Need("channels:read", "public channels", required=True),
        Need("channels:history", "messages of public channels", required=True),
        Need("users:read", "members", required=True),
        Need("users:read.email", "e-mail addresses"),
        Need("usergroups:read", "user groups"),
    ]
    if scope.settings.profiles:
        found.append(Need("users.profile:read", "department, manager and other custom profile fields"))
    if scope.settings.reactions == "full":
        found.append(Need("reactions:read", "who reacted, where Slack cuts the list short"))
    for asked, kind, noun in (
        (scope.include_private, "groups", "private channels"),
        (scope.include_direct, "im", "direct messages"),
        (scope.include_direct, "mpim", "group direct messages"),
    ):
        if asked:
            found += [Need(f"{kind}:read", noun), Need(f"{kind}:history", f"messages of {noun}")]
    return found


def _workspaces() -> Steps:
    """Ask whose token it is: one workspace, or all that an organization's token may see."""
    me = (yield call("auth.test", subject="token")).data
    bot = bool(me.get("bot_id"))
    if not me.get("is_enterprise_install"):
        return [_Workspace(str(me["team_id"]), str(me.get("url") or ""), str(me.get("team") or ""), bot)]
    found: list[_Workspace] = []
    listing = Listing(call("auth.teams.list", subject="workspaces", limit=LIST_LIMIT))
    while (data := (yield from listing.page())) is not None:
        found += [
            _Workspace(team["id"], "", str(team.get("name") or ""), bot, org=True) for team in data.get("teams", ())
        ]
    return found


def _users(workspace: _Workspace) -> Steps:
    listing = Listing(workspace.ask("users.list", subject="users", limit=USERS_LIMIT, include_locale="true"))
    while (data := (yield from listing.page())) is not None:
        users = [user for user in data.get("members", ()) if isinstance(user, dict) and user.get("id")]
        for user in users:
            _note(workspace, user)
        yield Batch("user", users, workspace.context)
    if listing.problem:
        yield Gap(f"not all users: {listing.problem}")


def _note(workspace: _Workspace, user: Mapping[str, Any]) -> None:
    native, home = str(user["id"]), user.get("team_id") or workspace.team
    workspace.known.add(native)
    if home != workspace.team:
        workspace.homes[native] = str(home)
    elif not (user.get("deleted") or user.get("is_bot") or native == SLACKBOT):
        workspace.users[native] = int(user.get("updated") or 0)


def _user_groups(workspace: _Workspace) -> Steps:
    try:
        answer = yield workspace.ask(
            "usergroups.list",
            subject="user groups",
            include_users="true",
            include_disabled="true",
            include_count="true",
        )
    except (PermissionMissingError, ObjectUnavailableError) as error:
        if error.code != "plan_upgrade_required":  # a free workspace has none, so nothing is missing
            yield Gap(f"user groups are left out: {error}")
        return
    for group in answer.data.get("usergroups", ()):
        yield Batch("user_group", [group], workspace.context)
        if isinstance(group.get("users"), list):
            yield Swept("membership", {"community_id": community_id(workspace.team, str(group.get("id")))})


def _profile_slice(workspace: _Workspace) -> Steps:
    """Give a slice for custom profile fields, if the workspace has any that mean something here."""
    try:
        answer = yield workspace.ask("team.profile.get", subject="profile fields")
    except (PermissionMissingError, ObjectUnavailableError) as error:
        yield Gap(f"custom profile fields (department, manager…) are left out: {error}")
        return
    defined = (answer.data.get("profile") or {}).get("fields") or []
    fields = {
        one["id"]: name
        for one in defined
        if (name := PROFILE_LABELS.get(str(one.get("label") or "").strip().casefold()))
    }
    if fields and workspace.users:
        params = {"fields": fields, "users": workspace.users, "org": workspace.org}
        yield Slice("profiles", workspace.team, ("member",), label="profiles", params=params)


def _channel_types(scope: Scope) -> list[str]:
    wanted = ["public_channel"] if scope.gives - {"member"} else []
    if wanted and scope.include_private:
        wanted.append("private_channel")
    if wanted and scope.include_direct:
        wanted += ["mpim", "im"]
    return wanted


def _channels(workspace: _Workspace, scope: Scope, kind: str) -> Steps:
    listing = Listing(workspace.ask("conversations.list", subject="channels", types=kind, limit=LIST_LIMIT))
    while (data := (yield from listing.page())) is not None:
        channels = [one for one in data.get("channels", ()) if isinstance(one, dict) and one.get("id")]
        channels = [one for one in channels if scope.wants(one.get("name"), one["id"])]
        yield Batch("channel", channels, workspace.context)
        for channel in channels:
            if channel.get("is_ext_shared") and scope.gives & _PEOPLE:
                yield from _strangers(workspace, channel)
            yield from _slices(workspace, scope, channel)
    if listing.problem:
        yield Gap(f"not all channels: {listing.problem}")


def _slices(workspace: _Workspace, scope: Scope, channel: Mapping[str, Any]) -> Steps:
    native = str(channel["id"])
    host = channel.get("conversation_host_id") or workspace.team
    community = community_id(host, native)
    label = str(channel.get("name") or native)
    params: dict[str, Any] = {"channel": native, "url": workspace.url, "org": workspace.org}
    if host != workspace.team:
        params["host"] = host
    if channel.get("is_ext_shared") and workspace.homes:
        params["homes"] = dict(workspace.homes)
    direct = channel.get("is_im") or channel.get("is_mpim")
    # A bot reads only channels that it is in; asking would cost a request to hear so.
    closed = workspace.bot and channel.get("is_member") is False and not direct
    if scope.gives & _TALK:
        shut = {"closed": True} if closed else {}
        yield Slice(f"messages/{native}", workspace.team, ("post", "event"), community, label, {**params, **shut})
    if "membership" in scope.gives:
        sized = {**params, "size": channel.get("num_members") or 0}
        yield Slice(f"members/{native}", workspace.team, ("membership",), community, f"{label} members", sized)


def _strangers(workspace: _Workspace, channel: Mapping[str, Any]) -> Steps:
    """Learn where those members of a shared channel are at home whom the workspace's own list lacks."""
    native, unknown = str(channel["id"]), list[str]()
    subject = f"channel {channel.get('name') or native}"
    listing = Listing(workspace.ask("conversations.members", subject=subject, channel=native, limit=LIST_LIMIT))
    try:
        while (data := (yield from listing.page())) is not None:
            unknown += [one for one in data.get("members", ()) if isinstance(one, str) and one not in workspace.known]
    except (PermissionMissingError, ObjectUnavailableError) as error:
        yield Gap(f"people of other companies cannot be told apart: {error}")
    for start in range(0, len(unknown), SIDE_BY_SIDE):
        group = unknown[start : start + SIDE_BY_SIDE]
        answers = yield tuple(_whois(workspace, one) for one in group)
        users = [answer.data["user"] for answer in answers if isinstance(answer, Response) and "user" in answer.data]
        workspace.known.update(group)
        for user in users:
            _note(workspace, user)
        yield Batch("user", users, workspace.context)
        yield from _denied(answers)


def _whois(workspace: _Workspace, native: str) -> Request:
    if native.startswith("B"):
        return workspace.ask("bots.info", subject=f"bot {native}", bot=native)
    return workspace.ask("users.info", subject=f"user {native}", user=native, include_locale="true")


def _bot(native: str, answer: Response | CommunityKitError, network: str) -> dict[str, Any]:
    told = answer.data.get("bot") if isinstance(answer, Response) else None
    return {**(told or {}), "id": native, "team_id": network}


def _denied(answers: list[Response | CommunityKitError]) -> Steps:
    """Report what could not be looked up; users who are unknown to Slack itself stay stubs without a word."""
    problems = [one for one in answers if isinstance(one, CommunityKitError)]
    for text in dict.fromkeys(str(one) for one in problems if not isinstance(one, ObjectUnavailableError)):
        yield Gap(f"not looked up: {text}")


def _context(slice_: Slice) -> dict[str, Any]:
    params = slice_.params
    context = {"team": slice_.network, "channel": params["channel"], "origin": "api"}
    return context | {name: params[name] for name in ("url", "host", "homes") if params.get(name)}


def _messages(scope: Scope, slice_: Slice, checkpoint: Checkpoint | None) -> Steps:
    if slice_.params.get("closed"):
        yield Gap(
            f"channel {slice_.label}: the app is not in it (not_in_channel). Invite it (/invite @app), or use a user token.",
            "denied",
            slice_.community_id,
        )
        return
    context = _context(slice_)
    place = place_of(context)
    channel = Channel(
        team=slice_.network,
        native=place.channel,
        community_id=place.community_id,
        post_prefix=place.post_prefix,
        label=slice_.label,
        until=ts_of(scope.until),
        context=context,
        full_reactions=scope.settings.reactions == "full",
    )
    yield from read_history(channel, Progress.load(checkpoint), scope)


def _members(slice_: Slice) -> Steps:
    context = _context(slice_)
    native = str(context["channel"])
    request = call(
        "conversations.members", slice_.network, subject=f"channel {slice_.label}", channel=native, limit=LIST_LIMIT
    )
    listing = Listing(request)
    while (data := (yield from listing.page())) is not None:
        rows = [{"user": user} for user in data.get("members", ()) if user]
        yield Batch("member", rows, context)
    if listing.problem:
        yield Gap(f"not all members: {listing.problem}", community_id=slice_.community_id)
    else:
        yield Swept("membership", {"community_id": place_of(context).community_id})


def _profiles(slice_: Slice, checkpoint: Checkpoint | None) -> Steps:
    """Ask for the custom fields of users whose profile changed since they were asked for."""
    context = {"team": slice_.network, "origin": "api", "fields": slice_.params["fields"]}
    extra = {"team_id": slice_.network} if slice_.params.get("org") else {}
    users: dict[str, int] = dict(slice_.params["users"])
    wanted = _changed(slice_, checkpoint)
    seen = {user: at for user, at in users.items() if user not in set(wanted)}
    for start in range(0, len(wanted), SIDE_BY_SIDE):
        group = wanted[start : start + SIDE_BY_SIDE]
        answers = yield tuple(
            call("users.profile.get", slice_.network, subject=f"user {user}", user=user, **extra) for user in group
        )
        rows = []
        for user, answer in zip(group, answers, strict=True):
            if isinstance(answer, Response):
                rows.append({"user": user, "profile": answer.data.get("profile") or {}})
                seen[user] = users[user]
            elif not isinstance(answer, ObjectUnavailableError):
                raise answer
        yield Batch("profile", rows, context, checkpoint={"v": 1, "fields": _digest(slice_), "seen": dict(seen)})


def _changed(slice_: Slice, checkpoint: Checkpoint | None) -> list[str]:
    usable = checkpoint is not None and checkpoint.get("v") == 1 and checkpoint.get("fields") == _digest(slice_)
    seen = checkpoint["seen"] if usable and checkpoint is not None else {}
    return [user for user, at in slice_.params["users"].items() if seen.get(user) != at]


def _digest(slice_: Slice) -> list[str]:
    """Name the fields asked for: when the workspace defines others, everybody is asked again."""
    return sorted(f"{native}={name}" for native, name in slice_.params["fields"].items())
