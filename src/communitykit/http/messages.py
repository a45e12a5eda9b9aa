"""HTTP/1.1 as one connection speaks it: a request's bytes, and its answer as it arrives. No I/O.

h11 reads and writes it, as it does beneath httpx; what a pool, cookies, redirects and hooks would add is not wanted.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import h11
from pydantic_core import to_json

from communitykit.connector.settings import Settings
from communitykit.http.bodies import Body, NoAnswerError
from communitykit.http.conductor import Answer, Send
from communitykit.http.target import Target, encoded, target_of

_LONGEST_HEAD = 100 * 1024


def written(send: Send, agent: str) -> tuple[Target, dict[str, str], bytes]:
    """Return where a request goes, its headers and its body."""
    target = target_of(send.url, send.params)
    given = {name.lower() for name in send.headers}
    headers = {"Host": target.host, "User-Agent": agent, "Accept-Encoding": "gzip, deflate"}
    headers = {name: value for name, value in headers.items() if name.lower() not in given} | dict(send.headers)
    content, kind = b"", ""
    if send.form is not None:
        content, kind = encoded(send.form).encode(), "application/x-www-form-urlencoded"
    elif send.json is not None:
        content, kind = to_json(send.json), "application/json"
    if kind and "content-type" not in given:
        headers["Content-Type"] = kind
    if content or send.method not in {"GET", "HEAD"}:
        headers["Content-Length"] = str(len(content))
    return target, headers, content


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by their lower-case names; what is said several times is joined by commas."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name = raw_name.decode("ascii").lower()
        try:
            value = raw_value.decode()
        except UnicodeDecodeError:
            value = raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


class Talk:
    """What is said over one connection: one request after another, each with its answer."""

    def __init__(self, settings: Settings) -> None:
        """Begin with nothing said."""
        self._settings = settings
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self._body: Body | None = None
        self._head: tuple[str, str, dict[str, str]] | None = None
        self._request: h11.Request
        self._send: Send
        self._files: list[Path]

    def ask(self, send: Send, target: Target, headers: dict[str, str], content: bytes, files: list[Path]) -> bytes:
        """Return the bytes of a request, head and body in one piece; `hear` its answer.

        Raises NoAnswerError where a header would be two: nothing is sent then.
        """
        self._send, self._files = send, files
        head = send.method, target.path, headers
        if head != self._head:  # often it is the last one again: pages of one method, asked by forms
            raw = [(name.encode("ascii"), value.encode()) for name, value in headers.items()]
            try:
                self._request = h11.Request(method=send.method, target=target.path, headers=raw)
            except h11.LocalProtocolError:
                raise NoAnswerError("LocalProtocolError") from None
            self._head = head
        parts = [self._state.send(self._request), self._state.send(h11.Data(data=content)) if content else b""]
        return b"".join([*parts, self._state.send(h11.EndOfMessage())])

    def hear(self, data: bytes) -> Answer | None:
        """Take in what arrived, nothing being the end of it; return the answer once it is whole.

        Raises NoAnswerError for what is no answer, or is cut short, and TooLongError for more than the settings allow.
        """
        state = self._state
        try:
            state.receive_data(data)
            while (event := state.next_event()) is not h11.NEED_DATA:
                if isinstance(event, h11.Data) and self._body is not None:
                    self._body.take(bytes(event.data))
                elif isinstance(event, h11.EndOfMessage) and self._body is not None:
                    return self._body.end()
                elif isinstance(event, h11.Response):
                    self._body = Body(
                        self._send, event.status_code, headers_of(event.headers), self._settings, self._files
                    )
                elif not isinstance(event, h11.InformationalResponse):
                    raise NoAnswerError("RemoteProtocolError")
        except h11.RemoteProtocolError:
            raise NoAnswerError("RemoteProtocolError") from None
        return None

    def close(self) -> None:
        """Close the file that an answer goes to."""
        if self._body is not None:
            self._body.close()

    def goes_on(self) -> bool:
        """Tell whether the connection may serve another request, and be ready for it.

        Not where either side said no, nor where more came than was asked for: it would be taken for the next answer.
        """
        state = self._state
        self._body = None
        if state.our_state is not h11.DONE or state.their_state is not h11.DONE or state.trailing_data != (b"", False):
            return False
        state.start_next_cycle()
        return True
