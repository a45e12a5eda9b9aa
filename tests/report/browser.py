"""Ask a real Chromium about a page: a script runs in a frame of some width, and what it tells comes back."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def asked(page: Path, script: str, folder: Path, *, width: int, dark: bool) -> dict[str, Any]:
    """Return what the script gives to `tell`, with the page's details open and without its policy against scripts."""
    (told,) = asked_of_all([(page, width)], script, folder, dark=dark)
    return told


def asked_of_all(frames: Sequence[tuple[Path, int]], script: str, folder: Path, *, dark: bool) -> list[dict[str, Any]]:
    """Return what the script tells of each page at its width, all of them in one browser."""
    shown = []
    for number, (page, width) in enumerate(frames):
        text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text(encoding="utf-8"))
        text = text.replace("<details>", "<details open>")
        to = f"parent.document.getElementById('told-{number}')"
        tell = f"function tell(found) {{ {to}.textContent = JSON.stringify(found); }}"
        (folder / f"page-{number}.html").write_text(
            text.replace("</body>", f"<script>{tell}\n{script}</script></body>"), encoding="utf-8"
        )
        frame = f'<iframe src="page-{number}.html" width="{width}" height="900" style="border:0"></iframe>'
        shown.append(f'<pre id="told-{number}"></pre>{frame}')
    (folder / "frame.html").write_text(f"<!DOCTYPE html><html><body>{''.join(shown)}</body></html>", encoding="utf-8")
    done = subprocess.run(
        [
            str(CHROMIUM),
            *QUIET,
            "--allow-file-access-from-files",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            f"--user-data-dir={folder / 'profile'}",
            "--virtual-time-budget=60000",
            "--dump-dom",
            (folder / "frame.html").as_uri(),
        ],
        capture_output=True,
        timeout=240,
        check=True,
    )
    found = re.findall(r'<pre id="told-\d+">(.+?)</pre>', done.stdout.decode(), re.DOTALL)
    assert len(found) == len(frames), "a frame told nothing"
    return [dict(json.loads(unescape(one))) for one in found]
