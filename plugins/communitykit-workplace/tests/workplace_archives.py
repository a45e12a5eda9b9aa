"""A post and a group as archives hold them, and the ids of what is read from one."""

POST = {"id": "10000_20", "created_time": "2020-01-01T10:00:00+0000", "from": {"id": "50000", "name": "Ann"},
        "message": "Hello", "to": {"data": [{"id": "10000"}]}}  # fmt: skip

GROUP = {"id": "10000", "name": "General", "privacy": "OPEN"}


def post_id(native: str) -> str:
    return f"workplace:graph:post:{native}"


def member_id(native: str) -> str:
    return f"workplace:graph:member:{native}"
