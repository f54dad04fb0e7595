"""The lake of a cluster: its catalog is in PostgreSQL, and every node reaches its tables."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from reelhouse.errors import ReelhouseError, check_utf8, printable
from reelhouse.paths import shown

TARGET = "REELHOUSE_TARGET"
"""Variable that names the dbt target whose lake the commands use."""
LOCAL, CLUSTER = "local", "cluster"
"""dbt's targets: a lake in a folder of this machine, and the lake of a cluster."""
URI, WAREHOUSE = "REELHOUSE_CATALOG_URI", "REELHOUSE_WAREHOUSE"
MASTER = "REELHOUSE_MASTER"
_HOST = r"(?:\[[^\]]*\]|[^:/,@]*)(?::\d*)?"
_PLACE = re.compile(rf"{_HOST}(?:,{_HOST})*(?:/[^/@]*)?")
"""Hosts, ports and name of a database."""
_OTHER_SCHEME_OF_S3 = re.compile(r"(?!s3://)s3[an]?://", re.IGNORECASE)
USER, PASSWORD = "REELHOUSE_CATALOG_USER", "REELHOUSE_CATALOG_PASSWORD"


@dataclass(frozen=True)
class ClusterLake:
    """A lake whose catalog is in PostgreSQL.

    `str()` returns the address without the user and the password, so that messages can name it.
    """

    uri: str = field(repr=False)
    """Address of the database for JDBC or SQLAlchemy; it may have a user and a password."""
    warehouse: str
    """Folder of the tables' files, at the same path on each machine, or ``s3://bucket/folder``."""
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Return the address of the database, without the user, password and other options.

        Of an address that cannot be divided into these, only the start is returned.
        """
        address = self.uri.removeprefix("jdbc:").partition("?")[0]
        scheme, slashes, rest = address.partition("//")
        place = rest.rpartition("@")[2]
        if "@" in scheme or not _PLACE.fullmatch(place):
            return f"{scheme.partition(':')[0]}:…"
        return f"{scheme}{slashes}{place}"


Lake = Path | ClusterLake
"""Where a lake is: a folder of this machine, or a catalog in PostgreSQL."""


def environment_of(lake: Lake) -> dict[str, str]:
    """Return the environment of a child process that uses a lake, with its password."""
    if not isinstance(lake, ClusterLake):
        return {**os.environ, TARGET: LOCAL, "REELHOUSE_LAKE": str(lake)}
    return {
        **os.environ,
        TARGET: CLUSTER,
        URI: lake.uri,
        WAREHOUSE: lake.warehouse,
        USER: lake.user,
        PASSWORD: lake.password,
    }


def shown_lake(lake: Lake) -> str:
    """Return the text of a lake; a folder inside the project is relative to it."""
    return str(lake) if isinstance(lake, ClusterLake) else shown(lake)


def target() -> str:
    """Return the dbt target whose lake the commands use."""
    return os.environ.get(TARGET) or LOCAL


def has_cluster() -> bool:
    """Return whether the environment names the catalog of a cluster."""
    return bool(os.environ.get(URI))


def cluster_lake() -> ClusterLake:
    """Return the lake that the environment names, with the variables of the target ``cluster``.

    Raises:
        ReelhouseError: a variable is missing, or the warehouse cannot be read as it is written.
    """
    values = {name: os.environ.get(name, "") for name in (URI, WAREHOUSE, USER, PASSWORD)}
    missing = [name for name in (URI, WAREHOUSE) if not values[name]]
    if missing:
        raise ReelhouseError(
            f"the lake of the target {printable(target())} needs {' and '.join(missing)}: set"
            f" {'it' if len(missing) == 1 else 'both'} as for its builds (README.md, On a cluster),"
            f" or unset {TARGET} for the lake of this machine"
        )
    warehouse = values[WAREHOUSE]
    check_utf8(warehouse, f"{WAREHOUSE} is", "name another folder")
    if _OTHER_SCHEME_OF_S3.match(warehouse):
        raise ReelhouseError(f"{WAREHOUSE} is {warehouse}: write it as s3://bucket/folder")
    return ClusterLake(values[URI], warehouse, values[USER], values[PASSWORD])
