"""Connections to a catalog in PostgreSQL: its address, and messages for its errors."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote

from reelhouse.errors import ReelhouseError, shortened
from reelhouse.lake.cluster import PASSWORD, URI, USER, ClusterLake

_ADDRESS = re.compile(r"(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?:(?P<rest>.*)", re.DOTALL)
"""An address for JDBC, SQLAlchemy or libpq."""
_EXAMPLE = "jdbc:postgresql://db:5432/lake"
_SAME_NAME = (
    *("user", "password", "sslmode", "sslrootcert", "sslcert", "sslkey"),
    *("options", "application_name", "connect_timeout", "target_session_attrs"),
)
"""Options with one name and meaning in JDBC, SQLAlchemy and libpq, or in the last two of them."""
_ATTRIBUTES = {
    "primary": "primary",
    "master": "primary",
    "secondary": "standby",
    "slave": "standby",
    "preferSecondary": "prefer-standby",
    "preferSlave": "prefer-standby",
}
"""Value of JDBC's targetServerType → value of libpq's target_session_attrs."""
_SECONDS_TO_CONNECT = 10
_HIDDEN = "*****"
_opened = threading.local()
"""The last lake of this thread, and the connection to its database. A new one takes 15 ms."""
_REMEDIES = {
    r"password|authentication|no pg_hba": f"correct {USER} and {PASSWORD}",
    r"role .* does not exist": f"correct {USER}",
    r"database .* does not exist": f"create the database, or correct its name in {URI}",
    r"refused|translate host|time(d )?out|No route|unreachable|closed the connection": (
        f"start the server, or correct its address in {URI}"
    ),
    r"permission denied": f"give {USER} the right to read the tables of the catalog",
}
"""Part of a message of PostgreSQL → the remedy."""


@contextmanager
def connected_to(lake: ClusterLake) -> Iterator[Any]:
    """Yield a connection of psycopg2 for reading, which the next call in this thread uses again.

    Raises:
        ReelhouseError: the address is not one of PostgreSQL, or the database refuses the connection
            or a statement. The message never has the password.
    """
    import psycopg2  # takes a twentieth of a second

    options = connection_options(lake)
    try:
        if not _answers(lake):
            _opened.lake, _opened.connection = lake, psycopg2.connect(**options)
            _opened.connection.set_session(readonly=True, autocommit=True)
        yield _opened.connection
    except (psycopg2.Error, UnicodeError) as error:
        _opened.lake = None
        text = shortened(_without_secrets(str(error), lake, options))
        raise ReelhouseError(
            f"the catalog {lake} cannot be read ({text}): {_remedy(text)}"
        ) from None  # the cause may show the password


def _answers(lake: ClusterLake) -> bool:
    """Return whether this thread has a connection to the database, and the server answers."""
    import psycopg2

    if getattr(_opened, "lake", None) != lake:
        return False
    try:
        _opened.connection.cursor().execute("select 1")
    except psycopg2.Error:  # the server has closed it
        return False
    return True


def connection_options(lake: ClusterLake) -> dict[str, Any]:
    """Return the options of libpq for the address, user and password of a lake.

    Raises:
        ReelhouseError: the address is not one of PostgreSQL.
    """
    found = _ADDRESS.fullmatch(lake.uri)
    if not found:
        scheme = lake.uri.partition("//")[0].partition("?")[0] if "//" in lake.uri else "no scheme"
        raise ReelhouseError(
            f"{URI} is not the address of a PostgreSQL database ({shortened(scheme)}), and other"
            f" catalogs are read by Spark only: write it as {_EXAMPLE}"
        )
    address, _, query = found["rest"].partition("?")
    given = dict(parse_qsl(query, keep_blank_values=True))
    options: dict[str, Any] = {"connect_timeout": _SECONDS_TO_CONNECT}
    options |= {name: given[name] for name in _SAME_NAME if name in given}
    options |= _options_of_jdbc(given)
    options |= _place(address)
    named = {"user": lake.user, "password": lake.password}
    return options | {name: value for name, value in named.items() if value}


def _place(address: str) -> dict[str, str]:
    """Return the hosts, ports, database, user and password of ``//user:password@host:port/name``.

    JDBC also knows the forms ``name``, ``/name`` and ``/`` for a database on this machine.
    """
    if not address.startswith("//"):
        name = unquote(address.removeprefix("/"))
        return {"host": "localhost"} | ({"dbname": name} if name else {})
    login, _, place = address.removeprefix("//").rpartition("@")
    user, _, password = login.partition(":")
    hosts, _, name = place.partition("/")
    pairs = [_host_and_port(each) for each in hosts.split(",")]
    found = {
        "host": ",".join(host for host, _ in pairs),
        "port": ",".join(port for _, port in pairs),
        "dbname": unquote(name),
        "user": unquote(user),
        "password": unquote(password),
    }
    return {name: value for name, value in found.items() if value}


def _host_and_port(text: str) -> tuple[str, str]:
    """Return a host and its port, of which an address of IPv6 is in brackets."""
    found = re.fullmatch(r"(?:\[(.*)\]|([^:]*))(?::(\d+))?", text)
    if not found:
        raise ReelhouseError(
            f"the address of the database in {URI} has an invalid host or port: write it as"
            f" {_EXAMPLE}"
        )
    return unquote(found[1] or found[2] or "localhost"), found[3] or "5432"


def _options_of_jdbc(given: dict[str, str]) -> dict[str, str]:
    """Return the options of libpq for those of the JDBC driver; others matter to Java only."""
    options = {}
    if given.get("ssl", "false") in ("true", "") and "sslmode" not in given:
        options["sslmode"] = "verify-full"
    if schema := given.get("currentSchema"):
        options["options"] = f"-csearch_path={schema}".replace(" ", "\\ ")
    if name := given.get("ApplicationName"):
        options["application_name"] = name
    if attribute := _ATTRIBUTES.get(given.get("targetServerType", "")):
        options["target_session_attrs"] = attribute
    return options


def _without_secrets(text: str, lake: ClusterLake, options: dict[str, Any]) -> str:
    for secret in {lake.password, options.get("password", "")}:
        if secret:
            text = text.replace(secret, _HIDDEN)
    return text


def _remedy(text: str) -> str:
    for pattern, remedy in _REMEDIES.items():
        if re.search(pattern, text):
            return remedy
    return f"check {URI}, {USER} and {PASSWORD}"
