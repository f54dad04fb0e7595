"""`reelhouse forget`: erase a user from every table and release of the lake."""

import shutil
import time
from collections import defaultdict
from pathlib import Path

from reelhouse.commands.write_lock import write_lock
from reelhouse.errors import ReelhouseError, printable
from reelhouse.lake.catalog import (
    BUILD,
    PUBLISHED,
    lake_folder,
    read_catalog,
    warehouse_folder,
)
from reelhouse.lake.damage import recovery
from reelhouse.lake.erasure import (
    Person,
    files_with_person,
    has_removed_entries,
    rewrite_without,
    rows_with_person,
    whole_number,
)
from reelhouse.lake.forgotten import add_forgotten, read_forgotten
from reelhouse.lake.metadata_files import UnreadableFileError, read_metadata, write_metadata
from reelhouse.lake.parameters import text_literal
from reelhouse.lake.query_errors import QueryError
from reelhouse.lake.releases import (
    catalog_rows,
    change_releases,
    existing_releases,
    release_catalogs,
)
from reelhouse.lake.session import LakeSession
from reelhouse.lake.table_metadata import current_snapshot_only, files_of_snapshots
from reelhouse.lake.warehouse_files import paths_of, remove_files
from reelhouse.serve.snapshot import remove_snapshots

LIST = '`make sql Q="select source_id from users"` lists the users'


def forget(user: str) -> None:
    """Erase a user, remember a keyed hash, and check that no file of the lake names the user.

    Args:
        user: the id of the user in the source (the column ``source_id`` of ``users``).

    Raises:
        ReelhouseError: there is no release, no table names the user, another process writes to the
            lake, a file is damaged, or a file still names the user.
    """
    lake = lake_folder()
    existing_releases(lake)
    with write_lock(lake, "forget"):
        read_catalog(lake)  # refuses a lake that was moved
        try:
            counts, removed, left = _erase(lake, _find_person(lake, user))
        except UnreadableFileError as error:
            raise ReelhouseError(
                f"{error}, so the user is not forgotten yet: {recovery(lake)}"
            ) from error
    tables = sum(count > 0 for count in counts)
    print(f"forgotten  {sum(counts):,} rows in {tables:,} tables of all releases")
    print(f"files      {removed:,} removed; none of the other {left:,} names the user")
    print(
        "next       `make update` or `make build` fits the factors of movies again, since they were"
        " fitted with the\n           ratings of this user.\n"
        "           Files outside of the lake, such as the source of the ratings, still name the"
        " user: builds leave\n"
        "           the user out (rule user_forgotten of rejected_ratings)."
    )


def _erase(lake: Path, person: Person) -> tuple[list[int], int, int]:
    """Erase a person, and check the files.

    Returns:
        The number of erased rows of each table, the number of removed files, and how many are left.
    """
    locations = _tables(lake)
    counts = {location: rows_with_person(location, person) for location in locations}
    found = (count and rows_with_person(at, person, False) for at, count in counts.items())
    forgotten = read_forgotten(lake)
    if not any(found) and not (forgotten and forgotten.has(person.hashed)):
        raise ReelhouseError(f"no table names the user {printable(person.source_id)}: {LIST}")
    # The hash comes first, so that a command that is killed can be repeated.
    add_forgotten(lake, person.hashed)
    replaced = {}
    for location, tags in locations.items():
        if counts[location] or has_removed_entries(location):
            replaced[location] = rewrite_without(location, person, tags)
        elif slim := current_snapshot_only(read_metadata(location)):
            replaced[location] = write_metadata(location, slim)
    change_releases(lake, [], replaced)
    removed, left = _remove_files(lake)
    _prove(lake, person)
    return list(counts.values()), removed, left


def _find_person(lake: Path, user: str) -> Person:
    text = user.strip()
    if not text:
        raise ReelhouseError(f"name a user, as in `make forget USER=42`: {LIST}")
    catalogs = [BUILD, PUBLISHED, *release_catalogs(lake)]
    formats = "select any_value(has_text_user_ids) from stg_value_formats"
    if not _scalar(lake, PUBLISHED, formats):
        number = whole_number(text)
        if number is None:
            raise ReelhouseError(
                f"the ids of users are whole numbers, and {printable(repr(text))} is not one:"
                f" {LIST}"
            )
        return Person(str(number), number, has_text_ids=False)
    query = f"select any_value(user_id) from users where source_id = {text_literal(text)}"
    found = (_scalar(lake, catalog, query) for catalog in catalogs)
    return Person(text, next((each for each in found if each is not None), None), True)


def _scalar(lake: Path, catalog: str, query: str) -> int | None:
    """Return the first value of a query; None if the catalog lacks the table."""
    with LakeSession(lake, catalog=catalog) as session:
        try:
            value: int | None = session.scalar(query)
        except QueryError:
            return None
        return value


def _tables(lake: Path) -> dict[str, list[str]]:
    """Return the metadata file of each table, and the releases that have this version of it."""
    locations: dict[str, list[str]] = defaultdict(list)
    releases = set(release_catalogs(lake))
    for row in catalog_rows(lake):
        if not row.is_view:
            locations[row.location] += [row.catalog] if row.catalog in releases else []
    return locations


def _remove_files(lake: Path) -> tuple[int, int]:
    """Remove the files that no table needs; return how many, and how many are left.

    Raises:
        OSError: a file or a snapshot of ``reelhouse recommend`` cannot be removed.
    """
    rows = catalog_rows(lake)
    tables = [read_metadata(row.location) for row in rows if not row.is_view]
    live = paths_of(row.location for row in rows) | paths_of(files_of_snapshots(tables))
    remove_snapshots(lake)
    for scratch in (lake / "tmp").glob("dbt-session-*"):  # of a build that was killed
        shutil.rmtree(scratch)
    return remove_files(warehouse_folder(lake), live, time.time()), len(live)


def _prove(lake: Path, person: Person) -> None:
    """Scan all files of tables for the person."""
    warehouse = warehouse_folder(lake)
    for file in files_with_person(warehouse, list(_tables(lake)), person):
        raise ReelhouseError(
            f"{file} still names the user, who is not forgotten yet: run the command again when no"
            " other program writes to the lake"
        )
