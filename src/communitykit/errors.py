"""Errors, named by the caller's next move.

CommunityKitError
├── SettingsError               fix the settings
│   └── UnknownConnectorError       correct the name, or install the plugin
├── CredentialError             renew the credential
├── PermissionMissingError      ask for a scope or a permission
├── ObjectUnavailableError      skip: this one object cannot be read (gone, or closed to this credential)
├── RetryableError              retry
│   ├── RateLimitedError            wait, then retry
│   └── TransientError              retry: the platform or the network faltered
│       └── NoConnectionError           check the address and the network: nothing was asked
├── ProtocolError               report a bug: the platform answered what no documentation promises
├── ForeignHostError            refuse: an address that the settings did not name
├── CursorError                 start this walk again from its high-water mark
├── ArchiveError                give another file
├── SignatureError              reject the delivery
└── StoreError                  look at the file
    ├── StoreBusyError              wait for the other run, or stop it
    └── StoreVersionError           upgrade communitykit
"""

from __future__ import annotations

import errno

from communitykit.printable import printable


class CommunityKitError(Exception):
    """Something a caller can act on.

    The text of every error is one paragraph: what failed, where, and what to do. `platform`, `subject` (the object),
    `status` (HTTP), `code` (the platform's own) and `remedy` are there as attributes too. None of them ever holds a
    token, a cookie or a signed address.
    """

    source: str | None = None
    """The name of the configuration's source that it is about; None where no configuration names one."""

    def __init__(
        self,
        message: str,
        *,
        platform: str | None = None,
        subject: str | None = None,
        status: int | None = None,
        code: str | None = None,
        remedy: str | None = None,
    ) -> None:
        """Compose the text from its parts; each part stays readable as an attribute."""
        self.message = message
        self.platform = platform
        self.subject = subject
        self.status = status
        self.code = code
        self.remedy = remedy
        super().__init__(message)

    def __str__(self) -> str:
        """One paragraph: platform, object, what happened, the platform's code, the remedy.

        What of it would steer a terminal or end a log's line is shown escaped.
        """
        said = self.source == self.platform and f"[[sources]] {self.source}" in (self.subject or "")
        head = ": ".join(part for part in (None if said else self.platform, self.subject) if part)  # its name once
        facts = [str(self.status)] if self.status is not None else []
        if self.code:
            facts.append(self.code)
        tail = f" ({' '.join(facts)})" if facts else ""
        sentence = f"{head}: {self.message}{tail}" if head else f"{self.message}{tail}"
        ended = sentence if sentence.endswith(("?", "!")) else f"{sentence.rstrip('.')}."
        whole = f"{ended} {self.remedy}" if self.remedy else sentence
        return printable(" ".join(whole.split("\n")))


class SettingsError(CommunityKitError):
    """A setting is missing or wrong: fix the settings."""


class UnknownConnectorError(SettingsError):
    """No connector of that name is installed: correct the name, or install the plugin."""


class CredentialError(CommunityKitError):
    """The credential is refused, revoked or expired: renew it."""


class PermissionMissingError(CommunityKitError):
    """The credential is good but may not do this: ask for the scope or permission that the remedy names."""


class ObjectUnavailableError(CommunityKitError):
    """One object cannot be read (gone, or closed to this credential): skip it, the rest goes on."""


class RetryableError(CommunityKitError):
    """The same request may succeed later: after `retry_after` seconds where the platform said how long, else None."""

    def __init__(self, message: str, *, retry_after: float | None = None, **where: str | int | None) -> None:
        """Keep the platform's own waiting time in seconds."""
        super().__init__(message, **where)  # type: ignore[arg-type] # the keywords are those of the base class
        self.retry_after = retry_after


class RateLimitedError(RetryableError):
    """The platform asked to wait."""


class TransientError(RetryableError):
    """A server error, a time-out or a broken connection: retrying usually helps."""


class NoConnectionError(TransientError):
    """No connection was made, and so nothing was asked: check the address, the network and the proxy."""

    refused_here = False
    """This machine itself refused it: nobody listens, which waiting seldom changes."""


class ProtocolError(CommunityKitError):
    """The platform answered what its documentation does not promise: report it with the text of this error."""


class ForeignHostError(CommunityKitError):
    """A request would have gone to a host that neither the settings nor the connector name: refused."""


class CursorError(CommunityKitError):
    """A cursor expired or repeated itself: start this walk again from its high-water mark."""


class ArchiveError(CommunityKitError):
    """The archive cannot be opened, or is not safe to open: give another file."""


class SignatureError(CommunityKitError):
    """A webhook delivery is not signed by the platform, or is too old: reject it."""


class StoreError(CommunityKitError):
    """The activity store cannot be used as asked."""

    result: object = None
    """Of an error that ended a run that had begun: the run's `PullResult` so far, with the error; else None."""


class StoreBusyError(StoreError):
    """Another process writes to the store, or reads the same source into it: wait for it, or stop it."""

    at_work: dict[str, object] | None = None
    """Who is in the way: `since`, `process`, `host` and `sources` (`name` and `platform` of each), each None where it
    is not known; None where nothing is."""


class StoreVersionError(StoreError):
    """The store was written by a newer communitykit: upgrade."""


_SYSTEM = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "Make room on the disk (or raise the quota)"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "Get the rights to it, or name another place"),
    errno.EROFS: "Name a place on a disk that can be written to",
    errno.EEXIST: "Name another, or remove it",
    errno.ENOENT: "Check the path",
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "Close files, or raise the limit on open ones"),
}


def wrong_argument(name: str, value: object, wanted: str) -> TypeError:
    """Return the error of an argument of the wrong type: its name, the type that it has, and what it is to be."""
    what = f"the class {value.__name__} itself" if isinstance(value, type) else type(value).__name__
    return TypeError(f"{name} is to be {wanted}, not {what}")


def told_by_system(error: OSError | MemoryError, doing: str = "go on") -> CommunityKitError:
    """Return what the operating system refused as an error with its remedy: it is no defect of anybody's."""
    if isinstance(error, MemoryError):
        return CommunityKitError(f"there is too little memory to {doing}", remedy="Free some, and run it again.")
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    reason = error.strerror or str(error) or type(error).__name__
    remedy = _SYSTEM.get(error.errno or 0, "Look at what it names")
    subject = ", ".join(names) or None
    return CommunityKitError(
        f"it was not possible to {doing}: {reason}", subject=subject, remedy=f"{remedy}, and run it again."
    )


def told_of_port(port: int, error: OSError | OverflowError, *, holder: str, remedy: str) -> SettingsError:
    """Return why a port cannot be listened on, with its remedy; `holder` is what else of ours may have it."""
    if isinstance(error, OverflowError):
        why = "is no port: they go from 0 to 65535"
    elif error.errno == errno.EADDRINUSE:
        why = f"is taken, perhaps by {holder}"
    else:
        why = f"cannot be taken: {error.strerror or type(error).__name__}"
    return SettingsError(f"port {port} {why}", remedy=remedy)
