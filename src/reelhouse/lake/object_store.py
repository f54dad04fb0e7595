"""Files of a warehouse on storage with the API of S3, whose settings are AWS's own variables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reelhouse.errors import ReelhouseError, printable
from reelhouse.lake.parameters import text_literal

if TYPE_CHECKING:
    import duckdb

KEY, SECRET, TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
REGION, ENDPOINT = "AWS_REGION", "AWS_ENDPOINT_URL"
_SCHEME = "s3://"


def is_object(location: str) -> bool:
    """Return whether a location is on storage with the API of S3."""
    return location.startswith(_SCHEME)


def allow_objects(connection: duckdb.DuckDBPyConnection, warehouse: str) -> None:
    """Let DuckDB read a warehouse on S3, with the keys and the endpoint of the environment.

    Nothing happens for a warehouse in a folder.

    Raises:
        ReelhouseError: a key or DuckDB's extension httpfs is missing, or the endpoint is no URL.
    """
    if not is_object(warehouse):
        return
    from reelhouse.lake.extensions import extension_file  # imports DuckDB

    key, secret = _keys()
    options = {"key_id": key, "secret": secret, "region": _region()}
    if token := os.environ.get(TOKEN):
        options["session_token"] = token
    flags = ""
    if endpoint := os.environ.get(ENDPOINT):
        host, is_encrypted = _host(endpoint)
        options |= {"endpoint": host, "url_style": "path"}
        flags = f", use_ssl {str(is_encrypted).lower()}"
    values = ", ".join(f"{name} {text_literal(value)}" for name, value in options.items())
    connection.execute(f"load {text_literal(extension_file('httpfs'))}")
    connection.execute(f"create secret (type s3, {values}{flags})")


def read_object(location: str) -> bytes:
    """Return the content of an object.

    Raises:
        OSError: the object cannot be read.
        ReelhouseError: a key is missing, or the endpoint is no URL.
    """
    from pyarrow.fs import S3FileSystem

    key, secret = _keys()
    options: dict[str, Any] = {"access_key": key, "secret_key": secret, "region": _region()}
    if token := os.environ.get(TOKEN):
        options["session_token"] = token
    if endpoint := os.environ.get(ENDPOINT):
        host, is_encrypted = _host(endpoint)
        scheme = "https" if is_encrypted else "http"
        options |= {"endpoint_override": host, "scheme": scheme}
    with S3FileSystem(**options).open_input_file(location.removeprefix(_SCHEME)) as file:
        content: bytes = file.read()
        return content


def _keys() -> tuple[str, str]:
    missing = [name for name in (KEY, SECRET) if not os.environ.get(name)]
    if missing:
        raise ReelhouseError(
            f"the tables are on S3, and {' and '.join(missing)} of the environment"
            f" {'is' if len(missing) == 1 else 'are'} not set: set {KEY} and {SECRET}"
        )
    return os.environ[KEY], os.environ[SECRET]


def _region() -> str:
    return os.environ.get(REGION) or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def _host(endpoint: str) -> tuple[str, bool]:
    """Return the host and port of a URL, and whether the connection is encrypted."""
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ReelhouseError(
            f"{ENDPOINT} is {printable(endpoint)!r}: write it as https://s3.example.org"
        )
    return parts.netloc, parts.scheme == "https"
