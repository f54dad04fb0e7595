"""Addresses of a catalog in PostgreSQL, as options of libpq."""

from __future__ import annotations

from typing import Any

import pytest

from reelhouse.lake.cluster import ClusterLake
from reelhouse.lake.postgresql import connection_options

HERE = {"host": "db", "port": "5432", "dbname": "lake"}


@pytest.mark.parametrize(
    ("uri", "options"),
    [
        ("jdbc:postgresql://db:5432/lake", HERE),
        ("jdbc:postgresql://db/lake", HERE),
        ("jdbc:postgresql:lake", {"host": "localhost", "dbname": "lake"}),
        ("jdbc:postgresql:/", {"host": "localhost"}),
        ("jdbc:postgresql://[::1]:6543/a%20b", {"host": "::1", "port": "6543", "dbname": "a b"}),
        (
            "jdbc:postgresql://a,b:2/lake?targetServerType=primary",
            {
                "host": "a,b",
                "port": "5432,2",
                "dbname": "lake",
                "target_session_attrs": "primary",
            },
        ),
        (
            "jdbc:postgresql://db/lake?user=u&password=p%26q",
            {**HERE, "user": "u", "password": "p&q"},
        ),
        ("jdbc:postgresql://db/lake?ssl=true", {**HERE, "sslmode": "verify-full"}),
        (
            "jdbc:postgresql://db/lake?sslcert=/c.pem&sslkey=/k.pem",
            {**HERE, "sslcert": "/c.pem", "sslkey": "/k.pem"},
        ),
        ("jdbc:postgresql://db/lake?ssl=true&sslmode=require", {**HERE, "sslmode": "require"}),
        ("jdbc:postgresql://db/lake?ssl=false&tcpKeepAlive=true", HERE),
        ("jdbc:postgresql://db/lake?currentSchema=ice", {**HERE, "options": "-csearch_path=ice"}),
        ("jdbc:postgresql://db/lake?ApplicationName=me", {**HERE, "application_name": "me"}),
        ("postgresql://u:p%40q@db/lake", {**HERE, "user": "u", "password": "p@q"}),
        ("postgresql+psycopg2://db/lake?connect_timeout=3", {**HERE, "connect_timeout": "3"}),
        ("postgres://db/lake", HERE),
    ],
)
def test_addresses_of_jdbc_and_sqlalchemy(uri: str, options: dict[str, Any]) -> None:
    found = connection_options(ClusterLake(uri, "/warehouse"))
    assert found == {"connect_timeout": 10, **options}


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("jdbc:postgresql://db:5432/lake?user=u&password=p@q", "postgresql://db:5432/lake"),
        ("postgresql+psycopg2://u:p@a:1,[::1]:2/lake", "postgresql+psycopg2://a:1,[::1]:2/lake"),
        ("postgresql://u:a//b@db/lake", "postgresql://db/lake"),
        ("postgresql://u:a@b@db/lake", "postgresql://db/lake"),
        ("jdbc:postgresql:lake", "postgresql:lake"),
        # Addresses with a password that is not encoded.
        ("postgresql://u:p?q@db/lake", "postgresql:…"),
        ("postgresql://u:a/b?c@db/lake", "postgresql:…"),
        ("postgresql:u:p@db/lake", "postgresql:…"),
    ],
)
def test_the_text_of_a_lake_has_no_login(uri: str, shown: str) -> None:
    assert str(ClusterLake(uri, "/warehouse")) == shown


def test_the_user_and_password_of_the_environment_win() -> None:
    lake = ClusterLake("postgresql://u:p@db/lake", "/warehouse", "me", "secret")
    found = connection_options(lake)
    assert (found["user"], found["password"]) == ("me", "secret")
