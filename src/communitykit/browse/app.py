"""The pages' application: which address shows what, to whom, and under which rules for the browser."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from communitykit.browse import lists, pages
from communitykit.browse.facets import Chosen
from communitykit.browse.queries import PAGE, Asked, Reading
from communitykit.browse.querying import LONGEST, ShownCopy
from communitykit.http.asgi import Message, Receive, Send
from communitykit.store import Store

_STYLE = b64encode(sha256(pages.STYLE.encode()).digest()).decode()
HEADERS = {
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_STYLE}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""With every answer: nothing runs, nothing is fetched or kept, no other page may look in."""
_MOST = 200
"""Characters of what is searched for."""


class Browser:
    """An ASGI application that shows a store to whoever knows its token, and to nobody else."""

    def __init__(self, store: Path, asked: Asked, *, token: str | None = None) -> None:
        """Prepare; the store is opened for each page, and let go of, so that a run can write between."""
        self.token = token or secrets.token_urlsafe(32)
        self._store = store
        self._asked = asked
        self._copy = ShownCopy(store, asked)
        self._pages = Starlette(
            routes=[
                Route("/", self._overview),
                Route("/communities", self._communities),
                Route("/community", self._community),
                Route("/thread", self._thread),
                Route("/posts", self._posts),
                Route("/sql", self._sql),
                Route("/coverage", self._coverage),
            ]
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request: for another host, without the token, or one that is no reading, there is nothing here."""
        if scope["type"] != "http":
            return
        _, token, path = [*scope["path"].split("/", 2), "", ""][:3]
        known = secrets.compare_digest(token.encode(), self.token.encode())
        if not known or not _is_local(scope) or scope["method"] not in {"GET", "HEAD"}:
            await Response("There is nothing here.", 404, HEADERS, "text/plain")(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message["headers"] if name.decode() not in HEADERS]
                message["headers"] = [*kept, *((name.encode(), value.encode()) for name, value in HEADERS.items())]
            await send(message)

        await self._pages({**scope, "path": f"/{path}", "raw_path": None}, receive, guarded)

    @property
    def base(self) -> str:
        """The overview's path."""
        return f"/{self.token}/"

    def _overview(self, _: Request) -> Response:
        return self._page(
            "What is in the store", lambda reading: pages.overview(reading.overview(), reading.hidden()), here=""
        )

    def _communities(self, request: Request) -> Response:
        chosen, words = Chosen.of("communities", request.query_params), _words(request)
        return self._page(
            "Communities",
            lambda reading: [
                lists.filtering(chosen, self.base, words),
                lists.narrowing(chosen, reading.facets(chosen, words), self.base, words),
                *pages.communities(reading.communities(chosen, words), self.base),
                pages.kept_out(reading.hidden()),
            ],
            here="communities",
        )

    def _community(self, request: Request) -> Response:
        with self._reading() as reading:
            place = reading.community(request.query_params.get("id", ""))
            if place is None:
                return self._nothing()
            there = reading.number_of_threads(place["id"])
            number = _within(_number(request), there)
            rows = reading.threads(place["id"], number)
        body = pages.community(place, rows, number, self.base, there=there)
        return self._show(pages.called(place), body, here="community")

    def _thread(self, request: Request) -> Response:
        post = request.query_params.get("id", "")
        with self._reading() as reading:
            rows = reading.thread(post)
            if not rows:
                return self._nothing()
            reactions = reading.reactions(post)
        return self._show("Thread", pages.thread(rows, reactions, self.base), here="thread")

    def _posts(self, request: Request) -> Response:
        words = _words(request)
        chosen = Chosen.of("posts", request.query_params)
        with self._reading() as reading:
            counted = reading.facets(chosen, words)
            page = _within(_number(request), lists.in_all(counted))
            rows = reading.posts(chosen, words, page)
        body = lists.posts(chosen, rows, counted, self.base, words=words, page=page)
        return self._show("Posts", body, here="posts", words=words)

    def _sql(self, request: Request) -> Response:
        question = request.query_params.get("q", "")[:LONGEST]
        tables = self._copy.tables()
        answer = self._copy.answer(question) if question.strip() and tables is not None else None
        return self._show("SQL", lists.sql(question, answer, tables, self.base), here="sql")

    def _coverage(self, _: Request) -> Response:
        return self._page(
            "Coverage and issues",
            lambda reading: pages.coverage(reading.coverage(), reading.issues(), reading.runs()),
            here="coverage",
        )

    def _page(self, title: str, body: Callable[[Reading], list[object]], *, here: str) -> Response:
        with self._reading() as reading:
            told = body(reading)
        return self._show(title, told, here=here)

    def _show(self, title: str, body: list[object], *, here: str, words: str = "", status: int = 200) -> Response:
        kinds = [name for name, there in (("private", self._asked.private), ("direct", self._asked.direct)) if there]
        note = f"Shown are public and {' and '.join(kinds)} talk." if kinds else "Only public talk is shown."
        text = pages.page(title, *body, base=self.base, here=here, words=words, note=note)
        return HTMLResponse(text.encode("utf-8", "backslashreplace"), status)

    def _nothing(self) -> Response:
        return self._show("Nothing is shown here", ["It is not in the store, or not public."], here="none", status=404)

    def _reading(self) -> _Opened:
        return _Opened(self._store, self._asked)


class _Opened:
    """A store that is open as long as a page is made."""

    def __init__(self, store: Path, asked: Asked) -> None:
        self._store = Store(store)
        self._asked = asked

    def __enter__(self) -> Reading:
        return Reading(self._store, self._asked)

    def __exit__(self, *_: object) -> None:
        self._store.close()


def _number(request: Request) -> int:
    """Return the page that is asked for; 0 for what is no number."""
    number = request.query_params.get("page", "0")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0  # noqa: PLR2004


def _within(page: int, rows: int) -> int:
    """Return a page that there is: the last for what is beyond it."""
    return min(page, max(0, rows - 1) // PAGE)


def _words(request: Request) -> str:
    return request.query_params.get("q", "")[:_MOST].strip()


def _is_local(scope: Message) -> bool:
    """Tell whether the browser means this machine: a name that was made to lead here is another page's trick."""
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    return len(hosts) == 1 and hosts[0].rsplit(":", 1)[0] in {"127.0.0.1", "localhost"}
