"""Writes the generated parts of the documentation: `uv run python tests/docs/generate.py`. A test compares them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from communitykit.connector import FEATURES, Connector
from communitykit.model import RECORD_TYPES, Attachment, Counts, Mention, Poll, PollOption, Source
from communitykit.registry import registry

ROOT = Path(__file__).parents[2]


def connector_table() -> str:
    """Give the table of connectors, from what they declare."""
    rows = ["| platform | install | reads | through | tells |", "| --- | --- | --- | --- | --- |"]
    for one in registry().connectors.values():
        doors = ", ".join(name for name, there in _doors(one) if there)
        records = ", ".join(sorted(one.capabilities.records))
        features = ", ".join(name.replace("_", " ") for name in FEATURES if name in one.capabilities.features)
        rows.append(f"| {one.title} | `communitykit-{one.name}` | {records} | {doors} | {features} |")
    return "\n".join(rows)


def model_reference() -> str:
    """Give the reference of the model, from the model."""
    parts = [
        "# The model",
        "",
        "Generated from `communitykit.model`. Every record also has `source` and `extra`; `raw` only when asked for.",
        "A field that a source does not tell is unset, which is not the same as `None`: `None` is an answer.",
    ]
    for model in (*RECORD_TYPES.values(), Source, Mention, Attachment, Poll, PollOption, Counts):
        parts += ["", f"## {model.__name__}", "", (model.__doc__ or "").strip(), "", "| field | type | meaning |"]
        parts.append("| --- | --- | --- |")
        for name, field in model.model_fields.items():
            if name != "record":
                parts.append(f"| `{name}` | {_type(field.annotation)} | {field.description or ''} |")
    return "\n".join(parts) + "\n"


def readme() -> str:
    """Give the README with its table filled in."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.sub(
        r"(<!-- connectors -->\n).*?(\n<!-- /connectors -->)",
        lambda match: match[1] + connector_table() + match[2],
        text,
        flags=re.DOTALL,
    )


def _doors(connector: Connector) -> list[tuple[str, bool]]:
    return [
        ("API", connector.read is not None),
        ("export archives", connector.archive is not None),
        ("webhooks", connector.webhook is not None),
    ]


def _type(annotation: Any) -> str:
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    text = re.sub(r"Annotated\[(\w+), FieldInfo\(annotation=\w+, required=True, metadata=\[[^\]]*\]\)\]", r"\1", text)
    text = re.sub(r"Annotated\[([\w.]+), AfterValidator\(func=<function \w+ at 0x[0-9a-f]+>\)\]", r"\1", text)
    text = re.sub(r"\b(?:typing|pydantic\.types|datetime|communitykit\.model\.records)\.", "", text)
    text = re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", text)
    text = re.sub(r"Optional\[(.*)\]$", r"\1 or None", text).replace(" | None", " or None").replace("NoneType", "None")
    return "`" + text.replace("AwareDatetime", "datetime, UTC").replace("|", "or") + "`"


if __name__ == "__main__":
    (ROOT / "README.md").write_text(readme(), encoding="utf-8")
    (ROOT / "docs/reference/model.md").write_text(model_reference(), encoding="utf-8")
