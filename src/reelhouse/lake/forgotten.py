"""Keyed hashes of the people whom a lake has forgotten.

The file of hashes names nobody: without the key, which only the owner of the lake can read, a hash
cannot be compared with the id of a person.
"""

import hmac
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from reelhouse.errors import ReelhouseError

KEY_BYTES = 32
NUMBER = "number:"
TEXT = "text:"
"""Prefixes of a hashed text: the whole number of an id, or the text of an id without blanks."""


class Forgotten(NamedTuple):
    """The people whom a lake has forgotten."""

    key: bytes
    """The secret key of the hashes."""
    hashes: frozenset[str]
    """HMAC-SHA256 of each person, in hexadecimal digits."""

    def has(self, person: str) -> bool:
        """Return whether a person, with the prefix of ``NUMBER`` or ``TEXT``, is forgotten."""
        return keyed_hash(self.key, person) in self.hashes


def key_file(lake: Path) -> Path:
    """Return the file of the secret key."""
    return lake / "forgotten.key"


def hash_file(lake: Path) -> Path:
    """Return the file of the hashes, one in a line."""
    return lake / "forgotten.txt"


def keyed_hash(key: bytes, person: str) -> str:
    """Return the HMAC-SHA256 of a person in hexadecimal digits."""
    return hmac.new(key, person.encode(), "sha256").hexdigest()


def read_forgotten(lake: Path) -> Forgotten | None:
    """Return the people whom a lake has forgotten; None if it has forgotten nobody.

    Raises:
        ReelhouseError: the key is missing or damaged, so that the raw files would bring these
            people back.
    """
    if not hash_file(lake).exists():
        return None
    key = key_file(lake).read_bytes() if key_file(lake).exists() else b""
    if len(key) != KEY_BYTES:
        raise ReelhouseError(
            f"{key_file(lake)} is missing or damaged, and without it the people in"
            f" {hash_file(lake)} would come back: restore the file from a backup"
        )
    return Forgotten(key, frozenset(hash_file(lake).read_text().split()))


def add_forgotten(lake: Path, person: str) -> None:
    """Add a person, with the prefix of ``NUMBER`` or ``TEXT``, and make a key if there is none.

    Raises:
        ReelhouseError: an error of ``read_forgotten``.
    """
    forgotten = read_forgotten(lake)
    if forgotten is None:
        key = secrets.token_bytes(KEY_BYTES)
        _write(key_file(lake), key)
        forgotten = Forgotten(key, frozenset())
    hashes = sorted({*forgotten.hashes, keyed_hash(forgotten.key, person)})
    _write(hash_file(lake), "".join(f"{each}\n" for each in hashes).encode())


def _write(file: Path, content: bytes) -> None:
    """Replace a file, which only its owner can read, in one step."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    new.rename(file)
