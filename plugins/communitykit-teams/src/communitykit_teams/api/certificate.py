"""A client assertion signed with the app's certificate, in place of a secret. Needs the extra `cert`.

"Microsoft identity platform application authentication certificate credentials": a JWT signed with PS256 whose header
names the certificate by its SHA-256 thumbprint.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from communitykit import SettingsError
from communitykit.connector import JSON

_LIVES = timedelta(minutes=10)


def signed_assertion(path: Path, password: str | None, *, audience: str, client_id: str, now: datetime) -> str:
    """Make a client assertion from a PEM file that holds the certificate and its private key.

    Raises SettingsError when the file is not there or holds neither, or the extra is missing.
    """
    key, der = _read(path, password)
    from jwt import encode  # noqa: PLC0415 # an extra

    claims = {
        "aud": audience,
        "iss": client_id,
        "sub": client_id,
        "jti": str(uuid4()),
        "nbf": now - timedelta(minutes=1),
        "exp": now + _LIVES,
    }
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
    return encode(claims, key, "PS256", {"x5t#S256": thumbprint})


def _read(path: Path, password: str | None) -> tuple[JSON, bytes]:
    try:
        import jwt  # noqa: F401, PLC0415 # an extra
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 # same
        from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key  # noqa: PLC0415 # same
        from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415 # same
    except ImportError:
        raise SettingsError(
            "certificates need another package", platform="teams", remedy="pip install 'communitykit-teams[cert]'"
        ) from None
    try:
        pem = path.read_bytes()
        key = load_pem_private_key(pem, password.encode() if password else None)
        der = load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(
            f"the certificate cannot be used: {type(error).__name__}",
            platform="teams",
            subject=path.name,
            remedy="Give a PEM file that holds the certificate and its private key, and its password if it has one.",
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise SettingsError("the certificate's key is no RSA key", platform="teams", subject=path.name)
    return key, der
