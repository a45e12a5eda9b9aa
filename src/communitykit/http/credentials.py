"""Credentials that outlive a process, in a file that only its owner reads and one writer at a time writes."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from communitykit.errors import CredentialError, SettingsError
from communitykit.model.values import JSON

if sys.platform != "win32":
    import fcntl

_ROOM = 16 * 1024
"""Bytes made sure of before anything is asked for: a token that was rotated and has no room is a token lost."""


class CredentialStore:
    """Rotated credentials: in memory, and in a file of mode 0600 when a path is given. Written before first use.

    `hold` it while a credential is renewed: a refresh token that may be used once is then used by one process, and the
    others find what it was changed for. On Windows, processes are not kept apart.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Keep nothing yet; the file is read when asked for."""
        self._path = Path(os.path.realpath(path)) if path is not None else None
        self._memory: dict[str, Mapping[str, JSON]] = {}
        self._unsaved: set[str] = set()
        self._lock: int | None = None
        self._room: Path | None = None
        self._guard = threading.RLock()

    @property
    def lasts(self) -> bool:
        """Whether what is kept outlives the process."""
        return self._path is not None

    def load(self, key: str) -> Mapping[str, JSON] | None:
        """Return what was saved under `key`, or None.

        Raises CredentialError when the file is damaged or cannot be read.
        """
        if self._path is None or key in self._unsaved:
            return self._memory.get(key)
        kept = self._read(self._path).get(key)
        return kept if isinstance(kept, Mapping) else None

    def save(self, key: str, value: Mapping[str, object]) -> None:
        """Keep `value` under `key`; the file is replaced whole, so a crash leaves the old or the new one.

        Raises CredentialError when it cannot be written; it is kept in memory all the same.
        """
        with self._guard:
            self._memory[key] = value
            if self._path is None:
                return
            self._unsaved.add(key)
            held = self._lock is not None
            if not held:
                self._take(self._path, wait=True)
            try:
                self._write(self._path, {**self._read(self._path), key: dict(value)})
            except OSError as error:
                raise _refused(self._path, error, "written") from None
            finally:
                if not held:
                    self.release()
            self._unsaved.discard(key)

    def hold(self) -> bool:
        """Take the right to renew credentials, and make sure that there is room for them; False: another has it.

        Raises CredentialError when the file could not be written afterwards.
        """
        with self._guard:
            if self._path is None or self._lock is not None:
                return True
            return self._take(self._path, wait=False)

    def release(self) -> None:
        """Give back the right to renew."""
        with self._guard:
            if self._room is not None:
                self._room.unlink(missing_ok=True)
                self._room = None
            if self._lock is not None:
                os.close(self._lock)  # the lock goes with it
                self._lock = None

    def _take(self, path: Path, *, wait: bool) -> bool:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                if sys.platform != "win32":
                    fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                return False
            self._lock = lock
            for left in path.parent.glob(f"{path.name}.*.new"):  # by those who were killed
                left.unlink(missing_ok=True)
            self._room = self._reserved(path)
        except OSError as error:
            self.release()
            raise _refused(path, error, "written") from None
        return True

    def _reserved(self, path: Path) -> Path:
        """Return the file that is to take the place of the other, as long as it can become."""
        handle, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".new", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(b" " * ((path.stat().st_size if path.exists() else 0) + _ROOM))
            file.flush()
            os.fsync(file.fileno())
        return Path(name)

    def _write(self, path: Path, kept: Mapping[str, object]) -> None:
        made = self._room or self._reserved(path)
        with made.open("r+b") as file:
            file.write(json.dumps(kept).encode())
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
        self._room = None

    def _read(self, path: Path) -> dict[str, JSON]:
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except UnicodeDecodeError:
            raise _damaged(path) from None
        except OSError as error:
            raise _refused(path, error, "read") from None
        try:
            kept = json.loads(text)
        except ValueError:
            raise _damaged(path) from None
        if not isinstance(kept, dict):
            raise _damaged(path)
        return kept


class KeyringStore(CredentialStore):
    """Rotated credentials in the system's keyring; a file beside it holds the right to renew, and no secret."""

    def __init__(self) -> None:
        """Find the keyring.

        Raises SettingsError where the extra `keyring` is missing, or there is no keyring.
        """
        try:
            keyring = import_module("keyring")
        except ImportError:
            raise SettingsError(
                "the system's keyring needs keyring", remedy="Install it: pip install 'communitykit[keyring]'."
            ) from None
        super().__init__(Path.home() / ".local" / "state" / "communitykit" / "keyring")
        self._keyring = keyring

    def load(self, key: str) -> Mapping[str, JSON] | None:
        """Return what was saved under `key`, or None; raises CredentialError as `save`."""
        told = self._told(lambda: self._keyring.get_password(_SERVICE, key))
        try:
            kept = json.loads(told) if told else None
        except ValueError:
            raise CredentialError(
                "what the system's keyring keeps for this is no login of ours",
                subject="credential_store",
                remedy=f"Delete the entry {key!r} of {_SERVICE!r} there, and log in again.",
            ) from None
        return kept if isinstance(kept, Mapping) else None

    def save(self, key: str, value: Mapping[str, JSON]) -> None:
        """Keep `value` under `key`.

        Raises CredentialError when the keyring is locked, or not there.
        """
        self._told(lambda: self._keyring.set_password(_SERVICE, key, json.dumps(dict(value))))

    def _told(self, use: Callable[[], str | None]) -> str | None:
        try:
            return use()
        except self._keyring.errors.KeyringError as error:
            raise CredentialError(
                f"the system's keyring cannot be used: {type(error).__name__}",
                subject="credential_store",
                remedy="Unlock it, or name a file as credential_store.",
            ) from None


_SERVICE = "communitykit"
KEYRING = Path("keyring")
"""What `credential_store` says where the system's keyring is meant."""


def credentials_in(place: Path | None) -> CredentialStore:
    """Return the store that a setting names: a file, the system's keyring, or the process's memory."""
    return KeyringStore() if place == KEYRING else CredentialStore(place)


def _damaged(path: Path) -> CredentialError:
    return CredentialError(
        "the file of rotated credentials is cut short or damaged",
        subject=path.name,
        remedy="Restore it from a copy; or remove it and give a new refresh token (log in again).",
    )


def _refused(path: Path, error: OSError, what: str) -> CredentialError:
    return CredentialError(
        f"the file of rotated credentials cannot be {what}: {error.strerror or type(error).__name__}",
        subject=path.name,
        remedy="Make it possible, or name another file with credential_store; nothing was asked of the platform.",
    )
