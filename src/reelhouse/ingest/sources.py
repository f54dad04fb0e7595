"""What DATA names: which files hold the ratings, movies and users, and in which format.

A folder is recognised by what is in it, not by its name. Needs no Spark, so that a wrong name, file
or column is said before Spark starts.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from reelhouse import terminal_step
from reelhouse.errors import ReelhouseError, check_utf8
from reelhouse.ingest.archives import DEEPEST, unpacked
from reelhouse.ingest.columns import (
    check_header,
    check_part,
    column_names,
    columns_of,
    parse_columns,
    separator_of,
)
from reelhouse.ingest.movielens import MD5, release_folder
from reelhouse.ingest.parts import check_no_link, is_partition, partition_columns, parts_of, visible
from reelhouse.ingest.text_files import PACKED, check_lines, unpacked_name
from reelhouse.paths import DATA, ROOT
from reelhouse.project import built_names

DEFAULT = "ml-100k"
TABLE = "table:"
"""Before the name of a table in the lake."""

ML_100K, ML_DAT, CSV, PARQUET, JSON, LAKE = "ml_100k", "ml_dat", "csv", "parquet", "json", "table"

_FORMAT_OF_SUFFIX = {
    ".csv": CSV, ".tsv": CSV, ".txt": CSV, ".parquet": PARQUET,
    ".json": JSON, ".jsonl": JSON, ".ndjson": JSON,
}  # fmt: skip
_ML_100K = {"ratings": "u.data", "movies": "u.item", "users": "u.user"}
_ML_DAT = {"ratings": "ratings.dat", "movies": "movies.dat", "users": "users.dat"}
# The releases' own names, and Kaggle's.
_MOVIES = {"ratings.csv": "movies.csv", "rating.csv": "movie.csv"}
_RATINGS = ("u.data", "ratings.dat", *_MOVIES)
_MOVIELENS_CSV = {"userid", "movieid", "rating", "timestamp"}

Scale = tuple[float, float, float]
_HALVES, _WHOLES = (0.5, 5.0, 0.5), (1.0, 5.0, 1.0)


class SourceFile(NamedTuple):
    """A file, or a folder of files of one format, and the columns to take from it."""

    role: str
    """``ratings``, ``movies`` or ``users``."""
    format: str
    path: str
    """Absolute; or the name of a table in the lake."""
    separator: str = ""
    columns: Mapping[str, str] = {}
    """Our column → the file's, for the formats that name theirs."""


class RatingsSource(NamedTuple):
    """Ratings, and the movies and users that are described beside them."""

    data: str
    """What the lake remembers: a release's name, an absolute path, or ``table:`` and a name."""
    files: tuple[SourceFile, ...]
    scale: Scale | None
    """Lowest rating, highest, and step of the MovieLens release that has this format; None if no
    release has it. int_rating_scale decides whether the ratings fit this scale."""

    def file(self, role: str) -> SourceFile | None:
        """Return the file of a role."""
        return next((file for file in self.files if file.role == role), None)


def find_source(data: str, columns: str = "") -> RatingsSource:
    """Find the ratings that ``data`` names; download or unpack them first if need be.

    Args:
        data: a release (``ml-25m``), a folder, a zip, a file, or ``table:NAME`` in the lake.
        columns: which column is which, ``user_id=a, movie_id=b, rating=c, rated_at=d``; those
            that are not named are recognised by what they are usually called.

    Raises:
        ReelhouseError: says what is wrong with the name, the file or the columns, and what to do.
    """
    mapping = parse_columns(columns)
    if data.startswith(TABLE):
        name = data.removeprefix(TABLE)
        if not name or name.rpartition(".")[2] in built_names():
            raise ReelhouseError(
                f"DATA={data} names no table of yours: {TABLE}NAME is one in the lake that the"
                " build does not make itself"
            )
        return RatingsSource(data, (SourceFile("ratings", LAKE, name, columns=mapping),), None)
    identity = identity_of(data)
    path = Path(identity)
    try:
        return _source_at(identity, path, mapping)
    except OSError as error:
        raise _unreadable(Path(error.filename or path), error) from error


