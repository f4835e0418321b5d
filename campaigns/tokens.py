"""What proves who an agent is: a word of sixteen signs that is easy to read out; pure.

The base keeps its SHA-256 only. A token is drawn by chance and holds eighty bits, so that
nothing slower than one hash is needed to keep it from being guessed.
"""

import hashlib

SECRET_BYTES = 10
"""How much chance a token holds."""

_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Thirty-two, five bits each; without those that are taken for one another: 0 O, 1 I."""

_BITS, _GROUP = 5, 4
_LENGTH = SECRET_BYTES * 8 // _BITS


def token_of(secret: bytes) -> str:
    """Return the token that holds a secret, like "K7QF-2MZD-XW4H-9BTR".

    Args:
        secret: `SECRET_BYTES` bytes of chance.
    """
    assert len(secret) == SECRET_BYTES
    number = int.from_bytes(secret)
    signs = "".join(_SIGNS[number >> _BITS * at & 31] for at in reversed(range(_LENGTH)))
    return "-".join(signs[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def hash_of(token: str) -> str | None:
    """Return what the base keeps of a token as somebody typed it, or None where it is none.

    Blanks and dashes do not count, nor does upper or lower case.
    """
    signs = "".join(token.split()).replace("-", "").upper()
    if len(signs) != _LENGTH or not set(signs) <= set(_SIGNS):
        return None
    return hashlib.sha256(signs.encode()).hexdigest()
