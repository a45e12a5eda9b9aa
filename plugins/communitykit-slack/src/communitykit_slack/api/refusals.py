"""What Slack's refusals mean: every code that it documents for the methods asked here, with what to do. Pure."""

from __future__ import annotations

from typing import NamedTuple

from communitykit import (
    CommunityKitError,
    CredentialError,
    CursorError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    TransientError,
)
from communitykit.connector import JSON


class Meaning(NamedTuple):
    """What a code means, in a few words, and the next move."""

    error: type[CommunityKitError]
    words: str
    remedy: str | None = None


def _each(codes: str, meaning: Meaning) -> dict[str, Meaning]:
    return dict.fromkeys(codes.split(), meaning)


_REFUSED = Meaning(CredentialError, "the token is refused", "Install the app again.")
_NOT_ALLOWED = Meaning(PermissionMissingError, "the token may not do this", "Ask an administrator.")
_NOT_THERE = Meaning(ObjectUnavailableError, "it cannot be read")
_ROTATION = Meaning(
    CredentialError, "Slack does not renew the token", "Check client_id, client_secret and refresh_token of the app."
)
_APPROVAL = Meaning(
    PermissionMissingError, "the workspace is not open to this token", "Have the app approved in that workspace."
)
_OUTDATED = Meaning(
    ProtocolError, "Slack does not take the request as it is made", "Upgrade communitykit-slack, and check base_url."
)
_WINDOW = Meaning(ProtocolError, "Slack does not take the times asked for", "Check since and until.")

MEANINGS: dict[str, Meaning] = {
    **_each("account_inactive token_revoked", _REFUSED),
    "not_authed": _REFUSED._replace(remedy="Give a token: as keyword, setting or COMMUNITYKIT_SLACK_TOKEN."),
    "invalid_auth": _REFUSED._replace(remedy="Copy the token again from the app's page, 'OAuth & Permissions'."),
    "token_expired": _REFUSED._replace(
        remedy="Give refresh_token, client_id and client_secret so that tokens can be rotated."
    ),
    "invalid_refresh_token": _REFUSED._replace(remedy="It was used already: generate a new pair on the app's page."),
    **_each(
        "bad_client_secret invalid_client_id invalid_grant_type bad_redirect_uri invalid_code invalid_code_verifier"
        " no_scopes oauth_authorization_url_mismatch pkce_not_allowed preview_feature_not_available"
        " cannot_install_an_org_installed_app user_email_unverified",
        _ROTATION,
    ),
    **_each(
        "missing_scope no_permission not_allowed_token_type access_denied accesslimited ekm_access_denied"
        " enterprise_is_restricted org_login_required two_factor_setup_required paid_only feature_not_available"
        " restricted_action not_allowed user_is_restricted invalid_types",
        _NOT_ALLOWED,
    ),
    "plan_upgrade_required": _NOT_ALLOWED._replace(remedy="The workspace's plan does not include this."),
    **_each("team_access_not_granted team_not_found invalid_team", _APPROVAL),
    "not_in_channel": _NOT_THERE._replace(remedy="Invite the app to the channel (/invite @app), or use a user token."),
    "channel_not_found": _NOT_THERE._replace(
        remedy="It does not exist, or it is private and the app is not in it: invite the app."
    ),
    **_each(
        "channel_is_limited_access is_archived thread_not_found message_not_found user_not_found user_not_visible"
        " users_not_found bot_not_found bots_not_found no_such_subteam method_not_supported_for_channel_type"
        " file_not_found file_comment_not_found too_many_users",
        _NOT_THERE,
    ),
    "invalid_cursor": Meaning(CursorError, "the cursor expired", "Run again: reading goes on from what was read."),
    **_each(
        "fatal_error internal_error service_unavailable request_timeout team_added_to_org rollup_error external_error"
        " fetch_members_failed list_record_comment_fetch_failed",
        Meaning(TransientError, "Slack failed to answer"),
    ),
    **_each("invalid_ts_latest invalid_ts_oldest bad_timestamp", _WINDOW),
    **_each(
        "deprecated_endpoint method_deprecated unknown_method invalid_arg_name invalid_arguments invalid_array_arg"
        " invalid_charset invalid_form_data invalid_json invalid_post_type missing_post_type missing_argument"
        " invalid_limit limit_required invalid_metadata_filter_keys no_item_specified",
        _OUTDATED,
    ),
}
"""By code. One that is not here is documented nowhere, and worth a report."""

_UNKNOWN = Meaning(ProtocolError, "Slack refused the request", "Please report this with the text above.")


def refusal(code: str, data: dict[str, JSON]) -> CommunityKitError:
    """Make the error that a code means, named by what to do about it."""
    error, words, remedy = MEANINGS.get(code, _UNKNOWN)
    if code == "missing_scope":
        needed = str(data.get("needed") or "the scope")
        words = f"the token lacks {needed}"
        remedy = f"Grant {needed} on the app's page, 'OAuth & Permissions', and install the app again."
    return error(words, code=code, remedy=remedy)
