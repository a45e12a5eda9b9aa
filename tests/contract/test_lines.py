"""What the contract looks at in logs, and what it shows of them."""

import logging

from communitykit.testing.records import _every_line


def test_lines_of_every_library_are_looked_at_and_not_shown() -> None:
    shown: list[str] = []
    handler, root = logging.Handler(), logging.getLogger()
    handler.emit = lambda record: shown.append(record.getMessage())  # type: ignore[method-assign]
    root.addHandler(handler)
    before = (root.level, handler.level)
    try:
        with _every_line() as lines:
            logging.getLogger("asyncio").debug("a selector is used")
            logging.getLogger("communitykit").warning("a defect")
        assert lines == ["a selector is used", "a defect"]
        assert shown == ["a defect"]
        assert (root.level, handler.level) == before
    finally:
        root.removeHandler(handler)