def _source_at(identity: str, path: Path, mapping: Mapping[str, str]) -> RatingsSource:
    if identity in MD5:
        path = DATA / identity
        if not path.is_dir():
            with terminal_step.step(f"download {identity}"):
                path = release_folder(identity)
    elif not path.exists():
        raise ReelhouseError(
            f"there is no {path}. DATA is a folder, a zip or a file of ratings, table:NAME for a"
            f" table in the lake, or a release: {', '.join(MD5)}"
        )
    elif path.suffix.lower() == ".zip" and not path.is_dir():
        return _source_in_zip(identity, path, mapping)
    return _checked_source(identity, path, mapping)


def _checked_source(identity: str, path: Path, mapping: Mapping[str, str]) -> RatingsSource:
    """Find the files at a path, and refuse files that Spark would fail on."""
    source = RatingsSource(
        identity, *(_source_of_folder if path.is_dir() else _source_of_file)(path, mapping)
    )
    for file in source.files:
        for part in parts_of(Path(file.path)) if file.format != PARQUET else ():
            check_lines(part)
    return source


def identity_of(data: str) -> str:
    """Return what the lake remembers of ``data``: one text for all ways of naming the same."""
    check_utf8(data, "DATA is", "rename the file or folder")
    if data in MD5 or data.startswith(TABLE):
        return data
    try:
        # Not resolve(): the name of a symbolic link says more than that of what it leads to.
        path = Path(os.path.abspath(ROOT / Path(data).expanduser()))  # noqa: PTH100
    except (RuntimeError, ValueError) as error:
        raise ReelhouseError(f"DATA={data!r} is no path: {error}") from error
    return path.name if path.parent == DATA and path.name in MD5 else str(path)


def _unreadable(path: Path, error: OSError) -> ReelhouseError:
    return ReelhouseError(
        f"{path} cannot be read: {error.strerror}. Give yourself the right, or name another file"
    )


def _source_in_zip(identity: str, archive: Path, mapping: Mapping[str, str]) -> RatingsSource:
    """Find the ratings in a zip, which is unpacked once; one that is refused is not kept."""
    _check_readable(archive)
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    folder = DATA / f"{archive.stem.lstrip('.')}-{digest}"
    if folder.is_dir():
        return _checked_source(identity, folder, mapping)
    with terminal_step.step(f"unpack {archive.name}"):
        is_new = not folder.is_dir()  # else another process had the lock
        if is_new:
            unpacked(archive, folder)
    try:
        return _checked_source(identity, folder, mapping)
    except ReelhouseError as error:
        if is_new:
            shutil.rmtree(folder)
        raise ReelhouseError(str(error).replace(str(folder), str(archive))) from error


def _source_of_folder(
    folder: Path, mapping: Mapping[str, str]
) -> tuple[tuple[SourceFile, ...], Scale | None]:
    outer = folder
    for _ in range(DEEPEST):
        _check_readable(folder)
        if (folder / "_delta_log").is_dir():
            raise ReelhouseError(
                f"{folder} is a Delta table, whose files may be out of date: write its rows to"
                " Parquet files elsewhere and name these"
            )
        found = [
            path
            for name in _RATINGS
            for packed in ("", *(PACKED if name in _MOVIES else ()))
            for path in [folder / f"{name}{packed}"]
            if path.is_file()
        ]
        if len(found) > 1:
            raise ReelhouseError(
                f"{folder} holds several ratings: {', '.join(path.name for path in found)}."
                " Name one of the files"
            )
        if found:
            return _source_of_file(found[0], mapping)
        inner = visible(folder)
        if len(inner) != 1 or is_partition(inner[0]):
            return _source_of_parts(folder, mapping)
        check_no_link(inner[0])
        if not inner[0].is_dir():
            return _source_of_file(inner[0], mapping)
        folder = inner[0]
    raise ReelhouseError(f"{outer} holds {DEEPEST} folders in one another: name the innermost")


