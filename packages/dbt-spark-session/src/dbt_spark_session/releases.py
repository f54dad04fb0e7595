"""Releases: the tables of a build become visible to readers all at once.

dbt writes to one catalog name, the build catalog. A publication is one transaction in the database
of the Iceberg JDBC catalog. It gives the tables of the build catalog to two other names: the
published name, under which readers find the newest release, and ``r<number>``, which never changes
again. Files are not copied.
"""

from __future__ import annotations

import re
from collections.abc import Set
from datetime import UTC, datetime

from dbt.adapters.events.logging import AdapterLogger
from dbt_common.exceptions import DbtRuntimeError

from dbt_spark_session.database import Database, database_of
from dbt_spark_session.java_catalog import JavaCatalog
from dbt_spark_session.release_doubts import was_committed
from dbt_spark_session.release_files import missing_file
from dbt_spark_session.release_tables import (
    Release,
    Table,
    copy_rows,
    create_release_tables,
    insert_release,
    metadata_files,
    next_number,
    releases_of,
    replace_file,
)
from dbt_spark_session.release_tags import write_tags

_logger = AdapterLogger("Spark")
ADOPTION = "adoption"
"""The invocation id of a release of tables that were built without releases."""


class Releases:
    """The releases under one published catalog name."""

    def __init__(
        self,
        catalog: JavaCatalog,
        published: str,
        missing_files: dict[str, str | None] | None = None,
    ) -> None:
        """Remember the catalogs.

        Args:
            catalog: the catalog that dbt writes to.
            published: name of the catalog that readers use.
            missing_files: which file each table lacks, by its metadata file. If it is given, it is
                filled, so that no table is looked at twice.

        Raises:
            DbtRuntimeError: Both names are the same, or one is that of a release.
        """
        if catalog.name == published:
            raise DbtRuntimeError(
                f"dbt.session.publish names the catalog '{published}', which dbt writes to: name"
                " another catalog there, or in spark.sql.defaultCatalog"
            )
        for name in (catalog.name, published):
            if re.fullmatch(r"r\d+", name):
                raise DbtRuntimeError(
                    f"the catalog '{name}' has a name of releases, whose tables never change: name"
                    " another one in dbt.session.publish or spark.sql.defaultCatalog"
                )
        self._catalog, self._build, self._published = catalog, catalog.name, published
        self._missing_files = missing_files

    def all(self) -> list[Release]:
        """Return the releases, the newest first."""
        with database_of(self._catalog) as database:
            return releases_of(database, self._published)

    def current(self) -> Release | None:
        """Return the release that readers see; None before the first."""
        return next(iter(self.all()), None)

    def has_table(self, table: Table) -> bool:
        """Return whether the newest release has a table or view, with all its files."""
        with database_of(self._catalog) as database:
            if not releases_of(database, self._published):
                return False
            location = self._published_files(database).get(table)
            is_table = location and table in metadata_files(database, self._published, views=False)
        if is_table and (missing := self._missing_file(str(location))):
            # Otherwise no build could be published that replaces the table.
            _logger.warning(
                f"{'.'.join(table)} of the last release cannot be read, so nothing is compared with"
                f" it: {missing}"
            )
            return False
        return location is not None

    def built_tables(self) -> list[Table]:
        """Return the tables of the build catalog."""
        with database_of(self._catalog) as database:
            return list(metadata_files(database, self._build, views=False))

    def needs_adoption(self) -> bool:
        """Return whether ``adopt`` has something to do."""
        with database_of(self._catalog) as database:
            return bool(
                metadata_files(database, self._published)
                and not releases_of(database, self._published)
            )

    def adopt(self) -> None:
        """Make a release of the tables under the published name if no release exists yet.

        A project may have built these tables before it used releases. The build catalog gets them
        too, so that incremental models, snapshots and seeds continue from them. The caller holds
        the write lock.
        """
        if not self.needs_adoption():
            return
        with database_of(self._catalog) as database:
            existing = metadata_files(database, self._published)
            built = metadata_files(database, self._build)
            if not built:
                with database.transaction():
                    copy_rows(database, self._published, self._build)
        if built in ({}, existing):
            self.publish(None, ADOPTION)

    def publish(
        self,
        started_from: int | None,
        invocation_id: str,
        built: Set[Table] | None = None,
        started_at: str | None = None,
        code_version: str | None = None,
        audits: Set[str] = frozenset(),
    ) -> Release:
        """Show the tables of the build catalog to readers.

        A second call for the same command returns the release of the first call. A command that
        has changed no table returns the current release.

        Args:
            started_from: number of the release that was current when the command started; None if
                there was none.
            invocation_id: dbt's id of the command.
            built: the tables and views that the command has built and tested; None if the command
                has built the whole project.
            started_at: time in UTC at which the command started.
            code_version: Git commit of the project.
            audits: namespaces with rows that data tests have stored, which nobody has to test.

        Raises:
            DbtRuntimeError: Another release was published since the command started, the build
                catalog has no table, another command has changed other tables, or the published
                catalog has tables that no release has.
        """
        with database_of(self._catalog) as database:
            current = next(iter(releases_of(database, self._published)), None)
            if current and current.invocation_id == invocation_id:
                return current
            changed = self._changed_tables(database)
            if current is None:
                self._refuse_other_tables(database)
            elif not changed or (built is not None and not changed & built):
                return current
            if built is not None:
                _refuse_unbuilt(changed, built, audits)
            create_release_tables(database)
            number = next_number(database)
            release = Release(
                *(number, _now(), invocation_id, started_from, None),
                *(started_at, code_version),
            )
            return self._release(database, release, self._build)

    def roll_back(self, number: int, invocation_id: str) -> Release:
        """Show an earlier release to readers again, as a new release.

        The build catalog gets the tables of the earlier release too.

        Raises:
            DbtRuntimeError: There is no such release.
        """
        with database_of(self._catalog) as database:
            known = [release.number for release in releases_of(database, self._published)]
            if number not in known:
                names = ", ".join(map(str, sorted(known))) or "none yet"
                raise DbtRuntimeError(f"there is no release {number}: the releases are {names}")
            release = Release(next_number(database), _now(), invocation_id, known[0], number)
            return self._release(database, release, f"r{number}")

    def _missing_file(self, location: str) -> str | None:
        known = self._missing_files if self._missing_files is not None else {}
        if location not in known:
            known[location] = missing_file(self._catalog, location)
        return known[location]

    def _changed_tables(self, database: Database) -> set[Table]:
        """Return the tables and views that differ between the build and the published catalog."""
        built = metadata_files(database, self._build)
        if not built:
            raise DbtRuntimeError(
                f"the catalog '{self._build}' has no table, so there is nothing to publish"
            )
        return {table for table, _ in built.items() ^ self._published_files(database).items()}

    def _refuse_other_tables(self, database: Database) -> None:
        """Refuse to replace tables that another program has written to the published catalog."""
        built = metadata_files(database, self._build)
        for (namespace, name), file in self._published_files(database).items():
            if built.get((namespace, name)) != file:
                raise DbtRuntimeError(
                    f"the catalog '{self._published}' has tables that dbt has not published, such"
                    f" as {namespace}.{name}: name another catalog in dbt.session.publish"
                )

    def _published_files(self, database: Database) -> dict[Table, str]:
        return metadata_files(database, self._published)

    def _release(self, database: Database, release: Release, source: str) -> Release:
        """Tag the tables of a catalog name, and give them to the build and the published name."""
        number, started_from = release.number, release.previous
        files = metadata_files(database, source, views=False)
        tagged = write_tags(self._catalog, files, release.catalog)
        try:
            with database.transaction():
                # The first statement that writes. In PostgreSQL, a second publisher waits here
                # until the first has committed, since both insert the same key.
                database.execute("insert into releases_in_progress values (?)", number)
                current = next(iter(releases_of(database, self._published)), None)
                if (current and current.number) != started_from or next_number(database) != number:
                    newest = f"release {current.number}" if current else "another release"
                    raise DbtRuntimeError(
                        f"{newest} was published while this command ran, so its tables are not"
                        " published: run dbt build again"
                    )
                if source != self._build:
                    copy_rows(database, source, self._build)
                for table, new in tagged.items():
                    if not replace_file(database, self._build, table, files[table], new):
                        raise DbtRuntimeError(
                            f"another program has changed {'.'.join(table)} while it was"
                            " published, so nothing is published: run dbt build again"
                        )
                for target in (self._published, release.catalog):
                    copy_rows(database, self._build, target)
                insert_release(database, release, self._published)
                database.execute("delete from releases_in_progress")
        except DbtRuntimeError:
            raise
        except Exception:
            # The database may have committed, although the connection was lost before it said so.
            if not was_committed(self._catalog, release, self._published):
                raise
        return release


def _refuse_unbuilt(changed: Set[Table], built: Set[Table], audits: Set[str]) -> None:
    """Refuse tables that an earlier command has left unpublished, since a test may have failed."""
    unbuilt = sorted(table for table in changed - built if table[0] not in audits)
    if unbuilt:
        raise DbtRuntimeError(
            "not published, since an earlier command has changed other tables too, such as"
            f" {'.'.join(unbuilt[0])}: run dbt build, which builds and tests all tables"
        )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
