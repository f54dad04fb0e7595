"""A Hypothesis state machine: every reader of a lake sees exactly one release, after anything.

The plug-in's own code publishes and rolls back, through Java and SQLite. PyIceberg builds the
tables. `make maintain` and `make forget` are the real commands.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from dbt_common.exceptions import DbtRuntimeError
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable

from bare_java import BareJava, start_java
from dbt_spark_session.releases import Releases
from reelhouse.cli import main
from reelhouse.lake.releases import releases_of
from reelhouse.lake.session import LakeSession
from tests.faults.lakes import BUILD, NAMESPACE, PUBLISHED, FaultLake

NAMES = ("a", "b")
USERS = range(1, 5)
Content = dict[str, int]
"""Table → the number of the build in its rows."""


class ReleaseMachine(RuleBasedStateMachine):
    """Builds, publications that fail or succeed, rollbacks, forgets and expiry, in any order."""

    java: BareJava | None = None
    """One Java process for all examples."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="reelhouse-machine-")
        os.environ["REELHOUSE_LAKE"] = self._folder.name
        self.lake = FaultLake(self._folder.name)
        if ReleaseMachine.java is None:
            ReleaseMachine.java = start_java()
        self.catalog = ReleaseMachine.java.catalog(BUILD, self.lake.settings)
        self.releases = Releases(self.catalog, PUBLISHED)
        self.tables = SqlCatalog(
            BUILD, uri=self.lake.uri, warehouse=f"{self.lake.folder}/warehouse"
        )
        self.number = 0
        self.built: Content = {}
        self.published: dict[int, Content] = {}
        self.forgotten: set[int] = set()
        self.checked: set[tuple[str, int]] = set()
        """Metadata files and their numbers, checked since a command has last removed files."""

    def teardown(self) -> None:
        self.tables.close()
        self._folder.cleanup()

    @property
    def newest(self) -> int | None:
        return max(self.published, default=None)

    def invocation(self) -> str:
        self.number += 1
        return f"command-{self.number}"

    # Rules

    @initialize()
    def first_build(self) -> None:
        self.tables.create_namespace(NAMESPACE)
        self.build(NAMES)

    @rule(names=st.sampled_from([NAMES, NAMES, ("a",), ("b",)]))
    def build(self, names: tuple[str, ...]) -> None:
        """Build all tables, or only some: a build that was killed, or a selection."""
        self.number += 1
        users = [user for user in USERS if user not in self.forgotten]
        rows = pa.table({"user_id": users, "x": [self.number] * len(users)})
        for name in names:
            identifier = f"{NAMESPACE}.{name}"
            if self.tables.table_exists(identifier):
                self.tables.load_table(identifier).overwrite(rows)
            else:
                self.tables.create_table(identifier, rows.schema).append(rows)
            self.built[name] = self.number

    @rule()
    def publish(self) -> None:
        release = self.releases.publish(self.newest, self.invocation())
        self.published.setdefault(release.number, dict(self.built))

    @precondition(lambda self: self.published)
    @rule()
    def overtaken_publication(self) -> None:
        self.build(NAMES)
        with pytest.raises(DbtRuntimeError, match="was published while this command ran"):
            self.releases.publish((self.newest or 0) - 1 or None, self.invocation())

    @precondition(lambda self: self.published)
    @rule(event=st.sampled_from(["insert on releases", "delete on releases_in_progress"]))
    def failed_publication(self, event: str) -> None:
        """The database refuses a statement of the transaction, and nothing has changed."""
        self.build(NAMES)
        before = self.lake.query("select * from iceberg_tables")
        trigger = f"create trigger fail before {event} begin select raise(abort, 'full'); end"
        self._execute(trigger)
        with pytest.raises(Exception, match="full"):
            self.releases.publish(self.newest, self.invocation())
        self._execute("drop trigger fail")
        assert self.lake.query("select * from iceberg_tables") == before

    @precondition(lambda self: len(self.published) > 1)
    @rule(data=st.data())
    def roll_back(self, data: Any) -> None:
        number = data.draw(st.sampled_from(sorted(self.published)))
        release = self.releases.roll_back(number, self.invocation())
        self.published[release.number] = dict(self.published[number])
        self.built = dict(self.published[number])

    @precondition(lambda self: self.published)
    @rule(keep=st.integers(1, 3))
    def maintain(self, keep: int) -> None:
        self.checked.clear()
        assert main(["maintain", f"--keep={keep}", "--grace=0"]) == 0
        self._keep(keep)

    def _keep(self, keep: int) -> None:
        self.published = dict(sorted(self.published.items())[-keep:])

    @precondition(lambda self: self.published and len(self.forgotten) < len(USERS) - 1)
    @rule(data=st.data())
    def forget(self, data: Any) -> None:
        user = data.draw(st.sampled_from([u for u in USERS if u not in self.forgotten]))
        self.checked.clear()
        assert main(["forget", str(user)]) == 0
        self.forgotten.add(user)

    @rule(name=st.sampled_from(NAMES))
    def expire(self, name: str) -> None:
        """Expire all snapshots that no branch and no tag keeps, as another program may do."""
        table = self.tables.load_table(f"{NAMESPACE}.{name}")
        current = table.current_snapshot()
        if current is not None:
            table.maintenance.expire_snapshots().older_than(_future()).commit()

    # Invariants

    @invariant()
    def every_reader_sees_exactly_one_release(self) -> None:
        rows = self.lake.query(
            "select catalog_name, table_name, metadata_location from iceberg_tables"
        )
        found: dict[str, dict[str, str]] = {}
        for catalog, name, location in rows:
            found.setdefault(catalog, {})[name] = location
        numbers = {release.number for release in releases_of(Path(self.lake.folder))}
        assert numbers == self.published.keys()
        assert found.keys() - {BUILD, PUBLISHED} == {f"r{number}" for number in numbers}
        if self.newest is not None:
            assert found[PUBLISHED] == found[f"r{self.newest}"]
            content = self.published[self.newest]
            tables = {(found[PUBLISHED][name], content[name]) for name in content}
            if not tables <= self.checked:
                self._check_duckdb(content)
        for number, content in self.published.items():
            self._check(found[f"r{number}"], content)
        self._check(found.get(BUILD, {}), self.built)
        if numbers:
            assert self.lake.query("select * from releases_in_progress") == []

    def _check(self, tables: dict[str, str], content: Content) -> None:
        assert tables.keys() == content.keys()
        for name, location in tables.items():
            if (location, content[name]) in self.checked:
                continue
            self.checked.add((location, content[name]))
            rows = StaticTable.from_metadata(location).scan().to_arrow().to_pylist()
            users = sorted(row["user_id"] for row in rows)
            assert {row["x"] for row in rows} == {content[name]}
            assert users == [user for user in USERS if user not in self.forgotten]

    def _check_duckdb(self, content: Content) -> None:
        query = " union all ".join(f"select '{name}', min(x), max(x) from {name}" for name in NAMES)
        with LakeSession(Path(self.lake.folder)) as session:
            rows = session.execute(query).fetchall()
        assert sorted(rows) == sorted((name, x, x) for name, x in content.items())

    def _execute(self, sql: str) -> None:
        with closing(sqlite3.connect(f"{self.lake.folder}/catalog.db")) as database, database:
            database.execute(sql)


def _future() -> Any:
    from datetime import UTC, datetime, timedelta

    return datetime.now(UTC) + timedelta(days=1)
