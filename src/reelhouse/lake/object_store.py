"""Read files of a warehouse on S3, with the settings in the environment variables of AWS."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple
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

    access = _access()
    options = {"key_id": access.key, "secret": access.secret, "region": access.region}
    if access.token:
        options["session_token"] = access.token
    flags = ""
    if access.host:
        options |= {"endpoint": access.host, "url_style": "path"}
        flags = f", use_ssl {str(access.is_encrypted).lower()}"
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

    access = _access()
    options: dict[str, Any] = {"access_key": access.key, "secret_key": access.secret}
    if access.token:
        options["session_token"] = access.token
    if access.host:
        scheme = "https" if access.is_encrypted else "http"
        options |= {"endpoint_override": access.host, "scheme": scheme}
    with S3FileSystem(region=access.region, **options).open_input_file(
        location.removeprefix(_SCHEME)
    ) as file:
        content: bytes = file.read()
        return content


class _Access(NamedTuple):
    """Settings of the storage in the environment."""

    key: str
    secret: str
    token: str
    region: str
    host: str
    """Host and port of another server than those of AWS; else empty."""
    is_encrypted: bool


def _access() -> _Access:
    missing = [name for name in (KEY, SECRET) if not os.environ.get(name)]
    if missing:
        raise ReelhouseError(
            f"the tables are on S3, and {' and '.join(missing)} of the environment"
            f" {'is' if len(missing) == 1 else 'are'} not set: set {KEY} and {SECRET}"
        )
    endpoint = os.environ.get(ENDPOINT)
    return _Access(
        os.environ[KEY],
        os.environ[SECRET],
        os.environ.get(TOKEN, ""),
        os.environ.get(REGION) or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1",
        *(_host(endpoint) if endpoint else ("", True)),
    )


def _host(endpoint: str) -> tuple[str, bool]:
    """Return the host and port of a URL, and whether the connection is encrypted."""
    parts = urlsplit(endpoint)
    is_address = parts.scheme in ("http", "https") and parts.netloc
    if not is_address or parts.path.strip("/") or parts.query:
        raise ReelhouseError(
            f"{ENDPOINT} is {printable(endpoint)!r}: write it as https://s3.example.org"
        )
    return parts.netloc, parts.scheme == "https"
