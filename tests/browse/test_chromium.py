"""The pages in a real Chromium: barriers by axe, the width of a telephone, and the keyboard alone."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from communitykit.browse import browse

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ROOT = Path(__file__).parents[2]
AXE = Path(os.environ.get("AXE_CORE", ROOT / "node_modules/axe-core/axe.min.js"))
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars")  # fmt: skip
PAGES = {
    "overview": "",
    "communities": "communities",
    "community": f"community?id={quote('x:n:community:open')}",
    "thread": f"thread?id={quote('x:n:post:root')}",
    "posts": "posts?q=thread",
    "sql": "sql?q=SELECT+*+FROM+posts+LIMIT+3",
    "coverage": "coverage",
}
RUN = """
axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then(function (found) {
  parent.document.getElementById('told').textContent = JSON.stringify({passes: found.passes.length, width: innerWidth,
    scroll: document.documentElement.scrollWidth,
    violations: found.violations.map(function (one) { return one.id + ': ' + one.nodes[0].html.slice(0, 160); })});
});
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def address(store: Path) -> Iterator[str]:
    with browse(store) as found:
        yield found


@pytest.mark.skipif(not AXE.exists(), reason="there is no axe-core: npm install --no-save axe-core, or set AXE_CORE")
@pytest.mark.parametrize(("width", "dark"), [(1000, False), (320, True)], ids=["wide-light", "narrow-dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_barrier(address: str, tmp_path: Path, name: str, width: int, *, dark: bool) -> None:
    with urlopen(address + PAGES[name]) as answer:  # noqa: S310 # on this machine
        text = answer.read().decode()
    script = f"<script>{AXE.read_text(encoding='utf-8')}</script><script>{RUN}</script></body>"
    (tmp_path / "page.html").write_text(text.replace("</body>", script), encoding="utf-8")
    frame = f'<pre id="told"></pre><iframe src="page.html" width="{width}" height="900" style="border:0"></iframe>'
    (tmp_path / "frame.html").write_text(f"<!DOCTYPE html><html><body>{frame}</body></html>", encoding="utf-8")
    done = subprocess.run(
        [str(CHROMIUM), *QUIET, "--allow-file-access-from-files", f"--user-data-dir={tmp_path / 'profile'}",
         f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--virtual-time-budget=60000", "--dump-dom",
         (tmp_path / "frame.html").as_uri()],
        capture_output=True, timeout=240, check=True,
    )  # fmt: skip
    (found,) = re.findall(r'<pre id="told">(.+?)</pre>', done.stdout.decode(), re.DOTALL)
    told = json.loads(unescape(found))
    assert told["width"] == width
    assert told["violations"] == []
    assert told["passes"] > 10
    assert told["scroll"] <= width, "the page itself never scrolls sideways"


class Tab:
    """A page in Chromium, spoken to by its own protocol (Chrome DevTools) over a pipe."""

    def __init__(self, process: subprocess.Popen[bytes], send: int, receive: int) -> None:
        self._send, self._receive = send, receive
        self._process, self._number, self._rest = process, 0, b""
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self("Page.enable")
        self("Log.enable")
        self.said: list[str] = []

    _session: str | None = None

    def __call__(self, method: str, **parameters: object) -> Any:
        self._number += 1
        asked: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session and not method.startswith("Target."):
            asked["sessionId"] = self._session
        os.write(self._send, json.dumps(asked).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, told
                return told["result"]
            if told.get("method") == "Log.entryAdded":
                self.said.append(told["params"]["entry"]["text"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            self._rest += os.read(self._receive, 1 << 20)
        told, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(told))

    def open(self, address: str) -> None:
        self("Page.navigate", url=address)
        self.settle()

    def settle(self) -> None:
        for _ in range(200):
            if self.value("document.readyState") == "complete" and self.value("location.href") != "about:blank":
                return
            time.sleep(0.02)
        raise AssertionError("the page did not load")

    def until(self, expression: str) -> None:
        for _ in range(500):
            if self.value(expression):
                self.settle()
                return
            time.sleep(0.02)
        raise AssertionError(expression)

    def value(self, expression: str) -> Any:
        return self("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def press(self, key: str, text: str | None = None) -> None:
        codes = {"Tab": 9, "Enter": 13}
        told: dict[str, object] = {"key": key, "code": key, "windowsVirtualKeyCode": codes.get(key, 0)}
        self("Input.dispatchKeyEvent", type="keyDown", **told, **({"text": text} if text else {}))
        self("Input.dispatchKeyEvent", type="keyUp", **told)


@contextmanager
def chromium(folder: Path) -> Iterator[Tab]:
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    command = [str(CHROMIUM), *QUIET, f"--user-data-dir={folder}", "--remote-debugging-pipe"]

    def placed() -> None:  # pragma: no cover # in the child
        os.dup2(to_read, 3)
        os.dup2(from_write, 4)

    with subprocess.Popen(
        command,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        close_fds=False,
        preexec_fn=placed,  # noqa: PLW1509 # the protocol wants pipes 3 and 4
    ) as process:
        try:
            yield Tab(process, to_write, from_read)
        finally:
            process.kill()


def test_the_keyboard_alone_gets_everywhere(address: str, tmp_path: Path) -> None:
    with chromium(tmp_path / "profile") as tab:
        tab("Emulation.setDeviceMetricsOverride", width=320, height=640, deviceScaleFactor=1, mobile=False)
        tab.open(address)
        focused = "(document.activeElement.textContent || document.activeElement.name || '').trim().slice(0, 30)"
        seen = []
        for _ in range(9):
            tab.press("Tab")
            seen.append(tab.value(focused))
        assert seen == [
            "Skip to the content", "Overview", "Communities", "Posts", "SQL", "Coverage and issues", "q", "Search",
            tab.value("document.querySelector('.wide').textContent.trim().slice(0, 30)"),
        ]  # fmt: skip
        outline = tab.value("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        assert tab.value("document.documentElement.scrollWidth") <= 320
        tab.value("document.getElementById('words').focus()")
        tab("Input.insertText", text="ladder")
        tab.press("Enter", "\r")
        tab.until("location.search == '?q=ladder'")
        assert "1 post with" in tab.value("document.querySelector('[role=status]').textContent")
        tab.value("document.querySelector('.threads a').focus()")
        tab.press("Enter", "\r")
        tab.until("location.pathname.endsWith('/thread')")
        assert tab.value("document.querySelectorAll('article').length") == 3
        assert tab.value("document.documentElement.scrollWidth") <= 320
        assert tab.value("getComputedStyle(document.querySelector('article')).borderLeftStyle") == "solid"  # styled
        tab.open(f"{address}communities")
        heights = tab.value("[...document.querySelectorAll('th')].map(one => one.offsetHeight)")
        assert len(heights) == 7
        assert max(heights) < 40, "a heading is one line, at any width"
        tab.open(f"{address}posts")
        tab.value("[...document.querySelectorAll('.facets a')].find(one => one.textContent == 'reply').focus()")
        tab.press("Enter", "\r")
        tab.until("new URLSearchParams(location.search).get('thread') == 'reply'")
        assert tab.value("document.querySelectorAll('.threads li').length") == 2
        tab.open(f"{address}sql")
        tab.value("document.getElementById('question').focus()")
        tab("Input.insertText", text="SELECT count(*) AS posts FROM posts")
        tab.press("Tab")
        tab.press("Enter", "\r")
        tab.until("location.search.startsWith('?q=SELECT')")
        assert tab.value("document.querySelector('td').textContent") == "65"
        assert tab.value("document.documentElement.scrollWidth") <= 320
        assert not [one for one in tab.said if "Content Security" in one]
        kept = os.environ.get("COMMUNITYKIT_PICTURES")
        if kept:
            for name, page in PAGES.items():
                tab.open(address + page)
                shot = tab("Page.captureScreenshot", format="png", captureBeyondViewport=True)
                Path(kept, f"browse-{name}.png").write_bytes(b64decode(shot["data"]))


def test_a_wide_answer_scrolls_in_a_box_of_its_own(address: str, tmp_path: Path) -> None:
    with chromium(tmp_path / "profile") as tab:
        for width in (320, 1000):
            tab("Emulation.setDeviceMetricsOverride", width=width, height=640, deviceScaleFactor=1, mobile=False)
            tab.open(f"{address}sql?q=FROM+posts")
            assert (
                tab.value("Math.max(...[...document.querySelectorAll('tbody tr')].map(one => one.offsetHeight))") < 40
            )
            assert tab.value("document.querySelector('.answer').offsetHeight") <= 640 * 0.7
            tab.value("document.querySelector('.answer').scrollTop = 900")
            top = "document.querySelector('{}').getBoundingClientRect().top"
            assert 0 <= tab.value(f"{top.format('.answer th')} - {top.format('.answer')}") < 5, "the heading stays"
            assert tab.value("document.documentElement.scrollWidth") <= width


def test_it_listens_on_this_machine_alone(address: str) -> None:
    port = int(address.split(":")[2].split("/", maxsplit=1)[0])
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.2", port))
