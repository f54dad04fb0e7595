"""Find the ratings that DATA names: a MovieLens release, a folder, a zip, a file, or a table.

These modules need no Spark, so a wrong name, file or column is reported before Spark starts.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from reelhouse import terminal_step
from reelhouse.errors import ReelhouseError, check_utf8, printable
from reelhouse.ingest.archives import unpack
from reelhouse.ingest.columns import parse_columns, repeat_columns
from reelhouse.ingest.files import source_of_file
from reelhouse.ingest.folders import source_of_folder
from reelhouse.ingest.formats import (
    PARQUET,
    TABLE,
    RatingsSource,
    SourceFile,
    check_readable,
    unreadable,
)
from reelhouse.ingest.movielens import MD5, release_folder
from reelhouse.ingest.parts import files_of
from reelhouse.ingest.samples import check_values
from reelhouse.ingest.text_files import check_lines
from reelhouse.lake.catalog import BUILD, NAMESPACE, PUBLISHED
from reelhouse.paths import DATA, ROOT
from reelhouse.project import built_names

DEFAULT = "ml-100k"
TABLE_PREFIX = "table:"
"""Precedes the name of a table, as in ``table:raw.events`` or ``table:shop.sales.orders``."""
MODEL_PREFIX = "model:"
"""Precedes the name of the dbt model in the var interactions_relation."""
_OF_BUILDS = ("", NAMESPACE, *(f"{catalog}.{NAMESPACE}" for catalog in (BUILD, PUBLISHED)))
"""What may precede the name of a table that a build makes."""
_TABLE_NAME = re.compile(r"(\w+|`[^`]+`)(\.(\w+|`[^`]+`))*")


def find_source(data: str, columns: str = "") -> RatingsSource:
    """Find the ratings that ``data`` names; download or unpack them first if necessary.

    Parameters
    ----------
    data : str
        A release (``ml-25m``), a folder, a zip, a file, or ``table:NAME``.
    columns : str
        The file's name of each column, ``user_id=a, movie_id=b, rating=c, rated_at=d``. Columns
        that are left out are recognised by their usual names.

    Returns
    -------
    RatingsSource
        The files, their formats and their columns.

    Raises
    ------
    ReelhouseError
        The name, a file or a column is wrong. The message says how to correct it.
    """
    mapping = parse_columns(columns)
    if data.startswith(TABLE_PREFIX):
        name = data.removeprefix(TABLE_PREFIX)
        namespace, _, table = name.replace("`", "").rpartition(".")
        if not name or (namespace in _OF_BUILDS and table in built_names()):
            raise ReelhouseError(
                f"DATA={data} does not name a table of yours: name a table that the build does not"
                f" create, as in {TABLE_PREFIX}raw.events"
            )
        if not _TABLE_NAME.fullmatch(name):
            raise ReelhouseError(
                f"DATA={printable(data)} names no table: put backticks around a part of the name"
                " that has more than letters, digits and _, as in DATA='table:`my-orders`'"
            )
        return RatingsSource(data, (SourceFile("ratings", TABLE, name, columns=mapping),), None)
    if data.startswith(MODEL_PREFIX):
        name = data.removeprefix(MODEL_PREFIX)
        raise ReelhouseError(
            f"the lake holds the rows of the dbt model {name}: set the var interactions_relation to"
            f" {name} and run `dbt build` in the project that has this model, or name another lake"
            " with REELHOUSE_LAKE=/path/to/lake"
        )
    identity = identity_of(data)
    path = Path(identity)
    try:
        return _source_at(identity, path, mapping)
    except OSError as error:
        raise unreadable(Path(error.filename or path), error) from error


def identity_of(data: str) -> str:
    """Return the text by which a lake knows ``data``: the same for all names of the same data.

    Raises:
        ReelhouseError: ``data`` is not UTF-8, or not a path.
    """
    check_utf8(data, "DATA is", "rename the file or folder")
    if data in MD5 or data.startswith((TABLE_PREFIX, MODEL_PREFIX)):
        return data
    try:
        # Not resolve(): the name of a symbolic link says more than the path of its target.
        path = Path(os.path.abspath(ROOT / Path(data).expanduser()))  # noqa: PTH100
    except (RuntimeError, ValueError) as error:
        raise ReelhouseError(f"DATA={data!r} is not a path: {error}. Name another file") from error
    return path.name if path.parent == DATA and path.name in MD5 else str(path)


def _source_at(identity: str, path: Path, mapping: Mapping[str, str]) -> RatingsSource:
    if identity in MD5:
        path = DATA / identity
        if not path.is_dir():
            with terminal_step.step(f"download {identity}"):
                path = release_folder(identity)
    elif not path.exists():
        raise ReelhouseError(
            f"there is no {path}: DATA is a folder, a zip or a file of ratings, table:NAME for a"
            f" table, or a release: {', '.join(MD5)}"
        )
    elif path.suffix.lower() == ".zip" and not path.is_dir():
        return _source_in_zip(identity, path, mapping)
    return _checked_source(identity, path, mapping)


def _checked_source(identity: str, path: Path, mapping: Mapping[str, str]) -> RatingsSource:
    """Find the files at a path, and refuse files that Spark would fail on or mostly reject."""
    find = source_of_folder if path.is_dir() else source_of_file
    try:
        source = find(identity, path, mapping)
        for file in source.files:
            for part in files_of(file) if file.format != PARQUET else ():
                check_lines(part)
        ratings = source.file("ratings")
        assert ratings is not None
        check_values(ratings)
    except ReelhouseError as error:
        raise ReelhouseError(repeat_columns(str(error), mapping)) from error
    return source


def _source_in_zip(identity: str, archive: Path, mapping: Mapping[str, str]) -> RatingsSource:
    """Find the ratings in a zip. The zip is unpacked once; refused content is removed again."""
    check_readable(archive)
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    folder = DATA / f"{archive.stem.lstrip('.')}-{digest}"
    if folder.is_dir():
        return _checked_source(identity, folder, mapping)
    with terminal_step.step(f"unpack {archive.name}"):
        is_new = not folder.is_dir()  # otherwise another process unpacked it during the wait
        if is_new:
            unpack(archive, folder)
    try:
        return _checked_source(identity, folder, mapping)
    except ReelhouseError as error:
        if is_new:
            shutil.rmtree(folder)
        message = str(error).replace(str(folder), str(archive))
        if re.search(rf"name th(e|is) file|[= ]{re.escape(str(archive))}/", message):
            message += f" (unpack {archive.name} yourself, and name its folder in place of the zip)"
        raise ReelhouseError(message) from error
