"""Signatures of the aggregators' pushes, made over the raw bytes of the form value and compared in constant time."""

import base64
import binascii
import hashlib
import hmac
from urllib.parse import unquote_to_bytes

_HEX_LENGTH = 32


def kuaidi100_sign(param: bytes, salt: bytes) -> str:
    """Return the upper-case hex MD5 of the raw `param` value followed by the salt."""
    return hashlib.md5(param + salt, usedforsecurity=False).hexdigest().upper()


def is_kuaidi100_sign(sign: bytes, *, param: bytes, salt: bytes) -> bool:
    """Return whether `sign` signs exactly these bytes; letters of the hex may have either case."""
    return hmac.compare_digest(sign.strip().upper(), kuaidi100_sign(param, salt).encode())


def kdniao_sign(request_data: bytes, key: bytes) -> str:
    """Return base64 over the lower-case hex MD5 of the un-encoded data followed by the application's key."""
    digest = hashlib.md5(request_data + key, usedforsecurity=False).hexdigest()
    return base64.b64encode(digest.encode()).decode()


def is_kdniao_sign(sign: bytes, *, request_data: bytes, key: bytes) -> bool:
    """Return whether `sign` signs these bytes; it may arrive percent-encoded once more, and its hex in either case."""
    expected = hashlib.md5(request_data + key, usedforsecurity=False).hexdigest().encode()
    try:
        given = base64.b64decode(unquote_to_bytes(sign.strip()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(given) == _HEX_LENGTH and hmac.compare_digest(given.lower(), expected)
