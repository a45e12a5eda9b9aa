"""What the makers of dumps asked the Graph for, by Meta's sample scripts and its reference: `fields`, as plain text.

The connector asks for more, and in its own words: nothing is shared, or a mistake in both would cancel itself out.
"""

from __future__ import annotations

_EACH = "id,name"
_REACTIONS = "reactions.limit(50).summary(true){id,name,type}"
_WRITTEN = "id,created_time,from{id,name},message,message_tags"
_REPLY = f"{_WRITTEN},attachment,comment_count,like_count,permalink_url,parent{{id}},{_REACTIONS}"
_COMMENTS = f"comments.limit(50).summary(true){{{_REPLY},comments.limit(50).summary(true){{{_REPLY}}}}}"
_SHOWN = "title,description,type,media_type,url,unshimmed_url,target,media"
POST = ",".join(
    [
        f"{_WRITTEN},updated_time,formatting,to,story,type,status_type,permalink_url,link,name,description,caption",
        f"object_id,parent_id,shares,attachments{{{_SHOWN},subattachments{{{_SHOWN}}}}}",
        _COMMENTS,
        _REACTIONS,
        "seen.limit(50).summary(true){id,name,seen_time}",
        f"poll{{id,question,options{{id,name,vote_count,votes.limit(50){{{_EACH}}}}}}}",
    ]
)
MEMBER = (
    "id,name,email,title,organization,division,department,primary_address,work_locale,external_id,employee_number,"
    "active,account_invite_time,account_claim_time,account_deactivate_time,updated_time,frontline,managers{id},"
    "claim_link"
)
MEMBERSHIP = "id,name,administrator,joined"
_PLACE = (
    "id,name,description,privacy,purpose,archived,is_workplace_default,is_community,owner{id,name},updated_time,"
    "members.limit(0).summary(true)"
)
GROUP = f"{_PLACE},groups.limit(50){{{_PLACE},groups.limit(50){{{_PLACE}}}}}"
EVENT = (
    "id,name,description,owner{id,name},parent_group{id},place,start_time,end_time,is_canceled,is_draft,"
    "attending_count,declined_count,interested_count,maybe_count,noreply_count,"
    f"attending.limit(50){{{_EACH}}},maybe.limit(50){{{_EACH}}},declined.limit(50){{{_EACH}}}"
)
_SHEET = "id,title,content,status,last_editor{id,name},last_updated"
PAGE = f"{_SHEET},subcategories.limit(50){{{_SHEET},subcategories.limit(50){{{_SHEET}}}}}"
