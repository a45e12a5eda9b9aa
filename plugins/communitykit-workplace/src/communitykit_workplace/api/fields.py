"""What is asked for: the fields of each object, expanded through its edges ("Field expansion"). Plain text."""

from __future__ import annotations

_NESTED = 50
"""Objects of an edge that come with their object; further ones are asked for apart.

With a summary an edge is there even when it is empty; without one it is left out, and nobody knows why.
"""
_REACTIONS = f"reactions.limit({_NESTED}).summary(true){{id,name,type}}"
_COMMENT = (
    "id,created_time,from{id,name},message,message_tags,attachment,comment_count,like_count,permalink_url,parent{id},"
    + _REACTIONS
)
REPLIES = f"comments.limit({_NESTED}).summary(true){{{_COMMENT}}}"
COMMENT = f"{_COMMENT},{REPLIES}"
"""A comment with its replies: there are two levels and no more."""
PERSON = "id,name"
REACTION = "id,name,type"
SEEN = "id,name,seen_time"
MEMBER = (
    "id,name,email,title,organization,division,department,primary_address,work_locale,external_id,employee_number,"
    "active,account_invite_time,account_claim_time,account_deactivate_time,updated_time,frontline,managers{id}"
)
MEMBERSHIP = "id,name,administrator,joined"
_GROUP = (
    "id,name,description,privacy,purpose,archived,is_workplace_default,is_community,owner{id,name},updated_time,"
    "members.limit(0).summary(true)"
)
GROUP = f"{_GROUP},groups.limit({_NESTED}){{{_GROUP},groups.limit({_NESTED}){{{_GROUP}}}}}"
"""A group with its subgroups; deeper ones are asked for apart."""
GROUP_LEVELS = 2
EVENT = (
    "id,name,description,owner{id,name},parent_group{id},place,start_time,end_time,is_canceled,is_draft,"
    "attending_count,declined_count,interested_count,maybe_count,noreply_count,"
    + ",".join(f"{edge}.limit({_NESTED}){{{PERSON}}}" for edge in ("attending", "maybe", "declined"))
)
_PAGE = "id,title,content,status,last_editor{id,name},last_updated"
PAGE = f"{_PAGE},subcategories.limit({_NESTED}){{{_PAGE},subcategories.limit({_NESTED}){{{_PAGE}}}}}"
_ATTACHMENT = "title,description,type,media_type,url,unshimmed_url,target,media"
_ATTACHMENTS = f"attachments{{{_ATTACHMENT},subattachments{{{_ATTACHMENT}}}}}"
_POLL = f"poll{{id,question,options{{id,name,vote_count,votes.limit({_NESTED}){{{PERSON}}}}}}}"

EDGES = {
    "comments": COMMENT,
    "reactions": REACTION,
    "likes": PERSON,
    "seen": SEEN,
    "votes": PERSON,
    "attending": PERSON,
    "maybe": PERSON,
    "interested": PERSON,
    "declined": PERSON,
}
"""What is asked of the objects of an edge, where it goes on."""


def post(*, views: bool, poll: bool = True) -> str:
    """Return the fields of a post; `poll` is off where a mirror knows no such field."""
    parts = [
        "id,created_time,updated_time,formatting,from{id,name},to,message,message_tags,story,type,status_type",
        "permalink_url,link,name,description,caption,object_id,parent_id,shares",
        _ATTACHMENTS,
        f"comments.limit({_NESTED}).summary(true){{{COMMENT}}}",
        _REACTIONS,
    ]
    parts += [f"seen.limit({_NESTED}).summary(true){{{SEEN}}}"] if views else []
    return ",".join(parts + ([_POLL] if poll else []))