def _source_of_parts(
    folder: Path, mapping: Mapping[str, str]
) -> tuple[tuple[SourceFile, ...], Scale | None]:
    others = [path for path in visible(folder) if path.is_dir() and not is_partition(path)]
    parts = [] if others else parts_of(folder)
    formats = {_format_of(part) for part in parts}
    if len(formats) != 1 or None in formats:
        raise ReelhouseError(
            f"{folder} holds no ratings that are known by their name: {', '.join(_RATINGS)}. "
            "Name the file itself, if there is one"
        )
    by_folder = partition_columns(folder, parts)
    for part in parts:
        _check_readable(part)
    ratings, scale = _describe_file(parts[0], "ratings", mapping, by_folder)
    for part in parts[1:]:
        check_part(part, parts[0], ratings, by_folder)
    return (ratings._replace(path=str(folder)),), scale


def _source_of_file(
    path: Path, mapping: Mapping[str, str]
) -> tuple[tuple[SourceFile, ...], Scale | None]:
    _check_readable(path)
    folder = path.parent
    if mapping and path.name in ("u.data", "ratings.dat"):
        raise ReelhouseError(f"COLUMNS says nothing of {path}, whose columns have no names")
    match path.name:
        case "u.data":
            files = [
                SourceFile(role, ML_100K, str(folder / name)) for role, name in _ML_100K.items()
            ]
            return tuple(_existing_files(files)), _WHOLES
        case "ratings.dat":
            files = [SourceFile(role, ML_DAT, str(folder / name)) for role, name in _ML_DAT.items()]
            found = tuple(_existing_files(files))
            return found, _WHOLES if len(found) == len(_ML_DAT) else _HALVES
    ratings, scale = _describe_file(path, "ratings", mapping)
    files = [ratings]
    name = unpacked_name(path)
    if name in _MOVIES:
        beside = (folder / f"{_MOVIES[name]}{packed}" for packed in ("", *PACKED))
        movies = next(filter(Path.is_file, beside), None)
        if movies is not None:
            _check_readable(movies)
            files.append(_describe_file(movies, "movies", {})[0])
    return tuple(files), scale


def _existing_files(files: list[SourceFile]) -> Iterator[SourceFile]:
    """The files of a release that are there; which have to be read as they are."""
    for file in files:
        if Path(file.path).is_file():
            _check_readable(Path(file.path))
            yield file


def _describe_file(
    path: Path, role: str, mapping: Mapping[str, str], by_folder: Sequence[str] = ()
) -> tuple[SourceFile, Scale | None]:
    """Find the columns of a file, and the scale if its header is that of MovieLens's CSV.

    ``by_folder`` are columns that the names of the folders around the file give.
    """
    format = _format_of(path)
    if format is None:
        raise ReelhouseError(
            f"{path} has no known format: a ratings file ends in {', '.join(_FORMAT_OF_SUFFIX)} or"
            " is MovieLens's u.data or ratings.dat"
        )
    separator = separator_of(path) if format == CSV else ""
    names = [*column_names(path, format, separator), *by_folder]
    try:
        columns = columns_of(path, names, role, mapping)
    except ReelhouseError:
        if format == CSV and not set(filter(None, mapping.values())).intersection(names):
            check_header(path, names, role)
        raise
    is_movielens = separator == "," and {name.lower() for name in names} == _MOVIELENS_CSV
    return SourceFile(
        role, format, str(path), separator, columns
    ), _HALVES if is_movielens else None


def _format_of(path: Path) -> str | None:
    return _FORMAT_OF_SUFFIX.get(Path(unpacked_name(path).lower()).suffix)


def _check_readable(path: Path) -> None:
    check_utf8(str(path), "the path is", "rename the file or folder")
    try:
        if path.is_dir():
            next(path.iterdir(), None)
            return
        if not path.is_file():  # a pipe would be waited for
            raise ReelhouseError(f"{path} is no file")
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise _unreadable(path, error) from error
    if not start:
        raise ReelhouseError(f"{path} is empty")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReelhouseError(
            f"{path} is UTF-16: convert it first (iconv -f UTF-16 -t UTF-8 {path.name})"
        )
