"""Which fields name another record: one list, in the model."""

from typing import get_args

from communitykit.model import RECORD_TYPES, EngagementEvent, Member, Mention, Post, reference_fields, references

ANN, BOB, ROOM, ROOT = "t:n:member:ann", "t:n:member:bob", "t:n:community:room", "t:n:post:1"


def test_every_field_that_is_called_an_id_of_another_record_is_declared() -> None:
    no_records = {"id", "native_id", "directory_id", "run_id"}
    for model in RECORD_TYPES.values():
        named = {name for name in model.model_fields if name.endswith(("_id", "_ids"))} - no_records
        assert named == {name for name in reference_fields(model) if "." not in name}
    assert get_args(EngagementEvent.model_fields["target_id"].annotation)  # may be None
    assert reference_fields(EngagementEvent)["target_id"] == ("member", "community", "post")


def test_a_record_tells_everything_that_it_names() -> None:
    post = Post(
        id=ROOT,
        community_id=ROOM,
        author_id=ANN,
        mentions=(Mention(kind="member", id=BOB), Mention(kind="everyone"), Mention(kind="tag", id="news")),
        praised_ids=(BOB, ANN),
        extra={"delegate_id": BOB, "deep": {"list": [ANN, "10:30:00:7", 5]}},
    )
    assert [tuple(one) for one in references(post)] == [
        ("community_id", "community", ROOM),
        ("author_id", "member", ANN),
        ("mentions.id", "member", BOB),
        ("praised_ids", "member", BOB),
        ("praised_ids", "member", ANN),
        ("extra.delegate_id", "member", BOB),
        ("extra.deep.list", "member", ANN),
    ]
    assert [one.kind for one in references(EngagementEvent(id="t:n:event:e", kind="reacted", target_id=ROOT))] == [
        "post"
    ]
    assert list(references(Member(id=ANN))) == []
