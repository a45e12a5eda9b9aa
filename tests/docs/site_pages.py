"""Brings pages that stand outside of `docs/` into the site: each package's README, and the changes (mkdocs hooks)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
ELSEWHERE = {
    "changelog.md": ROOT / "CHANGELOG.md",
    **{
        f"packages/{one.parent.name.removeprefix('communitykit-')}.md": one
        for one in sorted(ROOT.glob("plugins/*/README.md"))
    },
}
"""Their addresses in the site, and where they stand."""


def on_files(files: Any, config: Any) -> Any:
    """Add the pages."""
    for address, path in ELSEWHERE.items():
        files.append(File.generated(config, address, content=path.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links between the repository's folders lead to the pages of the site."""
    here = ELSEWHERE.get(page.file.src_uri, ROOT / "docs" / page.file.src_uri)
    return re.sub(r"(?<=\]\()[^)\s#]+(?=[#)])", lambda link: _led(link[0], here, page.file.src_uri), markdown)


def _led(link: str, here: Path, address: str) -> str:
    if "://" in link or not (target := (here.parent / link).resolve()).exists():
        return link  # what leads nowhere is left as it is: a strict build says so
    for there, path in {"index.md": ROOT / "README.md", **ELSEWHERE}.items():
        if target == path:
            return "../" * address.count("/") + there
    if here in ELSEWHERE.values() and target.is_relative_to(ROOT / "docs"):
        return "../" * address.count("/") + target.relative_to(ROOT / "docs").as_posix()
    return link
